"""Routes: checked before anything is written, run after the message is stored."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.errors import InvalidField, OutsideSpace, RouteFailed, UnknownActor
from orgpost.message_store import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from tests.messages.conftest import Office


@pytest.fixture
def gh(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program gh that notes what it is given, and ends as its file `end` says."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "gh"
    program.write_text(
        f'#!/bin/sh\necho "$PWD" "$@" >> {folder}/arguments\ncat > {folder}/stdin\n. {folder}/end\n'
    )
    program.chmod(0o755)
    (folder / "end").write_text("echo https://example.org/12\nexit 0\n")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/x",
        "org/messaging/contacts.yaml",
        "ORG/Messaging/x",
        "notes/../org/messaging/inbox/tex.org",
        ".orgpost/x",
        ".git/config",
        "settings.local.yaml",
        "sub/settings.local.yaml",
        "link/x",
        "inner/inbox/tex.org",
        "org",
        ".",
    ],
)
def test_a_route_never_leaves_the_space_nor_enters_its_mail(
    office: Office, tmp_path_factory: pytest.TempPathFactory, path: str
) -> None:
    """Scenario 18: exit 6, and no message is stored."""
    (office.space / "link").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    (office.space / "inner").symlink_to(office.space / "org" / "messaging")
    with pytest.raises(OutsideSpace):
        office.send(routes=[f"file:{path}"])
    assert office.files() == {}


@pytest.mark.parametrize("dest", ["file:", "github:", "github:x", "github:a/b", "github:-1", "x"])
def test_a_route_of_another_form_is_refused(office: Office, dest: str) -> None:
    """Exit 2, and no message is stored."""
    with pytest.raises(InvalidField):
        office.send(routes=[dest])
    assert office.files() == {}


def test_a_route_to_nobody_is_refused(office: Office) -> None:
    """Exit 3, and no message is stored."""
    with pytest.raises(UnknownActor):
        office.send(routes=["@nobody"])
    assert office.files() == {}


def test_a_route_to_somebody_is_a_copy(office: Office) -> None:
    """As ``--cc``; RECIPIENTS names both."""
    sent = office.deliver(routes=["@mira"])
    (copy,) = office.mail.find_unread("mira")
    assert sent.routes == [("@mira", True, f"{sent.message.id}-mira")]
    assert copy.recipients == ("tex", "mira")


def test_a_route_to_an_org_file_adds_a_heading(office: Office) -> None:
    """With the sender and the text, quoted: no body makes a second heading."""
    notes = office.space / "notes" / "log.org"
    office.deliver("* not a heading", subject="[#A] x", routes=["file:notes/log.org"])
    office.deliver("second", routes=["file:notes/log.org"])
    text = notes.read_text()
    assert [line for line in text.split("\n") if line.startswith("*")] == [
        "* crt: (#A) x",
        "* crt: second",
    ]
    assert ": * not a heading" in text


def test_a_route_to_another_file_adds_a_section(office: Office) -> None:
    """After what is there, which gets the line end that it lacks."""
    (office.space / "log.md").write_text("mine")
    office.deliver("text", subject="Hi", routes=["file:log.md"])
    text = (office.space / "log.md").read_text()
    assert text == "mine\n## crt: Hi\n\n[2026-11-20 Fri 08:31]\n\ntext\n\n"


def test_a_route_to_an_issue_gives_the_text_to_gh(office: Office, gh: Path) -> None:
    """Scenario 19: on its stdin, unchanged; in the space, and never as an argument."""
    body = "--help $(touch x)\r\n; é\n\n"
    sent = office.deliver(body, routes=["github:12", "github:owner/repo#7"])
    assert (gh / "stdin").read_bytes() == body.encode()
    assert (gh / "arguments").read_text().split("\n")[:2] == [
        f"{office.space} issue comment 12 --body-file -",
        f"{office.space} issue comment 7 --repo owner/repo --body-file -",
    ]
    assert [outcome.ok for outcome in sent.routes] == [True, True]


def test_a_route_that_fails_leaves_the_message(office: Office, gh: Path) -> None:
    """Scenario 19: the error has its id and says which; the same id runs the route again."""
    (gh / "end").write_text("echo no such issue >&2\nexit 1\n")
    with pytest.raises(RouteFailed) as failed:
        office.send("Text", id="msg-once", routes=["@mira", "github:12"])
    details: Any = failed.value.details
    assert (details["id"], [route["ok"] for route in details["routes"]]) == (
        "msg-once",
        [True, False],
    )
    assert "no such issue" in details["routes"][1]["detail"]
    (gh / "end").write_text("exit 0\n")
    again = office.deliver("Text", id="msg-once", routes=["github:12"])
    assert (again.duplicate, again.routes[0].ok) == (True, True)
    assert [len(office.mail.find_unread(name)) for name in ("tex", "mira")] == [1, 1]


@pytest.mark.slow
def test_a_route_that_takes_too_long_has_failed(office: Office, gh: Path) -> None:
    """The limit is a setting."""
    office.rules = Rules(route_timeout_seconds=1)
    (gh / "end").write_text("exec sleep 20\n")
    with pytest.raises(RouteFailed):
        office.send(routes=["github:12"])


def test_without_gh_the_route_has_failed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the message."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RouteFailed):
        office.send(routes=["github:12"])
    assert len(office.mail.find_unread("tex")) == 1
