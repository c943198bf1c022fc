"""A project's settings: `[tool.dedupe]` in pyproject.toml, or .dedupe.toml -> options of the command line.

So that the command and the hook agree, both read them: from the working directory, or the nearest folder above it
that has some, up to the repository's root; outside of a repository, from the working directory alone. What may be
set decides what is cleaned and compared, under the names of the command line; what is written where cannot be.
The command line wins. Where there is no such file, this costs three look-ups a folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from dedupe.errors import InputError, cannot_be_read
from dedupe.options import CleanOptions, DropOptions, LearnOptions, ReadOptions, RepairOptions, read_size
from dedupe.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

OWN, SHARED = ".dedupe.toml", "pyproject.toml"
TABLE = rb"""(?m)tool["'\s]*\.["'\s]*dedupe\b|^\s*\[\s*tool\s*\]|^\s*tool\s*="""
KEYS: dict[str, Callable[[Any], object]] = {  # and who knows whether a value is right
    "format": lambda value: ReadOptions(format=value),
    "field": lambda value: ReadOptions(field=value),
    "id-field": lambda value: ReadOptions(id_field=value),
    "delimiter": lambda value: ReadOptions(delimiter=value),
    "strict": lambda value: ReadOptions(strict=value),
    "split": lambda value: CleanOptions(split=value),
    "repair": lambda value: RepairOptions(enabled=value),
    "unescape-html": lambda value: RepairOptions(unescape_html=value),
    "captions": lambda value: CleanOptions(captions=value),
    "rules": lambda value: CleanOptions(rules=value),
    "no-rule": lambda value: CleanOptions(no_rule=value),
    "by": lambda value: CleanOptions(by=value),
    "source": lambda value: CleanOptions(source=value),
    "date-field": lambda value: LearnOptions(date_field=value),
    "min-documents": lambda value: LearnOptions(min_documents=value),
    "min-share": lambda value: LearnOptions(min_share=value),
    "page": lambda value: CleanOptions(page=value),
    "headline": lambda value: CleanOptions(page=True, headline=value),
    "threshold": lambda value: DropOptions(threshold=value),
    "recall": lambda value: DropOptions(recall=value),
    "keep": lambda value: DropOptions(keep=value),
    "memory": lambda value: read_size(str(value)),
    "threads": lambda value: DropOptions(threads=value),
}


class Settings(NamedTuple):
    """Values by the names that options have in Python (`no_rule`), and the file that they are from."""

    path: str
    values: dict[str, Any]


def find_settings() -> Settings | None:
    """The settings that hold in the working directory; None where there are none.

    Raises as read_settings does, and InputError where one folder has two files of them.
    """
    for folder in _folders():
        own, shared = (os.path.join(folder, name) for name in (OWN, SHARED))
        found = [Settings(own, read_settings(own))] if os.path.isfile(own) else []
        if os.path.isfile(shared) and (table := _read(shared)) is not None:
            found.append(Settings(shared, _check(shared, table)))
        if len(found) > 1:
            raise InputError(f"{own}: {shared} has [tool.dedupe] too; keep one of the two")
        if found:
            return found[0]
    return None


def read_settings(path: str) -> dict[str, Any]:
    """The settings in one file: of a pyproject.toml its table [tool.dedupe], of any other all it has.

    InputError names file and key where it cannot be read, is no TOML, or sets what there is not.
    """
    return _check(path, _read(path) or {})


def _folders() -> Iterator[str]:
    """The folders to look into, from the working directory upwards, by their names as seen from there."""
    yield ""
    here = os.getcwd()
    for depth in range(here.count(os.sep) + 1):
        if os.path.lexists(os.path.join(*[os.pardir] * depth, ".git")):
            yield from (os.path.join(*[os.pardir] * k) for k in range(1, depth + 1))
            return


def _read(path: str) -> dict[str, Any] | None:
    """What a file sets; None for a pyproject.toml that says nothing of dedupe."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise InputError(f"{path}: {cannot_be_read(error)}") from None
    is_shared = os.path.basename(path) == SHARED
    if is_shared and not _has_table(data):
        return None
    import tomllib

    try:
        values = tomllib.loads(data.decode())
    except ValueError as error:
        raise InputError(f"{path}: is not TOML: {error}; mend it, or use --no-config") from None
    if not is_shared:
        return values
    tools = values.get("tool")
    table = tools.get("dedupe") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise InputError(f"{path}: tool.dedupe is no table; write [tool.dedupe]")
    return table


def _has_table(data: bytes) -> bool:
    """Whether a pyproject.toml may have a table for dedupe: reading TOML takes longer than to clean a small file."""
    if b"dedupe" not in data:
        return False
    import re

    return re.search(TABLE, data) is not None


def _check(path: str, table: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in KEYS:
            raise InputError(f"{path}: {key}: cannot be set; {_hint(key)}")
        try:
            KEYS[key](value)
        except (TypeError, ValueError) as error:
            raise InputError(f"{path}: {key}: {error}") from None
        name = key.replace("-", "_")
        if key == "rules":  # are named from where the file stands
            value = [os.path.join(os.path.dirname(path), rules) for rules in value]
        values[name] = str(value) if key == "memory" else value
    return values


def _hint(key: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key.replace("_", "-"), KEYS, 1)
    return f"did you mean {close[0]}?" if close else "what can be is " + ", ".join(KEYS)
