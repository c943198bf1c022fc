"""The README's commands run as written, and every option, exit code, hook and page stands in it."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from command import run

from dedupe.pages import TOPICS
from dedupe.usage import dedupe

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the README's commands read, and the command on the path."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "sample.txt").write_bytes((ROOT / "tests" / "sample.txt").read_bytes())
    command = tmp_path / "dedupe"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dedupe "$@"\n')
    command.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("block", [x for x in SHELL if ".venv" not in x])
def test_commands(folder: Path, block: str) -> None:
    script = f'set -e; PATH="{folder}:$PATH"\n{block}'
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if "back.txt" in block:
        assert (folder / "back.txt").read_bytes() == (folder / "tests" / "sample.txt").read_bytes()
        assert "TT" not in (folder / "clean.txt").read_text()


@pytest.mark.parametrize("block", PYTHON)
def test_python(folder: Path, block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in re.findall(r"^(?:import|from) (\w+)", block, re.MULTILINE):
        pytest.importorskip(module, reason=f"{module} is not there: pip install -e '.[pipelines]'")
    monkeypatch.chdir(folder)
    exec(compile(block, "README.md", "exec"), {})


def test_every_option_hook_and_page_is_in_the_readme() -> None:
    for command in dedupe.commands.values():
        for parameter in command.params:
            for name in parameter.opts if isinstance(parameter, click.Option) else ():
                assert f"`{name}" in README, f"{command.name} {name}"
    for id in re.findall(r"^- id: (.*)$", (ROOT / ".pre-commit-hooks.yaml").read_text(), re.MULTILINE):
        assert f"`{id}`" in README
    for topic in TOPICS:
        assert f"`dedupe help {topic}`" in README
    assert len(re.findall(r"[^\W\d_]\S+", README)) < 1500, "five minutes"


def test_every_command_has_help_with_examples() -> None:
    for name, command in dedupe.commands.items():
        assert f"dedupe {name} " in (command.help or "")
        assert all(parameter.help for parameter in command.params if isinstance(parameter, click.Option))
        assert run(name, "--help").code == 0
