"""Markdown: what has a syntax stays, the rest is cleaned as text; the promises hold as they do for text."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pytest
from command import run
from hypothesis import example, given
from hypothesis import strategies as st
from test_promises import ENDINGS, LINES, OPTIONS, clean_bytes, undo
from texts import BODY, CAPTURE, CLEAN

import dedupe
from dedupe.audit import Journal, restore_stream
from dedupe.clean.markdown import FREE, VERBATIM, MarkdownLines, front_matter_end
from dedupe.options import CleanOptions

PROSE = BODY.split("\n\n")[0]
SYNTAX = st.sampled_from(
    [
        *[
            "---",
            "---",
            "+++",
            "...",
            "```",
            "```",
            "```sh",
            "~~~~",
            "> ```",
            "- ```",
            "\x01```",
            "$$",
            "===",
            "|---|--|",
        ],
        *["<pre>", "</pre>", "<!--", "-->", "<div>", "<br>", "# TT", "## " + PROSE, "    TT", "\tTT", "| TT | 20 |"],
        *[
            f"[{PROSE}](http://a.b/)",
            "[TT](x)",
            "![TT](x)",
            "[x]: http://a.b",
            f"{PROSE} <http://a.b/>",
            "a | b",
            "--|--",
        ],
        *["a | b", "--|--", "```sh", "a `b", "b` c", "a [b", "b](c)"],
        *["sÃ¼Ã\x9f [x](sÃ¼Ã\x9f)", "sÃ¼Ã\x9f [x](y)", "sÃ¼Ã\x9f `x`", "- Share", "> Advertisement", "1. TT", "TT  "],
    ]
)
DOCUMENTS = st.lists(st.tuples(st.one_of(LINES, SYNTAX, SYNTAX), ENDINGS), max_size=24).map(
    lambda rows: "".join(line + ending for line, ending in rows)
)
FRONT = "---\ntitle: x\nTT\n---\n\n"


def staying(text: str) -> list[bytes]:
    """The lines that no cleaning takes out."""
    lines = MarkdownLines(text.encode("utf-8", "surrogatepass"))
    return [line for line, kind in zip(lines.lines, lines.kind, strict=True) if kind != FREE]


def verbatim(text: str) -> list[bytes]:
    lines = MarkdownLines(text.encode("utf-8", "surrogatepass"))
    return [line for line, kind in zip(lines.lines, lines.kind, strict=True) if kind == VERBATIM]


@given(DOCUMENTS, OPTIONS)
@example(FRONT + CAPTURE, CleanOptions())
def test_what_has_a_syntax_stays(text: str, options: CleanOptions) -> None:
    clean = dedupe.clean_text(text, options, "markdown").text
    without_repair = "\x01" not in text and "Ã" not in text and "\x1b" not in text and "\ud83d" not in text
    if without_repair and "\x00" not in text and "\x81" not in text:
        assert staying(clean) == staying(text)
        assert verbatim(clean) == verbatim(text)


@given(DOCUMENTS, OPTIONS)
@example(FRONT + CAPTURE, CleanOptions())
@example("\x01```\nsÃ¼Ã\x9f\n```\nsÃ¼Ã\x9f\n", CleanOptions())
def test_clean_markdown_is_clean_and_edits_can_be_undone(text: str, options: CleanOptions) -> None:
    clean, edits = dedupe.clean_text(text, options, "markdown")
    assert dedupe.clean_text(clean, options, "markdown") == (clean, ())
    assert [text[edit.start : edit.end] for edit in edits] == [edit.took for edit in edits]
    assert undo(clean, edits) == text


@given(DOCUMENTS)
@example(FRONT + CAPTURE)
def test_nothing_is_lost(text: str) -> None:
    data = text.encode("utf-8", "replace")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "audit.jsonl"
        journal = Journal(str(path), {})
        out, report = clean_bytes(data, "markdown", CleanOptions(), journal)
        journal.commit()
        assert b"".join(restore_stream(str(path), io.BytesIO(out))) == data
    assert report.lines_in - report.lines_out == len(data.splitlines()) - len(out.splitlines()) or b"\r" in data


def test_plain_text_in_markdown_is_cleaned_as_text() -> None:
    assert dedupe.clean_text(CAPTURE, format="markdown").text == CLEAN
    assert dedupe.clean_text(FRONT + CAPTURE, format="markdown").text == FRONT + CLEAN
    with pytest.raises(ValueError, match="use text or markdown"):
        dedupe.clean_text("x", format="html")


def test_a_rule_of_the_users_that_knows_every_line(tmp_path: Path) -> None:
    rules = tmp_path / "mine.toml"
    rules.write_text("[[rule]]\nid = \"mine.all\"\npattern = '(?!The ).*'\n")
    text = f"{FRONT}```\nTT\n```\n\n{PROSE}\n\nOf one kind\n\n[x](y)\n\n{PROSE[:-1]}\n"
    clean = dedupe.clean_text(text, CleanOptions(rules=(str(rules),)), "markdown").text
    assert staying(clean) == staying(text)
    assert "Of one kind" not in clean


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("", 0),
        ("---", 0),
        ("---\n", 0),
        ("---\na: b\n", 0),
        ("---\na\n---", 9),
        ("---\na\n...\nb", 10),
        ("\n---\n---\n", 0),
    ],
)
def test_where_front_matter_ends(text: str, end: int) -> None:
    assert front_matter_end(text.encode()) == end


def test_the_command_goes_by_the_suffix(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"{FRONT}{CAPTURE}\n```\n{CAPTURE}```\n")
    clean = f"{FRONT}{CLEAN}\n```\n{CAPTURE}```\n"
    assert run("clean", path).out.decode() == clean
    assert run("clean", "--format", "markdown", stdin=path.read_bytes()).out.decode() == clean
    assert run("clean", "--in-place", "--audit", tmp_path / "audit", path).code == 0
    assert path.read_text() == clean
    assert run("restore", "--in-place", tmp_path / "audit").code == 0
    assert path.read_text() == f"{FRONT}{CAPTURE}\n```\n{CAPTURE}```\n"


def test_front_matter_neither_makes_nor_hides_a_copy(tmp_path: Path) -> None:
    for name, title, body in (("a", "one", BODY), ("b", "two", BODY), ("c", "one", BODY.replace("old", "new"))):
        (tmp_path / f"{name}.md").write_text(f"---\ntitle: {title}\n" + "x: y\n" * 40 + f"---\n{body}")
    out = run("drop", "--threshold", "0.99", tmp_path / "a.md", tmp_path / "b.md", tmp_path / "c.md").out.decode()
    assert "title: two" not in out
    assert out.count("title: one") == 2


def test_what_is_done_to_real_markdown(shared_data: Path) -> None:
    """596 articles that scrapers wrote: the lines that go were looked at one by one, and all are a player's or a
    loader's; two lines lose a character that nobody sees."""
    took: dict[str, int] = {}
    for row in (shared_data / "corpora" / "markdown-articles.jsonl").read_bytes().splitlines():
        text = orjson.loads(row)["text"]
        clean, edits = dedupe.clean_text(text, format="markdown")
        if not edits:
            continue
        assert verbatim(clean) == verbatim(text)
        for edit in edits:
            took[edit.took.strip() if edit.rule.startswith("en.") else edit.rule] = 1
    assert sorted(took) == [
        "Loading...",
        "Loading…",
        "Play video",
        "Your browser does not support the video tag.",
        "repair.unicode",
    ]
