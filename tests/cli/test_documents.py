"""Machine output is a product of its own: each document, compared whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orgpost.clock import FakeClock
    from tests.cli.door import Cli

FIRST = "msg-20261120-083105-0000000001"
SECOND = "msg-20261120-083106-0000000002"
MESSAGE: dict[str, Any] = {
    "id": FIRST,
    "state": "UNREAD",
    "from": "crt",
    "to": "tex",
    "subject": "Server is down!",
    "body": "Look at it.\n",
    "created": "2026-11-20T08:31:05Z",
    "thread": FIRST,
    "reply_to": None,
    "priority": "high",
    "tags": ["ops"],
    "expects": "reply",
    "expires": "2026-11-20T10:31:05Z",
    "scheduled": None,
    "deadline": None,
    "kind": "message",
    "via": [],
    "recipients": [],
    "answer_route": None,
    "files": [],
    "stored": "file",
    "expired": False,
    "archived": False,
    "properties": {"BUILD": "17"},
}
TOLD = {"tier": "team"}
SENT = {"duplicate": False, "copies": [], "routes": [], "recipient_last_seen": None}
ANSWER: dict[str, Any] = {
    **MESSAGE,
    "id": SECOND,
    "from": "tex",
    "to": "crt",
    "subject": "Re: Server is down!",
    "body": "On it.",
    "created": "2026-11-20T08:31:06Z",
    "reply_to": FIRST,
    "priority": "normal",
    "tags": [],
    "expects": "none",
    "expires": None,
    "properties": {},
}
REGISTERED: dict[str, Any] = {"owner": None, "handles": [], "added": "2026-11-20"}


def write(cli: Cli) -> Any:
    """Send the first message."""
    flags = ["--subject", "Server is down!", "--priority", "high", "--tag", "ops"]
    more = ["--expects", "reply", "--expires", "+2h", "--prop", "build=17", "--as", "crt"]
    return cli.data("send", "tex", "-", *flags, *more, stdin=b"Look at it.\n")


def answer(cli: Cli, clock: FakeClock) -> Any:
    """Answer it a second later."""
    clock.advance(1)
    return cli.data("reply", "last", "On it.")


def test_send(cli: Cli, clock: FakeClock) -> None:
    """A message, and what became of it."""
    assert write(cli) == {**MESSAGE, **SENT}


def test_inbox(cli: Cli, clock: FakeClock) -> None:
    """The list, and how much there is."""
    write(cli)
    listed = {"actor": "tex", "unread": 1, "total": 1, "left_out": 0}
    assert cli.data("inbox") == {**listed, "messages": [{**MESSAGE, **TOLD}]}


def test_show(cli: Cli, clock: FakeClock) -> None:
    """A message, where it stands and what its body is."""
    write(cli)
    where = {"file": "org/messaging/inbox/tex.org", "line": 6}
    shown = {**MESSAGE, **TOLD, "where": where, "verified": "local", "body_is": "data"}
    assert cli.data("show", FIRST) == shown


def test_reply(cli: Cli, clock: FakeClock) -> None:
    """As of send, and what was answered."""
    write(cli)
    answered = {"answered": {"id": FIRST, "state": "READ"}}
    assert answer(cli, clock) == {**ANSWER, **SENT, **answered}


def test_thread(cli: Cli, clock: FakeClock) -> None:
    """Root and reply, each with its sender's tier."""
    write(cli)
    answer(cli, clock)
    messages = [{**MESSAGE, **TOLD, "state": "READ"}, {**ANSWER, "tier": "owner"}]
    thread = {"actor": "tex", "thread": FIRST, "messages": messages}
    assert cli.data("thread", SECOND) == thread


def test_search(cli: Cli, clock: FakeClock) -> None:
    """What was looked for and what was found."""
    write(cli)
    found = {"messages": [{**MESSAGE, **TOLD}], "total": 1, "left_out": 0}
    assert cli.data("search", "look") == {"actor": "tex", "query": "look", **found}


def test_mark(cli: Cli, clock: FakeClock) -> None:
    """Each message, before and after."""
    write(cli)
    marked = {"id": FIRST, "before": "UNREAD", "state": "DONE", "changed": True}
    assert cli.data("mark", FIRST, "done") == {"marked": [marked]}
    again = {**marked, "before": "DONE", "changed": False}
    assert cli.data("mark", FIRST, "done") == {"marked": [again]}


def test_archive(cli: Cli, clock: FakeClock) -> None:
    """What went where, and what stayed."""
    write(cli)
    cli.data("mark", FIRST, "done")
    files = ["org/messaging/archive/inbox-tex-2026-11.org"]
    done = {"archived": [FIRST], "files": files, "left": 0, "dry_run": False}
    assert cli.data("archive", FIRST) == done
    assert (cli.space / files[0]).is_file()


def test_broadcast(cli: Cli, clock: FakeClock) -> None:
    """One thread, a copy each."""
    sent = cli.data("broadcast", "All hands", "--id", "msg-hands")
    copies = [{"id": f"msg-hands-{name}", "to": name} for name in ("crt", "mira")]
    assert sent == {"thread": "msg-hands", "sent": copies, "failed": []}


def test_digest(cli: Cli, clock: FakeClock) -> None:
    """Numbers, senders, ids; of tasks nothing yet."""
    write(cli)
    sender = {"from": "crt", "count": 1, "latest": "2026-11-20T08:31:05Z"}
    numbers = {"actor": "tex", "unread": 1, "high": 1, "todo": 0, "by_sender": [sender]}
    later: dict[str, Any] = {"stale": [], "expired": [], "tasks": None, "awaiting_approval": None}
    assert cli.data("digest") == {**numbers, **later}


def test_trace(cli: Cli, clock: FakeClock) -> None:
    """The ladder; what is not known is null."""
    write(cli)
    answer(cli, clock)
    rungs = [
        {"rung": "stored", "reached": True, "at": "2026-11-20T08:31:05Z", "by": "crt"},
        {"rung": "announced", "reached": False, "at": None, "by": None},
        {"rung": "read", "reached": True, "at": None, "by": None},
        {"rung": "answered", "reached": True, "at": "2026-11-20T08:31:06Z", "by": "tex"},
        {"rung": "done", "reached": False, "at": None, "by": None},
    ]
    assert cli.data("trace", FIRST) == {
        "id": FIRST,
        "from": "crt",
        "to": "tex",
        "expects": "reply",
        "expires": "2026-11-20T10:31:05Z",
        "reached": "answered",
        "rungs": rungs,
        "waiting": None,
        "expired": False,
        "bounced": None,
        "replies": [SECOND],
        "task": None,
        "recipient_last_seen": None,
    }


def test_contacts(cli: Cli, clock: FakeClock) -> None:
    """Actors as they are written, then what the verb did."""
    tex: dict[str, Any] = {
        "id": "tex",
        "name": "Tex Novak",
        "kind": "person",
        "trust_tier": "owner",
    }
    tex |= {"owner": None, "handles": ["@t"], "added": "2026-11-20"}
    crt = {"id": "crt", "name": "crt", "kind": "person", "trust_tier": "team", **REGISTERED}
    mira = {**crt, "id": "mira", "name": "mira", "trust_tier": "unknown", "added": None}
    assert cli.data("contacts") == {"actors": [tex, crt, mira]}
    assert cli.data("contacts", "list", "--tier", "team") == {"actors": [crt]}
    assert cli.data("contacts", "show", "@T") == {**tex, "unread": 0, "effective_tier": "owner"}
    trusted = {**mira, "trust_tier": "trusted"}
    assert cli.data("contacts", "trust", "mira", "trusted") == {**trusted, "changed": True}
    bot = {**crt, "id": "bot", "name": "bot", "kind": "agent", "owner": "tex"}
    bot["trust_tier"] = "unknown"
    assert cli.data("contacts", "add", "bot", "--kind", "agent") == {**bot, "created": True}
    assert cli.data("contacts", "add", "bot", "--kind", "agent") == {**bot, "created": False}
    assert cli.data("contacts", "remove", "bot") == {"removed": "bot"}


def test_config(cli: Cli) -> None:
    """A value and its origin; a change and its file; the files."""
    file = str(cli.space / "settings.local.yaml")
    got = {"key": "identity.name", "value": "tex", "origin": file}
    assert cli.data("config", "get", "identity.name") == got
    change = {"key": "messaging.archive_keep", "value": 7, "file": file, "changed": True}
    assert cli.data("config", "set", "messaging.archive_keep", "7") == change
    shown = cli.data("config", "show")["settings"]
    assert shown["messaging.archive_keep"] == {"value": 7, "origin": file}
    assert cli.data("config", "check") == {"problems": []}
    paths = cli.data("config", "path")
    assert (paths["files"][1], paths["space"]) == (
        {"path": file, "exists": True},
        str(cli.space),
    )


def test_init(cli: Cli) -> None:
    """The space, who owns it and what was made; a second time nothing."""
    place = str(cli.space / "new")
    made = cli.data("init", place, "--actor", "tex")
    assert (made["space"], made["actor"]) == (place, "tex")
    assert "org/messaging/contacts.yaml" in made["created"]
    assert cli.data("init", place, "--actor", "tex") == {**made, "created": []}


def test_doctor(cli: Cli) -> None:
    """Findings and their numbers."""
    cli("doctor", "--fix")
    healthy = {"findings": [], "errors": 0, "warnings": 0, "fixed": 0}
    assert cli.data("doctor") == healthy


def test_migrate(cli: Cli) -> None:
    """Nothing old: nothing to do."""
    found = cli.data("migrate")
    assert (found["migrated"], found["backup"]) == (0, None)
    misspelt = cli("migrate", str(cli.space / "nosuch"), "--json")
    assert (misspelt.status, misspelt.code) == (3, "no_such_file")
