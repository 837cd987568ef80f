"""Where the headings with one keyword are in a file, and the entries below them.

The file is searched from its end in pieces, because a search backwards for these words is three
times as fast as forwards, and one piece that stays in the processor's cache beats a whole file.
"""

import posix

PIECE = 1 << 20
OVERLAP = 64
ENTRY_PIECE, MANY = 4096, 64
LONGEST_ENTRY = 16 << 20
SPACE = 0x20


def starts_of(descriptor: int, keyword: bytes) -> list[int]:
    """Where the headings of entries with this keyword begin, in the file's order."""
    end = posix.fstat(descriptor).st_size
    starts: list[int] = []
    buffer = bytearray(min(PIECE, end) + OVERLAP)
    while end > 0:
        start = max(0, end - PIECE)
        filled = posix.preadv(descriptor, [buffer], start)
        starts += [start + at + 1 for at in _found_in(buffer, end - start, filled, keyword)]
        end = start
    if begins_entry(posix.pread(descriptor, OVERLAP, 0), 0, keyword):
        starts.append(0)
    starts.reverse()
    return starts


def _found_in(piece: bytearray, size: int, filled: int, keyword: bytes) -> list[int]:
    """The line ends before such headings, from the last to the first."""
    found: list[int] = []
    # Programs write one blank before the keyword; a person may write more.
    for words in (b"\n* " + keyword, b"\n*  "):
        at = piece.rfind(words, 0, min(size + len(words) - 1, filled))
        while at >= 0:
            if begins_entry(piece, at + 1, keyword, filled):
                found.append(at)
            at = piece.rfind(words, 0, at)
    found.sort(reverse=True)
    return found


def begins_entry(data: bytes | bytearray, at: int, keyword: bytes, end: int | None = None) -> bool:
    """Whether a heading begins here that bears the keyword and not only its letters."""
    end = len(data) if end is None else end
    if data[at : at + 2] != b"* ":
        return False
    at += 2
    while at < end and data[at] == SPACE:
        at += 1
    after = bytes(data[at + len(keyword) : min(at + len(keyword) + 2, end)])
    return data.startswith(keyword, at, end) and (
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
