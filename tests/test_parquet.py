"""Parquet through the commands: rows as records of JSONL, and everything else of a file kept."""

import base64
import datetime
import json
from pathlib import Path
from unittest import mock

import pytest
from command import run
from hypothesis import given, settings
from hypothesis import strategies as st
from test_csv import run_here
from test_promises import DOCUMENTS
from texts import BODY, CAPTURE, CLEAN, PLAIN, jsonl

pa = pytest.importorskip("pyarrow", reason="pyarrow is not there: pip install -e '.[parquet]'")
import pyarrow.parquet as pq  # noqa: E402

from dedupe.commands import clean_files, dedupe_files, drop_files  # noqa: E402
from dedupe.options import CleanOptions, DropOptions, ReadOptions, WriteOptions  # noqa: E402
from dedupe.restore import restore_files  # noqa: E402

TYPES = {
    "string": pa.string(),
    "large": pa.large_string(),
    "view": pa.string_view(),
    "dictionary": pa.dictionary(pa.int8(), pa.string()),
}
try:
    pq.write_table(pa.table({"text": pa.array(["x"], TYPES["view"])}), pa.BufferOutputStream())
except pa.ArrowNotImplementedError:  # by older versions
    del TYPES["view"]


def make_table(texts: list[str | None], type: object = TYPES["string"]) -> object:
    n = len(texts)
    day = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)
    columns = {
        "id": pa.array([f"x{i}" for i in range(n)]),
        "text": pa.array(texts, pa.string()).cast(type) if type != TYPES["dictionary"] else dictionary(texts),
        "when": pa.array([day] * n, pa.timestamp("us", "UTC")),
        "tags": pa.array([["a", None]] * n, pa.list_(pa.string())),
        "nested": pa.array(
            [{"n": i, "x": None} for i in range(n)], pa.struct([("n", pa.int32()), ("x", pa.float32())])
        ),
        "raw": pa.array([b"\xff\0"] * n, pa.binary()),
    }
    fields = [pa.field(name, column.type, metadata={"about": name}) for name, column in columns.items()]
    return pa.table(columns, pa.schema(fields, metadata={"made": "for a test"}))


def dictionary(texts: list[str | None]) -> object:
    values = pa.array(texts, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(values.indices.cast(pa.int8()), values.dictionary)


def write(
    path: Path, texts: list[str | None], type: object = TYPES["string"], group: int = 3, **options: object
) -> None:
    pq.write_table(make_table(texts, type), path, row_group_size=group, **options)


def groups(path: Path) -> list[int]:
    metadata = pq.read_metadata(path)
    return [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]


def same(a: Path, b: Path) -> bool:
    """Values, schema, metadata and row groups; the dictionaries of a column may be in another order."""
    one, other = pq.read_table(a), pq.read_table(b)
    is_same = one.schema.equals(other.schema, check_metadata=True) and groups(a) == groups(b)
    return is_same and one.to_pylist() == other.to_pylist()


@pytest.mark.parametrize("type", TYPES)
def test_all_but_the_texts_is_kept(tmp_path: Path, type: str) -> None:
    texts = [PLAIN, CAPTURE, None, "", CAPTURE, PLAIN, PLAIN]
    source, out, back = (tmp_path / name for name in ("a.parquet", "out.parquet", "back.parquet"))
    write(source, texts, TYPES[type], compression={"text": "zstd", "id": "none"}, use_dictionary=False)
    done = run("clean", "--audit", "audit", "a.parquet", "-o", "out.parquet", cwd=tmp_path)
    assert (done.code, done.err) == (
        0,
        "dedupe: a.parquet: 1 records have no text; --field names the field that holds it\n",
    )
    before, after = pq.read_table(source), pq.read_table(out)
    assert after.schema.equals(before.schema, check_metadata=True)
    assert after.drop_columns("text").equals(before.drop_columns("text"))
    assert after["text"].to_pylist() == [CLEAN if text == CAPTURE else text for text in texts]
    assert groups(out) == groups(source) == [3, 3, 1]
    codecs = [pq.read_metadata(out).row_group(0).column(i).compression for i in range(2)]
    assert codecs == ["UNCOMPRESSED", "ZSTD"]
    assert run("restore", "audit", "out.parquet", "-o", "back.parquet", cwd=tmp_path) == (0, b"", "")
    assert same(back, source)
    again = run("clean", "--check", "out.parquet", cwd=tmp_path)
    assert again.code == 0


@pytest.mark.parametrize(
    ("type", "keep"), [*((type, "first") for type in TYPES), ("dictionary", "last"), ("string", "newest:when")]
)
def test_dropped_rows_come_back(tmp_path: Path, type: str, keep: str) -> None:
    write(tmp_path / "a.parquet", [CAPTURE, None, PLAIN, CLEAN, PLAIN, "x", f"{PLAIN}\n\n\n\n{CAPTURE}"], TYPES[type])
    done = run("run", "--keep", keep, "--audit", "audit", "a.parquet", "-o", "out.parquet", cwd=tmp_path)
    assert done.code == 0
    left = pq.read_table(tmp_path / "out.parquet")["id"].to_pylist()
    assert left == (["x1", "x5", "x6"] if keep == "last" else ["x0", "x1", "x2", "x5"])
    assert run("restore", "audit", "out.parquet", "-o", "back.parquet", cwd=tmp_path) == (0, b"", "")
    assert same(tmp_path / "back.parquet", tmp_path / "a.parquet")


@settings(max_examples=12)
@given(
    st.lists(DOCUMENTS.map(lambda text: text.replace("\ud83d", "")) | st.none(), max_size=6),
    st.integers(1, 4),
    st.sampled_from(["clean", "drop", "run"]),
)
def test_rows_fare_as_records_of_jsonl(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str | None], group: int, command: str
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    texts = [CAPTURE, *(text if text is None else text.encode("utf-8", "replace").decode() for text in texts), BODY]
    source, out, audit, back = (folder / name for name in ("a.parquet", "out.parquet", "audit", "back.parquet"))
    write(source, texts, group=group)
    for threads, slice_bytes in ((1, 4 << 20), (3, 1)):
        with mock.patch("dedupe.formats.parquet.SLICE_BYTES", slice_bytes):
            args = [str(source)], ReadOptions()
            drop, writing = (
                DropOptions(threads=threads),
                WriteOptions(output=str(out), audit=str(audit), progress=False),
            )
            if command == "clean":
                clean_files(*args, CleanOptions(), writing)
            elif command == "drop":
                drop_files(*args, "auto", drop, writing)
            else:
                dedupe_files(*args, CleanOptions(), drop, writing)
            assert restore_files(str(audit), str(out), str(back), False) == 0
        assert same(back, source)
        records = jsonl(*["" if text is None else text for text in texts])
        expected = [
            json.loads(line) for line in run_here(command, records, str(folder), ".jsonl").decode().split("\n")[:-1]
        ]
        found = pq.read_table(out)
        wanted = {record["id"]: record["text"] for record in expected}
        if None not in texts:
            assert (
                dict(zip((int(x[1:]) for x in found["id"].to_pylist()), found["text"].to_pylist(), strict=True))
                == wanted
            )


def test_in_place_and_check_and_stdin(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [CAPTURE, PLAIN])
    write(tmp_path / "before.parquet", [CAPTURE, PLAIN])
    data = (tmp_path / "a.parquet").read_bytes()
    assert run("clean", "--check", "a.parquet", cwd=tmp_path).code == 1
    piped = run("clean", stdin=data)
    assert pq.read_table(pa.BufferReader(piped.out))["text"].to_pylist() == [CLEAN, PLAIN]
    assert run("clean", "--in-place", "--audit", "audit", "a.parquet", cwd=tmp_path).code == 0
    assert pq.read_table(tmp_path / "a.parquet")["text"].to_pylist() == [CLEAN, PLAIN]
    assert run("restore", "--in-place", "audit", cwd=tmp_path).code == 0
    assert same(tmp_path / "a.parquet", tmp_path / "before.parquet")
    assert run("clean", "--in-place", "--audit", "more", "a.parquet", cwd=tmp_path).code == 0
    untouched = (tmp_path / "a.parquet").read_bytes()
    assert run("clean", "--in-place", "a.parquet", cwd=tmp_path).code == 0
    assert (tmp_path / "a.parquet").read_bytes() == untouched


def test_several_files_and_none_that_differs(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [CAPTURE, PLAIN])
    write(tmp_path / "b.parquet", [PLAIN, CLEAN, BODY])
    write(tmp_path / "c.parquet", [PLAIN], TYPES["large"])
    names = ["a.parquet", "b.parquet"]
    assert run("--audit", "audit", *names, "-o", "out.parquet", cwd=tmp_path).code == 0
    assert pq.read_table(tmp_path / "out.parquet")["text"].to_pylist() == [CLEAN, PLAIN]
    assert run("restore", "audit", "out.parquet", "-o", "back.parquet", cwd=tmp_path) == (0, b"", "")
    whole = pa.concat_tables([pq.read_table(tmp_path / name) for name in names])
    assert pq.read_table(tmp_path / "back.parquet").equals(whole)
    (tmp_path / "d.jsonl").write_bytes(jsonl(PLAIN))
    for other in ("c.parquet", "d.jsonl"):
        done = run("clean", "a.parquet", other, "-o", "no.parquet", cwd=tmp_path)
        assert done.code == 2
        assert f"dedupe: {other}: " in done.err
        assert not (tmp_path / "no.parquet").exists()


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [PLAIN])
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:-9])
    (tmp_path / "text.parquet").write_text("no such thing")
    for args, words in {
        (
            "a.parquet",
            "--field",
            "body",
        ): "a.parquet: has no column 'body' but id, text, when, tags, nested, raw; --field",
        ("a.parquet", "--field", "when"): "a.parquet: column 'when' is of type timestamp[us, tz=UTC]; --field",
        ("cut.parquet",): "cut.parquet: cannot be read as Parquet: ",
        ("text.parquet",): "text.parquet: cannot be read as Parquet: ",
    }.items():
        done = run("clean", *args, cwd=tmp_path)
        assert done.code == 2
        assert words in done.err
        assert done.out == b""


def test_an_output_that_was_edited_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [CAPTURE, PLAIN, PLAIN])
    run("--audit", "audit", "a.parquet", "-o", "out.parquet", cwd=tmp_path)
    for texts in ([CLEAN + "x", PLAIN], [CLEAN], [CLEAN, PLAIN, PLAIN]):
        write(tmp_path / "edited.parquet", texts)
        done = run("restore", "audit", "edited.parquet", "-o", "back.parquet", cwd=tmp_path)
        assert done.code == 2
        assert "Traceback" not in done.err
        assert not (tmp_path / "back.parquet").exists()
    damaged = (tmp_path / "audit").read_text().replace(base64.b64encode(bytes([2] + [0] * 7)).decode(), "AAAA")
    (tmp_path / "audit").write_text(damaged)
    done = run("restore", "audit", "out.parquet", "-o", "back.parquet", cwd=tmp_path)
    assert done.code == 2
    assert "audit:" in done.err


def test_large_row_groups_become_several(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [f"{i}\n{PLAIN}" for i in range(50)], group=50)
    with mock.patch("dedupe.formats.parquet.GROUP_BYTES", 2000), mock.patch("dedupe.formats.parquet.SLICE_BYTES", 1000):
        out = str(tmp_path / "out.parquet")
        clean_files([str(tmp_path / "a.parquet")], ReadOptions(), CleanOptions(), WriteOptions(output=out))
    assert len(groups(tmp_path / "out.parquet")) > 1
    assert pq.read_table(out).equals(pq.read_table(tmp_path / "a.parquet"))


def test_removed_rows_are_for_other_formats(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [PLAIN, PLAIN])
    done = run("drop", "--removed", "gone", "a.parquet", "-o", "out.parquet", cwd=tmp_path)
    assert done.code == 2
    assert "a.parquet: is parquet, of which --removed holds no rows" in done.err
    assert not (tmp_path / "out.parquet").exists()


def test_sources_are_learned_from_columns(tmp_path: Path) -> None:
    pages = [f"The Daily\n\nStory {letter * 9}\n\nAll rights reserved" for letter in "abcdefghijkl"]
    table = pa.table({"text": pages, "url": [f"https://daily.example/{i}" for i in range(12)]})
    pq.write_table(table, tmp_path / "a.parquet")
    learned = run("learn", "a.parquet", cwd=tmp_path)
    assert "daily.example" in learned.out.decode()
