"""The registry: who is meant by a name, and how far they are trusted."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date
from typing import Final

import pytest

from orgpost.contact import Actor, Contacts, Trust
from orgpost.errors import AmbiguousActor, BadContacts, Problem, UnknownActor

PROBLEM: Final = Problem(file="contacts.yaml", line=1, key="", problem="is bad", hint="")


def person(id: str, tier: str = "unknown", *handles: str, name: str = "") -> Actor:
    """A person."""
    return Actor(id=id, name=name or id, kind="person", trust_tier=tier, handles=handles)


def agent(id: str, owner: str, tier: str = "unknown", kind: str = "agent") -> Actor:
    """An agent, or a helper."""
    return Actor(id=id, name=id, kind=kind, owner=owner, trust_tier=tier)


TEX: Final = person("tex", "owner", "@tex", "@Boss", name="Tex Novak")
CRT: Final = person("crt", "team", "@gz")
TEX_AGENT: Final = agent("tex-agent", "tex", "team")
ALL: Final = Contacts([TEX, CRT, TEX_AGENT, agent("helper-1", "tex-agent", "owner", "helper")])


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("tex", "tex"),
        ("@tex", "tex"),
        ("@boss", "tex"),
        ("@BOSS", "tex"),
        ("@gz", "crt"),
        ("@crt", "crt"),
    ],
)
def test_an_actor_is_found_by_id_and_handle(name: str, id: str) -> None:
    """Handles are compared without case, and each id is a handle of its own."""
    assert ALL.resolve(name).id == id


@pytest.mark.parametrize(
    "name", ["txe", "TEX", "Tex Novak", "boss", "", "@", "tex\n", "../tex", "t" * 10**6]
)
def test_whoever_is_not_known_is_nobody(name: str) -> None:
    """Nothing is guessed; sending never creates an actor."""
    with pytest.raises(UnknownActor):
        ALL.resolve(name)


def test_an_unknown_name_is_told_the_nearest() -> None:
    """By id, by handle and by name; each actor once."""
    with pytest.raises(UnknownActor) as refused:
        ALL.resolve("txe")
    assert refused.value.details == {"name": "txe", "nearest": ["tex"]}
    assert [ALL.nearest(name)[0] for name in ("@bos", "tex novac", "Crt")] == ["tex", "tex", "crt"]


def test_at_most_five_names_are_near() -> None:
    """The nearest first."""
    many = Contacts([person(f"anna{n}") for n in range(9)])
    assert len(many.nearest("anna")) == 5
    assert many.nearest("anna7")[0] == "anna7"


def test_agent_means_the_senders_own_agent() -> None:
    """Whatever the setting names; case does not matter."""
    assert [ALL.resolve(name, sender="tex").id for name in ("@agent", "@claude", "@AI")] == [
        "tex-agent"
    ] * 3


def test_who_owns_no_agent_has_none() -> None:
    """Also where nobody sends."""
    for sender in ("crt", "tex-agent", None):
        with pytest.raises(UnknownActor):
            ALL.resolve("@agent", sender=sender)


def test_who_owns_several_agents_must_name_one() -> None:
    """They are listed."""
    contacts = Contacts([TEX, TEX_AGENT, agent("tex-two", "tex")])
    with pytest.raises(AmbiguousActor) as refused:
        contacts.resolve("@agent", sender="tex")
    assert refused.value.matches == ["tex-agent", "tex-two"]


def test_an_actor_that_carries_the_handle_is_meant() -> None:
    """@agent is only a way of speaking where it is nobody's handle."""
    contacts = Contacts([TEX, TEX_AGENT, person("mira", "team", "@Agent")])
    assert contacts.resolve("@agent", sender="tex").id == "mira"


def test_the_handles_that_mean_the_own_agent_are_a_setting() -> None:
    """And replace the usual ones."""
    contacts = Contacts([TEX, TEX_AGENT], Trust(agent_handles=("@Bot",)))
    assert contacts.resolve("@bot", sender="tex").id == "tex-agent"
    with pytest.raises(UnknownActor):
        contacts.resolve("@agent", sender="tex")


def test_further_handles_of_the_settings_count_where_nobody_has_them() -> None:
    """Contacts are shared, settings are one person's."""
    trust = Trust(handles={"tex": ("@T", "@gz"), "nobody": ("@n",)})
    contacts = Contacts([TEX, CRT], trust)
    assert [contacts.resolve(name).id for name in ("@t", "@gz")] == ["tex", "crt"]


def test_an_agent_belongs_to_its_owner() -> None:
    """Helpers too."""
    assert [actor.id for actor in ALL.agents_of("tex")] == ["tex-agent"]
    assert [actor.id for actor in ALL.agents_of("tex-agent")] == ["helper-1"]


def test_a_tier_is_what_the_contacts_say() -> None:
    """And unknown for whoever is not in them."""
    tiers = [ALL.tier(id) for id in ("tex", "crt", "tex-agent", "stranger", "orgpost", "import")]
    assert tiers == ["owner", "team", "team", "unknown", "unknown", "unknown"]


def test_toward_its_own_agent_an_owner_is_owner() -> None:
    """Whatever their tier; toward the agents of others it is their tier."""
    contacts = Contacts([CRT, agent("crt-agent", "crt"), TEX, TEX_AGENT])
    assert contacts.tier("crt", toward="crt-agent") == "owner"
    assert contacts.tier("crt", toward="tex-agent") == "team"


def test_a_setting_overrides_the_contacts() -> None:
    """Up and down, also for someone who is not in them."""
    trust = Trust(overrides={"tex": "unknown", "crt": "owner", "stranger": "trusted"})
    contacts = Contacts([TEX, CRT], trust)
    assert [contacts.tier(id) for id in ("tex", "crt", "stranger")] == [
        "unknown",
        "owner",
        "trusted",
    ]


def test_no_setting_makes_an_owner_of_who_is_no_person() -> None:
    """It is told, and until it is mended the tier is unknown."""
    trust = Trust(overrides={"tex-agent": "owner", "stranger": "owner", "crt": "owner"})
    contacts = Contacts([TEX, CRT, TEX_AGENT], trust)
    assert contacts.bad_overrides() == ["tex-agent", "stranger"]
    assert [contacts.tier(id) for id in ("tex-agent", "stranger")] == ["unknown", "unknown"]


def test_a_helper_is_trusted_no_further_than_its_parent() -> None:
    """And its parent no further than its own."""
    helpers = [
        agent("h-team", "crt", "team", "helper"),
        agent("h-low", "crt", "unknown", "helper"),
        agent("h-of-h", "h-low", "team", "helper"),
        agent("h-lost", "stranger", "team", "helper"),
    ]
    contacts = Contacts([CRT, *helpers])
    assert [contacts.tier(each.id) for each in helpers] == ["team", "unknown", "unknown", "unknown"]


def test_helpers_that_are_each_others_parents_are_trusted_with_nothing() -> None:
    """A circle ends."""
    circle = [agent("h-1", "h-2", "team", "helper"), agent("h-2", "h-1", "team", "helper")]
    assert Contacts(circle).tier("h-1") == "unknown"


def test_a_chain_is_trusted_as_far_as_its_weakest() -> None:
    """No way through an agent buys more trust."""
    assert ALL.effective_tier("tex") == "owner"
    assert ALL.effective_tier("tex", ["crt"]) == "team"
    assert ALL.effective_tier("tex", ["crt", "stranger"]) == "unknown"
    assert ALL.effective_tier("tex", ["tex"], toward="tex-agent") == "owner"


def test_good_contacts_are_good() -> None:
    """And with a problem they are not, for whoever is about to write."""
    ALL.must_be_good()
    with pytest.raises(BadContacts) as refused:
        Contacts([TEX], problems=[PROBLEM]).must_be_good()
    assert refused.value.problems == [PROBLEM]


def test_an_actor_does_not_change() -> None:
    """A change is a new value."""
    with pytest.raises(FrozenInstanceError):
        TEX.name = "x"  # type: ignore[misc]


def test_an_actor_as_json() -> None:
    """The promised keys, in their order."""
    actor = Actor(id="a", name="A", kind="person", handles=("@a",), added=date(2026, 11, 20))
    assert actor.to_dict() == {
        "id": "a",
        "name": "A",
        "kind": "person",
        "owner": None,
        "trust_tier": "unknown",
        "handles": ["@a"],
        "added": "2026-11-20",
    }
    assert TEX_AGENT.to_dict()["added"] is None
