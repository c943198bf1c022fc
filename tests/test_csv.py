"""CSV and TSV through the commands: the promises, in several dialects, and the manners of bad rows."""

import csv
import gzip
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import pytest
from command import run
from hypothesis import given, settings
from hypothesis import strategies as st
from test_promises import DOCUMENTS
from texts import BODY, CAPTURE, CLEAN, PLAIN, jsonl

from dedupe import read
from dedupe.commands import clean_files, dedupe_files, drop_files
from dedupe.options import CleanOptions, DropOptions, ReadOptions, RepairOptions, WriteOptions
from dedupe.restore import restore_files

DIALECTS: dict[str, dict[str, object]] = {
    "excel": {},
    "unix": {"lineterminator": "\n", "quoting": csv.QUOTE_ALL},
    "semicolon": {"delimiter": ";"},
    "escaped": {"doublequote": False, "escapechar": "\\", "quoting": csv.QUOTE_ALL, "lineterminator": "\n"},
    "apostrophe": {"quotechar": "'", "quoting": csv.QUOTE_ALL},
    "tab": {"delimiter": "\t"},
}


def write_csv(texts: list[str], dialect: str = "excel") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, **DIALECTS[dialect])  # type: ignore[arg-type]
    writer.writerow(["id", "text", "note"])
    writer.writerows([i, text, 'said "yes"; no, x'] for i, text in enumerate(texts))
    return out.getvalue().encode("utf-8", "replace")


def read_csv(data: bytes, dialect: str = "excel") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), **DIALECTS[dialect]))  # type: ignore[arg-type]


def run_here(
    command: str, data: bytes, folder: str, suffix: str = ".csv", threads: int = 1, **options: object
) -> bytes:
    """A command from file to file in this process; checks that `restore` undoes it."""
    source, out, audit, back = (str(Path(folder) / name) for name in ("in" + suffix, "out" + suffix, "audit", "back"))
    Path(source).write_bytes(data)
    reading, write = ReadOptions(), WriteOptions(output=out, audit=audit, progress=False)
    clean, drop = CleanOptions(**options), DropOptions(threads=threads)  # type: ignore[arg-type]
    if command == "clean":
        code = clean_files([source], reading, clean, write)
    elif command == "drop":
        code = drop_files([source], reading, "auto", drop, write)
    else:
        code = dedupe_files([source], reading, clean, drop, write)
    assert code == 0
    assert restore_files(audit, out, back, False) == 0
    assert Path(back).read_bytes() == data
    return Path(out).read_bytes()


ENCODABLE = DOCUMENTS.map(lambda text: text.replace("\ud83d", "").replace("\x00", ""))


@settings(max_examples=30)
@given(
    st.lists(ENCODABLE, max_size=5),
    st.sampled_from(sorted(DIALECTS)),
    st.sampled_from(["clean", "drop", "run"]),
)
def test_the_promises(texts: list[str], dialect: str, command: str) -> None:
    data = write_csv([CAPTURE, *texts, "a, 'b'\n" + BODY], dialect)
    with TemporaryDirectory() as folder:
        out = run_here(command, data, folder)
        assert run_here(command, out, folder) == out
        with mock.patch.object(read, "BLOCK_BYTES", 37):
            assert run_here(command, data, folder, threads=3) == out
        records = jsonl(*[row[1] for row in read_csv(data, dialect)[1:]])
        expected = [json.loads(line) for line in run_here(command, records, folder, ".jsonl").decode().split("\n")[:-1]]
    rows = read_csv(out, dialect)
    assert rows[0] == ["id", "text", "note"]
    assert [(int(row[0]), row[1]) for row in rows[1:]] == [(record["id"], record["text"]) for record in expected]
    assert {row[2] for row in rows[1:]} == {'said "yes"; no, x'}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_not_touched_leaves_byte_for_byte(tmp_path: Path, dialect: str) -> None:
    plain = 'He said "no", then\r\n"yes";\tand \'maybe\' \\ so.'
    data = write_csv([plain, CAPTURE, plain], dialect)
    rows = run_here("clean", data, str(tmp_path))
    row = write_csv([plain], dialect).split(b"note", 1)[1].split(b"0", 1)[1]
    assert rows.count(row[:40]) == 2
    assert read_csv(rows, dialect)[2][1] == CLEAN


@pytest.mark.parametrize("suffix", [".csv.gz", ".tsv", ".CSV"])
def test_suffixes(tmp_path: Path, suffix: str) -> None:
    data = write_csv([CAPTURE], "tab" if suffix == ".tsv" else "excel")
    path = tmp_path / ("a" + suffix)
    path.write_bytes(gzip.compress(data) if suffix.endswith("gz") else data)
    done = run("clean", path)
    assert (done.code, done.err) == (0, "")
    assert CLEAN.encode() in done.out


def test_stdin_by_format_and_delimiter() -> None:
    data = write_csv([CAPTURE, PLAIN], "semicolon")
    for args in (["--delimiter", ";"], []):
        done = run("clean", "--format", "csv", *args, "-", stdin=data)
        assert read_csv(done.out, "semicolon")[1][1] == CLEAN
    assert run("clean", "--format", "csv", "--delimiter", ",", "-", stdin=data).code == 2


def test_field_names_the_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(write_csv([CAPTURE]).replace(b"text", b'"the ""body"""', 1))
    done = run("clean", "a.csv", cwd=tmp_path)
    assert done.code == 2
    assert done.err == (
        "dedupe: a.csv:1: has no column 'text' but id, the \"body\", note; --field names the one with the text\n"
    )
    assert CLEAN.encode() in run("clean", "--field", 'the "body"', "a.csv", cwd=tmp_path).out


def test_bad_rows_are_named_and_pass(tmp_path: Path) -> None:
    good = write_csv([CAPTURE])
    rest = b'1,"two\nlines"\r\n\r\n2,"a"b,c\r\n3,\xff,c\r\n' + good.split(b"note\r\n")[1] + b'9,"open,\n\n'
    (tmp_path / "a.csv").write_bytes(good + rest)
    done = run("clean", "--audit", "audit", "a.csv", cwd=tmp_path)
    lines = good.count(b"\n")
    assert done.code == 2
    assert done.err.splitlines() == [
        f"dedupe: a.csv:{lines + 1}: has 2 fields, and the header 3; passed through as it is",
        f"dedupe: a.csv:{lines + 4}: has text behind a closing quote; passed through as it is",
        f"dedupe: a.csv:{2 * lines + 5}: has a quote that is not closed; passed through as it is",
    ]
    assert done.out.count(CLEAN.encode()) == 2
    assert "3,ÿ,c\r\n".encode() in done.out
    assert run("restore", "audit", stdin=done.out, cwd=tmp_path).out == good + rest
    assert run("clean", "--strict", "a.csv", cwd=tmp_path).code == 2


def test_a_text_that_needs_quotes_gets_them(tmp_path: Path) -> None:
    data = b'id,text\r\n1,a &quot;b&quot;&#44; c &amp; d\r\n2,"x &quot;y&quot;"\r\n3,&quot;\r\n'
    out = run_here("clean", data, str(tmp_path), repair=RepairOptions(unescape_html=True))
    assert out == b'id,text\r\n1,"a ""b"", c & d"\r\n2,"x ""y"""\r\n3,""""\r\n'


def test_several_tables_become_one(tmp_path: Path) -> None:
    for name, texts in (("a.csv", [CAPTURE]), ("b.csv", [CAPTURE, PLAIN])):
        (tmp_path / name).write_bytes(write_csv(texts))
    (tmp_path / "b.csv").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "b.csv").read_bytes())
    (tmp_path / "c.csv").write_bytes(write_csv([PLAIN], "semicolon"))
    (tmp_path / "empty.csv").write_bytes(b"")
    names = ["empty.csv", "a.csv", "b.csv"]
    done = run("--audit", "audit", *names, cwd=tmp_path)
    assert [row[1] for row in read_csv(done.out)] == ["text", CLEAN, PLAIN]
    back = run("restore", "audit", stdin=done.out, cwd=tmp_path).out
    assert back == b"".join((tmp_path / name).read_bytes() for name in names)
    mixed = run("clean", "a.csv", "c.csv", cwd=tmp_path)
    assert mixed.code == 2
    assert "c.csv: has other columns or another dialect than a.csv" in mixed.err


@pytest.mark.parametrize("keep", ["last", "longest", "largest:size", "prefer:site=b,a"])
def test_policies_read_the_columns(tmp_path: Path, keep: str) -> None:
    (tmp_path / "a.csv").write_text(f'id,text,size,site\n1,"{BODY}",5,a\n2,"{BODY}",7,b\n3,x,1,a\n')
    done = run("drop", "--keep", keep, "--audit", "audit", "a.csv", cwd=tmp_path)
    kept = [row[0] for row in csv.reader(io.StringIO(done.out.decode(), newline=""))]
    assert kept == ["id", "1" if keep == "longest" else "2", "3"]
    assert '"keeper": {"source": "a.csv", "record": ' in (tmp_path / "audit").read_text()
    assert run("restore", "audit", stdin=done.out, cwd=tmp_path).out == (tmp_path / "a.csv").read_bytes()


def test_annotate_is_for_jsonl(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(write_csv([PLAIN]))
    done = run("drop", "--annotate", "a.csv", cwd=tmp_path)
    assert (done.code, done.out) == (2, b"")
    assert "--annotate adds fields" in done.err


def test_in_place_and_diff(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(write_csv([PLAIN, CAPTURE]))
    diff = run("clean", "--diff", "a.csv", cwd=tmp_path).out.decode()
    assert diff.startswith(f"--- a.csv:{3 + PLAIN.count(chr(10))}\n")
    assert run("clean", "--in-place", "--audit", "audit", "a.csv", cwd=tmp_path).code == 0
    assert read_csv(path.read_bytes())[2][1] == CLEAN
    assert run("restore", "--in-place", "audit", cwd=tmp_path).code == 0
    assert path.read_bytes() == write_csv([PLAIN, CAPTURE])


def test_removed_rows_have_their_header(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + write_csv([PLAIN, PLAIN]))
    for keep in ("first", "last"):
        done = run("drop", "--keep", keep, "--removed", "gone.csv", "a.csv", "b.csv", cwd=tmp_path)
        assert done.code == 0
        gone = (tmp_path / "gone.csv").read_bytes()
        assert gone.startswith(b"\xef\xbb\xbfid,text,note\r\n")
        assert [row[0] for row in read_csv(gone)[1:]] == (["1", "0", "1"] if keep == "first" else ["0", "1", "0"])


@pytest.mark.parametrize(
    ("data", "err"),
    [
        (b"text\nHello, world; or not\n", ""),
        (b'text\n"a, b"\n', ""),
        (b'text\nabc\n"a\n', "dedupe: -:3: has a quote that is not closed; passed through as it is\n"),
        (b'"text"\n', ""),
        (b"text", ""),
        (b'id\ttext\n1\t"so" she said\n', ""),
        (b'id,text\n1,"a\\"b, c"\n', ""),
        (b"id,text\r1,x\r", ""),
        (b'n\xc3\xa9,text\n1,"x"\n', ""),
    ],
)
def test_the_dialect_is_told_by_the_first_rows(data: bytes, err: str) -> None:
    done = run("clean", "--format", "csv", "-", stdin=data)
    assert (done.out, done.err) == (data, err)
