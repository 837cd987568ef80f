"""The whole house at work: inboxes, governor and mail as `Post` wires them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orgpost.clock import FakeClock
from orgpost.errors import UnknownActor
from orgpost.post import Post
from orgpost.refusals import AlreadyRefused, BudgetExceeded, NotAnAgent
from orgpost.settings_file import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONTACTS = """\
actors:
  - {id: tex, kind: person, trust_tier: owner}
  - {id: crt, kind: person, trust_tier: team}
  - {id: mira, kind: person}
  - {id: tex-agent, kind: agent, owner: tex, trust_tier: team}
  - {id: lab-agent, kind: agent, owner: tex, trust_tier: team}
"""


@pytest.fixture
def as_actor(tmp_path: Path) -> Callable[[str], Post]:
    """Opens the same space as whoever acts, with one clock for all."""
    (tmp_path / "org/messaging").mkdir(parents=True)
    (tmp_path / "org/messaging/contacts.yaml").write_text(CONTACTS)
    (tmp_path / "settings.local.yaml").write_text("store: {sync: off}\n")
    (tmp_path / "settings.local.yaml").chmod(0o600)
    clock = FakeClock()
    return lambda me: Post(tmp_path, load(tmp_path, {}), me=me, clock=clock)


def events(space: Path) -> list[str]:
    """The events of the ledger."""
    (ledger,) = (space / "org/messaging/ledger").glob("*.org")
    rows = [line.split("|") for line in ledger.read_text().splitlines() if line.startswith("| 2")]
    return [row[2].strip() for row in rows]


def test_only_agents_have_tasks(as_actor: Callable[[str], Post], tmp_path: Path) -> None:
    """A person and a stranger are refused, and nothing is made by looking."""
    with as_actor("tex") as post:
        with pytest.raises(NotAnAgent):
            post.inbox("crt")
        with pytest.raises(UnknownActor):
            post.inbox("nobody")
        assert post.inbox("tex-agent").counts()["total"] == 0
    assert not (tmp_path / "org/messaging/agents").exists()


def test_a_task_is_held_reserved_and_settled(
    as_actor: Callable[[str], Post], tmp_path: Path
) -> None:
    """What waits is held, what is approved is reserved, what is done is settled."""
    with as_actor("mira") as post:
        task = post.inbox("tex-agent").create_task("mira", "x", estimated_tokens=900)
        again = post.inbox("tex-agent").create_task("mira", "x", id=task.id, estimated_tokens=900)
    assert (task.state, again.id) == ("WAITING", task.id)
    with as_actor("tex") as post:
        assert post.inbox("tex-agent").approve(task.id).state == "QUEUED"
        (claim,) = post.inbox("tex-agent").claim()
        post.inbox("tex-agent").complete(claim, tokens_used=100)
        assert post.governor.get_usage("mira")["tokens_today"] == 100
    assert events(tmp_path) == ["hold", "reserve", "settle"]


def test_rejected_work_is_known_again(as_actor: Callable[[str], Post]) -> None:
    """In other blanks and capitals, from somebody else, it is refused; not where an owner asks."""
    with as_actor("mira") as post:
        task = post.inbox("tex-agent").create_task("mira", "Do the thing")
    with as_actor("tex") as post:
        post.inbox("tex-agent").reject(task.id, "no")
    with as_actor("crt") as post, pytest.raises(AlreadyRefused):
        post.inbox("tex-agent").create_task("crt", "do  the THING")
    with as_actor("tex") as post:
        assert post.inbox("tex-agent").create_task("tex", "do the thing").state == "QUEUED"


def test_a_refused_task_leaves_no_entry(as_actor: Callable[[str], Post], tmp_path: Path) -> None:
    """The budget is a wall, and the verdict says when it opens."""
    with as_actor("crt") as post:
        for number in range(2):
            inbox = post.inbox("tex-agent")
            inbox.create_task("crt", f"task {number}", estimated_tokens=50_000)
        with pytest.raises(BudgetExceeded, match="100000/100000 tokens today") as refused:
            post.inbox("tex-agent").create_task("crt", "one more", estimated_tokens=1)
        assert post.inbox("tex-agent").counts()["total"] == 2
    assert refused.value.verdict["retry_after_seconds"] > 0
    assert events(tmp_path) == ["reserve", "reserve", "refuse"]


def test_whoever_finds_an_ended_task_may_answer_and_one_answer_is_there(
    as_actor: Callable[[str], Post],
) -> None:
    """The command that ended it, a worker later, a hook: the same message, stored once."""
    with as_actor("crt") as post:
        task = post.inbox("tex-agent").create_task("crt", "x")
    with as_actor("tex-agent") as post:
        assert post.answering.answer(task) is None
        (claim,) = post.inbox("tex-agent").claim()
        done = post.inbox("tex-agent").complete(claim, result="ok")
        first = post.answering.answer(done)
    with as_actor("tex") as post:
        again = post.answering.answer(post.inbox("tex-agent").find_by_id(task.id))
        other = post.answering.answer(replace(done, result="otherwise"))
        assert [mail.body for mail in post.messages.find_unread("crt")] == ["ok"]
    assert first is not None
    assert again is not None
    assert (first.duplicate, again.duplicate, other) == (False, True, None)


def test_a_task_whose_id_fits_no_message_is_answered_all_the_same(
    as_actor: Callable[[str], Post],
) -> None:
    """Of an id that is too long, or that a person wrote, the answer has a sum."""
    with as_actor("crt") as post:
        long = post.inbox("tex-agent").create_task("crt", "x", id="task-" + "a" * 120)
        odd = replace(long, id="task-ÄÖ", state="DONE", title="* x")
        for task in (replace(long, state="DEAD"), odd):
            assert post.answering.answer(task) is not None
        assert len(post.messages.find_unread("crt")) == 2


def test_what_an_agent_sends_while_it_works_names_who_asked(
    as_actor: Callable[[str], Post],
) -> None:
    """Its mail and its tasks carry the chain, and are trusted no further than that."""
    with as_actor("tex") as post:
        post.inbox("tex-agent").create_task("mira", "x")
        (waiting,) = post.inbox("tex-agent").find_awaiting_approval()
        post.inbox("tex-agent").approve(waiting.id)
    with as_actor("tex-agent") as post:
        post.inbox("tex-agent").claim()
        assert post.messages.create_message("tex-agent", "crt", "hi").via == ("mira",)
        made = post.inbox("lab-agent").create_task("tex-agent", "y")
    assert (made.via, made.trust_tier, made.state) == (("mira",), "unknown", "WAITING")
