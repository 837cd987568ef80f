"""How long a body is, decoded: nothing of it is ever injected but this number.

What is skipped before it and how it was made harmless is in docs/format.md, Bodies.
"""

BLANKS = (
    " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000"
)
HEX = frozenset(b"0123456789abcdefABCDEF")


def size_of(after: bytes, encoding: str) -> int:
    """The size in bytes of a body, which begins somewhere in what stands after the drawer."""
    lines = after[: _next_heading(after)].decode("utf-8", "surrogateescape").split("\n")
    lines = lines[_first_line(lines) :]
    if encoding == "fixed":
        return _bytes(_unfixed(lines))
    if encoding == "percent":
        return _unpercented(_unfixed(lines))
    if encoding not in {"", "eol"}:
        return _bytes("\n".join(lines))
    while lines and not lines[0].strip(BLANKS):
        del lines[0]
    while lines and not lines[-1].strip(BLANKS):
        del lines[-1]
    return _bytes("\n".join(lines)) + len("\n" if encoding else "")


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _next_heading(after: bytes) -> int:
    """Where the first heading of any level begins."""
    start = 0
    while start >= 0:
        if after.startswith(b"*", start):
            line = after[start : after.find(b"\n", start) + 1 or len(after)]
            if line.lstrip(b"*").startswith(b" "):
                return start
        start = after.find(b"\n*", start) + 1 or -1
    return len(after)


def _first_line(lines: list[str]) -> int:
    """Where the body begins: after closed drawers of any name, and clock lines."""
    first = 0
    while True:
        here = first
        while here < len(lines) and not lines[here].strip(" \t"):
            here += 1
        if here == len(lines):
            return first
        line = lines[here].strip(" \t")
        if line.startswith("CLOCK:"):
            first = here + 1
            continue
        end = _end_of_drawer(lines, here) if _opens_drawer(line) else None
        if end is None:
            return first
        first = end + 1


def _opens_drawer(line: str) -> bool:
    name = line[1:-1]
    return (
        bool(name)
        and line[0] == line[-1] == ":"
        and all(letter.isalnum() or letter in "_-" or not letter.isascii() for letter in name)
    )


def _end_of_drawer(lines: list[str], opening: int) -> int | None:
    for place in range(opening + 1, len(lines)):
        if lines[place].strip(" \t").upper() == ":END:":
            return place
    return None


def _unfixed(lines: list[str]) -> str:
    return "\n".join(
        line.lstrip(" \t")[2:] if _is_fixed(line) else line
        for line in lines
        if _is_fixed(line) or line.strip(BLANKS)
    )


def _is_fixed(line: str) -> bool:
    text = line.lstrip(" \t")
    return text == ":" or text.startswith(": ")


def _unpercented(text: str) -> int:
    """The size after each `%XX` became its byte; where that is no text, it was left as it is."""
    first, *pieces = text.encode("utf-8", "surrogateescape").split(b"%")
    plain = bytearray(first)
    for piece in pieces:
        if len(piece) > 1 and HEX.issuperset(piece[:2]):
            plain += bytes.fromhex(piece[:2].decode()) + piece[2:]
        else:
            plain += b"%" + piece
    try:
        plain.decode("utf-8", "surrogatepass")
    except UnicodeError:
        return _bytes(text)
    return len(plain)
