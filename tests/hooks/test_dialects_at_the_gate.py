"""What the gate says by itself to each client: nothing, in the way that the client wants it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from orgpost.hook import clients
from tests.hooks.shapes import NEWS, PLAIN, is_quiet
from tests.hooks.world import FIRST, GATE, SAMPLES, SESSION, SHELLS, World, entry, payload, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

REGISTERED = [
    *((client, event) for client, table in clients.ROLES.items() for event in table),
    ("kiro", "UserPromptSubmit"),
]


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_unread_starts_no_python_for_any_client(
    shell: str, world: World, tmp_path: Path
) -> None:
    """At every event that one may register."""
    world.mail(entry(FIRST, state="READ"))
    assert world.hook().is_silent
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho started >>'{tmp_path}/mark'\n")
    trap.chmod(0o755)
    world.env["ORGPOST_PYTHON"] = str(trap)
    for client, event in REGISTERED:
        if clients.role_of(client, event) == clients.SILENT:
            continue
        assert is_quiet(world.hook(event, shell=shell, client=client, stdin=b"{}"), client)
    assert not (tmp_path / "mark").exists()
    world.hook("BeforeAgent", shell=shell, client="gemini")
    world.mail(entry(FIRST))
    for client, event in NEWS.items():
        world.hook(event, shell=shell, client=client)
    assert (tmp_path / "mark").read_text().count("started") == len(NEWS)


def test_gemini_says_which_session_it_is(world: World, tmp_path: Path) -> None:
    """So what it was told starts no Python; another client's word for it counts for nothing."""
    world.mail(entry(FIRST))
    world.env |= {"GEMINI_SESSION_ID": SESSION, "CLAUDE_CODE_SESSION_ID": SESSION}
    assert world.hook("BeforeAgent", client="gemini").ids == [FIRST]
    assert world.hook(client="codex").ids == [FIRST]
    world.env["ORGPOST_PYTHON"] = str(tmp_path / "none")
    before = len(world.log())
    assert world.hook("BeforeAgent", client="gemini").is_silent
    assert len(world.log()) == before
    world.env["ORGPOST_PYTHON"] = sys.executable
    assert world.hook(client="codex").is_silent
    assert len(world.log()) == before + 1


def test_antigravity_always_hears_that_there_is_nothing(world: World, tmp_path: Path) -> None:
    """Whatever is wrong: but not beside a document, and not where nobody can hear it."""

    def heard(*words: str, stdin: bytes = b"{}", **env: str) -> bytes:
        command = [str(GATE), "antigravity", *words]
        answer = run(command, stdin, {**world.environment, **env})
        assert (answer.status, answer.stderr) == (0, b"")
        return answer.stdout

    here = world.words()[2:]
    real = (SAMPLES / "antigravity.PreInvocation.stdin.json").read_bytes()
    nothing = b"{}\n"
    assert heard("PreInvocation", *here) == nothing
    assert heard("PreInvocation", "--space", str(tmp_path)) == nothing
    assert heard("PreInvocation", *here[:2], "--as", "nobody") == nothing
    assert heard("Nonsense", *here) == nothing
    assert heard("PreInvocation", "--odd", *here, stdin=b"{half") == nothing
    assert heard("PreInvocation", *here, ORGPOST_PYTHON="/bin/false", PATH="/nowhere") == nothing
    world.mail(entry(FIRST))
    assert heard("PreInvocation", *here, stdin=real).count(b"\n") == 1
    assert heard("PreInvocation", *here, stdin=real) == nothing
    closed = ["sh", "-c", '"$@" >&-', "sh", str(GATE), *world.words("PreInvocation", "antigravity")]
    assert run(closed, payload("PreInvocation", "s2", "antigravity"), world.environment).is_silent


@pytest.mark.parametrize("client", sorted(PLAIN))
def test_plain_text_is_utf_8_and_nothing_of_a_document(client: str, world: World) -> None:
    """Letters as they are; it begins with a word of ours, and no client takes it for JSON."""
    world.mail(entry(FIRST, "Grüße — 日本"))
    event = NEWS.get(client, "system")
    answer = world.hook(event, client=client)
    assert answer.stdout.startswith(b"orgpost for ")
    assert '"Grüße — 日本"' in answer.text
