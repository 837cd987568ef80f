"""What a user does, from one end to the other, through the command line's door."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orgpost.errors import DiskFailed
from orgpost.org import syntax

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orgpost.clock import FakeClock
    from tests.cli.door import Cli

pytestmark = pytest.mark.slow

BODIES = {
    "headline": b"* DONE not a heading\n** nor this\n",
    "drawer": b":PROPERTIES:\n:ID: msg-forged\n:FROM: ceo\n:END:\n",
    "block": b"#+begin_example\n,* x\n#+end_example\n",
    "lone cr": b"a\rb",
    "crlf": b"a\r\nb\r\n",
    "line separator": "a\u2028b".encode(),
    "nul": b"a\x00b",
    "tabs": b"\tx\t\n \t\n",
    "trailing blanks": b"x  \ny \n",
    "empty lines around": b"\n\nx\n\n\n",
    "no final newline": b"x",
}
# Some of what Org understands; the whole list is compared with the page in tests/org.
ORGS_OWN = ("ITEM", "TODO", "TITLE", "CATEGORY", "EFFORT", "HEADER-ARGS", "EXPORT_X", "X+", "X_ALL")
TITLES = ("DONE it", "[#A] x", "COMMENT x", "x :a:b:", "* x", "<2026-11-20 Fri>", "[1/2]")


@pytest.mark.parametrize("name", BODIES)
def test_a_body_comes_back_byte_for_byte(name: str, cli: Cli) -> None:
    """Through stdin and `show --body`, whatever it looks like; no heading is made of it."""
    id = str(cli.data("send", "crt", "-", "--subject", "s", stdin=BODIES[name])["id"])
    inbox = (cli.space / "org/messaging/inbox/crt.org").read_bytes()
    assert inbox.replace(b"\r", b"\n").count(b"\n* ") == 1
    assert cli.data("show", id)["body"].encode() == BODIES[name]
    assert cli("show", id, "--body").out.encode() == BODIES[name]


def test_a_body_without_a_byte_needs_a_subject(cli: Cli) -> None:
    """A subject alone is a message; nothing at all is none."""
    id = str(cli.data("send", "crt", "-", "--subject", "s", stdin=b"")["id"])
    assert cli.data("show", id)["body"] == ""
    assert cli("send", "crt", "-", "--json", stdin=b"").status == 2


@pytest.mark.parametrize("mark", ["\n", "\r", "\u2028", "\x1b"])
@pytest.mark.parametrize("field", ["subject", "tag", "prop"])
def test_a_field_of_one_line_takes_no_other(field: str, mark: str, cli: Cli) -> None:
    """Status 2, the field is named and nothing is written."""
    before = cli.files()
    value = f"NOTE=a{mark}b" if field == "prop" else f"a{mark}b"
    answer = cli("send", "crt", "x", f"--{field}", value, "--json")
    assert (answer.status, answer.code) == (2, "invalid_field")
    assert answer.document["error"]["details"]["field"].lower() in {field, "note"}
    assert cli.files() == before


@pytest.mark.parametrize("mark", ["\n", "\r", "\u2028", "\x1b"])
def test_a_files_name_is_one_line(mark: str, cli: Cli, tmp_path: Path) -> None:
    """As any other field: status 2, and nothing is written."""
    before = cli.files()
    (tmp_path / f"a{mark}b").write_text("x")
    answer = cli("send", "crt", "x", "--attach", str(tmp_path / f"a{mark}b"), "--json")
    assert (answer.status, answer.code) == (2, "invalid_field")
    assert cli.files() == before


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_no_property_of_ours_or_orgs_is_set_by_a_sender(
    change: Callable[[str], str], cli: Cli
) -> None:
    """Each name of the format, in whatever case: status 2, and nothing is written."""
    before = cli.files()
    names = (*syntax.PROPERTIES, *ORGS_OWN)
    for name in map(change, names):
        answer = cli("send", "crt", "x", "--prop", f"{name}=x", "--json")
        assert (answer.status, answer.code) == (2, "invalid_field"), name
    assert cli.files() == before


@pytest.mark.parametrize("title", TITLES)
def test_a_subject_is_no_structure(title: str, cli: Cli) -> None:
    """It is read back as it was sent: no state, no tag, no priority came of it."""
    found = cli.data("show", cli.id("send", "crt", "x", "--subject", title))
    read = (found["subject"], found["state"], found["tags"], found["priority"])
    assert read == (title, "UNREAD", [], "normal")


def test_an_unknown_recipient_makes_nothing(cli: Cli) -> None:
    """Status 3, with the nearest names; no inbox appears."""
    before = cli.files()
    answer = cli("send", "txe", "hi", "--json")
    assert (answer.status, answer.code) == (3, "unknown_actor")
    assert "tex" in answer.document["error"]["details"]["nearest"]
    assert cli.files() == before


def test_the_same_id_is_the_same_message(cli: Cli) -> None:
    """Once more is a duplicate; with another text it is a conflict."""
    words = ["send", "crt", "hi", "--id", "msg-once"]
    assert cli.data(*words)["duplicate"] is False
    assert cli.data(*words)["duplicate"] is True
    assert cli("send", "crt", "other", "--id", "msg-once").status == 4
    assert cli("send", "crt", "hi", "--id", "task-once").status == 2


def test_mail_waits_for_unsaved_work(cli: Cli) -> None:
    """While Emacs holds the file it stays as it is; the mail is told of, and put in afterwards."""
    cli.id("send", "crt", "first")
    inbox = cli.space / "org/messaging/inbox/crt.org"
    before = inbox.read_bytes()
    lock = inbox.with_name(".#crt.org")
    lock.symlink_to(f"crt@{os.uname().nodename}.{os.getpid()}")
    answer = cli("send", "crt", "second")
    assert (answer.status, inbox.read_bytes()) == (0, before)
    assert "unsaved" in answer.out
    stored = {m["subject"]: m["stored"] for m in cli.data("inbox", "--as", "crt")["messages"]}
    assert stored == {"first": "file", "second": "waiting"}
    cli.data("config", "set", "store.lock_seconds", "0.1")
    assert cli("mark", "--as", "crt", "--all", "read").status == 75
    lock.unlink()
    cli.id("send", "crt", "third")
    assert inbox.read_bytes().count(b"\n* UNREAD") == 3


def test_what_a_person_removed_is_mentioned_once(cli: Cli, clock: FakeClock) -> None:
    """It stays removed, and the command that finds it says where the rest is told."""
    cli.id("send", "tex", "hi")
    inbox = cli.space / "org/messaging/inbox/tex.org"
    clock.advance(11)
    inbox.write_bytes(inbox.read_bytes().partition(b"* UNREAD")[0])
    os.utime(inbox, (1, 1))
    said = cli("inbox")
    assert (said.status, said.out) == (0, "No unread mail for tex.\n")
    assert said.err.startswith("orgpost: inbox/tex.org: what was removed or set back there stays")
    assert cli("inbox").err == ""
    assert "overtaken" in cli("doctor").out


def test_unread_mail_is_not_archived(cli: Cli) -> None:
    """Status 4 and nothing changed; once done it may go."""
    id = cli.id("send", "tex", "hi")
    before = cli.files()
    refused = cli("archive", id, "--json").document["error"]
    assert (refused["code"], refused["details"]["id"]) == ("wrong_state", id)
    assert refused["hint"] == f"orgpost show {id}"
    assert cli.files() == before
    assert cli.data("mark", id, "done")["marked"][0]["state"] == "DONE"
    assert cli.data("archive", id)["archived"] == [id]


def test_one_bad_id_and_nothing_is_marked(cli: Cli) -> None:
    """All or nothing."""
    id = cli.id("send", "tex", "hi")
    assert cli("mark", id, "msg-nosuch", "read").status == 3
    assert cli.data("show", id)["state"] == "UNREAD"


def test_a_part_of_an_id_is_enough_while_it_fits_one(cli: Cli) -> None:
    """Two that fit are told; an exact id that is a part of another one works."""
    for id in ("msg-apple", "msg-apple-pie", "msg-cherry"):
        cli.id("send", "tex", id, "--id", id)
    answer = cli("show", "appl", "--json")
    assert (answer.status, answer.code) == (2, "ambiguous_id")
    assert answer.document["error"]["details"]["matches"] == ["msg-apple", "msg-apple-pie"]
    assert cli.data("show", "msg-apple")["id"] == "msg-apple"
    assert cli.data("show", "cherr")["id"] == "msg-cherry"
    assert cli("show", "che", "--json").code == "unknown_id"


def test_a_thread_goes_on_over_an_archived_root(cli: Cli, clock: FakeClock) -> None:
    """A reply to a reply has the root's thread, and the tree shows all three in order."""
    root = cli.id("send", "crt", "one")
    clock.advance(1)
    middle = cli.id("--as", "crt", "reply", root, "two", "--done")
    cli.data("--as", "crt", "archive", root)
    clock.advance(1)
    last = cli.id("reply", middle, "three")
    thread = cli.data("thread", last)
    assert [m["id"] for m in thread["messages"]] == [root, middle, last]
    rows = cli("thread", last).out.splitlines()
    assert [len(row) - len(row.lstrip()) >= 2 * at for at, row in enumerate(rows)] == [True] * 3


def test_what_expires_bounces_once(cli: Cli, clock: FakeClock) -> None:
    """The sender's next look settles it; the message itself is unchanged."""
    id = cli.id("send", "crt", "hurry", "--expires", "+1s", "--expects", "ack")
    before = (cli.space / "org/messaging/inbox/crt.org").read_bytes()
    clock.advance(2)
    first, again = cli.data("inbox"), cli.data("inbox")
    assert [m["kind"] for m in first["messages"]] == ["bounce"]
    assert again == first
    assert "expired" in cli("trace", id).out
    assert (cli.space / "org/messaging/inbox/crt.org").read_bytes() == before


def test_a_file_that_was_changed_is_not_saved(cli: Cli, tmp_path: Path) -> None:
    """Status 65, and the folder stays empty; whole files are saved and never written over."""
    (tmp_path / "a.txt").write_text("hello")
    id = cli.id("send", "tex", "--attach", str(tmp_path / "a.txt"))
    saved = tmp_path / "saved"
    saved.mkdir()
    words = ["show", id, "--save", str(saved)]
    assert cli.data(*words)["saved"] == [str(saved / "a.txt")]
    assert cli(*words).status == 4
    assert cli(*words, "--force").status == 0
    (saved / "a.txt").unlink()
    stored = next((cli.space / "org/messaging/files" / id).iterdir())
    stored.chmod(0o600)
    stored.write_text("HELLO")
    assert cli(*words, "--json").code == "file_changed"
    assert list(saved.iterdir()) == []


def test_two_files_of_one_name_and_a_folder_are_refused(cli: Cli, tmp_path: Path) -> None:
    """Status 2, and nothing is stored."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    before = cli.files()
    both = ["--attach", str(tmp_path / "a/x"), "--attach", str(tmp_path / "b/x")]
    assert cli("send", "crt", *both).status == 2
    assert cli("send", "crt", "--attach", str(tmp_path / "a")).status == 2
    assert cli("send", "crt", "--attach", str(tmp_path / "nosuch")).status == 3
    assert cli.files() == before


@pytest.mark.parametrize("place", ["../x", "/etc/x", "org/messaging/contacts.yaml", "out/x"])
def test_a_route_stays_in_the_space(place: str, cli: Cli, tmp_path: Path) -> None:
    """Status 6, and no message is stored."""
    (cli.space / "out").symlink_to(tmp_path)
    answer = cli("send", "crt", "x", "--route", f"file:{place}", "--json")
    assert (answer.status, answer.code) == (6, "outside_space")
    assert not (cli.space / "org/messaging/inbox/crt.org").exists()


def test_a_route_that_fails_does_not_lose_the_message(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 1 with the id; `gh` got the text on its stdin, unchanged."""
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat > {tmp_path}/got\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    answer = cli("send", "crt", "$(touch x) `y` --help", "--route", "github:12", "--json")
    assert (answer.status, answer.code) == (1, "route_failed")
    id = answer.document["error"]["details"]["id"]
    assert cli.data("show", id)["body"] == "$(touch x) `y` --help"
    assert "$(touch x) `y` --help" in (tmp_path / "got").read_text()


def test_all_problems_of_settings_are_told_at_once(cli: Cli) -> None:
    """Status 78, each with file and line; no command runs on half-read settings."""
    bad = "identity: {name: tex}\nnosuch: 1\nstore:\n  lock_seconds: many\n"
    bad += "messaging:\n  trust_overrides: {crt: boss}\n"
    (cli.space / "settings.local.yaml").write_text(bad)
    for command in (["inbox"], ["config", "check"], ["send", "crt", "x"]):
        answer = cli(*command, "--json")
        assert (answer.status, answer.code) == (78, "bad_settings")
        problems = answer.document["error"]["details"]["problems"]
        assert [problem["line"] for problem in problems] == [2, 4, 6]
    assert cli("doctor", "--json").status == 1


def test_only_people_are_made_owners_by_settings(cli: Cli) -> None:
    """A trust override that names no person is a problem of the settings."""
    cli.data("contacts", "add", "bot", "--kind", "agent")
    before = cli.files()
    for words in ([], ["--user"]):
        answer = cli("config", "set", "messaging.trust_overrides", "{bot: owner}", *words, "--json")
        assert (answer.status, answer.code) == (78, "bad_settings")
        [problem] = answer.document["error"]["details"]["problems"]
        assert problem["key"] == "messaging.trust_overrides.bot"
    assert cli.files() == before
    assert cli("inbox", "--json").status == 0
    cli.data("config", "set", "messaging.trust_overrides", "{crt: owner}")


def test_who_has_made_an_agent_an_owner_by_hand_is_told_so_everywhere(cli: Cli) -> None:
    """By what works, what only checks, and the way out works."""
    cli.data("contacts", "add", "bot", "--kind", "agent")
    settings = cli.space / "settings.local.yaml"
    settings.write_text(f"{settings.read_text()}messaging: {{trust_overrides: {{bot: owner}}}}\n")
    for words in (["inbox"], ["config", "check"]):
        assert cli(*words, "--json").code == "bad_settings"
    findings = cli("doctor", "--json").data["findings"]
    [said] = [each["message"] for each in findings if each["check"] == "settings"]
    assert "only a person can be of tier owner" in said
    cli.data("config", "set", "messaging.trust_overrides", "{bot: team}")
    assert cli("config", "check").status == 0
    assert cli("inbox").status == 0


def test_contacts_keep_their_comments(cli: Cli) -> None:
    """Every byte outside of what was changed stays."""
    path = cli.space / "org/messaging/contacts.yaml"
    path.write_bytes(path.read_bytes().replace(b"actors:", b"# a comment\nactors:"))
    before = path.read_bytes()
    cli.data("contacts", "add", "zed", "--handle", "@z")
    cli.data("contacts", "trust", "crt", "trusted")
    after = path.read_bytes()
    assert after.startswith(before.replace(b"trust_tier: team", b"trust_tier: trusted"))


def test_bad_contacts_stop_writing_and_not_reading(cli: Cli) -> None:
    """Two actors with one handle: both lines are named; the inbox is still listed, with a word."""
    cli.id("send", "tex", "hi")
    path = cli.space / "org/messaging/contacts.yaml"
    path.write_bytes(path.read_bytes().replace(b"kind: person}", b'kind: person, handles: ["@t"]}'))
    answer = cli("send", "crt", "x", "--json")
    assert (answer.status, answer.code) == (65, "bad_contacts")
    (problem,) = answer.document["error"]["details"]["problems"]
    assert problem["line"] == 5
    assert "line 3" in problem["problem"] + problem["hint"]
    listed = cli("inbox", "--json")
    assert (listed.status, len(listed.data["messages"])) == (0, 1)
    assert "contacts.yaml:" in listed.err
    assert cli("contacts", "remove", "mira").status == 65


@pytest.mark.parametrize("text", [b"actors: [", b"  - {id: dup, kind: person, handles: ['@t']}\n"])
def test_bad_contacts_stop_each_command_that_writes(text: bytes, cli: Cli) -> None:
    """All problems are told, by whoever is about to write, and nothing is written."""
    cli.data("contacts", "add", "tex-agent", "--kind", "agent")
    id = cli.id("send", "tex", "hi")
    task = cli.id("task", "add", "tex-agent", "Look")
    path = cli.space / "org/messaging/contacts.yaml"
    path.write_bytes(path.read_bytes() + text)
    before = cli.files()
    for words in (
        *(["send", "crt", "x"], ["reply", id, "x"], ["broadcast", "x"], ["mark", id, "read"]),
        *(["show", id, "--read"], ["archive", id], ["archive", "--auto"]),
        *(["task", "add", "tex-agent", "x"], ["task", "claim"], ["task", "cancel", task]),
        *(["contacts", "add", "zed"], ["contacts", "trust", "mira", "team"]),
    ):
        answer = cli(*words, "--json")
        assert (answer.status, answer.code) == (65, "bad_contacts"), words
    assert cli.files() == before
    for words in (["inbox"], ["show", id], ["thread", id], ["search", "hi"], ["trace", id]):
        assert cli(*words).status == 0, words


def test_who_is_in_a_file_that_nobody_can_read_is_not_unknown(cli: Cli) -> None:
    """The file is to blame, and its problems are told."""
    cli.data("contacts", "add", "tex-agent", "--kind", "agent")
    (cli.space / "org/messaging/contacts.yaml").write_bytes(b"actors: [")
    for words in (["task", "list"], ["task", "list", "tex-agent"], ["contacts", "show", "crt"]):
        assert cli(*words, "--json").code == "bad_contacts", words


def test_who_acts_is_asked_in_order(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--as`, then the two variables, then the settings; then nobody."""
    cli.data("contacts", "add", "tex-agent", "--kind", "agent")
    monkeypatch.setenv("ORGPOST_AS", "tex-agent")
    monkeypatch.setenv("ORGPOST_ACTOR", "mira")
    assert cli.data("send", "crt", "x", "--as", "@t")["from"] == "tex"
    assert cli.data("send", "crt", "x")["from"] == "tex-agent"
    monkeypatch.delenv("ORGPOST_AS")
    assert cli.data("send", "crt", "x")["from"] == "mira"
    monkeypatch.delenv("ORGPOST_ACTOR")
    assert cli.data("send", "crt", "x")["from"] == "tex"
    (cli.space / "settings.local.yaml").unlink()
    assert cli("send", "crt", "x", "--json").code == "no_identity"
    assert cli("inbox", "--as", "nobody", "--json").code == "unknown_actor"


def test_a_space_that_is_named_must_be_one(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no falling through from a wrong name to the next place."""
    assert cli("inbox", "--space", str(tmp_path), "--json").code == "not_a_space"
    monkeypatch.setenv("ORGPOST_SPACE", str(tmp_path))
    assert cli("inbox", "--json").status == 3
    assert cli("inbox", "--space", str(cli.space)).status == 0


def test_all_spaces_are_read(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its own mail, from anywhere."""
    other = tmp_path / "other"
    cli.data("init", str(other), "--actor", "tex")
    cli.id("send", "tex", "here")
    cli.id("--space", str(other), "send", "tex", "there")
    spaces = f"[{cli.space}, {other}]"
    cli.data("config", "set", "messaging.spaces", spaces, "--user")
    monkeypatch.chdir(tmp_path)
    found = cli.data("inbox", "--all-spaces")["spaces"]
    assert [space["messages"][0]["body"] for space in found] == ["here", "there"]
    assert [space["unread"] for space in cli.data("digest", "--all-spaces")["spaces"]] == [1, 1]


def test_private_files_may_be_thrown_away(cli: Cli) -> None:
    """Without `.orgpost/` every answer is as before."""
    import shutil

    id = cli.id("send", "tex", "hi")
    asked = (["inbox"], ["thread", id], ["search", "hi"], ["trace", id])
    before = [cli.data(*words) for words in asked]
    shutil.rmtree(cli.space / ".orgpost")
    assert [cli.data(*words) for words in asked] == before


def test_mail_is_listed_also_where_nothing_can_be_sent_back(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Expired mail that cannot be bounced is a warning; the inbox is listed all the same."""
    cli.id("send", "tex", "hi")

    def refuse(*_: object) -> None:
        raise DiskFailed("inbox/crt.org", "sync", "it is worn out")

    monkeypatch.setattr("orgpost.message_store.MessageStore.settle", refuse)
    for words in (["inbox"], ["digest"]):
        answer = cli(*words, "--json")
        assert (answer.status, answer.data["unread"]) == (0, 1)
        assert "expired mail was not bounced: the disk failed" in answer.err


def test_mail_is_listed_also_where_it_cannot_be_marked(cli: Cli) -> None:
    """With `auto_mark_read` and somebody's unsaved work: one document, and a warning."""
    id = cli.id("send", "tex", "hi")
    cli.data("config", "set", "messaging.auto_mark_read", "true")
    cli.data("config", "set", "store.lock_seconds", "0.1")
    inbox = cli.space / "org/messaging/inbox/tex.org"
    inbox.with_name(".#tex.org").symlink_to(f"tex@{os.uname().nodename}.{os.getpid()}")
    for words in (["inbox"], ["show", id]):
        answer = cli(*words, "--json")
        assert (answer.status, answer.document["ok"]) == (0, True)
        assert answer.err.startswith("orgpost: not marked as read: ")
