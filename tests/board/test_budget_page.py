"""The budget's page: the governor's figures, once as a picture and once as a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orgpost.relay.board.spending import budget

if TYPE_CHECKING:
    from orgpost.clock import FakeClock
    from tests.board.visiting import Place
    from tests.cli.office import Office


def spend(office: Office, clock: FakeClock) -> Any:
    """Tasks of three senders, one of them done; the figures as the command line tells them."""
    id = office.add("One", "--tokens", "4000", by="crt")
    office.add("Two", "--tokens", "3000", by="ann")
    office.add("Three", "--tokens", "2000", by="tex")
    clock.advance(100)
    office.claim("--id", id)
    office.data("complete", id, "--tokens", "3500", by="tex-agent")
    return office.cli.data("budget", "show")


def figures(text: str) -> dict[str, tuple[int, int, int]]:
    """What stands in the table: spent, reserved, limit of each sender."""
    found = {}
    for row in re.findall(r"<tr.*?</tr>", text, re.DOTALL)[1:]:
        name = re.sub(r"<[^>]*>", "", row.split("</th>")[0]).strip()
        spent, reserved, limit = map(int, re.findall(r'data-value="(\d+)"', row))
        found[name] = (spent, reserved, limit)
    return found


def test_the_table_has_the_governors_figures(
    place: Place, office: Office, clock: FakeClock
) -> None:
    """The same as `orgpost budget show`, of each sender and of all."""
    told = spend(office, clock)
    found = figures(place.visitor("tex").read("/budget").text)
    whole = told["global"]
    assert found.pop("all senders") == (whole["spent"], whole["reserved"], whole["limit"])
    wanted = {s["actor"]: (s["spent"], s["reserved"], s["limit"]) for s in told["senders"]}
    assert found == wanted
    assert set(wanted) >= {"crt", "ann"}


def test_the_picture_shows_the_same_figures_in_proportion(
    place: Place, office: Office, clock: FakeClock
) -> None:
    """One scale for all senders, and in words for who cannot see it."""
    told = spend(office, clock)
    text = place.visitor("tex").read("/budget").text
    svg = text[text.index("<svg") : text.index("</svg>")]
    assert "<title" in svg
    assert "<desc" in svg
    bars = re.findall(
        r'bar-name"[^>]*>\s*([^<(]+?) \(.*?bar-spent"[^>]*width="([0-9.]+)%".*?'
        r'bar-reserved"[^>]*width="([0-9.]+)%"',
        svg,
        re.DOTALL,
    )
    most = max(max(s["limit"], s["spent"] + s["reserved"]) for s in told["senders"])
    for sender in told["senders"]:
        [(spent, reserved)] = [bar[1:] for bar in bars if bar[0] == sender["actor"]]
        assert abs(float(spent) - 100 * sender["spent"] / most) < 0.01
        assert abs(float(reserved) - 100 * sender["reserved"] / most) < 0.01
    assert "crt: 3\u202f500 spent, 0 reserved of 100\u202f000" in svg


def test_a_day_without_tasks_has_an_empty_picture(place: Place, office: Office) -> None:
    """Nobody is divided by."""
    page = place.visitor("tex").read("/budget")
    assert figures(page.text) == {"all senders": (0, 0, 500_000)}
    assert "Nobody has asked for anything today." in page.words


def test_the_most_trusted_stand_first(office: Office, clock: FakeClock) -> None:
    """By tier, then by what they used."""
    from orgpost.post import Post

    spend(office, clock)
    with Post.open(office.space, "tex") as post:
        made = budget(post.governor.accounts.balance(None, None), clock)
    tiers = [bar.tier for bar in made.bars]
    assert tiers == sorted(tiers, key=("owner", "team", "trusted", "unknown").index)
    assert all(bar.spent_width + bar.reserved_width <= 100 for bar in made.bars)
