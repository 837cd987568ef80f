"""What hooks must know and cannot read: a copy of tiers and settings in words without YAML.

The hook's second stage starts this as a process of its own, once after each change of contacts or
settings; whoever changes them from here may call `renew` first and spare it that. The copy's form
is described where it is read, in `orgpost.hook.copy`.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost import settings_file
from orgpost.contact import Contacts, Trust
from orgpost.contact_check import contacts_of
from orgpost.yaml_text import LARGEST_FILE, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orgpost.config import Settings
    from orgpost.errors import Problem

FORM: Final = "orgpost hooks copy 4"
CHARS: Final = "hooks.digest_chars"
CHOICES: Final = ("hooks.claim", "hooks.mid_turn", "hooks.keep_going", "hooks.wake")
NUMBERS: Final = (
    *("hooks.keep_going_cap", "hooks.wake_per_hour", "hooks.wake_cooldown_seconds"),
    "messaging.tasks.lease_seconds",
)
_ENOUGH: Final = 1_000_000
_NO_YAML: Final = b"\0"  # stands for what cannot be read at all
_CONTACTS: Final = "org/messaging/contacts.yaml"


def main() -> None:
    """Renew the copy of the space that the first argument names, and say it on stdout."""
    sys.stdout.write(renew(Path(sys.argv[1]), os.environ))


def renew(space: Path, environ: Mapping[str, str]) -> str:
    """Make the copy of the files as they are now, and keep it in the space where that can be."""
    text = "".join(f"{line}\n" for line in _lines(space, environ))
    if not environ.get("ORGPOST_HOOK_TRIAL"):
        _keep(space / ".orgpost" / "hooks", text)
    return text


def note_python(environ: Mapping[str, str]) -> None:
    """Note the Python that has the library, so that the hooks' gate runs that one."""
    from orgpost.errors import OrgpostError
    from orgpost.store import replace_file

    base = Path(environ.get("XDG_STATE_HOME", ""))
    try:
        folder = (base if base.is_absolute() else Path("~/.local/state").expanduser()) / "orgpost"
        words = f"{sys.executable}\n".encode()
        if sys.executable and words != _bytes_of(folder / "python"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(folder / "python", words, mode=0o600)
    except (OSError, RuntimeError, OrgpostError):
        return  # a home that cannot be written to; the gate looks for a Python by itself


def _lines(space: Path, environ: Mapping[str, str]) -> Iterator[str]:
    # The times come first: what changes while we read must not look as if we had read it.
    yield from _sources(space, environ)
    settings, problems = settings_file.examine(space, environ)
    yield from _said(settings, problems, _asked_chars(space, environ))
    contacts = _contacts(space, settings)
    for handle in settings.words("identity.handles"):
        if (me := contacts.carrier(handle)) is not None:
            yield f"handle {handle.lower()} {me.id}"
    yield from _people(contacts)
    yield "end"


def _sources(space: Path, environ: Mapping[str, str]) -> Iterator[str]:
    yield FORM
    files = {
        "contacts": space / _CONTACTS,
        "settings": settings_file.space_file(space),
        "user": settings_file.user_file(environ),
    }
    for name, path in files.items():
        try:
            found = path.stat()
        except OSError:
            yield f"from {name} -"
        else:
            yield f"from {name} {found.st_mtime_ns} {found.st_size} {found.st_ino}"


# --- settings -------------------------------------------------------------------------------------


def _said(settings: Settings, problems: list[Problem], asked: int | None) -> Iterator[str]:
    # A number out of its range is the one problem that a hook lives with: it knows the range, too.
    if any(problem["key"] != CHARS or asked is None for problem in problems):
        yield "bad settings"
        return
    if default := settings.text("hooks.actor") or settings.text("identity.name"):
        yield f"default {default}"
    yield f"set {CHARS} {settings.whole(CHARS) if asked is None else asked}"
    for key in CHOICES:
        yield f"set {key} {settings.text(key)}"
    for key in NUMBERS:
        yield f"set {key} {settings.whole(key)}"


def _asked_chars(space: Path, environ: Mapping[str, str]) -> int | None:
    """Give the number that the strongest file asks for, in its range or not."""
    for path in reversed(settings_file.files(space, environ)):
        data = read_yaml(_bytes_of(path), str(path)).data
        hooks = data.get("hooks") if isinstance(data, dict) else None
        chars = hooks.get("digest_chars") if isinstance(hooks, dict) else None
        if chars is not None:
            return min(max(0, chars), _ENOUGH) if type(chars) is int else None
    return None


# --- contacts -------------------------------------------------------------------------------------


def _contacts(space: Path, settings: Settings) -> Contacts:
    page = read_yaml(_bytes_of(space / _CONTACTS), _CONTACTS)
    me, handles = settings.text("identity.name"), settings.words("identity.handles")
    trust = Trust(
        overrides=settings.tiers("messaging.trust_overrides"),
        handles={me: handles} if me else {},
    )
    contacts = contacts_of(page.data, _CONTACTS, page.line, trust)
    return Contacts(contacts.actors, trust, [*page.problems, *contacts.problems])


def _people(contacts: Contacts) -> Iterator[str]:
    if contacts.problems:
        yield "bad contacts"
    for actor in contacts.actors:
        yield f"actor {actor.id} {contacts.tier(actor.id)} {actor.owner or '-'} {actor.kind}"
        for handle in actor.handles:
            yield f"handle {handle.lower()} {actor.id}"


def _bytes_of(path: Path) -> bytes:
    try:
        if stat.S_ISREG(path.stat().st_mode):
            with path.open("rb") as file:
                return file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return b""
    except OSError:
        pass
    return _NO_YAML


# --- keeping it -----------------------------------------------------------------------------------


def _keep(folder: Path, text: str) -> None:
    from orgpost.errors import OrgpostError
    from orgpost.store import replace_file

    try:
        if (
            _is_ours(folder.parent)
            and _is_ours(folder)
            and text.encode() != _bytes_of(folder / "copy")
        ):
            replace_file(folder / "copy", text.encode(), mode=0o600)
    except (OSError, OrgpostError):
        return  # it was said on stdout, and is made anew for the next event


def _is_ours(folder: Path) -> bool:
    """Make a private folder if it is missing; a link, or somebody else's, is none of ours."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
