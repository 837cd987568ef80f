"""Delivered files: each is what its message says, and each belongs to a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgpost.doctor.finding import Finding
from orgpost.file_delivery import FileDelivery
from orgpost.store.page import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgpost.doctor.patient import Case, Patient
    from orgpost.org.entry import Entry

FILES: Final = f"{ROOT}/files"
ORPHAN_SECONDS: Final = 3600
_ANY_SIZE: Final = 0


def check_delivered(case: Case) -> Iterator[Finding]:
    """What a message brings is there, and unchanged; what it does not list is not there."""
    patient = case.patient
    delivery = FileDelivery(case.store, max_bytes=_ANY_SIZE)
    for file in patient.files:
        for placed in (each for each in file.mail if each.entry.get("FILES")):
            id = files_id(placed.entry)
            listed = delivery.describe(id, dict(reversed(placed.entry.properties)))
            for each in listed:
                if each["status"] != "ok":
                    message = f"{each['name']} of {placed.entry.id} is {each['status']}"
                    yield file.finding(f"file-{each['status']}", message, line=placed.line)
            if not listed:
                message = f"the list of files of {placed.entry.id} is missing"
                yield file.finding("file-missing", message, line=placed.line)
            else:
                yield from _unlisted(patient, id, {str(each["name"]) for each in listed})


def check_orphans(case: Case) -> Iterator[Finding]:
    """Files are copied before their message is stored; without it they are nobody's."""
    patient, now = case.patient, case.store.clock.wall_ns() / 1_000_000_000
    for id in orphans(patient):
        places = [patient.space / FILES / id, patient.space / FILES / f"{id}.org"]
        newest = max(place.stat().st_mtime for place in places if place.exists())
        message = f"no message brings the files of {id}"
        yield Finding(
            check="orphan-files",
            file=f"{FILES}/{id}",
            message=message,
            fixable=now - newest > ORPHAN_SECONDS,
        )


DELIVERY_CHECKS: Final = (check_delivered, check_orphans)


def orphans(patient: Patient) -> list[str]:
    """Name what lies among the files and belongs to no message."""
    root = patient.space / FILES
    places = list(root.iterdir()) if root.is_dir() else []
    names = {place.name.removesuffix(".org") for place in places if not place.name.startswith(".")}
    owned = {
        files_id(placed.entry)
        for file in patient.files
        for placed in file.mail
        if placed.entry.get("FILES")
    }
    return sorted(names - owned)


def files_id(entry: Entry) -> str:
    """Give the id under which a message's files lie: copies of one message share them."""
    return entry.get("MSG_ID") or entry.id or ""


def _unlisted(patient: Patient, id: str, names: set[str]) -> Iterator[Finding]:
    folder = patient.space / FILES / id
    places = sorted(folder.iterdir()) if folder.is_dir() else []
    for place in places:
        if place.name not in names and not place.name.startswith("."):
            message = f"{id} does not list this file"
            yield Finding(check="file-unlisted", file=f"{FILES}/{id}/{place.name}", message=message)
