"""What becomes of a message when somebody makes a task of it: its sender waits for that task."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.clock import FakeClock
from orgpost.message_store import Letter
from orgpost.post import Post
from orgpost.settings_file import load

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from orgpost.message import Message
    from orgpost.message_store.desk import Work
    from orgpost.task import Task

CONTACTS = """\
actors:
  - {id: tex, kind: person, trust_tier: owner}
  - {id: crt, kind: person, trust_tier: team}
  - {id: tex-agent, kind: agent, owner: tex, trust_tier: team}
"""


class House:
    """One space in which tex makes tasks of what crt asks."""

    def __init__(self, space: Path) -> None:
        (space / "org/messaging").mkdir(parents=True)
        (space / "org/messaging/contacts.yaml").write_text(CONTACTS)
        self.space, self.clock = space, FakeClock()

    def post(self, me: str = "tex") -> Post:
        """Open the space."""
        return Post(self.space, load(self.space, {}), me=me, clock=self.clock)

    def ask(self, expects: str = "result") -> Message:
        """Ask tex for something, within an hour."""
        expires = self.clock.now() + timedelta(hours=1)
        letter = Letter(sender="crt", to="tex", body="Do it", expects=expects, expires=expires)
        with self.post("crt") as post:
            return post.messages.send(letter).message

    def make(self, message: Message) -> Task:
        """Make a task of a message."""
        with self.post() as post:
            return post.inbox("tex-agent").create_task("tex", "Do it", parent=message.id)

    def finish(self, task: Task, *, archive: bool = False) -> None:
        """Let the task be done."""
        with self.post() as post:
            inbox = post.inbox("tex-agent")
            (claim,) = inbox.claim(id=task.id)
            inbox.complete(claim, result="It is.")
            if archive:
                inbox.archive(task.id)

    def outcome(self, message: Message) -> tuple[int, bool, str | None, object]:
        """Say how many bounces came, whether it is expired, and what the trace says."""
        self.clock.advance(3601)
        with self.post("crt") as post:
            bounces = len(post.messages.settle("crt"))
            trace = post.messages.trace(message.id)
            task = trace.to_dict()["task"]
            return bounces, trace.message.expired, trace.reached, task


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A space without mail."""
    return House(tmp_path)


@pytest.mark.parametrize("archive", [False, True])
def test_a_result_is_there_when_the_task_is_done(house: House, *, archive: bool) -> None:
    """Its sender gets no bounce, the message is done; the archive counts too."""
    message = house.ask()
    task = house.make(message)
    house.finish(task, archive=archive)
    assert house.outcome(message) == (0, False, "done", {"id": task.id, "state": "DONE"})


def test_a_task_that_is_not_done_is_no_result(house: House) -> None:
    """The time runs out as without it."""
    message = house.ask()
    task = house.make(message)
    assert house.outcome(message) == (1, True, "stored", {"id": task.id, "state": "QUEUED"})


def test_one_of_several_tasks_is_enough(house: House) -> None:
    """It is the one that the trace names, wherever it stands."""
    message = house.ask()
    house.make(message)
    task = house.make(message)
    house.make(message)
    house.finish(task)
    assert house.outcome(message) == (0, False, "done", {"id": task.id, "state": "DONE"})


def test_a_reply_that_was_asked_for_is_still_asked_for(house: House) -> None:
    """Only a result can come from a task; the message is done all the same."""
    message = house.ask("reply")
    task = house.make(message)
    house.finish(task)
    assert house.outcome(message) == (1, True, "done", {"id": task.id, "state": "DONE"})


def test_a_task_that_only_mentions_a_message_is_none_made_from_it(house: House) -> None:
    """Its parent counts, not its words."""
    message = house.ask()
    with house.post() as post:
        body = f":PARENT: {message.id}\n"
        task = post.inbox("tex-agent").create_task("tex", "x", body=body)
        post.inbox("tex-agent").create_task("tex", "y", parent=task.id)
    house.finish(task)
    assert house.outcome(message) == (1, True, "stored", None)


class Unasked:
    """Task inboxes that nobody may look into."""

    def made_from(self, ids: Collection[str]) -> Mapping[str, Work]:
        """Fail."""
        raise AssertionError(ids)


@pytest.mark.parametrize("expects", ["none", "ack", "reply"])
def test_who_waits_for_no_result_pays_for_no_look_at_tasks(house: House, expects: str) -> None:
    """Listing and settling read no task file, and a result that came is enough."""
    first = house.ask(expects)
    met = house.ask()
    with house.post() as post:
        answer: dict[str, Any] = {"sender": "tex", "to": "crt", "body": "x", "kind": "result"}
        post.messages.send(Letter(reply_to=met.id, **answer))
    house.clock.advance(3601)
    with house.post("crt") as post:
        desk = post.messages._desk._replace(works=Unasked())
        mail = type(post.messages)(desk)
        assert len(mail.settle("crt")) == 1
        expired = {each.id: each.expired for each in mail.find_unread("tex")}
        assert expired == {first.id: True, met.id: False}
