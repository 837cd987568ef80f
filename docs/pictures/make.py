"""Makes the pictures of `docs/board.md` from the real pages: `python -m docs.pictures.make`.

Run it in the checkout, where Chromium is installed, whenever the pages look different.
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.board.window import House, house

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Page, ViewportSize

HERE: Final = Path(__file__).parent
WIDE: Final[ViewportSize] = {"width": 1000, "height": 600}
HIGHEST: Final = 480
PEOPLE: Final = b"""\
actors:
  - {id: tex, name: Tex Novak, kind: person, trust_tier: owner}
  - {id: crt, name: Carla Reti, kind: person, trust_tier: team}
  - {id: ann, name: Ann Ode, kind: person, trust_tier: trusted}
  - {id: mira, kind: person}
  - {id: tex-agent, kind: agent, owner: tex, trust_tier: team}
  - {id: lab-agent, kind: agent, owner: tex, trust_tier: team}
"""


def main() -> None:
    """Make all of them."""
    with tempfile.TemporaryDirectory() as folder, house(Path(folder)) as home:
        (home.served.space / "org/messaging/contacts.yaml").write_bytes(PEOPLE)
        paths = fill(home)
        for scheme in ("light", "dark"):
            with home.window(color_scheme=scheme, viewport=WIDE) as window:
                for name, path in paths.items():
                    take(window.live(path), HERE / f"{name}-{scheme}.png")


def take(page: Page, file: Path) -> None:
    """Take a picture of a page, as high as it is."""
    page.evaluate("() => document.activeElement?.blur()")
    high = min(HIGHEST, page.evaluate("() => document.querySelector('.foot').offsetTop"))
    clip: FloatRect = {"x": 0, "y": 0, "width": WIDE["width"], "height": high}
    file.write_bytes(packed(page.screenshot(clip=clip)))


def packed(png: bytes) -> bytes:
    """Compress a picture as well as can be; Chromium does it as fast as can be."""
    made, pixels, at = png[:8], b"", 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        content, at = png[at + 8 : at + 8 + size], at + size + 12
        if kind == b"IDAT":
            pixels += content
            continue
        if kind == b"IEND":
            made += chunk(b"IDAT", zlib.compress(zlib.decompress(pixels), 9))
        made += chunk(kind, content)
    return made


def chunk(kind: bytes, content: bytes) -> bytes:
    """Write one part of a picture."""
    whole = kind + content
    return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))


def fill(home: House) -> dict[str, str]:
    """A day in an office; the addresses of the pages that show it."""
    home.send("Each Tuesday at ten.", sender="ann", subject="Minutes of Tuesday")
    home.send("From mira.", sender="mira", subject="May I have access to the archive?")
    home.send("All green.", subject="Deploy of 4.2 is through", tags=["ops"])
    first = home.send(
        "The build of main is red since 09:12.\n\n"
        "The log is at https://ci.example.org/runs/4711 and says:\n\n    assertion failed\n",
        subject="Server is down!",
        priority="high",
        tags=["ops"],
        expects="reply",
    )
    again = {"reply_to": first, "subject": "Re: Server is down!"}
    home.send("Looking into it.", to="crt", sender="tex", **again)
    home.send("Back since 09:40, by itself.", **again)
    spend(home)
    return {
        "inbox": "/inbox",
        "thread": f"/thread/{first}",
        "tasks": "/tasks",
        "budget": "/budget",
    }


def spend(home: House) -> None:
    """Tasks in every column."""
    ids = [
        home.ask(title, sender=sender, effort=effort, estimated_tokens=tokens, tags=tags)
        for title, sender, effort, tokens, tags in (
            ("Summarise last night's incident", "crt", 3, 22_000, ["ops"]),
            ("Draft the weekly digest", "crt", 2, 14_000, []),
            ("Check the links of the handbook", "crt", 1, 9_000, []),
            ("Sort the mail of the hiring list", "ann", 2, 16_000, []),
            ("Translate the welcome page", "mira", 1, 4_000, []),
        )
    ]
    with home.served.post() as post:
        inbox = post.inbox("tex-agent")
        [claim] = inbox.claim(id=ids[0])
        inbox.complete(claim, result="One cause, three restarts.", tokens_used=18_500)
        inbox.claim(id=ids[1], holder="tex-agent@studio")


if __name__ == "__main__":
    main()
