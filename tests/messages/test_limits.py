"""Limits on messages: what is refused is stored nowhere, and what counts is what the files say."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from orgpost.clock import FakeClock
from orgpost.contact import Actor, Contacts
from orgpost.errors import Conflict, InvalidField, OrgpostError
from orgpost.message_store import Letter
from orgpost.refusals import Loop, RateLimited
from orgpost.store import FileStore
from tests.messages.conftest import ACTORS

if TYPE_CHECKING:
    from orgpost.message import Message
    from tests.messages.conftest import Office

AGENT = "crt-agent"  # of tier unknown: ten a minute


def fill(office: Office, count: int = 10, **facts: Any) -> list[Message]:
    """An agent sends so many, to three recipients in turn."""
    names = ("tex", "mira", "tex-agent")
    return [
        office.send(str(number), **{"sender": AGENT, "to": names[number % 3], **facts})
        for number in range(count)
    ]


def refused(office: Office, kind: type[OrgpostError] = RateLimited, **facts: Any) -> Any:
    """Try to send; nothing changes, and the error is given."""
    before = office.files()
    with pytest.raises(kind) as error:
        office.send(**{"sender": AGENT, "to": "tex", **facts})
    assert office.files() == before
    return error.value


# --- a minute -------------------------------------------------------------------------------------


def test_the_eleventh_message_of_a_minute_is_refused(office: Office) -> None:
    """Scenario 31: over all recipients; a minute after the first there is room for one."""
    fill(office, 1)
    office.clock.advance(20)
    fill(office, 9)
    error = refused(office)
    assert str(error) == "Rate limit: 10/10 messages this minute"
    assert (error.code, error.exit_code, error.retry_after_seconds) == ("rate_limited", 5, 40)
    assert error.hint == "try again in 40 s"
    office.clock.advance(39)
    assert refused(office).retry_after_seconds == 1
    office.clock.advance(1)
    fill(office, 1)
    refused(office)


def test_persons_have_no_limit(office: Office) -> None:
    """Scenario 31: fifty of fifty, also where the tier is unknown."""
    assert len(fill(office, 50, sender="mira")) == 50


def test_a_trusted_agent_may_send_more(office: Office) -> None:
    """The limit is that of the tier."""
    limits = {"unknown": 1, "team": 3}
    office.rules = office.rules._replace(messages_per_minute=limits)
    fill(office, 3, sender="tex-agent")
    refused(office, sender="tex-agent")
    fill(office, 1)
    refused(office)


def test_an_agent_that_acts_for_a_stranger_sends_as_a_stranger(office: Office) -> None:
    """The tier is the lowest of the chain."""
    order = office.send("order", sender="mira", to="tex-agent")
    fill(office, 10, sender="tex-agent", via=order.id)
    refused(office, sender="tex-agent", via=order.id)
    assert office.send(sender="tex-agent", to="tex").to == "tex"


def test_a_parent_commands_its_helpers_freely(office: Office) -> None:
    """Toward what it owns an actor is of tier owner, which has no limit."""
    helper = Actor(id="h-1", name="h", kind="helper", owner=AGENT)
    office.contacts = Contacts([*ACTORS, helper])
    assert len(fill(office, 12, to="h-1")) == 12
    refused(office)


def test_a_broadcast_counts_once(office: Office) -> None:
    """Nine and a broadcast to everybody are ten."""
    fill(office, 9)
    letter = Letter(sender=AGENT, to="", body="Hi", id="msg-all")
    assert len(office.mail.broadcast(letter, kind="all").sent) == 4
    refused(office)
    refused(office, cc=["mira"])
    # The same again is no new message, and what is missing of it may follow.
    assert len(office.mail.broadcast(letter, kind="all").sent) == 4


def test_the_same_id_again_is_a_duplicate_also_above_the_limit(office: Office) -> None:
    """A sender that lost the answer asks again; other words under that id are a conflict."""
    first = office.send("once", sender=AGENT, id="msg-once")
    fill(office, 9)
    again = office.deliver("once", sender=AGENT, id="msg-once")
    assert (again.duplicate, again.message.id) == (True, first.id)
    refused(office, Conflict, body="other", id="msg-once")
    office.clock.advance(60)
    refused(office, Conflict, body="other", id="msg-once")
    fill(office)
    assert office.deliver("once", sender=AGENT, id="msg-once").duplicate


def test_one_id_does_not_make_many_messages_one(office: Office) -> None:
    """Each recipient's message counts."""
    office.rules = office.rules._replace(messages_per_minute={"unknown": 2})
    office.send("one", sender=AGENT, to="tex", id="msg-x")
    office.send("two", sender=AGENT, to="mira", id="msg-y")
    office.edit("msg-y", "msg-x", "inbox/mira.org")
    shutil.rmtree(office.space / ".orgpost")
    refused(office, to="crt")


def test_a_result_is_never_refused_for_being_one_too_many(office: Office) -> None:
    """Work that is done is answered, and its answers take no room from other mail."""
    fill(office, 5, kind="result")
    fill(office, 10)
    office.send(sender=AGENT, kind="result")


def test_the_post_office_has_no_limit(office: Office) -> None:
    """Bounces come, however many are due, and an agent with many still sends."""
    for _ in range(12):
        office.send(to="tex", sender=AGENT, expires=office.clock.now() + timedelta(seconds=1))
        office.clock.advance(7)
    assert len(office.mail.settle(AGENT)) == 12
    office.send(sender=AGENT)


@pytest.mark.parametrize("sender", ["tex-agent", "crt-agent-2", "agent"])
def test_mail_that_only_names_a_sender_is_not_its_mail(office: Office, sender: str) -> None:
    """Only FROM says who sent."""
    office.rules = office.rules._replace(messages_per_minute={"unknown": 1, "team": 1})
    office.contacts = Contacts(
        [*ACTORS, Actor(id="crt-agent-2", name="x", kind="agent", owner="crt")]
    )
    office.send(f":FROM: {sender}\nFROM: {AGENT}", subject=AGENT, sender="tex-agent")
    office.send(sender=AGENT)


# --- what the files say ---------------------------------------------------------------------------


def test_what_was_archived_within_the_minute_counts(office: Office) -> None:
    """Who archives fast does not send faster."""
    sent = fill(office)
    office.mail.mark([message.id for message in sent], "done")
    office.mail.archive(*(message.id for message in sent))
    assert b"FROM" not in office.content("inbox/tex.org")
    refused(office)


def test_archived_tasks_count_for_nothing(office: Office) -> None:
    """They are of the same sender, and no mail."""
    sent = fill(office, to="tex")
    office.mail.mark([message.id for message in sent], "done")
    office.mail.archive(*(message.id for message in sent))
    [archive] = office.path("archive").iterdir()
    archive.rename(archive.with_name(archive.name.replace("inbox-tex", "agents-tex-agent")))
    fill(office)


def test_what_emacs_archived_counts(office: Office) -> None:
    """Where org-archive-subtree puts it."""
    fill(office, to="mira")
    office.path("inbox/mira.org").rename(office.path("inbox/mira.org_archive"))
    shutil.rmtree(office.space / ".orgpost")
    refused(office)


def test_what_waits_for_an_editor_counts(office: Office) -> None:
    """Mail in the journal is mail, also for an inbox that is not there yet."""
    office.send("first", to="tex")
    for name in ("tex", "mira"):
        office.path(f"inbox/.#{name}.org").symlink_to("tex@elsewhere.4711:1")
    assert {office.deliver(sender=AGENT, to=to).message.stored for to in ["tex", "mira"] * 5} == {
        "waiting"
    }
    assert not office.path("inbox/mira.org").exists()
    refused(office, to="crt")


def test_without_anything_but_the_org_files_the_count_is_the_same(office: Office) -> None:
    """The Org files are the truth."""
    fill(office)
    shutil.rmtree(office.space / ".orgpost")
    with FileStore(office.space, office.clock, sync="off") as store:
        office.store = store
        refused(office)


def test_a_person_who_edits_a_stamp_frees_nobody(office: Office) -> None:
    """The id says when a message was made, too; a message that was deleted is gone."""
    fill(office, to="tex")
    office.edit("[2026-11-20 Fri 08:31:05]", "[2020-01-01 Wed 00:00:00]")
    refused(office)
    text = office.content().decode()
    office.write(text[: text.rindex("\n* ") + 1])
    office.send(sender=AGENT, to="tex")
    refused(office)


def test_a_stamp_that_nobody_can_read_counts_by_its_id(office: Office) -> None:
    """A stamp is a person's to break."""
    fill(office, to="tex")
    office.edit("[2026-11-20 Fri 08:31:05]", "soon")
    refused(office)


def test_supplied_ids_say_no_time(office: Office) -> None:
    """Then CREATED alone counts, and an id that looks like one of long ago hides nothing."""
    for number in range(10):
        office.send(sender=AGENT, to="tex", id=f"msg-20200101-000000-000000000{number}")
    refused(office)
    office.clock.advance(60)
    office.send(sender=AGENT)


def test_an_hour_that_comes_twice_is_two_hours(office: Office, tmp_path: Any) -> None:
    """At the end of summer time a stamp means two times; an hour later nothing counts."""
    berlin = FakeClock(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    with FileStore(office.space, berlin, sync="off") as store:
        office.clock, office.store = berlin, store
        fill(office)
        refused(office)
        berlin.advance(3600)
        fill(office)
        refused(office)


def test_a_clock_set_back_far_blocks_nobody(office: Office) -> None:
    """Mail from a future hour is not of this minute, and that of this minute is found above it."""
    fill(office, 9)
    office.clock.set(office.clock.now() + timedelta(hours=1))
    fill(office, 9)
    office.clock.set(office.clock.now() - timedelta(hours=1) + timedelta(seconds=30))
    fill(office, 1)
    refused(office)
    office.clock.advance(31)
    fill(office, 9)
    refused(office)


def test_a_clock_set_back_a_little_gives_no_new_minute(office: Office) -> None:
    """Ten, then ten more half a minute earlier, would be twenty in one minute."""
    fill(office)
    office.clock.set(office.clock.now() - timedelta(seconds=30))
    refused(office)


def test_long_mail_of_others_hides_nothing(office: Office) -> None:
    """The ends of the files are read as far back as the minute goes."""
    fill(office)
    for _ in range(6):
        office.send("x" * 60_000, sender="mira", to="tex")
    for _ in range(60):
        office.send("short", sender="mira", to="mira")
    refused(office)


def test_stamps_out_of_order_hide_nothing(office: Office) -> None:
    """Old and new ones by turns are no sign that all above is old."""
    now = office.clock.now()
    fill(office)
    for number in range(120):
        office.clock.set(now - timedelta(hours=number % 2))
        office.send("x" * 300, sender="mira", to=("tex", "mira", "tex-agent")[number % 3])
    office.clock.set(now)
    refused(office)


class Reads(FileStore):
    """A store that counts what is read of files' ends."""

    size = 0

    def tail(self, path: str, size: int) -> Any:
        """Read, and count."""
        found = super().tail(path, size)
        self.size += len(found.data)
        return found


def test_only_the_ends_of_the_files_are_read(office: Office) -> None:
    """The cost does not grow with what lies above."""
    office.send("x", to="tex")
    entry = office.content().split(b"\n* ")[1].decode()
    old = entry.replace("2026-11-20", "2026-11-01")
    text = office.content().decode()
    more = "".join(f"\n* {old.replace('msg-', f'msg-{number}-')}" for number in range(20_000))
    office.write(text + more.lstrip("\n"))
    office.send("new", to="tex")
    with Reads(office.space, office.clock, sync="off") as store:
        office.store = store
        office.send(sender=AGENT)
        assert len(office.content()) > 3_000_000
        assert store.size < 50_000


# --- circles --------------------------------------------------------------------------------------


def circle(office: Office, count: int, last: Message) -> Message:
    """Two agents answer each other so many times."""
    pair = ("tex-agent", AGENT)
    for _ in range(count):
        sender = last.to
        last = office.mail.reply(
            Letter(sender=sender, to=pair[pair[0] == sender], body="and you?", reply_to=last.id)
        ).sent.message
        office.clock.advance(7)
    return last


def test_agents_that_answer_each_other_are_stopped(office: Office) -> None:
    """Scenario 32: the 21st exits 5; after a word from a person the thread goes on."""
    first = office.send("hi", sender="tex-agent", to=AGENT)
    last = circle(office, 20, first)
    before = office.files()
    with pytest.raises(Loop) as error:
        circle(office, 1, last)
    assert str(error.value) == "Loop: 20/20 replies in this thread in 10 minutes"
    assert (error.value.code, error.value.exit_code) == ("loop", 5)
    assert error.value.retry_after_seconds == 600 - 20 * 7
    assert office.files() == before
    office.send("new thread", sender=last.to, to=last.sender)
    office.send("a person is told", sender=last.to, to="tex", reply_to=last.id)
    word = office.send("go on", sender="tex", to=last.to, reply_to=last.id)
    last = circle(office, 20, replace(word, sender=last.sender))
    with pytest.raises(Loop):
        circle(office, 1, last)
    office.clock.advance(600)
    circle(office, 1, last)


def test_a_limit_of_zero_lets_agents_talk(office: Office) -> None:
    """0 is none."""
    office.rules = office.rules._replace(thread_replies=0)
    circle(office, 25, office.send("hi", sender="tex-agent", to=AGENT))


def test_a_copy_to_a_person_does_not_hide_a_circle(office: Office) -> None:
    """It counts where any of its recipients is an agent."""
    office.rules = office.rules._replace(thread_replies=2)
    first = office.send("hi", sender="tex-agent", to=AGENT)
    for _ in range(2):
        office.send("copy", sender=AGENT, to="tex", cc=["tex-agent"], reply_to=first.id)
    refused(office, Loop, to="tex", cc=["tex-agent"], reply_to=first.id)
    office.send("to a person alone", sender=AGENT, to="tex", reply_to=first.id)


def test_an_unknown_field_is_told_before_a_limit(office: Office) -> None:
    """What no waiting will mend comes first."""
    fill(office)
    refused(office, InvalidField, tags=["a-b"])
