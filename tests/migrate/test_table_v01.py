"""What becomes of v0.1: a test for each row of the table in docs/migration.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.migrate import migrate
from tests.migrate.old_mail import entries, letter, only, plant, space_v01

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.org.entry import Entry


def moved(root: Path, text: str, name: str = "tex.org", **options: str) -> Entry:
    """Migrate a space of one message and give the new entry."""
    migrate(space_v01(root, {name: text}), **options)  # type: ignore[arg-type]
    return only(root, f"inbox/{name}")


def contacts(root: Path) -> str:
    """Read the new registry."""
    return (root / "org/messaging/contacts.yaml").read_text(encoding="utf-8")


def test_a_file_becomes_the_inbox_of_its_name(tmp_path: Path) -> None:
    """`mira.org` is the inbox of mira."""
    assert moved(tmp_path, letter(TO="mira"), "mira.org").get("TO") == "mira"


def test_the_recipient_is_the_property_else_the_file(tmp_path: Path) -> None:
    """A message without TO is to whose file it lies in."""
    assert moved(tmp_path, letter(TO="-")).get("TO") == "tex"


@pytest.mark.parametrize(
    ("stamp", "id", "created"),
    [
        ("2026-11-20 Fri 09:10", "msg-20261120-091003-crt", "[2026-11-20 Fri 09:10:03]"),
        ("2026-11-20 Fri 09:10", "msg-20261120-091103-crt", "[2026-11-20 Fri 09:10:00]"),
        ("2026-11-20 Fri 09:10", "msg-x", "[2026-11-20 Fri 09:10:00]"),
        ("2026-11-20 pet 9:10", "msg-x", "[2026-11-20 Fri 09:10:00]"),
        ("2026-11-20 Fri", "msg-20261120-091103-crt", "[2026-11-20 Fri 09:11:03]"),
        ("long ago", "msg-20261120-091103-crt", "[2026-11-20 Fri 09:11:03]"),
    ],
)
def test_the_stamp_is_the_headings_with_the_seconds_of_the_id(
    tmp_path: Path, stamp: str, id: str, created: str
) -> None:
    """Where heading and id disagree, the heading says when; where it says nothing, the id does."""
    assert moved(tmp_path, letter(id=id, stamp=stamp)).get("CREATED") == created


def test_the_subject_is_taken_from_the_body(tmp_path: Path) -> None:
    """v0.1 had none: the first line with words in it is one."""
    assert moved(tmp_path, letter("\n  \nCall  me\nnow")).title == "Call me"


@pytest.mark.parametrize(
    ("tags", "properties", "state"),
    [
        (" :unread:", {}, "UNREAD"),
        (" :todo:", {}, "TODO"),
        (" :done:", {}, "DONE"),
        (" :read:", {}, "READ"),
        (" :processed:", {}, "READ"),
        ("", {}, "READ"),
        (" :read: :unread:", {}, "UNREAD"),
        (" :unread: :todo:", {}, "TODO"),
        (" :unread:todo:done:", {}, "DONE"),
        ("", {"TASK_STATUS": "working"}, "TODO"),
        (" :done:", {"TASK_STATUS": "working"}, "DONE"),
        ("", {"TASK_STATUS": "working", "COMPLETED_AT": "[2026-11-20 Fri 09:11]"}, "DONE"),
        ("", {"TASK_STATUS": "done"}, "READ"),
    ],
)
def test_tags_and_task_status_become_a_state(
    tmp_path: Path, tags: str, properties: dict[str, str], state: str
) -> None:
    """Done beats todo beats unread beats read, and being worked on is TODO."""
    assert moved(tmp_path, letter(tags=tags, **properties)).keyword == state


def test_what_is_done_and_working_is_done_with_a_note(tmp_path: Path) -> None:
    """The ancestor's hook forgot to update it; what it said is kept."""
    text = letter(tags=" :done:", TASK_STATUS="working", STARTED_AT="[x]", COMPLETED_AT="[y]")
    report = migrate(space_v01(tmp_path, {"tex.org": text}))
    entry = only(tmp_path)
    kept = [entry.get(f"V01_{name}") for name in ("TASK_STATUS", "STARTED_AT", "COMPLETED_AT")]
    assert (kept, [note.line for note in report.notes if "working" in note.what]) == (
        ["working", "[x]", "[y]"],
        [2],
    )


def test_other_tags_stay_as_org_takes_them(tmp_path: Path) -> None:
    """Characters that Org refuses become an underscore, its own tags keep no meaning."""
    entry = moved(tmp_path, letter(tags=" :unread: :from-ai:AI:replied:broadcast:é.b:ARCHIVE:"))
    assert entry.tags == ("from_ai", "AI", "replied", "broadcast", "é_b", "_ARCHIVE")


@pytest.mark.parametrize(
    ("told", "cookie"), [("high", "A"), ("HIGH", "A"), ("normal", None), ("low", "C"), ("-", None)]
)
def test_the_priority_becomes_a_cookie(tmp_path: Path, told: str, cookie: str | None) -> None:
    """Normal has none on messages."""
    assert moved(tmp_path, letter(PRIORITY=told)).priority == cookie


def test_an_unknown_priority_is_normal_with_a_note(tmp_path: Path) -> None:
    """The word itself is kept."""
    report = migrate(space_v01(tmp_path, {"tex.org": letter(PRIORITY="urgent")}))
    entry = only(tmp_path)
    assert (entry.priority, entry.get("V01_PRIORITY"), report.notes[-1].what) == (
        None,
        "urgent",
        "unknown priority urgent: normal",
    )


def test_threads_lose_their_prefix_and_roots_get_their_own(tmp_path: Path) -> None:
    """The root's thread is its id, which is what the replies' threads named all along."""
    root, reply = "msg-20261120-090000-tex", "msg-20261120-091003-crt"
    text = letter(id=root) + letter(id=reply, THREAD=f"thread-{root}", REPLY_TO=root)
    migrate(space_v01(tmp_path, {"tex.org": text}))
    found = [(e.get("THREAD"), e.get("REPLY_TO")) for e in entries(tmp_path, "inbox/tex.org")]
    assert found == [(root, None), (root, root)]


def test_a_reply_without_a_thread_takes_its_parents(tmp_path: Path) -> None:
    """A chain of replies stays one thread."""
    first, second, third = (f"msg-20261120-09000{n}-tex" for n in range(3))
    text = (
        letter(id=first)
        + letter(id=second, THREAD=f"thread-{first}", REPLY_TO=first)
        + letter(id=third, REPLY_TO=second)
    )
    migrate(space_v01(tmp_path, {"tex.org": text}))
    assert [e.get("THREAD") for e in entries(tmp_path, "inbox/tex.org")] == [first] * 3


def test_the_second_of_two_equal_ids_is_renamed(tmp_path: Path) -> None:
    """Both messages stay, over all files of the space, and replies mean the first."""
    same = "msg-20261120-091003-crt"
    files = {
        "gregor.org": letter("first", id=same, TO="gregor"),
        "tex.org": letter("second", id=same)
        + letter("third", id=same)
        + letter("re", id="msg-20261120-092000-tex", REPLY_TO=same),
    }
    report = migrate(space_v01(tmp_path, files))
    mine = entries(tmp_path, "inbox/tex.org")
    assert (
        only(tmp_path, "inbox/gregor.org").id,
        [(e.id, e.get("V01_ID"), e.body) for e in mine[:2]],
        mine[2].get("REPLY_TO"),
        [new for _, new in report.renamed],
    ) == (
        same,
        [(f"{same}-2", same, "second"), (f"{same}-3", same, "third")],
        same,
        [f"{same}-2", f"{same}-3"],
    )


@pytest.mark.parametrize("id", ["", "msg-20261120-091003-Tex", "42"])
def test_a_missing_or_malformed_id_is_made_of_the_content(tmp_path: Path, id: str) -> None:
    """Two runs over the same bytes make the same one, and the old one is kept."""
    first = moved(tmp_path / "a", letter(id=id))
    again = moved(tmp_path / "b", letter(id=id))
    assert (str(first.id).startswith("msg-20261120-"), first.id, first.get("V01_ID")) == (
        True,
        again.id,
        id or None,
    )


def test_two_equal_messages_without_an_id_both_stay(tmp_path: Path) -> None:
    """And a second run with the old files still there adds none."""
    space_v01(tmp_path, {"tex.org": letter(id="") * 2})
    migrate(tmp_path, keep_old=True)
    again = migrate(tmp_path, keep_old=True)
    assert (len(entries(tmp_path, "inbox/tex.org")), again.migrated, again.already) == (2, 0, 2)


def test_other_properties_are_kept(tmp_path: Path) -> None:
    """Under their own names, or with a prefix where Org or orgpost would understand them."""
    entry = moved(
        tmp_path, letter(SOURCE="relay", ROUTE_TO="github:42", CATEGORY="x", LEASE="forged")
    )
    names = ("SOURCE", "ROUTE_TO", "V01_CATEGORY", "V01_LEASE", "LEASE", "CATEGORY")
    assert [entry.get(name) for name in names] == [
        *("relay", "github:42", "x", "forged"),
        None,
        None,
    ]


def test_text_above_the_first_entry_is_kept(tmp_path: Path) -> None:
    """Titles and file tags are ours now; a person's words stay above the mail."""
    head = "#+TITLE: Inbox - tex\n#+FILETAGS: :inbox:\n\n# mine\nCall Crt.\n"
    moved(tmp_path, head + letter())
    text = (tmp_path / "org/messaging/inbox/tex.org").read_text(encoding="utf-8")
    above, _, _ = text.partition("\n* UNREAD")
    assert above.split("logdrawer\n\n")[1] == "# mine\nCall Crt.\n"


def test_text_above_the_first_entry_cannot_become_one(tmp_path: Path) -> None:
    """It may be the rest of a deleted message, so it is quoted as bodies are."""
    head = "* UNREAD forged\n:PROPERTIES:\n:ID: msg-forged\n:FROM: ceo\n:END:\nx\n"
    assert moved(tmp_path, head + letter()).get("FROM") == "crt"


def test_an_inbox_with_words_and_no_mail_keeps_the_words(tmp_path: Path) -> None:
    """Nothing of a person's is lost for want of a message."""
    migrate(space_v01(tmp_path, {"tex.org": "Call Crt.\n"}))
    text = (tmp_path / "org/messaging/inbox/tex.org").read_text(encoding="utf-8")
    assert text.endswith("logdrawer\n\nCall Crt.\n\n")


def test_people_of_the_registry_become_persons(tmp_path: Path) -> None:
    """Handles and dates are kept; tier trusted, team where the whitelist names them, or owner."""
    users = (
        "users:\n  tex:\n    handles: ['@tex', '@t']\n    added: 2025-12-11\n  crt: {}\n"
        "  gregor: {}\n"
    )
    space_v01(tmp_path, {"tex.org": letter()}, users)
    plant(tmp_path, "settings.local.yaml", "messaging: {claude_whitelist: [gregor]}\n")
    migrate(tmp_path, actor="tex")
    assert contacts(tmp_path) == (
        "# who is who here; comments and order are yours and stay\nactors:\n"
        "  - id: tex\n    kind: person\n    trust_tier: owner\n"
        '    handles: ["@tex", "@t"]\n    added: 2025-12-11\n'
        "  - id: crt\n    kind: person\n    trust_tier: trusted\n"
        "  - id: gregor\n    kind: person\n    trust_tier: team\n"
    )


def test_the_claude_of_a_user_is_their_agent(tmp_path: Path) -> None:
    """Of tier unknown, its owner added where nobody knew them."""
    moved(tmp_path, letter(FROM="mira-claude"))
    assert contacts(tmp_path) == (
        "# who is who here; comments and order are yours and stay\nactors:\n"
        "  - id: tex\n    kind: person\n    trust_tier: unknown\n"
        "  - id: mira-claude\n    kind: agent\n    owner: mira\n    trust_tier: unknown\n"
        "  - id: mira\n    kind: person\n    trust_tier: unknown\n"
    )


def test_mail_to_claude_in_an_agents_file_is_that_agents(tmp_path: Path) -> None:
    """`claude` was everybody's name for their own agent."""
    entry = moved(tmp_path, letter(TO="claude"), "tex-claude.org")
    assert (entry.get("TO"), entry.get("V01_TO")) == ("tex-claude", "claude")


def test_names_that_are_none_of_ours_become_legal(tmp_path: Path) -> None:
    """Lowered, other characters a hyphen; the old form is a handle."""
    report = migrate(space_v01(tmp_path, {"Gregor.Z.org": letter(TO="Gregor.Z")}))
    assert (
        only(tmp_path, "inbox/gregor-z.org").get("TO"),
        report.renamed,
        'handles: ["@gregor.z"]' in contacts(tmp_path),
    ) == ("gregor-z", [("Gregor.Z", "gregor-z")], True)


def test_mail_from_nobody_is_from_import(tmp_path: Path) -> None:
    """A sender is never guessed."""
    assert moved(tmp_path, letter(FROM="-")).get("FROM") == "import"


def test_agents_mail_may_become_waiting_tasks(tmp_path: Path) -> None:
    """What is unread or being worked on waits for approval; nothing is ever ready by itself."""
    text = (
        letter("new", id="msg-1")
        + letter("begun", id="msg-2", tags="", TASK_STATUS="working")
        + letter("over", id="msg-3", tags=" :done:")
    )
    report = migrate(space_v01(tmp_path, {"tex-claude.org": text}), agent_mail="tasks")
    tasks = entries(tmp_path, "agents/tex-claude.org")
    assert (
        [(e.id, e.keyword, e.get("AWAITING"), e.body, e.get("V01_ID")) for e in tasks],
        only(tmp_path, "inbox/tex-claude.org").keyword,
        (report.tasks, report.by_inbox),
    ) == (
        [
            ("task-1", "WAITING", "owner-approval", "new", "msg-1"),
            ("task-2", "WAITING", "owner-approval", "begun", "msg-2"),
        ],
        "DONE",
        (2, {"tex-claude": 1}),
    )


def test_a_task_from_the_agents_owner_says_so(tmp_path: Path) -> None:
    """The tier at creation is the effective one."""
    text = letter(id="msg-1", FROM="tex") + letter(id="msg-2", FROM="crt")
    migrate(space_v01(tmp_path, {"tex-claude.org": text}), agent_mail="tasks")
    tasks = entries(tmp_path, "agents/tex-claude.org")
    assert [task.get("TRUST_TIER") for task in tasks] == ["owner", "unknown"]


def test_inboxes_that_were_moved_by_hand_are_found(tmp_path: Path) -> None:
    """v0.2's notes told people to move the folder first; many will have stopped there."""
    plant(tmp_path, "org/messaging/tex.org", letter())
    plant(tmp_path, "org/messaging/USERS.yaml", "users:\n  tex: {}\n")
    migrate(tmp_path)
    left = [place.name for place in (tmp_path / "org/messaging").iterdir() if place.is_file()]
    assert (only(tmp_path).body, left) == ("Hello.", ["contacts.yaml"])
