"""What an install or an uninstall would change, worked out before anything is written.

A file that is as we left it is worked out anew from what it was before us, so that taking us out
gives those bytes back. One that somebody edited since is changed by place, and what is left of it
without us is from then on what was there before.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost.errors import Failed, InvalidField, Malformed, Usage
from orgpost.frozen import NamedTuple
from orgpost.hooks_install.clients import PROJECT, USER, waiting_group
from orgpost.hooks_install.entry import GATE, Entry, words_of
from orgpost.hooks_install.files import Text, check_writable, decode, read
from orgpost.hooks_install.json_form import handler_of
from orgpost.hooks_install.json_text import Unfit
from orgpost.hooks_install.records import Record, digest, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orgpost.hooks_install.clients import Client, Place, Target
    from orgpost.hooks_install.entry import Found
    from orgpost.hooks_install.records import Records

_SERVER: Final = "orgpost"
_SECONDS: Final = 10
# Controls end a line for somebody, and a byte that is no UTF-8 is no text.
_UNWRITABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Wish(NamedTuple):
    """What is to be registered, and with which words."""

    client: Client
    scope: str
    space: Path | None = None
    actor: str | None = None
    mid_turn: bool = False
    mcp: Sequence[str] = ()
    wake: bool = False

    @property
    def more(self) -> list[str]:
        """What every line of ours says after its event."""
        return said_words(self.space, self.actor)

    @property
    def events(self) -> dict[str, int]:
        """The events that it is registered for, with the seconds that each may take."""
        client = self.client
        if self.mid_turn and not client.mid_turn:
            raise Usage(f"{client.title} has no event in the middle of a turn")
        return {**client.events, **({client.mid_turn: _SECONDS} if self.mid_turn else {})}


def said_words(space: Path | None, actor: str | None) -> list[str]:
    """The words of a registration that say where, and as whom."""
    return [*(["--space", str(space)] if space else []), *(["--as", actor] if actor else [])]


class Change(NamedTuple):
    """One file: what it is, what it becomes, and what we then know of it."""

    file: Path
    seen: bytes | None
    data: bytes | None
    before: Record | None
    after: Record | None

    @property
    def is_change(self) -> bool:
        """Say whether a byte of it changes."""
        return self.seen != self.data

    def diff(self) -> str:
        """The change as a unified diff."""
        from difflib import unified_diff

        old, new = (_lines(data) for data in (self.seen, self.data))
        name = str(self.file)
        names = (
            "/dev/null" if self.seen is None else name,
            "/dev/null" if self.data is None else name,
        )
        return "".join(f"{line}\n" for line in unified_diff(old, new, *names, lineterm=""))


def find_gate() -> Path:
    """The gate of this package: beside its code, or beside the sources of a checkout."""
    package = Path(__file__).absolute().parent.parent
    for folder in (package / "hooks", package.parent.parent / "hooks"):
        if (folder / GATE).is_file():
            return folder / GATE
    raise Failed(f"{package} has no {GATE} beside it", hint="install orgpost again")


def owner_of(client: Client, scope: str, place: Place) -> str:
    """Under which name a registration is noted."""
    return f"{client.name} {USER}" if scope == USER else f"{client.name} {scope} {place.project}"


def plan_install(wish: Wish, place: Place, records: Records) -> list[Change]:
    """What has to change so that the client runs us as wished, the file of hooks first."""
    client = wish.client
    wanted: dict[Path, tuple[Target, list[Entry]]] = {}
    target = client.hooks(place, wish.scope)
    wanted[target.path] = (target, _hooks_of(wish))
    if wish.mcp:
        target = _servers_of(client, place, wish.scope)
        wanted.setdefault(target.path, (target, []))[1].append(_server_of(wish, place))
    owner = owner_of(client, wish.scope, place)
    changes = [_change(target, owner, entries, records) for target, entries in wanted.values()]
    left = [r.file for r in records.all() if owner in r.owners and r.file not in wanted]
    targets = [_target_of(file, client, place, wish.scope) for file in left]
    changes += [_change(target, owner, [], records) for target in targets]
    return changes


def plan_uninstall(client: Client, scope: str, place: Place, records: Records) -> list[Change]:
    """What has to change so that the client does not run us any more."""
    owner = owner_of(client, scope, place)
    files = [record.file for record in records.all() if owner in record.owners]
    targets = [client.hooks(place, scope)]
    if client.server and scope in client.server_scopes:
        targets.append(client.server(place, scope))
    by_file = {target.path: target for target in targets}
    for file in files:
        by_file.setdefault(file, _target_of(file, client, place, scope))
    shadow = Entry(_path_of_servers(client, scope, place), {}, key=_SERVER)
    changes = [_change(target, owner, [], records, shadow) for target in by_file.values()]
    return [change for change in changes if change.is_change or change.file in files]


# --- what is wanted -------------------------------------------------------------------------------


def _hooks_of(wish: Wish) -> list[Entry]:
    client, gate = wish.client, find_gate()
    for word in (str(gate), *wish.more):
        if _UNWRITABLE.search(word):
            raise InvalidField("path", f"{word!a} cannot be written into a client's file")
    if wish.wake and not client.waits_at:
        raise Usage(f"{client.title} has no way to wake an idle session", hint="without --wake")
    version = client.version
    marks = [] if version is None else [Entry((), version, key="version", is_mark=True)]
    handlers = [
        client.entry(event, client.words(gate, event, wish.more), seconds)
        for event, seconds in wish.events.items()
    ]
    if wish.wake:
        words = client.words(gate, client.waits_at, wish.more)
        handlers.append(waiting_group(client.waits_at, words))
    return marks + handlers


def _server_of(wish: Wish, place: Place) -> Entry:
    client, (command, *args) = wish.client, wish.mcp
    path = _path_of_servers(client, wish.scope, place)
    return Entry(path, client.server_facts(command, [*args, *wish.more]), key=_SERVER)


def _path_of_servers(client: Client, scope: str, place: Place) -> tuple[str, ...]:
    # Claude Code keeps the servers of one user in one project in the user's file.
    is_inside = client.name == "claude" and scope == PROJECT
    return ("projects", str(place.project), *client.servers) if is_inside else client.servers


def _servers_of(client: Client, place: Place, scope: str) -> Target:
    if client.server is None or scope not in client.server_scopes:
        raise Usage(f"{client.title} has no MCP file for the {scope}", hint="without --mcp")
    return client.server(place, scope)


def _target_of(file: Path, client: Client, place: Place, scope: str) -> Target:
    """How a file is written that we once wrote to, and would not now."""
    from orgpost.hooks_install.clients import LOOSE, TOML, Target

    usual = client.hooks(place, scope)
    if usual.path == file:
        return usual
    return Target(file, TOML if file.suffix == ".toml" else LOOSE)


# --- one file -------------------------------------------------------------------------------------


def _change(
    target: Target,
    owner: str,
    entries: list[Entry],
    records: Records,
    shadow: Entry | None = None,
) -> Change:
    file, form = target
    data, record = read(file), records.of(file)
    is_other_s = record is not None and owner not in record.owners
    if not entries and is_other_s:
        return Change(file, data, data, record, record)
    text = decode(file, data or b"")
    owners = {**(record.owners if record else {}), owner: entries}
    if not entries:
        del owners[owner]
    wanted, olds = joined(owners), record.entries if record else []
    try:
        is_as_left = record is not None and record.is_as_left(data)
        if record is not None and is_as_left:
            base = record.original
        else:
            ours = _ours(form.find(text.text) if data else [], olds)
            entries = [*olds, *wanted, *([shadow] if shadow else [])]
            base = _base(target, text, data, ours, entries, record)
        if data is None or not wanted or (is_as_left and form.is_one_piece):
            new = _put(target, base, wanted)
        else:
            ours = _ours(form.find(text.text), olds)
            before = None if base is None else decode(file, base).text
            new = text.encode(form.exchange(text.text, ours, wanted, olds, before))
    except Unfit as error:
        raise Malformed(file, str(error)) from None
    if new != data:
        check_writable(file)
    folders = record.folders if record else []
    after = Record(file, owners, base, digest(new or b""), folders) if wanted else None
    return Change(file, data, new, record, after)


def _put(target: Target, base: bytes | None, wanted: list[Entry]) -> bytes | None:
    if not wanted:
        return base
    text = decode(target.path, base or b"")
    return text.encode(target.form.put(text.text, wanted))


def _base(
    target: Target,
    text: Text,
    data: bytes | None,
    ours: Callable[[Found], bool],
    entries: list[Entry],
    record: Record | None,
) -> bytes | None:
    """What the file would be without us."""
    if data is None:
        return None
    original = record.original if record else None
    before = None if original is None else decode(target.path, original).text
    left = target.form.strip(text.text, ours, entries, before)
    return None if left is None else text.encode(left)


def _ours(there: list[Found], olds: list[Entry]) -> Callable[[Found], bool]:
    """How ours are known: by the record, or where it knows none of them by the name of the gate."""
    noted = {tuple(words_of_entry(each)) for each in olds if each.event}
    if any(tuple(found.words) in noted for found in there):
        return lambda found: tuple(found.words) in noted
    hooks = find_gate().parent
    return lambda found: found.is_named_ours(hooks)


def words_of_entry(entry: Entry) -> list[str]:
    """What an entry runs."""
    handler = handler_of(entry)
    return list(handler["COMMAND"]) if "COMMAND" in handler else words_of(handler)[0]


def _lines(data: bytes | None) -> list[str]:
    lines = (data or b"").decode("utf-8", "replace").split("\n")
    return lines[:-1] if lines[-1] == "" else lines
