"""The reader of v0.2: indented drawers and bodies, and what was concatenated from v0.1."""

from __future__ import annotations

from pathlib import Path

from orgpost.migrate.v02 import is_old, read_actors, read_file

MESSAGING = Path(__file__).parent / "v02-space" / "org" / "messaging"
TODO = "#+TODO: TODO WAITING QUEUED WORKING | DONE CANCELLED ARCHIVED\n"


def test_each_entry_of_an_inbox_is_found_with_its_keyword() -> None:
    """Seven entries, each with the keyword that v0.2 gave it, none in the preamble."""
    inbox = read_file((MESSAGING / "inbox.org").read_text(encoding="utf-8"))
    assert ([each.keyword for each in inbox.entries], inbox.preamble) == (
        ["TODO", "TODO", "DONE", "WAITING", "CANCELLED", "ARCHIVED", "TODO"],
        "",
    )


def test_the_indent_of_a_body_is_removed() -> None:
    """The writer put two blanks before each line; what is deeper was the sender's."""
    inbox = read_file((MESSAGING / "inbox.org").read_text(encoding="utf-8"))
    assert inbox.entries[0].body == "Server is down!\n\n  * the web one\n* the mail one\n"


def test_a_body_that_is_not_indented_throughout_stays_as_it_is() -> None:
    """A person has edited it, so nothing is taken away."""
    text = (
        TODO + "* TODO [2026-11-20 Fri 09:31] :message:\n:PROPERTIES:\n:ID: msg-1\n:END:\n  a\nb\n"
    )
    assert read_file(text).entries[0].body == "  a\nb"


def test_the_title_of_a_task_is_kept_without_its_tags() -> None:
    """Only what Org takes for tags, at the end, is taken for tags."""
    text = (
        "* QUEUED [#A] Look at :x: and [2026] :AI:from-ai:\n  :PROPERTIES:\n  :ID: org-1\n  :END:\n"
    )
    (task,) = read_file(text).entries
    assert (task.words, task.tags, task.get("PRIORITY")) == (
        "Look at :x: and [2026]",
        ("AI", "from-ai"),
        "high",
    )


def test_a_value_of_several_lines_becomes_one() -> None:
    """v0.2 wrote them as a bar and continuation lines; a value of ours has one line."""
    text = (
        "* DONE Do it\n  :PROPERTIES:\n  :ID: org-1\n  :REVISION_FEEDBACK: |\n  :   more\n"
        "  :   words\n  :FROM: tex\n  :END:\n"
    )
    (task,) = read_file(text).entries
    assert (task.get("REVISION_FEEDBACK"), task.get("FROM")) == ("more words", "tex")


def test_entries_of_v01_in_it_are_read_by_their_own_rule() -> None:
    """People were told to concatenate old inboxes; their bodies may hold stars."""
    older = (
        "\n* MESSAGE [2026-11-20 Fri 09:10] :unread:\n:PROPERTIES:\n:ID: msg-2\n:TO: tex\n:END:\n"
        "* a star\n* TODO another\n"
    )
    newer = "* TODO [2026-11-20 Fri 09:31] :message:\n  :PROPERTIES:\n  :ID: msg-3\n  :END:\n  b\n"
    found = read_file(TODO + newer + older + newer.replace("msg-3", "msg-4")).entries
    assert [(each.version, each.body) for each in found] == [
        ("v0.2", "b"),
        ("v0.1", "* a star\n* TODO another"),
        ("v0.2", "b"),
    ]


def test_a_heading_without_a_drawer_is_an_entry_without_an_id() -> None:
    """A person's own heading is neither lost nor taken into the message above it."""
    newer = "* TODO [2026-11-20 Fri 09:31] :message:\n  :PROPERTIES:\n  :ID: msg-3\n  :END:\n  b\n"
    found = read_file(newer + "* TODO Buy milk\nsoon\n").entries
    assert [(each.get("ID"), each.words, each.body) for each in found][1] == (
        "",
        "Buy milk",
        "soon",
    )


def test_a_file_of_ours_is_not_taken_for_an_old_one() -> None:
    """Both lie at the same path; the cookie and the keywords tell them apart."""
    ours = "# -*- mode: org; coding: utf-8-unix -*-\n#+TODO: QUEUED(q!) WAITING(w!) | DONE(d!)\n"
    theirs = (MESSAGING / "agents" / "tex-claude.org").read_text(encoding="utf-8")
    assert (is_old(theirs), is_old(ours), is_old("* TODO x\n")) == (True, False, False)


def test_actors_are_read_from_parsed_yaml() -> None:
    """What has no id is nobody."""
    actors = read_actors({"actors": [{"id": "tex@a.example"}, {"name": "x"}, "y"]})
    assert (actors, read_actors(None)) == (({"id": "tex@a.example"},), ())
