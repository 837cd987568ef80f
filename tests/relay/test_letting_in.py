"""Who is let in, and what strangers learn: nothing."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import jwt
import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from orgpost.clock import Clock, FakeClock
from orgpost.post import Post
from orgpost.relay import login, server
from orgpost.relay.revoked import revoke
from orgpost.relay.tokens import Signer
from tests.relay.house import SECRET, House, run, serving, until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

CANARY: Final = "eyJhbGciOiJI.eyJzdWIiOiJ0ZXgi.c4n4ry"


async def refused(house: House, query: str = "", **headers: str) -> int:
    """Ask for a socket that is not given; the status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with ClientSession() as session:
        with pytest.raises(WSServerHandshakeError) as seen:
            await session.ws_connect(f"{house.url}/ws{query}", headers=named)
    return seen.value.status


def bad_tokens(house: House) -> dict[str, str]:
    """Tokens that open nothing, by what is wrong with them."""
    now = int(Clock().now().timestamp())
    claims = {
        "iss": "orgpost",
        "aud": "orgpost-relay",
        "sub": "tex",
        "iat": now,
        "exp": now + 60,
        "jti": "j",
        "scope": "hint",
    }

    def signed(secret: bytes = SECRET, **changed: Any) -> str:
        kept = {k: v for k, v in {**claims, **changed}.items() if v is not None}
        return jwt.encode(kept, secret, algorithm="HS256")

    good = signed()
    head, body, signature = good.split(".")
    none = jwt.encode(claims, "", algorithm="none")
    return {
        "another secret": signed(b"t" * 32),
        "expired": signed(exp=now - 1),
        "no end": signed(exp=None),
        "no algorithm": none,
        "another algorithm": f"eyJhbGciOiJSUzI1NiJ9.{body}.{signature}",
        "another audience": signed(aud="other"),
        "nobody": signed(sub=None),
        "changed": f"{head}.{body[:-4]}AAAA.{signature}",
        "unknown actor": signed(sub="ghost"),
        "rubbish": "rubbish",
        "nothing": "",
    }


def test_a_bad_token_is_401_by_header_and_4500_by_frame_and_says_no_more(space: Path) -> None:
    """The same words for each fault, also where the actor does not exist."""

    async def test() -> None:
        async with serving(space) as house:
            house.relay.desk.guard._attempts.failed = lambda *_: None  # type: ignore[method-assign]
            said = set()
            for token in bad_tokens(house).values():
                assert await refused(house, Authorization=f"Bearer {token}") == 401
                async with house.peer(None) as peer:
                    await peer.say("auth", token=token)
                    frame = await peer.next()
                    said.add(json.dumps(frame))
                    assert await peer.closed() == 4500
            assert len(said) == 1
            for header in ("", "Basic dGV4OnRleA==", f"Token {house.token()}", "Bearer"):
                assert await refused(house, Authorization=header) == 401

    run(test())


def test_a_revoked_token_opens_nothing_and_closes_what_it_opened(space: Path) -> None:
    """4503 within two seconds; a token that is made later is good."""

    async def test() -> None:
        async with serving(space) as house, house.peer() as peer, house.peer("crt") as other:
            old = house.token()
            with Post.open(space, me="tex") as post:
                revoke(post, "tex")
            assert await peer.closed(3) == 4503
            assert await refused(house, Authorization=f"Bearer {old}") == 401
            assert (await other.ask("ping"))["type"] == "pong"
            async with house.peer():
                pass

    run(test())


def test_an_actor_that_is_removed_has_to_go(space: Path) -> None:
    """Within two seconds; who is still in the contacts stays."""

    async def test() -> None:
        contacts = space / "org/messaging/contacts.yaml"
        async with serving(space) as house, house.peer("mira") as mira, house.peer() as tex:
            contacts.write_text(contacts.read_text().replace("  - {id: mira", "  # - {id: mira"))
            assert await mira.closed(3) == 4503
            assert (await tex.ask("ping"))["type"] == "pong"
            token = house.token("mira")
            assert await refused(house, Authorization=f"Bearer {token}") == 401

    run(test())


def test_contacts_that_are_just_being_saved_send_nobody_away(space: Path) -> None:
    """Empty or gone for a moment, as some editors save: who is connected does not notice."""

    async def test() -> None:
        contacts = space / "org/messaging/contacts.yaml"
        good = contacts.read_bytes()
        async with serving(space) as house, house.peer() as tex:
            guard = house.relay.desk.guard
            for spoil in (lambda: contacts.write_bytes(b""), contacts.unlink):
                spoil()
                await until(lambda: guard.is_unsure)
                contacts.write_bytes(good)
                await until(lambda: not guard.is_unsure)
                assert (await tex.ask("ping"))["type"] == "pong"
            async with house.peer("mira"):
                pass

    run(test())


def test_contacts_that_cannot_be_read_leave_the_last_good_ones_in_force(space: Path) -> None:
    """Who is connected stays and may look; sends are refused as everywhere; status says so."""

    async def test() -> None:
        contacts = space / "org/messaging/contacts.yaml"
        good = contacts.read_text()
        async with serving(space) as house, house.peer() as tex:
            contacts.write_text("actors: [\n")
            await until(lambda: house.relay.desk.guard.trouble)
            async with house.peer("mira") as mira:
                assert (await mira.ask("sub", box="inbox/mira"))["type"] == "subbed"
            ack = await tex.ask("send", to="crt", body="x")
            assert (ack["ok"], ack["error"]["code"]) == (False, "bad_contacts")
            _, text, _ = await house.get("/status")
            assert json.loads(text)["trouble"] == ["contacts cannot be read"]
            assert json.loads(text)["status"] == "trouble"
            contacts.write_text(good)
            await until(lambda: not house.relay.desk.guard.trouble)
            assert (await tex.ask("send", to="crt", body="x"))["ok"] is True

    run(test())


def test_the_31st_failure_within_a_minute_waits(space: Path) -> None:
    """429 with the time to wait; by frame, the socket is closed."""

    async def test() -> None:
        async with serving(space) as house:
            early = house.peer(None)
            async with early as peer:
                for _ in range(30):
                    assert await refused(house, Authorization="Bearer x") == 401
                assert await refused(house, Authorization="Bearer x") == 429
                await peer.say("auth", token="x")
                assert 0 < (await peer.hear("error", code="rate_limited"))["retry_after"] <= 60
                assert await peer.closed() == 4013
            async with ClientSession() as session:
                with pytest.raises(WSServerHandshakeError) as seen:
                    await session.ws_connect(f"{house.url}/ws")
            assert seen.value.headers is not None
            assert 0 < int(seen.value.headers["Retry-After"]) <= 61

    run(test())


def test_whose_token_is_good_does_not_wait_for_what_others_of_its_address_did(
    space: Path,
) -> None:
    """By header and by frame, however many failed from there, and however many say nothing."""

    async def test() -> None:
        async with serving(space) as house, house.peer(None) as early, ClientSession() as session:
            sockets = [await session.ws_connect(f"{house.url}/ws") for _ in range(63)]
            for _ in range(31):
                await refused(house, Authorization="Bearer x")
            async with house.peer():
                pass
            await early.say("auth", token=house.token())
            await early.hear("auth_ok")
            assert await refused(house, Authorization="Bearer x") == 429
            for socket in sockets:
                await socket.close()

    run(test())


def test_behind_a_proxy_each_address_has_its_own_failures(space: Path) -> None:
    """Without a proxy of ours that header is not believed."""

    async def test() -> None:
        async with serving(space, behind_proxy=True) as house:
            for _ in range(30):
                await refused(house, Authorization="Bearer x", X_Forwarded_For="1.1.1.1")
            bad = "Bearer x"
            assert await refused(house, Authorization=bad, X_Forwarded_For="1.1.1.1") == 429
            other = "1.1.1.1, 2.2.2.2"
            assert await refused(house, Authorization=bad, X_Forwarded_For=other) == 401
        async with serving(space) as house:
            for number in range(30):
                await refused(house, Authorization="Bearer x", X_Forwarded_For=f"1.1.1.{number}")
            assert await refused(house, X_Forwarded_For="3.3.3.3") == 429

    run(test())


def test_a_token_in_the_address_is_refused_and_in_no_log(
    space: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the parameter is called, and on every path."""

    async def test() -> None:
        async with serving(space) as house:
            for query in (f"?token={CANARY}", f"?x={CANARY}", f"?Access_Token={CANARY}", "?a=b"):
                assert await refused(house, query) == 400
            status, text, _ = await house.get(f"/status?token={CANARY}")
            assert (status, CANARY in text) == (400, False)
            assert await refused(house, Authorization=f"Bearer {CANARY}") == 401
            async with house.peer(None) as peer:
                await peer.say("auth", token=CANARY)
                await peer.closed()

    caplog.set_level(logging.DEBUG)
    run(test())
    assert "token_in_address" in caplog.text
    assert "c4n4ry" not in "".join(str(vars(record)) for record in caplog.records)


def test_another_page_or_another_name_for_us_is_refused(space: Path) -> None:
    """Our own origin and none are let in; a host that is not ours is not answered at all."""

    async def test() -> None:
        async with serving(space, origins=("https://mail.example.com",)) as house:
            good = {"Authorization": f"Bearer {house.token()}"}
            port = house.relay.port
            for origin in ("http://evil.example", "null", "", f"http://127.0.0.1:{port + 1}"):
                assert await refused(house, Origin=origin, **good) == 403
                assert (await house.get("/status", Origin=origin))[0] == 403
            for origin in (f"http://127.0.0.1:{port}", "https://mail.example.com"):
                async with house.peer(headers={"Origin": origin}):
                    pass
            for host in ("evil.example", f"evil.example:{port}", "", "127.0.0.1.evil.example"):
                assert await refused(house, Host=host, **good) == 421
                assert (await house.get("/healthz", Host=host))[0] == 421
            for host in (f"localhost:{port}", f"[::1]:{port}"):
                assert (await house.get("/status", Host=host))[0] == 200
        async with serving(space, public_url="https://post.example.com/x") as house:
            assert (await house.get("/status", Host="post.example.com"))[0] == 200

    run(test())


def test_who_does_not_log_in_hears_nothing_and_has_to_go(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though others come, go and write; after five seconds 4002."""
    assert login.LOGIN_SECONDS == 5.0
    monkeypatch.setattr(login, "LOGIN_SECONDS", 0.5)

    async def test() -> None:
        async with serving(space) as house, house.peer(None) as stranger:
            async with house.peer("crt") as crt, house.peer() as tex:
                await crt.ask("sub", box="inbox/crt")
                await tex.ask("send", to="crt", body="x")
                await crt.hear("hint")
            assert await stranger.next() is None
            assert stranger.code == 4002

    run(test())


@pytest.mark.parametrize(
    "text",
    ['{"type": "sub", "box": "presence"}', '{"type": "ping"}', "{}", "[]", "rubbish"],
)
def test_the_first_frame_is_a_login(text: str, space: Path) -> None:
    """Anything else is 4501; what it was makes no difference."""

    async def test() -> None:
        async with serving(space) as house:
            async with house.peer(None) as peer:
                await peer.ws.send_str(text)
                assert await peer.closed() == 4501
            async with house.peer(None) as peer:
                await peer.ws.send_bytes(b"x")
                assert await peer.closed() == 4501

    run(test())


def test_a_login_by_frame_is_as_good(space: Path) -> None:
    """It says what counts for the client; a bad name or another protocol is refused."""

    async def test() -> None:
        async with serving(space) as house:
            async with house.peer(None) as peer:
                await peer.ws.ping()
                await peer.say("auth", token=house.token(scopes=["hint"]), client="box.1")
                hello = await peer.hear("auth_ok")
                assert (hello["actor"], hello["client"], hello["scope"]) == ("tex", "box.1", "hint")
                assert hello["protocol"] == 1
                assert hello["limits"]["subscriptions"] == 64
            async with house.peer(None) as peer:
                await peer.say("auth", token=house.token(), client="No Name")
                assert (await peer.hear("error"))["code"] == "invalid_field"
                assert await peer.closed() == 4500
            async with house.peer(None) as peer:
                await peer.say("auth", token=house.token(), protocol=2)
                assert await peer.closed() == 4511
            header = f"Bearer {house.token()}"
            assert await refused(house, Authorization=header, X_Orgpost_Client="No Name") == 400

    run(test())


def test_a_token_is_good_until_its_end_and_no_longer(space: Path) -> None:
    """4003 on the live socket, 401 on the next."""

    async def test() -> None:
        clock = FakeClock(Clock().now())
        signer = Signer(SECRET, "orgpost-relay", clock)
        token, grant = signer.sign("tex", ["hint"], timedelta(seconds=60))
        header = {"Authorization": f"Bearer {token}"}
        async with serving(space, clock) as house:
            async with house.peer(None, headers=header) as peer:
                await peer.hear("auth_ok")
                clock.set(grant.expires - timedelta(seconds=1))
                async with house.peer(None, headers=header) as another:
                    await another.hear("auth_ok")
                clock.set(grant.expires)
                assert await peer.closed() == 4003
            assert await refused(house, **header) == 401

    run(test())


def test_strangers_of_one_address_are_counted(space: Path) -> None:
    """At most 64 sockets that have not logged in; who logs in or goes makes room."""

    async def test() -> None:
        async with serving(space) as house, ClientSession() as session:
            url = f"{house.url}/ws"
            sockets = [await session.ws_connect(url) for _ in range(64)]
            assert await refused(house) == 429
            await sockets[0].send_str(json.dumps({"type": "auth", "token": house.token()}))
            await sockets[0].receive()
            sockets.append(await session.ws_connect(url))
            assert await refused(house) == 429
            for socket in sockets:
                await socket.close()
            await until(lambda: not house.relay._server._strangers)

    run(test())


def test_a_head_that_is_never_whole_is_not_waited_for(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds, then the socket is closed; one on which a request came is left alone."""
    assert server.HEAD_SECONDS == 10.0
    monkeypatch.setattr("orgpost.relay.running.HEAD_SECONDS", 0.5)

    async def test() -> None:
        async with serving(space) as house:
            slow_reader, slow = await asyncio.open_connection("127.0.0.1", house.relay.port)
            slow.write(b"GET /status HTTP/1.1\r\nHost: localhost\r\nX-A: ")
            reader, fast = await asyncio.open_connection("127.0.0.1", house.relay.port)
            request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            fast.write(request)
            assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
            async with asyncio.timeout(5):
                assert await slow_reader.read() == b""
            await reader.readuntil(b"ok\n")
            fast.write(request)
            assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
            slow.close()
            fast.close()

    run(test())


def test_a_stranger_is_told_no_name(space: Path) -> None:
    """Neither by status, metrics, nor by any page of an error."""

    async def test() -> None:
        async with serving(space) as house, house.peer("mira") as mira:
            await mira.ask("sub", box="inbox/mira")
            paths = ("/status", "/healthz", "/metrics", "/", "/inbox/mira", "/ws", "/%00", "/v1/x")
            for path in paths:
                _, text, headers = await house.get(path)
                assert "mira" not in text.replace("/inbox/mira", "")
                assert "mira" not in str(headers)
                assert str(space) not in text
            status = json.loads((await house.get("/status"))[1])
            assert (status["status"], status["connected"]) == ("ok", 1)

    run(test())


def test_metrics_are_for_this_host_or_for_who_may(space: Path) -> None:
    """What was forwarded comes from elsewhere; without the library 501 names the extra."""

    async def test() -> None:
        async with serving(space) as house:
            status, text, _ = await house.get("/metrics")
            assert status == 200
            assert 'orgpost_relay_logins_total{result="ok"}' not in text
            assert (await house.get("/metrics", X_Forwarded_For="1.1.1.1"))[0] == 403
            for scope, wanted in (("metrics", 200), ("hint", 403)):
                token = house.token(scopes=[scope])
                header = {"X_Forwarded_For": "1.1.1.1", "Authorization": f"Bearer {token}"}
                assert (await house.get("/metrics", **header))[0] == wanted

    run(test())


def test_without_the_library_metrics_name_the_extra(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """501, and everything else works."""
    import sys

    for name in list(sys.modules):
        if name.startswith("prometheus_client"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    async def test() -> None:
        async with serving(space) as house:
            status, text, _ = await house.get("/metrics")
            assert (status, "orgpost[ui]" in text) == (501, True)
            assert (await house.get("/status"))[0] == 200

    run(test())


def test_health_says_whether_the_space_can_be_read(space: Path) -> None:
    """503 where it is gone."""

    async def test() -> None:
        async with serving(space) as house:
            assert (await house.get("/healthz"))[:2] == (200, "ok\n")
            (space / "org").rename(space / "gone")
            assert (await house.get("/healthz"))[:2] == (503, "store\n")
            (space / "gone").rename(space / "org")

    run(test())
