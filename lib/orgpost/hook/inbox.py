"""The unread mail of one actor: found by searching bytes, in the file and in what waits for it.

Reading takes no lock. A file that cannot be read is as an empty one, and `trouble` says so.
"""

import posix
import time

from .disk import REFUSALS, open_regular
from .entry import Message, parse
from .headings import begins_entry, entries_at, starts_of
from .waiting import waiting_entries, who_has_it_open

KEYWORD = b"UNREAD"
COOKIE = b"# -*- mode: org; coding: utf-8-unix -*-"
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
        starts = starts_of(descriptor, KEYWORD)
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
            if message is not None and message.id not in known and begins_entry(raw, 0, KEYWORD):
                message.waits_for = who_has_it_open(self._path)
                self.messages.append(message)


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
