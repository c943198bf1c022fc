"""The short way to read a command line, beside click's: what it reads, click reads the same."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from texts import PLAIN

from dedupe.arguments import COMPLETION, read_arguments
from dedupe.cli import COMMANDS
from dedupe.usage import dedupe

OPTIONS = {name: [o for o in command.options if o.key != "config"] for name, command in COMMANDS.items()}
ORDINARY = {
    "text": st.sampled_from(["a", "title", "a=b", "-", "--", "--field", "é", "", " ", "first", "newest:date"]),
    "path": st.sampled_from(["a.jsonl", "-", "--audit", "b c", "", "/dev/null"]),
    "int": st.sampled_from(["3", "-1", " 7 ", "1_000", "x", "2.5", ""]),
    "float": st.sampled_from(["0.5", "1e-3", "nan", "-1", "1_0", "x", ""]),
}
STRAY = "-- - a b.jsonl -h --help -ofile -o -o=a -x --nothing --no- --fie -= --=x --- --in-place="


def read_by_click(name: str, argv: list[str]) -> dict[str, Any] | None:
    has_settings = any(option.key == "no_config" for option in COMMANDS[name].options)
    try:
        with dedupe.commands[name].make_context(name, ["--no-config"] * has_settings + argv) as context:
            return dict(context.params)
    except (click.ClickException, click.exceptions.Exit):
        return None


@st.composite
def command_lines(draw: st.DrawFn) -> tuple[str, list[str]]:
    name = draw(st.sampled_from(sorted(COMMANDS)))
    argv: list[str] = []
    for _ in range(draw(st.integers(0, 6))):
        if not OPTIONS[name] or draw(st.booleans()):
            argv.append(draw(st.sampled_from(["", " ", *STRAY.split()])))
            continue
        option = draw(st.sampled_from(OPTIONS[name]))
        word = draw(st.sampled_from([x for x in (option.name, option.short, option.twin) if x]))
        if option.kind == "switch":
            argv.append(word + draw(st.sampled_from(["", "", "", "=1"])))
            continue
        value = draw(st.sampled_from([*option.kind, "x"]) if isinstance(option.kind, tuple) else ORDINARY[option.kind])
        argv += draw(st.sampled_from([[word, value], [f"{word}={value}"], [word]]))
    return name, argv


@settings(max_examples=1000)
@given(command_lines())
@example(("restore", []))
@example(("drop", ["--threshold", "-1", "a"]))
@example(("clean", ["--rules", "a", "--rules=b", "--", "--check", "-"]))
def test_what_is_read_click_reads_the_same(line: tuple[str, list[str]]) -> None:
    name, argv = line
    values = read_arguments(argv, COMMANDS[name])
    if values is not None:
        wanted = read_by_click(name, argv)
        assert wanted is not None
        assert str(values) == str({key: wanted[key] for key in values})  # as text, for nan is not itself


@pytest.mark.parametrize("name", COMMANDS)
def test_defaults(name: str) -> None:
    assert read_arguments(["a"], COMMANDS[name]) == read_by_click(name, ["a"])


@pytest.mark.parametrize(
    "argv",
    [
        ["-o", "b", "a"],
        ["a", "--output=b", "--no-strict", "--threads", "2"],
        ["--threshold", "0.9", "--keep", "newest:date", "--removed", "gone.jsonl", "a", "b", "-o", "c"],
        ["--in-place", "--audit", "undo", "--stats", "--log-format", "json", "--", "-a"],
        ["--format", "csv", "--delimiter", ";", "-"],
    ],
)
def test_ordinary_command_lines_are_read(argv: list[str]) -> None:
    values = read_arguments(argv, COMMANDS["drop"])
    assert values
    assert values == read_by_click("drop", argv)


@pytest.mark.parametrize("argv", [["-h"], ["--help"], ["--config", "a"], ["--no-config"], ["--fields", "a"], ["-ob"]])
def test_what_is_left_to_click(argv: list[str]) -> None:
    assert read_arguments(argv, COMMANDS["drop"]) is None


def test_completion_is_left_to_click(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COMPLETION, "bash_complete")
    assert read_arguments(["a"], COMMANDS["drop"]) is None


@pytest.mark.parametrize("name", ["clean", "drop", "run"])
def test_an_ordinary_run_does_without_click(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(PLAIN)
    code = "import sys; from dedupe.cli import main; main(sys.argv[1:]); print('click' in sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, name, path], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert (done.stdout, done.stderr.splitlines()[-1]) == (PLAIN, "False")
