"""The audit: `restore` gives the input back, or says which record does not fit and writes nothing."""

import json
from pathlib import Path

import pytest
from command import run
from texts import CAPTURE, CLEAN, PLAIN, jsonl

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
    from dedupe.audit import restore_stream
    from dedupe.errors import AuditError

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


def test_every_text_of_the_shared_data_comes_back(shared_data: Path, tmp_path: Path) -> None:
    for path in sorted([*shared_data.rglob("*.jsonl"), *shared_data.rglob("*.txt")]):
        if path.stat().st_size < 6_000_000:
            audit = tmp_path / "audit.jsonl"
            cleaned = run("clean", path, "--audit", audit)
            assert cleaned.code == 0
            assert run("restore", audit, stdin=cleaned.out) == (0, path.read_bytes(), ""), path
