"""What the new space holds already, and how planned entries get into it and are read back."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final, Protocol

from orgpost.errors import Conflict, Failed
from orgpost.migrate.entries import key_of
from orgpost.migrate.plan import Existing
from orgpost.org import scan
from orgpost.org.entry import parse
from orgpost.org.quote import encode_body
from orgpost.org.syntax import CTL, HOT, TASK, header, kind_of
from orgpost.store.page import ROOT, View

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from orgpost.migrate.entries import Key, Planned
    from orgpost.migrate.people import NewActor
    from orgpost.org.entry import Entry
    from orgpost.store.page import Page, Store

FOLDERS: Final = ("inbox", "agents", "archive")
CHUNK_BYTES: Final = 4_000_000
_OLD_IDS: Final = ("V01_ID", "V02_ID")
_INERT: Final = re.compile(r"#(?: |\Z)|#\+(?:STARTUP|CATEGORY|ARCHIVE):")
_HAZARD: Final = re.compile(rf"{CTL}|(?:{HOT}):|-\*-")


class Readable(Protocol):
    """What is needed of a store to look at a space."""

    def names(self, folder: str) -> list[str]:
        """List the Org files of a folder."""

    def view(self, path: str) -> View:
        """Read an Org file."""

    def read(self, path: str) -> bytes | None:
        """Read a file that is no Org file."""


class Looker:
    """Reads a space without a lock, a journal or any trace: for the dry run."""

    def __init__(self, space: Path) -> None:
        self._root = space / "org" / "messaging"

    def names(self, folder: str) -> list[str]:
        """List the Org files of a folder, as paths, sorted."""
        places = sorted((self._root / folder).glob("*.org"))
        return [f"{folder}/{place.name}" for place in places if not place.name.startswith(".")]

    def view(self, path: str) -> View:
        """Read a file as it lies there."""
        place = self._root / path
        return View(place.read_bytes(), exists=True) if place.is_file() else View(b"", exists=False)

    def read(self, path: str) -> bytes | None:
        """Read a file that is no Org file; None where it is missing."""
        place = self._root / path
        return place.read_bytes() if place.is_file() else None


def existing(space: Readable, actors: Sequence[NewActor], old_files: Collection[str]) -> Existing:
    """Say what a space has already of people and entries, apart from what lies in old files."""
    known = {each.id: each.id for each in actors}
    for each in actors:
        known |= {handle.lower(): each.id for handle in each.handles}
    copies: dict[Key, list[str]] = {}
    ids = set()
    for entry in _entries(space, old_files):
        id = entry.id or ""
        ids.add(id)
        old = next((value for name in _OLD_IDS if (value := entry.get(name))), id)
        copies.setdefault(key_of(old, entry.get("FROM") or "", entry.body), []).append(id)
    return Existing(known, tuple(actors), frozenset(ids), copies)


def put(store: Store, planned: Iterable[Planned]) -> None:
    """Add entries to their files, by id: what is there already is left out."""
    for path, group in groupby(sorted(planned, key=_path), key=_path):
        for chunk in _chunks(list(group)):
            _put_chunk(store, path, chunk)


def put_in_place(store: Store, path: str, old: bytes, preamble: str, new: Iterable[bytes]) -> None:
    """Let new entries stand where an old file is, in one step."""

    def decide(page: Page) -> None:
        if page.data != old:
            raise Conflict(f"{path} was changed meanwhile")
        spans = scan.spans(page.data)
        for span in spans:
            page.remove(span)
        first = spans[0].start if spans else len(page.data)
        page.replace((0, first), header(path) + safe_preamble(preamble))
        page.insert(len(page.data), b"".join(new))

    store.edit(path, decide)


def put_preamble(store: Store, path: str, text: str) -> None:
    """Put what people wrote above their mail above the new entries."""
    wanted = safe_preamble(text)

    def decide(page: Page) -> None:
        head = scan.preamble(page.data)
        if not page.exists:
            page.rewrite(header(path) + wanted)
        elif wanted not in head:
            page.insert(len(head), wanted)

    store.edit(path, decide)


def has_preamble(space: Readable, path: str, text: str) -> bool:
    """Say whether it is there already."""
    return safe_preamble(text) in scan.preamble(space.view(path).data)


def safe_preamble(text: str) -> bytes:
    """Give a preamble's text so that Org finds neither a heading nor a setting in it.

    It may be what was left of a deleted message, so it is no more trusted than a body.
    """
    if not text:
        return b""
    blocks = groupby(text.split("\n"), key=_is_inert)
    stored = (_lines(list(lines), inert=inert) for inert, lines in blocks)
    return ("".join(stored) + "\n").encode()


def compare(space: Readable, planned: Iterable[Planned]) -> None:
    """Read entries back and compare every body; `Failed` where one is not what was meant."""
    for path, group in groupby(sorted(planned, key=_path), key=_path):
        found = {entry.id: entry for entry in _entries_of(path, space.view(path).data)}
        for each in group:
            entry = found.get(each.id)
            if entry is None or entry.body != each.body:
                what = f"{each.id} was not read back from {path} as it was written"
                raise Failed(what, hint="the old files are untouched; run orgpost doctor")


def _entries(space: Readable, old_files: Collection[str]) -> Iterator[Entry]:
    for path in (path for folder in FOLDERS for path in space.names(folder)):
        if f"{ROOT}/{path}" not in old_files:
            yield from _entries_of(path, space.view(path).data)


def _entries_of(path: str, data: bytes) -> Iterator[Entry]:
    kind = scan.file_kind(data, kind_of(path) or TASK)
    return (parse(data[slice(*span)], kind) for _, span in scan.find_all_ids(data))


def _path(planned: Planned) -> str:
    return planned.path


def _chunks(planned: Sequence[Planned]) -> Iterator[list[Planned]]:
    """Part a file's entries so that each part is one record of the journal."""
    chunk: list[Planned] = []
    size = 0
    for each in planned:
        if chunk and size + len(each.raw) > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(each)
        size += len(each.raw)
    yield chunk


def _put_chunk(store: Store, path: str, chunk: Sequence[Planned]) -> None:
    entries = {each.id.encode(): each.raw for each in chunk}

    def there(view: View) -> Mapping[bytes, bytes] | None:
        found = {id for id, _ in scan.find_all_ids(view.data)}
        left = {id: raw for id, raw in entries.items() if id not in found}
        return None if len(left) == len(entries) else left

    receipt = store.append(path, list(entries.items()), unless=there)
    if isinstance(receipt.found, dict) and receipt.found:
        store.append(path, list(receipt.found.items()))


def _is_inert(line: str) -> bool:
    return bool(_INERT.match(line)) and not _HAZARD.search(line)


def _lines(lines: Sequence[str], *, inert: bool) -> str:
    text = "\n".join(lines)
    if inert:
        return f"{text}\n"
    words = text.strip("\n")
    above, below = "\n" * (not lines[0]), "\n" * (not lines[-1])
    return above + encode_body(words)[1] + below if words else "\n"
