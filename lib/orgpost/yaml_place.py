"""Changes of a YAML file by place: every byte that is not meant stays, comments included.

Each change is proved before it is given back: the new text is read again, and it must say what the
old one said, with that one change. What cannot be proved is refused, and a person must edit it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from orgpost.errors import Failed, spoken_path
from orgpost.yaml_text import Mark, Parsed, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orgpost.errors import KeyPath

_PLAIN_TEXT: Final = r"[A-Za-z/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*"
_NO_TEXT: Final = r"(?i:y|n|yes|no|on|off|true|false|null)"
_COMMENT: Final = r"#[^\n\r]*"
_STEP: Final = 2
_EMPTY: Final[tuple[object, ...]] = (None, [], {})


def set_value(page: Parsed, path: KeyPath, value: object) -> bytes:
    """Give the map's key at the end of `path` this value; maps on the way are made."""
    return _proved(page, path, _place(page, path, value), _put(page.data, path, value))


def add_item(page: Parsed, path: KeyPath, fields: Mapping[str, object]) -> bytes:
    """Append a map to the list at `path`; a list in flow style becomes one in block style."""
    item = dict(fields)
    mark, items = page.marks.get(path), _get(page.data, path)
    if mark is None or not items:
        text = _place(page, path, [item])
    elif page.marks[()].flow:
        end = page.marks[*path, len(items) - 1].end
        text = f"{page.text[:end]}, {flow(item)}{page.text[end:]}"
    elif mark.flow:
        text = _turn_into_block(page, path, [*_sources(page, path), *_lines([item], 0)])
    else:
        text = _put_lines(page.text, mark.end, _lines([item], mark.column))
    return _proved(page, path, text, _put(page.data, path, [*(items or []), item]))


def remove_item(page: Parsed, path: KeyPath, number: int) -> bytes:
    """Take one item out of the list at `path`."""
    items = _get(page.data, path)
    rest = items[:number] + items[number + 1 :]
    if page.marks[path].flow:
        text = _cut_from_flow(page, path, number, len(items))
    else:
        text, rest = _cut_lines(page, path, number), rest or None
    return _proved(page, path, text, _put(page.data, path, rest))


def flow(value: object) -> str:
    """Write plain data in one line."""
    if isinstance(value, str):
        return _scalar(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {flow(held)}" for key, held in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    # YAML takes 1e+16 for text, 1.0e+16 for a number.
    return re.sub(r"^(-?[0-9]+)e", r"\1.0e", str(value))


def _scalar(text: str) -> str:
    if re.fullmatch(_PLAIN_TEXT, text) and not re.fullmatch(_NO_TEXT, text):
        return text
    import json

    # JSON's quotes are YAML's, but for some characters that YAML wants escaped.
    quoted = json.dumps(text, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", _escape, quoted)


def _escape(hit: re.Match[str]) -> str:
    return f"\\u{ord(hit[0]):04x}"


# --- where the bytes go -------------------------------------------------------------------------


def _place(page: Parsed, path: KeyPath, value: object) -> str:
    depth = len(path) - 1
    while depth and not (_get(page.data, path[:depth]) and _is_map(page, path[:depth])):
        depth -= 1
    base, key = path[:depth], path[depth]
    for step in reversed(path[depth + 1 :]):
        value = {step: value}
    around, there = page.marks.get(base), page.marks.get((*base, key))
    if there is not None:
        return _replace(page, (*base, key), there, value)
    if around is None or not _is_map(page, base):
        return _put_lines(page.text, len(page.text), _lines({key: value}, 0))
    if around.flow:
        return _put_in_braces(page, base, around, flow({key: value})[1:-1])
    return _put_lines(page.text, around.end, _lines({key: value}, around.column))


def _replace(page: Parsed, place: KeyPath, mark: Mark, value: object) -> str:
    text, old, around = page.text, _get(page.data, place), page.marks[place[:-1]]
    colon = text.index(":", mark.key_end) + 1
    if old in _EMPTY and _is_tall(value) and not around.flow:
        rest = text[:colon] + text[max(colon, mark.end) :]
        return _put_lines(rest, colon, _lines(value, around.column + _STEP))
    if mark.end <= colon:
        return f"{text[:colon]} {flow(value)}{text[colon:]}"
    if isinstance(old, dict | list) and not mark.flow:
        first, last = _line_start(text, mark.start), _line_end(text, mark.end)
        return f"{text[:colon]} {flow(value)}{text[colon:first]}{text[last:]}"
    return f"{text[: mark.start]}{flow(value)}{text[mark.end :]}"


def _put_in_braces(page: Parsed, base: KeyPath, around: Mark, entry: str) -> str:
    ends = [page.marks[*base, key].end for key in _get(page.data, base)]
    at, comma = (max(ends), ", ") if ends else (around.start + 1, "")
    return f"{page.text[:at]}{comma}{entry}{page.text[at:]}"


def _turn_into_block(page: Parsed, path: KeyPath, lines: list[str]) -> str:
    mark, text = page.marks[path], page.text
    colon = text.index(":", mark.key_end) + 1
    pad = " " * (page.marks[path[:-1]].column + _STEP)
    return _put_lines(text[:colon] + text[mark.end :], colon, [pad + line for line in lines])


def _sources(page: Parsed, path: KeyPath) -> list[str]:
    """Give each item of a list in flow style as it is written, and the comments between them."""
    marks = [page.marks[*path, number] for number in range(len(_get(page.data, path)))]
    gaps = [page.marks[path].start + 1, *(mark.end for mark in marks)]
    lines = re.findall(_COMMENT, page.text[gaps[0] : marks[0].start])
    for mark, after in zip(
        marks, [*(mark.start for mark in marks[1:]), page.marks[path].end], strict=True
    ):
        source = re.split(r"\r?\n", page.text[mark.start : mark.end])
        beside, *below = page.text[mark.end : after].split("\n")
        comment = "".join(f"  {found}" for found in re.findall(_COMMENT, beside))
        lines += [f"- {source[0]}", *(f"    {line.strip()}" for line in source[1:])]
        lines[-1] += comment
        lines += re.findall(_COMMENT, "\n".join(below))
    return lines


def _cut_lines(page: Parsed, path: KeyPath, number: int) -> str:
    mark, column, text = page.marks[*path, number], page.marks[path].column, page.text
    start = _line_start(text, mark.start)
    while text[start + column : start + column + 1] != "-":  # the dash has a line of its own
        start = _line_start(text, start - 1)
    return text[:start] + text[_line_end(text, mark.end) :]


def _cut_from_flow(page: Parsed, path: KeyPath, number: int, count: int) -> str:
    mark, text = page.marks[*path, number], page.text
    if number + 1 < count or number == 0:
        last = number + 1 == count
        after = page.marks[path].end - 1 if last else page.marks[*path, number + 1].start
        return text[: mark.start] + _without_comma(text[mark.end : after]) + text[after:]
    before = page.marks[*path, number - 1].end
    return text[:before] + _without_comma(text[before : mark.start]) + text[mark.end :]


def _without_comma(gap: str) -> str:
    return re.sub(rf"((?:[^#,]|{_COMMENT})*),[ \t]*", r"\1", gap, count=1)


def _lines(value: Any, column: int) -> list[str]:
    """Write a map, or a list of maps, in block style."""
    pad, lines = " " * column, list[str]()
    if isinstance(value, dict):
        for key, held in value.items():
            tall = _is_tall(held)
            lines.append(f"{pad}{_scalar(key)}:" + ("" if tall else f" {flow(held)}"))
            lines += _lines(held, column + _STEP) if tall else []
    else:
        for item in value:
            first, *more = _lines(item, column + _STEP)
            lines += [f"{pad}- {first.lstrip()}", *more]
    return lines


def _put_lines(text: str, at: int, lines: list[str]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    end = _line_end(text, at)
    before = text[:end] if text[:end].endswith("\n") or not end else text[:end] + newline
    return before + "".join(line + newline for line in lines) + text[end:]


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    return text.find("\n", at) + 1 or len(text)


# --- what the file is to say --------------------------------------------------------------------


def _proved(page: Parsed, path: KeyPath, text: str, wanted: object) -> bytes:
    data = page.encode(text)
    again = read_yaml(data, page.file)
    if again.data != wanted or len(again.problems) > len(page.problems):
        raise Failed(
            f"{page.file}: {spoken_path(path)} cannot be changed by place",
            hint=f"edit line {page.line(path) or 1} of {page.file} by hand",
        )
    return data


def _put(data: object, path: KeyPath, value: object) -> object:
    # Not at the top: who only reads contacts should not pay for it.
    import copy

    top = {"": copy.deepcopy(data)}
    held: Any = top
    for step in ("", *path[:-1]):
        held = _entered(held, step)
    held[path[-1]] = value
    return top[""]


def _entered(held: Any, step: str | int) -> Any:
    if isinstance(held, dict) and not isinstance(held.get(step), dict | list):
        held[step] = {}
    return held[step]


def _get(data: Any, path: KeyPath) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _is_map(page: Parsed, path: KeyPath) -> bool:
    return isinstance(_get(page.data, path), dict)


def _is_tall(value: object) -> bool:
    return bool(value) and (
        isinstance(value, dict)
        or (isinstance(value, list) and all(isinstance(item, dict) and item for item in value))
    )
