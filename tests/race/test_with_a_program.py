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

WRITERS, EACH, DONE, LINES = 8, 60, 30, 8
# For each word on stdin it reads the file, thinks, and puts the file with its line in its place:
# what others write meanwhile it writes over. What is half a second old it would not dare to.
PROGRAM = """
import os, pathlib, sys, time
path = pathlib.Path(sys.argv[1])
scratch = path.with_name("its-own-scratch")
for number in range(int(sys.argv[2])):
    sys.stdin.readline()
    while True:
        begin = time.monotonic()
        scratch.write_bytes(path.read_bytes() + b"* line %d of a program\\n" % number)
        time.sleep(0.03)
        if time.monotonic() - begin < 0.3:
            break
    os.replace(scratch, path)
    print(number, flush=True)
"""


def go(program: subprocess.Popen[str]) -> None:
    """Let a program that waits for a sign go on."""
    assert program.stdin is not None
    program.stdin.write("!\n")
    program.stdin.flush()


def test_what_is_told_and_what_a_program_wrote_are_both_there(tmp_path: Path) -> None:
    """Eight send, one marks, one archives, and it replaces the file: nothing is lost or doubled.

    Only the archive run comes between two of its turns: what that confirms at once, somebody who
    read the file before would take away for good, as the page on reliability says.
    """
    space = make(tmp_path)
    inbox = space / "org/messaging/inbox/tex.org"
    with Post.open(space, me="crt") as post:
        done = [post.messages.create_message("crt", "tex", str(n)).id for n in range(DONE)]
        post.messages.mark(done[: DONE // 2], "done")
    archiver = start(space, "archive")
    programs = [start(space, "send", str(n), str(EACH)) for n in range(WRITERS)]
    programs.append(start(space, "mark", *done[DONE // 2 :]))
    words = [sys.executable, "-c", PROGRAM, str(inbox), str(LINES)]
    pipe = subprocess.PIPE
    stranger = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)
    for program in programs:
        go(program)
    for number in range(LINES):
        go(stranger)
        assert stranger.stdout is not None
        assert stranger.stdout.readline() == f"{number}\n"
        if number == LINES // 2:
            go(archiver)
            assert archiver.wait(timeout=60) == 0
        else:
            Post.open(space, me="tex").clock.sleep(0.35)
    told = [program.communicate(timeout=100)[0].split() for program in programs]
    assert [program.returncode for program in programs] == [0] * len(programs)
    stranger.communicate(timeout=60)
    archiver.communicate()
    with Post.open(space, me="tex") as post:
        post.clock.sleep(0.6)  # whoever comes next puts back what it wrote over
        states = {message.id: message.state for message in post.messages.find_messages("tex")}
    text = inbox.read_text()
    assert [text.count(f"* line {n} of a program\n") for n in range(LINES)] == [1] * LINES
    archive = next((space / "org/messaging/archive").glob("inbox-tex-*.org")).name
    hot, cold = ids_in(space), ids_in(space, f"archive/{archive}")
    sent = {id for words in told[:WRITERS] for id in words}
    assert len(sent) == WRITERS * EACH
    assert set(hot) | set(cold) == sent | set(done)
    assert set((hot + cold).values()) == {1}
    assert {states.get(id, "DONE") for id in done} == {"DONE"}
