"""Ids and actors that a shell may complete, found by searching bytes: nearly as cheap as Python.

It is run at each press of a key, so it imports nothing of the library but what finds a space, and
whatever goes wrong, it says nothing. A word that it gives is safe on any shell's command line.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Final

from orgpost.hook.call import Call, Words
from orgpost.hook.places import find_space
from orgpost.names import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KINDS: Final = ("actors", "agents", "messages", "tasks")
_MOST: Final = 500
_LARGEST_TAIL: Final = 8 << 20
_NAME: Final = NAME.encode()
_WORD: Final = rb"""["']?(%b)["']?""" % _NAME
_ACTOR: Final = rb"(?m)(?:^[ \t]*-?[ \t]*|[{,][ \t]*)id:[ \t]*%b[ \t]*(?=[,}#\r\n]|$)" % _WORD
_SECTION: Final = rb"(?m)^identity:[ \t]*(?:\{[^}\n]*?|(?:#.*)?\r?\n(?:[ \t]+.*\n)*?[ \t]+)"
_ME: Final = rb"%bname:[ \t]*%b" % (_SECTION, _WORD)
_ID: Final = rb"[a-z0-9][a-z0-9._-]{0,119}"
_FOLDERS: Final = {"messages": ("inbox",), "tasks": ("agents", "trays")}
_PREFIXES: Final = {"messages": rb"(?:msg|file)-", "tasks": rb"task-"}


def run_list(words: Sequence[str]) -> int:
    """Print what may be completed: ``KIND [--prefix P] [--space DIR] [--as ACTOR]``; always 0."""
    kind, *rest = [*words, ""]
    options: dict[str, str] = {}
    for place, word in enumerate(rest):
        flag, equals, own = word.partition("=")
        options[flag] = own if equals else " ".join(rest[place + 1 : place + 2])
    found = listed(kind, options.get("--prefix", ""), options.get("--space"), options.get("--as"))
    try:
        sys.stdout.write("".join(f"{word}\n" for word in found))
        sys.stdout.flush()
    except OSError:  # whoever asked is gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # noqa: TID251  no file of ours
    return 0


def listed(kind: str, prefix: str, space: str | None, me: str | None) -> list[str]:
    """Give the words of a kind that begin so, the newest first; none where something is wrong."""
    try:
        folder = _space(space)
        if folder is None or kind not in KINDS:
            return []
        found = _ids(folder, kind, _me(folder, me)) if kind in _FOLDERS else _actors(folder, kind)
        fitting = (word for word in dict.fromkeys(found) if word.startswith(prefix))
        return [word for word, _ in zip(fitting, range(_MOST), strict=False)]
    except (OSError, ValueError):
        return []


def _space(named: str | None) -> str | None:
    # A shell hands over what was typed.
    named = os.path.expanduser(named) if named else None  # noqa: PTH111  pathlib costs a start
    words = Words(["--space", named or os.environ.get("ORGPOST_SPACE", "")])
    return find_space(Call("", "", words, {"cwd": os.getcwd()}))  # noqa: PTH109  as above


def _me(space: str, named: str | None) -> str:
    said = (named, os.environ.get("ORGPOST_AS"), os.environ.get("ORGPOST_ACTOR"))
    name = next((each for each in said if each), "")
    if not name:
        found = re.search(_ME, _tail(f"{space}/settings.local.yaml"))
        name = found[1].decode() if found else ""
    return name


def _actors(space: str, kind: str) -> Iterator[str]:
    """Find actors in contacts.yaml by its words; an agent says so until the next one begins."""
    data = re.sub(rb"(?m)^[ \t]*#.*", b"", _tail(f"{space}/org/messaging/contacts.yaml"))
    starts = list(re.finditer(_ACTOR, data))
    ends = [start.start() for start in starts[1:]] + [len(data)]
    for start, end in zip(starts, ends, strict=True):
        if kind == "actors" or re.search(rb"\bkind:[ \t]*[\"']?agent\b", data[start.end() : end]):
            yield start[1].decode()


def _ids(space: str, kind: str, me: str) -> Iterator[str]:
    for folder in _FOLDERS[kind]:
        mail = f"{space}/org/messaging/{folder}"
        mine = [f"{me}.org"] if kind == "messages" and me else []
        for name in mine or sorted(_names(mail)):
            yield from _ids_in(_tail(f"{mail}/{name}"), _PREFIXES[kind])


def _ids_in(data: bytes, prefix: bytes) -> Iterator[str]:
    is_id = re.compile(rb"[ \t]+(%b%b)[ \t]*\r?(?:\n|$)" % (prefix, _ID)).match
    end = len(data)
    while (at := data.rfind(b"\n:ID:", 0, end)) >= 0:
        if found := is_id(data, at + len(b"\n:ID:")):
            yield found[1].decode()
        end = at


def _names(folder: str) -> list[str]:
    try:
        names = os.listdir(folder)  # noqa: PTH208  as above
    except OSError:
        return []
    return [name for name in names if re.fullmatch(rf"{NAME}\.org", name)]


def _tail(path: str) -> bytes:
    """Give the end of a regular file, which is all of most; nothing where there is none."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123, TID251  read only
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _LARGEST_TAIL))
            return file.read(_LARGEST_TAIL)
    except (OSError, ValueError):
        return b""
