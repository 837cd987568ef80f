"""Programs that write to one inbox at the same time, for the races: run as a child process.

`python writers.py LIB SPACE WHO COUNT PAUSE` sends COUNT messages, marks each second one READ, and
prints an id as soon as it was told that it is stored, and `READ id` when it was told of the mark.
Now and then it lets the file's first entry grow, and prints `GREW id`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

INBOX = "inbox/tex.org"
LIB = str(Path(__file__).parents[2] / "lib")


def entry(name: str, body: str = "hello") -> tuple[bytes, bytes]:
    """Make a message's entry of that id."""
    text = f"* UNREAD   {name}\n:PROPERTIES:\n:ID:       {name}\n:FROM:     crt\n:END:\n{body}\n"
    return name.encode(), text.encode()


def start(
    space: Path, who: str, count: int, pause: float = 0.0, told: Path | None = None
) -> subprocess.Popen[str]:
    """Start a writer; its standard output, or the file `told`, says what it was told."""
    words = [sys.executable, __file__, LIB, str(space), who, str(count), str(pause)]
    if told is None:
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    with told.open("a") as out:
        return subprocess.Popen(words, stdout=out, text=True)


def _main(space: str, who: str, count: int, pause: float) -> None:
    from orgpost.org import scan
    from orgpost.store import FileStore, Page

    store = FileStore(space, lock_seconds=30)

    def tell(words: str) -> None:
        # One call of the system, so that a kill leaves the whole line or none.
        os.write(1, f"{words}\n".encode())

    def send(name: str) -> None:
        store.append(INBOX, [entry(name)])
        tell(name)

    def mark(name: str) -> None:
        def decide(page: Page) -> None:
            span = scan.find_id(page.data, name.encode())
            assert span is not None, f"{name} is not there"
            raw = page.data[span.start : span.end]
            page.replace(span, raw.replace(b"* UNREAD   ", b"* READ     ", 1))

        store.edit(INBOX, decide)
        tell(f"READ {name}")

    def grow(name: str) -> None:
        # Near the beginning of the file, so that every other entry moves.
        def decide(page: Page) -> None:
            page.insert(scan.spans(page.data)[0].end, f"grown by {name}\n".encode())

        store.edit(INBOX, decide)
        tell(f"GREW {name}")

    for number in range(count):
        name = f"msg-{who}-{number}"
        send(name)
        if number % 7 == 3:
            grow(name)
        if number % 2:
            mark(name)
        time.sleep(pause)
    store.close()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    _main(sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
