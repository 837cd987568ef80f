"""Each client in its own words: every sample with an answer gets it, every other one silence."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

import pytest

from orgpost.hook import clients
from tests.hooks.shapes import NEWS, is_quiet
from tests.hooks.world import (
    FIRST,
    GATE,
    HOOKS,
    ROOT,
    SAMPLES,
    Answer,
    World,
    entry,
    run,
)

pytestmark = pytest.mark.slow

SECOND = "msg-20261120-084402-2c5t8v0hja"
ALL = sorted(path.name.removesuffix(".stdin.json") for path in SAMPLES.glob("*.stdin.json"))
TOLD = [name for name in ALL if (SAMPLES / f"{name}.inject.json").exists()]
SILENT = [name for name in ALL if name not in TOLD]
FORGETS = {
    "claude": "PreCompact",
    "gemini": "PreCompress",
    "cursor": "preCompact",
    "copilot": "preCompact",
    "vscode": "PreCompact",
}
ENDS = {
    "claude": "SessionEnd",
    "codex": "SessionEnd",
    "gemini": "SessionEnd",
    "cursor": "sessionEnd",
    "copilot": "sessionEnd",
}
RESUMES = {"claude": "SessionStart", "codex": "SessionStart", "gemini": "SessionStart"}
NOT_A_STRING: list[object] = [17, None, [], {}]


def fill(world: World, *, more: bool) -> None:
    """Let the mail be that of the samples: one message, or two and one of a stranger."""
    mail = [entry(FIRST, "[#A] Server is down!", BODY_ENC="eol")]
    if more:
        notes = {"sender": "tex", "created": "2026-11-20 Fri 09:44:02", "EXPECTS": "reply"}
        mail += [
            entry(SECOND, "Notes for the review", body="x" * 412, **notes),
            entry("msg-20261120-084500-0000000000", sender="mallory"),
        ]
    world.mail(*mail)


def stdin_of(name: str) -> bytes:
    """What the client really sends."""
    return (SAMPLES / f"{name}.stdin.json").read_bytes()


def expected(name: str) -> bytes:
    """The sample's document, byte for byte as it has to be."""
    sample = json.loads((SAMPLES / f"{name}.inject.json").read_bytes())
    if isinstance(sample, str):
        return f"{sample}\n".encode()
    return json.dumps(sample, separators=(",", ":")).encode() + b"\n"


# --- the samples ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TOLD)
def test_the_answer_is_the_sample_byte_for_byte(name: str, world: World) -> None:
    """Once for a session; system text is made anew each time, so it is the same each time."""
    client, event = name.split(".")
    fill(world, more="not shown" in (SAMPLES / f"{name}.inject.json").read_text())
    first, again = (world.hook(event, client=client, stdin=stdin_of(name)) for _ in range(2))
    assert first == Answer(expected(name), b"", 0)
    assert again == first if client == "opencode" else is_quiet(again, client)


@pytest.mark.parametrize("name", SILENT)
def test_every_other_sample_is_silent(name: str, world: World) -> None:
    """With news, and with tasks that are ready: nothing is said, and nothing is claimed."""
    client, event = name.split(".")
    world.task("Please")
    fill(world, more=True)
    assert world.hook(event, client=client, stdin=stdin_of(name)).is_silent
    assert "QUEUED" in world.tasks.read_text()


@pytest.mark.parametrize("name", TOLD)
def test_every_door_speaks_every_dialect(name: str, world: World) -> None:
    """To a session each: the gate, the command line, the old name."""
    client, event = name.split(".")
    fill(world, more=True)
    world.env["PYTHONPATH"] = str(ROOT / "lib")
    flags = [event, "--host", client, *world.words()[2:]]
    doors = (
        [str(GATE), *world.words(event, client)],
        [sys.executable, "-m", "orgpost", "hook", *flags],
        [sys.executable, str(HOOKS / "inbox-watcher.py"), *flags],
    )
    answers = []
    for door in doors:
        answers.append(run(door, stdin_of(name), world.environment))
        shutil.rmtree(world.notes / "sessions")
    assert answers[0].ids == [FIRST, SECOND]
    assert answers == [answers[0]] * len(doors)


def test_no_sample_is_of_an_unknown_client_or_event() -> None:
    """Each has a row, and each client that can be told something has a sample of it."""
    assert all(clients.role_of(*name.split(".")) for name in ALL)
    told = {name.partition(".")[0] for name in TOLD}
    assert told == set(clients.ROLES) - {"windsurf"}
    assert NEWS.keys() == told - {"opencode"}


# --- once -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", NEWS)
def test_each_client_is_told_each_thing_once(client: str, world: World) -> None:
    """The new one alone; the changed one alone, as changed; then nothing."""

    def told(**more: Any) -> Answer:
        return world.hook(NEWS[client], client=client, **more)

    world.mail(entry(FIRST))
    assert told().ids == [FIRST]
    world.mail(entry(FIRST), entry(SECOND))
    assert told().ids == [SECOND]
    world.mail(entry(FIRST, body="Other words."), entry(SECOND))
    answer = told()
    assert answer.ids == [FIRST]
    assert answer.text.endswith(", changed")
    assert is_quiet(told(), client)
    if client != "kiro":
        assert told(session="another").ids == [SECOND, FIRST]
    shutil.rmtree(world.notes / "sessions")
    assert told().ids == [SECOND, FIRST]


def test_system_text_says_what_is_there_now(world: World) -> None:
    """All of it, each time; what was read is gone from it."""

    def system() -> Answer:
        return world.hook("system", client="opencode")

    world.mail(entry(FIRST))
    first = system()
    world.mail(entry(FIRST, body="Other words."), entry(SECOND))
    both = system()
    assert both.ids == [SECOND, FIRST]
    assert "changed" not in both.text
    assert system() == both
    world.mail(entry(FIRST), entry(SECOND, state="READ"))
    assert system() == first
    world.mail(entry(FIRST, state="READ"))
    assert system().is_silent


@pytest.mark.parametrize("client", FORGETS)
def test_a_compaction_of_any_client_forgets(client: str, world: World) -> None:
    """Silently; then everything is told again."""
    world.mail(entry(FIRST))
    assert world.hook(NEWS[client], client=client).ids == [FIRST]
    assert world.hook(FORGETS[client], client=client).is_silent
    assert world.hook(NEWS[client], client=client).ids == [FIRST]


@pytest.mark.parametrize("client", RESUMES)
@pytest.mark.parametrize("source", ["compact", "clear", "resume"])
def test_a_start_without_context_tells_again(client: str, source: str, world: World) -> None:
    """And one that is new does not."""
    world.mail(entry(FIRST))
    assert world.hook(NEWS[client], client=client).ids == [FIRST]
    assert world.hook(RESUMES[client], client=client, source="startup").is_silent
    assert world.hook(RESUMES[client], client=client, source=source).ids == [FIRST]


@pytest.mark.parametrize("client", ENDS)
def test_the_end_of_any_session_removes_its_note(client: str, world: World) -> None:
    """There is nothing to be remembered."""
    world.mail(entry(FIRST))
    world.hook(NEWS[client], client=client)
    assert world.hook(ENDS[client], client=client).is_silent
    assert list((world.notes / "sessions").iterdir()) == []


@pytest.mark.parametrize("client", [*NEWS, "opencode"])
def test_a_subagent_of_any_client_is_not_spoken_to(client: str, world: World) -> None:
    """Nor is anything noted for it."""
    world.mail(entry(FIRST))
    event = NEWS.get(client, "system")
    assert is_quiet(world.hook(event, client=client, agent_id="agent-a1b2"), client)
    assert world.hook(event, client=client).ids == [FIRST]


# --- who is really there --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["claude", "SessionStart"], "cursor.sessionStart"),
        (["claude", "PostToolUse"], "cursor.postToolUse"),
        (["claude", "UserPromptSubmit"], "cline.UserPromptSubmit"),
        (["gemini", "BeforeAgent"], "antigravity.PreInvocation"),
        (["copilot", "sessionStart"], "vscode.SessionStart"),
        (["copilot", "postToolUse"], "vscode.PostToolUse"),
        (["claude", "SessionStart"], "vscode.SessionStart"),
        ([], "cursor.sessionStart"),
        (["claude"], "vscode.PostToolUse"),
    ],
)
def test_settings_that_another_client_runs_are_answered_in_its_dialect(
    words: list[str], name: str, world: World
) -> None:
    """By its own word for the event; what it was told so is told."""
    fill(world, more="not shown" in (SAMPLES / f"{name}.inject.json").read_text())
    client, event = name.split(".")
    if client == "antigravity":
        words = [*words[:1], event]  # it says on stdin who it is, and not what happened
    answer = world.hook(words=[*words, *world.words()[2:]], stdin=stdin_of(name))
    assert answer == Answer(expected(name), b"", 0)
    assert is_quiet(world.hook(event, client=client, stdin=stdin_of(name)), client)


@pytest.mark.parametrize("name", ["cursor.beforeSubmitPrompt", "windsurf.pre_user_prompt"])
@pytest.mark.parametrize("words", [["claude", "UserPromptSubmit"], ["kiro", "userPromptSubmit"]])
def test_where_the_real_client_drops_a_text_nothing_is_said(
    words: list[str], name: str, world: World
) -> None:
    """And so nothing counts as told."""
    fill(world, more=False)
    assert world.hook(words=[*words, *world.words()[2:]], stdin=stdin_of(name)).is_silent
    assert world.hook("postToolUse", client="cursor").ids == [FIRST]


def test_a_variable_says_that_it_is_cursor(world: World) -> None:
    """Where stdin does not."""
    fill(world, more=False)
    world.env["CURSOR_VERSION"] = "3.20.17"
    stdin = {"conversation_id": "c", "hook_event_name": "postToolUse"}
    answer = world.hook("PostToolUse", stdin=json.dumps(stdin).encode())
    assert answer.stdout == expected("cursor.postToolUse")


@pytest.mark.parametrize("name", ["UserPromptSubmit", "USERPROMPTSUBMIT", "userpromptsubmit"])
def test_capitals_do_not_matter_to_kiro(name: str, world: World) -> None:
    """Its versions do not agree; to others a name is a name."""
    fill(world, more=False)
    stdin = json.dumps({"hook_event_name": name, "cwd": "/"}).encode()
    assert world.hook(name, client="kiro", stdin=stdin).stdout == expected("kiro.userPromptSubmit")
    assert world.hook(name.lower(), client="claude", stdin=b"{}").is_silent


def test_a_document_repeats_the_clients_own_word(world: World) -> None:
    """And not one that it does not know, whatever stdin says."""
    fill(world, more=False)
    for said, word in (("PostToolUse", "PostToolUse"), ("nonsense\n", "UserPromptSubmit")):
        answer = world.hook(session=said, hook_event_name=said)
        output = json.loads(answer.stdout)["hookSpecificOutput"]
        assert output["hookEventName"] == word


@pytest.mark.parametrize(
    "key",
    ["session_id", "sessionId", "conversation_id", "conversationId", "sessionID", "taskId"],
)
def test_a_session_may_be_named_by_every_key(key: str, world: World) -> None:
    """Two names are two sessions; what is no text names none."""
    world.mail(entry(FIRST))
    for said in ("one", "two"):
        stdin = json.dumps({key: said}).encode()
        assert world.hook(client="codex", stdin=stdin).ids == [FIRST]
        assert world.hook(client="codex", stdin=stdin).is_silent
    answers = [
        world.hook(client="codex", stdin=json.dumps({key: x}).encode()) for x in NOT_A_STRING
    ]
    assert [answer.ids for answer in answers] == [[FIRST], [], [], []]


@pytest.mark.parametrize(
    ("client", "variable"),
    [("gemini", "GEMINI_PROJECT_DIR"), ("cursor", "CURSOR_PROJECT_DIR")],
)
def test_each_clients_variable_says_where_it_works(
    client: str, variable: str, world: World
) -> None:
    """Its own one, and nobody else's."""
    world.mail(entry(FIRST))
    words = [client, NEWS[client], "--as", "tex-agent"]
    for name, ids in (("CLAUDE_PROJECT_DIR", []), (variable, [FIRST])):
        world.env[name] = str(world.space)
        assert world.hook(words=words, stdin=b"{}").ids == ids
