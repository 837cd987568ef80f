"""The table of settings: what is checked, what is merged, and that the documents say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from orgpost.config import (
    BY_NAME,
    DEFAULT,
    GROUPS,
    Layer,
    Settings,
    check,
    check_value,
    nearest_name,
    refuse_overrides,
    wanted,
)
from orgpost.config.table import KEYS
from orgpost.names import TIERS
from orgpost.yaml_text import read_yaml

if TYPE_CHECKING:
    from orgpost.config.key import Key
    from orgpost.errors import Problem

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "settings.local.yaml.example"
MANUAL: Final = ROOT / "docs" / "settings.md"

MAPS: Final = ("lists", "rates", "tiers")
# What is good and what is not, for each kind.
GOOD: Final[dict[str, list[Any]]] = {
    "actor": ["tex", "tex-agent"],
    "bool": [True, False],
    "choice": [],
    "float": [],
    "handles": [[], ["@tex", "@tex@example.com"]],
    "int": [],
    "lists": [{}, {"tex-agent": ["crt", "tier:team"], "bot": ["all"]}],
    "path": ["~/mail", "/tmp/x", "x"],
    "paths": [[], ["~/a", "/b"]],
    "rates": [{}, {"owner": 0, "team": 7}],
    "secret": ["x" * 32, ""],
    "text": ["127.0.0.1", "a b", "ö"],
    "texts": [[], ["https://example.com", "b"]],
    "tiers": [{}, {"crt": "team", "mira": "unknown"}],
}
BAD: Final[dict[str, list[Any]]] = {
    "actor": ["Tex", "", "../x", "agent", 7, ["tex"], True],
    "bool": ["yes", 1, None, []],
    "choice": ["on", "", None, True, 0],
    "float": [-0.1, 1000.5, "1", None, True, float("nan"), float("inf")],
    "handles": ["@tex", None, ["tex"], [7], {"@a": 1}],
    "int": [-1, 1.5, "7", None, True, 10**9 * 1000, [1]],
    "lists": [
        *([], None, {"Tex": ["crt"]}, {"tex": "all"}, {"tex": []}, {"tex": None}),
        *({"tex": ["tier:boss"]}, {"tex": ["crt", 7]}, {"tex": [["crt"]]}, {"tex": ["All"]}),
    ],
    "path": ["", "a\0b", 7, ["x"], True],
    "paths": ["~/a", None, [""], [7]],
    "rates": [[], None, {"boss": 1}, {"team": -1}, {"team": True}, {"team": "1"}, {"team": 1.5}],
    "secret": [7, True, ["x"], {"a": "b"}],
    "text": ["", "a\nb", "\x1b[0m", 7, ["x"], True],
    "texts": ["https://example.com", None, [""], [7], ["a\nb"]],
    "tiers": [[], None, {"Tex": "team"}, {"tex": "boss"}, {"tex": None}, {"tex": 1}],
}


def problems_of(text: str) -> list[Problem]:
    """Check a text as if it stood in a file."""
    page = read_yaml(text.encode(), "s.yaml")
    assert page.problems == []
    return check(page.data, "s.yaml", page.line)[1]


def layer_of(text: str, origin: str = "s.yaml") -> Layer:
    """Read a good text."""
    page = read_yaml(text.encode(), origin)
    layer, problems = check(page.data, origin, page.line)
    assert problems == []
    return layer


def default_of(key: Key) -> str:
    """Write a default as YAML does."""
    if key.default is None:
        return ""
    kind = {"handles": list, "paths": list, "texts": list, **dict.fromkeys(MAPS, dict)}.get(
        key.kind
    )
    value = kind(key.default) if kind else key.default
    words: str = yaml.safe_dump(value, default_flow_style=True, width=200)
    return words.split("\n", maxsplit=1)[0].replace("'", '"')


def manual_row(key: Key) -> str:
    """The line of the manual that tells of this key."""
    default = f"`{default_of(key)}`" if default_of(key) else "not set"
    return f"| `{key.name}` | {wanted(key)} | {default} | {key.meaning} |"


def example_text() -> str:
    """The commented keys of the example file, as they must stand there."""
    lines: list[str] = []
    open_groups: list[str] = []
    for key in KEYS:
        *groups, last = key.name.split(".")
        while open_groups != groups[: len(open_groups)]:
            open_groups.pop()
        for group in groups[len(open_groups) :]:
            lines += (
                ["", f"# {group}:"] if not open_groups else [f"# {'  ' * len(open_groups)}{group}:"]
            )
            open_groups.append(group)
        entry = f"{'  ' * len(groups)}{last}: {default_of(key)}".rstrip()
        lines += [f"# {'  ' * len(groups)}## {key.meaning} ({wanted(key)})", f"# {entry}"]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_each_key_takes_what_is_right(key: Key) -> None:
    """And keeps it as it is."""
    good = [*key.choices] or GOOD[key.kind]
    values = good if key.low is None else [key.low, key.low + 1, key.high or 10**12]
    assert [check_value(key.name, value) for value in values] == [(value, []) for value in values]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_each_key_refuses_what_is_wrong(key: Key) -> None:
    """A wrong type, a value out of range, an illegal name: nothing is turned into something."""
    values = [value for value in BAD[key.kind] if key.high is not None or value != 10**12]
    assert [value for value in values if not check_value(key.name, value)[1]] == []


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_each_default_is_a_value_that_the_key_takes(key: Key) -> None:
    """A default that could not be written down would be a trap."""
    plain = {tuple: list}.get(type(key.default))
    value = plain(key.default) if plain else key.default
    value = dict(value) if key.kind in MAPS else value
    assert check_value(key.name, value) == (value, [])


@pytest.mark.parametrize(
    "key", [key for key in KEYS if key.low is not None], ids=lambda key: key.name
)
def test_a_number_is_bounded_on_both_sides_as_the_table_says(key: Key) -> None:
    """One step outside is outside."""
    assert key.low is not None
    outside = [key.low - 1, *([] if key.high is None else [key.high + 1])]
    assert all(check_value(key.name, value)[1] for value in outside)


def test_every_problem_is_told_with_its_line_and_a_hint() -> None:
    """An unknown key, a wrong type and a bad tier name: three problems at once."""
    text = (
        "identity: {name: tex}\nmessaging:\n  stale_after_ours: 3\n  archive_keep: many\n"
        "  trust_overrides:\n    crt: boss\n"
    )
    assert problems_of(text) == [
        {
            "file": "s.yaml",
            "line": 3,
            "key": "messaging.stale_after_ours",
            "problem": "is no setting",
            "hint": "did you mean messaging.stale_after_hours?",
        },
        {
            "file": "s.yaml",
            "line": 4,
            "key": "messaging.archive_keep",
            "problem": "must be a whole number from 0 to 100000, not 'many'",
            "hint": "",
        },
        {
            "file": "s.yaml",
            "line": 6,
            "key": "messaging.trust_overrides.crt",
            "problem": "'boss' is no tier",
            "hint": "one of owner team trusted unknown",
        },
    ]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("- a\n", ""),
        ("messaging: 3\n", "messaging"),
        ("messaging:\n  limits: [1]\n", "messaging.limits"),
        ("messaging.spaces: []\n", "messaging.spaces"),
        ("messaging: {spaces: [a, 3]}\n", "messaging.spaces[1]"),
        ("identity: {handles: ['@a', b]}\n", "identity.handles[1]"),
        ("messaging: {trust_overrides: {Crt: team}}\n", "messaging.trust_overrides.Crt"),
        ("identity: {name: import}\n", "identity.name"),
        ("messaging: {computer: {daily_budget_tokens: 1}}\n", "messaging.computer"),
        ("messaging: {trust_tiers: {boss: {auto_accept: no}}}\n", "messaging.trust_tiers.boss"),
        ("messaging: {whitelists: {tex: [crt, 7]}}\n", "messaging.whitelists.tex[1]"),
        (
            "messaging: {limits: {messages_per_minute: {boss: 1}}}\n",
            "messaging.limits.messages_per_minute.boss",
        ),
    ],
)
def test_a_problem_names_the_place(text: str, key: str) -> None:
    """Down to the item of a list."""
    assert [(it["key"], it["line"]) for it in problems_of(text)] == [(key, text.count("\n"))]


@pytest.mark.parametrize("text", ["", "# x\n", "messaging:\n", "identity: {name: }\n", "{}\n"])
def test_what_says_nothing_is_no_problem(text: str) -> None:
    """A map whose entries are all commented out, a name that is not filled in yet."""
    assert problems_of(text) == []
    assert layer_of(text).values == {}


def test_off_is_a_word_and_not_a_truth() -> None:
    """YAML reads `sync: off` as false; who wrote it meant the word."""
    assert Settings([layer_of("store: {sync: off}\n")]).text("store.sync") == "off"


def test_a_value_is_shown_short_and_a_tree_not_at_all() -> None:
    """A problem fits a line, whatever stands in the file."""
    [problem] = problems_of(f"store: {{sync: {'x' * 500}}}\n")
    assert len(problem["problem"]) < 120
    [problem] = problems_of("store: {sync: [1, 2, 3]}\n")
    assert problem["problem"] == "must be full or off, not a list"


def test_without_files_all_is_default() -> None:
    """No file is needed."""
    settings = Settings()
    assert {settings.origin(name) for name in BY_NAME} == {DEFAULT}
    assert settings.line("store.sync") is None
    assert repr(settings) == "Settings()"


def test_the_stronger_file_wins_and_maps_are_merged() -> None:
    """Lists and scalars replace; the rest of the weaker file still counts."""
    user = layer_of(
        "identity: {name: tex, handles: ['@a']}\n"
        "messaging: {trust_overrides: {crt: team, mira: team}}\n",
        "user",
    )
    space = layer_of(
        "identity: {handles: ['@b']}\n\nmessaging: {trust_overrides: {crt: unknown}}\n", "space"
    )
    settings = Settings([user, space])
    assert settings.text("identity.name") == "tex"
    assert settings.words("identity.handles") == ("@b",)
    assert settings.tiers("messaging.trust_overrides") == {"crt": "unknown", "mira": "team"}
    origins = [settings.origin(name) for name in ("identity.name", "identity.handles")]
    assert [*origins, settings.line("messaging.trust_overrides")] == ["user", "space", 3]


def test_settings_are_asked_by_name_and_kind() -> None:
    """A misspelt or mistaken question is a fault of the program, found at once."""
    settings = Settings()
    with pytest.raises(KeyError):
        settings.text("store.sink")
    with pytest.raises(TypeError, match="of kind int"):
        settings.text("store.quarantine_days")
    answers = (
        settings.whole("store.quarantine_days"),
        settings.number("store.lock_seconds"),
        settings.truth("messaging.show_in_today"),
        settings.text("hooks.actor"),
        settings.words("messaging.agent_handles"),
    )
    assert answers == (90, 10.0, True, None, ("@agent", "@claude", "@ai"))


def test_settings_do_not_change() -> None:
    """What was checked is what counts."""
    tiers = Settings([layer_of("messaging: {trust_overrides: {a: team}}")]).tiers(
        "messaging.trust_overrides"
    )
    with pytest.raises(TypeError):
        tiers["a"] = "owner"  # type: ignore[index]
    with pytest.raises(TypeError):
        Settings()["messaging.trust_overrides"]["a"] = "owner"


def test_shown_settings_are_plain_data_with_their_origin() -> None:
    """What config show prints as JSON."""
    settings = Settings([layer_of("messaging: {trust_overrides: {a: team}}\n", "f")])
    assert settings.names() == tuple(BY_NAME)
    assert settings.found("messaging.trust_overrides") == ({"a": "team"}, "f")
    handles = settings.found("messaging.agent_handles")
    assert handles == (["@agent", "@claude", "@ai"], DEFAULT)


def test_an_override_that_makes_an_owner_of_an_agent_is_told_with_its_line() -> None:
    """Who is a person is known to the contacts; where it stands, to the settings."""
    settings = Settings([layer_of("\nmessaging: {trust_overrides: {bot: owner}}\n", "f")])
    [problem] = refuse_overrides(settings, ["bot"])
    place = problem["file"], problem["line"], problem["key"]
    assert place == ("f", 2, "messaging.trust_overrides.bot")


def test_what_a_repr_tells_is_what_was_set() -> None:
    """A log line is not the manual."""
    assert (
        repr(Settings([layer_of("store: {quarantine_days: 7}")]))
        == "Settings(store.quarantine_days=7)"
    )


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_each_setting_is_read_by_somebody(key: Key) -> None:
    """A setting that nobody reads is a promise that nobody keeps."""
    *_, tier, last = key.name.split(".")
    name = f"messaging.trust_tiers.{{tier}}.{last}" if tier in TIERS else key.name
    readers = [
        path.name
        for path in (ROOT / "lib" / "orgpost").rglob("*.py")
        if f'"{name}"' in path.read_text(encoding="utf-8")
    ]
    assert set(readers) - {"table.py"} != set()


def test_a_secret_is_shown_to_nobody() -> None:
    """Neither who shows settings nor a log line tells it; who signs with it asks for it."""
    settings = Settings([layer_of("messaging: {relay: {secret: c4n4ry}}\n")])
    assert settings.found("messaging.relay.secret").value == "(hidden)"
    assert "c4n4ry" not in repr(settings)
    assert settings.secret("messaging.relay.secret") == "c4n4ry"
    [problem] = problems_of("messaging: {relay: {secret: [c4n4ry]}}\n")
    assert problem["problem"] == "must be a secret text, not a list"


def test_groups_are_what_stands_before_a_dot() -> None:
    """No key is the parent of another."""
    assert GROUPS & set(BY_NAME) == set()
    below = {"limits", "trust_tiers", "compute", "compute.rate_limits", "tasks", "relay"}
    tiers = {f"messaging.trust_tiers.{tier}" for tier in TIERS}
    groups = {"identity", "messaging", "notify", "store", "hooks"} | {
        f"messaging.{it}" for it in below
    }
    assert groups | tiers == GROUPS


def test_the_manual_tells_every_setting_as_the_table_has_it() -> None:
    """Row for row, in the order of the table, and none that does not exist."""
    rows = re.findall(r"^\| `[a-z].*$", MANUAL.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [manual_row(key) for key in KEYS]


def test_the_example_tells_every_setting_with_its_default() -> None:
    """Row for row, in the order of the table."""
    assert EXAMPLE.read_text(encoding="utf-8").endswith(example_text())


def test_the_example_can_be_used_as_it_is_and_uncommented() -> None:
    """As it is, it says nothing; with its keys uncommented, it says the defaults."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert problems_of(text) == []
    lines = re.findall(r"^# ( *[a-z_]+:.*)$", text, re.MULTILINE)
    settings = Settings([layer_of("\n".join(lines))])
    defaults = [Settings().found(name).value for name in BY_NAME]
    assert [settings.found(name).value for name in BY_NAME] == defaults


def test_an_empty_list_says_what_it_could_mean() -> None:
    """One program meant everyone by it, a reader expects nobody."""
    [problem] = problems_of("messaging: {whitelists: {tex-agent: []}}\n")
    said = "v0.1 meant everyone by it, readers expect nobody: say which"
    assert (problem["problem"], problem["hint"]) == ("is an empty list", said)


def test_maps_of_tiers_and_of_lists_are_asked_by_their_kind() -> None:
    """What is not named keeps its default."""
    text = "messaging: {limits: {messages_per_minute: {team: 7}}, whitelists: {bot: [crt]}}\n"
    settings = Settings([layer_of(text)])
    assert settings.rates("messaging.limits.messages_per_minute") == {
        "owner": 0,
        "team": 7,
        "trusted": 60,
        "unknown": 10,
    }
    assert settings.lists("messaging.whitelists") == {"bot": ("crt",)}


def test_no_setting_is_said_to_be_meant_by_its_own_name() -> None:
    """A group of settings is none, and is most like itself."""
    assert nearest_name("messaging") != "messaging"
    assert nearest_name("mesaging") == "messaging"
