"""A task where a message is meant, whole or by a part of its id: the error says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.office import Office


def told(office: Office, *words: str, by: str = "tex") -> tuple[int, str, str]:
    """Say how a command was refused: its status, its code, its hint."""
    answer = office.cli("--json", "--as", by, *words)
    return answer.status, answer.code, str(answer.document["error"]["hint"])


@pytest.mark.parametrize("words", [["show"], ["mark", "read"], ["trace"]])
def test_the_id_of_a_task_is_not_that_of_a_message(office: Office, words: list[str]) -> None:
    """Whole, or a part of it; the hint names the task whole."""
    id = office.add()
    command, *more = words
    hint = (2, "wrong_kind", f"orgpost task show {id}")
    assert told(office, command, id, *more) == hint
    assert told(office, command, id[-8:], *more) == hint
    assert told(office, command, "nowhere", *more)[:2] == (3, "unknown_id")


def test_a_task_is_answered_by_its_result(office: Office) -> None:
    """Or by a word meanwhile; who sent it writes to the agent."""
    id = office.add(by="crt")
    answer = f"its answer: orgpost task complete {id} --result TEXT"
    word = f"; a word meanwhile: orgpost send crt TEXT --via {id}"
    for part in (id, id[-8:]):
        assert told(office, "reply", part, "x", by="tex-agent") == (2, "wrong_kind", answer + word)
        assert told(office, "reply", part, "x", by="crt")[2] == "orgpost send tex-agent TEXT"
    path = office.space / "org/messaging/agents/tex-agent.org"
    path.write_text(path.read_text().replace(" crt\n", " $(crt)\n"))
    assert told(office, "reply", id, "x", by="tex-agent")[2] == answer
    assert told(office, "reply", "task-nowhere", "x")[:2] == (3, "unknown_id")
