"""Settings of a project: which file they are from, what may be set, and that nothing depends on them unseen."""

import json
from pathlib import Path

import pytest
from command import run
from texts import BODY, CAPTURE, CLEAN, PLAIN

from dedupe.errors import InputError
from dedupe.options import CleanOptions, DropOptions, LearnOptions, ReadOptions, RepairOptions
from dedupe.settings import KEYS, find_settings, read_settings
from dedupe.usage import dedupe

ALL = """
format = "text"
field = "body"
id-field = "url"
delimiter = ";"
strict = true
split = "never"
repair = false
unescape-html = true
captions = "drop"
rules = ["mine.toml"]
no-rule = ["en.share", "widgets"]
page = true
headline = false
by = "site"
source = "daily"
date-field = "seen"
min-documents = 5
min-share = 0.1
threshold = 0.9
recall = 0.99
keep = "longest"
memory = "2G"
threads = 1
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository's root, and the working directory two folders below it."""
    (tmp_path / "root" / ".git").mkdir(parents=True)
    below = tmp_path / "root" / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    return tmp_path / "root"


def stats(*arguments: str, stdin: bytes = b"x\n") -> dict[str, object]:
    done = run("run", "--stats", *arguments, stdin=stdin)
    assert done.code == 0
    return json.loads(done.err.splitlines()[-1])


def test_every_setting_arrives_and_is_told_of(repository: Path) -> None:
    (repository / ".dedupe.toml").write_text(ALL)
    (repository / "mine.toml").write_text("")
    told = stats()
    assert told["config"] == "../../.dedupe.toml"
    options = told["options"]
    assert (options.pop("annotate"), options.pop("removed")) == (False, None)
    repair = options.pop("repair")
    assert repair == {"enabled": False, "unescape_html": True}
    assert options == {
        "format": "text", "field": "body", "id_field": "url", "strict": True, "delimiter": ";",
        "split": "never", "captions": "drop",
        "rules": ["../../mine.toml"], "no_rule": ["en.share", "widgets"],
        "page": True, "headline": False, "by": "site", "source": "daily", "threshold": 0.9, "recall": 0.99,
        "keep": "longest", "memory": 2 << 30, "threads": 1,
    }  # fmt: skip


def test_the_command_line_wins(repository: Path) -> None:
    (repository / "pyproject.toml").write_text('[tool.dedupe]\nrepair = false\nno-rule = ["en"]\nthreshold = 0.9\n')
    told = stats("--repair", "--no-rule", "widgets", "--threshold", "0.7")["options"]
    assert (told["repair"]["enabled"], told["no_rule"], told["threshold"]) == (True, ["widgets"], 0.7)
    assert stats("--no-config")["config"] is None
    assert stats("--no-config")["options"]["threshold"] == 0.8
    Path("other.toml").write_text("threshold = 0.6\n")
    assert stats("--config", "other.toml")["options"]["threshold"] == 0.6
    assert stats("--config", "../../pyproject.toml")["options"]["threshold"] == 0.9
    for both in (("--config", "other.toml", "--no-config"), ("--no-config", "--config", "other.toml")):
        done = run("clean", *both, stdin=b"x")
        assert done.code == 2
        assert "choose" in done.err


def test_settings_do_what_the_options_do(repository: Path) -> None:
    (repository / ".dedupe.toml").write_text('no-rule = ["repeat", "widgets"]\nthreshold = 0.99\n')
    assert run("clean", stdin=CAPTURE.encode()).out.decode() == CAPTURE
    assert run("clean", "--no-config", stdin=CAPTURE.encode()).out.decode() == CLEAN
    Path("a.txt").write_text(PLAIN)
    Path("b.txt").write_text(PLAIN + "Much later.\n")
    assert run("corpus", "a.txt", "b.txt") == (0, b"", "")
    assert run("corpus", "--no-config", "a.txt", "b.txt").out == b"b.txt:1: is 0.95 like a.txt:1\n"


def test_the_audit_tells_of_them(repository: Path) -> None:
    (repository / ".dedupe.toml").write_text('captions = "drop"\n')
    assert run("clean", "--audit", "audit.jsonl", stdin=BODY.encode()).code == 0
    head = json.loads(Path("audit.jsonl").read_text().splitlines()[0])
    assert (head["config"], head["options"]["captions"]) == ("../../.dedupe.toml", "drop")
    assert head["options"]["field"] == "text"
    Path(".dedupe.toml").write_text("min-share = 0.5\n")
    assert run("clean", "--learn", "--audit", "learned.jsonl", stdin=BODY.encode()).code == 0
    head = json.loads(Path("learned.jsonl").read_text().splitlines()[0])
    assert (head["config"], head["options"]["learn"]["min_share"]) == (".dedupe.toml", 0.5)


def test_the_nearest_file_counts_and_none_above_the_repository(repository: Path) -> None:
    assert find_settings() is None
    (repository.parent / ".dedupe.toml").write_text("threshold = 0.5\n")
    (repository / "a" / "pyproject.toml").write_text("[tool.black]\n# [tool.dedupe]\n[tool.dedupes]\n")
    assert find_settings() is None
    (repository / "pyproject.toml").write_text("[tool.dedupe]\nthreshold = 0.6\n")
    assert find_settings() == ("../../pyproject.toml", {"threshold": 0.6})
    (repository / "a" / ".dedupe.toml").write_text("")
    assert find_settings() == ("../.dedupe.toml", {})
    Path(".dedupe.toml").write_text("threshold = 0.7\n")
    assert find_settings() == (".dedupe.toml", {"threshold": 0.7})


def test_outside_of_a_repository_the_working_directory_alone_counts(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.parent)
    (repository.parent / ".dedupe.toml").write_text("threshold = 0.5\n")
    assert find_settings() == (".dedupe.toml", {"threshold": 0.5})
    (repository.parent / "c").mkdir()
    monkeypatch.chdir(repository.parent / "c")
    assert find_settings() is None


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (".dedupe.toml", "thresh = 0.9", ".dedupe.toml: thresh: cannot be set; did you mean threshold?"),
        (".dedupe.toml", "no_rule = []", ".dedupe.toml: no_rule: cannot be set; did you mean no-rule?"),
        (".dedupe.toml", "output = 'x'", ".dedupe.toml: output: cannot be set; what can be is format, field,"),
        (".dedupe.toml", "removed = 'x'", ".dedupe.toml: removed: cannot be set"),
        (".dedupe.toml", "[tool.dedupe]\nsplit = 'never'", ".dedupe.toml: tool: cannot be set"),
        (".dedupe.toml", "threshold = 7", ".dedupe.toml: threshold: threshold 7: use a number above 0"),
        (".dedupe.toml", "threshold = '0.9'", ".dedupe.toml: threshold: threshold must be a number"),
        (".dedupe.toml", "repair = 'no'", ".dedupe.toml: repair: enabled must be True or False"),
        (".dedupe.toml", "no-rule = 'en'", ".dedupe.toml: no-rule: no_rule must be a tuple of str"),
        (".dedupe.toml", "rules = [1]", ".dedupe.toml: rules: rules must be a tuple of str"),
        (".dedupe.toml", "split = '('", ".dedupe.toml: split: split '('"),
        (".dedupe.toml", "memory = 'lots'", ".dedupe.toml: memory: memory 'lots': use a size"),
        (".dedupe.toml", "min-share = 2", ".dedupe.toml: min-share: min_share 2: use a number"),
        (".dedupe.toml", "min-documents = 'x'", ".dedupe.toml: min-documents: min_documents must be an int"),
        (".dedupe.toml", "keep = 'best'", ".dedupe.toml: keep: "),
        (".dedupe.toml", "threshold =", ".dedupe.toml: is not TOML: "),
        (".dedupe.toml", b"\xff", ".dedupe.toml: is not TOML: "),
        ("pyproject.toml", "[tool.dedupe]\nthresh = 1", "pyproject.toml: thresh: cannot be set"),
        ("pyproject.toml", "[tool]\ndedupe = 1", "pyproject.toml: tool.dedupe is no table"),
        ("pyproject.toml", "tool = {dedupe = {x = 1}}", "pyproject.toml: x: cannot be set"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(repository: Path, name: str, text: str | bytes, message: str) -> None:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as error:
        find_settings()
    assert str(error.value).startswith(message)


def test_the_command_ends_with_2_on_wrong_settings_and_shows_help_all_the_same(repository: Path) -> None:
    Path(".dedupe.toml").write_text("threshold = 7")
    assert run("clean", stdin=b"x") == (2, b"", "dedupe: " + _message() + "\n")
    assert run("clean", "--help").code == run("--version").code == 0
    done = run("clean", "--config", "nowhere.toml", stdin=b"x")
    assert (done.code, done.err) == (2, "dedupe: nowhere.toml: cannot be read: No such file or directory; "
                                        "check the name and its rights\n")  # fmt: skip


def _message() -> str:
    with pytest.raises(InputError) as error:
        find_settings()
    return str(error.value)


def test_two_files_in_one_folder(repository: Path) -> None:
    Path(".dedupe.toml").write_text("")
    Path("pyproject.toml").write_text("[tool.dedupe]\n")
    with pytest.raises(InputError, match="keep one of the two"):
        find_settings()


def test_every_option_that_decides_on_texts_can_be_set() -> None:
    """A new option has to be one thing or the other."""
    fields = {
        name
        for kind in (ReadOptions, CleanOptions, RepairOptions, LearnOptions, DropOptions)
        for name in kind.defaults()
    }
    wanted = {name.replace("_", "-") for name in fields - {"annotate", "removed", "enabled"}}
    assert set(KEYS) == wanted
    on_the_command_line = {option for command in dedupe.commands.values() for x in command.params for option in x.opts}
    assert {f"--{key}" for key in KEYS} <= on_the_command_line


def test_a_file_of_another_name(tmp_path: Path) -> None:
    path = tmp_path / "news.toml"
    path.write_text(ALL)
    assert read_settings(str(path))["rules"] == [str(tmp_path / "mine.toml")]
