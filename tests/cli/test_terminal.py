"""What a person's terminal is sent, where the mail was written by somebody else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orgpost.cli import main

pytestmark = pytest.mark.slow

LIB = Path(__file__).resolve().parents[2] / "lib"
BODY = "\x1b]0;owned\x07\x1b[2Jnothing here\r\u202etxet\u2066 \u200b\U000e0041\x9b1A"
SPELLED = r"\x1b]0;owned\x07\x1b[2Jnothing here"
RAW = "\x1b\x07\x9b\u202e\u2066\u200b\U000e0041"


def on_a_terminal(space: Path, *words: str) -> str:
    """Run a command on a terminal of its own, without colours; what the terminal was sent."""
    ours, theirs = os.openpty()
    env = {**os.environ, "PYTHONPATH": str(LIB), "NO_COLOR": "1", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "orgpost", "--space", str(space), *words]
    with subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as program:
        os.close(theirs)
        sent = b""
        while piece := read_until_closed(ours):
            sent += piece
    os.close(ours)
    assert program.returncode == 0, sent
    return sent.decode("utf-8")


def read_until_closed(terminal: int) -> bytes:
    """What comes next; nothing once nobody writes there any more."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


@pytest.mark.parametrize("command", ["show", "inbox", "thread", "search"])
def test_no_message_moves_a_terminal(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Controls, bidi marks and invisible characters are spelled out, in every list and view."""
    id = "msg-20261120-083105-7k3m9q2xwd"
    assert main(["init", str(tmp_path), "--actor", "tex"]) == 0
    assert main(["--space", str(tmp_path), "send", "tex", BODY, "--id", id]) == 0
    capsys.readouterr()
    words = {"inbox": [], "search": ["owned"]}.get(command, [id])
    sent = on_a_terminal(tmp_path, command, *words)
    assert [mark for mark in RAW if mark in sent] == []
    assert "nothing here" in sent
    assert command != "show" or SPELLED in sent
