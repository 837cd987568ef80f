"""A session is told each thing once, and again only when it changed or was forgotten."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.hooks.world import GATE, SESSION, entry, payload

if TYPE_CHECKING:
    from tests.hooks.world import World

pytestmark = pytest.mark.slow

FIRST, SECOND = "msg-20261120-083105-7k3m9q2xwd", "msg-20261120-084402-2c5t8v0hja"
OTHER_SESSION = "9d9d3c1e-6f0e-4f0e-9a55-0d6f2d7a1c22"


def test_only_what_is_new_is_told(world: World) -> None:
    """The second message alone; line 1 counts both."""
    world.mail(entry(FIRST))
    world.hook()
    world.mail(entry(FIRST), entry(SECOND))
    answer = world.hook()
    assert answer.ids == [SECOND]
    assert answer.text.startswith(
        "orgpost for tex-agent: 2 unread, 1 listed, 1 more: orgpost inbox.\n"
    )


def test_an_entry_that_a_person_changed_is_told_again_as_changed(world: World) -> None:
    """That one alone, and once."""
    world.mail(entry(FIRST), entry(SECOND))
    world.hook()
    world.mail(entry(FIRST, body="Another body."), entry(SECOND))
    answer = world.hook()
    assert answer.ids == [FIRST]
    assert answer.text.endswith(", 13 bytes, changed")
    assert world.hook().is_silent


def test_mail_that_was_read_and_is_unread_again_is_told_again(world: World) -> None:
    """With a hook of the session between, whether Python or the gate answered it."""
    world.mail(entry(FIRST))
    world.hook()
    world.mail(entry(FIRST, state="READ"))
    assert world.hook().is_silent
    world.mail(entry(FIRST))
    answer = world.hook()
    assert answer.ids == [FIRST]
    assert "changed" not in answer.text


def test_one_of_several_that_was_read_and_is_unread_again_is_told_again(world: World) -> None:
    """While another one is unread there is no quiet moment; the hook between noted it itself."""
    world.mail(entry(FIRST), entry(SECOND))
    world.hook()
    world.mail(entry(FIRST, state="READ"), entry(SECOND))
    assert world.hook().is_silent
    world.mail(entry(FIRST), entry(SECOND))
    assert world.hook().ids == [FIRST]


def test_nothing_is_concluded_from_a_file_in_the_middle_of_a_save(world: World) -> None:
    """An editor that writes the file anew has it empty for a moment: nothing was read by that."""
    world.mail(entry(FIRST), entry(SECOND))
    world.hook()
    text = world.inbox.read_text()
    world.inbox.write_text("")
    assert world.hook().is_silent
    world.inbox.unlink()
    assert world.hook().is_silent
    world.inbox.write_text(text)
    assert world.hook().is_silent


def test_a_hook_of_another_session_counts_as_between(world: World) -> None:
    """A quiet moment that one session saw is known to all."""
    world.mail(entry(FIRST))
    world.hook()
    world.mail(entry(FIRST, state="READ"))
    world.hook(session=OTHER_SESSION)
    world.mail(entry(FIRST))
    assert world.hook().ids == [FIRST]


def test_everything_is_told_again_after_a_compaction(world: World) -> None:
    """PreCompact itself is silent; the next prompt tells."""
    world.mail(entry(FIRST))
    world.hook()
    assert world.hook("PreCompact").is_silent
    assert world.hook().ids == [FIRST]
    assert world.hook().is_silent


@pytest.mark.parametrize("source", ["compact", "clear", "resume", "fork"])
def test_a_start_without_context_is_told_everything_again(source: str, world: World) -> None:
    """And a new one, twice in the same session, is not."""
    world.mail(entry(FIRST))
    assert world.hook("SessionStart", source="startup").ids == [FIRST]
    assert world.hook("SessionStart", source="startup").is_silent
    assert world.hook("SessionStart", source=source).ids == [FIRST]
    assert world.hook().is_silent


def test_a_client_without_ids_begins_anew_at_each_start(world: World) -> None:
    """All its sessions are one, so only the start can tell them apart."""
    world.mail(entry(FIRST))
    assert world.hook(stdin=b"{}").ids == [FIRST]
    assert world.hook(stdin=b"{}").is_silent
    assert world.hook("SessionStart", stdin=b"{}").ids == [FIRST]
    assert world.hook(stdin=b"{}").is_silent


def test_a_start_that_is_registered_twice_is_told_once(world: World) -> None:
    """A plugin and a settings file both fire; the second one is the same start."""
    world.mail(entry(FIRST))
    world.hook()
    answers = [world.hook("SessionStart", source="resume") for _ in range(2)]
    assert [answer.ids for answer in answers] == [[FIRST], []]


def test_each_session_is_told_once(world: World) -> None:
    """One session's notes, and its stamp, do not silence the other."""
    world.mail(entry(FIRST))
    world.env["CLAUDE_CODE_SESSION_ID"] = SESSION
    assert world.hook().ids == [FIRST]
    assert world.hook().is_silent
    world.env["CLAUDE_CODE_SESSION_ID"] = OTHER_SESSION
    assert world.hook(session=OTHER_SESSION).ids == [FIRST]
    assert world.hook(session=OTHER_SESSION).is_silent


def test_an_inherited_session_variable_silences_nobody(world: World) -> None:
    """Two sessions below one process share its environment; no stamp is left for the second."""
    world.mail(entry(FIRST))
    world.env["CLAUDE_CODE_SESSION_ID"] = SESSION
    assert world.hook(session=OTHER_SESSION).ids == [FIRST]
    assert world.hook(session=SESSION).ids == [FIRST]


def test_the_end_of_a_session_removes_what_it_was_told(world: World) -> None:
    """Its note and its stamp; nothing of the next session."""
    world.env["CLAUDE_CODE_SESSION_ID"] = SESSION
    world.mail(entry(FIRST))
    world.hook()
    assert world.hook("SessionEnd").is_silent
    assert list((world.notes / "sessions").iterdir()) == []
    assert not [path for path in world.notes.glob("stamps/tex-agent/*") if "told" in path.name]
    assert world.hook().ids == [FIRST]


def test_a_subagents_event_is_silent_and_forgets_nothing(world: World) -> None:
    """The agent inside of a session is not spoken to."""
    world.mail(entry(FIRST))
    assert world.hook(agent_id="agent-a1b2").is_silent
    assert world.hook().ids == [FIRST]
    assert world.hook("PreCompact", agent_id="agent-a1b2").is_silent
    assert world.hook().is_silent


def test_without_its_notes_a_hook_repeats_itself_once(world: World) -> None:
    """The whole folder may be thrown away at any time."""
    world.mail(entry(FIRST))
    world.hook()
    shutil.rmtree(world.space / ".orgpost")
    assert world.hook().ids == [FIRST]
    assert world.hook().is_silent


def test_notes_that_are_garbage_are_as_absent(world: World) -> None:
    """The mail is told again; nothing is said of the garbage."""
    world.mail(entry(FIRST))
    world.hook()
    (note,) = (world.notes / "sessions").iterdir()
    note.write_bytes(b"\xff\0\n* " * 1000)
    (world.notes / "log").write_bytes(b"\0" * 100)
    assert world.hook().ids == [FIRST]
    assert world.hook().is_silent


def test_of_eight_calls_at_once_in_one_session_one_speaks(world: World) -> None:
    """The others are silent, and nothing is told twice afterwards."""
    world.mail(entry(FIRST))
    command = ["sh", "-c", '"$0" "$@"', str(GATE), *world.words()]
    running = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=world.environment
        )
        for _ in range(8)
    ]
    said = [process.communicate(payload("UserPromptSubmit"))[0] for process in running]
    assert sum(bool(document) for document in said) == 1
    assert world.hook().is_silent


def test_a_note_takes_at_most_64_bytes_for_a_message(world: World) -> None:
    """However long its id is."""
    world.mail(*(entry(f"msg-{'x' * length}{length}") for length in (1, 30, 60, 115)))
    assert len(world.hook().ids) == 4
    (note,) = (world.notes / "sessions").iterdir()
    lines = note.read_bytes().splitlines(keepends=True)[1:]
    assert len(lines) == 4
    assert max(map(len, lines)) <= 64
    assert world.hook().is_silent
