"""Who gets in: a token in a form, a cookie that ends with it, and nothing without either."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

import jwt
import pytest

from orgpost.errors import NoSpace
from tests.board.visiting import FORM, SECRET, Place, Visitor

if TYPE_CHECKING:
    from orgpost.clock import FakeClock
    from tests.cli.office import Office

PAGES: Final = (
    *("/", "/inbox", "/sent", "/thread/msg-1", "/compose", "/tasks", "/task/task-1", "/budget"),
    "/presence",
)
POSTS: Final = (
    *("/send", "/mark", "/logout", "/task/x/approve", "/task/x/reject", "/task/x/cancel"),
    "/task/x/retry",
)


def tried(place: Place, token: str) -> tuple[int, str]:
    """What a login with this token comes to: its status, and the cookie that came back."""
    guest = place.visitor()
    page = guest.submit(guest.get("/login").form("/login"), token=token)
    held = [name for name in guest.cookies if "form" not in name]
    return page.status, "".join(held)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_leads_a_guest_to_the_form(path: str, place: Place) -> None:
    """Who is not logged in sees nothing of the space, and comes back to where it wanted to go."""
    page = place.visitor().get(path)
    assert page.to.split("?")[0] == "/login"
    assert page.text == ""


@pytest.mark.parametrize("path", POSTS)
def test_a_form_of_a_guest_does_nothing(path: str, place: Place, office: Office) -> None:
    """Whatever it says, without a session it is not even read."""
    before = office.cli.files()
    page = place.visitor().post(path, {"to": "tex", "body": "x", "csrf": "x", "reason": "x"})
    assert page.to == "/login"
    assert office.cli.files() == before


def test_a_token_opens_a_session_and_leads_on(place: Place) -> None:
    """The way that a guest wanted to go is taken once it is logged in."""
    guest = place.visitor()
    first = guest.get("/tasks?of=tex-agent")
    form = guest.get(first.to).form("/login")
    assert guest.submit(form, token=f"  {place.token('tex')}\n").to == "/tasks?of=tex-agent"
    assert guest.get("/tasks?of=tex-agent").status == 200


@pytest.mark.parametrize(
    "then", ["//evil.example", "https://evil.example", "/\\evil", "/login", "/inbox\r\nX: y", "x"]
)
def test_no_login_leads_to_another_place(then: str, place: Place) -> None:
    """An address in a link is somebody's words: what is none of our pages is the inbox."""
    guest = place.visitor()
    form = guest.get("/login").form("/login")
    assert guest.submit(form, token=place.token("tex"), next=then).to == "/"


def claims(**more: object) -> dict[str, object]:
    """The claims of a token that is good until the clock of the tests says otherwise."""
    start = 1795163465
    good = {"iss": "orgpost", "aud": "orgpost-relay", "sub": "tex", "iat": start, "scope": "ui"}
    return {**good, "exp": start + 3600, "jti": "j", **more}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "rubbish",
        jwt.encode(claims(), b"another secret of thirty-two byt", "HS256"),
        jwt.encode(claims(exp=1795163000), SECRET, "HS256"),
        jwt.encode(claims(aud="orgpost-board"), SECRET, "HS256"),
        jwt.encode(claims(sub=None), SECRET, "HS256"),
        jwt.encode(claims(scope="hint presence"), SECRET, "HS256"),
        jwt.encode(claims(), "", "none"),
    ],
    ids=["empty", "rubbish", "forged", "expired", "of-the-board", "nobody", "scope-less", "none"],
)
def test_a_token_that_is_not_good_opens_nothing(token: str, place: Place) -> None:
    """Forged, expired, without the scope: the form again, no cookie, and it counts as a failure."""
    assert tried(place, token) == (403, "")
    assert place.failures == 1


def test_the_claims_of_these_tests_are_good_ones(place: Place) -> None:
    """What the test above refuses is refused for its one fault."""
    assert tried(place, jwt.encode(claims(), SECRET, "HS256"))[0] == 303


def test_a_token_that_was_revoked_opens_nothing(place: Place) -> None:
    """Nor does the session that it opened before."""
    tex = place.visitor("tex")
    place.refused.add("tex")
    assert tried(place, place.token("tex")) == (403, "")
    assert tex.get("/inbox").to.startswith("/login")


def test_a_session_is_as_old_as_its_token(place: Place, clock: FakeClock) -> None:
    """So what the relay learns of a revocation a moment after the login ends the session too."""
    token, guest = place.token("tex"), place.visitor()
    revoked_at = clock.now()
    clock.advance(1)
    guest.submit(guest.get("/login").form("/login"), token=token)
    assert guest.get("/inbox").status == 200
    place.revoked_at = revoked_at
    assert guest.get("/inbox").to.startswith("/login")


def test_a_session_ends_with_its_token(place: Place, clock: FakeClock) -> None:
    """A cookie is never good for longer than what it was given for."""
    guest = place.visitor()
    form = guest.get("/login").form("/login")
    guest.submit(form, token=place.token("tex", seconds=60))
    clock.advance(59)
    assert guest.get("/inbox").status == 200
    clock.advance(2)
    assert guest.get("/inbox").to.startswith("/login")


def test_after_too_many_failures_only_a_good_token_does_not_wait(place: Place) -> None:
    """Whoever guesses is slowed down, and told how long; others of the address are not."""
    guest = place.visitor()
    place.wait = 40
    page = guest.submit(guest.get("/login").form("/login"), token="a guess")
    assert (page.status, page.headers["Retry-After"]) == (429, "40")
    page = guest.submit(page.form("/login"), token=place.token("tex"))
    assert (page.status, page.to) == (303, "/")


def test_logging_out_makes_the_cookie_void_wherever_it_was_copied(place: Place) -> None:
    """And it stays void when the relay was started again."""
    tex = place.visitor("tex")
    copied = dict(tex.cookies)
    assert tex.press(tex.read("/inbox").form("/logout")).to == "/login"
    assert tex.cookies == {}
    tex.cookies |= copied
    assert tex.get("/inbox").to.startswith("/login")
    with Place(place.space, place.clock) as again:
        thief = Visitor(again)
        thief.cookies |= copied
        assert thief.get("/inbox").to.startswith("/login")
    kept = place.space / ".orgpost/keys/logged-out"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(kept.read_bytes())["ended"]) == 1


def test_a_full_disk_keeps_nobody_logged_in(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be kept for the next process still counts in this one, and the log says so."""

    def full(*_: object) -> None:
        raise NoSpace("keys/logged-out", "write")

    tex = place.visitor("tex")
    copied = dict(tex.cookies)
    monkeypatch.setattr("orgpost.relay.board.logged_out.replace_file", full)
    assert tex.press(tex.read("/inbox").form("/logout")).to == "/login"
    tex.cookies |= copied
    assert tex.get("/inbox").to.startswith("/login")
    assert "no_space" in caplog.text


def test_another_session_of_the_same_actor_goes_on(place: Place) -> None:
    """Who logs out at one place is not thrown out at the other."""
    here, there = place.visitor("tex"), place.visitor("tex")
    here.press(here.read("/inbox").form("/logout"))
    assert there.get("/inbox").status == 200


def test_the_cookie_is_for_this_site_and_for_no_script(place: Place) -> None:
    """Another site's page cannot send it along, and no script can read it."""
    guest = place.visitor()
    answer = guest.submit(guest.get("/login").form("/login"), token=place.token("tex"))
    cookie = next(words for words in answer.cookies if "form" not in words)
    assert cookie.startswith("orgpost-")
    flags = {flag.strip().split("=")[0] for flag in cookie.split(";")[1:]}
    assert flags == {"HttpOnly", "SameSite", "Path", "Max-Age"}
    assert "SameSite=Strict" in cookie
    assert "Path=/;" in f"{cookie};"


def test_under_tls_the_cookie_is_bound_to_this_host(office: Office, clock: FakeClock) -> None:
    """Nothing else of the domain can set it, and it never travels in clear."""
    with Place(office.space, clock, is_encrypted=True) as place:
        guest = place.visitor()
        answer = guest.submit(guest.get("/login").form("/login"), token=place.token("tex"))
    assert all(cookie.startswith("__Host-orgpost-") for cookie in answer.cookies)
    assert all("; Secure" in cookie for cookie in answer.cookies)


def test_neither_is_the_token_a_cookie_nor_the_cookie_a_token(place: Place) -> None:
    """Each is signed for an audience of its own."""
    tex = place.visitor("tex")
    [(name, value)] = tex.cookies.items()
    assert tried(place, value) == (403, "")
    thief = place.visitor()
    thief.cookies[name] = place.token("tex")
    assert thief.get("/inbox").to.startswith("/login")


def test_two_spaces_of_one_host_do_not_log_each_other_out(place: Place) -> None:
    """A browser sends cookies to every port of a host, so that their names tell spaces apart."""
    [name] = place.visitor("tex").cookies
    assert name.startswith("orgpost-")
    assert hashlib.sha256(SECRET).hexdigest()[:8] not in name, "the name says nothing of the secret"


@pytest.mark.parametrize("bound", ["", "another's"])
def test_a_login_form_of_another_page_does_nothing(bound: str, place: Place) -> None:
    """Nobody is logged in as somebody else behind their back."""
    guest = place.visitor()
    form = guest.get("/login").form("/login")
    guest.cookies = {name: bound for name in guest.cookies if bound}
    page = guest.submit(form, token=place.token("tex"))
    assert page.status == 403
    assert [name for name in guest.cookies if "form" not in name] == []


def test_a_login_from_a_foreign_origin_does_nothing(place: Place) -> None:
    """Also where the form's own proof would be right."""
    guest = place.visitor()
    form = guest.get("/login").form("/login")
    page = guest.submit(form, token=place.token("tex"), origin="https://evil.example")
    assert page.status == 403


def test_who_is_logged_in_needs_no_form(place: Place) -> None:
    """The form leads on."""
    assert place.visitor("tex").get("/login").to == "/"


@pytest.mark.parametrize("kind", [FORM, "text/plain", "application/json"])
def test_a_body_that_is_no_form_is_refused_before_anybody_is_let_in(
    kind: str, place: Place
) -> None:
    """Neither the wrong kind nor bytes that are no text."""
    page = place.visitor().ask("POST", "/login", b"token=%ff%fe", {"Content-Type": kind})
    assert page.status == (400 if kind == FORM else 415)
