"""The hook as its users meet it: the manifest's entries on files of every kind, and the real pre-commit, where it is
installed, on a real repository."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import orjson
import pytest
import zstandard
from command import COMMAND, Ran, run
from texts import BODY, CAPTURE, CLEAN, PLAIN, jsonl

ROOT = Path(__file__).parents[1]
MANIFEST = (ROOT / ".pre-commit-hooks.yaml").read_text()
HOOKS = {
    hook.split("\n")[0]: dict(re.findall(r"^  (\w+): '?(.*?)'?$", hook, re.MULTILINE))
    for hook in MANIFEST.split("- id: ")[1:]
}
KINDS = ["txt", "text", "md", "markdown", "jsonl", "ndjson", "csv", "tsv"]
CONFLICT = f"{PLAIN}<<<<<<< HEAD\nTT\n=======\nShare\n>>>>>>> other\n{CAPTURE}"


def paragraphs(n_bytes: int) -> str:
    """So much prose in which no two paragraphs are alike."""
    pairs = (BODY.replace("old", f"no {i}").replace("two of", f"{i} of") for i in range(n_bytes // len(BODY)))
    return "\n".join(pairs)


def entry(id: str, *arguments: str, cwd: Path) -> Ran:
    """What a hook runs."""
    command, *options = HOOKS[id]["entry"].split()
    assert command == "dedupe"
    return run(*options, *arguments, cwd=cwd)


def test_the_ids() -> None:
    assert list(HOOKS) == [
        "dedupe-clean", "dedupe-clean-packed", "dedupe-check", "dedupe-check-packed", "dedupe-corpus",
    ]  # fmt: skip
    for hook in HOOKS.values():
        assert (hook["language"], hook["require_serial"]) == ("python", "true")
        assert hook["name"]
        assert hook["description"]


@pytest.mark.parametrize("id", HOOKS)
def test_which_files_a_hook_is_for(id: str) -> None:
    for name in (f"news/a.{kind}" for kind in [*KINDS, "TXT"]):
        assert bool(re.search(HOOKS[id]["files"], name)) == (not id.endswith("-packed")), name
        for packed in ("gz", "zst", "xz", "bz2"):
            assert bool(re.search(HOOKS[id]["files"], f"{name}.{packed}")) == (id in PACKED), name
    for name in ("a.py", "a.json", "txt", "a.txt.tar", "a.tar.gz", "a.mdx"):
        assert not re.search(HOOKS[id]["files"], name)


PACKED = ("dedupe-clean-packed", "dedupe-check-packed", "dedupe-corpus")


def test_clean_fixes_and_tells(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CAPTURE)
    (tmp_path / "b.txt").write_text(PLAIN)
    assert entry("dedupe-clean", "a.txt", "b.txt", cwd=tmp_path) == (1, b"", "dedupe: a.txt: cleaned\n")
    assert (tmp_path / "a.txt").read_text() == CLEAN
    assert entry("dedupe-clean", "a.txt", "b.txt", cwd=tmp_path) == (0, b"", "")


def test_check_shows_and_leaves(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CAPTURE)
    done = entry("dedupe-check", "a.txt", cwd=tmp_path)
    assert (done.code, done.err) == (1, "dedupe: a.txt: would be cleaned\n")
    assert done.out.startswith(b"--- a.txt\n+++ a.txt\n")
    assert (tmp_path / "a.txt").read_text() == CAPTURE


@pytest.mark.parametrize("id", ["dedupe-clean", "dedupe-check"])
@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.txt", CONFLICT.encode(), "a.txt: has a merge conflict at line 6; resolve it first"),
        ("a.md", CONFLICT.replace("\n", "\r\n").encode(), "a.md: has a merge conflict at line 6; resolve it first"),
        ("a.jsonl", b"<<<<<<< a\n" + jsonl(CAPTURE) + b"=======\n>>>>>>> b\n", "a.jsonl: has a merge conflict at"),
        ("a.txt", b"\x89PNG\r\n\0" + CAPTURE.encode(), "a.txt: has a NUL in it"),
        ("a.txt", CAPTURE.encode() * 9000 + b"\0", "a.txt: has a NUL in it"),
        ("a.txt", CAPTURE.encode("utf-16"), "a.txt: is UTF-16"),
    ],
)  # fmt: skip
def test_what_is_better_left_alone(tmp_path: Path, id: str, name: str, data: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(data)
    (tmp_path / "b.txt").write_text(CAPTURE)
    done = entry(id, name, "b.txt", cwd=tmp_path)
    assert done.code == 2
    assert f"dedupe: {told}" in done.err
    assert (tmp_path / name).read_bytes() == data
    assert (tmp_path / "b.txt").read_text() == (CLEAN if id == "dedupe-clean" else CAPTURE)  # the others go on


@pytest.mark.parametrize("chunk", [1, 7, 8, 9, 64])
def test_a_conflict_is_found_wherever_it_is_cut(tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from dedupe import obstacles

    monkeypatch.setattr(obstacles, "CHUNK_BYTES", chunk)
    path = tmp_path / "a.txt"
    path.write_text(CONFLICT)
    assert obstacles.find_obstacle(str(path), "text") == "has a merge conflict at line 6; resolve it first"
    for sound in (CAPTURE, "Title\n=======\n", CONFLICT.replace("<<<<<<< ", "<<<<<<<"), CONFLICT.replace(">>>", ">")):
        path.write_text(sound)
        assert obstacles.find_obstacle(str(path), "text") is None


@pytest.mark.measures
def test_a_hundred_files_take_less_than_a_second(tmp_path: Path) -> None:
    names = []
    for i in range(100):
        names.append(f"{i}.md")
        (tmp_path / names[-1]).write_text(f"---\ntitle: {i}\n---\n\n# Bridge {i}\n\n{paragraphs(5000)}")
    clean = [*COMMAND, "clean", "--in-place", "--exit-code", *names]
    seconds = []
    for command in ([sys.executable, "-c", "pass"], clean) * 3:
        started = time.perf_counter()
        assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
        seconds.append(time.perf_counter() - started)
    assert min(seconds[1::2]) - min(seconds[::2]) < 1


# From here on, pre-commit itself.


class Repository:
    """A git repository that has the hook."""

    def __init__(self, folder: Path, hooks: Path, home: Path) -> None:
        self.folder, self.hooks = folder, hooks
        self.env = {
            **os.environ,
            "PRE_COMMIT_HOME": str(home),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PRE_COMMIT_COLOR": "never",
        }
        for name in [name for name in self.env if name.startswith(("GIT_DIR", "GIT_INDEX", "GIT_WORK"))]:
            del self.env[name]
        folder.mkdir()
        self.git("init", "-q")

    def git(self, *arguments: str, code: int | None = 0) -> str:
        who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"]
        return self._run(["git", *who, *arguments], code)

    def pre_commit(self, *arguments: str, code: int) -> str:
        return self._run([sys.executable, "-m", "pre_commit", *arguments], code)

    def _run(self, command: list[str], code: int | None) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def write(self, **files: str | bytes) -> None:
        for name, data in files.items():
            path = self.folder / name.replace("_", ".")
            path.write_bytes(data if isinstance(data, bytes) else data.encode())

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def use(self, *ids: str, more: str = "") -> None:
        """Pins the hook at its tag."""
        hooks = "".join(f"      - id: {id}\n{more}" for id in ids)
        text = f"repos:\n  - repo: {self.hooks.as_uri()}\n    rev: v1\n    hooks:\n{hooks}"
        (self.folder / ".pre-commit-config.yaml").write_text(text)
        self.git("add", ".pre-commit-config.yaml")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This package, as it stands here, as a repository with a tag."""
    if not shutil.which("git") or not find_spec("pre_commit"):
        pytest.skip("git or pre-commit is not there: pip install -e '.[hook]'")
    folder = tmp_path_factory.mktemp("hooks") / "dedupe"
    listing = ["git", "ls-files", "-coz", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("the package is not in a repository")
    for name in done.stdout.decode().split("\0")[:-1]:
        if (ROOT / name).is_file() and not name.startswith(("tests/", "benchmarks/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    who = ["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "All"], ["tag", "v1"]):
        subprocess.run([*who, *arguments], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def home(hooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit has installed the hook."""
    home = tmp_path_factory.mktemp("home")
    first = Repository(tmp_path_factory.mktemp("first") / "news", hooks, home)
    first.env["CFLAGS"] = "-O0"  # it is compiled for this alone
    first.use(*HOOKS)
    told = first.pre_commit("install-hooks", code=0)
    assert "Installing environment" in told
    return home


@pytest.fixture
def repository(hooks: Path, home: Path, tmp_path: Path) -> Repository:
    return Repository(tmp_path / "news", hooks, home)


def test_the_manifest_is_one(hooks: Path) -> None:
    from pre_commit.clientlib import load_manifest

    assert [hook["id"] for hook in load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))] == list(HOOKS)


def test_first_run_and_second_run(repository: Repository) -> None:
    packed = zstandard.compress(CAPTURE.encode())
    repository.write(
        a_txt=CAPTURE, b_md=f"---\na: b\n---\n\n{CAPTURE}", c_jsonl=jsonl(CAPTURE, PLAIN), d_txt_zst=packed
    )
    repository.write(e_jsonl_gz=gzip.compress(jsonl(CAPTURE)), f_py=CAPTURE, g_csv=f'id,text\n1,"{CAPTURE}"\n2,TT\n')
    repository.use("dedupe-clean", "dedupe-clean-packed")
    repository.git("add", "-A")
    told = repository.pre_commit("run", "--all-files", code=1)
    for name in ("a.txt", "b.md", "c.jsonl", "d.txt.zst", "e.jsonl.gz"):
        assert f"dedupe: {name}: cleaned" in told
    assert told.count("- exit code: 1") == 2
    assert "files were modified by this hook" in told
    assert repository.read("a.txt") == CLEAN
    assert repository.read("b.md") == f"---\na: b\n---\n\n{CLEAN}"
    assert repository.read("f.py") == CAPTURE
    assert repository.read("g.csv") == f'id,text\n1,"{CLEAN}"\n2,TT\n'
    again = repository.pre_commit("run", "--all-files", code=0)
    assert again.count("Passed") == 2
    repository.git("add", "-A")
    repository.pre_commit("install", code=0)
    repository.git("commit", "-qm", "Clean")
    repository.git("mv", "a.txt", "renamed.txt")
    repository.git("commit", "-qm", "A renamed file is looked at, and is clean")
    assert repository.read("renamed.txt") == CLEAN


def test_check_and_corpus_report(repository: Repository) -> None:
    repository.write(a_txt=CAPTURE, b_md=f"# News\n\n{BODY}\n{BODY[::-1]}", c_md=f"# Other\n\n{BODY}\n{BODY[::-1]}")
    repository.use("dedupe-check", "dedupe-corpus")
    repository.git("add", "-A")
    told = repository.pre_commit("run", "--all-files", code=1)
    assert "+++ a.txt" in told
    assert "dedupe: a.txt: would be cleaned" in told
    assert re.search(r"^c\.md:1: is 0\.9\d like b\.md:1$", told, re.MULTILINE)
    assert repository.read("a.txt") == CAPTURE
    repository.git("commit", "-qm", "All of it")
    repository.write(d_txt=repository.read("b.md"))
    repository.git("add", "-A")
    told = repository.pre_commit("run", "dedupe-corpus", code=1)
    assert "d.txt:1: is a copy of b.md:1" in told  # what is not staged is compared too


def test_arguments_and_settings(repository: Repository) -> None:
    repository.write(a_txt=CAPTURE)
    repository.use("dedupe-clean", more="        args: [--no-rule, repeat, --no-rule, widgets]\n")
    repository.git("add", "-A")
    repository.pre_commit("run", "--all-files", code=0)
    repository.use("dedupe-clean")
    repository.write(pyproject_toml='[tool.dedupe]\nno-rule = ["repeat", "widgets"]\n')
    repository.git("add", "-A")
    repository.pre_commit("run", "--all-files", code=0)
    repository.write(pyproject_toml="[tool.dedupe]\nno-rules = []\n")
    repository.git("add", "-A")
    told = repository.pre_commit("run", "--all-files", code=1)
    assert "pyproject.toml: no-rules: cannot be set; did you mean no-rule?" in told
    assert repository.read("a.txt") == CAPTURE


def test_a_merge_conflict_and_a_binary(repository: Repository) -> None:
    repository.use("dedupe-clean")
    repository.write(a_txt=PLAIN)
    repository.git("add", "-A")
    repository.git("commit", "-qm", "One")
    for branch, line in (("ours", "Share"), ("theirs", "TT")):
        repository.git("checkout", "-q", "-b", branch, "HEAD" if branch == "ours" else "HEAD^")
        repository.write(a_txt=f"{line} {branch}\n{PLAIN}")
        repository.git("commit", "-qam", branch)
    repository.git("merge", "ours", code=1)
    before = repository.read("a.txt")
    repository.write(b_txt=b"GIF89a\0\0\0" + CAPTURE.encode())
    repository.git("add", "-A")
    told = repository.pre_commit("run", "--all-files", code=1)
    assert "dedupe: a.txt: has a merge conflict at line 1; resolve it first" in told
    assert "dedupe: b.txt: has a NUL in it" in told
    assert "- exit code: 2" in told
    assert repository.read("a.txt") == before
    assert "modified" not in told


def test_a_partially_staged_file(repository: Repository) -> None:
    """pre-commit puts aside what is not staged; what the hook does to the rest is undone where the two collide."""
    repository.use("dedupe-clean")
    repository.write(a_txt=PLAIN, b_txt=PLAIN)
    repository.git("add", "-A")
    repository.git("commit", "-qm", "One")
    repository.write(a_txt=f"{PLAIN}\n\n\n{CAPTURE}", b_txt=f"{PLAIN}\nMore.\n")
    repository.git("add", "-A")
    repository.write(a_txt=f"Not staged\n{PLAIN}\n\n\n{CAPTURE}", b_txt=f"Not staged\n{PLAIN}\nMore.\n")
    told = repository.pre_commit("run", code=1)
    assert "dedupe: a.txt: cleaned" in told
    assert repository.read("b.txt") == f"Not staged\n{PLAIN}\nMore.\n"
    assert repository.read("a.txt") in (f"Not staged\n{PLAIN}\n\n\n{text}" for text in (CLEAN, CAPTURE))
    assert repository.git("show", ":a.txt") == f"{PLAIN}\n\n\n{CAPTURE}"


def test_a_file_of_a_hundred_megabytes(repository: Repository) -> None:
    repository.use("dedupe-clean")
    prose = paragraphs(100_000_000)
    repository.write(a_txt=f"{prose}\n\n\n{CAPTURE}", b_txt=CAPTURE)
    repository.git("add", "--intent-to-add", ".")
    told = repository.pre_commit("run", "--files", "a.txt", "b.txt", code=1)
    assert "dedupe: a.txt: cleaned" in told
    assert repository.read("a.txt") == f"{prose}\n\n\n{CLEAN}"
    (repository.folder / "a.txt").unlink()


def test_try_repo(repository: Repository) -> None:
    repository.write(a_txt=CAPTURE)
    repository.git("add", "-A")
    repository.env["CFLAGS"] = "-O0"
    told = repository.pre_commit("try-repo", str(repository.hooks), "dedupe-clean", "--all-files", code=1)
    assert "dedupe: a.txt: cleaned" in told
    assert repository.read("a.txt") == CLEAN


def test_what_the_page_says(repository: Repository) -> None:
    """The configuration and the commands of `dedupe help hook`, but for where the hook is from."""
    page = (ROOT / "dedupe" / "help" / "hook.md").read_text()
    config = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1]
    config = re.sub(r"repo: .*", f"repo: {repository.hooks.as_uri()}", config).replace("v0.1.0", "v1")
    repository.write(a_txt=CAPTURE)
    (repository.folder / ".pre-commit-config.yaml").write_text(config)
    repository.git("add", "-A")
    for line in re.search(r"```sh\n(pre-commit .*?)```", page, re.DOTALL)[1].splitlines():
        command = line.split(" || ")[0].split()[1:]
        repository.pre_commit(*command, code=1 if "||" in line else 0)
    assert repository.read("a.txt") == CLEAN
    repository.git("commit", "-qm", "One", code=1)
    repository.git("add", "-A")
    repository.git("commit", "-qm", "One")


def test_real_articles(repository: Repository, shared_data: Path) -> None:
    """596 articles in git: 31 are cleaned, and then all pass."""
    for row in (shared_data / "corpora" / "markdown-articles.jsonl").read_bytes().splitlines():
        article = orjson.loads(row)
        path = repository.folder / article["id"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(article["text"], encoding="utf-8")
    repository.use("dedupe-clean")
    repository.git("add", "-A")
    told = repository.pre_commit("run", "--all-files", code=1)
    assert told.count(": cleaned") == 31
    repository.git("add", "-A")
    repository.pre_commit("run", "--all-files", code=0)
