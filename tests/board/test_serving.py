"""The board in the relay: when it is on, its cookie at the socket, and `orgpost ui`."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest
from aiohttp import ClientSession, CookieJar, WSMsgType, WSServerHandshakeError

from orgpost.errors import Failed
from orgpost.relay import mounting
from orgpost.relay.board.answers import HEADERS
from orgpost.relay.mounting import is_board_wanted
from tests.cli.door import command, environment, process
from tests.relay.house import House, run, serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.cli.office import Office

SECONDS: Final = 20.0


def with_session(office: Office, test: Callable[[House, ClientSession], Awaitable[None]]) -> None:
    """Serve the space with its board, log tex in, and run a test."""

    async def logged_in() -> None:
        async with (
            serving(office.space, board="always") as house,
            ClientSession(house.url, cookie_jar=CookieJar(unsafe=True)) as session,
        ):
            page = await (await session.get("/login")).text()
            [proof] = re.findall(r'name="csrf" value="([0-9a-f]+)"', page)
            fields = {"csrf": proof, "token": house.token("tex", ["ui"])}
            answer = await session.post("/login", data=fields, headers={"Origin": house.url})
            assert answer.status == 200
            await test(house, session)

    run(logged_in())


# --- when it is on ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("board", "is_only_ours", "is_there", "wanted"),
    [
        ("auto", True, True, True),
        ("auto", False, True, False),
        ("auto", True, False, False),
        ("always", False, True, True),
        ("never", True, True, False),
        ("never", True, False, False),
    ],
)
def test_the_board_is_on_at_loopback_where_its_extra_is_there(
    board: str,
    is_only_ours: bool,  # noqa: FBT001  a row of the table
    is_there: bool,  # noqa: FBT001  a row of the table
    wanted: bool,  # noqa: FBT001  a row of the table
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Elsewhere only where somebody says so."""
    monkeypatch.setattr(mounting, "find_spec", lambda _: object() if is_there else None)
    assert is_board_wanted(board, is_only_ours=is_only_ours) is wanted


def test_a_board_that_must_be_and_cannot_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that says what to install."""
    monkeypatch.setattr(mounting, "find_spec", lambda _: None)
    with pytest.raises(Failed, match=r"pip install 'orgpost\[ui\]'"):
        is_board_wanted("always", is_only_ours=True)


def test_without_a_board_there_is_no_page(office: Office) -> None:
    """The relay's own addresses are as ever, and `status` says so."""

    async def test() -> None:
        async with serving(office.space, board="never") as house:
            status, _, _ = await house.get("/login")
            _, text, _ = await house.get("/status")
            assert (status, json.loads(text)["board"]) == (404, False)

    run(test())


def test_the_board_and_the_relay_have_their_addresses_side_by_side(office: Office) -> None:
    """An address that is nobody's is answered by a page, and the relay's by the relay."""

    async def test(house: House, session: ClientSession) -> None:
        lost = await session.get("/nothing/here")
        assert (lost.status, lost.content_type) == (404, "text/html")
        assert {name: lost.headers[name] for name in HEADERS} == HEADERS
        status = await (await session.get("/status")).json()
        assert status["board"] is True
        assert "tex" not in json.dumps(status)
        assert (await session.get("/inbox")).status == 200

    with_session(office, test)


# --- the cookie at the socket -------------------------------------------------------------------


def test_the_cookie_hears_only_with_our_origin(office: Office) -> None:
    """Another's page that opens a socket, and a program without any origin, are nobody."""

    async def test(house: House, session: ClientSession) -> None:
        async with session.ws_connect("/ws", headers={"Origin": house.url}) as ws:
            frame = await ws.receive_json(timeout=SECONDS)
            assert (frame["type"], frame["actor"]) == ("auth_ok", "tex")
            await ws.send_json({"type": "sub", "box": "inbox/tex", "ref": 1})
            assert (await ws.receive_json(timeout=SECONDS))["type"] == "subbed"
            await ws.send_json({"type": "send", "to": "crt", "body": "x", "ref": 2})
            sent = await ws.receive_json(timeout=SECONDS)
            assert (sent["ok"], sent["error"]["code"]) == (False, "not_permitted")
        async with session.ws_connect("/ws") as ws:
            await ws.send_json({"type": "sub", "box": "inbox/tex"})
            assert (await ws.receive_json(timeout=SECONDS))["type"] == "error"
            await ws.receive(timeout=SECONDS)
            assert ws.close_code == 4501
        with pytest.raises(WSServerHandshakeError) as refused:
            await session.ws_connect("/ws", headers={"Origin": "https://evil.example"})
        assert refused.value.status == 403

    with_session(office, test)


def test_logging_out_closes_what_the_session_had_open(office: Office) -> None:
    """Whoever copied the cookie hears nothing more, at once."""

    async def test(house: House, session: ClientSession) -> None:
        ours = {"Origin": house.url}
        async with session.ws_connect("/ws", headers=ours) as ws, house.peer("tex") as other:
            await ws.receive_json(timeout=SECONDS)
            page = await (await session.get("/inbox")).text()
            [proof, *_] = re.findall(r'name="csrf" value="([0-9a-f]+)"', page)
            answer = await session.post("/logout", data={"csrf": proof}, headers=ours)
            assert str(answer.url).endswith("/login")
            while (message := await ws.receive(timeout=SECONDS)).type is WSMsgType.TEXT:
                pass
            assert (message.type, message.data) == (WSMsgType.CLOSE, 4503)
            assert (await other.ask("ping"))["type"] == "pong"

    with_session(office, test)


def test_who_is_there_is_on_the_page_of_people(office: Office) -> None:
    """What the relay knows of presence."""

    async def test(house: House, session: ClientSession) -> None:
        async with house.peer("crt") as crt:
            await crt.ask("status", status="busy", note="in a <review>")
            page = await (await session.get("/presence")).text()
        assert "in a &lt;review&gt;" in page

    with_session(office, test)


def test_failed_logins_at_the_board_count_with_all_others(office: Office) -> None:
    """The 31st within a minute is told to wait, unless its token is good."""

    async def test() -> None:
        async with (
            serving(office.space, board="always") as house,
            ClientSession(house.url, cookie_jar=CookieJar(unsafe=True)) as session,
        ):
            page = await (await session.get("/login")).text()
            [proof] = re.findall(r'name="csrf" value="([0-9a-f]+)"', page)
            statuses = [
                (await session.post("/login", data={"csrf": proof, "token": token})).status
                for token in ["rubbish"] * 31
            ]
            assert statuses == [*[403] * 30, 429]
            good = {"csrf": proof, "token": house.token("tex", ["ui"])}
            async with session.post("/login", data=good, allow_redirects=False) as answer:
                assert answer.status == 303

    run(test())


def test_a_page_waits_for_no_other_page(office: Office) -> None:
    """While one request waits for a disk, the relay answers others."""

    async def test(house: House, session: ClientSession) -> None:
        pages = await asyncio.gather(*(session.get("/inbox") for _ in range(20)))
        assert {page.status for page in pages} == {200}

    with_session(office, test)


# --- `orgpost ui` -------------------------------------------------------------------------------


def told(process: subprocess.Popen[bytes]) -> Any:
    """The one document of a command that goes on."""
    assert process.stdout is not None
    return json.loads(process.stdout.readline())["data"]


@pytest.mark.slow
def test_ui_starts_a_relay_and_the_second_one_uses_it(office: Office, tmp_path: Path) -> None:
    """Each prints an address and a token of its own; the first runs until it is interrupted."""
    words = ("--space", str(office.space), "--as", "tex", "--json", "ui")
    log = tmp_path / "log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command(*words, "--port", "0"),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as first,
    ):
        try:
            data = told(first)
            assert (data["actor"], data["started"]) == ("tex", True)
            done = process("--space", str(office.space), "--as", "crt", "--json", "ui")
            second = json.loads(done.stdout)["data"]
            assert (second["url"], second["started"]) == (data["url"], False)
            assert second["token"] != data["token"]
            run(can_log_in(data["url"], second["token"], "crt"))
            refused = process(*words, "--port", "1234")
            assert refused.returncode == 2
            assert b"a relay serves this space already" in refused.stdout
        finally:
            first.send_signal(signal.SIGINT)
        assert first.wait(SECONDS) == 0
    assert data["token"] not in log.read_text()


async def can_log_in(url: str, token: str, actor: str) -> None:
    """See that a token opens the board as this actor."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        page = await (await session.get(f"{url}login")).text()
        [proof] = re.findall(r'name="csrf" value="([0-9a-f]+)"', page)
        answer = await session.post(f"{url}login", data={"csrf": proof, "token": token})
        assert f'data-me="{actor}"' in await answer.text()


def test_ui_says_where_a_relay_serves_no_board(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And how to get one."""
    from orgpost.relay.runfile import Running

    running = Running("http://127.0.0.1:9", 1, "")
    monkeypatch.setattr("orgpost.relay.runfile.find_running", lambda _: running)
    monkeypatch.setattr("orgpost.relay.asking.ask_status", lambda _: {"board": False})
    answer = office.cli("--json", "--as", "tex", "ui")
    assert (answer.status, answer.code) == (1, "failed")
    assert "orgpost relay serve --board" in answer.document["error"]["hint"]


def test_ui_opens_a_browser_where_it_is_asked_to(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the address, without the token."""
    from orgpost.relay.runfile import Running

    running, opened = Running("http://127.0.0.1:9", 1, ""), list[str]()
    monkeypatch.setattr("orgpost.relay.runfile.find_running", lambda _: running)
    monkeypatch.setattr("orgpost.relay.asking.ask_status", lambda _: {"board": True})
    monkeypatch.setattr("webbrowser.open", opened.append)
    office.cli.data("--as", "tex", "ui")
    assert opened == []
    office.cli.data("--as", "tex", "ui", "--open")
    assert opened == ["http://127.0.0.1:9/"]


@pytest.mark.parametrize("ttl", ["0s", "31d", "soon"])
def test_ui_refuses_a_time_that_no_token_may_have(ttl: str, office: Office) -> None:
    """Before anything is started."""
    assert office.cli("--json", "--as", "tex", "ui", "--ttl", ttl).code == "invalid_field"


@pytest.mark.slow
def test_the_board_loads_no_template_before_it_is_wanted() -> None:
    """A relay without the extra starts as ever."""
    script = (
        "import sys; sys.modules['jinja2'] = None; import orgpost.relay.running; "
        "from orgpost.relay.mounting import is_board_wanted"
    )
    done = subprocess.run([sys.executable, "-c", script], env=environment(), check=False)
    assert done.returncode == 0
