"""The table of tools is the contract: names, arguments, defaults, sizes."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from orgpost.errors import InvalidField, Usage
from orgpost.mcp.server import _listed
from orgpost.mcp.tools import INSTRUCTIONS, REQUIRED, TOOLS

NEEDED: Final = "needed"
TABLE: Final[dict[str, dict[str, Any]]] = {
    "inbox": {"state": "UNREAD", "sender": "", "limit": 20},
    "show": {"id": NEEDED, "full": False},
    "send": {
        "to": NEEDED,
        "text": NEEDED,
        "subject": "",
        "reply_to": "",
        "priority": "normal",
        "expects": "none",
        "id": "",
    },
    "mark": {"ids": NEEDED, "state": NEEDED},
    "task_list": {"state": "", "limit": 20},
    "task_add": {
        "to": NEEDED,
        "title": NEEDED,
        "text": "",
        "effort": 1,
        "estimated_tokens": 0,
        "priority": "normal",
        "depends_on": (),
        "id": "",
    },
    "task_claim": {"lease_seconds": None},
    "task_update": {
        "id": NEEDED,
        "outcome": NEEDED,
        "token": None,
        "text": "",
        "tokens_used": None,
    },
}


def listed() -> list[dict[str, Any]]:
    """The tools as a client gets them."""
    return [
        _listed(tool).model_dump(by_alias=True, exclude_none=True, mode="json")
        for tool in TOOLS.values()
    ]


def test_the_table_is_the_contract() -> None:
    """Exactly these tools, with exactly these arguments and defaults; none takes a sender."""
    found = {
        tool.name: {
            each.name: NEEDED if each.default is REQUIRED else each.default
            for each in tool.arguments
        }
        for tool in TOOLS.values()
    }
    assert found == TABLE


def test_the_list_fits_its_size() -> None:
    """A session pays for it before it has asked for anything."""
    sizes = {tool["name"]: len(json.dumps(tool, separators=(",", ":"))) for tool in listed()}
    assert {name: size for name, size in sizes.items() if size > 900} == {}
    assert len(json.dumps({"tools": listed()}, separators=(",", ":"))) <= 6000
    assert len(INSTRUCTIONS) <= 500
    assert len(sizes) == 8


def test_the_schema_says_the_defaults() -> None:
    """What a client is shown is what a call is read by."""
    for tool in listed():
        facts = tool["inputSchema"]
        told = {name: each.get("default") for name, each in facts["properties"].items()}
        wanted = {
            name: None if value is NEEDED else list(value) if value == () else value
            for name, value in TABLE[tool["name"]].items()
        }
        assert told == wanted
        assert facts["required"] == [n for n, v in TABLE[tool["name"]].items() if v is NEEDED]
        assert facts["additionalProperties"] is False


def test_the_kinds_are_hints() -> None:
    """A client may let what only reads pass unasked."""
    hints = {tool["name"]: tool["annotations"] for tool in listed()}
    assert [name for name, hint in hints.items() if hint.get("readOnlyHint")] == [
        *("inbox", "show", "task_list")
    ]
    assert [name for name, hint in hints.items() if hint.get("idempotentHint")] == ["mark"]


@pytest.mark.parametrize(
    ("tool", "given", "field"),
    [
        ("inbox", {"limit": 101}, "limit"),
        ("inbox", {"limit": 0}, "limit"),
        ("task_list", {"limit": 0}, "limit"),
        ("inbox", {"limit": True}, "limit"),
        ("inbox", {"limit": "20"}, "limit"),
        ("show", {"id": 7}, "id"),
        ("show", {"id": "x", "full": "yes"}, "full"),
        ("send", {"to": "tex", "text": "x", "priority": "urgent"}, "priority"),
        ("mark", {"ids": "msg-x", "state": "read"}, "ids"),
        ("mark", {"ids": [1], "state": "read"}, "ids"),
        ("task_update", {"id": "x", "outcome": "approve"}, "outcome"),
        ("task_claim", {"lease_seconds": 1.5}, "lease_seconds"),
        ("task_add", {"to": "a", "title": "t", "effort": 10**30}, "effort"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(tool: str, given: dict[str, Any], field: str) -> None:
    """Before a file is opened."""
    with pytest.raises(InvalidField) as refusal:
        TOOLS[tool].read(given)
    assert refusal.value.field == field


@pytest.mark.parametrize("name", ["from", "sender", "as", "actor", "me", "via", "space", "session"])
def test_no_argument_makes_another_sender(name: str) -> None:
    """Who acts was fixed at the start; what is not in the table is no argument."""
    for tool in TOOLS.values():
        if name not in TABLE[tool.name]:
            with pytest.raises(Usage):
                tool.read({name: "crt"})


def test_nothing_is_as_left_out() -> None:
    """Programs that fill in every argument say null for what they do not mean."""
    given = dict.fromkeys(TABLE["inbox"])
    assert TOOLS["inbox"].read(given) == TABLE["inbox"]
    with pytest.raises(Usage):
        TOOLS["send"].read({"to": "tex", "text": None})
