"""What is wrong with the text of one file: its encoding, its head, what other programs left. Pure.

Each check is a function from a file to findings; `TEXT_CHECKS` is the table of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orgpost.org import scan
from orgpost.org.syntax import BOM, FILE_BYTES_WARNING, TASK, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orgpost.doctor.finding import Finding
    from orgpost.doctor.patient import OrgFile

_TODO_LINE: Final = re.compile(rb"(?mi)^[ \t]*#\+TODO:[ \t]*([^\r\n]*?)[ \t]*\r?$")
# Not the row of `=`: that is how people underline. No body of ours begins a line with `<`.
_MARKER: Final = re.compile(rb"(?m)^<{7}(?: |\r?$)")


def check_encoding(file: OrgFile) -> Iterator[Finding]:
    """Text is UTF-8; a byte that is none is somebody's, and stays."""
    try:
        file.data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = file.data.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start} is no UTF-8; save the file as UTF-8"
        yield file.finding("not-utf8", message, line=line)


def check_cookie(file: OrgFile) -> Iterator[Finding]:
    """Without the cookie one escape sequence changes the coding of the whole file in Emacs."""
    if not scan.has_cookie(file.data):
        message = "line 1 is not the cookie that keeps Emacs from guessing the coding"
        yield file.finding("cookie", message, line=1, fixable=True)


def check_todo_line(file: OrgFile) -> Iterator[Finding]:
    """The keywords of a file are those of its kind; a person may add to them."""
    head = scan.preamble(file.data)
    known = kind_of(file.path)
    if known is None:
        return
    found = [match[1].decode("utf-8", "replace") for match in _TODO_LINE.finditer(head)]
    if not found:
        yield file.finding("todo-line", "there is no #+TODO: line", fixable=True)
    elif not any(keeps(line, known.todo_line) for line in found):
        line = head.count(b"\n", 0, _first(head)) + 1
        message = f"the #+TODO: line is not: {known.todo_line}"
        yield file.finding("todo-line", message, line=line, fixable=True)


def keeps(line: str, wanted: str) -> bool:
    """Say whether a `#+TODO:` line has all of the wanted keywords, in their order and places."""
    ours, theirs = wanted.split(), line.split()
    open_ours, closed_ours = _halves(ours)
    open_theirs, closed_theirs = _halves(theirs)
    return open_theirs[: len(open_ours)] == open_ours and _in_order(closed_ours, closed_theirs)


def check_conflict_markers(file: OrgFile) -> Iterator[Finding]:
    """A merge that nobody ended makes two entries of one."""
    if found := _MARKER.search(file.data):
        line = file.data.count(b"\n", 0, found.start()) + 1
        yield file.finding("conflict-marker", "git left a conflict here; end the merge", line=line)


def check_size(file: OrgFile) -> Iterator[Finding]:
    """Emacs asks before it opens a file of 10 MB."""
    if len(file.data) > FILE_BYTES_WARNING and not file.is_archive:
        size = len(file.data) / 1_000_000
        what = "task archive" if file.kind is TASK else "archive"
        message = f"it has {size:.1f} MB; orgpost {what} --auto makes it small"
        yield file.finding("large", message)


def check_tail(file: OrgFile) -> Iterator[Finding]:
    """A file that ends in the middle of a line, or in NULs, was torn by somebody's crash."""
    if file.data.endswith(b"\0"):
        yield file.finding("torn", "it ends in NULs: a crash tore it")
    elif not file.data.endswith(b"\n") and file.entries and file.entries[-1].entry.flaw:
        yield file.finding("torn", "the last entry is cut off", line=file.entries[-1].line)


TEXT_CHECKS: Final[tuple[Callable[[OrgFile], Iterator[Finding]], ...]] = (
    check_encoding,
    check_cookie,
    check_todo_line,
    check_conflict_markers,
    check_size,
    check_tail,
)


# --- what puts it right -------------------------------------------------------------------------


def with_head(file: OrgFile, cookie: bytes, todo_line: str) -> bytes:
    """Give the file with the cookie in line 1 and the `#+TODO:` line of its kind.

    All else stays: a BOM and CRLF too, and what a person added behind our keywords.
    """
    data = file.data
    eol = b"\r\n" if scan.is_crlf(data) else b"\n"
    if not scan.has_cookie(data):
        bom = BOM if data.startswith(BOM) else b""
        data = bom + cookie + eol + data.removeprefix(BOM)
    head = scan.preamble(data)
    ours = b"#+TODO: " + todo_line.encode() + eol
    if any(
        keeps(found[1].decode("utf-8", "replace"), todo_line) for found in _TODO_LINE.finditer(head)
    ):
        return data
    if found := _TODO_LINE.search(head):
        end = head.find(b"\n", found.start()) + 1 or len(head)
        kept = _kept(found[1].decode("utf-8", "surrogateescape"), todo_line)
        rest = b"#+TODO: " + kept.encode("utf-8", "surrogateescape") + eol if kept else b""
        return data[: found.start()] + ours + rest + data[end:]
    after = data.find(b"\n") + 1
    return data[:after] + ours + data[after:]


def _kept(line: str, wanted: str) -> str:
    """Give what a person's own line has besides our keywords."""
    names = {_bare(word) for word in wanted.split()}
    before, after = _halves(line.split())
    open_left = [word for word in before if _bare(word) not in names]
    closed_left = [word for word in after if _bare(word) not in names]
    return " ".join([*open_left, "|", *closed_left]) if open_left or closed_left else ""


def _bare(word: str) -> str:
    return word.partition("(")[0]


def _first(head: bytes) -> int:
    found = _TODO_LINE.search(head)
    return found.start() if found else 0


def _halves(words: list[str]) -> tuple[list[str], list[str]]:
    bar = words.index("|") if "|" in words else len(words)
    return words[:bar], words[bar + 1 :]


def _in_order(wanted: list[str], words: list[str]) -> bool:
    rest = iter(words)
    return all(word in rest for word in wanted)
