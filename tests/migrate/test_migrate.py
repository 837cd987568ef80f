"""A migration as a whole: nothing without need, everything once, the old bytes kept."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orgpost.clock import FakeClock
from orgpost.doctor import Options, examine
from orgpost.errors import (
    BadContacts,
    Conflict,
    Failed,
    InvalidField,
    Malformed,
    NotUtf8,
    Usage,
)
from orgpost.migrate import migrate
from orgpost.migrate.entries import Planned
from orgpost.migrate.new_space import put
from orgpost.space import MAIL_FOLDERS
from orgpost.store import FileStore
from tests.migrate.old_mail import entries, letter, only, plant, snapshot, space_v01

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orgpost.store import Store

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parent
TEAM = SAMPLES / "v01-space" / "1-team"
LAB = SAMPLES / "v01-space" / "2-lab"


def note(what: str) -> dict[str, object]:
    """Say something about the people of a space."""
    return {"file": "org/messaging/contacts.yaml", "line": None, "what": what}


def copied(sample: Path, root: Path) -> Path:
    """Copy a sample space."""
    return shutil.copytree(sample, root, dirs_exist_ok=True)


@pytest.mark.parametrize("sample", [TEAM, LAB, SAMPLES / "v02-space"])
def test_a_dry_run_touches_nothing(tmp_path: Path, sample: Path) -> None:
    """Not a byte, not a time, not a folder: no lock, no journal, no backup."""
    space = copied(sample, tmp_path)
    before = snapshot(space)
    report = migrate(space, dry_run=True)
    assert (snapshot(space), report.migrated > 0) == (before, True)


def test_a_dry_run_says_what_the_run_does(tmp_path: Path) -> None:
    """The report is the same, but for the backup."""
    space = copied(TEAM, tmp_path)
    dry = migrate(space, actor="tex", dry_run=True).to_dict()
    run = migrate(space, actor="tex").to_dict()
    assert {**dry, "dry_run": False, "backup": run["backup"]} == run


def test_the_report_of_a_real_space(tmp_path: Path) -> None:
    """All of it, as a program gets it."""
    report = migrate(copied(LAB, tmp_path), actor="mira", clock=FakeClock())
    assert report.to_dict() == {
        "from": "v0.1",
        "dry_run": False,
        "migrated": 1,
        "already": 0,
        "by_inbox": {"mira": 1},
        "tasks": 0,
        "actors_added": ["mira", "tex-claude", "tex"],
        "renamed": [],
        "notes": [
            note("claude had no inbox: its handles mean the sender's own agent"),
            note("tex was in no registry: a person of tier unknown"),
        ],
        "backup": ".orgpost/backup/20261120T083105Z",
    }


def test_every_message_of_a_real_space_is_there_with_its_body(tmp_path: Path) -> None:
    """In the inbox of its file's name; the done one is DONE, the forged heading is text."""
    space = copied(TEAM, tmp_path)
    migrate(space, actor="tex")
    names = ("crt", "gregor", "tex-claude", "tex")
    found = {name: entries(space, f"inbox/{name}.org") for name in names}
    assert {name: [(e.keyword, e.get("FROM")) for e in mail] for name, mail in found.items()} == {
        "crt": [("UNREAD", "tex-claude")],
        "gregor": [("UNREAD", "tex-claude")] * 2,
        "tex-claude": [("DONE", "crt-claude"), ("UNREAD", "gregor-claude")],
        "tex": [("UNREAD", "gregor-claude"), ("UNREAD", "crt-claude"), ("UNREAD", "crt")],
    }
    assert found["tex-claude"][1].body.startswith("* not a heading")


def test_the_old_bytes_are_in_the_backup_and_nowhere_else(tmp_path: Path) -> None:
    """Byte for byte, under their old paths."""
    space = copied(TEAM, tmp_path)
    report = migrate(space)
    backup = space / str(report.backup)
    copies = {str(f.relative_to(backup)): f.read_bytes() for f in backup.rglob("*") if f.is_file()}
    olds = {str(f.relative_to(TEAM)): f.read_bytes() for f in TEAM.rglob("*") if f.is_file()}
    assert (copies, (space / "org/inboxes").exists()) == (olds, False)


@pytest.mark.parametrize("sample", [TEAM, LAB, SAMPLES / "v02-space"])
def test_the_documented_way_back_leads_to_the_old_bytes(tmp_path: Path, sample: Path) -> None:
    """Remove the new mail with its journal, copy the backup over the space."""
    space = copied(sample, tmp_path)
    report = migrate(space, actor="tex")
    for folder in ("org/messaging", ".orgpost/journal", ".orgpost/locks"):
        shutil.rmtree(space / folder)
    shutil.copytree(space / str(report.backup), space, dirs_exist_ok=True)
    shutil.rmtree(space / ".orgpost")
    back = {str(f.relative_to(space)): f.read_bytes() for f in space.rglob("*") if f.is_file()}
    olds = {str(f.relative_to(sample)): f.read_bytes() for f in sample.rglob("*") if f.is_file()}
    assert back == olds


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    """There is nothing to migrate any more."""
    space = copied(TEAM, tmp_path)
    migrate(space)
    before = snapshot(space)
    again = migrate(space)
    assert (snapshot(space), again.migrated, again.backup) == (before, 0, None)


def test_old_files_that_are_kept_are_not_migrated_twice(tmp_path: Path) -> None:
    """A second run knows each message again, whatever its state is by then."""
    space = copied(TEAM, tmp_path)
    migrate(space, keep_old=True)
    inbox = space / "org/messaging/inbox/tex.org"
    inbox.write_bytes(inbox.read_bytes().replace(b"* UNREAD ", b"* READ   "))
    before = snapshot(space / "org")
    again = migrate(space, keep_old=True)
    assert (snapshot(space / "org"), again.migrated, again.already) == (before, 0, 8)


def test_mail_that_came_after_the_first_run_is_added(tmp_path: Path) -> None:
    """An old program that still runs loses nothing."""
    space = copied(LAB, tmp_path)
    migrate(space, keep_old=True)
    with (space / "org/inboxes/mira.org").open("a", encoding="utf-8") as old:
        old.write(letter("later", id="msg-20261121-080000-tex"))
    again = migrate(space)
    assert (again.migrated, again.already, len(entries(space, "inbox/mira.org"))) == (1, 1, 2)


def test_an_empty_folder_has_nothing_to_migrate(tmp_path: Path) -> None:
    """And nothing is written into it."""
    report = migrate(tmp_path)
    assert (report.to_dict()["from"], report.migrated, list(tmp_path.iterdir())) == (None, 0, [])


def test_a_file_that_is_not_utf8_stays_and_the_others_go_on(tmp_path: Path) -> None:
    """It is named, with the report of what was done."""
    space_v01(tmp_path, {"crt.org": b"\n* MESSAGE [x]\xe9\n", "tex.org": letter()})
    with pytest.raises(NotUtf8) as refused:
        migrate(tmp_path)
    left = [place.name for place in (tmp_path / "org/inboxes").iterdir()]
    details = refused.value.details
    assert (left, only(tmp_path).body, details["what"], details["report"]) == (
        ["crt.org"],
        "Hello.",
        "org/inboxes/crt.org",
        {**migrate_report(tmp_path), "migrated": 1, "by_inbox": {"tex": 1}},
    )


def migrate_report(space: Path) -> dict[str, object]:
    """Say what the report of that run has besides."""
    (backup,) = (space / ".orgpost/backup").iterdir()
    what = "it stays: org/inboxes/crt.org is not UTF-8 from byte 14 on"
    notes = [
        "tex was in no registry: a person of tier unknown",
        "crt was in no registry: a person of tier unknown",
    ]
    return {
        "from": "v0.1",
        "dry_run": False,
        "already": 0,
        "tasks": 0,
        "actors_added": ["tex", "crt"],
        "renamed": [],
        "notes": [
            *(note(what) for what in notes),
            {"file": "org/inboxes/crt.org", "line": None, "what": what},
        ],
        "backup": f".orgpost/backup/{backup.name}",
    }


def test_a_registry_that_is_no_yaml_stays_and_the_mail_goes_on(tmp_path: Path) -> None:
    """People are then known from their mail only."""
    space_v01(tmp_path, {"tex.org": letter()}, "users: [\n")
    with pytest.raises(Malformed) as refused:
        migrate(tmp_path)
    assert (refused.value.details["path"], only(tmp_path).body) == (
        "org/inboxes/USERS.yaml",
        "Hello.",
    )


def test_bad_contacts_stop_all_before_anything_is_written(tmp_path: Path) -> None:
    """A registry that cannot be relied on is not added to."""
    space_v01(tmp_path, {"tex.org": letter()})
    plant(tmp_path, "org/messaging/contacts.yaml", "actors: [\n")
    before = snapshot(tmp_path)
    with pytest.raises(BadContacts):
        migrate(tmp_path)
    assert snapshot(tmp_path) == before


def test_contacts_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    """Only those who are missing are added, below, comments kept."""
    mine = "# mine\nactors:\n  - id: crt  # Crt!\n    kind: person\n    trust_tier: team\n"
    space_v01(tmp_path, {"tex.org": letter()})
    plant(tmp_path, "org/messaging/contacts.yaml", mine)
    report = migrate(tmp_path)
    text = (tmp_path / "org/messaging/contacts.yaml").read_text(encoding="utf-8")
    assert (text.startswith(mine), report.actors_added) == (True, ["tex"])


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"actor": "../tex"}, InvalidField),
        ({"source": "v0.3"}, Usage),
        ({"agent_mail": "letters"}, Usage),
    ],
)
def test_options_that_mean_nothing_are_refused(
    tmp_path: Path, options: dict[str, str], error: type[Exception]
) -> None:
    """Before anything is looked at."""
    with pytest.raises(error):
        migrate(tmp_path, **options)  # type: ignore[arg-type]


def test_the_backup_is_private_and_git_does_not_see_it(tmp_path: Path) -> None:
    """Mail of all is in it."""
    space = copied(LAB, tmp_path)
    migrate(space)
    private = space / ".orgpost"
    ignored = (private / ".gitignore").read_text(encoding="utf-8")
    assert (private.stat().st_mode & 0o777, ignored) == (0o700, "*\n")


@pytest.mark.parametrize("sample", [TEAM, LAB, SAMPLES / "v02-space"])
def test_doctor_finds_nothing_wrong_afterwards(tmp_path: Path, sample: Path) -> None:
    """But replies to mail that the old space did not have either."""
    space = copied(sample, tmp_path)
    migrate(space, actor="tex")
    findings = examine(space, Options(deep=True)).all
    assert [each.message for each in findings if each.check != "dangling"] == []


def test_the_new_space_has_all_folders_that_init_makes(tmp_path: Path) -> None:
    """And nothing is left for doctor to make."""
    space = copied(LAB, tmp_path)
    migrate(space)
    made = {place.name for place in (space / "org/messaging").iterdir() if place.is_dir()}
    assert made == set(MAIL_FOLDERS)


def test_a_large_inbox_is_written_in_several_records(tmp_path: Path) -> None:
    """A record of the journal has a limit, a file has none."""
    body = "word " * 40_000
    text = "".join(letter(f"{n}\n{body}end", id=f"msg-{n}") for n in range(60))
    report = migrate(space_v01(tmp_path, {"tex.org": text}))
    assert (report.migrated, len(entries(tmp_path, "inbox/tex.org"))) == (60, 60)


def test_a_body_that_is_not_read_back_as_it_was_stops_before_the_old_file_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever changed it: the old file is the only truth then."""
    space = space_v01(tmp_path, {"tex.org": letter("Hello.")})

    def put_wrongly(store: Store, planned: Iterable[Planned]) -> None:
        put(store, [replace(each, raw=each.raw.replace(b"o.", b"o!")) for each in planned])

    monkeypatch.setattr("orgpost.migrate.run.put", put_wrongly)
    with pytest.raises(Failed):
        migrate(space)
    assert (space / "org/inboxes/tex.org").read_text(encoding="utf-8") == letter("Hello.")


def test_an_entry_that_another_run_has_put_meanwhile_is_not_put_again(tmp_path: Path) -> None:
    """Two runs at once leave each entry once, and lose none."""
    migrate(space_v01(tmp_path, {"tex.org": letter("a", id="msg-1")}))
    raws = {"msg-1": b"", "msg-2": b""}
    for id in raws:
        raws[id] = only(tmp_path).raw.replace(b"msg-1", id.encode())
    planned = [
        Planned("inbox/tex.org", "tex", id, "message", "UNREAD", raw, "a", there=False)
        for id, raw in raws.items()
    ]
    with FileStore(tmp_path) as store:
        put(store, planned)
    assert [each.id for each in entries(tmp_path, "inbox/tex.org")] == ["msg-1", "msg-2"]


def test_an_old_file_that_changes_meanwhile_stays_and_the_next_run_reads_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old program may write until the very last moment."""
    space = space_v01(tmp_path, {"tex.org": letter("first", id="msg-1")})
    inbox = space / "org/inboxes/tex.org"

    def compare_and_write(*_: object) -> None:
        with inbox.open("a", encoding="utf-8") as old:
            old.write(letter("second", id="msg-2"))

    with monkeypatch.context() as patched:
        patched.setattr("orgpost.migrate.run.compare", compare_and_write)
        patched.setattr(Path, "replace", None)
        with pytest.raises(Conflict):
            migrate(space)
    assert inbox.exists()
    migrate(space)
    assert [each.body for each in entries(space, "inbox/tex.org")] == ["first", "second"]


def test_an_old_file_that_changes_while_it_is_moved_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its copy in the backup is again what was read."""
    space = space_v01(tmp_path, {"tex.org": letter("first", id="msg-1")})
    inbox, before = space / "org/inboxes/tex.org", letter("first", id="msg-1")
    move = Path.replace

    def write_and_move(source: Path, target: Path) -> Path:
        if source == inbox:
            with inbox.open("a", encoding="utf-8") as old:
                old.write(letter("second", id="msg-2"))
        return move(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", write_and_move)
        with pytest.raises(Conflict):
            migrate(space)
    (copy,) = space.glob(".orgpost/backup/*/org/inboxes/tex.org")
    migrate(space)
    found = [each.body for each in entries(space, "inbox/tex.org")]
    assert (copy.read_text(encoding="utf-8"), found) == (before, ["first", "second"])
