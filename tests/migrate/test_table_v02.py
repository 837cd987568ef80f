"""What becomes of v0.2: its states, its files, its tasks, its actors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orgpost.errors import Conflict, Usage
from orgpost.migrate import migrate
from orgpost.org import scan
from tests.migrate.old_mail import entries, entry_v02, letter, only, plant, space_v02

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parent / "v02-space"
GOLDEN = Path(__file__).parent / "v02-golden"


def test_a_whole_space_becomes_the_golden_one(tmp_path: Path) -> None:
    """Every byte of what is written is as the golden files have it."""
    shutil.copytree(SAMPLE, tmp_path, dirs_exist_ok=True)
    migrate(tmp_path, actor="tex")
    made = tmp_path / "org/messaging"
    found = {str(f.relative_to(made)): f.read_text() for f in made.rglob("*") if f.is_file()}
    golden = {str(f.relative_to(GOLDEN)): f.read_text() for f in GOLDEN.rglob("*") if f.is_file()}
    assert found == golden


@pytest.mark.parametrize(
    ("head", "state", "kept"),
    [
        ("TODO [2026-11-20 Fri 09:10] :unread:message:", "UNREAD", None),
        ("TODO [2026-11-20 Fri 09:10] :message:", "TODO", None),
        ("DONE [2026-11-20 Fri 09:10] :message:", "READ", None),
        ("WAITING [2026-11-20 Fri 09:10] :message:", "TODO", "WAITING"),
        ("CANCELLED [2026-11-20 Fri 09:10] :message:", "DONE", "CANCELLED"),
        ("WORKING [2026-11-20 Fri 09:10] :message:", "TODO", "WORKING"),
        ("[2026-11-20 Fri 09:10] :message:", "READ", None),
    ],
)
def test_states_of_messages(tmp_path: Path, head: str, state: str, kept: str | None) -> None:
    """v0.2 marked read mail DONE; what is not told apart any more is kept as a property."""
    migrate(space_v02(tmp_path, entry_v02(head=head)))
    entry = only(tmp_path)
    assert (entry.keyword, entry.get("V02_STATE"), entry.tags) == (state, kept, ())


def test_archived_mail_goes_to_the_archive(tmp_path: Path) -> None:
    """Of the month in which it was made."""
    head = "ARCHIVED [2026-10-02 Fri 09:10] :message:"
    migrate(space_v02(tmp_path, entry_v02(head=head)))
    entry = only(tmp_path, "archive/inbox-tex-2026-10.org")
    assert (entry.keyword, entry.get("ARCHIVE_TODO")) == ("ARCHIVED", "READ")


def test_mail_to_nobody_is_the_owners(tmp_path: Path) -> None:
    """v0.2's deliveries had no recipient; the note says so."""
    text = entry_v02(head="TODO [2026-11-20 Fri 09:10] :file_delivery:", TO="-", FILENAME="a b.pdf")
    report = migrate(space_v02(tmp_path, text), actor="tex")
    entry = only(tmp_path)
    assert (entry.get("KIND"), entry.get("FILENAME"), report.notes[-1].what) == (
        "file",
        "a b.pdf",
        "it is to nobody: to tex",
    )


def test_mail_to_nobody_without_an_owner_asks_who(tmp_path: Path) -> None:
    """Nothing is written before that is known."""
    space_v02(tmp_path, entry_v02(TO="-") + entry_v02(id="msg-2", FROM="tex"))
    with pytest.raises(Usage) as refused:
        migrate(tmp_path)
    assert (refused.value.hint, (tmp_path / ".orgpost").exists()) == (
        "say whose it is: --actor NAME",
        False,
    )


def test_a_heading_that_a_person_wrote_is_the_subject(tmp_path: Path) -> None:
    """The stamp that v0.2 wrote there is none."""
    text = entry_v02(head="TODO [2026-11-20 Fri 09:10] The keys! :message:")
    migrate(space_v02(tmp_path, text))
    assert only(tmp_path).title == "The keys!"


def test_a_persons_own_heading_stays_as_mail_to_the_owner(tmp_path: Path) -> None:
    """It had no drawer, so it gets an id of its content and is from nobody."""
    migrate(space_v02(tmp_path, entry_v02() + "* TODO Buy milk\nsoon\n"), actor="tex")
    note = entries(tmp_path, "inbox/tex.org")[1]
    assert (note.keyword, note.title, note.body, note.get("FROM")) == (
        "TODO",
        "Buy milk",
        "soon",
        "import",
    )


def test_inboxes_of_v01_that_were_concatenated_come_over_too(tmp_path: Path) -> None:
    """v0.2's own notes told people to do so."""
    text = entry_v02(id="msg-1") + letter("* star\n* TODO another", id="msg-2")
    migrate(space_v02(tmp_path, text))
    found = [(e.id, e.keyword, e.body) for e in entries(tmp_path, "inbox/tex.org")]
    assert found == [
        ("msg-1", "UNREAD", "Hello."),
        ("msg-2", "UNREAD", "* star\n* TODO another"),
    ]


@pytest.mark.parametrize(
    ("keyword", "properties", "state"),
    [
        ("WAITING", {"AWAITING": "owner-approval"}, "WAITING"),
        ("QUEUED", {}, "QUEUED"),
        ("WORKING", {}, "QUEUED"),
        ("DONE", {}, "DONE"),
        ("CANCELLED", {}, "CANCELLED"),
        ("CANCELLED", {"REJECTION_REASON": "no"}, "REJECTED"),
        ("TODO", {}, "WAITING"),
    ],
)
def test_states_of_tasks(
    tmp_path: Path, keyword: str, properties: dict[str, str], state: str
) -> None:
    """They keep their names; nobody holds what was WORKING."""
    text = entry_v02("", head=f"{keyword} Do it :AI:", id="org-20261120-091003-x1", **properties)
    migrate(space_v02(tmp_path, agents={"tex-claude.org": text}))
    task = only(tmp_path, "agents/tex-claude.org")
    assert (task.keyword, task.id, task.get("V02_ID"), task.title) == (
        state,
        "task-20261120-091003-x1",
        "org-20261120-091003-x1",
        "Do it",
    )


def test_the_fields_of_a_task_get_their_new_names(tmp_path: Path) -> None:
    """SUBMITTED is CREATED, RETRY_COUNT is ATTEMPT, EFFORT is EFFORT_LEVEL; nobody holds it."""
    text = entry_v02(
        "",
        head="QUEUED Do it",
        SUBMITTED="[2026-11-20 Fri 09:00]",
        RETRY_COUNT="2",
        EFFORT="3",
        TRUST_TIER="king",
        AWAITING="owner-approval",
    )
    migrate(space_v02(tmp_path, agents={"tex-claude.org": text}))
    task = only(tmp_path, "agents/tex-claude.org")
    names = ("CREATED", "ATTEMPT", "EFFORT_LEVEL", "LEASE", "TRUST_TIER", "AWAITING", "EFFORT")
    assert [task.get(name) for name in names] == [
        *("[2026-11-20 Fri 09:00:00]", "2", "3", "- 0 -", "unknown"),
        None,
        None,
    ]


def test_an_archived_task_goes_to_the_archive(tmp_path: Path) -> None:
    """The hot file keeps the rest."""
    text = entry_v02("", head="ARCHIVED Old", SUBMITTED="[2026-10-02 Fri 09:00]")
    migrate(space_v02(tmp_path, agents={"tex-claude.org": text}))
    task = only(tmp_path, "archive/agents-tex-claude-2026-10.org")
    assert (task.keyword, task.get("ARCHIVE_TODO"), entries(tmp_path, "agents/tex-claude.org")) == (
        "ARCHIVED",
        "DONE",
        [],
    )


def test_a_file_of_tasks_is_replaced_where_it_lies(tmp_path: Path) -> None:
    """Its path is one of ours too: our header after one step, its old bytes in the backup."""
    text = entry_v02("", head="QUEUED Do it")
    space_v02(tmp_path, agents={"tex-claude.org": text})
    place = tmp_path / "org/messaging/agents/tex-claude.org"
    before = place.read_bytes()
    report = migrate(tmp_path)
    copy = tmp_path / str(report.backup) / "org/messaging/agents/tex-claude.org"
    assert (scan.has_cookie(place.read_bytes()), copy.read_bytes()) == (True, before)


def test_a_file_of_tasks_under_an_illegal_name_is_moved(tmp_path: Path) -> None:
    """The new one has a name of ours."""
    text = entry_v02("", head="QUEUED Do it")
    migrate(space_v02(tmp_path, agents={"Tex-Claude.org": text}))
    left = sorted(place.name for place in (tmp_path / "org/messaging/agents").iterdir())
    assert (only(tmp_path, "agents/tex-claude.org").keyword, left) == ("QUEUED", ["tex-claude.org"])


def test_ids_with_a_host_become_names_with_a_handle(tmp_path: Path) -> None:
    """`tex@team.example.com` is tex, and can still be written to by the old id."""
    contacts = "actors:\n  - id: tex@team.example.com\n    trust_tier: team\n"
    text = entry_v02(TO="tex@team.example.com", FROM="tex")
    migrate(space_v02(tmp_path, text, contacts=contacts))
    registry = (tmp_path / "org/messaging/contacts.yaml").read_text(encoding="utf-8")
    assert only(tmp_path).get("TO") == "tex"
    assert registry == (
        "# who is who here; comments and order are yours and stay\nactors:\n  - id: tex\n"
        '    name: "tex@team.example.com"\n    kind: person\n    trust_tier: team\n'
        '    handles: ["@tex@team.example.com"]\n'
    )


def test_an_outbox_of_v02_that_holds_nothing_is_moved(tmp_path: Path) -> None:
    """Ours has another form; one that holds something stays for a person to look at."""
    space_v02(tmp_path, entry_v02())
    plant(tmp_path, "org/messaging/outbox.org", (SAMPLE / "org/messaging/outbox.org").read_bytes())
    migrate(tmp_path)
    assert not (tmp_path / "org/messaging/outbox.org").exists()


def test_both_layouts_at_once_come_over_in_one_run(tmp_path: Path) -> None:
    """A half-made upgrade loses neither half."""
    space_v02(tmp_path, entry_v02(id="msg-2"))
    plant(tmp_path, "org/inboxes/tex.org", letter(id="msg-1"))
    report = migrate(tmp_path)
    assert (report.version, [e.id for e in entries(tmp_path, "inbox/tex.org")]) == (
        "v0.1+v0.2",
        ["msg-1", "msg-2"],
    )


def test_one_version_may_be_asked_for(tmp_path: Path) -> None:
    """The other one's files are not touched."""
    space_v02(tmp_path, entry_v02(id="msg-2"))
    plant(tmp_path, "org/inboxes/tex.org", letter(id="msg-1"))
    report = migrate(tmp_path, source="v0.2")
    assert (report.version, [e.id for e in entries(tmp_path, "inbox/tex.org")]) == (
        "v0.2",
        ["msg-2"],
    )


def test_a_file_of_tasks_that_changes_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an old program wrote last is still there for the next run."""
    space_v02(tmp_path, agents={"tex-claude.org": entry_v02("", head="QUEUED Do it")})
    place = tmp_path / "org/messaging/agents/tex-claude.org"

    def write(*_: object) -> None:
        text = entry_v02("", head="QUEUED Do more", id="org-20261120-091004-x2")
        place.write_bytes(place.read_bytes() + text.encode())

    with monkeypatch.context() as patched:
        patched.setattr("orgpost.migrate.run.add_actors", write)
        with pytest.raises(Conflict):
            migrate(tmp_path)
    migrate(tmp_path)
    assert [e.title for e in entries(tmp_path, "agents/tex-claude.org")] == ["Do it", "Do more"]
