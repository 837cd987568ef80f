"""A real Emacs for tests: one in batch that answers many questions, one alive that can be killed.

A third, with a screen and keys, is in `terminal.py`.
All speak one protocol: a line of base64 Lisp goes in, a line of base64 comes out; the other end
is `elisp/orgpost-test-session.el`.
A missing Emacs fails the test; nothing here is ever skipped.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

ELISP: Final = Path(__file__).parent / "elisp"
START_SECONDS: Final = 30.0


class EmacsError(Exception):
    """What Emacs signalled, or that it is gone."""


def program() -> str:
    """Return the path of Emacs, or fail with the package's name."""
    found = shutil.which("emacs")
    if found is None:
        message = "these tests need a real Emacs: install the package emacs-nox"
        raise EmacsError(message)
    return found


def lisp(value: object) -> str:
    """Return a Python value as Lisp source: text, numbers, booleans, None, paths, sequences."""
    match value:
        case None | False:
            return "nil"
        case True:
            return "t"
        case int() | float():
            return str(value)
        case str() | Path():
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
        case list() | tuple():
            return "(list " + " ".join(lisp(item) for item in value) + ")"
    message = f"no Lisp for {value!r}"
    raise TypeError(message)


def call(function: str, *arguments: object) -> str:
    """Return the Lisp call of `function` with Python values."""
    return f"({' '.join([function, *map(lisp, arguments)])})"


class Emacs(ABC):
    """What all kinds share: a process of its own home, and questions that are answered.

    `settled` are the libraries that are loaded before all others: with `answers` among them,
    whatever Emacs would ask a person is answered by an option.
    """

    settled: ClassVar[tuple[str, ...]] = ("session", "answers")
    load_path: tuple[Path, ...] = ()

    def __init__(self, *libraries: str, timeout: float = 60.0) -> None:
        """Load `libraries` of `elisp/`; the home is short, since a socket's path has a limit."""
        self.home = Path(tempfile.mkdtemp(prefix="orgpost-emacs-"))
        self.libraries = libraries
        self.timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._turn = threading.Lock()

    @property
    def pid(self) -> int:
        """The process id of this Emacs, as it stands in its lock files."""
        return self._running().pid

    def eval(self, form: str) -> str:
        """Evaluate one Lisp form: a string comes back as it is, another value as Lisp prints it."""
        with self._turn:
            answer = self._exchange(base64.b64encode(form.encode("utf-8", "surrogateescape")))
        word, _, shown = answer.partition(b" ")
        text = base64.b64decode(shown).decode("utf-8", "surrogateescape")
        if word != b"ok":
            raise EmacsError(text)
        return text

    def ask(self, form: str) -> object:
        """Evaluate a form that gives a list, alist, string, number, t or nil: as Python has it."""
        return _text_again(json.loads(self.eval(f"(orgpost-test-json {form})")))

    def call(self, function: str, *arguments: object) -> object:
        """Call a Lisp function with Python values and return its value."""
        return self.ask(call(function, *arguments))

    def set(self, option: str, value: str) -> None:
        """Set an option's global value, given as Lisp."""
        self.eval(f"(setq-default {option} {value})")

    @property
    def questions(self) -> list[str]:
        """What Emacs would have asked a person so far, oldest first."""
        asked = self.ask("(reverse orgpost-test-questions)")
        return [str(question) for question in asked] if isinstance(asked, list) else []

    def kill9(self) -> None:
        """Kill this Emacs at once; its lock files stay behind."""
        process = self._running()
        process.send_signal(signal.SIGKILL)
        process.wait()

    def __enter__(self) -> Self:
        """Start, and leave nothing behind where that fails."""
        try:
            self._start()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill the process, whatever it does, and remove its home."""
        self._leave()

    @abstractmethod
    def _start(self) -> None: ...

    @abstractmethod
    def _exchange(self, line: bytes) -> bytes: ...

    def _leave(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def _lives(self) -> bool:
        return self._running().poll() is None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            message = "this Emacs was not started"
            raise EmacsError(message)
        return self._process

    def _command(self, *arguments: str) -> list[str]:
        quiet = "(setq native-comp-deferred-compilation nil inhibit-startup-screen t)"
        loaded = [
            word
            for name in (*self.settled, *self.libraries)
            for word in ("-l", f"orgpost-test-{name}")
        ]
        folders = [word for folder in (ELISP, *self.load_path) for word in ("-L", str(folder))]
        return [program(), "-Q", "--eval", quiet, *folders, *loaded, *arguments]

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
        }

    def _gone(self) -> EmacsError:
        log = self.home / "stderr"
        said = log.read_text("utf-8", "replace")[-400:] if log.exists() else ""
        return EmacsError(f"Emacs is gone{self._end()}: {said}")

    def _end(self) -> str:
        return f" (exit {self._running().poll()})"


class BatchEmacs(Emacs):
    """`emacs --batch` in a loop: hundreds of checks for one start."""

    def _start(self) -> None:
        command = self._command("--batch", "-f", "orgpost-test-serve-stdin")
        with (self.home / "stderr").open("wb") as stderr:
            self._process = subprocess.Popen(
                command,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=self.home,
            )

    def _exchange(self, line: bytes) -> bytes:
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise self._gone()
        late = threading.Timer(self.timeout, process.kill)
        late.start()
        try:
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            for answer in process.stdout:  # Lisp that prints (an agenda, Babel) stands between
                if answer.startswith((b"ok ", b"error ")):
                    return answer.strip()
        except BrokenPipeError:
            raise self._gone() from None
        finally:
            late.cancel()
        raise self._gone()

    def _leave(self) -> None:
        super()._leave()
        for pipe in (self._process.stdin, self._process.stdout) if self._process else ():
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


class LiveEmacs(Emacs):
    """An Emacs as a person leaves it running: timers, locks, auto-save, backups, as delivered."""

    def __init__(self, *libraries: str, timeout: float = 60.0) -> None:
        """Load what a person does to a file, and the `libraries` beside it."""
        super().__init__("person", *libraries, timeout=timeout)

    def open(self, path: Path) -> None:
        """Visit a file, as C-x C-f does."""
        self.call("orgpost-test-open", path)

    def text(self, path: Path) -> str:
        """Return what the buffer holds."""
        return self.eval(call("orgpost-test-text", path))

    def modify(self, path: Path, words: str = "- a person's words\n") -> None:
        """Put words at the end of the buffer and do not save: from here Emacs holds the lock."""
        self.call("orgpost-test-modify", path, words)

    def replace(self, path: Path, old: str, new: str) -> None:
        """Replace the first `old` in the buffer by `new` and do not save."""
        self.call("orgpost-test-replace", path, old, new)

    def save(self, path: Path) -> None:
        """Save the buffer, as C-x C-s does."""
        self.call("orgpost-test-save", path)

    def revert(self, path: Path) -> None:
        """Read the file again; unsaved words are given up."""
        self.call("orgpost-test-revert", path)

    def undo(self, path: Path) -> None:
        """Undo back to what was visited or saved."""
        self.call("orgpost-test-undo", path)

    def close(self, path: Path) -> None:
        """Kill the buffer; unsaved words are given up."""
        self.call("orgpost-test-close", path)

    def is_modified(self, path: Path) -> bool:
        """Say whether the buffer has unsaved changes."""
        return self.call("orgpost-test-is-modified", path) is True

    def rounds(self, path: Path, count: int, *, pause: float = 0.0, name: str = "note") -> int:
        """Edit and save `count` times: a heading `* NAME-N` each; return how often it tried."""
        tries = self.call("orgpost-test-rounds", path, count, pause, name)
        return tries if isinstance(tries, int) else 0

    def _start(self) -> None:
        address = self.home / "s"
        listen = call("orgpost-test-serve-socket", address)
        command = self._command("--eval", listen, "--fg-daemon=orgpost-test")
        with (self.home / "stderr").open("wb") as stderr:
            self._process = subprocess.Popen(
                command,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                cwd=self.home,
            )
        self._connect(address)

    def _connect(self, address: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._lives() and time.monotonic() < deadline:
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(self.timeout)
            try:
                line.connect(str(address))
            except OSError:
                line.close()
                time.sleep(0.02)
            else:
                self._socket = line
                return
        raise self._gone()

    def _exchange(self, line: bytes) -> bytes:
        if self._socket is None:
            raise self._gone()
        try:
            self._socket.sendall(line + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                chunk = self._socket.recv(1 << 16)
                if not chunk:
                    raise self._gone()
                answer += chunk
        except OSError as problem:
            raise self._gone() from problem
        return answer.strip()

    def _leave(self) -> None:
        if self._socket is not None:
            self._socket.close()
        super()._leave()


def lock_of(path: Path) -> str | None:
    """Return what Emacs's lock on `path` says (`user@host.pid:boot`), None where there is none."""
    link = path.with_name(f".#{path.name}")
    return str(link.readlink()) if link.is_symlink() else None


def _text_again(value: object) -> object:
    """Undo `orgpost-test-wire`: a string came as the characters of its bytes."""
    match value:
        case str():
            return value.encode("latin-1").decode("utf-8", "surrogateescape")
        case list():
            return [_text_again(item) for item in value]
        case dict():
            return {key: _text_again(item) for key, item in value.items()}
    return value
