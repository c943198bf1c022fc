"""Files elsewhere, through fsspec: its memory and local back ends, and a real HTTP server on this machine."""

import gzip
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from command import run
from texts import CAPTURE, CLEAN, PLAIN, jsonl

fsspec = pytest.importorskip("fsspec", reason="fsspec is not there: pip install -e '.[remote]'")

from dedupe.commands import clean_files  # noqa: E402
from dedupe.errors import InputError, OutputError  # noqa: E402
from dedupe.options import CleanOptions, ReadOptions, WriteOptions  # noqa: E402
from dedupe.remote import open_remote  # noqa: E402
from dedupe.restore import restore_files  # noqa: E402
from dedupe.write import open_sink  # noqa: E402


@pytest.fixture
def memory() -> Iterator[object]:
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    yield fs
    fs.store.clear()


def clean(*names: str, **options: object) -> int:
    return clean_files(names, ReadOptions(), CleanOptions(), WriteOptions(progress=False, **options))  # type: ignore[arg-type]


def test_memory_there_and_back(memory: object, tmp_path: Path) -> None:
    data = jsonl(CAPTURE, PLAIN)
    memory.pipe("/in/a.jsonl.gz", gzip.compress(data))
    audit = str(tmp_path / "audit")
    assert clean("memory://in/a.jsonl.gz", output="memory://out/b/a.jsonl.zst", audit=audit) == 0
    assert memory.find("/out") == ["/out/b/a.jsonl.zst"]
    assert restore_files(audit, "memory://out/b/a.jsonl.zst", "memory://back.jsonl", False) == 0
    assert memory.cat("/back.jsonl") == data


def test_folders_and_patterns_are_mirrored(memory: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.jsonl", "b/c.jsonl", ".d.jsonl", "b/e.bin"):
        memory.pipe(f"/in/{name}", jsonl(CAPTURE))
    audit = str(tmp_path / "audit")
    assert clean("memory://in/", output_dir="memory://out", audit=audit) == 0
    assert memory.find("/out") == ["/out/a.jsonl", "/out/b/c.jsonl"]
    assert json.loads(memory.cat("/out/b/c.jsonl"))["text"] == CLEAN
    assert restore_files(audit, None, None, False, str(tmp_path / "back")) == 0
    assert (tmp_path / "back/b/c.jsonl").read_bytes() == jsonl(CAPTURE)
    assert clean("memory://in/**/c.*", output=str(tmp_path / "one.jsonl")) == 0
    assert json.loads((tmp_path / "one.jsonl").read_bytes())["text"] == CLEAN
    for nothing in ("memory://in/*.csv", "memory://nowhere/", "memory://in/none.jsonl"):
        with pytest.raises(InputError, match="is as it was"):
            clean(nothing, output=str(tmp_path / "one.jsonl"))
        assert f"dedupe: {nothing}: " in capsys.readouterr().err


def test_a_store_gets_all_or_nothing(memory: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    memory.pipe("/a.jsonl", b"before")
    sink = open_sink("memory://a.jsonl")
    sink.write(b"after")
    sink.abort()
    assert memory.cat("/a.jsonl") == b"before"
    sink = open_sink("memory://a.jsonl")
    sink.write(b"after")
    sink.finish()
    monkeypatch.setattr(type(memory), "mv", lambda *_, **__: 1 / 0)
    with pytest.raises(OutputError, match=r"memory://a.jsonl: cannot be written: division by zero"):
        sink.commit()
    assert memory.find("/") == ["/a.jsonl"]
    assert memory.cat("/a.jsonl") == b"before"


def test_local_files_by_url(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CAPTURE)
    done = run(
        "clean", f"file://{tmp_path}/a.txt", "-o", f"file://{tmp_path}/sub/b.txt.gz", "--audit", tmp_path / "audit"
    )
    assert (done.code, done.err) == (0, "")
    assert gzip.decompress((tmp_path / "sub/b.txt.gz").read_bytes()).decode() == CLEAN
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["b.txt.gz"]
    assert run("restore", tmp_path / "audit", tmp_path / "sub/b.txt.gz").out.decode() == CAPTURE
    done = run("clean", "--in-place", f"file://{tmp_path}/a.txt")
    assert done.code == 2
    assert "cannot be rewritten in place" in done.err


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        if "cut" not in self.path:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(jsonl(CAPTURE))
        self.close_connection = True


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    pytest.importorskip("aiohttp")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path))) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
            thread.join()


def test_http(server: str, tmp_path: Path) -> None:
    many = jsonl(*[CAPTURE, PLAIN] * 3000)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(many))
    (tmp_path / "b.csv").write_text(f'id,text\n1,"{CAPTURE}"\n')
    done = run("clean", f"{server}/a.jsonl.gz?token=x.txt")
    assert (done.code, done.err) == (0, "")
    assert [json.loads(line)["text"] for line in done.out.split(b"\n")[:2]] == [CLEAN, PLAIN]
    assert run("drop", "--keep", "last", f"{server}/b.csv").out == (tmp_path / "b.csv").read_bytes()
    for name, words in {"no.txt": "cannot be read", "cut.jsonl": "breaks off"}.items():
        done = run("clean", f"{server}/{name}")
        assert done.code == 2
        assert done.err.startswith(f"dedupe: {server}/{name}: {words}: ")
        assert "Traceback" not in done.err
    done = run("clean", f"{server}/b.csv", "-o", f"{server}/c.csv")
    assert (done.code, done.out) == (2, b"")
    assert "cannot be written: HTTP is read only" in done.err


def test_parquet_over_http(server: str, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": [CAPTURE, PLAIN]}), tmp_path / "a.parquet")
    done = run("clean", f"{server}/a.parquet", "-o", tmp_path / "out.parquet")
    assert (done.code, done.err) == (0, "")
    assert pq.read_table(tmp_path / "out.parquet")["text"].to_pylist() == [CLEAN, PLAIN]


def test_a_place_that_nothing_is_known_of() -> None:
    done = run("clean", "nosuch://a.jsonl")
    assert done.code == 2
    assert done.err.startswith("dedupe: nosuch://a.jsonl: cannot be read: ")


def test_where_a_remote_file_is_can_be_told(memory: object) -> None:
    memory.pipe("/a.bin", b"0123456789")
    with open_remote("memory://a.bin") as file:
        assert (file.read(3), file.tell(), file.seekable()) == (b"012", 3, True)
        file.seek(8)
        assert file.read() == b"89"
