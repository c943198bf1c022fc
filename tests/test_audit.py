"""The audit: `restore` gives the input back, or says which record does not fit and writes nothing."""

import gzip
import io
import json
import re
from pathlib import Path

import pytest
from command import run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from texts import CAPTURE, CLEAN, PLAIN, jsonl

from dedupe.audit import restore_stream
from dedupe.errors import AuditError

ESCAPED = jsonl(CAPTURE.replace("bridge", "brücke\ud83d"), PLAIN, ascii=True)
LATIN = CAPTURE.replace("bridge", "brücke").encode("latin-1")
INPUTS = {
    "text": CAPTURE.encode(),
    "text-crlf": CAPTURE.replace("\n", "\r\n").encode(),
    "text-without-a-last-line-end": CAPTURE.rstrip("\n").encode(),
    "two-articles": f"{CAPTURE}\n\n\n{CAPTURE}".encode(),
    "bom": b"\xef\xbb\xbf" + CAPTURE.encode(),
    "latin-1": LATIN,
    "jsonl": jsonl(PLAIN, CAPTURE, PLAIN, CAPTURE),
    "jsonl-escaped": ESCAPED,
    "jsonl-latin-1": b'{"text": "' + LATIN.replace(b"\n", b"\\n") + b'"}\n',
    "jsonl-broken": jsonl(CAPTURE) + b"{\n\xff\n\n" + jsonl(CAPTURE),
    "empty": b"",
    "blank": b"\n \n",
    "mojibake": "sÃ¼Ã\x9f\n".encode(),
}


@pytest.mark.parametrize("name", INPUTS)
def test_restore_gives_the_input_back(tmp_path: Path, name: str) -> None:
    audit = tmp_path / "audit.jsonl"
    cleaned = run("clean", "--audit", audit, stdin=INPUTS[name])
    restored = run("restore", audit, stdin=cleaned.out)
    assert restored == (0, INPUTS[name], "")
    assert not list(tmp_path.glob("*.part"))


def test_restore_of_several_sources(tmp_path: Path) -> None:
    for name, data in INPUTS.items():
        (tmp_path / name).write_bytes(data)
    names = [tmp_path / name for name in INPUTS]
    cleaned = run("clean", "--audit", "audit.jsonl", *names, cwd=tmp_path)
    (tmp_path / "out").write_bytes(cleaned.out)
    assert run("restore", "audit.jsonl", "out", "-o", "back", cwd=tmp_path).code == 0
    assert (tmp_path / "back").read_bytes() == b"".join(INPUTS.values())


def test_restore_in_place(tmp_path: Path) -> None:
    names = []
    for name, data in INPUTS.items():
        names.append(tmp_path / name)
        names[-1].write_bytes(data)
    run("clean", "--in-place", "--audit", tmp_path / "audit.jsonl", *names)
    assert (tmp_path / "text").read_text() == CLEAN
    assert run("restore", tmp_path / "audit.jsonl", tmp_path / "jsonl").out == INPUTS["jsonl"]
    assert run("restore", "--in-place", tmp_path / "audit.jsonl") == (0, b"", "")
    assert {path.name: path.read_bytes() for path in names} == INPUTS


def test_an_edit_names_its_rule_and_the_text_it_took(tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    run("clean", "--audit", audit, stdin=jsonl(PLAIN, CAPTURE))
    entries = [json.loads(line) for line in audit.read_text().splitlines()]
    assert entries[0]["audit"] == 1
    assert entries[0]["command"] == "clean"
    edits = [entry for entry in entries if "rule" in entry]
    assert {(edit["record"], edit["id"]) for edit in edits} == {(2, 1)}
    assert [(edit["rule"], edit["took"]) for edit in edits][1:3] == [
        ("widgets.font-size", "TT\n"),
        ("widgets.font-size", "20\n"),
    ]
    assert entries[-1] == {"sources": 1}


def audited(tmp_path: Path) -> tuple[Path, bytes]:
    audit = tmp_path / "audit.jsonl"
    return audit, run("clean", "--audit", audit, stdin=jsonl(PLAIN, CAPTURE, PLAIN)).out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda out: out.replace(b"Monday", b"Friday", 1), "-: record 1 is not as dedupe left it"),
        (lambda out: out[:-9], "-: record 3 is not as dedupe left it"),
        (lambda out: out + b"more", "stdin: goes on where dedupe had ended it"),
        (lambda out: b"", "-: record 1 is not as dedupe left it"),
    ],
)
def test_text_edited_since_is_named(tmp_path: Path, change, message: str) -> None:
    audit, out = audited(tmp_path)
    done = run("restore", audit, stdin=change(out))
    assert (done.code, done.out) == (2, b"")
    assert message in done.err
    target = tmp_path / "target"
    target.write_text("before")
    assert run("restore", audit, "-o", target, stdin=change(out)).code == 2
    assert target.read_text() == "before"


def test_a_damaged_audit_is_never_followed(tmp_path: Path) -> None:
    """Whatever byte is lost or changed: the input comes back, or an error and nothing else."""
    audit, out = audited(tmp_path)
    whole = audit.read_bytes()
    wanted = jsonl(PLAIN, CAPTURE, PLAIN)
    damaged = [whole[:cut] for cut in range(0, len(whole), 97)]
    damaged += [whole[:at] + b"7" + whole[at + 1 :] for at in range(0, len(whole), 101)]
    damaged += [whole[:at] + whole[at + 1 :] for at in range(0, len(whole), 103)]
    for data in damaged:
        audit.write_bytes(data)
        try:
            with open(tmp_path / "out", "wb") as file:
                file.write(out)
            with open(tmp_path / "out", "rb") as file:
                assert b"".join(restore_stream(str(audit), file)) == wanted
        except AuditError:
            pass


@pytest.mark.parametrize("content", [b"", b"{}\n", b"nothing\n", b'{"audit": 99}\n', b"[]\n"])
def test_what_is_no_audit(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(content)
    done = run("restore", path)
    assert (done.code, done.out) == (2, b"")
    assert done.err.startswith(f"dedupe: {path}")


def test_restore_says_what_it_needs(tmp_path: Path) -> None:
    audit, _ = audited(tmp_path)
    assert "is the audit of a stream" in run("restore", "--in-place", audit).err
    assert "cannot be read" in run("restore", tmp_path / "nowhere").err
    assert "cannot be read" in run("restore", audit, tmp_path / "nowhere").err


def test_an_audit_that_cannot_be_written(tmp_path: Path) -> None:
    done = run("clean", "--audit", tmp_path / "no" / "audit.jsonl", stdin=b"x")
    assert (done.code, done.out) == (2, b"")
    (tmp_path / "audit.jsonl.part").write_text("")
    done = run("clean", "--audit", tmp_path / "audit.jsonl", stdin=b"x")
    assert done.code == 2
    assert "left from a run that was cut short" in done.err


def entries_of(data: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in data.splitlines()]


@pytest.fixture(scope="module")
def real_audits(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[bytes, bytes, bytes]]:
    """Audits with entries of every kind, what was written with them, and what was read."""
    folder = tmp_path_factory.mktemp("audits")
    audits = []
    for number, (args, data) in enumerate(
        [
            (["clean"], INPUTS["text"]),
            (["clean"], jsonl(PLAIN, CAPTURE) + b'{"text": "caf\xe9 s\xc3"}\n' + jsonl("sÃ¼Ã\x9f " * 9, ascii=True)),
            (["drop"], jsonl(PLAIN, CAPTURE, PLAIN, CAPTURE) + b"{\n"),
            (["--keep", "last"], jsonl(PLAIN, CAPTURE, PLAIN)),
            (["drop", "--annotate"], jsonl(PLAIN, PLAIN)),
        ]
    ):
        audit = folder / str(number)
        audits.append((audit, run(*args, "-", "--audit", audit, stdin=data).out, data))
    return [(audit.read_bytes(), out, data) for audit, out, data in audits]


HOSTILE = st.one_of(
    st.sampled_from(
        [None, True, -1, 0, 1, 5, 2**31, 2**63, 10**30, 1.5, float("nan"), float("inf"), "", "x", "é\u2028"]
    ),
    st.sampled_from(["\ud800", "AAAA", "AA==", "//////////8=", "\0", [], {}, [1], {"a": 1}]),
    st.integers(-5, 3000),
    st.text(max_size=5),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_hostile_audit_gives_the_input_or_an_audit_error(
    real_audits: list[tuple[bytes, bytes, bytes]], tmp_path: Path, data: st.DataObject
) -> None:
    audit, out, wanted = data.draw(st.sampled_from(real_audits))
    entries = entries_of(audit)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(entries) - 1))
        entry = entries[at]
        match data.draw(st.sampled_from(["set", "delete", "add", "drop", "repeat", "swap"])):
            case "set" if entry:
                entry[data.draw(st.sampled_from(sorted(entry)))] = data.draw(HOSTILE)
            case "delete" if entry:
                del entry[data.draw(st.sampled_from(sorted(entry)))]
            case "add":
                keys = [
                    "at",
                    "line",
                    "took",
                    "put",
                    "took_raw",
                    "put_raw",
                    "records",
                    "end",
                    "sources",
                    "join",
                    "source",
                ]
                entry[data.draw(st.sampled_from(keys))] = data.draw(HOSTILE)
            case "drop" if len(entries) > 1:
                del entries[at]
            case "repeat":
                entries.insert(at, dict(entry))
            case "swap":
                other = data.draw(st.integers(0, len(entries) - 1))
                entries[at], entries[other] = entries[other], entries[at]
    path = tmp_path / "hostile"
    path.write_bytes(b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
    pieces = []
    try:
        pieces.extend(restore_stream(str(path), io.BytesIO(out)))
    except AuditError:
        return
    assert b"".join(pieces) == wanted


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"record": 2, "rule": "x", "at": 5, "took": 5, "put": ""}', "'took' is no text"),
        (b'{"record": 2, "rule": "x", "at": 5, "put": ""}', "'took' is missing"),
        (b'{"record": 2, "rule": "x", "at": -1, "took": "a", "put": ""}', "'at' is no count"),
        (b'{"record": 2, "rule": "x", "at": NaN, "took": "a", "put": ""}', "'at' is no count"),
        (b'{"record": 2, "rule": "x", "at": true, "took": "a", "put": ""}', "'at' is no count"),
        (b'{"record": 2, "rule": "x", "at": 1, "took_raw": "=", "put": ""}', "'took_raw' is not base64"),
        (b'{"record": 2, "rule": "x", "at": 1, "line": ["a"]}', "'line' is no text"),
        (b'{"records": 1e9, "sizes": "", "checks": ""}', "'records' is no count"),
        (b'{"records": 1, "sizes": "AAAA", "checks": ""}', "'sizes' is cut"),
        (b'{"records": 1, "sizes": "//////////8=", "checks": "AAAAAA=="}', "do not fit"),
        (b'{"end": "-", "bytes_in": "1", "bytes_out": 1, "crc32_in": 1}', "'bytes_in' is no count"),
        (b"[" * 100_000, "is not JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "is not JSON"),
        (b'{"at": "\xff"}', "is not JSON"),
        (b"[]", "is no JSON object"),
        (b"", "is not JSON"),
        (b'{"at": ' + b"9" * 5000 + b"}", "is not JSON"),
    ],
)
def test_the_line_that_is_not_sound_is_named(tmp_path: Path, line: bytes, message: str) -> None:
    audit, out = audited(tmp_path)
    lines = audit.read_bytes().splitlines(keepends=True)
    lines.insert(3, line + b"\n")
    audit.write_bytes(b"".join(lines))
    with pytest.raises(AuditError, match=re.escape(f"{audit}:4: ")) as caught:
        list(restore_stream(str(audit), io.BytesIO(out)))
    assert message in str(caught.value)


@pytest.mark.parametrize("source", [b"5", b"null", b'"a\\u0000b"', b'["a"]'])
def test_a_source_that_cannot_be_is_named(tmp_path: Path, source: bytes) -> None:
    audit, out = audited(tmp_path)
    audit.write_bytes(audit.read_bytes().replace(b'{"source": "-"', b'{"source": ' + source, 1))
    done = run("restore", audit, stdin=out)
    assert (done.code, done.out) == (2, b"")
    assert done.err.startswith(f"dedupe: {audit}:2: is not as dedupe writes it: ")


def test_restore_in_place_touches_nothing_where_the_audit_is_damaged(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(CAPTURE)
    run("clean", "--in-place", "--audit", "audit", "a.txt", "b.txt", cwd=tmp_path)
    audit = tmp_path / "audit"
    audit.write_bytes(audit.read_bytes().replace(b'"took": "TT', b'"took": 5, "x": "TT').replace(b"5", b'"', 1))
    assert run("restore", "--in-place", audit).code == 2
    assert (tmp_path / "a.txt").read_text() == (tmp_path / "b.txt").read_text() == CLEAN


def test_what_a_killed_run_has_rewritten_is_restored(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(CAPTURE)
    run("clean", "--in-place", "--audit", "audit", "a.txt", "b.txt", cwd=tmp_path)
    audit = tmp_path / "audit"
    whole = audit.read_bytes()
    second = whole.index(b'{"source"', whole.index(b'{"end"'))
    (tmp_path / "b.txt").write_text(CAPTURE)
    for cut in (second, second + 5, len(whole) - 40):
        (tmp_path / "a.txt").write_text(CLEAN)
        audit.write_bytes(whole[:cut])
        done = run("restore", "--in-place", audit)
        assert done.code == 2
        assert "breaks off" in done.err
        assert (tmp_path / "a.txt").read_text() == CAPTURE


def test_restore_in_place_from_anywhere(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "plain.txt"):
        (tmp_path / name).write_text(PLAIN if name == "plain.txt" else CAPTURE)
    (tmp_path / "cut.txt.gz").write_bytes(gzip.compress(CAPTURE.encode())[:-5])
    names = ["a.txt", "b.txt", "plain.txt", "cut.txt.gz"]
    assert run("clean", "--in-place", "--audit", "audit", *names, cwd=tmp_path).code == 2
    elsewhere = tmp_path / "moved"
    elsewhere.mkdir()
    assert run("restore", tmp_path / "audit", tmp_path / "b.txt", cwd=Path("/")).out == CAPTURE.encode()
    (tmp_path / "plain.txt").write_text("edited since, and none of restore's business")
    assert run("restore", "--in-place", tmp_path / "audit", cwd=elsewhere) == (0, b"", "")
    assert (tmp_path / "a.txt").read_text() == (tmp_path / "b.txt").read_text() == CAPTURE
    assert run("restore", "--in-place", tmp_path / "audit") == (0, b"", "")  # it is as it was before already
    (elsewhere / "a.txt").write_text(CLEAN)
    assert run("restore", tmp_path / "audit", elsewhere / "a.txt").out == CAPTURE.encode()
    assert "not among them" in run("restore", tmp_path / "audit", tmp_path / "audit").err
    (tmp_path / "a.txt").write_text("edited")
    done = run("restore", "--in-place", tmp_path / "audit")
    assert done.code == 2
    assert f"{tmp_path / 'a.txt'}: record 1 is not as dedupe left it" in done.err


def test_separators_of_lines_are_written_as_escapes(tmp_path: Path) -> None:
    """JSON may hold them raw, and `str.splitlines` and others cut there."""
    text = "Ã©tÃ© â€¨ line â€© paragraph \u2028 as it was"
    done = run("clean", "--audit", tmp_path / "audit", stdin=jsonl(text))
    assert json.loads(done.out)["text"] == "été \u2028 line \u2029 paragraph \u2028 as it was"
    assert "\\u2028 line \\u2029" in done.out.decode()
    assert len((tmp_path / "audit").read_text().splitlines()) == (tmp_path / "audit").read_bytes().count(b"\n")
    assert run("restore", tmp_path / "audit", stdin=done.out).out == jsonl(text)


def test_every_text_of_the_shared_data_comes_back(shared_data: Path, tmp_path: Path) -> None:
    for path in sorted([*shared_data.rglob("*.jsonl"), *shared_data.rglob("*.txt")]):
        if path.stat().st_size < 6_000_000:
            audit = tmp_path / "audit.jsonl"
            cleaned = run("clean", path, "--audit", audit)
            assert cleaned.code == 0
            assert run("restore", audit, stdin=cleaned.out) == (0, path.read_bytes(), ""), path
