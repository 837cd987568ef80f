"""Hostile text on every page: it is shown as it was written, and nothing in it is markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from orgpost.errors import OrgpostError
from orgpost.post import Post
from orgpost.relay.board.answers import HEADERS
from orgpost.relay.board.desk import Present
from orgpost.relay.board.looks import PAGE
from orgpost.relay.board.text import prose, shown
from tests.board.visiting import Page, Place, quoted
from tests.corpus.texts import hostile

if TYPE_CHECKING:
    from orgpost.clock import FakeClock
    from tests.cli.office import Office

# Whatever a browser could take for an order stands in these, each with a word to find it by.
MARKUP: Final = (
    "<script>alert('found')</script>",
    "</title><script>alert('found')</script>",
    "</textarea><img src=x onerror=alert('found')>",
    "\"><svg onload=alert('found')>",
    "' autofocus onfocus=alert('found') x='",
    "{{ 7 * 7 }}{% raw %}found",
    "javascript:alert('found')",
    "[found](javascript:alert(1)) <a href='javascript:alert(1)'>",
    'https://found.example/"onmouseover=alert(1)//<b>',
    "<!--found--><style>*{display:none}</style>",
    "&lt;found&gt;&#60;script&#62;",
    "\u202egnp.found\u202c\u2066\u200b\ufeff\x1b[2J\x00",
    "fo\u00adu\u034fn\u180ed\u3164\uffa0",
)
RAW: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u2069\u3164\ufeff\uffa0]"
)
SEEN: Final = tuple(text for text in MARKUP if RAW.search(text) is None)
TAGS: Final = frozenset(
    (
        *("html", "head", "meta", "title", "link", "script", "body", "a", "header", "div", "nav"),
        *("span", "b", "form", "input", "button", "main", "p", "h1", "h2", "h3", "ol", "ul", "li"),
        *("strong", "article", "bdi", "footer", "dialog", "dl", "dt", "dd", "kbd", "section"),
        *("label", "textarea", "datalist", "option", "details", "summary", "time", "code", "img"),
        *("table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "i"),
        *("svg", "desc", "defs", "pattern", "rect", "g", "text", "line"),
    )
)


class Read(HTMLParser):
    """What a browser makes of a page: its tags, its attributes, its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Keep words."""
        self.words += data


def check(page: Page) -> Read:
    """Every rule about a page at once."""
    for name, value in HEADERS.items():
        assert page.headers[name] == value
    # An id that somebody forged has to come back as it is; nobody sees it.
    seen = re.sub(r'<input type="hidden"[^>]*>', "", page.text)
    assert RAW.search(seen) is None, ascii(RAW.search(seen))
    read = Read(page.text)
    assert {tag for tag, _ in read.tags} <= TAGS
    for tag, facts in read.tags:
        assert not [name for name in facts if name.startswith("on") or name in {"style", "srcdoc"}]
        assert facts.get("src", "/board/").startswith("/board/")
        if tag == "a" and not facts["href"].startswith(("/", "#")):
            assert re.match("https?://", facts["href"])
            assert facts["rel"] == "noopener noreferrer nofollow"
        if tag == "form":
            assert facts.get("action", "/").startswith("/")
    scripts = [facts for tag, facts in read.tags if tag == "script"]
    assert len(scripts) == 1, "ours"
    return read


def poisoned(office: Office) -> list[str]:
    """A space where every place holds hostile text; the addresses that show it."""
    paths = ["/", "/inbox?state=all", "/sent", "/tasks", "/budget", "/presence", "/compose"]
    contacts = office.space / "org/messaging/contacts.yaml"
    contacts.write_bytes(
        contacts.read_bytes() + b'  - {id: evil, name: "<img src=x>", kind: person}\n'
    )
    with Post.open(office.space, "tex") as post:
        for number, text in enumerate([*MARKUP, *hostile().values()]):
            line = re.sub(RAW, "", text.split("\n")[0])[:200].strip() or "x"
            id = f"msg-hostile-{number}"
            root = "msg-hostile-0" if number else None
            for subject in (line, "x"):
                try:
                    post.messages.create_message(
                        "crt", "tex", text or "x", subject=subject, id=id, reply_to=root
                    )
                except OrgpostError:
                    continue
                break
        paths += [f"/thread/msg-hostile-0?page={page}" for page in range(1, 2 + number // PAGE)]
        inbox = post.inbox("tex-agent")
        for number, text in enumerate(MARKUP):
            line = re.sub(RAW, "", text)
            task = inbox.create_task("tex", line, body=text, payload={"x": text})
            paths.append(f"/task/{task.id}")
            if number % 3 == 0:
                inbox.cancel(task.id, line)
            office.cli.data("send", "crt", text, "--subject", line, "--prop", "X=<b>")
    return paths


FORGED: Final = """\
* UNREAD   [#A] A \x1b[2Jsubject\u202e </title><b> :t\u0301ag:
:PROPERTIES:
:ID:       {id}
:FROM:     "<script>\\u001bt\\n<<<op-0"
:TO:       tex
:CREATED:  [2026-11-20 Fri 09:31:05]
:THREAD:   {id}
:EXPECTS:  "><b>
:VIA:      <i>\u202e
:FILES:    1
:KIND:     \x1b[1m
:END:
A \x1b]52;c;x\x07body
"""


@pytest.mark.slow
def test_no_page_holds_anything_but_text_of_others(
    place: Place, office: Office, clock: FakeClock
) -> None:
    """Each hostile text in each place: no tag, attribute or address of its own, no raw control."""
    paths = poisoned(office)
    place.there = [Present("crt", "<b>busy", "\u202e<script>", clock.now(), 1)]
    tex = place.visitor("tex")
    for path in paths:
        page = tex.read(path)
        read = check(page)
        assert "found" not in " ".join(tag for tag, _ in read.tags)


@pytest.mark.parametrize(
    "id", ["msg-\x1b]0;x\x07-1", 'msg-"><script>', "msg-/../..", "msg-ä?#%2f&"]
)
def test_an_id_that_somebody_forged_is_a_text_and_an_address(
    id: str, place: Place, office: Office
) -> None:
    """What a person could write into a file by hand is listed and opened like any other."""
    office.cli.data("send", "tex", "first", "--as", "crt")
    inbox = office.space / "org/messaging/inbox/tex.org"
    inbox.write_bytes(inbox.read_bytes() + FORGED.format(id=id).encode())
    tex = place.visitor("tex")
    listed = check(tex.read("/inbox"))
    [href] = [
        facts["href"]
        for tag, facts in listed.tags
        if tag == "a" and "row-link" in facts.get("class", "")
        if "msg-2026" not in facts["href"]
    ]
    assert href == f"/thread/{quoted(id)}"
    page = tex.read(href)
    check(page)
    assert "A \\x1b]52;c;x\\x07body" in page.words


@pytest.mark.parametrize(
    "path",
    [
        "/thread/%3Cscript%3Ealert(1)%3C/script%3E",
        "/thread/msg-%E2%80%AE%1B%5B2J%00",
        "/task/%22%3E%3Cb%3E",
        "/thread/%ff%fe%80",
        "/inbox?of=%3Cscript%3E&state=%22",
        "/tasks?of=%3Cscript%3E&state=%22",
        "/compose?to=%22%3E%3Cscript%3E%E2%80%AE%00&reply_to=",
        "/compose?reply_to=%3Cscript%3E",
        "/thread/x?said=%3Cb%3E&sent=%22%3E%3Cscript%3E",
        "/login?next=%22%3E%3Cscript%3E",
    ],
)
def test_an_address_is_only_text_on_the_page_that_refuses_it(
    path: str, place: Place, office: Office
) -> None:
    """Error pages are pages."""
    page = place.visitor("tex").get(path)
    if page.status != 303:
        check(page)
        assert page.status in {200, 404}


def test_a_refused_form_shows_what_was_written_as_text(place: Place, office: Office) -> None:
    """Its fields hold every character, and its sentences none of the markup."""
    tex = place.visitor("tex")
    form = tex.read("/compose").form("/send")
    for text in SEEN:
        page = tex.submit(form, to=text, subject=text, body=text)
        assert page.status == 422
        check(page)
        again = page.form("/send").fields
        assert (again["to"], again["subject"], again["body"]) == (text.strip(), text, text)


def test_a_mark_is_told_apart_from_a_text_that_looks_like_it() -> None:
    """Who writes `<U+202E>` is shown as having written that."""
    assert shown("a\u202eb") == Markup('a<span class="mark">&lt;U+202E&gt;</span>b')
    assert shown("a<U+202E>b") == Markup("a&lt;U+202E&gt;b")
    assert shown("a\nb\tc") == Markup(
        'a<span class="mark">\\n</span>b<span class="mark">\\t</span>c'
    )


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example/x?y=1&z=2#f.", ["https://a.example/x?y=1&z=2#f"]),
        ("(http://a.example/b)", ["http://a.example/b"]),
        ("javascript:alert(1) data:text/html,x file:///etc ftp://a.example", []),
        ("xhttps://a.example", []),
        ("https://a.example/\u202egnp.exe", ["https://a.example/"]),
        ("https://a.example/<b>", ["https://a.example/"]),
        ("https://", []),
    ],
)
def test_only_web_addresses_are_links(text: str, links: list[str]) -> None:
    """A link ends where one sees it end, and goes where it says."""
    read = Read(str(prose(text)))
    found = [facts for tag, facts in read.tags if tag == "a"]
    assert [facts["href"] for facts in found] == links
    assert all(facts["rel"] == "noopener noreferrer nofollow" for facts in found)
    assert read.words.startswith(text[:3])


@given(st.text())
def test_whatever_is_shown_reads_as_it_was_written(text: str) -> None:
    """Every visible character is there, in its order; nothing else is but marks and links."""
    for made in (shown(text), prose(text)):
        read = Read(str(made))
        assert {tag for tag, _ in read.tags} <= {"span", "a"}
        seen = re.sub(r'<span class="mark">.*?</span>', "", str(made))
        plain = Read(seen).words
        wanted = RAW.sub("", text)
        visible = [c for c in plain if not c.isspace()]
        assert visible == [c for c in visible if c in wanted]
