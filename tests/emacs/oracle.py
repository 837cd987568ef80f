"""What Org sees in a file: asked of a real Emacs, answered in Python's words."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.emacs.session import BatchEmacs, EmacsError

# The Org that Emacs brings, and beside it each folder that `$ORGPOST_ORG_PATH` names.
ORGS: Final = (
    None,
    *(Path(name) for name in os.environ.get("ORGPOST_ORG_PATH", "").split(os.pathsep) if name),
)


@dataclass(frozen=True)
class Heading:
    """A heading as org-element reads it: `types` are things below it, `logged` those in drawers."""

    level: int
    keyword: str | None
    priority: str | None
    title: str
    tags: list[str]
    is_comment: bool
    is_archived: bool
    properties: list[tuple[str, str]]
    drawers: list[str]
    types: list[str]
    logged: list[str]
    begin: int

    def get(self, name: str) -> str | None:
        """Return the first value of a property."""
        return next((value for key, value in self.properties if key == name), None)


class Oracle(BatchEmacs):
    """A batch Emacs that knows Org's own opinion, and a person's commands."""

    def __init__(self, org: Path | None = None, *, timeout: float = 110.0) -> None:
        """Load Org, its linter and its agenda once: the one in the folder `org`, else Emacs's."""
        super().__init__("oracle", "commands", timeout=timeout)
        self.org = org
        if org is not None:
            self.load_path = (org,)

    def which(self) -> str:
        """Return the version of Org and where it lies; an error where that was not asked for."""
        where = self.eval('(file-name-directory (locate-library "org"))')
        if self.org is not None and not Path(where).samefile(self.org):
            message = f"asked for the Org in {self.org}, and have the one in {where}"
            raise EmacsError(message)
        return f"Org {self.eval('(org-version)')} in {where}"

    def lint(self, path: Path) -> list[str]:
        """Return what org-lint complains about; an empty list is praise."""
        return [str(complaint) for complaint in self._list("orgpost-test-lint", path)]

    def headings(self, path: Path) -> list[Heading]:
        """Return all headings, in order."""
        return [_heading(fields) for fields in self._list("orgpost-test-headings", path)]

    def ids(self, path: Path) -> list[str | None]:
        """Return the ID that `org-entry-get` finds at each heading."""
        return self._list("orgpost-test-ids", path)

    def visited_as(self, path: Path) -> tuple[str, str]:
        """Return the major mode and the coding system that Emacs chose."""
        state: Any = self.call("orgpost-test-visit-state", path)
        return state["mode"], state["coding"]

    def agenda(self, path: Path, date: str, *, log: bool = False) -> list[str]:
        """Return the lines that the file has in an agenda of four days, or in one with a log."""
        return [str(line) for line in self._list("orgpost-test-agenda", path, date, log)]

    def what_runs(self, path: Path, date: str) -> list[str]:
        """Return the names of the texts whose Lisp ran, in the most careless Emacs there is."""
        return [str(name) for name in self._list("orgpost-test-what-runs", path, date)]

    def what_failed(self) -> list[str]:
        """Return which of a person's commands the file of the last `what_runs` broke."""
        return [str(failure) for failure in self._list("orgpost-test-what-failed")]

    def do(self, command: str, path: Path, *arguments: object) -> None:
        """Run a command of `orgpost-test-commands.el` on a file and save it."""
        self.call(f"orgpost-test-{command}", path, *arguments)

    def _list(self, function: str, *arguments: object) -> list[Any]:
        answer = self.call(function, *arguments)
        return answer if isinstance(answer, list) else []


def _heading(fields: dict[str, Any]) -> Heading:
    return Heading(
        level=fields["level"],
        keyword=fields["keyword"],
        priority=fields["priority"],
        title=fields["title"],
        tags=fields["tags"],
        is_comment=fields["is_comment"] is True,
        is_archived=fields["is_archived"] is True,
        properties=[(name, value) for name, value in fields["properties"]],
        drawers=fields["drawers"],
        types=fields["types"],
        logged=fields["logged"],
        begin=fields["begin"],
    )
