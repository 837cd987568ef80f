"""The tree of errors: codes, exit statuses, sentences, and that they cross processes."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Final

import pytest

from orgpost import errors, refusals
from orgpost.errors import OrgpostError
from orgpost.relay import refusals as relay

TABLE: Final = {
    1: "route_failed partial failed no_space disk_failed nested_lock port_taken",
    2: "usage invalid_field wrong_kind ambiguous_id ambiguous_actor not_an_agent",
    3: "not_a_space unknown_actor unknown_id no_such_file no_relay",
    4: "wrong_state conflict exists in_use lease_lost cancel_requested cycle",
    5: "too_large already_refused effort_exceeded task_too_large budget_exceeded"
    " sender_limit_exceeded global_budget_exceeded rate_limited queue_full too_many_hops loop"
    " timeout",
    6: "not_permitted outside_space unsafe_path not_accepted",
    65: "malformed bad_contacts not_utf8 file_changed ledger_corrupt",
    75: "busy relay_runs",
    78: "bad_settings no_identity bad_secret exposed_token open_address",
}

PROBLEM: Final = errors.Problem(
    file="settings.local.yaml", line=3, key="store.sink", problem="unknown key", hint="store.sync?"
)

REFUSED: Final = tuple(refusals.REFUSALS.values())

EXAMPLES: Final[tuple[OrgpostError, ...]] = (
    errors.Failed("it broke"),
    errors.Partial("sent to 1, not to 1", sent=[{"to": "tex"}], failed=[{"to": "crt"}]),
    errors.NestedLock("inbox/tex.org"),
    errors.NoSpace("inbox/tex.org", "write"),
    errors.DiskFailed("inbox/tex.org", "sync", "Input/output error"),
    errors.RouteFailed("msg-1", [{"dest": "@crt", "ok": False, "detail": "no"}]),
    errors.Usage("two bodies"),
    errors.InvalidField("subject", "has a line break"),
    errors.WrongKind("task-1", "message", "task"),
    errors.AmbiguousId("msg", [f"msg-{n}" for n in range(20)]),
    errors.AmbiguousActor("@agent", ["a", "b"]),
    errors.NotASpace(Path("/tmp/x")),
    errors.UnknownActor("txe", ["tex"]),
    errors.UnknownId("msg-1"),
    errors.NoSuchFile(Path("a.txt")),
    errors.WrongState("mark", ["UNREAD", "READ", "TODO"], "ARCHIVED", id="msg-1"),
    errors.Conflict("msg-1 is there with other content"),
    errors.Exists("tex is there with another tier"),
    errors.InUse("tex owns tex-agent"),
    errors.TooLarge("the body", 65537, 65536),
    errors.NotPermitted("inbox/tex.org", "the disk is read-only"),
    errors.OutsideSpace("../x", "leaves the space"),
    errors.UnsafePath("inbox/tex.org", "is a link"),
    errors.Malformed("inbox/tex.org", "no first line"),
    errors.BadContacts([PROBLEM]),
    errors.NotUtf8("the body", 7),
    errors.FileChanged("a.txt", "is not what was sent"),
    errors.Busy(path="inbox/tex.org", holder="tex has unsaved changes"),
    errors.BadSettings([PROBLEM, PROBLEM]),
    errors.NoIdentity(),
    refusals.NotAnAgent("tex"),
    refusals.UnknownTask("task-1", "claim"),
    refusals.NotATask("msg-1", "task", "message", event="claim"),
    refusals.WrongTaskState("complete", ["WORKING"], "DONE", by_this_token=True),
    refusals.LeaseLost("renew", "task-1", "the lease on task-1 ran out"),
    refusals.CancelRequested("renew", "task-1", "tex", "no longer wanted"),
    refusals.Cycle("create", "task-a → task-b → task-a"),
    *(kind("Queue full: 20/20", 61, verdict={"code": kind.code}) for kind in REFUSED),
    refusals.Timeout("Timeout: 30/30 minutes", event="renew"),
    refusals.NotYours("approve", "only tex, the owner of tex-agent, may do this"),
    refusals.LedgerCorrupt("ledger/2026-11-20.org", 7, "five columns"),
    relay.PortTaken("127.0.0.1", 8080, "Address already in use"),
    relay.NoRelay(Path("/tmp/x")),
    relay.RelayRuns("http://127.0.0.1:8080"),
    relay.BadSecret("$RELAY_SECRET", "is empty"),
    relay.ExposedToken("/home/u/token"),
    relay.OpenAddress("0.0.0.0"),
)


def name(error: OrgpostError) -> str:
    """Name an example."""
    return type(error).__name__


def public_kinds() -> set[type[OrgpostError]]:
    """Find every error that can be raised."""
    return {
        kind
        for kind in (vars(errors) | vars(refusals) | vars(relay)).values()
        if isinstance(kind, type)
        and issubclass(kind, OrgpostError)
        and kind not in {OrgpostError, refusals.Refused}
        and not kind.__name__.startswith("_")
    }


def test_each_code_has_the_exit_status_of_the_table() -> None:
    """A script tells errors apart by exit status and code; neither may drift."""
    told = {code: status for status, codes in TABLE.items() for code in codes.split()}
    assert {(kind.code, kind.exit_code) for kind in public_kinds()} == set(told.items())


def test_the_drawn_tree_names_each_error_beside_its_exit_status() -> None:
    """Who reads the docstring of the module reads the truth."""
    trees = f"{errors.__doc__}{refusals.__doc__}{relay.__doc__}"
    groups = re.findall(r"^    [├└]─+ +(\d+)  (.*)$", trees, re.MULTILINE)
    drawn = {
        name: int(status)
        for status, names in groups
        for name in re.sub(r" \(also an? \w+\)", "", names).split(", ")
    }
    assert drawn == {kind.__name__: kind.exit_code for kind in public_kinds()}


def test_every_error_has_an_example_here() -> None:
    """The tests below speak of all errors, not of those that somebody remembered."""
    assert {type(error) for error in EXAMPLES} == public_kinds()


@pytest.mark.parametrize("error", EXAMPLES, ids=name)
def test_an_error_survives_pickling_whole(error: OrgpostError) -> None:
    """A worker process may raise any of them."""
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.to_dict(), vars(copy)) == (type(error), error.to_dict(), vars(error))


@pytest.mark.parametrize("error", EXAMPLES, ids=name)
def test_the_sentence_is_built_from_the_facts(error: OrgpostError) -> None:
    """No placeholder is left, and no error is silent."""
    assert str(error)
    assert not {"{", "}"} & set(str(error) + error.hint)


@pytest.mark.parametrize("error", EXAMPLES, ids=name)
def test_an_error_says_what_to_do_next(error: OrgpostError) -> None:
    """Also where whoever raised it did not."""
    assert error.hint


@pytest.mark.parametrize("error", EXAMPLES, ids=name)
def test_details_are_ready_for_json(error: OrgpostError) -> None:
    """What --json prints needs no further care."""
    import json

    assert json.loads(json.dumps(error.to_dict())) == error.to_dict()


def test_an_error_as_json_is_whole() -> None:
    """The four promised keys."""
    assert errors.UnknownActor("txe", ["tex"]).to_dict() == {
        "code": "unknown_actor",
        "message": "unknown actor: txe",
        "hint": "did you mean tex?",
        "details": {"name": "txe", "nearest": ["tex"]},
    }


def test_a_state_error_says_what_was_expected_and_what_was_found() -> None:
    """The words are promised: people and scripts have seen them before."""
    said = [str(errors.WrongState("mark", states, "DONE")) for states in (["READ"], ["A", "B"], [])]
    assert said == [f"mark: expected {words}, found DONE" for words in ("READ", "A or B", "")]
    error = errors.WrongState("mark", ["UNREAD", "READ", "TODO"], "ARCHIVED")
    assert str(error) == "mark: expected UNREAD, READ or TODO, found ARCHIVED"


def test_callers_of_the_ancestor_still_catch_value_errors() -> None:
    """An invalid field and a forbidden move were ValueErrors, and are."""
    kinds = {kind for kind in public_kinds() if issubclass(kind, ValueError)}
    assert kinds == {errors.InvalidField, errors.WrongState, refusals.WrongTaskState}


def test_braces_in_a_fact_stay_as_they_are() -> None:
    """A sender's text is put into the sentence, never read as a pattern."""
    assert str(errors.InvalidField("tag {x}", "{why} {0}")) == "tag {x}: {why} {0}"


def test_facts_can_be_given_by_name_and_read_as_attributes() -> None:
    """An error is asked for its facts, its sentence is not taken apart."""
    error = errors.Busy(path=Path("inbox/tex.org"), holder="pid 12", hint="wait")
    assert (error.path, error.holder, error.hint) == ("inbox/tex.org", "pid 12", "wait")


def test_a_fact_that_is_missing_is_a_fault_of_the_program() -> None:
    """Half an error would print a placeholder to a person."""
    with pytest.raises(AttributeError, match="holder"):
        errors.Busy("inbox/tex.org")  # type: ignore[call-arg]


def test_an_unknown_actor_is_told_at_most_five_near_names() -> None:
    """A hint that fills the screen is none."""
    error = errors.UnknownActor("a", list("bcdefgh"))
    assert error.details == {"name": "a", "nearest": list("bcdef")}


def test_an_ambiguous_id_is_told_at_most_ten_matches() -> None:
    """A hint that fills the screen is none."""
    assert len(errors.AmbiguousId("msg", [str(n) for n in range(20)]).matches) == 10


def test_all_problems_are_said_each_with_file_line_and_hint() -> None:
    """One run of the editor mends them all."""
    said = "settings.local.yaml:3: store.sink: unknown key (store.sync?)"
    bare = errors.Problem(file="contacts.yaml", line=None, key="", problem="is empty", hint="")
    assert str(errors.BadSettings([PROBLEM, bare])) == f"{said}\ncontacts.yaml: is empty"


def test_a_path_is_spoken_as_people_write_it() -> None:
    """It is the key of a problem."""
    assert errors.spoken_path(("actors", 1, "handles", 0)) == "actors[1].handles[0]"


def test_an_error_shows_its_sentence_where_it_is_printed_bare() -> None:
    """A log line of a worker tells what happened."""
    assert repr(errors.NoSuchFile("a.txt")) == "NoSuchFile('no such file: a.txt')"


def test_no_space_found_is_told_apart_from_a_place_that_is_none() -> None:
    """One has to be made, the other was misspelt."""
    found, named = errors.NotASpace(), errors.NotASpace("/x")
    assert (found.hint, named.hint) == ("orgpost init .", "orgpost init /x")
    assert str(found).startswith("no space found")
    assert str(named).startswith("/x is not a space")


def test_with_no_near_name_the_hint_shows_the_way_to_all() -> None:
    """A hint always says what to do next."""
    assert errors.UnknownActor("x").hint == "orgpost contacts lists all"
