"""Who becomes an actor, under which name, and with which handles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.migrate.people import NewActor, People, Told, legal_name, meet, name_all

if TYPE_CHECKING:
    from collections.abc import Mapping


SHARED = (
    "claude had no inbox: its handles mean the sender's own agent; to keep @bot too, add them to "
    "messaging.agent_handles"
)


def met(
    told: Told,
    owner: str = "",
    known: Mapping[str, str] | None = None,
    kinds: Mapping[str, str] | None = None,
) -> People:
    """Meet people in a space that has no actors yet."""
    return meet(told, owner=owner, known=known or {}, kinds=kinds or {})


def by_id(people: People) -> dict[str, NewActor]:
    """Give the actors by their ids."""
    return {actor.id: actor for actor in people.actors}


def test_people_of_the_old_registry_are_trusted_and_keep_handles_and_date() -> None:
    """A person of USERS.yaml is a person here, with what was known."""
    users = [("gregor", {"handles": ["@gregor", "@gz"], "added": "2025-12-11"})]
    assert met(Told(users=users)).actors == [
        NewActor("gregor", trust_tier="trusted", handles=("@gregor", "@gz"), added="2025-12-11")
    ]


def test_whom_the_old_whitelist_names_is_of_the_team() -> None:
    """The whitelist said who might talk to an agent."""
    people = met(Told(users=[("crt", {}), ("tex", {})], trusted=frozenset({"crt"})))
    assert [actor.trust_tier for actor in people.actors] == ["team", "trusted"]


def test_the_actor_that_is_named_is_the_owner() -> None:
    """`--actor` is a person of tier owner, whether the registry has it or not."""
    people = by_id(met(Told(users=[("tex", {"handles": ["@t"]})]), owner="tex"))
    assert (people["tex"].trust_tier, people["tex"].handles) == ("owner", ("@t",))


def test_an_agent_belongs_to_whom_its_name_says() -> None:
    """The owner is added as a person of tier unknown where nobody knew them."""
    people = by_id(met(Told(mentioned=["mira-claude"])))
    assert (people["mira-claude"], people["mira"]) == (
        NewActor("mira-claude", kind="agent", owner="mira"),
        NewActor("mira"),
    )


def test_an_agent_without_a_telling_name_belongs_to_the_first_person() -> None:
    """An agent has an owner, always."""
    people = by_id(met(Told(users=[("bot", {"type": "ai"}), ("tex", {})])))
    assert (people["bot"].kind, people["bot"].owner, people["bot"].trust_tier) == (
        "agent",
        "tex",
        "unknown",
    )


def test_the_claude_of_everybody_is_no_actor_but_a_note() -> None:
    """Without an inbox it stood for the sender's own agent, which two handles still mean."""
    users = [("claude", {"handles": ["@claude", "@bot"], "type": "ai"}), ("tex", {})]
    people = met(Told(users=users, mentioned=["tex"]))
    assert ([actor.id for actor in people.actors], people.notes) == (
        ["tex"],
        [SHARED],
    )


def test_a_claude_with_mail_is_an_agent() -> None:
    """Its mail is not lost with the name."""
    users = [("claude", {"handles": ["@ai"], "type": "ai"}), ("tex", {})]
    people = by_id(met(Told(users=users, mentioned=["claude"])))
    assert (people["claude"].kind, people["claude"].owner) == ("agent", "tex")


def test_names_become_legal_and_the_old_form_a_handle() -> None:
    """Lowered, other characters a hyphen; what no handle can say is noted."""
    people = met(Told(mentioned=["Gregor.Z", "Žan K"]))
    assert (people.names, [actor.handles for actor in people.actors], people.notes[-1]) == (
        {"Gregor.Z": "gregor-z", "Žan K": "an-k"},
        [("@gregor.z",), ()],
        "@žan k cannot be a handle of an-k",
    )


def test_a_reserved_name_gets_another() -> None:
    """`all` and the like mean something else to us."""
    assert [legal_name(old) for old in ("all", "import", "@tex", "..", "x" * 60)] == [
        "all-actor",
        "import-actor",
        "tex",
        "nobody",
        "x" * 48,
    ]


def test_two_people_never_become_one() -> None:
    """Equal after cleaning, but not the same: the second gets a number."""
    olds = ["a.b", "a-b", "tex@one.example", "tex@two.example", "tex", "TEX"]
    assert name_all(olds, {}) == {
        "a-b": "a-b",
        "tex": "tex",
        "a.b": "a-b-2",
        "tex@one.example": "tex",
        "tex@two.example": "tex-2",
        "TEX": "tex",
    }


def test_who_is_known_already_keeps_the_name() -> None:
    """A second run finds by handle whom the first one renamed, and adds nobody."""
    known = {"a-b-2": "a-b-2", "@a.b": "a-b-2", "a-b": "a-b"}
    people = met(Told(mentioned=["a.b"]), known=known, kinds={"a-b": "person", "a-b-2": "person"})
    assert (people.names, people.actors) == ({"a.b": "a-b-2"}, [])


def test_a_handle_stays_with_one_actor() -> None:
    """It may neither be another's handle nor another's name."""
    users = [("tex", {"handles": ["@t", "@crt"]}), ("crt", {"handles": ["@T"]})]
    people = met(Told(users=users))
    assert ([actor.handles for actor in people.actors], people.notes) == (
        [("@t",), ()],
        ["@crt is somebody else already, not tex too", "@t is somebody else already, not crt too"],
    )


def test_actors_of_v02_keep_name_tier_and_old_id() -> None:
    """The host in an id becomes a handle; an agent is never of tier owner."""
    actors = [
        {"id": "tex@team.example", "name": "Tex Novak", "trust_tier": "owner"},
        {"id": "tex-claude@team.example", "trust_tier": "owner"},
    ]
    people = by_id(met(Told(actors=actors, agents=["tex-claude"])))
    assert (people["tex"], people["tex-claude"]) == (
        NewActor("tex", trust_tier="owner", name="Tex Novak", handles=("@tex@team.example",)),
        NewActor(
            "tex-claude",
            kind="agent",
            owner="tex",
            trust_tier="team",
            name="tex-claude@team.example",
            handles=("@tex-claude@team.example",),
        ),
    )
