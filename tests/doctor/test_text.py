"""What doctor says of a file's text: its head, its bytes, and what other programs left in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.doctor.patient import OrgFile
from orgpost.doctor.text_checks import with_head
from orgpost.org.syntax import COOKIE, MESSAGE
from tests.doctor.healthy import all_found, fixed, found, healthy, mail, message, plant, read

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TEX = "org/messaging/inbox/tex.org"
TODO = f"#+TODO: {MESSAGE.todo_line}\n".encode()


def headed(data: bytes) -> bytes:
    """Put the head of an inbox right."""
    return with_head(OrgFile("inbox/tex.org", data), COOKIE, MESSAGE.todo_line)


def test_a_missing_cookie_is_put_back(tmp_path: Path) -> None:
    """In line 1; all other bytes stay."""
    space = healthy(tmp_path)
    whole = read(space, "inbox/tex.org")
    plant(space, "inbox/tex.org", whole.removeprefix(COOKIE + b"\n"))
    assert fixed(space) == (["cookie"], [])
    assert read(space, "inbox/tex.org") == whole


def test_a_missing_line_of_keywords_is_put_back(tmp_path: Path) -> None:
    """Without it Emacs takes UNREAD for a word of the title."""
    space = healthy(tmp_path)
    data = read(space, "inbox/tex.org")
    plant(space, "inbox/tex.org", data.replace(TODO, b""))
    assert fixed(space) == (["todo-line"], [])
    assert sorted(read(space, "inbox/tex.org")) == sorted(data)


def test_a_changed_line_of_keywords_is_restored_and_a_persons_words_stay(tmp_path: Path) -> None:
    """Theirs go to a line of their own."""
    space = healthy(tmp_path)
    data = read(space, "inbox/tex.org")
    plant(space, "inbox/tex.org", data.replace(TODO, b"#+TODO: NEXT TODO | DONE NEVER\n"))
    assert fixed(space) == (["todo-line"], [])
    assert read(space, "inbox/tex.org") == data.replace(TODO, TODO + b"#+TODO: NEXT | NEVER\n")


@pytest.mark.parametrize(
    "line",
    [
        TODO,
        TODO.replace(b"\n", b" NEVER(n)\n"),
        TODO.replace(b"DONE(d)", b"SEEN DONE(d)"),
        b"#+todo: " + TODO[8:],
        TODO + b"#+TODO: NEXT | NEVER\n",
        b"#+TODO: NEXT | NEVER\n" + TODO,
    ],
)
def test_what_a_person_may_add_to_the_keywords_is_no_fault(tmp_path: Path, line: bytes) -> None:
    """Words behind ours, and lines of their own."""
    space = healthy(tmp_path)
    data = read(space, "inbox/tex.org")
    plant(space, "inbox/tex.org", data.replace(TODO, line))
    assert found(space) == []


def test_a_file_with_crlf_and_a_bom_keeps_them() -> None:
    """New lines of ours end as the file's do."""
    data = b"\xef\xbb\xbf#+TITLE: x\r\nWords.\r\n* UNREAD x\r\n"
    assert headed(data) == (
        b"\xef\xbb\xbf"
        + COOKIE
        + b"\r\n"
        + TODO[:-1]
        + b"\r\n#+TITLE: x\r\nWords.\r\n* UNREAD x\r\n"
    )


def test_a_file_with_crlf_and_a_bom_is_no_fault(tmp_path: Path) -> None:
    """They came that way, and stay that way."""
    space = healthy(tmp_path)
    data = read(space, "inbox/tex.org").replace(b"\n", b"\r\n")
    plant(space, "inbox/tex.org", b"\xef\xbb\xbf" + data)
    assert found(space, deep=True) == []


def test_text_above_the_first_entry_stays(tmp_path: Path) -> None:
    """The head is put right around it."""
    space = healthy(tmp_path)
    words = b"#+FILETAGS: :mine:\n\nCall Crt.\n\n"
    plant(space, "inbox/tex.org", words + message())
    assert fixed(space) == (["cookie", "todo-line"], [])
    assert read(space, "inbox/tex.org") == COOKIE + b"\n" + TODO + words + message()


def test_a_byte_that_is_no_utf8_is_named_and_stays(tmp_path: Path) -> None:
    """Whose it is, and what it meant, nobody knows."""
    space = healthy(tmp_path)
    data = mail(space, "inbox/tex.org", message(), b"* caf\xe9\n")
    plant(space, "inbox/tex.org", data)
    (finding,) = all_found(space)
    assert (finding.check, finding.line, fixed(space)) == ("not-utf8", 15, ([], ["not-utf8"]))


def test_the_marker_of_an_unfinished_merge_is_named(tmp_path: Path) -> None:
    """A row of `=` below a title is none, and no body of ours begins a line with `<`."""
    space = healthy(tmp_path)
    body = "<<<<<<< HEAD\nTitle\n=======\n"
    mail(space, "inbox/tex.org", message(body=body))
    assert found(space) == []
    mail(space, "inbox/tex.org", b"<<<<<<< HEAD\n", message(), b"=======\n>>>>>>> other\n")
    assert found(space) == [("conflict-marker", TEX, False)]


def test_a_file_that_ends_in_the_middle_is_named(tmp_path: Path) -> None:
    """Not by us: what we wrote, the journal makes whole again."""
    space = healthy(tmp_path)
    data = mail(space, "inbox/tex.org", message(), message("msg-2"))
    plant(space, "inbox/tex.org", data[:-70])
    assert ("torn", TEX, False) in found(space)
    plant(space, "inbox/tex.org", data + b"\0" * 100)
    assert ("torn", TEX, False) in found(space)


def test_a_large_file_is_named_before_emacs_asks(tmp_path: Path) -> None:
    """From 5 MB on; an archive may be as large as it likes."""
    space = healthy(tmp_path)
    words = "word " * 13_000
    entries = [message(f"msg-{n}", body=words + ".") for n in range(80)]
    mail(space, "inbox/tex.org", *entries)
    assert found(space) == [("large", TEX, False)]
