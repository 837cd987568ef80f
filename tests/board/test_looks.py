"""How the board looks and reads: for keys, for readers of the screen, dark, light, narrow, hostile.

Each page is looked at in both colour schemes, by rules as axe has them: names, labels, landmarks,
headings, contrast; and no page ever scrolls sideways.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from orgpost.errors import OrgpostError
from orgpost.spelled import safe
from tests.board.test_hostile_pages import MARKUP, SEEN
from tests.board.window import House, house
from tests.corpus.texts import hostile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

PATHS: Final = dict[str, str]()
SCHEMES: Final = ("light", "dark")
FORBIDDEN: Final = "script, style, iframe, object, embed, base"
MOST: Final = 80
LONG: Final = "An_address_without_any_blank_" * 7

# What is wrong with a page; the list is empty where nothing is.
FAULTS: Final = """() => {
  const faults = [];
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const seen = (node) => node.checkVisibility({ visibilityProperty: true });
  const say = (node, what) => faults.push(`${what}: ${node.outerHTML.slice(0, 120)}`);

  if (document.documentElement.lang !== "en") faults.push("no lang");
  if (!document.title.trim()) faults.push("no title");
  if (!document.querySelector("meta[name=viewport]")) faults.push("no viewport");
  if (all("h1").length !== 1) faults.push(`${all("h1").length} h1`);
  for (const name of ["main", "header.top", "footer"])
    if (all(name).length !== 1) faults.push(`${all(name).length} ${name}`);
  let level = 0;
  for (const node of all("main :is(h1, h2, h3, h4)")) {
    const now = Number(node.tagName[1]);
    if (now > level + 1) say(node, `from h${level} to h${now}`);
    level = now;
  }
  const ids = all("[id]").map((node) => node.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`twice: #${id}`);
  for (const node of all("[aria-labelledby]"))
    for (const id of node.getAttribute("aria-labelledby").split(" "))
      if (!document.getElementById(id)) say(node, "labelled by nothing");
  for (const node of all("input:not([type=hidden]), textarea, select"))
    if (!Array.from(node.labels).some((label) => label.textContent.trim())) say(node, "no label");
  for (const node of all("a, button, summary"))
    if (!(node.getAttribute("aria-label") ?? node.textContent).trim()) say(node, "no name");
  for (const node of all("nav")) if (!node.getAttribute("aria-label")) say(node, "no name");
  for (const node of all("img")) if (!node.hasAttribute("alt")) say(node, "no alt");
  for (const node of all("svg[role=img]"))
    if (!node.querySelector("title") || !node.querySelector("desc")) say(node, "no words");
  for (const node of all("table th")) if (!node.scope) say(node, "no scope");

  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const ground = (node) => {
    if (!node) return [255, 255, 255];
    const own = rgba(getComputedStyle(node).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(node.parentElement));
  };
  const light = (colour) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [most, least] = [light(one), light(other)].sort((a, b) => b - a);
    return (most + 0.05) / (least + 0.05);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const done = new Set();
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.nodeValue.trim() || done.has(node) || !seen(node)) continue;
    if (node.closest(".unseen, option, title, desc, script")) continue;
    done.add(node);
    // Also what is cut off there, where nothing scrolls.
    if (node.getBoundingClientRect().right > innerWidth + 1) say(node, "beside the window");
    const style = getComputedStyle(node);
    const ink = rgba(node.closest("svg") ? style.fill : style.color);
    const found = ratio(over(ink, ground(node)), ground(node));
    if (found < 4.5) say(node, `contrast ${found.toFixed(2)}`);
  }
  return faults;
}"""
FOCUSABLE: Final = """() => Array.from(document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), textarea, summary"
)).filter((node) => node.checkVisibility({ visibilityProperty: true })).length"""
FOCUSED: Final = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  window.met ??= new Map();
  if (!window.met.has(node)) window.met.set(node, window.met.size);
  const style = getComputedStyle(node);
  const isSeen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return [window.met.get(node), isSeen];
}"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One browser and one relay for all of these tests, and a space with something of all."""
    with house(tmp_path_factory.mktemp("looks")) as home:
        PATHS.update(fill(home))
        yield home


def fill(home: House) -> dict[str, str]:
    """Mail in every state, tasks in every column, words that do not break; every page by name."""
    served = home.served
    first = home.send(
        "See https://ci.example/1 please.\n" + LONG, subject=f"Server {LONG}", priority="high"
    )
    home.send("Looking.\u202e", to="crt", sender="tex", reply_to=first)
    home.send("Low.", sender="mira", priority="low", tags=["ops", "long_tag_" * 4], expects="reply")
    home.send("To the agent.", to="tex-agent", sender="ann")
    with served.post() as post:
        post.messages.mark([home.send("Later.")], "todo")
        done = home.send("Over.")
        post.messages.mark([done], "done")
    ids = [
        home.ask(title, sender=sender, body=LONG, effort=2, estimated_tokens=1500)
        for title, sender in (
            *(("Waits", "ann"), (f"Waits {LONG}", "mira"), ("Queued", "crt"), ("Held", "crt")),
            *(("Done", "tex"), ("No", "ann"), ("Gone", "tex")),
        )
    ]
    with served.post() as post:
        inbox = post.inbox("tex-agent")
        inbox.reject(ids[5], f"Not this {LONG}")
        inbox.cancel(ids[6], "Not needed")
        for id in (ids[3], ids[4]):
            [claim] = inbox.claim(id=id)
            if id == ids[4]:
                inbox.complete(claim, result=f"All is well. {LONG}", tokens_used=1200)
    return {
        "inbox": "/inbox?state=all",
        "sent": "/sent",
        "thread": f"/thread/{first}",
        "compose": f"/compose?reply_to={first}",
        "tasks": "/tasks",
        "task": f"/task/{ids[1]}",
        "done": f"/task/{ids[4]}",
        "budget": "/budget",
        "presence": "/presence",
        "lost": "/thread/nobody",
    }


def sideways(page: Page) -> int:
    """How many pixels of a page are beside the window."""
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return int(wide)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_page_can_be_read_by_everybody(scheme: Any, home: House) -> None:
    """Labels, names, landmarks, one h1, headings in order, contrast: on each page, at any width."""
    with home.window(color_scheme=scheme) as window:
        page = window.page
        for name, path in PATHS.items():
            page.goto(path)
            if name == "tasks":
                page.evaluate(
                    "() => document.querySelectorAll('details').forEach(d => d.open = true)"
                )
            if name == "budget":
                page.evaluate("() => document.getElementById('help').showModal()")
            for width in (1280, 640, 320):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate(FAULTS) == [], (name, scheme, width)
                assert sideways(page) <= 0, (name, width)
        page.click("dialog button, button:has-text('Log out')")
        page.goto("/login")
        assert page.evaluate(FAULTS) == []
        assert sideways(page) <= 0


@pytest.mark.parametrize(
    ("scheme", "names"), [("light", ("inbox", "compose", "tasks")), ("dark", ("presence",))]
)
def test_the_tab_key_reaches_everything_and_one_sees_where_it_is(
    scheme: Any, names: tuple[str, ...], home: House
) -> None:
    """From the skip link on, in the order of the page, with an outline."""
    with home.window(color_scheme=scheme) as window:
        page = window.page
        for name in names:
            page.goto(PATHS[name])
            number = page.evaluate(FOCUSABLE)
            order = list[int]()
            for _ in range(number):
                page.keyboard.press("Tab")
                found = page.evaluate(FOCUSED)
                assert found is not None, (name, len(order), number)
                place, is_seen = found
                assert is_seen, (name, page.evaluate("() => document.activeElement.outerHTML"))
                order.append(place)
            assert order == list(range(number)), name
        page.goto("/inbox")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.id") == "main"


def test_nothing_moves_for_who_wants_no_motion(home: House) -> None:
    """A new entry is there at once."""
    with home.window(reduced_motion="reduce") as window:
        page = window.live("/inbox")
        fresh = home.send("Calm.")
        page.wait_for_selector(f"[data-item='{fresh}'][data-new]")
        style = f"getComputedStyle(document.querySelector(`[data-item='{fresh}']`)).animationName"
        assert page.evaluate(style) == "none"


def test_the_budgets_picture_and_table_are_the_command_lines(home: House) -> None:
    """The figures on the screen are those of `orgpost budget show --json`."""
    told = home.served.run("budget", "show")
    with home.window() as window:
        page = window.page
        page.goto("/budget")
        rows = page.evaluate(
            """() => Array.from(document.querySelectorAll("tbody tr")).map((row) => [
              row.querySelector("th").innerText,
              ...Array.from(row.querySelectorAll("[data-value]"), (c) => Number(c.dataset.value)),
            ])"""
        )
        bars = page.evaluate(
            """() => Array.from(document.querySelectorAll(".bars > g")).map((bar) => {
              const wide = (name) => bar.querySelector(name).getBoundingClientRect().width;
              return [wide(".bar-track"), wide(".bar-spent"), wide(".bar-reserved")];
            })"""
        )
    senders = {each["actor"]: each for each in told["senders"]}
    whole = told["global"]
    assert rows[0] == ["all senders", whole["spent"], whole["reserved"], whole["limit"]]
    assert {row[0] for row in rows[1:]} == set(senders)
    most = max(max(s["limit"], s["spent"] + s["reserved"]) for s in senders.values())
    for (actor, spent, reserved, limit), (track, wide_spent, wide_reserved) in zip(
        rows[1:], bars[1:], strict=True
    ):
        known = senders[actor]
        assert (spent, reserved, limit) == (known["spent"], known["reserved"], known["limit"])
        assert abs(wide_spent - track * spent / most) < 1.5
        assert abs(wide_reserved - track * reserved / most) < 2.5, "its border included"


def odd() -> list[str]:
    """The texts of the corpus that are odd to a browser: with markup, or with unseen characters."""
    texts = hostile().values()
    return [text for text in texts if re.search("[<&]", text) or safe(text) != text][:MOST]


def test_hostile_mail_runs_nothing_and_asks_for_nothing(home: House) -> None:
    """Every text of the corpus, as subject, body, title and reason, live and by a reload."""
    root = home.send("The first of many.", subject="Corpus")
    with home.window() as window:
        page = window.live(f"/thread/{root}")
        with home.served.post("crt") as post:
            for text in [*MARKUP, *odd()]:
                for subject in (text.split("\n")[0][:200], "plain"):
                    try:
                        post.messages.create_message(
                            "crt", "tex", text or "x", subject=subject, reply_to=root
                        )
                    except OrgpostError:
                        continue
                    break
        for text in SEEN:
            home.ask(text, sender="tex", body=text, tags=["x"])
        page.wait_for_selector(".paging")
        for number in (1, 2):
            page.goto(f"/thread/{root}?page={number}")
            body = page.locator("main").inner_text()
            assert body
            assert page.locator(f"main :is({FORBIDDEN})").count() == 0
        for path in ("/inbox", "/tasks", "/budget", "/sent"):
            page.goto(path)
        page.goto("/tasks?of=tex-agent&state=QUEUED")
        shown = page.evaluate(
            "title => Array.from(document.querySelectorAll('h3'), (h) => h.textContent)"
            ".includes(title)",
            MARKUP[0],
        )
        assert shown, "as it was written"
        assert window.problems == []
