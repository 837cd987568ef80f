"""Every place that would run orgpost here: clients' files, plugins, and files of other clients."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import OrgpostError
from orgpost.frozen import NamedTuple
from orgpost.hooks_install.clients import CLIENTS, PROJECT, STRICT, TOML, USER, WAIT, Target
from orgpost.hooks_install.documented import EVENTS
from orgpost.hooks_install.entry import quoted
from orgpost.hooks_install.files import decode, read
from orgpost.hooks_install.json_text import Unfit
from orgpost.hooks_install.plan import find_gate, words_of_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgpost.hooks_install.clients import Client, Place
    from orgpost.hooks_install.entry import Found
    from orgpost.hooks_install.records import Records

PLUGIN: Final = "plugin"
_ROOT: Final = ("${CLAUDE_PLUGIN_ROOT}", "$CLAUDE_PLUGIN_ROOT")
# Cursor and VS Code can be told to run what is registered with Claude Code.
READS_CLAUDE: Final = frozenset({"cursor", "vscode"})


class Handler(NamedTuple):
    """One handler of ours that stands somewhere."""

    scope: str
    file: Path
    event: str
    words: list[str]
    ours_by: str
    stale: bool
    line: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "scope": self.scope,
            "file": str(self.file),
            "event": self.event,
            "command": quoted(self.words),
            "ours_by": self.ours_by,
            "stale": self.stale,
        }


class Listing:
    """What stands where, as of now; `warnings` are words for a person."""

    def __init__(self, place: Place, records: Records) -> None:
        self._place, self._records = place, records
        self._gate = find_gate()
        self.warnings: list[str] = []
        self.own = {name: self._of(client) for name, client in CLIENTS.items()}
        theirs = self.own["claude"]
        self.handlers = {
            name: own + theirs if name in READS_CLAUDE else own for name, own in self.own.items()
        }
        for name, found in self.handlers.items():
            self._warn_of_doubles(name, found)

    def to_dict(self, python: str) -> dict[str, Any]:
        """As JSON has it."""
        rows = [
            {
                "client": name,
                "events": [*client.events],
                "documented_only": False,
                "installed": [each.to_dict() for each in self.handlers[name]],
            }
            for name, client in CLIENTS.items()
        ]
        rows += [
            {"client": name, "events": [event], "documented_only": True, "installed": []}
            for name, event in EVENTS.items()
        ]
        facts = {"gate": str(self._gate), "python": python, "clients": rows}
        return {**facts, "warnings": self.warnings}

    def _of(self, client: Client) -> list[Handler]:
        found: list[Handler] = []
        for scope in client.scopes:
            for target in self._targets(client, scope):
                found += self._handlers(scope, target)
        if client.name == "claude":
            for target, root in self._plugins():
                found += self._handlers(PLUGIN, target, root)
        return found

    def _targets(self, client: Client, scope: str) -> Iterator[Target]:
        try:
            target = client.hooks(self._place, scope)
        except OrgpostError as error:
            self.warnings += error.lines()
            target = Target(self._place.of(scope, "CODEX_HOME", ".codex") / "hooks.json", STRICT)
        yield target
        folder = target.path.parent
        if client.name == "claude" and scope == PROJECT:
            yield Target(folder / "settings.json", STRICT)
        if client.name == "codex":
            others = (Target(folder / "hooks.json", STRICT), Target(folder / "config.toml", TOML))
            yield from (other for other in others if other.path != target.path)

    def _handlers(self, scope: str, target: Target, root: str = "") -> Iterator[Handler]:
        record = self._records.of(target.path)
        noted = [words_of_entry(each) for each in record.entries if each.event] if record else []
        for found in self._find(target):
            words = [_rooted(word, root) for word in found.words]
            found = found._replace(words=words)  # noqa: PLW2901  the same handler, spelt out
            ours_by = "record" if words in noted else "name" if self._is_ours(found) else ""
            if ours_by:
                is_stale = not self._runs_this(found)
                yield Handler(scope, target.path, found.event, words, ours_by, is_stale, found.line)

    def _find(self, target: Target) -> list[Found]:
        try:
            data = read(target.path)
            return target.form.find(decode(target.path, data).text) if data else []
        except Unfit as error:
            self.warnings.append(f"{target.path}: {error}")
        except OrgpostError as error:
            self.warnings += error.lines()
        return []

    def _is_ours(self, found: Found) -> bool:
        return found.is_named_ours(self._gate.parent)

    def _runs_this(self, found: Found) -> bool:
        program = Path(found.program)
        return (
            os.access(program, os.X_OK) and program.resolve().parent == self._gate.resolve().parent
        )

    # --- plugins ----------------------------------------------------------------------------------

    def _plugins(self) -> Iterator[tuple[Target, str]]:
        """The hooks of Claude Code's plugins, each with the folder that the plugin lies in."""
        folder = self._place.of(USER, "CLAUDE_CONFIG_DIR", ".claude") / "plugins"
        installed = _read_json(folder / "installed_plugins.json").get("plugins")
        roots = dict.fromkeys(_install_paths(installed if isinstance(installed, dict) else {}))
        for root in roots:
            path = Path(root) / "hooks" / "hooks.json"
            if path.is_file():
                yield Target(path, STRICT), root

    def _warn_of_doubles(self, name: str, found: list[Handler]) -> None:
        by_event: dict[str, list[Handler]] = {}
        for each in found:
            # Who waits beside a session is another one than who speaks at its turn's end.
            what = f"{each.event.lower()} {WAIT in each.words}"
            by_event.setdefault(what, []).append(each)
        for doubles in by_event.values():
            if len(doubles) > 1:
                files = ", ".join(dict.fromkeys(str(each.file) for each in doubles))
                runs = "may run" if name in READS_CLAUDE else "runs"
                times = f"{len(doubles)} times at {doubles[0].event}"
                self.warnings.append(f"{name} {runs} orgpost {times} and is told once: {files}")
        for file in dict.fromkeys(str(each.file) for each in found if each.stale):
            warning = f"{file} names a gate that is not this one: orgpost hooks install anew"
            self.warnings += [warning] if warning not in self.warnings else []


def _install_paths(installed: dict[str, Any]) -> Iterator[str]:
    for entries in installed.values():
        for entry in entries if isinstance(entries, list) else [entries]:
            if isinstance(entry, dict) and isinstance(entry.get("installPath"), str):
                yield entry["installPath"]


def _rooted(word: str, root: str) -> str:
    for name in _ROOT if root else ():
        word = word.replace(name, root)
    return word


def _read_json(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(read(path) or b"{}")
    except (OrgpostError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
