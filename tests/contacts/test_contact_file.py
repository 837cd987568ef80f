"""contacts.yaml on disk: what a change leaves alone, who may make it, what a bad file stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from orgpost.clock import FakeClock
from orgpost.contact import Trust
from orgpost.contact_file import NAME, ContactFile
from orgpost.errors import (
    AmbiguousActor,
    BadContacts,
    Exists,
    InUse,
    InvalidField,
    NoIdentity,
    NotPermitted,
    OrgpostError,
    UnknownActor,
    Usage,
)
from orgpost.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE: Final = """\
# who is who here
version: 7            # somebody's own key
actors:
  # me
  - id: tex           # that is I
    kind: person
    trust_tier: owner # really

  - {id: crt, kind: person, handles: ["@gz"], phone: 12}  # him
  - id: tex-agent
    kind: agent
    owner: tex
# the end
"""
TEX_OF_PEOPLE: Final = PEOPLE[PEOPLE.index("  - id: tex ") : PEOPLE.index("\n  - {id: crt")]


class People:
    """A space's contacts, and what stands in them."""

    def __init__(self, text: str, trust: Trust | None = None) -> None:
        """Put the text there."""
        self.store = MemoryStore(FakeClock())
        self.write(text)
        self.file = ContactFile(self.store, FakeClock(), trust)

    def write(self, text: str) -> None:
        """Edit it by hand."""
        self.store.edit(NAME, lambda page: page.rewrite(text.encode()))

    @property
    def text(self) -> str:
        """What stands there now."""
        return (self.store.read(NAME) or b"").decode()


@pytest.fixture
def people() -> People:
    """A person of tier owner, another person, an agent, comments and somebody's own keys."""
    return People(PEOPLE)


def test_adding_leaves_every_other_byte_alone(people: People) -> None:
    """Comments, blank lines, unknown keys and order stay."""
    added = people.file.add("mira", name="Mira B.", handles=["@mb"], trust_tier="team", by="tex")
    assert added.created
    lines = (
        "  - id: mira\n    name: Mira B.\n    kind: person\n    trust_tier: team\n"
        '    handles: ["@mb"]\n    added: 2026-11-20\n'
    )
    assert people.text == PEOPLE.replace("# the end", lines + "# the end")
    assert people.file.load().resolve("@mb") == added.actor


def test_trusting_changes_the_tier_and_nothing_else(people: People) -> None:
    """Where it stands, else in a line or entry of its own."""
    for id, tier in (("crt", "trusted"), ("tex-agent", "team"), ("tex", "team")):
        assert people.file.trust(id, tier, by="tex").changed
    assert people.text == (
        PEOPLE.replace("trust_tier: owner #", "trust_tier: team #")
        .replace("phone: 12}", "phone: 12, trust_tier: trusted}")
        .replace("    owner: tex\n", "    owner: tex\n    trust_tier: team\n")
    )


def test_removing_takes_the_actors_own_bytes(people: People) -> None:
    """The comments of others stay."""
    people.file.remove("@gz")
    assert people.text == PEOPLE.replace(
        '  - {id: crt, kind: person, handles: ["@gz"], phone: 12}  # him\n', ""
    )
    people.file.remove("tex-agent")
    people.file.remove("tex")
    assert people.text == (
        "# who is who here\nversion: 7            # somebody's own key\n"
        "actors:\n  # me\n\n# the end\n"
    )


@pytest.mark.parametrize("text", ["", "actors: []\n", "# nobody yet\n"])
def test_the_first_actor_of_an_empty_file(text: str) -> None:
    """Whatever the file looked like."""
    people = People(text)
    people.file.add("tex", trust_tier="owner")
    assert [actor.id for actor in people.file.load().actors] == ["tex"]
    assert "#" in people.text or text


def test_a_space_without_the_file_has_nobody() -> None:
    """And the first add makes it."""
    store = MemoryStore(FakeClock())
    contacts = ContactFile(store, FakeClock())
    assert (contacts.load().actors, contacts.load().problems) == ((), ())
    contacts.add("tex")
    assert (store.read(NAME) or b"").startswith(b"# who is who here")


def test_adding_the_same_again_changes_nothing(people: People) -> None:
    """A script may run twice; the day it was added stays."""
    first = people.file.add("bot", kind="agent", owner="@gz", handles=["@b"], by="tex")
    text = people.text
    second = people.file.add("bot", kind="agent", owner="crt", handles=["@b"], by="tex")
    assert (second.actor, second.created, people.text) == (first.actor, False, text)


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Tex"},
        {"trust_tier": "team"},
        {"handles": ["@t"]},
        {},
        {"kind": "agent", "owner": "crt"},
    ],
)
def test_adding_somebody_who_is_there_with_other_values_is_refused(
    people: People, values: dict[str, Any]
) -> None:
    """Nothing is changed in passing."""
    with pytest.raises(Exists):
        people.file.add("tex", **values, by="tex")
    assert people.text == PEOPLE


@pytest.mark.parametrize(
    ("id", "values", "error"),
    [
        ("../x", {}, InvalidField),
        ("agent", {}, InvalidField),
        ("Mira", {}, InvalidField),
        ("mira", {"name": "a\nb"}, InvalidField),
        ("mira", {"name": "a\u2028b"}, InvalidField),
        ("mira", {"name": "x" * 251}, InvalidField),
        ("mira", {"kind": "helper", "owner": "tex"}, Usage),
        ("mira", {"kind": "robot"}, InvalidField),
        ("mira", {"owner": "tex"}, InvalidField),
        ("mira", {"kind": "agent"}, InvalidField),
        ("mira", {"kind": "agent", "owner": "nobody"}, UnknownActor),
        ("mira", {"kind": "agent", "owner": "tex", "trust_tier": "owner"}, InvalidField),
        ("mira", {"trust_tier": "boss"}, InvalidField),
        ("mira", {"handles": ["mb"]}, InvalidField),
        ("mira", {"handles": ["@a b"]}, InvalidField),
        ("mira", {"handles": ["@GZ"]}, Exists),
        ("mira", {"handles": ["@tex"]}, Exists),
        ("gz", {}, Exists),
    ],
)
def test_who_cannot_be_is_refused_and_nothing_is_written(
    people: People, id: str, values: dict[str, Any], error: type[OrgpostError]
) -> None:
    """Names, handles and owners are checked before a byte is written."""
    with pytest.raises(error):
        people.file.add(id, **{"by": "tex", **values})
    assert people.text == PEOPLE


def test_an_actor_cannot_own_itself() -> None:
    """Not even under a further handle of the settings."""
    people = People("actors:\n- {id: tex, kind: person}\n- {id: bot, kind: agent, owner: tex}\n")
    with pytest.raises(InvalidField):
        people.file.add("bot", kind="agent", owner="bot")


@pytest.mark.parametrize("by", ["crt", "tex-agent", "stranger", None])
def test_only_an_owner_changes_tiers(people: People, by: str | None) -> None:
    """Neither by trusting nor by adding; adding somebody unknown is free."""
    for change in (
        lambda: people.file.trust("crt", "owner", by=by),
        lambda: people.file.add("mira", trust_tier="trusted", by=by),
    ):
        with pytest.raises(NoIdentity if by is None else NotPermitted):
            change()
    assert people.text == PEOPLE
    assert people.file.add("mira", by=by).created


def test_in_a_space_without_an_owner_anyone_may() -> None:
    """Somebody has to be the first."""
    people = People("actors:\n  - {id: crt, kind: person, trust_tier: team}\n")
    assert people.file.trust("crt", "owner").actor.trust_tier == "owner"
    with pytest.raises(NoIdentity):
        people.file.trust("crt", "team")


def test_whom_the_settings_make_an_owner_may_change_tiers() -> None:
    """The effective tier counts."""
    people = People(PEOPLE, Trust(overrides={"crt": "owner", "tex": "team"}))
    assert people.file.trust("tex-agent", "team", by="crt").changed
    with pytest.raises(NotPermitted):
        people.file.trust("tex-agent", "unknown", by="tex")


def test_only_a_person_can_become_owner(people: People) -> None:
    """Also a tier must be one."""
    for id, tier in (("tex-agent", "owner"), ("crt", "boss")):
        with pytest.raises(InvalidField):
            people.file.trust(id, tier, by="tex")
    assert people.text == PEOPLE


def test_trusting_as_before_writes_nothing(people: People) -> None:
    """Unknown is what one is without a word."""
    assert not people.file.trust("crt", "unknown", by="tex").changed
    assert people.text == PEOPLE


def test_who_owns_agents_or_has_unread_mail_stays(people: People) -> None:
    """Unread mail yields to force, agents do not."""
    with pytest.raises(InUse, match="tex owns tex-agent"):
        people.file.remove("tex", force=True)
    with pytest.raises(InUse, match="crt has 3 unread"):
        people.file.remove("crt", unread=3)
    assert people.text == PEOPLE
    assert people.file.remove("crt", unread=3, force=True).id == "crt"


def test_who_is_not_there_cannot_be_removed_or_trusted(people: People) -> None:
    """With the nearest names."""
    changes: list[Callable[[], object]] = [
        lambda: people.file.remove("crx"),
        lambda: people.file.trust("crx", "team", by="tex"),
    ]
    for change in changes:
        with pytest.raises(UnknownActor) as refused:
            change()
        assert refused.value.nearest == ["crt"]


@pytest.mark.parametrize(
    "text",
    [
        "actors: [\n",
        "actors:\n- {id: a, kind: person}\n- {id: b, kind: person, handles: ['@a']}\n",
        "actors: []\nactors: []\n",
        "actors: &x [*x]\n",
        "\ufffe",
    ],
)
def test_a_bad_file_is_not_changed(text: str) -> None:
    """All of its problems are told, and nothing is written."""
    people = People(text)
    changes: list[Callable[[], object]] = [
        lambda: people.file.add("new"),
        lambda: people.file.remove("a"),
        lambda: people.file.trust("a", "team"),
    ]
    for change in changes:
        with pytest.raises(BadContacts):
            change()
    assert people.text == text


def test_a_bad_file_is_read_as_far_as_it_is_good() -> None:
    """Mail can still be listed; whoever writes is told both lines."""
    people = People(
        "actors:\n- {id: tex, kind: person, handles: ['@gz']}\n"
        "- {id: crt, kind: person, handles: ['@gz']}\n"
    )
    contacts = people.file.load()
    assert [actor.id for actor in contacts.actors] == ["tex", "crt"]
    with pytest.raises(BadContacts) as refused:
        contacts.must_be_good()
    assert str(refused.value) == (
        "contacts.yaml:3: actors[1].handles[0]: @gz is a handle of tex too, line 2"
    )


def test_problems_of_yaml_and_of_sense_are_told_together() -> None:
    """One look mends them all."""
    problems = (
        People("actors:\n- {id: a, kind: !x person}\n- {id: B, kind: agent}\n").file.load().problems
    )
    assert [it["line"] for it in problems] == [2, 2, 3, 3]


def test_the_file_is_parsed_again_only_where_its_bytes_are_others(people: People) -> None:
    """A relay asks a thousand times; a person's edit counts at once."""
    first = people.file.load()
    assert people.file.load() is first
    people.write(PEOPLE.replace("@gz", "@zg"))
    assert people.file.load().resolve("@zg").id == "crt"


def test_an_old_file_is_read_again_only_after_a_change() -> None:
    """A young one is read each time: it may change twice between two ticks of a clock."""
    clock = FakeClock()
    store = MemoryStore(clock)
    store.edit(NAME, lambda page: page.rewrite(PEOPLE.encode()))
    contacts = ContactFile(store, clock)
    reads = []
    store.calls.before = lambda call: reads.append(call) if call == "pread" else None
    for seconds, is_read in ((0, True), (0, True), (5, True), (0, False), (9, False)):
        clock.advance(seconds)
        reads.clear()
        contacts.load()
        assert bool(reads) is is_read
    store.edit(NAME, lambda page: page.rewrite(PEOPLE.replace("@gz", "@zg").encode()))
    assert contacts.load().resolve("@zg").id == "crt"


def test_the_settings_have_their_say(people: People) -> None:
    """Overrides and further handles come with every registry that is read."""
    people.file = ContactFile(people.store, FakeClock(), Trust({"crt": "team"}, ("@bot",)))
    contacts = people.file.load()
    assert (contacts.tier("crt"), contacts.resolve("@bot", sender="tex").id) == (
        "team",
        "tex-agent",
    )


def test_several_agents_are_listed_to_who_says_agent(people: People) -> None:
    """Nothing is chosen for the sender."""
    people.file.add("tex-two", kind="agent", owner="tex")
    with pytest.raises(AmbiguousActor):
        people.file.load().resolve("@claude", sender="tex")
