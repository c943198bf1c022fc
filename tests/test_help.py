"""`dedupe help`: its pages ship with the package, their commands run as written; completion in each shell."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from command import run
from test_hook import HOOKS
from texts import BODY, CAPTURE, PLAIN, jsonl

from dedupe.clean.rules import Rule, read_rules
from dedupe.pages import FOLDER, TOPICS, read_page
from dedupe.settings import KEYS, read_settings
from dedupe.usage import dedupe

PAGES = {topic: read_page(topic) for topic in TOPICS}


def blocks(language: str) -> list[tuple[str, str]]:
    """A page's topic and what stands in each of its fences of a language."""
    found = ((topic, re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)) for topic, page in PAGES.items())
    return [(topic, block) for topic, inside in found for block in inside]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the pages' commands read, and the command on the path."""
    (tmp_path / "scraped.txt").write_text(CAPTURE)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "sample.txt").write_text(CAPTURE)
    texts = [PLAIN, PLAIN + "Later.\n", BODY, CAPTURE, PLAIN]
    (tmp_path / "articles.jsonl").write_bytes(jsonl(*texts, date="2026-01-02", site="agency"))
    command = tmp_path / "dedupe"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dedupe "$@"\n')
    command.chmod(0o755)
    return tmp_path


def test_every_page_is_listed_and_printed() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(TOPICS)
    listed = run("help").out.decode()
    for topic, page in PAGES.items():
        assert page.startswith("# ")
        assert re.search(rf"^  {topic} +{re.escape(page.splitlines()[0][2:])}$", listed, re.MULTILINE)
        assert run("help", topic) == (0, page.encode(), "")


def test_a_topic_that_there_is_not() -> None:
    done = run("help", "cleanin")
    assert (done.code, done.out) == (2, b"")
    assert "use one of cleaning, formats" in done.err
    assert "use dedupe clean --help" in run("help", "clean").err


def test_pages_are_in_the_package() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    assert "help/*.md" in project["tool"]["setuptools"]["package-data"]["dedupe"]


@pytest.mark.parametrize(("topic", "block"), [x for x in blocks("sh") if "pre-commit" not in x[1]])
def test_commands(folder: Path, topic: str, block: str) -> None:
    if "time " in block:
        block = re.sub(r"^time ", "", block, flags=re.MULTILINE)  # not every sh has it
    script = f'set -e; PATH="{folder}:$PATH"\n{block}'
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr


@pytest.mark.parametrize(("topic", "block"), blocks("python"))
def test_python(folder: Path, topic: str, block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in re.findall(r"^(?:import|from) (\w+)", block, re.MULTILINE):
        pytest.importorskip(module, reason=f"{module} is not there: pip install -e '.[pipelines]'")
    monkeypatch.chdir(folder)
    exec(compile(block, f"{topic}.md", "exec"), {})


def test_rules_and_settings_are_what_they_say(tmp_path: Path) -> None:
    for topic, block in blocks("toml"):
        path = tmp_path / ("pyproject.toml" if "[tool.dedupe]" in block else "mine.toml")
        path.write_text(block)
        if topic == "cleaning":
            assert [rule.id for rule in read_rules(path)] == ["mine.desk"]
        else:
            assert read_settings(str(path))["no_rule"] == ["en.share"]


def test_rule_fields_settings_and_hooks_are_all_there() -> None:
    for field in Rule.__dataclass_fields__:
        assert re.search(rf"\b{field}\b", PAGES["cleaning"]), field
    for key in KEYS:
        assert re.search(rf"[`\s]{key}[`\s]", PAGES["hook"]), key
    for id in HOOKS:
        assert f"`{id}`" in PAGES["hook"]


def test_commands_of_pages_are_of_languages_that_tests_run() -> None:
    languages = {language for page in PAGES.values() for language in re.findall(r"^```(\w+)$", page, re.MULTILINE)}
    assert languages <= {"sh", "python", "toml", "json", "yaml", "bash", "zsh", "fish"}


@pytest.mark.parametrize("name", dedupe.commands)
def test_every_command_shows_examples(name: str) -> None:
    done = run(name, "--help")
    assert done.code == 0
    examples = re.findall(r"^ +(.*\bdedupe .+)$", done.out.decode(), re.MULTILINE)
    assert any(f"dedupe {name}" in example for example in examples)


WORDS = [
    ("dedupe ", {"clean", "drop", "corpus", "restore", "help"}),
    ("dedupe cl", {"clean"}),
    ("dedupe clean --cap", {"--captions"}),
    ("dedupe clean --captions ", {"keep", "drop"}),
    ("dedupe --thres", {"--threshold"}),
    ("dedupe help du", {"duplicates"}),
]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, folder: Path) -> None:
    source = run("--help", _DEDUPE_COMPLETE=f"{shell}_source")
    assert source.code == 0
    assert b"_DEDUPE_COMPLETE=" in source.out
    for words, wanted in WORDS:
        last = words.rpartition(" ")[2]
        told = {"COMP_WORDS": words, "COMP_CWORD": last if shell == "fish" else str(words.count(" "))}
        out = run(_DEDUPE_COMPLETE=f"{shell}_complete", **told).out.decode()
        assert wanted <= set(re.split(r"[,\n\t]", out)), (words, out)
    told = {"COMP_WORDS": "dedupe ./scr", "COMP_CWORD": "./scr" if shell == "fish" else "1"}
    assert "file" in run(cwd=folder, _DEDUPE_COMPLETE=f"{shell}_complete", **told).out.decode()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_takes_the_line_on_its_page(shell: str, folder: Path) -> None:
    path = shutil.which(shell)
    if not path:
        pytest.skip(f"{shell} is not there")
    (_, line), *_ = blocks(shell)
    (folder / ".config" / "fish" / "completions").mkdir(parents=True)
    compinit = "autoload -Uz compinit; compinit -u; " if shell == "zsh" else ""
    env = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run([path, "-c", compinit + line], cwd=folder, env=env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_completion_reads_no_settings(folder: Path) -> None:
    (folder / ".dedupe.toml").write_text("threshold = 7")
    told = {"COMP_WORDS": "dedupe clean --cap", "COMP_CWORD": "2"}
    assert run(cwd=folder, _DEDUPE_COMPLETE="bash_complete", **told).out == b"plain,--captions\n"


def test_the_pages_pre_commit_lines_stand() -> None:
    """tests/test_hook.py runs them, where pre-commit is there."""
    assert [block for _, block in blocks("sh") if "pre-commit" in block] == [
        'pre-commit install\npre-commit run --all-files || echo "look at what it did, and stage it"\n'
    ]
    assert len(blocks("yaml")) == 1
    assert find_spec("dedupe.pages")


def test_numbers_are_those_of_the_records() -> None:
    tables = subprocess.run(
        [sys.executable, Path(__file__).parents[1] / "benchmarks" / "record.py"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    measured = [line for line in readme.splitlines() if re.match(r"\| .* \| [\d.]+ \| [\d,]+ \| \d+ \|$", line)]
    assert len(measured) == 5
    assert set(measured) <= set(tables)
    assert set(tables) <= set(PAGES["speed"].splitlines())
