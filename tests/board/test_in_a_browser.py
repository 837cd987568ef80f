"""The board in a real Chromium: without JavaScript, with news, with drafts, by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.board.window import House, house

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route, WebSocketRoute

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One browser and one relay for all of these tests."""
    with house(tmp_path_factory.mktemp("board")) as home:
        yield home


# --- without JavaScript -------------------------------------------------------------------------


def test_mail_is_read_answered_and_marked_without_javascript(home: House) -> None:
    """The files show it, and the command line agrees."""
    id = home.send("Is it up again?", subject="A question")
    with home.window(java_script_enabled=False) as window:
        page = window.page
        page.click("a:has-text('A question')")
        page.get_by_label("Text").fill("Yes.\nSince noon.")
        page.click("button:has-text('Send')")
        assert page.locator(".notice.done").inner_text() == "Sent."
        assert home.state(id) == "READ"
        page.locator(f"[data-item='{id}'] button:has-text('Done')").click()
        assert page.locator(f"[data-item='{id}'] .state").inner_text() == "DONE"
        page.locator(f"[data-item='{id}'] button:has-text('Archive')").click()
        assert "archived" in page.locator(f"[data-item='{id}']").inner_text()
    [answer] = [
        message
        for message in home.served.run("--as", "crt", "inbox", "--limit", "0")["messages"]
        if message["reply_to"] == id
    ]
    assert (answer["from"], answer["body"]) == ("tex", "Yes.\nSince noon.")
    assert home.served.run("show", id)["state"] == "ARCHIVED"


def test_tasks_are_decided_without_javascript(home: House) -> None:
    """Approve, reject with a reason, cancel, try again: each by a press, each in the files."""
    approved, rejected = home.ask("Sort the list"), home.ask("Count the lamps")
    with home.window(java_script_enabled=False) as window:
        page = window.page
        page.goto("/tasks")
        page.locator(f"[data-item='{approved}'] button:has-text('Approve')").click()
        assert home.task(approved).state == "QUEUED"
        card = page.locator(f"[data-item='{rejected}']")
        card.locator("summary:has-text('Reject')").click()
        card.get_by_label("Why").first.fill("We did this already")
        card.locator("button:has-text('Reject')").click()
        assert home.task(rejected).rejection_reason == "We did this already"
        page.goto(f"/task/{approved}")
        page.locator("summary:has-text('Cancel')").click()
        page.locator("button:has-text('Cancel')").click()
        assert home.task(approved).state == "CANCELLED"
        page.click("button:has-text('Try again')")
        assert page.locator(".task-head .state").inner_text() in {"QUEUED", "WAITING"}
    told = home.served.run("task", "show", rejected)
    assert (told["state"], told["rejection_reason"]) == ("REJECTED", "We did this already")


# --- news ---------------------------------------------------------------------------------------


def unread(page: Page) -> int:
    """The number beside the inbox."""
    words = page.locator("[data-live=unread] .count").all_inner_texts()
    return int(words[0].split()[0].replace("\u202f", "")) if words else 0


def until(page: Page, script: str, wanted: Any) -> None:
    """Wait until a page says so."""
    page.wait_for_function(
        f"wanted => JSON.stringify({script}) === JSON.stringify(wanted)", arg=wanted
    )


COUNT = "Number((document.querySelector('[data-live=unread] .count')?.firstChild.nodeValue ?? '0'))"
WRITING = """() => {
  const area = document.activeElement;
  return [area.name, area.value, area.selectionStart, area.selectionEnd];
}"""


def test_what_is_half_written_stays_as_it_is_when_mail_comes(home: House) -> None:
    """Text, cursor and focus as before, the count is new; a reload brings the text back."""
    id = home.send("Do you come?", subject="A question of time")
    with home.window() as window:
        page = window.live(f"/thread/{id}")
        before = unread(page)
        area = page.get_by_label("Text")
        area.fill("I am half way through this sen")
        area.evaluate("area => area.setSelectionRange(5, 9)")
        wanted = page.evaluate(WRITING)
        assert wanted == ["body", "I am half way through this sen", 5, 9]
        for number in range(3):
            home.send(f"Number {number}.")
        more = home.send("And another thing.", reply_to=id)
        until(page, COUNT, before + 4)
        page.wait_for_selector(f"[data-item='{more}']")
        assert page.evaluate(WRITING) == wanted
        page.reload()
        assert page.get_by_label("Text").input_value() == "I am half way through this sen"


def test_a_draft_leaves_when_it_is_sent_and_with_who_logs_out(home: House) -> None:
    """What was sent is not offered again, and nobody else finds what was not."""
    with home.window() as window:
        page = window.live("/compose")
        page.get_by_label("To").fill("crt")
        page.get_by_label("Text").fill("All of it.")
        page.reload()
        assert page.get_by_label("Text").input_value() == "All of it."
        page.click("button:has-text('Send')")
        page.wait_for_selector(".notice.done")
        page.goto("/compose")
        assert page.get_by_label("Text").input_value() == ""
        page.get_by_label("Text").fill("Half of it.")
        page.click("button:has-text('Log out')")
        page.wait_for_url("**/login")
        assert page.evaluate("sessionStorage.length") == 0


def test_who_logs_out_is_led_to_the_login_and_no_further(home: House) -> None:
    """Also where the session's end is heard before the answer: the next one begins afresh."""
    with home.window() as window:
        page = window.live("/compose")

        def answer_late(route: Route) -> None:
            answer = route.fetch(max_redirects=0)
            page.wait_for_timeout(1000)  # in which the page hears that its session is over
            route.fulfill(response=answer)

        page.route("**/logout", answer_late)
        page.click("button:has-text('Log out')")
        page.wait_for_url("**/login*")
        assert urlsplit(page.url).query == ""


def test_a_new_message_takes_its_place_and_nothing_else_moves(home: House) -> None:
    """The list grows above; focus, selection and scroll stay where they were."""
    last = [home.send(f"Line {number}.", sender="mira") for number in range(12)][-1]
    with home.window(viewport={"width": 800, "height": 420}) as window:
        page = window.live("/inbox")
        link = page.locator(f"[data-item='{last}'] .row-link")
        link.focus()
        page.locator("[data-item] .row-link").nth(9).scroll_into_view_if_needed()
        page.evaluate(
            "() => getSelection().selectAllChildren(document.querySelectorAll('.row-link')[9])"
        )
        chosen = page.evaluate("() => getSelection().toString()")
        top = page.evaluate(
            "() => document.querySelectorAll('.row-link')[9].getBoundingClientRect().top"
        )
        fresh = home.send("Breaking.")
        page.wait_for_selector(f"[data-item='{fresh}']")
        assert page.locator("[data-item]").first.get_attribute("data-item") == fresh
        assert page.evaluate("() => getSelection().toString()") == chosen
        now = page.evaluate(
            "() => document.querySelectorAll('.row-link')[10].getBoundingClientRect().top"
        )
        assert abs(now - top) < 2
        assert link.evaluate("link => link === document.activeElement")
        page.wait_for_function(
            "() => document.getElementById('news').textContent.includes('new message')"
        )


def test_news_are_said_at_most_every_five_seconds(home: House) -> None:
    """A reader of the screen hears the first at once, and then the latest."""
    with home.window() as window:
        page, news = window.page, window.page.locator("#news")
        page.clock.install()
        page.goto("/inbox")
        page.clock.pause_at(page.evaluate("() => Date.now() + 60_000"))
        for said, passed, heard in (
            *(("one", 10, "one"), ("two", 10, "one"), ("three", 4900, "one")),
            ("four", 200, "four"),
        ):
            page.evaluate("words => say(words)", said)
            page.clock.run_for(passed)
            assert news.inner_text() == heard, said


def test_who_comes_is_seen_on_the_page_of_people(home: House) -> None:
    """Somebody else's window is enough."""
    with home.window() as window:
        page = window.live("/presence")
        there = page.locator("[data-item=crt] .there")
        assert there.inner_text() == "offline"
        with home.window("crt") as other:
            other.live("/inbox")
            page.wait_for_selector("[data-item=crt] .there-online")


def test_a_browser_that_keeps_nothing_goes_without_drafts(home: House) -> None:
    """And hears of changes as ever."""
    with home.window() as window:
        window.page.add_init_script(
            "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('no'); } })"
        )
        page = window.live("/compose")
        page.get_by_label("Text").fill("Not kept.")
        before = unread(page)
        home.send("Heard.")
        until(page, COUNT, before + 1)


def test_a_reason_that_is_typed_survives_that_others_decide(home: House) -> None:
    """A form that was touched is never replaced, also where its task moves on."""
    mine, other = home.ask("Mine"), home.ask("Other")
    with home.window() as window:
        page = window.live("/tasks")
        card = page.locator(f"[data-item='{mine}']")
        card.locator("summary:has-text('Reject')").click()
        card.get_by_label("Why").first.fill("Because of")
        with home.served.post() as post:
            post.inbox("tex-agent").approve(other)
            post.inbox("tex-agent").approve(mine)
        page.wait_for_function(
            "id => document.querySelector(`[data-item='${id}']`).closest('section')"
            ".querySelector('.state').textContent === 'QUEUED'",
            arg=other,
        )
        assert card.get_by_label("Why").first.input_value() == "Because of"
        card.locator("button:has-text('Reject')").click()
        told = page.locator(".notice.refused strong").inner_text()
        assert told == "reject: expected WAITING, found QUEUED"
        # A page that answers a form hears of changes, too, and asks for nothing that is not there.
        before = unread(page)
        home.send("Still there.")
        until(page, COUNT, before + 1)
        assert page.locator(".notice.refused").is_visible()


def test_a_form_that_was_touched_is_left_alone_whatever_the_page_says(home: House) -> None:
    """Neither its fields nor where it goes; one that was not touched is as the page has it."""
    merged = """(isTouched) => {
      const make = (word) => {
        const form = document.createElement("form");
        form.setAttribute("action", `/${word}`);
        form.innerHTML = `<input name="${word}">`;
        return form;
      };
      const [old, fresh] = [make("reject"), make("cancel")];
      if (isTouched) old.dataset.touched = "";
      merge(old, fresh);
      return [old.getAttribute("action"), old.firstChild.name];
    }"""
    with home.window() as window:
        assert window.page.evaluate(merged, arg=True) == ["/reject", "reject"]
        assert window.page.evaluate(merged, arg=False) == ["/cancel", "cancel"]


def test_without_the_relays_socket_a_page_says_so_and_looks_by_itself(home: House) -> None:
    """A visible note, and a look every 30 seconds; when the socket is back the note goes."""
    with home.window() as window:
        page = window.page
        page.clock.install()
        sockets: list[WebSocketRoute] = []

        def refuse(socket: WebSocketRoute) -> None:
            sockets.append(socket)
            socket.close()

        page.route_web_socket("**/ws", refuse)
        page.goto("/inbox")
        page.wait_for_selector("#link:not([hidden])")
        assert "live connection is gone" in page.locator("#link").inner_text()
        fresh = home.send("Without a socket.")
        page.clock.run_for(31_000)
        page.wait_for_selector(f"[data-item='{fresh}']")
        assert len(sockets) > 1, "it tries to come back"


def test_a_relay_that_is_started_again_loses_no_page_and_no_session(home: House) -> None:
    """The page comes back by itself, with what came meanwhile."""
    with home.window() as window:
        page = window.live("/inbox")
        home.served.stop()
        page.wait_for_selector("#link:not([hidden])")
        fresh = home.send("While it was away.")
        home.served.start()
        page.wait_for_selector("html[data-link=up]")
        page.wait_for_selector(f"[data-item='{fresh}']")
        window.problems = [problem for problem in window.problems if "net::ERR_" not in problem]


# --- two at once --------------------------------------------------------------------------------


def test_of_two_browsers_that_approve_one_task_one_does(home: House) -> None:
    """The other sees 409, the reason, and the present state."""
    id = home.ask("Only once")
    with home.window() as first, home.window() as second:
        for window in (first, second):
            window.page.goto(f"/task/{id}")
        # Held back from the news, the second still has the button.
        second.page.route(
            "**/task/*",
            lambda route: route.abort() if route.request.method == "GET" else route.continue_(),
        )
        first.page.click("button:has-text('Approve')")
        first.page.wait_for_selector(".notice.done")
        with second.page.expect_response("**/approve") as answer:
            second.page.click("button:has-text('Approve')")
        assert answer.value.status == 409
        words = second.page.locator("main").inner_text()
        assert "approve: expected WAITING, found QUEUED" in words
        assert second.page.locator(".task-head .state").inner_text() == "QUEUED"
        second.problems = [each for each in second.problems if "net::ERR_" not in each]
    assert home.task(id).state == "QUEUED"


def test_a_button_that_is_pressed_twice_sends_one_message(home: House) -> None:
    """Two presses in one moment are one letter."""
    with home.window() as window:
        page = window.page
        page.goto("/compose")
        page.get_by_label("To").fill("mira")
        page.get_by_label("Text").fill("Only one of these.")
        page.locator("button:has-text('Send')").dblclick()
        page.wait_for_selector(".notice.done")
    found = home.served.run("--as", "mira", "inbox", "--limit", "0")["messages"]
    assert [m["body"] for m in found].count("Only one of these.") == 1


# --- keys ---------------------------------------------------------------------------------------


def test_keys_do_what_the_help_says(home: House) -> None:
    """J k Enter r a ? Escape, in a list and in a conversation."""
    ids = [home.send(f"Key {number}.", subject=f"Key {number}") for number in range(3)]
    with home.served.post() as post:
        post.messages.mark(ids[1], "read")
    with home.window() as window:
        page = window.live("/inbox?state=all")
        at = "() => document.activeElement.closest('[data-item]')?.dataset.item"
        for key, wanted in (("j", ids[2]), ("j", ids[1]), ("j", ids[0]), ("k", ids[1])):
            page.keyboard.press(key)
            assert page.evaluate(at) == wanted
        page.keyboard.press("a")
        page.wait_for_selector(".notice.done")
        assert home.state(ids[1]) == "ARCHIVED"
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/thread/{ids[2]}")
        page.keyboard.press("Escape")
        page.wait_for_url("**/inbox")
        page.goto("/inbox?state=all")
        page.keyboard.press("j")
        page.keyboard.press("r")
        page.wait_for_url("**/compose?reply_to=*")
        page.goto("/inbox")
        page.keyboard.press("?")
        assert page.locator("dialog#help").is_visible()
        told = page.locator("dialog#help dt").all_inner_texts()
        assert [words.split() for words in told] == [
            ["j", "k"],
            ["Enter"],
            ["r"],
            ["a"],
            ["?"],
            ["Esc"],
        ]
        page.keyboard.press("Escape")
        assert not page.locator("dialog#help").is_visible()
        assert page.url.endswith("/inbox")


def test_no_key_does_anything_while_somebody_writes(home: House) -> None:
    """Nor with a modifier: that is the browser's."""
    home.send("Quiet.")
    with home.window() as window:
        page = window.live("/compose")
        page.get_by_label("Text").focus()
        page.keyboard.type("jkra?")
        page.keyboard.press("Escape")
        assert page.get_by_label("Text").input_value() == "jkra?"
        assert page.url.endswith("/compose")
        assert not page.locator("dialog#help").is_visible()
        page = window.live("/inbox")
        for chord in ("Control+j", "Alt+j", "Meta+j"):
            page.keyboard.press(chord)
        assert page.evaluate("() => document.activeElement.closest('[data-item]')") is None


def test_a_task_is_approved_by_its_key_only_at_the_second_press(home: House) -> None:
    """What costs tokens is not done by a slip; another key takes the first press back."""
    id = home.ask("By its key")
    with home.window() as window:
        page = window.live("/tasks")
        page.locator(f"[data-item='{id}'] [data-open]").focus()
        page.keyboard.press("a")
        assert page.locator(f"[data-item='{id}'] [data-armed]").count() == 1
        page.wait_for_function(
            "() => document.getElementById('news').textContent.startsWith('Press a again')"
        )
        page.keyboard.press("Escape")
        assert page.locator("[data-armed]").count() == 0
        assert page.url.endswith("/tasks")
        page.keyboard.press("a")
        assert home.task(id).state == "WAITING"
        page.keyboard.press("a")
        page.wait_for_selector(".notice.done")
        assert home.task(id).state == "QUEUED"
