"""An Emacs on a screen: `emacs -nw` in tmux, driven by keys and judged by what a person sees.

Nothing is answered for the person here: what Emacs asks stands on the screen until a key comes.
What no screen shows is asked through the same socket as of every other Emacs of these tests, also
while a question stands there.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING, ClassVar, Final

from tests.emacs.session import EmacsError, LiveEmacs, call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOOK_SECONDS: Final = 0.02


def multiplexer() -> str:
    """Return the path of tmux, or fail with the package's name."""
    found = shutil.which("tmux")
    if found is None:
        message = "these tests need a terminal for Emacs: install the package tmux"
        raise EmacsError(message)
    return found


class TerminalEmacs(LiveEmacs):
    """`emacs -nw -Q` as it is delivered, with what `arguments` load and in this `environment`."""

    settled: ClassVar[tuple[str, ...]] = ("session",)

    def __init__(
        self,
        *libraries: str,
        arguments: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        columns: int = 110,
        lines: int = 40,
        timeout: float = 60.0,
    ) -> None:
        """Take a screen of so many columns and lines; `arguments` come last on Emacs's line."""
        super().__init__(*libraries, timeout=timeout)
        self._arguments, self._more = arguments, dict(environment or {})
        self._size = ("-x", str(columns), "-y", str(lines))
        self._pid = 0

    @property
    def pid(self) -> int:
        """The process id of this Emacs, as it stands in its lock files."""
        if not self._pid:
            message = "this Emacs was not started"
            raise EmacsError(message)
        return self._pid

    def keys(self, *keys: str) -> None:
        """Press keys, by tmux's names: `C-x`, `M-x`, `Enter`, `Tab`, `Escape`, `S-Right`, `a`."""
        self._tmux("send-keys", "-t", "emacs", *keys)

    def type(self, words: str) -> None:
        """Type words, each character as it stands."""
        # To tmux a semicolon at the end of a word is the end of a command.
        escaped = f"{words[:-1]}\\;" if words.endswith(";") else words
        self._tmux("send-keys", "-t", "emacs", "-l", "--", escaped)

    def command(self, name: str) -> None:
        """Run a command by its name, as M-x does."""
        self.keys("M-x")
        self.wait_for(r"(?m)^M-x$")
        self.type(name)
        self.keys("Enter")

    def screen(self) -> str:
        """Return what a person sees, line by line, without the blanks at their ends."""
        return self._tmux("capture-pane", "-p", "-t", "emacs")

    def wait_for(self, pattern: str, *, seconds: float = 20.0) -> str:
        """Wait until a pattern is on the screen; return that screen."""
        self.wait_until(
            lambda: bool(re.search(pattern, self.screen())),
            f"{pattern!r} on the screen",
            seconds=seconds,
        )
        return self.screen()

    def wait_until(
        self, condition: Callable[[], bool], what: str = "it", *, seconds: float = 20.0
    ) -> None:
        """Wait until something holds; where it does not, the failure shows the screen."""
        limit = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > limit:
                raise AssertionError(f"waited {seconds} s for {what}; there is:\n{self.screen()}")
            time.sleep(LOOK_SECONDS)

    def kill9(self) -> None:
        """Kill this Emacs at once; its lock files stay behind."""
        os.kill(self.pid, signal.SIGKILL)
        limit = time.monotonic() + self.timeout
        while self._lives() and time.monotonic() < limit:
            time.sleep(LOOK_SECONDS)

    def _start(self) -> None:
        address = self.home / "s"
        listen = call("orgpost-test-serve-socket", address)
        emacs = self._command("-nw", *self._arguments, "--eval", listen)
        self._tmux("new-session", "-d", "-s", "emacs", *self._size, *emacs)
        self._pid = int(self._tmux("display-message", "-p", "-t", "emacs", "#{pane_pid}"))
        self._connect(address)

    def _lives(self) -> bool:
        # One that was killed keeps its number until tmux looks: then its state is a zombie's.
        done = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(self._pid)], capture_output=True, text=True, check=False
        )
        return done.returncode == 0 and not done.stdout.startswith("Z")

    def _end(self) -> str:
        return ""

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            [multiplexer(), "-f", "/dev/null", "-S", str(self.home / "t"), *words],
            env=self._environment(),
            cwd=self.home,
            capture_output=True,
            encoding="utf-8",
            timeout=self.timeout,
            check=False,
        )
        if done.returncode:
            raise EmacsError(f"tmux {words[0]}: {done.stderr.strip()}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        outside = {name: value for name, value in os.environ.items() if name != "TMUX"}
        return {**outside, **super()._environment(), "TERM": "screen-256color", **self._more}

    def _leave(self) -> None:
        with contextlib.suppress(EmacsError):
            self._tmux("kill-server")
        if self._pid and self._lives():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        super()._leave()
