"""Cleaning for Python programs: texts in, texts out, on the same stages as the command line."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar, cast

from dedupe.clean.cleaner import Cleaner
from dedupe.document import Cleaned, Edit, Splice, apply_splices
from dedupe.options import CleanOptions

BATCH_DOCUMENTS = 256  # what one call of the engine looks through

Document = TypeVar("Document", str, Mapping[str, Any])


def clean_text(text: str, options: CleanOptions | None = None) -> Cleaned:
    """Cleans one document, or one capture with several articles.

    The result's edits lead from `text` to the clean text. Raises RulesError where `options` names
    rules that cannot be used.

    >>> clean_text("Rain in Rome again\\n\\nRain in Rome again\\n\\n" + "It rained for hours. " * 9).text[:20]
    'Rain in Rome again\\n\\n'
    """
    data = text.encode("utf-8", "surrogatepass")
    cleaner = Cleaner(options)
    splices = cleaner.clean_document(data)
    if not splices:
        return Cleaned(text, ())
    clean = apply_splices(data, splices).decode("utf-8", "surrogatepass")
    return Cleaned(clean, tuple(_edits(data, splices)))


def _edits(data: bytes, splices: Iterable[Splice]) -> Iterator[Edit]:
    characters = position = 0
    for splice in splices:
        characters += len(data[position : splice.start].decode("utf-8", "surrogatepass"))
        took = data[splice.start : splice.end].decode("utf-8", "surrogatepass")
        yield Edit(characters, characters + len(took), splice.put.decode("utf-8", "surrogatepass"), took, splice.rule)
        characters += len(took)
        position = splice.end


def clean_documents(
    documents: Iterable[Document], options: CleanOptions | None = None, field: str = "text"
) -> Iterator[Document]:
    """Cleans a stream of documents, in order: strings, or mappings whose `field` holds the text.

    A document in which nothing changes comes out as the same object; a mapping that changes, as a
    copy of type dict. Reads ahead at most 256 documents. Raises KeyError for a mapping without
    `field` and TypeError for a text that is no string.

    >>> list(clean_documents([{"id": 1, "text": "News."}]))
    [{'id': 1, 'text': 'News.'}]
    """
    cleaner = Cleaner(options)
    stream = iter(documents)
    while batch := list(islice(stream, BATCH_DOCUMENTS)):
        texts = [_text_of(document, field).encode("utf-8", "surrogatepass") for document in batch]
        offsets = array("q", [0])
        for text in texts:
            offsets.append(offsets[-1] + len(text))
        for i, splices in cleaner.find_edits(b"".join(texts), offsets).splices().items():
            clean = apply_splices(texts[i], splices).decode("utf-8", "surrogatepass")
            batch[i] = _with_text(batch[i], field, clean)
        yield from batch


def _text_of(document: str | Mapping[str, Any], field: str) -> str:
    text = document if isinstance(document, str) else document[field]
    if not isinstance(text, str):
        raise TypeError(f"a text must be a str, not {type(text).__name__}")
    return text


def _with_text(document: Document, field: str, text: str) -> Document:
    if isinstance(document, str):
        return text
    return cast(Document, {**document, field: text})
