"""Small decisions, each pure: how much, who is there, from where, which box."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest

from orgpost.contact import Actor, Contacts
from orgpost.errors import InvalidField
from orgpost.relay.boxes import Box, box_of, may_hear
from orgpost.relay.presence import Presence
from orgpost.relay.rate import Attempts, Bucket, Pace, Patience, take_one
from orgpost.relay.where import (
    address_behind,
    has_secret,
    host_of,
    is_loopback,
    is_our_origin,
)

MOMENT: Final = datetime(2026, 11, 20, tzinfo=UTC)

# --- how much -----------------------------------------------------------------------------------


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    """And says how long the next one takes."""
    bucket = Bucket(Pace(10, 5), 0.0)
    assert [take_one((bucket,), 0.0) for _ in range(6)] == [0, 0, 0, 0, 0, 0.1]
    assert take_one((bucket,), 0.05) == pytest.approx(0.05)
    assert take_one((bucket,), 0.1001) == 0
    assert sum(take_one((bucket,), 100.0) == 0 for _ in range(9)) == 5


def test_who_is_refused_by_one_bucket_pays_in_none() -> None:
    """Three connections of an actor share twice what one has."""
    shared = Bucket(Pace(1, 10), 0.0)
    own = [Bucket(Pace(1, 5), 0.0) for _ in range(3)]
    given = [sum(take_one((each, shared), 0.0) == 0 for _ in range(50)) for each in own]
    assert given == [5, 5, 0]
    assert own[2].wait(0.0) == 0


def test_patience_ends_with_a_hundred_refusals_in_ten_seconds() -> None:
    """Slower than that it never ends."""
    hasty, steady = Patience(), Patience()
    assert [hasty.is_over(n * 0.01) for n in range(100)] == [False] * 99 + [True]
    assert not any(steady.is_over(n * 0.11) for n in range(1000))


def test_thirty_failures_in_a_minute_make_an_address_wait() -> None:
    """Until the first of them is a minute old; others do not wait."""
    attempts = Attempts()
    for second in range(30):
        assert attempts.wait("1.2.3.4", second) == 0
        attempts.failed("1.2.3.4", second)
    assert attempts.wait("1.2.3.4", 30) == 30
    assert attempts.wait("5.6.7.8", 30) == 0
    assert attempts.wait("1.2.3.4", 60) == 0


def test_many_addresses_do_not_fill_the_memory() -> None:
    """Those that failed a minute ago are forgotten first."""
    attempts = Attempts()
    for number in range(30_000):
        attempts.failed(str(number), number * 0.001)
    assert len(attempts._failed) <= 10_000


# --- who is there -------------------------------------------------------------------------------


def test_an_actor_comes_once_and_goes_once() -> None:
    """However many connections it has; gone is told a while after the last one left."""
    presence = Presence()
    assert presence.joined("tex", 0, MOMENT) == ("tex", "online", "")
    assert presence.joined("tex", 0, MOMENT) is None
    presence.left("tex", 1)
    assert presence.passed(100, MOMENT) == []
    presence.left("tex", 100)
    assert presence.passed(103.9, MOMENT) == []
    assert presence.passed(104, MOMENT) == [("tex", "offline", "")]
    assert list(presence.here()) == []


def test_another_connection_changes_no_status() -> None:
    """What an actor said of itself counts for all of its connections."""
    presence = Presence()
    presence.joined("tex", 0, MOMENT)
    presence.set("tex", "busy", "writing", None, 0, MOMENT)
    assert presence.joined("tex", 1, MOMENT) is None
    assert [(h.status, h.note, h.connections) for h in presence.here()] == [("busy", "writing", 2)]


def test_who_is_back_in_time_was_never_gone() -> None:
    """Its status is the one that it set last."""
    presence = Presence()
    presence.joined("tex", 0, MOMENT)
    assert presence.set("tex", "busy", "writing", None, 0, MOMENT) == ("tex", "busy", "writing")
    presence.left("tex", 1)
    assert presence.joined("tex", 3, MOMENT) is None
    assert presence.passed(100, MOMENT) == []
    assert [here.status for here in presence.here()] == ["busy"]


def test_a_status_may_outlive_its_connection() -> None:
    """As long as it was asked for, and no longer."""
    presence = Presence()
    presence.joined("tex", 0, MOMENT)
    presence.set("tex", "focusing", "", 60, 0, MOMENT)
    presence.left("tex", 1)
    assert presence.passed(59, MOMENT) == []
    assert [here.status for here in presence.here()] == ["focusing"]
    assert presence.passed(60, MOMENT) == [("tex", "offline", "")]


def test_who_says_that_it_is_offline_is_offline() -> None:
    """Told at once, and not again when it really leaves."""
    presence = Presence()
    presence.joined("tex", 0, MOMENT)
    assert presence.set("tex", "offline", "", None, 0, MOMENT) == ("tex", "offline", "")
    assert list(presence.here()) == []
    presence.left("tex", 1)
    assert presence.passed(100, MOMENT) == []
    assert presence.joined("tex", 101, MOMENT) == ("tex", "online", "")


@pytest.mark.parametrize(
    ("status", "note", "seconds", "field"),
    [
        ("asleep", "", None, "status"),
        ("", "", None, "status"),
        ("ONLINE", "", None, "status"),
        ("busy", "a\nb", None, "note"),
        ("busy", "\x1b[0m", None, "note"),
        ("busy", "\u202e", None, "note"),
        ("busy", "x" * 81, None, "note"),
        ("busy", "", 0, "for_seconds"),
        ("busy", "", -1, "for_seconds"),
        ("busy", "", 28_801, "for_seconds"),
    ],
)
def test_a_status_is_one_of_five_words_and_a_short_line(
    status: str, note: str, seconds: int | None, field: str
) -> None:
    """Everything else is refused by the name of its field, and nothing changes."""
    presence = Presence()
    presence.joined("tex", 0, MOMENT)
    with pytest.raises(InvalidField, match=field):
        presence.set("tex", status, note, seconds, 0, MOMENT)
    assert [(here.status, here.note) for here in presence.here()] == [("online", "")]


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("soon\u202e", "character 5 is U+202E"),
        ("\x1b[0m", "character 1 is U+001B"),
        ("a\nb", "character 2 is U+000A"),
        ("x" * 81, "has 81 characters, and may have 80"),
    ],
)
def test_a_note_that_is_refused_is_told_by_its_character(note: str, why: str) -> None:
    """Nobody sees a bidi mark or a control that came along with what was pasted."""
    with pytest.raises(InvalidField) as refused:
        Presence().set("tex", "busy", note, None, 0, MOMENT)
    assert str(refused.value).startswith(f"note: {why}")


# --- which box ----------------------------------------------------------------------------------

CONTACTS: Final = Contacts(
    [
        Actor(id="tex", name="tex", kind="person"),
        Actor(id="crt", name="crt", kind="person", owner="tex"),
        Actor(id="tex-agent", name="tex-agent", kind="agent", owner="tex"),
        Actor(id="small", name="small", kind="helper", owner="tex-agent"),
    ]
)


@pytest.mark.parametrize(
    ("box", "who"),
    [
        ("inbox/tex", {"tex"}),
        ("marks/tex", {"tex"}),
        ("sent/tex", {"tex"}),
        ("inbox/crt", {"crt"}),
        ("inbox/tex-agent", {"tex", "tex-agent"}),
        ("marks/tex-agent", {"tex", "tex-agent"}),
        ("sent/tex-agent", {"tex-agent"}),
        ("agents/tex-agent", {"tex", "tex-agent"}),
        ("inbox/small", {"small", "tex-agent"}),
        ("trays/build", {"tex", "crt", "tex-agent"}),
        ("inbox/nobody", set()),
    ],
)
def test_a_box_is_for_these_and_nobody_else(box: str, who: set[str]) -> None:
    """Whether it exists makes no difference, nor does the name of who does not."""
    found = box_of(box)
    assert found is not None
    actors = [*(actor.id for actor in CONTACTS.actors), "ghost"]
    assert {actor for actor in actors if may_hear(found, actor, CONTACTS)} == who


@pytest.mark.parametrize(
    "text",
    [
        "",
        "inbox",
        "inbox/",
        "/tex",
        "inbox/../x",
        "inbox/Tex",
        "ledger/x",
        "inbox/tex/x",
        "inbox/tex\n",
    ],
)
def test_what_is_no_box_is_none(text: str) -> None:
    """No path is ever made of it."""
    assert box_of(text) is None


def test_a_box_knows_its_file() -> None:
    """What one sent stands in any file."""
    paths = [Box(kind, "tex").path for kind in ("inbox", "marks", "agents", "trays", "sent")]
    assert paths == ["inbox/tex.org", "inbox/tex.org", "agents/tex.org", "trays/tex.org", None]


# --- from where ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST:8080", "localhost"),
        ("127.0.0.1:8080", "127.0.0.1"),
        ("[::1]:8080", "::1"),
        ("example.com.", "example.com"),
        ("", None),
        ("a:b:c", None),
        ("a:123456", None),
        ("[::1", None),
    ],
)
def test_a_host_is_named_without_its_port(header: str, host: str | None) -> None:
    """What is no host is none of ours."""
    assert host_of(header) == host


@pytest.mark.parametrize(
    ("origin", "is_ours"),
    [
        ("http://127.0.0.1:8080", True),
        ("https://127.0.0.1:8080", True),
        ("https://mail.example.com", True),
        ("http://127.0.0.1:8081", False),
        ("http://127.0.0.1", False),
        ("null", False),
        ("", False),
        ("file://127.0.0.1:8080", False),
        ("http://evil.example", False),
        ("http://127.0.0.1:8080.evil.example", False),
    ],
)
def test_an_origin_is_ours_or_was_named_in_the_settings(origin: str, is_ours: bool) -> None:  # noqa: FBT001  a column of the table
    """Port and all; `null` is nobody's."""
    allowed = ("https://mail.example.com",)
    assert is_our_origin(origin, "127.0.0.1:8080", allowed) is is_ours


def test_only_a_proxy_of_ours_is_believed() -> None:
    """The last address is the one that it saw itself."""
    assert address_behind("9.9.9.9", "1.1.1.1, 2.2.2.2", behind_proxy=True) == "2.2.2.2"
    assert address_behind("9.9.9.9", "1.1.1.1", behind_proxy=False) == "9.9.9.9"
    assert address_behind("9.9.9.9", None, behind_proxy=True) == "9.9.9.9"


def test_what_only_this_host_can_reach() -> None:
    """By its number, not by its looks."""
    ours = ("127.0.0.1", "127.8.0.1", "::1")
    others = ("0.0.0.0", "::", "10.0.0.1", "localhost", "", "127.0.0.1.example.com")
    assert [is_loopback(address) for address in (*ours, *others)] == [True] * 3 + [False] * 6


@pytest.mark.parametrize(
    ("query", "has"),
    [
        ([("token", "x")], True),
        ([("Access_Token", "")], True),
        ([("x", "eyJhbGciOiJI.eyJzdWIiOiJ0.c2lnbmF0dXJl")], True),
        ([("state", "UNREAD"), ("page", "2")], False),
        ([("after", "msg-20261120-083105-7k3m9q2xwd")], False),
    ],
)
def test_an_address_with_a_secret_is_seen(query: list[tuple[str, str]], has: bool) -> None:  # noqa: FBT001  a column of the table
    """By its name or by its form."""
    assert has_secret(query) is has
