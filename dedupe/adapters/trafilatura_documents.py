"""trafilatura: what it extracts, cleaned, in the kind it came in.

Its JSON lines are records with the field `text` and pass through the command as they are:
`trafilatura --json ... | dedupe --format jsonl`. This module is for programs.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from copy import copy
from typing import Any, TypeVar

from dedupe.library import clean_documents
from dedupe.options import CleanOptions

Extraction = TypeVar("Extraction")


def clean_extractions(extractions: Iterable[Extraction], options: CleanOptions | None = None) -> Iterator[Extraction]:
    """Cleans the texts of extractions, in order: Documents or dicts as bare_extraction gives them, or JSON as
    extract and the command do.

    What does not change comes out as the same object, what does as a copy. None, where nothing was extracted,
    stays None. Only `text` is cleaned; `raw_text`, `comments` and `fingerprint` are of the page as it was.

    >>> list(clean_extractions([{"title": "T", "text": "News."}, None]))
    [{'title': 'T', 'text': 'News.'}, None]
    """
    waiting: deque[tuple[Extraction, Any]] = deque()

    def texts() -> Iterator[str]:
        for extraction in extractions:
            value = json.loads(extraction) if isinstance(extraction, str) else extraction
            waiting.append((extraction, value))
            yield _text_of(value)

    for clean in clean_documents(texts(), options):
        extraction, value = waiting.popleft()
        yield extraction if clean == _text_of(value) else _with_text(extraction, value, clean)


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    return (value.get("text") if isinstance(value, dict) else value.text) or ""


def _with_text(extraction: Any, value: Any, text: str) -> Any:
    if isinstance(extraction, str):
        return json.dumps({**value, "text": text}, ensure_ascii=False)
    if isinstance(value, dict):
        return {**value, "text": text}
    document = copy(value)
    document.text = text
    return document
