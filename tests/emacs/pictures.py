"""The pictures in `docs/emacs.md`: what really stands on the screen of an Emacs with the package.

`python -m tests.emacs.pictures` writes them anew; a test compares.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.emacs.office import Office
from tests.emacs.package import install, put_program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.emacs.terminal import TerminalEmacs

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "emacs.md"
_PICTURE: Final = re.compile(r"(?s)(<!-- picture: (\w+) -->\n```text\n)(.*?)(```\n)")
_COLUMNS, _LINES = 90, 30

_LETTER: Final = """\
The backup of last night stopped at 61 %: the disk is full.
Please look at https://backup.example.org/run/4711 and say
whether I may delete the old ones.
"""


def pictures(office: Office) -> Mapping[str, str]:
    """Press the keys and give each screen, by its name."""
    _fill(office)
    found = {}
    keep = f'(setq orgpost-drafts-directory "{office.space.parent}/drafts/")'
    with office.emacs(keep, columns=_COLUMNS, lines=_LINES) as emacs:
        emacs.command("orgpost")
        emacs.wait_for("tex: 4 unread")
        found["inbox"] = _screen(emacs, office)
        emacs.keys("Down", "Enter")
        emacs.wait_for("┃ whether I may delete")
        emacs.wait_for("tex: 3 unread")
        emacs.wait_for("State: +READ")
        found["letter"] = _screen(emacs, office)
        emacs.keys("r")
        emacs.wait_for("(?m)^--text follows this line--$")
        emacs.keys("M->")
        emacs.type("All but the last three, please.")
        emacs.wait_for("last three, please.")
        found["draft"] = _screen(emacs, office)
    return found


def normal(text: str) -> str:
    """Return a screen without what differs from run to run: ages, and ends of new ids."""
    aged = re.sub(r"(?m)^(..) +(?:now|\d+[mhdy]) ", r"\1 AGE ", text)
    return re.sub(r"\*orgpost (\w+) \w{10}\*", r"*orgpost \1 ID*", aged)


def in_document(text: str) -> Mapping[str, str]:
    """Return the pictures that a document has."""
    return {match[2]: match[3] for match in _PICTURE.finditer(text)}


def with_pictures(text: str, found: Mapping[str, str]) -> str:
    """Return the document with these pictures in their places."""
    return _PICTURE.sub(lambda match: match[1] + found[match[2]] + match[4], text)


def _fill(office: Office) -> None:
    def send(sender: str, subject: str, day: int, *words: str, body: str = "The body.\n") -> None:
        id = f"msg-202611{day:02}-083105-7k3m9q2x{day:02}"
        office.send(subject, "--id", id, *words, sender=sender, body=body)

    send("mira", "Release notes for 0.3", 17, "--tag", "release")
    send("tex-agent", "Tests of the parser are green", 18)
    send("mira", "Backup of last night", 19, "--tag", "ops", body=_LETTER)
    send("crt", "You have won!", 19 + 1, "--priority", "high")
    inbox = office.space / "org/messaging/inbox/tex.org"
    text = re.sub(r"(?m)^(:ID: +msg-202611(\d\d).*\n(?:.*\n)*?:CREATED: +)\[.*\]", _dated,
                  inbox.read_text("utf-8"))  # fmt: skip
    inbox.write_text(text, "utf-8")


def _dated(match: re.Match[str]) -> str:
    names = {17: "Tue", 18: "Wed", 19: "Thu", 20: "Fri"}
    day = int(match[2])
    return f"{match[1]}[2026-11-{day} {names[day]} 09:31:05]"


def _screen(emacs: TerminalEmacs, office: Office) -> str:
    shown = emacs.screen().replace(str(office.space), "~/mail")
    return "\n".join(line.rstrip() for line in shown.rstrip("\n").split("\n")) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "bin").mkdir()
        put_program(place / "bin")
        install(place / "elpa")
        office = Office(place / "mail", place / "bin", place / "elpa")
        document = DOCUMENT.read_text("utf-8")
        DOCUMENT.write_text(with_pictures(document, pictures(office)), "utf-8")
