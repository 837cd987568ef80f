"""A space: finding the one that is meant, knowing who acts in it, making a new one.

A place that was named and is no space is an error; there is no falling through to the next one.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost import settings_file
from orgpost.clock import Clock
from orgpost.errors import (
    BadContacts,
    BadSettings,
    Exists,
    InvalidField,
    NoIdentity,
    NoSpace,
    NotASpace,
    NotPermitted,
    UnknownActor,
    UnsafePath,
    Usage,
)
from orgpost.frozen import NamedTuple
from orgpost.names import check_name, fault_of_handle, fault_of_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orgpost.config import Settings
    from orgpost.contact import Actor, Contacts

MESSAGING: Final = "org/messaging"
CONTACTS: Final = f"{MESSAGING}/contacts.yaml"
PRIVATE: Final = ".orgpost"
MAIL_FOLDERS: Final = (
    *("inbox", "agents", "trays", "ledger", "changes"),
    *("triage", "engines", "archive", "files"),
)
PRIVATE_FOLDERS: Final = ("locks", "journal", "quarantine", "backup", "hooks", "keys", "run")

_OPEN_FOLDER: Final = 0o755
_PRIVATE_FOLDER: Final = 0o700
_OPEN_FILE: Final = 0o644
_SHARED_FILE: Final = 0o660
_PRIVATE_FILE: Final = 0o600
_IGNORED: Final = (settings_file.NAME.encode(), f"{PRIVATE}/".encode())
_HEADER: Final = b"# settings of this host: `orgpost config show` tells all of them\n"


class Made(NamedTuple):
    """What `init` did: `created` are paths relative to the space, `notes` words for a person."""

    space: Path
    actor: str
    created: tuple[str, ...]
    notes: tuple[str, ...]


def is_space(folder: Path) -> bool:
    """Say whether a folder holds mail."""
    try:
        return (folder / MESSAGING).is_dir()
    except OSError:  # a folder that we may not look into is none of ours
        return False


def find(
    named: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    start: Path | None = None,
) -> Path:
    """Find the space: the one named, the environment's, the nearest upwards, the user's default."""
    environ = os.environ if environ is None else environ
    if named is not None:
        return _must_be_space(Path(named))
    if environ.get("ORGPOST_SPACE"):
        return _must_be_space(Path(environ["ORGPOST_SPACE"]))
    for folder in _upwards(start):
        if is_space(folder):
            return folder
    default = settings_file.load(None, environ).text("messaging.default_space")
    if default is None:
        raise NotASpace
    return _must_be_space(Path(default))


def who_acts(
    named: str | None, environ: Mapping[str, str], settings: Settings, contacts: Contacts
) -> str:
    """Give the id of who acts: ``--as``, the environment, the settings, the user of the machine."""
    said = (named, environ.get("ORGPOST_AS"), environ.get("ORGPOST_ACTOR"))
    name = next((each for each in said if each), None) or settings.text("identity.name")
    if name:
        return _known(name, contacts)
    user = environ.get("USER", "")
    if contacts.get(user) or (contacts.problems and fault_of_name(user) is None):
        return user
    raise NoIdentity


def init(
    folder: Path,
    *,
    actor: str | None = None,
    name: str | None = None,
    handles: Sequence[str] = (),
    git: bool = False,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> Made:
    """Make a space; in one that is there, make only what is missing and change nothing."""
    space = folder.absolute()
    who = _first_actor(space, actor, os.environ if environ is None else environ)
    owner = _owner(who, name, handles, clock or Clock())
    _must_be_file(space / CONTACTS)
    created = _missing_folders(space)
    for place in created:
        _make_folder(space / place, _OPEN_FOLDER if place == "org" else _PRIVATE_FOLDER)
    created += _make_files(space, owner)
    created += _ignore_in_git(space) if git else []
    return Made(space, who, tuple(created), tuple(_notes(space, who)))


# --- finding ------------------------------------------------------------------------------------


def _must_be_space(folder: Path) -> Path:
    if not is_space(folder):
        raise NotASpace(folder)
    return folder.absolute()


def _upwards(start: Path | None) -> Iterator[Path]:
    try:
        here = (start or Path.cwd()).absolute()
    except FileNotFoundError:  # the working folder was removed
        return
    yield here
    yield from here.parents


def _known(name: str, contacts: Contacts) -> str:
    try:
        return contacts.resolve(name).id
    except BadContacts:
        # A bad file may know fewer than it says; reading mail goes on.
        if fault_of_name(name) is None:
            return name
        raise UnknownActor(name) from None


# --- making -------------------------------------------------------------------------------------


def _first_actor(space: Path, actor: str | None, environ: Mapping[str, str]) -> str:
    layer, problems = settings_file.read_file(settings_file.space_file(space))
    if problems:
        raise BadSettings(problems)
    there = layer.values.get("identity.name")
    who = actor or there or settings_file.load(None, environ).text("identity.name")
    user = environ.get("USER", "")
    if who is None and fault_of_name(user) is None:
        who = user
    if who is None:
        raise Usage("nobody is named to own the space", hint="--actor NAME")
    check_name(who, "actor")
    if there not in {None, who}:
        raise Exists(f"{space} is {there}'s already", hint=f"orgpost contacts add {who}")
    return str(who)


def _owner(id: str, name: str | None, handles: Sequence[str], clock: Clock) -> Actor:
    from orgpost.contact import Actor
    from orgpost.org.quote import one_line

    for handle in handles:
        if fault := fault_of_handle(handle):
            raise InvalidField("handle", f"{handle[:60]!r} {fault}")
    return Actor(
        id=id,
        name=one_line("name", name or "") or id,
        kind="person",
        trust_tier="owner",
        handles=tuple(dict.fromkeys(handles)),
        added=clock.now().astimezone(clock.zone()).date(),
    )


def _missing_folders(space: Path) -> list[str]:
    _is_folder(space, follow=True)
    outer = [each for each in ("org", MESSAGING) if not _is_folder(space / each, follow=True)]
    inner = [f"{MESSAGING}/{each}" for each in MAIL_FOLDERS]
    inner += [PRIVATE, *(f"{PRIVATE}/{each}" for each in PRIVATE_FOLDERS)]
    return outer + [each for each in inner if not _is_folder(space / each, follow=False)]


def _is_folder(path: Path, *, follow: bool) -> bool:
    # Below org/messaging, and in .orgpost, no link is followed: it could lead anywhere.
    mode = _mode(path, follow=follow)
    if mode is not None and not stat.S_ISDIR(mode):
        raise UnsafePath(path, "is no folder")
    return mode is not None


def _must_be_file(path: Path) -> None:
    mode = _mode(path, follow=False)
    if mode is not None and not stat.S_ISREG(mode):
        raise UnsafePath(path, "is no regular file")


def _mode(path: Path, *, follow: bool) -> int | None:
    try:
        return path.stat(follow_symlinks=follow).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise NotPermitted(path, error.strerror or "cannot be looked at") from None


def _make_folder(path: Path, mode: int) -> None:
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    except FileExistsError:
        raise UnsafePath(path, "is no folder") from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise NoSpace(path, "make") from None
        raise NotPermitted(path, error.strerror or "cannot be made") from None


def _make_files(space: Path, owner: Actor) -> Iterator[str]:
    from orgpost.contact_file import first_contacts
    from orgpost.store import create_file
    from orgpost.yaml_place import set_value
    from orgpost.yaml_text import read_yaml

    shared = (space / MESSAGING).stat().st_mode & stat.S_IWGRP
    identity = set_value(read_yaml(_HEADER, ""), ("identity", "name"), owner.id)
    for place, data, mode in (
        (f"{PRIVATE}/.gitignore", b"*\n", _PRIVATE_FILE),
        (
            f"{MESSAGING}/contacts.yaml",
            first_contacts(owner),
            _SHARED_FILE if shared else _PRIVATE_FILE,
        ),
        (settings_file.NAME, identity, _PRIVATE_FILE),
    ):
        try:
            create_file(space / place, data, mode=mode)
            yield place
        except Exists:
            pass


def _ignore_in_git(space: Path) -> list[str]:
    from orgpost.store import replace_file

    path = space / ".gitignore"
    old = path.read_bytes() if path.exists() else None
    lines = (old or b"").split(b"\n")
    missing = [entry for entry in _IGNORED if entry not in {line.strip() for line in lines}]
    if missing:
        start = old + b"\n" if old and not old.endswith(b"\n") else old or b""
        text = start + b"".join(entry + b"\n" for entry in missing)
        replace_file(path.resolve(), text, mode=_OPEN_FILE if old is None else None)
    return [".gitignore"] if old is None else []


def _notes(space: Path, who: str) -> Iterator[str]:
    from orgpost.contact_check import contacts_of
    from orgpost.yaml_text import read_yaml

    parsed = read_yaml((space / CONTACTS).read_bytes(), "contacts.yaml")
    if contacts_of(parsed.data, parsed.file, parsed.line).get(who) is None:
        yield f"{who} is not in contacts.yaml: orgpost contacts add {who}"
    layer, _ = settings_file.read_file(settings_file.space_file(space))
    if "identity.name" not in layer.values:
        yield f"the settings name nobody: orgpost config set identity.name {who}"
    if (space / "org/inboxes").is_dir():
        yield "org/inboxes holds mail of an older version: orgpost migrate"
