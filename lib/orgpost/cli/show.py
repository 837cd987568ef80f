"""The only place that prints: people's words or one JSON document on stdout, trouble on stderr.

What others wrote never reaches a terminal raw: `safe` and `one_line` spell it out.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

from orgpost.spelled import one_line, safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from threading import Timer
    from types import TracebackType

    from orgpost.errors import OrgpostError

__all__ = ["Show", "Unwritten", "Working", "one_line", "safe", "several"]

_COLOURS: Final = {"bold": "1", "dim": "2", "red": "31"}
_PATIENCE_SECONDS: Final = 0.7


class Unwritten(Exception):
    """Stdout takes no more; `reason` is empty where its reader has left."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error)
        self.reason = "" if isinstance(error, BrokenPipeError) else error.strerror or "no reason"


class Show:
    """Where a command's answer goes. `json` is one document; otherwise words for people.

    `stored` names what is there already, for when the answer that tells it cannot be written.
    """

    def __init__(self, *, json: bool) -> None:
        self.json = json
        self.stored: Sequence[str] = ()
        self.has_asked = False
        self.terminal = sys.stdout.isatty()
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        self._colours = self.terminal and not plain
        if sys.stdout.encoding.lower() != "utf-8" and hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="backslashreplace")

    def answer(self, data: Any, lines: Iterable[str] = ()) -> None:
        """Give the answer: `data` as JSON, or the lines, which must be safe already."""
        if self.json:
            self._document({"schema": 1, "ok": True, "data": data})
        else:
            _write("".join(f"{line}\n" for line in lines))

    def agrees(self, lines: Iterable[str], question: str) -> bool:
        """Show what would be done, and ask; where nobody can answer, it was asked for already."""
        if self.json or not (self.terminal and sys.stdin.isatty()):
            return True
        self.has_asked = True
        _write("".join(f"{line}\n" for line in lines) + f"{question} [y/N] ")
        self.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    def trouble(self, error: OrgpostError) -> None:
        """Say what went wrong and what to do next."""
        if self.json:
            self._document({"schema": 1, "ok": False, "error": error.to_dict()})
            return
        lines = error.lines()
        self.warn(*lines)
        if error.hint and not lines[-1].endswith(error.hint):
            print(f"  {one_line(error.hint)}", file=sys.stderr)

    def warn(self, *lines: str) -> None:
        """Say something on stderr; what it repeats makes no lines of its own."""
        words = "\n".join(map(one_line, lines))
        print(f"orgpost: {words}", file=sys.stderr)

    def raw(self, data: bytes) -> None:
        """Write bytes as they are: for pipes, when they were asked for."""
        self.flush()
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except OSError as error:
            raise Unwritten(error) from error

    def flush(self) -> None:
        """See to it that the answer is out; Python's own end would complain in its own words."""
        try:
            sys.stdout.flush()
        except OSError as error:
            raise Unwritten(error) from error

    def paint(self, text: str, *styles: str) -> str:
        """Colour a text, on a terminal."""
        if not self._colours or not styles:
            return text
        codes = ";".join(_COLOURS[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def working(self, what: str) -> Working:
        """Say on a terminal, while a block of long work lasts, what is done."""
        return Working(what)

    @staticmethod
    def _document(document: dict[str, Any]) -> None:
        import json

        _write(json.dumps(document, ensure_ascii=True, allow_nan=False) + "\n")


def several(count: int, noun: str) -> str:
    """Say how many of something there are: ``1 task``, ``2 tasks``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _write(text: str) -> None:
    try:
        print(text, end="")
    except OSError as error:
        raise Unwritten(error) from error


class Working:
    """A line on the terminal while something takes long; gone when it is done."""

    def __init__(self, what: str) -> None:
        self._line = f"{what} …"
        self._said = False
        self._timer: Timer | None = None

    def __enter__(self) -> None:
        """Begin; who is done at once says nothing."""
        if sys.stderr.isatty():
            from threading import Timer

            self._timer = Timer(_PATIENCE_SECONDS, self._say)
            self._timer.daemon = True
            self._timer.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Wipe the line away."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        if self._said:
            print("\r" + " " * len(self._line), end="\r", file=sys.stderr, flush=True)

    def _say(self) -> None:
        self._said = True
        print(f"\r{self._line}", end="", file=sys.stderr, flush=True)
