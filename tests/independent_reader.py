"""A second reader of the format, written from docs/format.md alone.

It shares no code with orgpost: the expressions come from the page, and everything is done the slow
and obvious way, line by line. Where the two disagree, one of them or the page is wrong.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

PAGE = (Path(__file__).parents[1] / "docs" / "format.md").read_text(encoding="utf-8")
KEYWORDS = dict(zip(("message", "task"), re.findall(r"(?m)^#\+TODO: (.*)$", PAGE), strict=True))
THE: dict[str, str] = {}
for told in re.sub(r"\n {4}", "", PAGE.split("```regex\n")[1].split("\n```")[0]).split("\n"):
    name, _, expression = told.partition(" = ")
    THE[name] = re.sub(r"\{([A-Z]+)\}", lambda inner: THE[inner[1]], expression)


@dataclass
class Read:
    """An entry as the page says that it is to be read; `id` is None for a note."""

    keyword: str = ""
    priority: str = "normal"
    title: str = ""
    tags: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    id: str | None = None
    body: str = ""


def read_bytes(data: bytes, kind: str) -> list[Read]:
    """Read a whole file of a kind."""
    text = data.decode("utf-8", "surrogateescape")
    text = text.replace("\r\n", "\n") if re.match(r"[^\n]*\r\n", text) else text
    _, *parts = re.split(r"(?m)^(?=\* )", text)
    todo = re.findall(r"(?mi)^[ \t]*#\+(?:SEQ_|TYP_)?TODO:(.*)$", re.split(r"(?m)^\*+ ", text)[0])
    words = " ".join([KEYWORDS[kind], *todo]).split()
    keywords = {re.sub(r"\([^)]*\)\Z", "", word) for word in words} - {"|", ""}
    return [_entry(part.split("\n"), keywords) for part in parts]


def _entry(lines: list[str], keywords: set[str]) -> Read:
    entry = Read()
    _heading(entry, lines[0][2:].lstrip(" "), keywords)
    sub = next((n for n, line in enumerate(lines) if n and re.match(r"\*+ ", line)), None)
    rest = lines[1:] if sub is None else [*lines[1:sub], ""]
    if rest and re.match(THE["PLANNING_LINE"], rest[0]) and _drawer_length(rest[1:]):
        rest = rest[1:]
    length = _drawer_length(rest)
    for key, text in re.findall(f"(?m)^{THE['DRAWER_LINE']}$", "\n".join(rest[1:length][:-1])):
        name, value = key.upper() if key.isascii() else key, text.strip(" \t")
        if name == "ID" and name not in entry.properties and re.fullmatch(THE["READ_ID"], value):
            entry.id = value
        entry.properties.setdefault(name, _value(value))
    entry.body = _body(_after_drawers(rest[length:]), entry.properties.get("BODY_ENC", ""))
    subject = entry.properties.get("SUBJECT")
    if subject is not None and _shown(subject) == entry.title:
        entry.title = subject
    return entry


def _heading(entry: Read, text: str, keywords: set[str]) -> None:
    word, _, after = text.partition(" ")
    if word in keywords:
        entry.keyword, text = word, after.lstrip(" \t")
    if cookie := re.match(THE["PRIORITY"], text):
        entry.priority = {"A": "high", "B": "normal"}.get(cookie[1], "low")
        text = text[cookie.end() :]
    text = re.sub(r"\ACOMMENT(?=[ \t]|\Z)", "", text).rstrip(" \t")
    *words, last = re.split(r"[ \t]", text)
    kinds = {unicodedata.category(letter) for letter in re.sub("[:_@#%]", "", last)}
    if (
        words
        and re.fullmatch(":.+:", last)
        and all(kind[0] in "LM" for kind in kinds - {"Nd", "Nl"})
    ):
        entry.tags = [tag for tag in last.split(":") if tag]
        text = text.removesuffix(last)
    entry.title = text.strip(" \t")


def _shown(text: str) -> str:
    text = re.sub(f"(?:{THE['CTL']}|{THE['BL']}|\n)+", " ", text)
    text = text.translate(str.maketrans("[{<>}]", "((\u2039\u203a))"))
    text = re.sub("%+", "%", re.sub("@+", "@", re.sub(r"\*+", "*", text)))
    text = re.sub(f"({THE['HOT']}):", r"\1 ", text.replace("call_", "call "))
    text = re.sub(THE["COLON"], lambda found: found[0].removesuffix(":") + " ", text)
    text = re.sub(r"\ACOMMENT", "comment", re.sub(" +", " ", text).lstrip("*: "))
    text = text[:250].rstrip(": ")
    unsafe = any(re.search(THE[name], text) for name in ("CTL", "HOT", "EDGE", "INLINE"))
    return "(no subject)" if unsafe or not text else text


def _drawer_length(lines: list[str]) -> int:
    """How many lines a valid drawer has, with both its ends; 0 where it is none."""
    if not lines or not re.fullmatch(r"(?ia)[ \t]*:PROPERTIES:[ \t]*", lines[0]):
        return 0
    for number, line in enumerate(lines[1:], 2):
        if re.fullmatch(THE["CLOSING"], line, re.ASCII):
            return number
        if line.endswith("\r") or not re.fullmatch(THE["DRAWER_LINE"], line):
            return 0
    return 0


def _value(text: str) -> str:
    try:
        return str(json.loads(text)) if text.startswith('"') else text
    except ValueError:
        return text


def _after_drawers(lines: list[str]) -> list[str]:
    at = 0
    ends = [n for n, line in enumerate(lines) if re.fullmatch(THE["CLOSING"], line, re.ASCII)]
    for number, line in enumerate(lines):
        end = [*(end for end in ends if end > number), 0][0]
        if number >= at and re.fullmatch(THE["CLOCK"], line):
            at = number + 1
        elif number >= at and re.fullmatch(THE["OPENING"], line) and end:
            at = end + 1
        elif number >= at and line.strip(" \t"):
            break
    return lines[at:]


def _body(lines: list[str], encoding: str) -> str:
    written = [n for n, line in enumerate(lines) if not re.fullmatch(f"{THE['BL']}*", line)]
    if encoding in {"", "eol"}:
        text = "\n".join(lines[written[0] : written[-1] + 1]) if written else ""
        return text + "\n" * (encoding == "eol")
    if encoding not in {"fixed", "percent"}:
        return "\n".join(lines)
    text = "\n".join(re.sub(THE["FIXED_LINE"], r"\1", lines[n]) for n in written)
    code = re.compile(rb"%([0-9A-Fa-f]{2})" if encoding == "percent" else rb"(?!)")
    raw = text.encode("utf-8", "surrogateescape")
    try:
        plain = code.sub(lambda found: bytes([int(found[1], 16)]), raw)
        return plain.decode(
            "utf-8", "surrogatepass" if encoding == "percent" else "surrogateescape"
        )
    except UnicodeDecodeError:
        return text
