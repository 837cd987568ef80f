"""Delivered files: copied before the message, checked when saved, named by no path."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from orgpost.errors import (
    Conflict,
    Exists,
    FileChanged,
    InvalidField,
    NoSuchFile,
    NotPermitted,
    OrgpostError,
    TooLarge,
)
from orgpost.file_delivery import FileDelivery
from orgpost.message_store import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from tests.messages.conftest import Office

NAMES = ["a.txt", "a|b", "nil", "%%(x) <2026-11-20 Fri>", "ünï 📮", " a ", "-rf", '"q"', "a\\b"]


@pytest.fixture
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file to send."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "a.txt").write_bytes(b"content\r\n\0")
    return folder


def test_a_file_is_delivered_with_its_message(office: Office, source: Path) -> None:
    """Its name, size, type and sha256; its id begins with ``file-``."""
    sent = office.mail.create_file_delivery("crt", "tex", source / "a.txt", note="See")
    found = office.mail.find_by_id(sent.id)
    assert found.to_dict() == sent.to_dict()
    assert (found.id[:5], found.kind, found.body) == ("file-", "file", "See")
    assert found.files[0] == {
        "name": "a.txt",
        "size": 10,
        "sha256": hashlib.sha256(b"content\r\n\0").hexdigest(),
        "type": "text/plain",
        "status": "ok",
    }
    assert [m.id for m in office.mail.find_file_deliveries("tex")] == [sent.id]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_any_name_is_only_a_name(office: Office, source: Path, name: str) -> None:
    """Whatever it would mean to Org, it comes back as it was."""
    (source / name).write_bytes(b"x")
    sent = office.send(attach=[source / name])
    (found,) = office.mail.find_by_id(sent.id).files
    (saved,) = office.mail.save_files(sent.id, source.parent, force=True)
    saved.unlink()
    assert (found["name"], found["status"], saved.name) == (name, "ok", name)


def test_saving_gives_the_bytes_and_notes_it(office: Office, source: Path, tmp_path: Path) -> None:
    """DOWNLOADED becomes true."""
    sent = office.send(attach=[source / "a.txt"])
    assert sent.properties["DOWNLOADED"] == "false"
    (saved,) = office.mail.save_files(sent.id, tmp_path)
    assert saved.read_bytes() == b"content\r\n\0"
    assert office.mail.find_by_id(sent.id).properties["DOWNLOADED"] == "true"


def test_a_file_that_changed_is_not_saved(office: Office, source: Path, tmp_path: Path) -> None:
    """Scenario 16: none of them is, and the folder stays empty."""
    (source / "b.txt").write_bytes(b"b")
    sent = office.send(attach=[source / "a.txt", source / "b.txt"])
    office.path(f"files/{sent.id}/b.txt").write_bytes(b"c")
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(FileChanged):
        office.mail.save_files(sent.id, folder)
    assert list(folder.iterdir()) == []
    statuses = [file["status"] for file in office.mail.find_by_id(sent.id).files]
    assert statuses == ["ok", "changed"]


@pytest.mark.parametrize(
    ("old", "new"), [("a.txt", "b.txt"), ("a.txt", '"\\u002e\\u002e/x"'), ("text/plain", "x/y")]
)
def test_a_manifest_that_changed_is_not_believed(
    office: Office, source: Path, tmp_path: Path, old: str, new: str
) -> None:
    """The message carries its sha256."""
    sent = office.send(attach=[source / "a.txt"])
    path = office.path(f"files/{sent.id}.org")
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(FileChanged):
        office.mail.save_files(sent.id, tmp_path)
    listed = office.mail.find_by_id(sent.id).files
    assert "ok" not in {file["status"] for file in listed}
    assert not any("/" in str(file["name"]) for file in listed)


def test_a_file_that_is_gone_is_missing(office: Office, source: Path, tmp_path: Path) -> None:
    """The list says so, and nothing is saved."""
    sent = office.send(attach=[source / "a.txt"])
    office.path(f"files/{sent.id}/a.txt").unlink()
    assert office.mail.find_by_id(sent.id).files[0]["status"] == "missing"
    office.path(f"files/{sent.id}.org").unlink()
    assert office.mail.find_by_id(sent.id).files[0]["status"] == "missing"
    with pytest.raises(FileChanged):
        office.mail.save_files(sent.id, tmp_path)


def test_nothing_is_written_over_unless_it_is_asked_for(
    office: Office, source: Path, tmp_path: Path
) -> None:
    """Nor through a link."""
    (source / "0.txt").write_bytes(b"first")
    sent = office.send(attach=[source / "0.txt", source / "a.txt"])
    (tmp_path / "a.txt").symlink_to(tmp_path / "victim")
    with pytest.raises(Exists):
        office.mail.save_files(sent.id, tmp_path)
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").write_bytes(b"mine")
    with pytest.raises(Exists):
        office.mail.save_files(sent.id, tmp_path)
    assert (tmp_path / "a.txt").read_bytes() == b"mine"
    assert not (tmp_path / "0.txt").exists()
    office.mail.save_files(sent.id, tmp_path, force=True)
    assert (tmp_path / "a.txt").read_bytes() == b"content\r\n\0"


def test_a_message_without_files_has_none_to_save(office: Office, tmp_path: Path) -> None:
    """And a folder that is not there is an error."""
    with pytest.raises(InvalidField):
        office.mail.save_files(office.send().id, tmp_path)


@pytest.mark.parametrize("name", ["ID", "MSG_ID"])
def test_no_id_in_a_file_leads_elsewhere(
    office: Office, source: Path, tmp_path: Path, name: str
) -> None:
    """Whatever a person, or whoever wrote as one, put there."""
    sent = office.send(attach=[source / "a.txt"])
    office.clock.advance(60)  # or the message whose id is gone would be put back
    forged = f"../files/{sent.id}"
    if name == "ID":
        office.edit(f":ID:       {sent.id}", f":ID:       {forged}")
    else:
        office.edit(":THREAD:", f":MSG_ID:   {forged}\n:THREAD:")
    found = office.mail.find_messages("tex")[0]
    assert found.files == ()
    with pytest.raises(FileChanged):
        office.mail.save_files(found.id, tmp_path)


def test_copies_bring_the_same_files(office: Office, source: Path) -> None:
    """They are stored once."""
    sent = office.deliver(attach=[source / "a.txt"], cc=["mira"])
    (copy,) = office.mail.find_unread("mira")
    assert copy.files == sent.message.files
    assert [path.name for path in office.path("files").iterdir() if path.is_dir()] == [
        sent.message.id
    ]


@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "missing", "twice", "control"])
def test_what_is_no_plain_file_is_refused(office: Office, source: Path, kind: str) -> None:
    """Scenario 17: nothing is written."""
    paths = [source / "x"]
    match kind:
        case "folder":
            paths[0].mkdir()
        case "link":
            paths[0].symlink_to(source / "a.txt")
        case "pipe":
            os.mkfifo(paths[0])
        case "twice":
            (source / "sub").mkdir()
            (source / "sub" / "a.txt").write_bytes(b"x")
            paths = [source / "a.txt", source / "sub" / "a.txt"]
        case "control":
            paths = [source / "a\x1bb"]
            paths[0].write_bytes(b"x")
    with pytest.raises(OrgpostError) as refused:
        office.send(attach=paths)
    expected = NoSuchFile if kind == "missing" else InvalidField
    assert (type(refused.value), office.files()) == (expected, {})


def test_all_files_together_have_a_limit(office: Office, source: Path) -> None:
    """The error says size and limit."""
    delivery = FileDelivery(office.store, max_bytes=9)
    with pytest.raises(TooLarge):
        delivery.check([source / "a.txt"], None)


def test_only_a_person_sends_from_anywhere(office: Office, source: Path) -> None:
    """An agent sends from the space and the working folder, where nothing else is set."""
    with pytest.raises(NotPermitted):
        office.send(sender="crt-agent", attach=[source / "a.txt"])
    inside = office.space / "a.txt"
    inside.write_bytes(b"x")
    assert office.send(sender="crt-agent", attach=[inside]).files[0]["status"] == "ok"


def test_roots_bind_everybody_and_are_not_left_through_a_link(office: Office, source: Path) -> None:
    """What really lies elsewhere is elsewhere."""
    office.rules = Rules(attach_roots=(office.space,))
    (office.space / "way").symlink_to(source)
    for path in (source / "a.txt", office.space / "way" / "a.txt"):
        with pytest.raises(NotPermitted):
            office.send(attach=[path])
    assert office.files() == {}


def test_a_file_that_is_not_as_long_as_it_says_is_refused(office: Office) -> None:
    """It grows while it is copied, or it is none of a disk's: `/proc/self/environ`."""
    with pytest.raises(FileChanged):
        office.send(attach=["/proc/self/status"])
    assert office.files() == {}


def test_sending_again_after_a_death_takes_the_files_that_are_there(
    office: Office, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the files and the message; the same id again completes it."""
    with monkeypatch.context() as patch:
        patch.setattr(office.store, "append", None)
        with pytest.raises(TypeError):
            office.send(id="msg-once", attach=[source / "a.txt"])
    assert office.send(id="msg-once", attach=[source / "a.txt"]).files[0]["status"] == "ok"


def test_other_content_under_the_same_id_is_a_conflict(
    office: Office, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a dead sender left is not taken for what is sent now."""
    with monkeypatch.context() as patch:
        patch.setattr(office.store, "append", None)
        with pytest.raises(TypeError):
            office.send(id="msg-once", attach=[source / "a.txt"])
    (source / "a.txt").write_bytes(b"other")
    with pytest.raises(Conflict):
        office.send(id="msg-once", attach=[source / "a.txt"])


@pytest.mark.parametrize("name", [b"\xff", b"x" * 256, b"..", b""], ids=repr)
def test_a_name_that_is_none_is_refused(office: Office, name: bytes) -> None:
    """Before anything is looked at."""
    with pytest.raises(InvalidField):
        office.send(attach=[f"/tmp/{os.fsdecode(name)}" if name else "/"])


def test_a_file_that_became_a_link_is_refused(office: Office, source: Path) -> None:
    """Between the look and the copy; or is gone."""
    delivery = FileDelivery(office.store, max_bytes=100)
    sources = delivery.check([source / "a.txt"], None)
    (source / "a.txt").unlink()
    with pytest.raises(NoSuchFile):
        delivery.deliver("msg-a", sources)
    (source / "a.txt").symlink_to(source / "b.txt")
    with pytest.raises(InvalidField):
        delivery.deliver("msg-a", sources)
    (source / "a.txt").unlink()
    os.mkfifo(source / "a.txt")
    with pytest.raises(InvalidField):
        delivery.deliver("msg-a", sources)
    assert office.files() == {}


def test_files_are_saved_only_into_a_folder_that_is_there(
    office: Office, source: Path, tmp_path: Path
) -> None:
    """Nothing is made on the way."""
    sent = office.send(attach=[source / "a.txt"])
    with pytest.raises(NoSuchFile):
        office.mail.save_files(sent.id, tmp_path / "nowhere")


def test_sending_again_copies_nothing(office: Office, source: Path) -> None:
    """A duplicate is a duplicate, files and all."""
    office.send(id="msg-once", attach=[source / "a.txt"])
    before = office.files()
    (source / "a.txt").write_bytes(b"other")
    again = office.deliver(id="msg-once", attach=[source / "a.txt"])
    assert (again.duplicate, office.files()) == (True, before)
