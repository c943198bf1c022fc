"""What trafilatura extracts is cleaned in each of its forms, by the library and by the command."""

import json
import subprocess
import sys
from typing import Any

from command import run
from texts import BODY, CAPTION, CLEAN, HEADLINE
from texts_column import need

need("trafilatura")

import trafilatura  # noqa: E402

from dedupe import CleanOptions  # noqa: E402
from dedupe.adapters.trafilatura_documents import clean_extractions  # noqa: E402

PARAGRAPHS = "".join(f"<p>{text}</p>" for text in [HEADLINE, CAPTION, CAPTION, HEADLINE, CAPTION, *BODY.split("\n\n")])
PAGE = f"<html><head><title>{HEADLINE}</title></head><body><article>{PARAGRAPHS}</article></body></html>"
EXPECTED = [line for line in CLEAN.splitlines() if line]


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_documents_and_dicts() -> None:
    document = trafilatura.bare_extraction(PAGE)
    before = document.text
    assert before.count(CAPTION) > 1
    clean, nothing, as_dict = clean_extractions([document, None, document.as_dict()])
    assert type(clean) is type(document)
    assert lines(clean.text) == EXPECTED
    assert (clean.title, clean.raw_text) == (document.title, document.raw_text)
    assert document.text == before
    assert nothing is None
    assert as_dict == {**document.as_dict(), "text": clean.text}
    assert next(clean_extractions([clean])) is clean
    assert next(clean_extractions([{"text": None}])) == {"text": None}


def test_json() -> None:
    text = trafilatura.extract(PAGE, output_format="json", with_metadata=True)
    (clean,) = clean_extractions([text])
    assert lines(json.loads(clean)["text"]) == EXPECTED
    assert {**json.loads(clean), "text": ""} == {**json.loads(text), "text": ""}


def test_options_reach_the_cleaner() -> None:
    document = {"text": trafilatura.bare_extraction(PAGE).text}
    assert next(clean_extractions([document], CleanOptions(no_rule=("repeat",)))) is document


def test_more_than_a_batch_stays_in_order() -> None:
    many: list[dict[str, Any]] = [{"n": n, "text": f"News {n}." if n % 3 else None} for n in range(600)]
    assert list(clean_extractions(iter(many))) == many


def test_the_command_takes_its_lines() -> None:
    command = [sys.executable, "-c", "from trafilatura.cli import main; main()", "--json"]
    extracted = subprocess.run(command, input=PAGE.encode(), capture_output=True, check=True).stdout
    (record,) = map(json.loads, run("clean", "--format", "jsonl", stdin=extracted).out.splitlines())
    assert lines(record["text"]) == EXPECTED
