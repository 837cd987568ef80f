"""A program that knows nothing of us writes its lines into an inbox that many others write to."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from orgpost.post import Post
from tests.messages.test_many_processes import ids_in, start
from tests.race.agents import make

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

WRITERS, EACH, DONE, LINES = 8, 60, 30, 10
# It reads the file, adds its line at the end, and puts the new file in the place of the old one.
PROGRAM = """
import os, pathlib, sys, time
path = pathlib.Path(sys.argv[1])
for number in range(int(sys.argv[2])):
    scratch = path.with_name("its-own-scratch")
    scratch.write_bytes(path.read_bytes() + b"* line %d of a program\\n" % number)
    time.sleep(0.03)  # it thinks; what others write meanwhile it writes over
    os.replace(scratch, path)
    time.sleep(0.4)
"""


def test_what_is_told_and_what_a_program_wrote_are_both_there(tmp_path: Path) -> None:
    """Eight send, one marks, one archives, and it replaces the file: nothing is lost or doubled."""
    space = make(tmp_path)
    inbox = space / "org/messaging/inbox/tex.org"
    with Post.open(space, me="crt") as post:
        done = [post.messages.create_message("crt", "tex", str(n)).id for n in range(DONE)]
        post.messages.mark(done[: DONE // 2], "done")
    works: list[tuple[str, ...]] = [("send", str(n), str(EACH)) for n in range(WRITERS)]
    works += [("mark", *done[DONE // 2 :]), ("archive",)]
    programs = [start(space, *words) for words in works]
    stranger = subprocess.Popen([sys.executable, "-c", PROGRAM, str(inbox), str(LINES)])
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("!")
        program.stdin.flush()
    told = [program.communicate(timeout=100)[0].split() for program in programs]
    assert [program.returncode for program in programs] == [0] * len(works)
    assert stranger.wait(timeout=60) == 0
    with Post.open(space, me="tex") as post:
        post.clock.sleep(0.6)  # whoever comes next puts back what it wrote over
        found = post.messages.find_messages("tex")
        states = {message.id: message.state for message in found}
        # A move that it wrote over is completed by whoever archives next.
        post.messages.archive_old("tex", before=post.clock.now())
    text = inbox.read_text()
    assert [text.count(f"* line {n} of a program\n") for n in range(LINES)] == [1] * LINES
    archive = next((space / "org/messaging/archive").glob("inbox-tex-*.org")).name
    hot, cold = ids_in(space), ids_in(space, f"archive/{archive}")
    sent = {id for words in told[:WRITERS] for id in words}
    assert len(sent) == WRITERS * EACH
    assert set(hot) | set(cold) == sent | set(done)
    assert set((hot + cold).values()) == {1}
    assert {states.get(id, "DONE") for id in done} == {"DONE"}
