"""Any text goes in and comes out equal, and what stands in the file is harmless."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orgpost.errors import InvalidField
from orgpost.org import quote, syntax
from tests.corpus.texts import hostile
from tests.org.strategies import texts, whole_texts, without_halves

if TYPE_CHECKING:
    from collections.abc import Callable

# --- bodies -------------------------------------------------------------------------------------


@given(texts)
@example("")
@example("\n")
@example("a\n\n")
@example("%41\t \u2028")
def test_a_body_is_read_as_it_was_written(text: str) -> None:
    """decode(encode(t)) == t, for every text."""
    assert quote.decode_body(*quote.encode_body(text)) == text


_NEAR_HAZARDS = (
    *("vi", "Vim", "vim2", "ex", "local variables", "Local Variables", ":", " ", "  ", "\n", "- "),
    *(
        "State ",
        "Note taken",
        "CLOSING NOTE",
        "SCHEDULED",
        "clock",
        "file",
        "id",
        "shell",
        "a",
        "Z",
    ),
    *("COMMENT", "Footnotes", "é", "9", "1. ", "(", ")", "/", "-", "*", "[", "<", "\t", "\u00a0"),
    *("call_a(", "src_b[", "{{{", "@@", "%%(", "#", "|", "\u017f", "\u2028", "\ufeff", "\ud800"),
)


@settings(max_examples=7 * settings().max_examples)
@given(st.lists(st.sampled_from(_NEAR_HAZARDS), min_size=1, max_size=8).map("".join))
def test_plain_words_hold_no_hazard(text: str) -> None:
    """The one look that lets most texts pass never passes what the tests for hazards refuse."""
    hazards = (syntax.CTL, syntax.HOT, syntax.INLINE)
    if re.fullmatch(quote.WORDS, text):
        assert not any(re.search(each, text) for each in (*hazards, syntax.TRAIL, syntax.LINE))
    if re.fullmatch(quote.TITLE_OF_WORDS, text):
        assert not any(re.search(each, text) for each in (*hazards, syntax.EDGE))


_NEAR_VALUES = (
    *("2026-11-20T08:47:10Z", " ", "1", "-", "ex", "vim", "vi", "@", ":", "END", "nil", "laptop"),
    *("[2026-11-20 Fri 09:32]", "<", "PROPERTIES", "State", "tex-agent", ".", "_", "CLOCK", '"'),
)


@given(st.lists(st.sampled_from(_NEAR_VALUES), max_size=8).map("".join))
@example("2026-11-20T08:47:10Z 1 tex-agent@laptop:4711")
@example("- 0 -")
@example("2026-11-20T08:47:10Z 1 ex:4711")
@example("2026-11-20T08:47:10Z 1 a@b:END:")
@settings(max_examples=3 * settings().max_examples)
def test_harmless_values_hold_no_hazard(text: str) -> None:
    """The one look that lets most values pass never passes what the tests for hazards refuse."""
    hazards = (syntax.HOT, syntax.CTL, syntax.VALUE, syntax.TIMED, syntax.LOGGED)
    if re.fullmatch(quote.HARMLESS, text):
        assert not any(re.search(each, text) for each in hazards)


def test_words_are_seen_to_be_plain() -> None:
    """Else the look would be in vain."""
    for text in ("Deploy is through", "Dear Tex,\n\nsee (there) - or not?\n- who: crt\nThanks"):
        assert re.fullmatch(quote.WORDS, text)
    assert re.fullmatch(quote.TITLE_OF_WORDS, "Deploy is through: restart at 9")


def test_a_hostile_text_is_read_as_it_was_written() -> None:
    """As body, as value, as words that follow an item."""
    for name, text in hostile().items():
        line = without_halves(text)
        assert quote.decode_body(*quote.encode_body(text)) == text, name
        assert quote.decode_body("percent", quote.percent_lines(text, "  ")) == text, name
        assert quote.unquote_value(quote.quote_value(line)) == line, name


@given(texts)
def test_no_line_of_a_body_means_anything_to_org(text: str) -> None:
    """Not a heading, keyword, table, sexp or drawer, nor anything that a person cannot see."""
    encoding, stored = quote.encode_body(text)
    assert not re.search(r"(?m)^[ \t]*[*#%&|]|^[ \t]*:[^ \n]", stored)
    if encoding != "fixed":
        assert not re.search(syntax.CTL, stored)
        assert not re.search(syntax.HOT, stored)
    stored.encode()


def edits(stored: str) -> list[str]:
    """What an editor does to a body without being asked."""
    stripped = re.sub(r"(?m)[ \t]+$", "", stored)
    return [stripped, stored + "\n\n", f"\n \n{stored}", stored.removesuffix("\n"), f"{stored}\t\n"]


@given(texts)
def test_a_body_survives_what_editors_do(text: str) -> None:
    """Blanks stripped from line ends, blank lines put in or taken out between entries."""
    encoding, stored = quote.encode_body(text)
    assert {quote.decode_body(encoding, edited) for edited in edits(stored)} == {text}


@given(st.sampled_from(["", "eol", "fixed", "percent", "rot13"]), texts)
@example("percent", "%FF")
@example("percent", "\ud800")
def test_decoding_never_fails(encoding: str, stored: str) -> None:
    """Whatever stands there: a person may have written it."""
    assert isinstance(quote.decode_body(encoding, stored), str)


@pytest.mark.parametrize(
    ("encoding", "stored", "body"),
    [
        ("percent", "100%\n%4\n%zz", "100%\n%4\n%zz"),
        ("percent", "%FF%41", "%FF%41"),
        ("percent", ": %c3%A9 %41", "é A"),
        ("percent", "%ED%A0%80", "\ud800"),
        ("fixed", "  : a\nby hand\n\n:\n\t: %41\n:b", "a\nby hand\n\n%41\n:b"),
        ("rot13", "\n x \n", "\n x \n"),
        ("", " \n\u00a0\n\n  a \n\nb  \n\n \n", "  a \n\nb  "),
        ("", " \n\t", ""),
        ("eol", "a", "a\n"),
    ],
)
def test_reading_asks_the_encoding_only(encoding: str, stored: str, body: str) -> None:
    """What a person typed under an encoding is read by its rule; there is no guess."""
    assert quote.decode_body(encoding, stored) == body


def test_ordinary_words_are_stored_as_they_are() -> None:
    """Paragraphs, lists and rules are for people to read in Emacs."""
    text = "Deploy is through.\n\n- one\n- two :: 2\n\nSee https://x.example/a, 50% done.\n-----"
    assert quote.encode_body(text) == ("", f"{text}\n")


@pytest.mark.parametrize(
    "text",
    [
        *("[[x]]", "on <2026-11-20", "[2026-11-20", "src_sh[x", "src_sh{x", "call_x(", "call_x["),
        *("{{{x", "@@x", "<<x", "[fn:1", "[cite:@x", "%%(x", "<%%", "x** y", "ab:c]", "ab:c ]"),
        *("CLOCK: x", "elisp:x", "file+emacs:x", "id:x", "closed: [x", "Local Variables:", "vim:"),
        *("a \nb", "a\u00a0\nb", "a\tb", "        a", "a\n  * b", "# a"),
        *("| a", ": a", ":a:", "% a", "& a", "\\a", "1. a", "2)", "- State x", "+ Note taken on"),
        *("- CLOSING NOTE x", "\ufeffa", "a\u200bb", "a\rb", "\ud800"),
    ],
)
def test_what_org_or_an_editor_would_act_upon_is_never_raw(text: str) -> None:
    """One text for each alternative of the page."""
    for body in (text, f"Words.\n{text}\nWords."):
        assert quote.encode_body(body)[0] in {"fixed", "percent"}


# --- titles and values --------------------------------------------------------------------------


@pytest.mark.parametrize("text", [" a", "a ", "\u3000a", "\na", "a\n\n", "\n", " "])
def test_what_editors_strip_is_never_at_the_ends_of_a_raw_body(text: str) -> None:
    """Blanks and line ends there come and go."""
    assert quote.encode_body(text)[0] in {"fixed", "percent"}


@pytest.mark.parametrize(
    ("title", "seen"),
    [
        ("call_x(1) and src_x[2]", "call x(1) and src_x(2)"),
        (": * :x", "x"),
        ("a\u00a0\n\t b\x00c", "a b c"),
        ("%%%@@@***x", "%@*x"),
        ("see id:x and ID:y", "see id x and ID y"),
        ("vim: set", "vim set"),
        ("COMMENTED x", "commentED x"),
        ("x" * 249 + " :y", "x" * 249),
        ("[[a]] {b} <c>", "((a)) (b) \u2039c\u203a"),
        ("Footnotes", "(no subject)"),
    ],
)
def test_an_unsafe_title_is_shown_as_the_page_says(title: str, seen: str) -> None:
    """Step by step; another program must come to the same."""
    assert not quote.safe_title(title)
    assert quote.shown(title) == seen


@given(texts)
@example("id:vim:x")
@example("[#A]" * 100)
def test_what_is_shown_is_safe(title: str) -> None:
    """Whatever the title was; and showing it again changes nothing that would be read."""
    assert quote.safe_title(quote.shown(title))
    assert "\n" not in quote.shown(title)


@given(whole_texts)
@example("nil")
@example("a :end: b")
def test_a_value_is_read_as_it_was_written(text: str) -> None:
    """Bare or quoted, one line, with nothing that Org acts upon."""
    written = quote.quote_value(text)
    assert quote.unquote_value(written) == text
    assert written == written.strip(" \t\n") != ""
    assert not re.search(rf"{syntax.CTL}|{syntax.HOT}|[\t\n]|%%\(|<%%|<[0-9]{{4}}-", written)


@pytest.mark.parametrize("value", ['"', '"a', '"a" b', r'"\x"', '"\t"', "nil", "[1]", "{}", "1"])
def test_what_is_no_json_string_is_itself(value: str) -> None:
    """A person's quotes are a person's."""
    assert quote.unquote_value(value) == value


# --- one line -----------------------------------------------------------------------------------

REFUSED = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029"]


@pytest.mark.parametrize("letter", REFUSED, ids=lambda letter: f"{ord(letter):04x}")
def test_a_refused_character_is_refused_everywhere(letter: str) -> None:
    """In titles, tags, keys and values; the error names the field."""
    doors: dict[str, Callable[[str], object]] = {
        "subject": lambda text: quote.one_line("subject", text),
        "tag": quote.check_tag,
        "property name": lambda text: quote.check_property(text, "x"),
        "NOTE": lambda text: quote.check_property("note", text),
    }
    for field, door in doors.items():
        with pytest.raises(InvalidField) as refusal:
            door(f"a{letter}b")
        assert refusal.value.field == field


def test_blanks_at_both_ends_are_removed_first() -> None:
    """Every kind of blank; what is stored is what is given back."""
    assert quote.one_line("subject", "\u00a0\t a\u3000b \u2003") == "a\u3000b"
    assert quote.check_property(" note ", "\tx ") == ("NOTE", "x")


def test_two_halves_of_a_character_are_the_character() -> None:
    """JSON could not tell them apart later; a half alone stays."""
    assert quote.one_line("subject", "\ud83d\ude00 \ude00") == "\U0001f600 \ude00"


@pytest.mark.parametrize("tag", ["ops", "für", "v2_@#%", "\u0939\u093f", "x" * 48, "\u0661"])
def test_a_tag_of_orgs_own_characters_is_taken(tag: str) -> None:
    """And read back out of a heading."""
    assert quote.check_tag(f" {tag} ") == tag
    assert quote.read_tags(f":{tag}:") == (tag,)


@pytest.mark.parametrize(
    "tag", ["", "a-b", "a.b", "a b", "🚨", "\u0301x", "Ⅷ", "x²", "x" * 49, "a:b", "ATTACH", "Crypt"]
)
def test_a_tag_that_org_would_not_see_is_refused(tag: str) -> None:
    """Or would see and act upon."""
    with pytest.raises(InvalidField, match="tag"):
        quote.check_tag(tag)


@pytest.mark.parametrize("text", [":a²:", ":a-b:", "::", ":", "", "a:", ":a"])
def test_what_org_reads_as_title_is_no_tag(text: str) -> None:
    """Our reader and Emacs see the same heading."""
    assert quote.read_tags(text) is None


def test_tags_that_only_others_write_are_read() -> None:
    """Roman numbers are letters to Emacs; empty tags between colons are none."""
    assert quote.read_tags(":Ⅷ::a:") == ("Ⅷ", "a")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("1x", "x"),
        ("", "x"),
        ("ä", "x"),
        ("a b", "x"),
        ("x" * 49, "x"),
        ("from", "x"),
        ("Note", "x" * 1001),
    ],
)
def test_a_property_that_is_not_the_senders_is_refused(name: str, value: str) -> None:
    """By its name, or its length."""
    with pytest.raises(InvalidField):
        quote.check_property(name, value)


# --- time ---------------------------------------------------------------------------------------

UNITS = [
    *map(chr, range(0x80)),
    *(chr(code) for code in range(0x80, 0x10000) if re.match(syntax.CTL, chr(code))),
    *("\U000e0000", "\U000e0041", "\U000e01ef", "\u00a0", "ß", "漢", "🚨"),
    *("Local Variables:", "vim:", "vim<9", "ex:", "COMMENT", "[#", "[1/2]", "[9", "[9/"),
    *("SCHEDULED:", "CLOCK:", "elisp:x", "file+sys:", "id:", "%%(", "<%%", "[2026-", "[["),
    *("<<", "{{{", "@@", "[fn:", "[cite", "x** ", "x**", "ab:x ]", "ab:", "a", "a+"),
    *("src_x", "src_x{", "call_x", "call_x(", ":END:", ":PROPERTIES:", "%41", "\n: ", "\n* "),
    *("        ", "\t ", " \t", " \n", "1.", "1. ", "- State", "- Note taken"),
]
HALF_A_SECOND = 0.5
SIZE = 65_536


def slow(units: list[str]) -> list[str]:
    """Which of these takes too long to encode and decode, 64 KiB of it."""
    found = []
    for unit in units:
        text = (unit * (SIZE // len(unit)))[:SIZE]
        start = time.process_time()
        encoded = quote.encode_body(text)
        middle = time.process_time()
        same = quote.decode_body(*encoded) == text
        if max(middle - start, time.process_time() - middle) > HALF_A_SECOND or not same:
            found.append(unit)
    return found


def test_a_body_of_one_thing_is_encoded_at_once() -> None:
    """64 KiB of it, under half a second: a sample."""
    assert slow(["a", "*", " ", "\t", "\n", "%", "\x00", "vim:", "ab:", "a+", "src_x", "[9"]) == []


@pytest.mark.slow
def test_a_body_of_any_one_thing_is_encoded_at_once() -> None:
    """Each ASCII character, each unseen one (of surrogates a sample), each hazard of the page."""
    left_out = {chr(code) for code in range(0xD800, 0xE000) if code % 0x100}
    assert slow([unit for unit in UNITS if unit not in left_out]) == []


@pytest.mark.parametrize("unit", ["a", "%", "<", "\u2028", "[", "id:", "vim:", "* "])
def test_titles_and_values_of_one_thing_are_shown_at_once(unit: str) -> None:
    """Nobody checked their length yet."""
    text = unit * (SIZE // len(unit))
    start = time.process_time()
    quote.shown(text)
    quote.unquote_value(quote.quote_value(text))
    assert time.process_time() - start < HALF_A_SECOND
