"""For Python programs: texts in, texts and decisions out, on the same stages as the command line."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from dedupe.clean.cleaner import Cleaner
from dedupe.document import Cleaned, Edit, Removal, Splice, apply_splices, encode
from dedupe.options import CleanOptions, DropOptions
from dedupe.sources import source_of

if TYPE_CHECKING:
    import numpy as np
    from datasketch import LeanMinHash, MinHash

BATCH_DOCUMENTS = 256  # what one call of the engine looks through

Document = TypeVar("Document", str, Mapping[str, Any])


def clean_text(text: str, options: CleanOptions | None = None, format: str = "text") -> Cleaned:
    """Cleans one document, or one capture with several articles. `format` is text or markdown.

    The result's edits lead from `text` to the clean text. Raises TypeError for a text that is no string,
    RulesError where `options` names rules that cannot be used, ValueError where it switches off what there
    is not.

    >>> clean_text("Rain in Rome again\\n\\nRain in Rome again\\n\\n" + "It rained for hours. " * 9).text[:20]
    'Rain in Rome again\\n\\n'
    """
    data = encode(text)
    if format not in ("text", "markdown"):
        raise ValueError(f"format {format!r}: use text or markdown")
    cleaner = _make_cleaner(options)
    splices = cleaner.clean_document(data, cleaner.options.source, format)
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
    return _clean_documents(each(documents, "clean_text"), _make_cleaner(options), field)


def _clean_documents(stream: Iterator[Document], cleaner: Cleaner, field: str) -> Iterator[Document]:
    while batch := list(islice(stream, BATCH_DOCUMENTS)):
        texts = [encode(text_of(document, field)) for document in batch]
        offsets = array("q", [0])
        for text in texts:
            offsets.append(offsets[-1] + len(text))
        sources = [source_of(document, cleaner.by) or cleaner.options.source for document in batch]
        for i, splices in cleaner.find_edits(b"".join(texts), offsets, sources).splices().items():
            clean = apply_splices(texts[i], splices).decode("utf-8", "surrogatepass")
            batch[i] = _with_text(batch[i], field, clean)
        yield from batch


def each(documents: Iterable[Any], for_one: str = "") -> Iterator[Any]:
    """The documents one by one; a single text is none of their kind."""
    if isinstance(documents, str | bytes | Mapping):
        what, hint = type(documents).__name__, f"; {for_one} takes one" if for_one else ""
        raise TypeError(f"documents must be an iterable of str or mappings, not one {what}{hint}")
    return iter(documents)


def _make_cleaner(options: CleanOptions | None) -> Cleaner:
    if options is not None and not isinstance(options, CleanOptions):
        raise TypeError(f"options must be CleanOptions, not {type(options).__name__}")
    return Cleaner(options)


def text_of(document: str | Mapping[str, Any], field: str) -> str:
    if isinstance(document, str):
        return document
    if not hasattr(document, "keys"):
        raise TypeError(f"a document must be a str or a mapping, not {type(document).__name__}")
    text: str = document[field]
    return text


def _with_text(document: Document, field: str, text: str) -> Document:
    if isinstance(document, str):
        return text
    return cast(Document, {**document, field: text})


class Result(NamedTuple):
    """What `drop_duplicates` decides, by the documents' numbers in the input.

    `clusters` has, for each document that stays and has copies, its number and theirs; `parameters` is
    what the run was built for, the expected recall at the threshold among it.
    """

    kept: list[int]
    removals: list[Removal]
    clusters: list[list[int]]
    parameters: dict[str, float]


def drop_duplicates(
    documents: Iterable[str | Mapping[str, Any]], options: DropOptions | None = None, field: str = "text"
) -> Result:
    """Decides which documents of a corpus stay: strings, or mappings whose `field` holds the text.

    Documents are compared whole. Texts are kept in a temporary file until the call ends. Raises ValueError
    for options that contradict, KeyError and TypeError as clean_documents does.

    >>> drop_duplicates(["a b c d e f", "A, b: c d e f!", "g"]).kept
    [0, 2]
    """
    from dedupe.near.documents import Spool, put_documents
    from dedupe.near.drop import Collector
    from dedupe.near.keep import LAST, parse_policy
    from dedupe.near.match import Matcher

    if options is not None and not isinstance(options, DropOptions):
        raise TypeError(f"options must be DropOptions, not {type(options).__name__}")
    stream, number = each(documents), 0
    options = options or DropOptions()
    policy, matcher, spool = parse_policy(options.keep), Matcher(options), Spool()
    collector = Collector(matcher)
    with spool:
        while batch := list(islice(stream, BATCH_DOCUMENTS)):
            texts = [encode(text_of(document, field)) for document in batch]
            keys = []
            for document, text in zip(batch, texts, strict=True):
                fields = {} if isinstance(document, str) else document
                key = (0, number) if policy.decides_at_once else policy.key(fields, number, len(text))
                keys.append(key or LAST)
                number += 1
            collector.add(put_documents(texts, range(len(batch)), spool), keys)
        decided = collector.decide()
    verdicts = decided.next(number)
    kept, removals = [], []
    clusters: dict[int, list[int]] = {}
    for i, keeper in enumerate(verdicts.keepers):
        if keeper < 0:
            kept.append(i)
            continue
        original = decided.numbers[keeper]
        removals.append(Removal(i, original, verdicts.similarity(i)))
        clusters.setdefault(original, [original]).append(i)
    bands = matcher.bands
    parameters = {"threshold": options.threshold, "n_perm": 128, "bands": bands.n_bands, "rows": bands.band_rows}
    return Result(kept, removals, list(clusters.values()), {**parameters, "expected_recall": bands.recall})


def sketch(texts: Iterable[str], n_perm: int = 128) -> "np.ndarray[Any, np.dtype[np.uint32]]":
    """MinHash signatures: uint32 (n, n_perm), the rows datasketch's for scheme affine32 and seed 1.

    A text without words has a row of 2**32 - 1. The standard error of a similarity s estimated from two
    rows is sqrt(s * (1 - s) / n_perm).
    """
    import numpy as np

    from dedupe.near.match import sketch_documents

    encoded = [encode(text) for text in each(texts)]
    offsets = array("q", accumulate(map(len, encoded), initial=0))
    signatures = sketch_documents(b"".join(encoded), offsets, n_perm).signatures
    return np.frombuffer(signatures, np.uint32).reshape(len(encoded), n_perm)


def to_datasketch(signatures: "np.ndarray[Any, np.dtype[np.uint32]]") -> "list[LeanMinHash]":
    """Signatures as datasketch's LeanMinHash, for its MinHashLSH, LSHForest and storages."""
    from datasketch import LeanMinHash

    return [LeanMinHash(seed=1, hashvalues=row, scheme="affine32") for row in signatures]


def from_datasketch(minhashes: "Iterable[MinHash | LeanMinHash]") -> "np.ndarray[Any, np.dtype[np.uint32]]":
    """The signatures of datasketch's minhashes as uint32 rows; ValueError where they are of another seed or
    scheme than ours."""
    import numpy as np

    rows = []
    for minhash in minhashes:
        if minhash.seed != 1 or minhash.scheme != "affine32":
            raise ValueError(f"a minhash of seed {minhash.seed} and scheme {minhash.scheme}: use seed 1 and affine32")
        rows.append(np.asarray(minhash.hashvalues, np.uint32))
    return np.array(rows, np.uint32)
