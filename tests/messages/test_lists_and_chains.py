"""From whom an agent takes mail, and on whose account agents write."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.contact import Actor, Contacts
from orgpost.errors import OrgpostError, UnknownId, WrongKind
from orgpost.message_store import Desk, Letter, MessageStore
from orgpost.refusals import Loop, NotAccepted, TooManyHops
from tests.messages.conftest import ACTORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.messages.conftest import Office

AGENT = "crt-agent"


def refused(office: Office, kind: type[OrgpostError], **facts: Any) -> Any:
    """Try to send; nothing changes, and the error is given."""
    before = office.files()
    with pytest.raises(kind) as error:
        office.send(**{"sender": AGENT, "to": "tex", **facts})
    assert office.files() == before
    return error.value


# --- lists ----------------------------------------------------------------------------------------


@pytest.fixture
def listed(office: Office) -> Office:
    """An agent that takes mail from mira alone."""
    office.rules = office.rules._replace(whitelists={"tex-agent": ("mira",)})
    return office


def test_who_is_not_on_the_list_of_an_agent_is_refused(listed: Office) -> None:
    """Scenario 28: exit 6, and nothing is in the agent's files; its owner always passes."""
    error = refused(listed, NotAccepted, sender="crt", to="tex-agent")
    assert str(error) == "Not accepted: crt is not on the list of tex-agent"
    assert (error.code, error.exit_code) == ("not_accepted", 6)
    assert error.details["verdict"] == {
        "allowed": False,
        "code": "not_accepted",
        "reason": str(error),
        "retry_after_seconds": None,
        "tier": "team",
    }
    for sender in ("mira", "tex"):
        assert listed.send(sender=sender, to="tex-agent").to == "tex-agent"
    assert listed.send(sender="crt", to="crt-agent").to == "crt-agent"


def test_who_acts_on_account_of_somebody_not_on_the_list_is_refused(office: Office) -> None:
    """Scenario 28: each actor of the chain is asked for."""
    office.rules = office.rules._replace(whitelists={"tex-agent": (AGENT,)})
    order = office.send("order", to=AGENT)
    error = refused(office, NotAccepted, to="tex-agent", via=order.id)
    assert str(error) == "Not accepted: crt is not on the list of tex-agent"
    assert office.send(sender=AGENT, to="tex-agent").via == ()


@pytest.mark.parametrize(
    "facts", [{"cc": ["tex-agent"]}, {"routes": ["@tex-agent"]}], ids=["cc", "route"]
)
def test_one_copy_that_is_not_accepted_stops_them_all(listed: Office, facts: Any) -> None:
    """Nothing is stored anywhere."""
    refused(listed, NotAccepted, sender="crt", **facts)


def test_a_broadcast_that_is_not_accepted_is_not_sent(listed: Office) -> None:
    """Nothing is stored; without that agent it goes."""
    letter = Letter(sender="crt", to="", body="Hi")
    with pytest.raises(NotAccepted):
        listed.mail.broadcast(letter, kind="all")
    assert listed.files() == {}
    assert len(listed.mail.broadcast(letter, kind="all", exclude=["tex-agent"]).sent) == 3


def test_a_reply_that_is_not_accepted_leaves_the_question_unread(listed: Office) -> None:
    """All or nothing."""
    question = listed.send("?", sender="tex-agent", to="crt")
    with pytest.raises(NotAccepted):
        listed.mail.reply(Letter(sender="crt", to="", body="!", reply_to=question.id))
    assert listed.mail.find_by_id(question.id).state == "UNREAD"


# --- chains ---------------------------------------------------------------------------------------


class Tasks:
    """What the task inboxes will know."""

    def __init__(
        self, chains: Mapping[str, tuple[str, ...]], held: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._chains, self._held = chains, held

    def of_task(self, id: str) -> tuple[str, ...]:
        """A task's VIA and its FROM."""
        if id not in self._chains:
            raise UnknownId(id)
        return self._chains[id]

    def held_by(self, actor: str) -> tuple[str, ...]:
        """That of the task which an actor holds."""
        return self._held.get(actor, ())


def with_tasks(office: Office, *, task: str | None = None) -> MessageStore:
    """A message store that knows of tasks; `crt-agent` holds one of mira's."""
    desk: Desk = office.mail._desk
    tasks = Tasks({"task-1": ("mira", "crt"), "task-2": ("tex",)}, {AGENT: ("mira",)})
    return MessageStore(desk._replace(chains=tasks, task=task))


def test_a_person_answers_for_what_it_writes(office: Office) -> None:
    """It has no chain, whatever it names; what it names must be there all the same."""
    first = office.send("order", sender="mira", to="crt")
    assert office.send("on", via=first.id).via == ()
    with pytest.raises(UnknownId):
        office.send("on", via="msg-nowhere")


def test_what_an_agent_writes_carries_its_tasks_chain(office: Office) -> None:
    """What it names comes first, then the task of its process, then those that it holds."""
    order = office.send("order", sender="tex", to=AGENT)
    letter = Letter(sender=AGENT, to="tex", body="x")
    named, at_work = with_tasks(office), with_tasks(office, task="task-2")
    assert named.send(replace(letter, via=order.id)).message.via == ("tex",)
    assert named.send(replace(letter, via="task-1")).message.via == ("mira", "crt")
    assert at_work.send(replace(letter, via="task-1")).message.via == ("mira", "crt")
    assert at_work.send(letter).message.via == ("tex",)
    assert named.send(letter).message.via == ("mira",)
    assert named.send(Letter(sender="crt", to="tex", body="x")).message.via == ()
    assert named.send(Letter(sender="tex-agent", to="tex", body="x")).message.via == ()
    with pytest.raises(UnknownId):
        with_tasks(office, task="task-9").send(letter)


def test_a_broadcast_carries_the_chain_too(office: Office) -> None:
    """All its copies."""
    with_tasks(office).broadcast(Letter(sender=AGENT, to="", body="x"))
    assert [found.via for found in office.mail.find_unread("crt")] == [("mira",)]


def test_without_task_inboxes_a_task_is_another_kind_of_thing(office: Office) -> None:
    """Nothing is made up."""
    refused(office, WrongKind, via="task-1")


def test_too_many_hops_are_refused(office: Office) -> None:
    """Scenario of 6.3: nine hops, where eight are allowed."""
    agents = [Actor(id=f"a{n}", name="a", kind="agent", owner="tex") for n in range(11)]
    office.contacts = Contacts([*ACTORS, *agents])
    last = office.send("go", sender="tex", to="a0")
    for number in range(8):
        last = office.send("on", sender=f"a{number}", to=f"a{number + 1}", via=last.id)
    assert len(last.via) == 8
    error = refused(office, TooManyHops, sender="a8", to="a9", via=last.id)
    assert (str(error), error.exit_code) == ("Too many hops: 9/8", 5)


def test_a_chain_that_comes_by_a_third_time_is_refused(office: Office) -> None:
    """Two agents that act on each other's account are stopped in the third round."""
    pair, last = (AGENT, "tex-agent"), office.send("go", sender="tex-agent", to=AGENT)
    for number in range(3):
        last = office.send("on", sender=pair[number % 2], to=pair[1 - number % 2], via=last.id)
    assert last.via == ("tex-agent", AGENT, "tex-agent")
    error = refused(office, Loop, sender="tex-agent", to=AGENT, via=last.id)
    assert str(error) == "Loop: tex-agent is in the chain 3 times"
