"""The wire: what is a frame, what is none, and that nothing a client sends is repeated to it."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgpost.relay import protocol
from orgpost.relay.protocol import BadFrame, encode, on_the_wire, read_frame

RUBBISH: Final = {
    **dict.fromkeys(("[]", "1", '"x"', "null", "{", "{}", "NaN", "", " ", "true"), "bad_frame"),
    '{"type": 1}': "bad_frame",
    '{"type": null}': "bad_frame",
    '{"type": ["ping"]}': "bad_frame",
    '{"type": "ping", "ref": NaN}': "bad_frame",
    '{"type": "ping", "x": Infinity}': "bad_frame",
    '{"type": "ping", "x": 1e999}': "bad_frame",
    '{"type": "ping", "x": "\\ud800"}': "bad_frame",
    '{"type": "ping", "\\udc00": 1}': "bad_frame",
    '{"type": "ping", "ref": true}': "bad_frame",
    '{"type": "ping", "ref": 1.5}': "bad_frame",
    '{"type": "ping", "ref": []}': "bad_frame",
    '{"type": "ping", "ref": 99999999999999999999}': "bad_frame",
    f'{{"type": "ping", "ref": "{"r" * 65}"}}': "bad_frame",
    "[" * 20_000: "bad_frame",
    '{"a":' * 5000: "bad_frame",
    '{"a":' * 5000 + "1" + "}" * 5000: "bad_frame",
    f'{{"type": "ping", "x": {"9" * 5000}}}': "bad_frame",
    f'{{"type": "ping", "x": {"[" * 16}{"]" * 16}}}': "bad_frame",
    '{"type": "fly"}': "unknown_type",
    '{"type": ""}': "unknown_type",
    '{"type": "hint"}': "unknown_type",
}


@pytest.mark.parametrize("text", RUBBISH, ids=lambda text: f"{text[:40]}…{len(text)}")
def test_what_is_no_frame_is_called_by_its_code(text: str) -> None:
    """And the words of the refusal are ours alone."""
    with pytest.raises(BadFrame) as refused:
        read_frame(text)
    assert refused.value.code == RUBBISH[text]
    assert len(refused.value.message) < 120


def test_sixteen_levels_are_deep_enough() -> None:
    """A frame of the deepest nesting that is allowed, with what nobody knows in it."""
    deep = f'{{"type": "ping", "x": {"[" * 15}{"]" * 15}, "ref": 7}}'
    assert read_frame(deep) == ("ping", 7, {})


def test_what_is_not_known_is_left_out() -> None:
    """Unknown fields never reach anybody; null is as good as nothing."""
    asked = read_frame('{"type": "send", "to": "a", "body": "b", "tier": "owner", "id": null}')
    assert asked.fields == {"to": "a", "body": "b"}


WRONG: Final[dict[str, list[Any]]] = {
    "text": [1, 1.5, True, [], {}, ["x"]],
    "texts": ["x", 1, True, {}, [1], [None], [["x"]]],
    "whole": ["1", 1.5, True, [], {}],
    "any": [],
}
GOOD: Final = {"text": "x", "texts": ["x"], "whole": 1, "any": None}
CASES: Final = [
    (kind, field.name, value)
    for kind, frame in protocol.CLIENT.items()
    for field in frame.fields
    for value in WRONG[field.kind]
]


@pytest.mark.parametrize(("kind", "name", "value"), CASES, ids=repr)
def test_a_field_of_another_kind_is_named(kind: str, name: str, value: object) -> None:
    """Each field of each frame; the reference comes back, so that the client knows which it was."""
    fields = {field.name: GOOD[field.kind] for field in protocol.CLIENT[kind].fields}
    with pytest.raises(BadFrame) as refused:
        read_frame(json.dumps({"type": kind, "ref": "r", **fields, name: value}))
    bad = refused.value
    assert (bad.code, bad.ref, bad.kind) == ("invalid_field", "r", kind)
    assert bad.message.startswith(f"{name}: must be ")


@pytest.mark.parametrize("kind", protocol.CLIENT)
def test_a_field_that_is_needed_is_missed(kind: str) -> None:
    """By name; those that may be left out, may."""
    fields = protocol.CLIENT[kind].fields
    needed = {field.name: GOOD[field.kind] for field in fields if not field.is_optional}
    assert read_frame(json.dumps({"type": kind, **needed})).kind == kind
    for name in needed:
        rest = {other: value for other, value in needed.items() if other != name}
        with pytest.raises(BadFrame, match=f"{name}: is missing"):
            read_frame(json.dumps({"type": kind, **rest}))


@given(st.text())
def test_whatever_text_comes_is_read_or_refused(text: str) -> None:
    """Nothing else is raised."""
    try:
        read_frame(text)
    except BadFrame as bad:
        assert bad.code in {*protocol.CODES, "invalid_field"}  # noqa: PT017  it may also be read


_VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.dictionaries(
        st.sampled_from(["type", "ref", "box", "to", "body", "ids", "offset", "x"]),
        _VALUES | st.sampled_from(sorted(protocol.CLIENT)),
    )
)
def test_whatever_object_comes_is_read_or_refused(frame: dict[str, Any]) -> None:
    """Nothing else is raised, and what is read holds only fields of the table."""
    try:
        asked = read_frame(json.dumps(frame))
    except BadFrame:
        return
    assert asked.fields.keys() <= {field.name for field in protocol.CLIENT[asked.kind].fields}


@given(st.text(), st.integers())
def test_what_we_write_is_one_line_that_everybody_reads(text: str, number: int) -> None:
    """Half characters included: what somebody wrote in a file must not end a connection."""
    data = encode("entries", "r", text=text + "\ud800", number=number)
    assert json.loads(data) == {
        "type": "entries",
        "ref": "r",
        "text": text + "\ud800",
        "number": number,
    }
    assert b"\n" not in data


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 1_000_000])
def test_a_frame_on_the_wire_says_how_long_it_is(size: int) -> None:
    """A final text frame without a mask, its length in as few bytes as it takes."""
    frame = on_the_wire(b"x" * size)
    head = {True: 2, False: 4 if size < 65_536 else 10}[size < 126]
    assert frame[0] == 0x81
    assert frame[head:] == b"x" * size
    told = frame[1] if size < 126 else int.from_bytes(frame[2:head], "big")
    assert told == size


def test_each_close_tells_its_client_what_to_do() -> None:
    """By its hundreds: come back, treat it as 401, stop."""
    told = {close.code: close.client for close in protocol.CLOSES}
    assert len(told) == len(protocol.CLOSES)
    assert all(told[code] == "comes back" for code in told if code < 4500)
    assert all(told[code] == "treats it as HTTP 401" for code in told if 4500 <= code <= 4509)
    assert all(told[code] == "stops at once" for code in told if code >= 4510)
