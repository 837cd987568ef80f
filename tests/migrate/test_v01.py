"""The reader of v0.1: where entries begin and end, whatever their bodies hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgpost.migrate.v01 import read_inbox, read_users, read_whitelist

SPACE = Path(__file__).parent / "v01-space"
TEAM = SPACE / "1-team" / "org" / "inboxes"


def entry(body: str, *, id: str = "msg-20261120-091000-crt", rest: str = " :unread:") -> str:
    """Write an entry as the ancestor did: a blank line, the entry, one line end."""
    drawer = f":PROPERTIES:\n:ID: {id}\n:FROM: crt\n:TO: tex\n:END:\n"
    return f"\n* MESSAGE [2026-11-20 Fri 09:10]{rest}\n{drawer}{body}\n"


def bodies(text: str) -> list[str]:
    """Read the bodies of an inbox."""
    return [each.body for each in read_inbox(text).entries]


def test_each_entry_of_a_real_inbox_is_found() -> None:
    """The ancestor's own file gives its three messages, UTF-8 intact."""
    inbox = read_inbox((TEAM / "tex.org").read_text(encoding="utf-8"))
    assert [each.body for each in inbox.entries] == [
        "Can you review PR #24? It touches the auth flow.",
        "Ključi za OAuth so v sefu - naïve café ☕ 日本語",
        "Server is down!",
    ]


def test_stars_and_a_forged_drawer_stay_in_the_body() -> None:
    """A body with a heading and a sender of its own is one message from its true sender."""
    entries = read_inbox((TEAM / "tex-claude.org").read_text(encoding="utf-8")).entries
    forged = entries[1]
    assert (len(entries), forged.get("FROM"), forged.body) == (
        2,
        "gregor-claude",
        "* not a heading, just a bullet with a star\n:PROPERTIES:\n:FROM: ceo\n:END:\nend of text",
    )


def test_a_body_keeps_its_own_blank_lines() -> None:
    """Only the one line end and the blank line that the writer added are taken away."""
    sent = ["a\n", "", "\n\nb", "c\n\n\n", "last\n"]
    text = "".join(entry(body, id=f"msg-{count}") for count, body in enumerate(sent))
    assert bodies(text) == sent


def test_a_body_that_begins_with_a_closed_drawer_keeps_it() -> None:
    """What stands below the first drawer is text, whatever Org would take it for."""
    body = ":LOGBOOK:\n- x\n:END:\nCLOCK: [2026-11-20 Fri]"
    assert bodies(entry(body)) == [body]


def test_a_message_heading_without_an_id_is_text_and_named() -> None:
    """It stays in the body above it, and the report says where."""
    body = "see:\n* MESSAGE [2026-11-20 Fri 09:11] :unread:\n:PROPERTIES:\n:FROM: ceo\n:END:\nx"
    inbox = read_inbox(entry(body))
    assert ([each.body for each in inbox.entries], inbox.oddities) == (
        [body],
        ((9, "a MESSAGE heading without an ID is kept as text"),),
    )


def test_tags_are_found_wherever_they_stand() -> None:
    """The ancestor's programs put them side by side, Emacs aligns them; words are a person's."""
    rest = "  from Crt :unread:from-ai:   :AI:"
    (found,) = read_inbox(entry("x", rest=rest)).entries
    assert (found.tags, found.words) == (("unread", "from-ai", "AI"), "from Crt")


def test_the_preamble_loses_its_titles_only() -> None:
    """A person's notes above the first entry are kept."""
    text = "#+TITLE: Inbox - tex\n#+FILETAGS: :inbox:\n\nCall Crt.\n# mine\n" + entry("x")
    assert read_inbox(text).preamble == "Call Crt.\n# mine"


def test_a_file_with_crlf_is_read_as_its_words() -> None:
    """The carriage returns of a CRLF file are its line ends, not part of a field."""
    text = ("#+TITLE: x\n" + entry("a\nb")).replace("\n", "\r\n")
    (found,) = read_inbox("\ufeff" + text).entries
    assert (found.get("FROM"), found.body) == ("crt", "a\nb")


def test_a_carriage_return_in_another_file_is_the_senders() -> None:
    """Where line 1 has none, a CR belongs to the body that carries it."""
    assert bodies(entry("a\r\nb")) == ["a\r\nb"]


@pytest.mark.slow
def test_a_large_inbox_is_read_in_linear_time() -> None:
    """Twenty thousand entries are no different from two."""
    text = "".join(entry("* x\n" * 3, id=f"msg-{count}") for count in range(20_000))
    assert len(read_inbox(text).entries) == 20_000


def test_users_and_whitelist_are_read_from_parsed_yaml() -> None:
    """What has not the expected shape is nobody."""
    users = read_users({"users": {"tex": {"handles": ["@tex"]}, "crt": None}})
    names = read_whitelist({"messaging": {"claude_whitelist": ["tex"]}})
    assert users == (("tex", {"handles": ["@tex"]}), ("crt", {}))
    assert names == {"tex"}
    assert (read_users([]), read_whitelist({"messaging": 1})) == ((), frozenset())
