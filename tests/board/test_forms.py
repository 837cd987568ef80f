"""What forms may do: with their proof, from our own pages, within their size; else nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import jwt
import pytest

from orgpost.relay.board.forms import LIMIT
from tests.board.visiting import FORM, Place, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.board.visiting import Page, Visitor
    from tests.cli.office import Office

    Break = Callable[[Visitor, str, dict[str, str]], Page]


def missing(visitor: Visitor, path: str, fields: dict[str, str]) -> Page:
    """Without any proof."""
    return visitor.post(path, {name: value for name, value in fields.items() if name != "csrf"})


def wrong(visitor: Visitor, path: str, fields: dict[str, str]) -> Page:
    """With one letter of it changed."""
    proof = fields["csrf"]
    return visitor.post(path, {**fields, "csrf": proof[:-1] + ("0" if proof[-1] != "0" else "1")})


def unspeakable(visitor: Visitor, path: str, fields: dict[str, str]) -> Page:
    """With one that is no plain text."""
    return visitor.post(path, {**fields, "csrf": "\u202e\x00é"})


def foreign(visitor: Visitor, path: str, fields: dict[str, str]) -> Page:
    """With the right one, from another site's page."""
    return visitor.post(path, fields, origin="https://evil.example")


def opaque(visitor: Visitor, path: str, fields: dict[str, str]) -> Page:
    """With the right one, from a page that has no origin."""
    return visitor.post(path, fields, origin="null")


BREAKS: Final = (missing, wrong, unspeakable, foreign, opaque)


def every_form(office: Office) -> dict[str, dict[str, str]]:
    """Each address with fields that would do something."""
    office.cli.data("send", "tex", "Text", "--id", "msg-a", "--as", "crt")
    task = office.add(by="mira")
    return {
        "/send": {"to": "crt", "subject": "s", "body": "b", "id": "msg-b"},
        "/mark": {"id": "msg-a", "state": "read"},
        f"/task/{task}/approve": {},
        f"/task/{task}/reject": {"reason": "no"},
        f"/task/{task}/cancel": {"reason": "no"},
        f"/task/{task}/retry": {},
        "/logout": {},
    }


@pytest.mark.parametrize("broken", BREAKS, ids=lambda each: str(each.__name__))
def test_a_form_without_its_proof_does_nothing(broken: Break, place: Place, office: Office) -> None:
    """Every POST: 403, no byte changed, and the session goes on."""
    forms, tex = every_form(office), place.visitor("tex")
    proof = tex.read("/inbox").form("/logout").fields["csrf"]
    before = office.cli.files()
    for path, fields in forms.items():
        page = broken(tex, path, {**fields, "csrf": proof})
        assert page.status == 403, path
        assert "nothing was done" in page.text
    assert office.cli.files() == before
    assert tex.get("/inbox").status == 200


def test_the_proof_of_another_session_is_none(place: Place, office: Office) -> None:
    """Neither somebody else's, nor one's own of another browser."""
    forms, tex = every_form(office), place.visitor("tex")
    before = office.cli.files()
    for other in (place.visitor("crt"), place.visitor("tex")):
        proof = other.read("/inbox").form("/logout").fields["csrf"]
        for path, fields in forms.items():
            assert tex.post(path, {**fields, "csrf": proof}).status == 403
    assert office.cli.files() == before


def test_a_guests_form_proves_nothing_for_a_session(place: Place, office: Office) -> None:
    """Who plants a session's id as the cookie of a login form gets no proof that it takes."""
    tex, guest = place.visitor("tex"), place.visitor()
    [cookie] = tex.cookies.values()
    guest.get("/login")
    [name] = guest.cookies
    guest.cookies[name] = str(jwt.decode(cookie, options={"verify_signature": False})["jti"])
    proof = guest.get("/login").form("/login").fields["csrf"]
    before = office.cli.files()
    assert tex.post("/send", {"to": "crt", "body": "x", "csrf": proof}).status == 403
    assert office.cli.files() == before


def test_with_their_proof_the_same_forms_do_something(place: Place, office: Office) -> None:
    """What the tests above send is refused for nothing else."""
    forms, tex = every_form(office), place.visitor("tex")
    for path in ("/send", "/mark", *[path for path in forms if path.endswith("approve")]):
        proof = tex.read("/inbox").form("/logout").fields["csrf"]
        before = office.cli.files()
        page = tex.post(path, {**forms[path], "csrf": proof}, origin=place.origin)
        assert page.status == 303, page
        assert office.cli.files() != before, path


def test_a_form_that_is_too_large_is_refused_before_it_is_read(
    place: Place, office: Office
) -> None:
    """413, whether its size was told or not; one that just fits is judged by what it says."""
    tex = place.visitor("tex")
    form = tex.read("/compose").form("/send")
    before = office.cli.files()
    page = tex.submit(form, to="crt", body="x" * LIMIT)
    assert (page.status, office.cli.files()) == (413, before)
    fields = "&".join(f"{name}={value}" for name, value in form.fields.items() if value)
    fields += "&to=crt"
    room = LIMIT - len(fields) - len("&body=")
    body = f"{fields}&body={'x' * room}".encode()
    assert len(body) == LIMIT
    page = tex.ask("POST", "/send", body, {"Content-Type": FORM})
    assert (page.status, "too large" in page.words) == (422, True)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"csrf=x", "text/plain", 415),
        (b"csrf=x", "multipart/form-data; boundary=x", 415),
        (b"csrf=%80%ff", FORM, 400),
        ("csrf=ü".encode(), FORM, 400),
        (b"&".join(b"a%d=1" % number for number in range(100)), FORM, 400),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, kind: str, status: int, place: Place) -> None:
    """The wrong kind, bytes that are no text, and far too many fields."""
    page = place.visitor("tex").ask("POST", "/send", body, {"Content-Type": kind})
    assert page.status == status


def test_a_page_is_asked_for_and_a_form_is_sent(place: Place, office: Office) -> None:
    """What changes something answers to no GET, and what shows something to no POST."""
    tex = place.visitor("tex")
    task = office.add(by="mira")
    before = office.cli.files()
    for path in ("/send", "/mark", "/logout", f"/task/{task}/approve"):
        assert tex.get(path).status in {404, 405}
    for path in ("/inbox", "/tasks", "/budget"):
        assert tex.post(path, {}).status in {404, 405}
    assert office.cli.files() == before


def test_looking_changes_nothing(place: Place, office: Office) -> None:
    """Every page can be asked for as often as somebody likes."""
    office.cli.data("send", "tex", "Text", "--id", "msg-a", "--as", "crt", "--expects", "ack")
    task, tex = office.add(by="mira"), place.visitor("tex")
    before = office.cli.files()
    for path in (
        *("/", "/inbox?state=all", "/sent", "/thread/msg-a", "/compose?reply_to=msg-a", "/tasks"),
        *(f"/task/{quoted(task)}", "/budget", "/presence"),
    ):
        tex.read(path)
    assert office.cli.files() == before
