"""FILE arguments -> the names of sources: folders and patterns as the files that they stand for, in order.

Of a folder, all files in it and below whose suffix tells a format; hidden ones are left out. Of a pattern, what it
matches; `**` is any folders. What is there by its very name is no pattern.
"""

import os
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import NamedTuple

from dedupe.errors import InputError
from dedupe.formats import SUFFIXES, suffix_of
from dedupe.unpack import is_remote

MAGIC = "*?["


class Input(NamedTuple):
    """A source's name, and the folder that its argument stands for, or stands in."""

    name: str
    folder: str


def expand(argument: str) -> list[Input]:
    """The sources that an argument stands for; InputError where there are none."""
    if argument == "-":
        return [Input(argument, "")]
    if is_remote(argument):
        return _expand_remote(argument)
    if os.path.isdir(argument):
        names = [os.path.join(folder, name) for folder, name in _walk(argument)]
        if not names:
            raise InputError(f"{argument}: holds no file of a known suffix ({' '.join(SUFFIXES)}); name its files")
        return [Input(name, argument) for name in names]
    if not any(mark in argument for mark in MAGIC) or os.path.lexists(argument):
        return [Input(argument, os.path.dirname(argument))]
    from glob import glob

    found = [name for name in glob(argument, recursive=True) if not os.path.isdir(name)]
    return _found(argument, found, os.sep)


def _walk(top: str) -> Iterable[tuple[str, str]]:
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from ((folder, name) for name in sorted(names) if _is_known(name))


def _is_known(name: str) -> bool:
    return not name.startswith(".") and suffix_of(name) in SUFFIXES


def _found(pattern: str, names: Sequence[str], separator: str) -> list[Input]:
    if not names:
        raise InputError(f"{pattern}: no file is named so; check the pattern")
    return [Input(name, _fixed(pattern, separator)) for name in sorted(names)]


def _fixed(pattern: str, separator: str) -> str:
    """The folder that a pattern begins with."""
    end = min(pattern.find(mark) % (len(pattern) + 1) for mark in MAGIC)
    return pattern[:end].rpartition(separator)[0]


def _expand_remote(argument: str) -> list[Input]:
    is_folder = argument.endswith("/")
    is_pattern = any(mark in argument for mark in MAGIC) and not argument.startswith(("http:", "https:"))
    if not is_folder and not is_pattern:
        return [Input(argument, argument.rpartition("/")[0])]
    from dedupe.remote import list_files

    if is_pattern:
        folder = _fixed(argument, "/")
        return _found(argument, list_files(folder, argument[len(folder) + 1 :]), "/")
    names = list_files(argument)
    names = sorted(name for name in names if not any(x.startswith(".") for x in name[len(argument) :].split("/")))
    names = [name for name in names if _is_known(name.rpartition("/")[2])]
    if not names:
        raise InputError(f"{argument}: holds no file of a known suffix ({' '.join(SUFFIXES)}); name its files")
    return [Input(name, argument.rstrip("/")) for name in names]


def mirror(inputs: Sequence[Input], folder: str) -> dict[str, str]:
    """Where in `folder` what comes of each source belongs: as it lies below the folder that all have in common.

    ValueError for sources that have none, and for a folder in which sources lie.
    """
    if not inputs:
        return {}
    if any(source.name == "-" for source in inputs):
        raise ValueError("--output-dir mirrors files; stdin is none")
    remote = {is_remote(source.name) for source in inputs}
    if len(remote) > 1:
        raise ValueError("--output-dir mirrors files of one place; some are remote, some are not")
    if remote == {True}:
        names = {source.name: source.name for source in inputs}
        steps = zip(*(source.folder.split("/") for source in inputs), strict=False)
        root = "/".join(x[0] for x in takewhile(lambda step: len(set(step)) == 1, steps))
        if root.count("/") < 2:
            raise ValueError("--output-dir mirrors files of one place; these have none in common")
    else:
        names = {source.name: os.path.abspath(source.name) for source in inputs}
        root = os.path.commonpath([os.path.abspath(source.folder) for source in inputs])
    places = {}
    for name, path in names.items():
        below = path[len(root.rstrip("/")) + 1 :]
        places[name] = f"{folder.rstrip('/')}/{below}" if is_remote(folder) else os.path.join(folder, below)
    sources = {os.path.realpath(name) for name in names}
    for place in places.values():
        if os.path.realpath(place) in sources:
            raise ValueError(f"--output-dir {folder}: would write over {place}, which is read; name another folder")
    inside = os.path.realpath(folder) + os.sep
    if not is_remote(folder) and any(source.startswith(inside) for source in sources):
        raise ValueError(f"--output-dir {folder}: files are read from there; name another folder")
    return places
