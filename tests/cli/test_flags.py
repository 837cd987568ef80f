"""A flag that does nothing is a bug: each one is given, and what it changed is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from orgpost.cli.words import HOMES, parser_of
from tests.cli.test_docs import flags_of

if TYPE_CHECKING:
    from orgpost.clock import FakeClock
    from tests.cli.door import Cli

# Tests that watch one flag at a time, or a whole command with all of its flags.
ELSEWHERE: Final = {
    *("init --actor", "init --handle", "init --name", "init --git", "config set --user"),
    *("show --raw", "show --body", "show --full", "show --save", "show --force", "show --read"),
    *("digest --today", "digest --all-spaces", "inbox --all-spaces", "send --route"),
    *("doctor --fix", "doctor --deep", "doctor --dry-run", "doctor --restore", "doctor --prune"),
    *("migrate --actor", "migrate --from", "migrate --agent-mail", "migrate --keep-old"),
    *("migrate --dry-run", "config show --origin", "contacts remove --force"),
    *("reply --route", "archive --auto", "archive --older-than", "archive --dry-run"),
    *("mark --all", "send --via", "reply --via"),
    *("config completion --list", "config completion --prefix"),
    *("listen --since", "listen --cursor", "listen --box", "listen --marks", "listen --bodies"),
    *("listen --max", "listen --timeout", "listen --exec"),
    *("listen --presence", "listen --relay", "listen --token-file", "wait --relay"),
    *("wait --token-file", "presence --note", "presence --for", "presence --relay"),
    "presence --token-file",
    *("wait --timeout", "wait --for", "wait --again", "wait --bodies"),
}
LISTED: Final = {
    "--all": [],
    "--state": ["READ"],
    "--from": ["mira"],
    "--tag": ["ops"],
    "--priority": ["low"],
    "--since": ["1h"],
    "--files": [],
    "--stale": [],
    "--oldest": [],
    "--limit": ["1"],
}
FOUND: Final = {
    "--regex": [],
    "--from": ["mira"],
    "--to": ["tex"],
    "--tag": ["ops"],
    "--state": ["READ"],
    "--since": ["1h"],
    "--until": ["1h"],
    "--in": ["all"],
    "--limit": ["1"],
}
WRITTEN: Final = {
    "--subject": ("Other", "subject", "Other"),
    "--priority": ("low", "priority", "low"),
    "--tag": ("ops", "tags", ["ops"]),
    "--id": ("msg-given", "id", "msg-given"),
    "--expires": ("2030-01-01T00:00Z", "expires", "2030-01-01T00:00:00Z"),
    "--expects": ("ack", "expects", "ack"),
    "--cc": ("mira", "recipients", ["crt", "mira"]),
    "--prop": ("note=x", "properties", {"NOTE": "x"}),
    "--answer-route": ("file:log.md", "answer_route", "file:log.md"),
    "--attach": ("a.txt", "files", 1),
    "--reply-to": ("msg-old", "reply_to", "msg-old"),
}


@pytest.fixture
def mail(cli: Cli, clock: FakeClock) -> Cli:
    """Some mail of each sort."""
    (cli.space / "a.txt").write_text("a file")
    for number in range(2):
        cli.id("send", "tex", f"plain {number}", "--as", "crt")
    cli.id("send", "tex", "with a file", "--attach", "a.txt", "--as", "crt", "--priority", "low")
    old = cli.id("send", "tex", "p.ain old", "--id", "msg-old", "--as", "mira", "--tag", "ops")
    cli.data("mark", cli.id("send", "tex", "was read", "--as", "crt"), "read")
    cli.id("send", "mira", "between others", "--as", "crt")
    clock.advance(30 * 3600)
    cli.id("send", "tex", "plain new", "--as", "crt")
    cli.id("send", "mira", "to mira")
    assert old == "msg-old"
    return cli


def ids(data: Any) -> list[str]:
    """The ids of a list, in its order."""
    return [message["id"] for message in data["messages"]]


@pytest.mark.parametrize("flag", LISTED)
def test_each_flag_of_inbox_changes_the_list(flag: str, mail: Cli) -> None:
    """Fewer, more, or others."""
    assert ids(mail.data("inbox", flag, *LISTED[flag])) != ids(mail.data("inbox"))


@pytest.mark.parametrize("flag", FOUND)
def test_each_flag_of_search_changes_the_list(flag: str, mail: Cli) -> None:
    """Fewer, more, or others."""
    word = {"--regex": "p.ain", "--in": "between", "--tag": "p", "--from": "p"}.get(flag, "a")
    assert ids(mail.data("search", word, flag, *FOUND[flag])) != ids(mail.data("search", word))


@pytest.mark.parametrize("flag", WRITTEN)
@pytest.mark.parametrize("command", ["send", "reply"])
def test_each_flag_of_send_is_in_the_message(command: str, flag: str, mail: Cli) -> None:
    """And in the file, where `show` reads it."""
    if (command, flag) == ("reply", "--reply-to"):
        return
    value, key, expected = WRITTEN[flag]
    to = "crt" if command == "send" else "last"
    text = [] if flag == "--attach" else ["text"]
    found = mail.data("show", mail.id(command, to, *text, flag, value))[key]
    assert (len(found) if flag == "--attach" else found) == expected


def test_other_flags_of_reply(mail: Cli) -> None:
    """To somebody else; done; and the route that the question asks for, or not."""
    question = ["send", "tex", "q", "--as", "crt", "--answer-route", "file:log.md"]
    first, second = mail.id(*question), mail.id(*question)
    assert mail.data("reply", "msg-old", "x", "--to", "crt")["to"] == "crt"
    assert mail.data("reply", first, "x", "--no-answer-route")["routes"] == []
    done = mail.data("reply", second, "x", "--done")
    assert done["answered"]["state"] == "DONE"
    assert [route["ok"] for route in done["routes"]] == [True]
    assert (mail.space / "log.md").is_file()


def test_flags_of_broadcast(mail: Cli) -> None:
    """To whom, and with what."""
    mail.data("contacts", "add", "bot", "--kind", "agent")

    def told(*words: str) -> list[str]:
        return [copy["to"] for copy in mail.data("broadcast", "x", *words)["sent"]]

    assert told() == ["crt", "mira"]
    assert told("--exclude", "crt,@bot") == ["mira"]
    assert told("--kind", "agent") == ["bot"]
    flags = ["--subject", "S", "--tag", "t", "--priority", "high", "--expires", "+1h"]
    (mail.space / "body").write_text("from a file")
    id = mail.data("broadcast", "--body-file", "body", "--id", "msg-b", *flags)["sent"][0]["id"]
    found = mail.data("show", id)
    assert (id, found["body"], found["subject"]) == ("msg-b-crt", "from a file", "S")
    assert (found["tags"], found["priority"]) == (["t", "broadcast"], "high")
    assert found["expires"] is not None


def test_flags_of_contacts(mail: Cli) -> None:
    """What is listed, and what is written of an actor."""
    flags = ["--name", "A Bot", "--kind", "agent", "--owner", "crt", "--tier", "team"]
    mail.data("contacts", "add", "bot", *flags, "--handle", "@b")
    bot = mail.data("contacts", "show", "@b")
    assert [bot[key] for key in ("id", "name", "owner", "trust_tier")] == [
        *("bot", "A Bot", "crt", "team")
    ]
    assert [a["id"] for a in mail.data("contacts", "list", "--kind", "agent")["actors"]] == ["bot"]
    assert mail("contacts", "remove", "tex", "--json").code == "in_use"
    assert mail.data("contacts", "remove", "tex", "--force") == {"removed": "tex"}


def test_flags_of_digest(mail: Cli) -> None:
    """How it looks, and since when."""
    looks = {style: mail("digest", "--format", style).out for style in ("text", "org", "md")}
    assert [look[:4] for look in looks.values()] == ["Mail", "* Ma", "## M"]
    assert mail.data("digest", "--since", "1h")["unread"] < mail.data("digest")["unread"]


def test_flags_of_archive_and_mark(mail: Cli) -> None:
    """What would go, what goes."""
    assert len(mail.data("mark", "--all", "read")["marked"]) == 5
    assert mail.data("archive", "--older-than", "1h", "--dry-run")["archived"] != []
    assert len(mail.data("archive", "--older-than", "1h")["archived"]) == 5
    assert mail.data("archive", "--auto")["archived"] == []


def test_show_gives_the_entry_as_it_stands(mail: Cli) -> None:
    """`--raw` is the bytes of the file."""
    inbox = (mail.space / "org/messaging/inbox/tex.org").read_text()
    raw = mail("show", "msg-old", "--raw").out
    assert raw.startswith("* UNREAD ")
    assert raw in inbox


def test_origins_are_told_when_asked(cli: Cli) -> None:
    """`config show --origin` says where each comes from; `--user` sets it for all spaces."""
    assert "(default)" not in cli("config", "show").out
    assert "(default)" in cli("config", "show", "--origin").out
    file = cli.data("config", "set", "messaging.archive_keep", "9", "--user")["file"]
    assert not file.startswith(str(cli.space))


def test_no_flag_is_forgotten() -> None:
    """Each flag of each command is watched by a test."""
    watched = {f"inbox {flag}" for flag in LISTED} | {f"search {flag}" for flag in FOUND}
    watched |= {f"{command} {flag}" for flag in WRITTEN for command in ("send", "reply")}
    watched |= {f"{command} --body-file" for command in ("send", "reply", "broadcast")}
    watched |= {f"reply {flag}" for flag in ("--to", "--done", "--no-answer-route")}
    watched |= {f"digest {flag}" for flag in ("--format", "--since")}
    all_flags = {f"{c} {flag}" for c in HOMES for flag in flags_of(parser_of(c))}
    # Those with tests of their own: here, or in a folder of their own.
    prefixes = (
        *("broadcast ", "budget ", "contacts ", "hooks ", "task "),
        *("listen ", "presence ", "relay ", "ui ", "wait "),
    )
    rest = {each for each in all_flags if not each.startswith(prefixes)}
    assert rest - watched - ELSEWHERE == set()
