"""What doctor says: one thing that is not as it should be, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orgpost.org.scan import Span

ERROR: Final = "error"
WARNING: Final = "warning"

# What each check means for mail: an error is something lost, torn or unsafe, a warning is not.
SEVERITY: Final = {
    "settings": ERROR,
    "contacts": ERROR,
    "contact-key": WARNING,
    "modes": ERROR,
    "folders": ERROR,
    "unsafe-path": ERROR,
    "unreadable": ERROR,
    "cookie": ERROR,
    "todo-line": ERROR,
    "not-utf8": ERROR,
    "conflict-marker": ERROR,
    "sync-copy": ERROR,
    "duplicate-id": ERROR,
    "archived-twice": ERROR,
    "bad-id": ERROR,
    "missing-id": ERROR,
    "unknown-keyword": ERROR,
    "unknown-actor": ERROR,
    "wrong-file": ERROR,
    "torn": ERROR,
    "journal": ERROR,
    "waiting": ERROR,
    "ledger": ERROR,
    "waiting-rows": ERROR,
    "scratch": ERROR,
    "file-missing": ERROR,
    "file-changed": ERROR,
    "file-unlisted": ERROR,
    "orgparse": ERROR,
    "orphan-files": WARNING,
    "dangling": WARNING,
    "no-contact": WARNING,
    "editor": WARNING,
    "other-editor": WARNING,
    "saved-over": WARNING,
    "double-key": WARNING,
    "nested-id": WARNING,
    "bad-time": WARNING,
    "hard-link": WARNING,
    "emacs-archive": WARNING,
    "large": WARNING,
    "old-layout": WARNING,
    "quarantine": WARNING,
    "network": WARNING,
    "lease-ahead": WARNING,
    "ledger-ahead": WARNING,
    "reservation": WARNING,
    "cycle": WARNING,
    "expired-lease": WARNING,
    "bad-lease": WARNING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing; `file` is a path in the space, `span` the bytes that it is about.

    `fixable` says that `--fix` would put it right, `fixed` that it did.
    """

    check: str
    file: str
    message: str
    line: int | None = None
    fixable: bool = False
    fixed: bool = False
    span: Span | None = None

    @property
    def severity(self) -> str:
        """How much it matters."""
        return SEVERITY[self.check]

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {
            "check": self.check,
            "severity": self.severity,
            "file": self.file,
            "line": self.line,
            "message": self.message,
            "fixable": self.fixable,
            "fixed": self.fixed,
        }


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found; what was fixed counts no more as error or warning."""

    all: tuple[Finding, ...] = field(default=())

    @property
    def errors(self) -> int:
        """How many errors are left."""
        return self._left(ERROR)

    @property
    def warnings(self) -> int:
        """How many warnings are left."""
        return self._left(WARNING)

    @property
    def fixed(self) -> int:
        """How many were fixed."""
        return sum(each.fixed for each in self.all)

    @property
    def exit_code(self) -> int:
        """0 where no error is left."""
        return int(self.errors > 0)

    def to_dict(self) -> dict[str, object]:
        """Give them as JSON has them."""
        return {
            "findings": [each.to_dict() for each in self.all],
            "errors": self.errors,
            "warnings": self.warnings,
            "fixed": self.fixed,
        }

    def _left(self, severity: str) -> int:
        return sum(each.severity == severity and not each.fixed for each in self.all)
