"""The promises as laws over texts that give the cleaner work: nasty characters, copies, near copies,
artifacts, blank lines of every kind, captures of several articles."""

import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from batches import texts
from command import Memory
from hypothesis import example, given
from hypothesis import strategies as st
from texts import BODY, CAPTION, CAPTURE, HEADLINE

from dedupe import clean_documents, clean_text, read
from dedupe.audit import Journal, restore_stream
from dedupe.clean.cleaner import Cleaner
from dedupe.document import Edit
from dedupe.options import CleanOptions, ReadOptions
from dedupe.pipeline import Flow
from dedupe.report import Report

PROSE = BODY.split("\n\n")[0]
LINES = st.sampled_from(
    [
        *[HEADLINE, HEADLINE, HEADLINE.upper(), HEADLINE + " | The Wend Courier", HEADLINE[:24] + "…"],
        *[
            CAPTION,
            CAPTION,
            "Photo: " + CAPTION,
            CAPTION.replace("bridge", "br\ufffddge"),
            CAPTION.replace(" ", "\u00a0"),
        ],
        *["TT", "TT", "20", "Ana Ruiz", "Advertisement", "By Ana Ruiz"],
        *["", "", "", " ", "\u3000", "\u200b"],
        *[PROSE, PROSE, PROSE + " Later.", PROSE[::-1], "古い橋は冬の間も開いたままになると市長が月曜日に述べた。" * 3],
        *["1-0", "a\x00b", "sÃ¼Ã\x9f", "x\x1b[1mbold", "\ud83d", "| a | b |"],
    ]
)
ENDINGS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\n", "\n\n\n\n"])
DOCUMENTS = st.one_of(
    st.lists(st.tuples(st.one_of(LINES, LINES, LINES, texts), ENDINGS), max_size=24).map(
        lambda rows: "".join(line + ending for line, ending in rows)
    ),
    texts,
)
OPTIONS = st.sampled_from(
    [
        CleanOptions(),
        CleanOptions(captions="drop"),
        CleanOptions(split="never"),
        CleanOptions(split="^Old"),
        CleanOptions(no_rule=("repeat.caption", "widgets")),
    ]
)


def clean_bytes(
    data: bytes, format: str, options: CleanOptions, journal: Journal | None = None
) -> tuple[bytes, Report]:
    sink, report = Memory(), Report(shows_progress=False, counts_lines=True)
    flow = Flow(ReadOptions(format=format), report, Cleaner(options), split=options.split)
    flow.journal = journal
    stream = io.BytesIO(data)
    flow.run_source(read.Source("-", stream, format, stream.read(read.BLOCK_BYTES)), sink)
    return sink.getvalue(), report


def jsonl(documents: list[str]) -> bytes:
    return "".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(documents)).encode()


def undo(text: str, edits: tuple[Edit, ...]) -> str:
    # Edits ascend in the original, so once those before one are undone its place is the original one.
    for edit in edits:
        at = edit.start
        assert text[at : at + len(edit.put)] == edit.put
        text = text[:at] + edit.took + text[at + len(edit.put) :]
    return text


@given(DOCUMENTS, OPTIONS)
@example(CAPTURE, CleanOptions())
def test_every_edit_says_what_it_took_and_can_be_undone(text: str, options: CleanOptions) -> None:
    clean, edits = clean_text(text, options)
    assert [text[edit.start : edit.end] for edit in edits] == [edit.took for edit in edits]
    assert all(a.end <= b.start for a, b in zip(edits, edits[1:], strict=False))
    assert all(edit.rule and edit.took != edit.put for edit in edits)
    assert undo(clean, edits) == text


@given(DOCUMENTS, OPTIONS)
@example(CAPTURE, CleanOptions())
def test_clean_text_is_clean(text: str, options: CleanOptions) -> None:
    clean = clean_text(text, options).text
    assert clean_text(clean, options) == (clean, ())


@given(DOCUMENTS, OPTIONS)
def test_what_stays_stays_as_it_was_and_in_order(text: str, options: CleanOptions) -> None:
    clean, edits = clean_text(text, options)
    if any(edit.rule.startswith("repair") for edit in edits):
        return
    left = iter(text.split("\n"))
    assert all(
        any(line == other or line + "\r" == other for other in left) for line in clean.split("\n") if line.strip()
    )
    assert bool(clean.strip()) == bool(text.strip())


@given(st.lists(DOCUMENTS, max_size=4), OPTIONS)
@example([CAPTURE, "", CAPTURE], CleanOptions())
def test_nothing_is_lost(documents: list[str], options: CleanOptions) -> None:
    for format, data in (("jsonl", jsonl(documents)), ("text", "\n".join(documents).encode("utf-8", "replace"))):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "audit.jsonl"
            journal = Journal(str(path), {})
            out, report = clean_bytes(data, format, options, journal)
            journal.commit()
            assert b"".join(restore_stream(str(path), io.BytesIO(out))) == data
        assert report.lines_in - report.lines_out == count_lines(data, format) - count_lines(out, format)


def count_lines(data: bytes, format: str) -> int:
    if format == "jsonl":
        texts = [json.loads(line)["text"] for line in data.split(b"\n") if line]
    else:
        texts = [data.decode()]
    return sum(len(text.split("\n")) - (text[-1:] in ("\n", "")) for text in texts)


@given(st.lists(DOCUMENTS, max_size=6), st.integers(1, 300), OPTIONS)
@example([CAPTURE, CAPTURE], 7, CleanOptions())
def test_how_it_is_cut_into_blocks_changes_nothing(documents: list[str], block: int, options: CleanOptions) -> None:
    for format, data in (("jsonl", jsonl(documents)), ("text", "\n\n\n\n".join(documents).encode("utf-8", "replace"))):
        whole, _ = clean_bytes(data, format, options)
        with mock.patch.object(read, "BLOCK_BYTES", block):
            assert clean_bytes(data, format, options)[0] == whole


@given(st.lists(DOCUMENTS, max_size=6), OPTIONS)
def test_the_library_and_the_command_agree(documents: list[str], options: CleanOptions) -> None:
    out, _ = clean_bytes(jsonl(documents), "jsonl", options)
    cleaned = [clean_text(text, options).text for text in documents]
    assert [json.loads(line)["text"] for line in out.decode().split("\n") if line] == cleaned
    assert list(clean_documents(documents, options)) == cleaned
    records = [{"id": i, "body": text} for i, text in enumerate(documents)]
    assert [row["body"] for row in clean_documents(records, options, field="body")] == cleaned


def test_a_document_that_does_not_change_is_the_same_object() -> None:
    record = {"text": PROSE}
    assert next(clean_documents([record])) is record
    assert next(clean_documents([PROSE])) is PROSE
