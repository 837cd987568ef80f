"""In the middle of a turn, and at its end: silent, unless the settings say otherwise."""

from __future__ import annotations

import json
import os
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.hook import clients
from tests.hooks.claims import error, held, is_given_back, show, states
from tests.hooks.world import FIRST, GATE, SAMPLES, World, entry, payload, run

if TYPE_CHECKING:
    from tests.hooks.world import Answer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unhurried")]

SECOND = "msg-20261120-084402-2c5t8v0hja"
TOOLS = {"claude": "PostToolUse", "codex": "PostToolUse", "gemini": "AfterTool"}
ENDS = {
    "claude": "Stop",
    "codex": "Stop",
    "gemini": "AfterAgent",
    "copilot": "agentStop",
    "vscode": "Stop",
}
LINE = "From the orgpost hook, not typed by the user."


def settings(world: World, **hooks: str | int) -> None:
    """Let the hooks have these settings."""
    world.settings(json.dumps({"hooks": hooks}) + "\n")


def tool(world: World, client: str = "claude") -> Answer:
    """The session used a tool."""
    return world.hook(TOOLS[client], client=client)


def stop(world: World, client: str = "claude", **more: Any) -> Answer:
    """A turn ends."""
    return world.hook(ENDS[client], client=client, **more)


# --- after a tool ---------------------------------------------------------------------------------


@pytest.mark.parametrize("client", TOOLS)
def test_a_session_is_told_after_a_tool_where_the_settings_say_so(
    client: str, world: World
) -> None:
    """Never: nothing. Urgent: what has high priority, and the rest at the next prompt. All: all."""
    mail = [entry(FIRST, "[#A] Server is down!"), entry(SECOND, "[#C] Later"), entry("msg-three")]
    world.mail(*mail, entry("msg-four", sender="mallory"))
    assert tool(world, client).is_silent
    settings(world, mid_turn="urgent")
    answer = tool(world, client)
    assert answer.ids == [FIRST]
    assert "3 unread, 1 listed, 2 more: orgpost inbox; 1 more from senders of" in answer.text
    assert tool(world, client).is_silent
    settings(world, mid_turn="all")
    assert tool(world, client).ids == ["msg-three", SECOND]
    assert tool(world, client).is_silent


@pytest.mark.parametrize("client", sorted(clients.TOLD_AT_TOOLS))
@pytest.mark.parametrize("mid_turn", ["never", "urgent"])
def test_where_a_tool_is_the_only_route_all_is_told_at_it(
    client: str, mid_turn: str, world: World
) -> None:
    """Or the client would never hear of it."""
    world.mail(entry(FIRST))
    settings(world, mid_turn=mid_turn)
    (event,) = (e for e, role in clients.ROLES[client].items() if role == clients.TOOL)
    assert world.hook(event, client=client).ids == [FIRST]


def test_what_is_urgent_leaves_no_stamp_for_the_rest(world: World) -> None:
    """The gate would else hide it from the next prompt."""
    world.env["CLAUDE_CODE_SESSION_ID"] = "s"
    settings(world, mid_turn="urgent")
    world.mail(entry(FIRST), entry(SECOND, sender="mallory"))
    assert world.hook("PostToolUse", session="s").is_silent
    assert world.hook(session="s").ids == [FIRST]


def test_a_tool_claims_nothing_and_says_nothing_of_what_is_held(world: World) -> None:
    """But that somebody wants its end; once."""
    settings(world, mid_turn="urgent")
    world.task("Please", by="crt")
    assert tool(world).is_silent
    assert states(world) == ["QUEUED"]
    id = held(world.hook())
    assert tool(world).is_silent
    world.orgpost("task", "cancel", id, by="crt")
    answer = tool(world)
    assert held(answer) == id
    assert ", cancel requested by crt" in answer.text
    assert tool(world).is_silent


@pytest.mark.parametrize("event", ["PostToolUse", "Stop", "PreCompact"])
def test_each_event_renews_a_lease_of_which_less_than_half_is_left(
    event: str, world: World
) -> None:
    """Whether anything is told or not; and not before."""
    world.task("Please")
    id = held(world.hook())
    before = show(world, id)["lease_until"]
    time.sleep(1.1)
    assert world.hook(event).is_silent
    assert show(world, id)["lease_until"] == before
    world.settings("messaging: {tasks: {lease_seconds: 86400}}\n")
    assert world.hook(event).is_silent
    assert show(world, id)["lease_until"] > before


# --- the end of a turn ----------------------------------------------------------------------------


@pytest.mark.parametrize("client", ENDS)
def test_a_turn_goes_on_with_the_next_task(client: str, world: World) -> None:
    """In the client's own words, of which the first line says that they are not the user's."""
    settings(world, keep_going="tasks")
    id = world.task("Summarise last night's incident", by="crt")
    world.task("Another", by="crt")
    world.mail(entry(FIRST))
    answer = stop(world, client)
    assert held(answer) == id
    first, second, *_ = answer.text.split("\n")
    assert first == LINE
    assert second == "orgpost for tex-agent: 1 task is yours; 1 task waits; 1 unread, 1 listed."
    assert answer.ids == [id, FIRST]
    sample = json.loads((SAMPLES / f"{client}.{ENDS[client]}.block.json").read_bytes())
    text = (sample.get("hookSpecificOutput") or sample)["reason"]
    swapped = json.dumps(sample, separators=(",", ":")).replace(
        json.dumps(text), json.dumps(answer.text)
    )
    assert answer.stdout.decode() == f"{swapped}\n"
    assert stop(world, client).is_silent


@pytest.mark.parametrize("client", ENDS)
def test_a_turn_that_was_held_back_already_ends(client: str, world: World) -> None:
    """Nothing is claimed for it; a word that is no truth is none."""
    settings(world, keep_going="tasks")
    world.task("Please")
    assert stop(world, client, stop_hook_active=True).is_silent
    assert states(world) == ["QUEUED"]
    assert held(stop(world, client, stop_hook_active="true"))


def test_no_turn_goes_on_for_nothing(world: World) -> None:
    """Not for mail, not for a task that is not ready, not where the session holds one."""
    settings(world, keep_going="tasks")
    world.mail(entry(FIRST))
    world.task("Later", scheduled="2999-01-01")
    assert stop(world).is_silent
    assert world.hook().ids == [FIRST]
    world.task("Now")
    assert held(world.hook())
    world.task("More")
    assert stop(world).is_silent
    assert stop(world, session="another").is_silent
    assert states(world).count("WORKING") == 1


def test_what_the_library_finds_not_ready_counts_as_no_turn(world: World) -> None:
    """A dependency in another agent's file: nobody is held back, and the cap is as it was."""
    extra = "  - {id: helper, kind: agent, owner: tex, trust_tier: team}\n"
    contacts = world.space / "org/messaging/contacts.yaml"
    world.contacts(contacts.read_text() + extra)
    settings(world, keep_going="tasks", keep_going_cap=1)
    other = str(world.orgpost("task", "add", "helper", "First", "", by="tex")["id"])
    world.task("After", **{"depends-on": other})
    assert stop(world).is_silent
    assert stop(world).is_silent
    world.orgpost("task", "claim", "--id", other, by="helper")
    world.orgpost("task", "complete", other, by="helper")
    assert held(stop(world))


def test_the_eleventh_turn_of_an_hour_ends(world: World) -> None:
    """Whatever was done meanwhile; a prompt changes nothing; after an hour it goes on."""
    settings(world, keep_going="tasks", keep_going_cap=3)
    for number in range(3):
        world.task(f"Task {number}")
        id = held(stop(world))
        assert id
        world.orgpost("task", "complete", id)
        assert world.hook().is_silent
    world.task("One more")
    assert stop(world).is_silent
    assert states(world)[-1] == "QUEUED"
    assert held(stop(world, session="another"))
    world.orgpost("task", "release", re.findall(r"task-\S+", world.tasks.read_text())[-1])
    notes = [note for note in (world.notes / "sessions").iterdir() if "turn-" in note.read_text()]
    assert len(notes) == 2
    (note,) = (each for each in notes if each.read_text().count("turn-") == 3)
    assert max(map(len, note.read_bytes().splitlines(keepends=True)[1:])) <= 64
    before = str(int(time.time()) - 3601)
    note.write_text(re.sub(r"(turn-\d+ k \S+) \d+", rf"\1 {before}", note.read_text()))
    assert held(stop(world))


def test_where_nothing_can_be_noted_no_turn_goes_on(world: World) -> None:
    """Or it would go on for ever."""
    settings(world, keep_going="tasks")
    world.task("Please")
    (world.notes / "sessions").write_text("mine")
    assert stop(world).is_silent
    assert states(world) == ["QUEUED"]
    assert error(world) == "no turn goes on where it cannot be noted"


def test_where_nobody_can_hear_why_no_turn_goes_on(world: World) -> None:
    """Nothing is claimed then; and of what nobody took the next event tells."""
    settings(world, keep_going="tasks")
    id = world.task("Please")
    for where, after in ((">&-", "QUEUED"), (">/dev/full", "WORKING")):
        command = ["sh", "-c", f'"$@" {where}', "sh", str(GATE), *world.words("Stop")]
        assert run(command, payload("Stop"), world.environment).is_silent
        assert states(world) == [after]
    assert held(world.hook()) == id


def test_who_claims_nothing_is_told_how_much_waits(world: World) -> None:
    """With `hooks.claim: never` a turn goes on for what is ready for certain."""
    settings(world, keep_going="tasks", claim="never")
    first = world.task("First", by="gregor")
    world.orgpost("task", "add", "tex-agent", "After", "", "--depends-on", first, by="tex")
    assert stop(world).is_silent
    world.orgpost("task", "approve", first, by="tex")
    answer = stop(world)
    assert answer.text == f"{LINE}\norgpost for tex-agent: 2 tasks wait."
    assert states(world) == ["QUEUED", "QUEUED"]
    assert stop(world, stop_hook_active=True).is_silent


@pytest.mark.parametrize("event", ["stop", "afterAgentResponse", "beforeSubmitPrompt"])
def test_cursor_is_never_held_back(event: str, world: World) -> None:
    """Its words for that would be the user's."""
    settings(world, keep_going="tasks", claim="on_prompt")
    world.task("Please")
    for each in (event, "sessionStart", "postToolUse"):
        assert world.hook(each, client="cursor").is_silent
    assert states(world) == ["QUEUED"]


@pytest.mark.parametrize("client", ["cursor", "copilot", "vscode", "opencode", "antigravity"])
def test_whose_prompts_cannot_be_answered_claims_nothing_at_them(client: str, world: World) -> None:
    """At none of its events; at a start where the settings say so, and then it is told."""
    id = world.task("Please")
    for event, role in clients.ROLES[client].items():
        if role != clients.END:
            assert world.hook(event, client=client).text == ""
    assert states(world) == ["QUEUED"]
    settings(world, claim="on_session")
    starts = [event for event, role in clients.ROLES[client].items() if role == clients.START]
    for event in starts:
        answer = world.hook(event, client=client, session="new")
        assert held(answer) == id
        assert show(world, id)["holder"] == f"tex-agent@{os.uname().nodename}:new"


@pytest.mark.parametrize(
    ("client", "event"),
    [
        ("codex", "UserPromptSubmit"),
        ("gemini", "BeforeAgent"),
        ("kiro", "userPromptSubmit"),
        ("cline", "UserPromptSubmit"),
    ],
)
def test_whose_prompts_can_be_answered_claims_at_them(
    client: str, event: str, world: World
) -> None:
    """In its dialect; the next prompt renews, and the end gives back where there is one."""
    id = world.task("Please")
    assert held(world.hook(event, client=client)) == id
    assert "1 task is yours, " in world.hook(event, client=client).text
    ends = [each for each, role in clients.ROLES[client].items() if role == clients.END]
    for end in ends:
        assert world.hook(end, client=client).is_silent
        assert is_given_back(world)
    assert ends or states(world) == ["WORKING"]
