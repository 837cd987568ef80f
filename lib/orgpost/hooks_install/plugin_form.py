"""Our plugin for opencode: a file that is ours as a whole, or not ours at all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orgpost.hooks_install.entry import Found
from orgpost.hooks_install.json_text import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orgpost.hooks_install.entry import Entry

EVENT: Final = "system"
_COMMAND: Final = re.compile(r"(?m)^const COMMAND = (\[.*\])$")
_NOTHING: Final = {"COMMAND": [], "SPACE": "", "ACTOR": ""}


class PluginForm:
    """A file of JavaScript, made of the one beside this module."""

    is_one_piece = True

    def put(self, text: str, entries: Sequence[Entry]) -> str:
        """Give the plugin that says these values."""
        if text.strip():
            raise Unfit("it is there already, and orgpost did not write it")
        (entry,) = entries
        return _with_values(_source(), entry.value)

    def exchange(
        self,
        text: str,
        ours: Callable[[Found], bool],
        entries: Sequence[Entry],
        olds: Sequence[Entry],  # noqa: ARG002  the manner of every form
        before: str | None,
    ) -> str:
        """Put the new plugin in place of the old one, if nobody changed more than its values."""
        return self.put(self.strip(text, ours, entries, before) or "", entries)

    def strip(
        self,
        text: str,
        ours: Callable[[Found], bool],
        entries: Sequence[Entry],  # noqa: ARG002  the manner of every form
        before: str | None,
    ) -> str | None:
        """Nothing is left of it; what somebody changed is not ours any more."""
        if not any(map(ours, self.find(text))):
            return text
        if _with_values(text, _NOTHING) != _with_values(_source(), _NOTHING):
            raise Unfit("it was edited: take it away by hand")
        return before

    def find(self, text: str) -> list[Found]:
        """The one thing that it runs."""
        hit = _COMMAND.search(text)
        words = json.loads(hit[1]) if hit else []
        return [Found(EVENT, words)] if words else []

    def server(self, text: str, path: tuple[str, ...], key: str) -> Any:  # noqa: ARG002  the manner of every form
        """There is no MCP server in a plugin."""
        return None


def _source() -> str:
    return (Path(__file__).parent / "opencode.js").read_text(encoding="utf-8")


def _with_values(source: str, values: Mapping[str, object]) -> str:
    said = {name: json.dumps(value) for name, value in values.items()}
    pattern = rf"(?m)^const ({'|'.join(said)}) = .*$"
    return re.sub(pattern, lambda hit: f"const {hit[1]} = {said[hit[1]]}", source)
