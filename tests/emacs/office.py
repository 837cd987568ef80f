"""A space with an Emacs on its screen: the real program posts, keys are pressed, files judge."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any, Final

from tests.emacs.session import lisp
from tests.emacs.terminal import TerminalEmacs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANIMATIONS: Final = "(setq ring-bell-function 'ignore enable-recursive-minibuffers nil)"


class Office:
    """One space, in which tex acts; crt is a stranger, mira of the team, tex-agent an agent."""

    def __init__(self, space: Path, bin_folder: Path, elpa: Path) -> None:
        """Make the space."""
        self.space, self._bin, self._elpa = space, bin_folder, elpa
        space.mkdir()
        self("init", ".", "--actor", "tex", "--name", "Tex Novak")
        self("contacts", "add", "crt", "--name", "Crt Kos")
        self("contacts", "add", "mira", "--tier", "team")
        self("contacts", "add", "tex-agent", "--kind", "agent", "--tier", "team")

    @property
    def environment(self) -> Mapping[str, str]:
        """What lets any program find `orgpost`."""
        return {"PATH": f"{self._bin}:{os.environ['PATH']}"}

    def __call__(self, *words: str, stdin: str = "") -> Any:
        """Run the program; give the answer's data."""
        done = subprocess.run(
            [str(self._bin / "orgpost"), "--json", *words],
            cwd=self.space,
            env={**os.environ, **self.environment},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        document = json.loads(done.stdout)
        assert document["ok"], document
        return document["data"]

    def send(self, subject: str, *words: str, sender: str = "crt", body: str = "The body.") -> str:
        """Let somebody write to tex; give the message's id."""
        flags = ["--subject", subject, *words]
        return str(self("--as", sender, "send", "tex", *flags, "-", stdin=body)["id"])

    def fill(self, count: int) -> None:
        """Let tex have so many unread messages, by copies of one in the file."""
        self.send("Message number 0000")
        inbox = self.space / "org/messaging/inbox/tex.org"
        text = inbox.read_text("utf-8")
        entry = text[text.index("* UNREAD") :]
        id = re.search(r"(?m)^:ID: +(\S+)$", entry)
        assert id is not None
        more = [
            entry.replace(id[1], f"msg-20261101-083105-{number:010}").replace(
                "0000", f"{number:04}"
            )
            for number in range(1, count)
        ]
        inbox.write_text(text + "".join(more), "utf-8")

    def state(self, id: str) -> str:
        """The state of a message, as the program finds it."""
        return str(self("show", id)["state"])

    def emacs(self, *forms: str, columns: int = 100, lines: int = 24) -> TerminalEmacs:
        """Give an Emacs that has the installed package and stands in the space."""
        begin = [
            f"(setq package-user-dir {lisp(self._elpa)})",
            "(package-initialize)",
            ANIMATIONS,
            f'(with-current-buffer "*scratch*" (setq default-directory {lisp(f"{self.space}/")}))',
            *forms,
        ]
        return TerminalEmacs(
            arguments=("-l", "package", *(word for form in begin for word in ("--eval", form))),
            environment=self.environment,
            columns=columns,
            lines=lines,
        )
