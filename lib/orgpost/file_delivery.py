"""Delivered files: copied and synced under ``files/<id>/`` before the message that brings them.

A file's name is a value, never a path that somebody else chose. The manifest ``files/<id>.org``
lists name, size, sha256 and type; the message carries the manifest's sha256, so that a file, or
the list of files, that changed on the way is noticed and not saved.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost.errors import (
    Conflict,
    Exists,
    FileChanged,
    InvalidField,
    NoSuchFile,
    NotPermitted,
    TooLarge,
)
from orgpost.frozen import NamedTuple
from orgpost.org.quote import unquote_value
from orgpost.org.syntax import REFUSED, header
from orgpost.store import create_file, replace_file
from orgpost.unreadable import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from hashlib import _Hash
    from typing import BinaryIO

    from orgpost.store.page import Store

NAME_BYTES: Final = 255
_SAFE_ID: Final = r"[a-z0-9][a-z0-9._-]*"
_PIECE: Final = 1 << 16
_BARE_NAME: Final = r"[^\W_](?:[\w. -]*\w)?"
_ROW: Final = r"\| (.+?) +\| +([0-9]+) \| ([0-9a-f]{64}) \| (\S+) +\|"


class Delivered(NamedTuple):
    """One line of a manifest."""

    name: str
    size: int
    sha256: str
    type: str


class Source(NamedTuple):
    """A file that may be sent: where it lies, and what it was when it was looked at."""

    path: Path
    name: str
    size: int


class FileDelivery:
    """Copies files into a space and out of it again."""

    def __init__(self, store: Store, *, max_bytes: int) -> None:
        self._store = store
        self._max_bytes = max_bytes

    def check(self, paths: Sequence[str | Path], roots: Sequence[Path] | None) -> list[Source]:
        """Look at everything that is to be sent, and refuse it before a byte is written.

        `roots` are the folders in which sources may lie; None is anywhere.
        """
        sources = [_source(Path(path)) for path in paths]
        for source in sources:
            _check_root(source.path, roots)
        names = [source.name for source in sources]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise InvalidField(field="attach", why=f"two files are named {twice}")
        size = sum(source.size for source in sources)
        if size > self._max_bytes:
            raise TooLarge(what="all files of one message", size=size, limit=self._max_bytes)
        return sources

    def deliver(self, id: str, sources: Sequence[Source]) -> dict[str, str]:
        """Copy the files, then their manifest; give the properties that make them real."""
        files = [self._copy(id, source) for source in sources]
        manifest = _manifest(id, files)
        self._create(f"files/{id}.org", manifest)
        properties = {"FILES": str(len(files)), "MANIFEST": _sha256(manifest)}
        if len(files) > 1:
            return properties
        name, size, _, type_ = files[0]
        return {
            **properties,
            "FILENAME": name,
            "SIZE": str(size),
            "CONTENT_TYPE": type_,
            "DOWNLOADED": "false",
        }

    def describe(self, id: str, properties: Mapping[str, str]) -> list[dict[str, object]]:
        """List a message's files, each with the status ``ok``, ``changed`` or ``missing``."""
        files, trusted = self._listed(id, properties)
        return [
            {**file._asdict(), "status": self._status(id, file, trusted=trusted)} for file in files
        ]

    def save(
        self, id: str, properties: Mapping[str, str], folder: Path, *, force: bool = False
    ) -> list[Path]:
        """Save a message's files into a folder: all of them, or none."""
        files, trusted = self._listed(id, properties)
        if not trusted:
            raise FileChanged(path=f"files/{id}.org", why="is missing or not what was sent")
        contents = {file.name: self._verified(id, file) for file in files}
        targets = {_inside(folder, name): data for name, data in contents.items()}
        for target in [] if force else targets:
            if target.exists() or target.is_symlink():
                raise Exists(what=f"{target} is there already", hint="--force writes over it")
        for target, data in targets.items():
            if force:
                replace_file(target, data)
            else:
                create_file(target, data)
        return list(targets)

    def _copy(self, id: str, source: Source) -> Delivered:
        from hashlib import sha256

        digest = sha256()
        path = f"files/{id}/{source.name}"
        try:
            with _opened(source.path) as file:
                self._store.create(path, _pieces(file, source, digest))
        except Exists:
            # Sent before with this id, and killed before the message was stored.
            with _opened(source.path) as file:
                digest = sha256()
                for _ in _pieces(file, source, digest):
                    pass
            self._check_same(path, digest.hexdigest())
        return Delivered(source.name, source.size, digest.hexdigest(), _type_of(source.name))

    def _create(self, path: str, data: bytes) -> None:
        try:
            self._store.create(path, [data])
        except Exists:
            self._check_same(path, _sha256(data))

    def _check_same(self, path: str, sha256: str) -> None:
        if _sha256(self._store.read(path) or b"") != sha256:
            raise Conflict(what=f"{path} is there already with other content")

    def _listed(self, id: str, properties: Mapping[str, str]) -> tuple[list[Delivered], bool]:
        """Give the files of a message, and whether their list is the one that was sent."""
        if not re.fullmatch(_SAFE_ID, id):  # anyone can write an ID into an Org file
            return [], False
        data = self._store.read(f"files/{id}.org")
        if data is not None:
            return _read_manifest(data), _sha256(data) == properties.get("MANIFEST")
        if not _is_name(properties.get("FILENAME", "")):
            return [], False
        size = properties.get("SIZE", "")
        number = int(size) if size.isascii() and size.isdigit() else 0
        type_ = properties.get("CONTENT_TYPE", "application/octet-stream")
        return [Delivered(properties["FILENAME"], number, "", type_)], False

    def _status(self, id: str, file: Delivered, *, trusted: bool) -> str:
        data = self._read(id, file)
        if data is None:
            return "missing"
        return "ok" if trusted and _sha256(data) == file.sha256 else "changed"

    def _verified(self, id: str, file: Delivered) -> bytes:
        data = self._read(id, file)
        if data is None:
            raise FileChanged(path=file.name, why="is missing")
        if _sha256(data) != file.sha256:
            raise FileChanged(path=file.name, why="is not what was sent")
        return data

    def _read(self, id: str, file: Delivered) -> bytes | None:
        return self._store.read(f"files/{id}/{file.name}")


# --- sources ------------------------------------------------------------------------------------


def _source(path: Path) -> Source:
    name = _checked_name(path.name)
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        raise NoSuchFile(path=path) from None
    if not stat.S_ISREG(found.st_mode):
        raise InvalidField(field="attach", why=f"{name} is no regular file")
    return Source(path, name, found.st_size)


def _checked_name(name: str) -> str:
    if name in {"", ".", ".."} or "/" in name:
        raise InvalidField(field="file name", why=f"{name!r} is no name of a file")
    if re.search(REFUSED, name):
        raise InvalidField(field="file name", why="holds a line break or control character")
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise InvalidField(field="file name", why="is not UTF-8") from None
    if size > NAME_BYTES:
        raise InvalidField(field="file name", why=f"is longer than {NAME_BYTES} bytes")
    return name


def _is_name(name: str) -> bool:
    try:
        return bool(_checked_name(name))
    except InvalidField:
        return False


def _check_root(path: Path, roots: Sequence[Path] | None) -> None:
    if roots is None:
        return
    real = path.resolve()
    if not any(real.is_relative_to(root.resolve()) for root in roots):
        raise NotPermitted(what=path, why="lies outside the folders that may be sent from")


def _opened(path: Path) -> BinaryIO:
    """Open a source to read, if it is still no link: it may have become one since we looked."""

    def opener(name: str, flags: int) -> int:
        wanted = flags | os.O_NOFOLLOW | os.O_NONBLOCK
        return os.open(name, wanted)  # noqa: TID251  reads what lies outside of any store

    try:
        return open(path, "rb", opener=opener)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise InvalidField(field="attach", why=f"{path.name} is no regular file") from None
        raise unreadable(path, error) from None


def _pieces(file: BinaryIO, source: Source, digest: _Hash) -> Iterator[bytes]:
    """Read as much as was announced, no more and no less: a source may grow while it is read."""
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise InvalidField(field="attach", why=f"{source.name} is no regular file")
    left = source.size
    while left and (piece := file.read(min(left, _PIECE))):
        digest.update(piece)
        left -= len(piece)
        yield piece
    if left or file.read(1):
        raise FileChanged(path=source.path, why="changed while it was copied")


def _type_of(name: str) -> str:
    import mimetypes

    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _inside(folder: Path, name: str) -> Path:
    if not folder.is_dir():
        raise NoSuchFile(path=folder)
    return folder / _checked_name(name)


# --- the manifest -------------------------------------------------------------------------------


def _manifest(id: str, files: Sequence[Delivered]) -> bytes:
    path = f"files/{id}.org"
    rows = [f"| {_cell(f.name)} | {f.size} | {f.sha256} | {f.type} |\n" for f in files]
    table = ["| name | size | sha256 | type |\n", "|------+------+--------+------|\n", *rows]
    return header(path, f"Files of {id}") + "".join(table).encode()


def _cell(name: str) -> str:
    """Write a name so that Org sees a table cell and nothing else in it."""
    if re.fullmatch(_BARE_NAME, name):
        return name
    units = name.encode("utf-16-be")
    escaped = "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
    return f'"{escaped}"'


def _read_manifest(data: bytes) -> list[Delivered]:
    lines = data.decode("utf-8", "replace").split("\n")
    rows = [row for line in lines if (row := re.fullmatch(_ROW, line.strip()))]
    files = [Delivered(unquote_value(row[1]), int(row[2]), row[3], row[4]) for row in rows]
    # Anyone can edit a manifest: what it names is checked like a sender's name.
    return [file for file in files if _is_name(file.name)]


def _sha256(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()
