"""The unread mail of one actor: found by searching bytes, in the file and in what waits for it.

The file is searched from its end in pieces, because a search backwards for these words is three
times as fast as forwards, and one piece that stays in the processor's cache beats a whole file.
Reading takes no lock. A file that cannot be read is as an empty one, and `trouble` says so.
"""

import posix
import time

from .disk import REFUSALS, open_regular
from .entry import Message, parse
from .waiting import waiting_entries, who_has_it_open

KEYWORD = b"UNREAD"
PIECE = 1 << 20
OVERLAP = 64
ENTRY_PIECE, MANY = 4096, 64
LONGEST_ENTRY = 16 << 20
COOKIE = b"# -*- mode: org; coding: utf-8-unix -*-"
SPACE = 0x20
BOM = b"\xef\xbb\xbf"
SAVE_SECONDS = 2.0
# As many as can be read in half of a hook's second; whoever has more will not read them one by one.
MOST_READ = 10_000


class Inbox:
    """What an inbox file says at one moment; `beyond` is how many more are only counted."""

    def __init__(self, path: str) -> None:
        self.messages: list[Message] = []
        self.beyond = 0
        self.trouble = ""
        self._path = path
        self._first_line = b""

    def read(self, journal: str, lock: str) -> None:
        """Find the unread messages, those that wait for an editor included."""
        descriptor = open_regular(self._path)
        if descriptor is None:
            self.trouble = "" if _is_absent(self._path) else "the inbox is no file that can be read"
            self._add_waiting(waiting_entries(journal, lock, None))
            return
        try:
            self._read_file(descriptor)
            self._add_waiting(waiting_entries(journal, lock, descriptor))
        except OSError as refusal:
            self.trouble = f"the inbox cannot be read: {refusal.strerror}"
        finally:
            posix.close(descriptor)

    @property
    def may_be_in_a_save(self) -> bool:
        """Whether an editor may just be writing it: nothing is concluded from what is not there."""
        changed = _time_of(self._path) or _time_of(self._path.rpartition("/")[0])
        odd = self._first_line.removeprefix(BOM).rstrip(b"\r\n") != COOKIE
        return odd and abs(time.time() - changed) < SAVE_SECONDS

    def _read_file(self, descriptor: int) -> None:
        self._first_line = posix.pread(descriptor, 256, 0).partition(b"\n")[0]
        crlf = self._first_line.endswith(b"\r")
        seen: set[str] = set()
        starts = unread_starts(descriptor)
        self.beyond = max(0, len(starts) - MOST_READ)
        for raw in entries_at(descriptor, starts[self.beyond :]):
            message = parse(raw, KEYWORD, crlf=crlf)
            # Of two entries with one id the first counts; the second is for `doctor` to report.
            if message is not None and message.id not in seen:
                seen.add(message.id)
                self.messages.append(message)

    def _add_waiting(self, entries: list[bytes]) -> None:
        known = {message.id for message in self.messages}
        for raw in entries:
            message = parse(raw, KEYWORD, crlf=False)
            if message is not None and message.id not in known and _is_unread(raw, 0):
                message.waits_for = who_has_it_open(self._path)
                self.messages.append(message)


def unread_starts(descriptor: int) -> list[int]:
    """Where the headings of unread entries begin, in the file's order."""
    end = posix.fstat(descriptor).st_size
    starts: list[int] = []
    buffer = bytearray(min(PIECE, end) + OVERLAP)
    while end > 0:
        start = max(0, end - PIECE)
        filled = posix.preadv(descriptor, [buffer], start)
        starts += [start + at + 1 for at in _unread_in(buffer, end - start, filled)]
        end = start
    if _is_unread(posix.pread(descriptor, OVERLAP, 0), 0):
        starts.append(0)
    starts.reverse()
    return starts


def _unread_in(piece: bytearray, size: int, filled: int) -> list[int]:
    """The line ends before unread headings, from the last to the first."""
    found: list[int] = []
    # Programs write one blank before the keyword; a person may write more.
    for words in (b"\n* " + KEYWORD, b"\n*  "):
        at = piece.rfind(words, 0, min(size + len(words) - 1, filled))
        while at >= 0:
            if _is_unread(piece, at + 1, filled):
                found.append(at)
            at = piece.rfind(words, 0, at)
    found.sort(reverse=True)
    return found


def _is_unread(data: bytes | bytearray, at: int, end: int | None = None) -> bool:
    """Whether a heading begins here that bears the keyword and not only its letters."""
    end = len(data) if end is None else end
    if data[at : at + 2] != b"* ":
        return False
    at += 2
    while at < end and data[at] == SPACE:
        at += 1
    after = bytes(data[at + len(KEYWORD) : min(at + len(KEYWORD) + 2, end)])
    return data.startswith(KEYWORD, at, end) and (
        after[:1] in {b"", b" ", b"\n"} or after == b"\r\n"
    )


def entries_at(descriptor: int, starts: list[int]) -> list[bytes]:
    """The bytes of the entries whose headings begin here, each up to the next heading."""
    found: list[bytes] = []
    piece, first = b"", 0
    size = ENTRY_PIECE if len(starts) < MANY else MANY * ENTRY_PIECE
    for start in starts:
        at = start - first
        end = piece.find(b"\n* ", at)
        if end < 0:
            piece, first, at = _whole_entry(descriptor, start, size), start, 0
            end = piece.find(b"\n* ")
        found.append(piece[at : end + 1 if end >= 0 else len(piece)])
    return found


def _whole_entry(descriptor: int, start: int, size: int) -> bytes:
    """A piece of the file that begins with an entry and holds all of it, up to a limit."""
    while True:
        piece = posix.pread(descriptor, size, start)
        if b"\n* " in piece or len(piece) < size or size >= LONGEST_ENTRY:
            return piece
        size *= 4


def _is_absent(path: str) -> bool:
    try:
        posix.lstat(path)
    except FileNotFoundError:
        return True
    except REFUSALS:
        return False
    return False


def _time_of(path: str) -> float:
    try:
        return posix.stat(path).st_mtime
    except REFUSALS:
        return 0.0
