"""What FILE arguments stand for: folders, patterns; and --output-dir, which mirrors them."""

import gzip
import json
from pathlib import Path

import pytest
from command import run
from texts import CAPTURE, CLEAN, PLAIN, jsonl

from dedupe.errors import InputError
from dedupe.inputs import Input, expand, mirror

FILES = {
    "data/a.jsonl": jsonl(CAPTURE),
    "data/b/c.jsonl.gz": gzip.compress(jsonl(PLAIN, CAPTURE), mtime=0),
    "data/b/d.txt": CAPTURE.encode(),
    "data/b/e/f.csv": b'id,text\r\n1,"' + CAPTURE.encode() + b'"\r\n',
    "data/b/notes.bin": b"\0",
    "data/.hidden.jsonl": b"{",
    "data/.git/x.jsonl": b"{",
    "other/a.jsonl": jsonl("x"),
    "strange[1].txt": PLAIN.encode(),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, data in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("argument", "names", "root"),
    [
        ("data", ["data/a.jsonl", "data/b/c.jsonl.gz", "data/b/d.txt", "data/b/e/f.csv"], "data"),
        ("data/*.jsonl", ["data/a.jsonl"], "data"),
        ("data/**/*.[jt]*", ["data/a.jsonl", "data/b/c.jsonl.gz", "data/b/d.txt"], "data"),
        ("*/a.jsonl", ["data/a.jsonl", "other/a.jsonl"], ""),
        ("data/b/notes.bin", ["data/b/notes.bin"], "data/b"),
        ("strange[1].txt", ["strange[1].txt"], ""),
        ("missing.txt", ["missing.txt"], ""),
        ("-", ["-"], ""),
    ],
)
def test_arguments_stand_for_files(folder: Path, argument: str, names: list[str], root: str) -> None:
    assert expand(argument) == [Input(name, root) for name in names]


def test_what_stands_for_nothing_is_named(folder: Path) -> None:
    (folder / "empty").mkdir()
    for argument, words in {"data/*.xyz": "no file is named so", "empty": "holds no file of a known suffix"}.items():
        with pytest.raises(InputError, match=words):
            expand(argument)
        done = run("clean", argument, "other/a.jsonl", cwd=folder)
        assert (done.code, done.out) == (2, jsonl("x"))
        assert done.err.startswith(f"dedupe: {argument}: {words}")


def test_a_folder_in_place(folder: Path) -> None:
    done = run("clean", "--in-place", "--audit", "audit", "data", cwd=folder)
    assert done.code == 0
    assert (folder / "data/b/d.txt").read_text() == CLEAN
    assert run("restore", "--in-place", "audit", cwd=folder).code == 0
    assert (folder / "data/b/d.txt").read_text() == CAPTURE


def test_mirrors(folder: Path) -> None:
    assert mirror(expand("data"), "out")["data/b/e/f.csv"] == "out/b/e/f.csv"
    assert mirror([*expand("data"), *expand("other/a.jsonl")], "out")["data/a.jsonl"] == "out/data/a.jsonl"
    assert mirror(expand("data/b/d.txt"), "out") == {"data/b/d.txt": "out/d.txt"}
    assert mirror([Input("s3://b/x/a.csv", "s3://b/x"), Input("s3://b/y/c.csv", "s3://b/y")], "s3://out/z") == {
        "s3://b/x/a.csv": "s3://out/z/x/a.csv",
        "s3://b/y/c.csv": "s3://out/z/y/c.csv",
    }
    for inputs, out in ((expand("-"), "out"), (expand("data"), "data"), (expand("data/b/*"), "data")):
        with pytest.raises(ValueError, match="--output-dir"):
            mirror(inputs, out)


@pytest.mark.parametrize("command", ["clean", "drop", "run"])
def test_each_file_has_its_counterpart_and_comes_back(folder: Path, command: str) -> None:
    pack = ["--audit", "audit", "--output-dir", "out/new"]
    done = run(command, *pack, "data", "other", cwd=folder)
    assert done.code == 0
    names = ["data/a.jsonl", "data/b/c.jsonl.gz", "data/b/d.txt", "data/b/e/f.csv", "other/a.jsonl"]
    left = sorted(str(path.relative_to(folder / "out/new")) for path in (folder / "out").rglob("*") if path.is_file())
    assert left == names
    packed = gzip.decompress((folder / "out/new/data/b/c.jsonl.gz").read_bytes())
    texts = [json.loads(line)["text"] for line in packed.split(b"\n")[:-1]]
    assert texts == {"clean": [PLAIN, CLEAN], "drop": [PLAIN], "run": [PLAIN]}[command]
    assert (folder / "out/new/data/b/e/f.csv").read_bytes().startswith(b"id,text\r\n")
    assert run("restore", "--output-dir", "back", "audit", cwd=folder) == (0, b"", "")
    for name in names:
        back = (folder / "back" / name).read_bytes()
        assert (gzip.decompress(back) if name.endswith("gz") else back) == (
            gzip.decompress(FILES[name]) if name.endswith("gz") else FILES[name]
        )
    alone = run("restore", "audit", "out/new/data/b/d.txt", cwd=folder)
    assert (alone.code, alone.out) == (0, FILES["data/b/d.txt"])
    assert "is the audit of --output-dir" in run("restore", "--in-place", "audit", cwd=folder).err


def test_what_cannot_be_read_has_no_counterpart(folder: Path) -> None:
    (folder / "data/b/c.jsonl.gz").write_bytes(FILES["data/b/c.jsonl.gz"][:-9])
    done = run("clean", "--output-dir", "out", "data", cwd=folder)
    assert done.code == 2
    assert not (folder / "out/b/c.jsonl.gz").exists()
    assert (folder / "out/b/d.txt").read_text() == CLEAN
    assert not list((folder / "out").rglob("*.part"))


@pytest.mark.parametrize("option", [("-o", "x"), ("--in-place",), ("--check",), ("--diff",)])
def test_output_dir_goes_alone(folder: Path, option: tuple[str, ...]) -> None:
    done = run("clean", "--output-dir", "out", *option, "data", cwd=folder)
    assert done.code == 2
    assert "--output-dir goes with none of" in done.err
