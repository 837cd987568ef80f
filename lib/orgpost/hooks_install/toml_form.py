"""Our entries in Codex's config.toml: blocks of lines at the end, found and taken out as such.

The text is read with the standard library's reader before and after each change, and both readings
are compared; nothing else of it is touched.
"""

from __future__ import annotations

import copy
import json
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from orgpost.hooks_install.entry import Found, runs_mcp, words_of
from orgpost.hooks_install.json_form import handler_of
from orgpost.hooks_install.json_text import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from orgpost.hooks_install.entry import Entry

_HOOK: Final = re.compile(
    r"(?m)^\[\[hooks\.(?P<event>\w+)\]\](?:\r?\n)+\[\[hooks\.(?P=event)\.hooks\]\]\r?\n"
    r'type = "command"\r?\ncommand = (?P<command>".*")\r?\ntimeout = [0-9]+(?=\r?$)'
)
_SERVER: Final = re.compile(
    r'(?m)^\[mcp_servers\.orgpost\]\r?\ncommand = (?P<command>".*")\r?\n'
    r"args = (?P<args>\[.*\])(?=\r?$)"
)


class TomlForm:
    """A file of TOML."""

    is_one_piece = False

    def put(self, text: str, entries: Sequence[Entry]) -> str:
        """Put entries in that are not there."""
        wanted = _read(text)
        for entry in entries:
            _add(wanted, entry)
            text = _append(text, _block(entry))
        return _proved(text, wanted)

    def exchange(
        self,
        text: str,
        ours: Callable[[Found], bool],
        entries: Sequence[Entry],
        olds: Sequence[Entry],
        before: str | None,  # noqa: ARG002  the manner of every form
    ) -> str:
        """Have these entries there, each where the one of ours before it stands."""
        servers = _knows_server([*entries, *olds])
        wanted, left = _without(_read(text), ours, servers=servers), list(entries)
        newline = _newline(text)
        for hit in reversed([*_hits(text, ours, servers=servers)]):
            event = hit.groupdict().get("event", "")
            entry = next((each for each in left if each.event == event), None)
            if entry is None:
                text = _cut(text, hit)
            else:
                left.remove(entry)
                block = _block(entry).replace("\n", newline)
                text = text[: hit.start()] + block + text[hit.end() :]
        for entry in left:
            text = _append(text, _block(entry))
        for entry in entries:
            _add(wanted, entry)
        now, then = (_without(each, ours, servers=servers) for each in (_read(text), wanted))
        if _sorted(now) != _sorted(then):
            raise Unfit("it cannot be changed by place")
        return _all_found(text, entries, olds)

    def strip(
        self,
        text: str,
        ours: Callable[[Found], bool],
        entries: Sequence[Entry],
        before: str | None,
    ) -> str | None:
        """Take out what is ours; None where nothing is left that somebody else wrote."""
        servers = _knows_server(entries)
        wanted = _without(_read(text), ours, servers=servers)
        hits = [*_hits(text, ours, servers=servers)]
        for hit in reversed(hits):
            text = _cut(text, hit)
        if _sorted(_read(text)) != _sorted(wanted):
            raise Unfit("the lines of orgpost were edited: take them out by hand")
        return text if text.strip() or before is not None or not hits else None

    def find(self, text: str) -> list[Found]:
        """Every handler that stands there, ours or not."""
        return [found for found, _ in _handlers(_read(text))]

    def server(self, text: str, path: tuple[str, ...], key: str) -> Any:
        """The MCP server of that name; None where there is none."""
        data: Any = _read(text)
        for step in (*path, key):
            data = data.get(step) if isinstance(data, dict) else None
        return data


def has_hooks(text: str) -> bool:
    """Say whether a config.toml registers hooks; what Codex itself notes of them is none."""
    hooks = _read(text).get("hooks")
    return isinstance(hooks, dict) and any(isinstance(held, list) for held in hooks.values())


# --- what the file says ---------------------------------------------------------------------------


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Unfit(f"no TOML: {error}") from None


def _handlers(data: dict[str, Any]) -> Iterator[tuple[Found, tuple[list[Any], list[Any]]]]:
    hooks = data.get("hooks")
    for event, groups in hooks.items() if isinstance(hooks, dict) else ():
        for group in groups if isinstance(groups, list) else ():
            inner = group.get("hooks") if isinstance(group, dict) else None
            for handler in inner if isinstance(inner, list) else ():
                words, line = words_of(handler)
                if words:
                    yield Found(event, words, (), line), (groups, inner or [])


def _knows_server(entries: Sequence[Entry]) -> bool:
    return any(each.key for each in entries)


def _without(
    data: dict[str, Any], ours: Callable[[Found], bool], *, servers: bool
) -> dict[str, Any]:
    """What the file would say without us."""
    data = copy.deepcopy(data)
    for event, groups in [*_tables(data, "hooks")]:
        for group in [*groups] if isinstance(groups, list) else ():
            found = [each for each, _ in _handlers({"hooks": {event: [group]}})]
            if found and len(group["hooks"]) == len(found) and all(map(ours, found)):
                groups.remove(group)
        if groups == []:
            del data["hooks"][event]
    for name, server in [*_tables(data, "mcp_servers")]:
        if servers and name == "orgpost" and runs_mcp(server):
            del data["mcp_servers"][name]
    for table in ("hooks", "mcp_servers"):
        if data.get(table) == {}:
            del data[table]
    return data


def _tables(data: dict[str, Any], name: str) -> list[tuple[str, Any]]:
    table = data.get(name)
    return list(table.items()) if isinstance(table, dict) else []


def _add(data: dict[str, Any], entry: Entry) -> None:
    table: Any = data
    for step in entry.path[: None if entry.key else -1]:
        table = table.setdefault(step, {})
        if not isinstance(table, dict):
            raise Unfit(f"{step} is no table")
    last = entry.key or entry.path[-1]
    if entry.key:
        if last in table and not runs_mcp(table[last]):
            raise Unfit(f"{entry.path[0]}.{last} is there already, and orgpost did not write it")
        table[last] = entry.value
        return
    there = table.setdefault(last, [])
    if not isinstance(there, list):
        raise Unfit(f"{'.'.join(entry.path)} is no list")
    there.append(entry.value)


def _proved(text: str, wanted: dict[str, Any]) -> str:
    if _sorted(_read(text)) != _sorted(wanted):
        raise Unfit("it cannot be changed by place")
    return text


def _all_found(text: str, entries: Sequence[Entry], olds: Sequence[Entry]) -> str:
    """Give the text, if each entry is in it once, and no old one that is not wanted any more."""
    there = [(found.event, found.words) for found, _ in _handlers(_read(text))]
    wanted = [(each.event, words_of(handler_of(each))[0]) for each in entries if each.event]
    gone = [(each.event, words_of(handler_of(each))[0]) for each in olds if each.event]
    is_right = all(there.count(each) == 1 for each in wanted)
    if not is_right or any(each in there and each not in wanted for each in gone):
        raise Unfit("the lines of orgpost were edited: take them out by hand")
    return text


def _sorted(data: object) -> str:
    """What is said, in a form that can be compared; a number that is none equals itself."""
    if isinstance(data, dict):
        return "{" + ",".join(f"{key!r}:{_sorted(data[key])}" for key in sorted(data)) + "}"
    if isinstance(data, list):
        return "[" + ",".join(map(_sorted, data)) + "]"
    return repr(data)


# --- the lines ------------------------------------------------------------------------------------


def _block(entry: Entry) -> str:
    if entry.key:
        head = f"[{'.'.join((*entry.path, entry.key))}]"
        return "\n".join([head, *(f"{key} = {_said(held)}" for key, held in entry.value.items())])
    head = ".".join(entry.path)
    lines = [f"{key} = {_said(held)}" for key, held in handler_of(entry).items()]
    return "\n".join([f"[[{head}]]", "", f"[[{head}.hooks]]", *lines])


def _said(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_said, value)) + "]"
    # JSON's strings are TOML's, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _append(text: str, block: str) -> str:
    newline = _newline(text)
    block = block.replace("\n", newline)
    if not text:
        return block + newline
    if text.endswith("\n"):
        return f"{text}{newline}{block}{newline}"
    return f"{text}{newline}{newline}{block}"


def _hits(text: str, ours: Callable[[Found], bool], *, servers: bool) -> Iterator[re.Match[str]]:
    """The blocks of ours, in the order of the file."""
    hits = [*_HOOK.finditer(text), *(_SERVER.finditer(text) if servers else ())]
    for hit in sorted(hits, key=lambda each: each.start()):
        said = hit.groupdict()
        command = tomllib.loads(f"x = {said['command']}")["x"]
        if said.get("event"):
            words, line = words_of({"command": command})
            is_ours = ours(Found(said["event"], words, (), line))
        else:
            args = tomllib.loads(f"x = {said['args']}")["x"]
            is_ours = runs_mcp({"command": command, "args": args})
        if is_ours:
            yield hit


def _cut(text: str, hit: re.Match[str]) -> str:
    """Take a block out with what parted it from the rest."""
    newline, start, end = _newline(text), hit.start(), hit.end()
    size = len(newline)
    if end < len(text):
        end += size
        if text[:start].endswith(newline * 2) or text[:start] == newline:
            start -= size
    elif text[:start].endswith(newline * 2):
        start -= 2 * size
    return text[:start] + text[end:]
