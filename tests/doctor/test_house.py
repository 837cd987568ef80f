"""What doctor says of the house around the mail: settings, contacts, folders, modes, copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgpost.doctor.house_checks import file_system
from orgpost.space import init
from tests.doctor.healthy import CONTACTS, all_found, fixed, found, healthy, mail, message, plant

MESSAGING = "org/messaging"


def test_all_problems_of_the_settings_are_named(tmp_path: Path) -> None:
    """And the look at the mail goes on."""
    space = healthy(tmp_path)
    settings = space / "settings.local.yaml"
    settings.write_text("identity: {nmae: tex}\nstore: {sync: maybe}\n", encoding="utf-8")
    settings.chmod(0o600)
    mail(space, "inbox/tex.org", message(TO="crt"))
    named = [(each.check, each.file, each.line) for each in all_found(space)]
    assert named == [
        ("settings", "settings.local.yaml", 1),
        ("settings", "settings.local.yaml", 2),
        ("wrong-file", "org/messaging/inbox/tex.org", 6),
    ]


def test_all_problems_of_the_contacts_are_named(tmp_path: Path) -> None:
    """Those who are right are known all the same."""
    space = healthy(tmp_path)
    plant(space, "contacts.yaml", f"{CONTACTS}  - kind: robot\n    id: x y\n".encode())
    named = [(each.check, each.file, each.line) for each in all_found(space)]
    assert named == [("contacts", "org/messaging/contacts.yaml", n) for n in (11, 10)]


def test_contacts_that_are_no_yaml_are_named(tmp_path: Path) -> None:
    """And nobody who could stand in them is called unknown for it."""
    space = healthy(tmp_path)
    plant(space, "contacts.yaml", b"actors: [\n")
    assert found(space) == [("contacts", "org/messaging/contacts.yaml", False)]


def test_missing_contacts_are_named(tmp_path: Path) -> None:
    """Nobody can be written to; that is said once, and not of each of them."""
    space = healthy(tmp_path)
    (space / MESSAGING / "contacts.yaml").unlink()
    assert found(space) == [("contacts", "org/messaging/contacts.yaml", False)]


def test_a_key_that_nobody_knows_is_a_warning(tmp_path: Path) -> None:
    """It is kept: it may be a typing error, or somebody's own."""
    space = healthy(tmp_path)
    plant(space, "contacts.yaml", CONTACTS.encode() + b"    phone: 42\n")
    (finding,) = all_found(space)
    assert (finding.check, finding.severity, finding.line) == ("contact-key", "warning", 10)


@pytest.mark.parametrize("name", ["settings.local.yaml", ".orgpost"])
def test_what_others_can_read_is_made_private(tmp_path: Path, name: str) -> None:
    """Secrets and the journal are the owner's only."""
    space = healthy(tmp_path)
    place = space / name
    place.touch() if name.endswith(".yaml") else None
    place.chmod(0o755)
    assert fixed(space) == (["modes"], [])
    assert place.stat().st_mode & 0o777 == 0o700


def test_the_folders_that_must_be_there_are_those_that_init_makes(tmp_path: Path) -> None:
    """A new space has no findings at all."""
    init(tmp_path / "space", actor="tex", environ={})
    assert found(tmp_path / "space") == []


def test_missing_folders_are_made(tmp_path: Path) -> None:
    """All of them, and private."""
    space = healthy(tmp_path)
    (space / MESSAGING / "archive").rmdir()
    (space / ".orgpost").rmdir()
    assert fixed(space) == (["folders", "folders"], [])
    assert (space / ".orgpost").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("tex.sync-conflict-20261120-093105-ABCDEF.org", "sync-copy"),
        ("tex (conflicted copy 2026-11-20).org", "sync-copy"),
        ("tex (Tex's conflicted copy 2026-11-20).org", "sync-copy"),
        ("tex.org.orig", "sync-copy"),
        ("tex.org_archive", "emacs-archive"),
    ],
)
def test_copies_that_other_programs_made_are_named(tmp_path: Path, name: str, check: str) -> None:
    """Two copies of an inbox are two truths; what Emacs archived is left where it is."""
    space = healthy(tmp_path)
    plant(space, f"inbox/{name}", (space / MESSAGING / "inbox/tex.org").read_bytes())
    assert (check, f"org/messaging/inbox/{name}", False) in found(space)


@pytest.mark.parametrize(
    "name",
    ["org/inboxes/tex.org", "org/messaging/inbox.org", "org/messaging/USERS.yaml", "contacts.yaml"],
)
def test_an_old_layout_is_named(tmp_path: Path, name: str) -> None:
    """Its mail is in no inbox of ours yet."""
    space = healthy(tmp_path)
    (space / name).parent.mkdir(exist_ok=True)
    (space / name).write_text("actors:\n", encoding="utf-8")
    assert [check for check, _, _ in found(space)] == ["old-layout"]


def test_tasks_of_v02_are_named_and_never_mended(tmp_path: Path) -> None:
    """With our head put on them they could not be migrated any more."""
    space = healthy(tmp_path)
    old = b"#+TODO: TODO WAITING QUEUED WORKING | DONE CANCELLED ARCHIVED\n* QUEUED x\n"
    plant(space, "agents/tex-agent.org", old)
    assert fixed(space) == ([], ["old-layout"])
    assert (space / MESSAGING / "agents/tex-agent.org").read_bytes() == old


def test_a_link_below_the_mail_is_named_and_not_followed(tmp_path: Path) -> None:
    """It may lead anywhere."""
    space = healthy(tmp_path)
    (space / MESSAGING / "inbox/crt.org").symlink_to("/etc/passwd")
    assert ("unsafe-path", "org/messaging/inbox/crt.org", False) in found(space)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    """Nothing can be written there."""
    space = healthy(tmp_path)
    (space / MESSAGING / "inbox/crt.org").mkdir()
    assert ("unsafe-path", "org/messaging/inbox/crt.org", False) in found(space)


@pytest.mark.parametrize(
    ("place", "kind"),
    [("/home/tex/space", "ext4"), ("/mnt/team/space", "nfs4"), ("/mnt/a b", "fuse.sshfs")],
)
def test_the_file_system_of_a_place_is_that_of_the_nearest_mount(place: str, kind: str) -> None:
    """Later mounts hide earlier ones."""
    mounts = [
        "/dev/sda1 / ext4 rw 0 0",
        "old:/ /mnt/team ext4 rw 0 0",
        "host:/team /mnt/team nfs4 rw 0 0",
        "host:/b /mnt/a\\040b fuse.sshfs rw 0 0",
        "",
    ]
    assert file_system(Path(place), mounts) == kind


def test_a_space_on_a_network_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks between hosts are not to be relied on."""
    space = healthy(tmp_path)
    monkeypatch.setattr("orgpost.doctor.house_checks._mounts", lambda: ["host:/ / nfs4 rw 0 0"])
    assert found(space) == [("network", ".", False)]
