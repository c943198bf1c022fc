"""For Python programs whose documents come one by one: each is decided on as it comes, and remembered.

What has to be known of kept documents stands in a file, their texts among it, so that a stream that was broken
off can go on. On opening, all that it holds is sketched anew: some 400 MB a second.
"""

import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from types import TracebackType

from dedupe.document import Removal, encode
from dedupe.near.documents import PLAIN, Documents
from dedupe.near.keep import parse_policy
from dedupe.near.kept_texts import END, KeptTexts, Record
from dedupe.near.match import DIGEST_BYTES, N_PERM, Matcher, Sketches, sketch_documents
from dedupe.options import DropOptions

SIGNATURE_BYTES = 4 * N_PERM
BATCH_DOCUMENTS, BATCH_BYTES = 1024, 4 << 20  # of kept texts that are read and sketched together


class Deduplicator:
    """Says of each document of a stream whether one like it was kept before.

    With `path`, kept documents stand in that file, and a later Deduplicator on it goes on where this one ended,
    however it ended. Where that was not by `close`, nobody knows whether what was kept was also stored: such a
    document, when it comes once more under the same name, is that document, and stays. Raises ValueError for a
    policy other than first, InputError for a file that cannot be used. Close it, or use it in a with statement;
    one that is left by an error was not closed in that sense.

    >>> with Deduplicator() as stream:
    ...     [stream.add(text) for text in ("a b c d e f", "A, b: c d e f!", "g")]
    [None, Removal(document=1, keeper=0, similarity=1.0), None]
    """

    def __init__(self, options: DropOptions | None = None, path: str | os.PathLike[str] | None = None) -> None:
        options = options or DropOptions()
        if not parse_policy(options.keep).decides_at_once:
            raise ValueError(f"keep {options.keep!r}: a stream is decided as it comes; use first")
        self.n_documents = 0
        """Documents seen, and so the next one's number; of an earlier run, up to the last one that was kept."""
        self._matcher = Matcher(options)
        self._numbers, self._starts = array("q"), array("q")  # of kept documents: numbers, records in the file
        self._awaited = bytearray()
        """Of documents that earlier runs kept: may they come once more?"""
        self._texts = KeptTexts(path)
        try:
            for records in _batches(self._texts.read()):
                self._take_up(records)
        except BaseException:
            self._texts.close()
            raise

    def _take_up(self, records: list[Record]) -> None:
        if records[0].number == END:
            self._awaited = bytearray(len(self._numbers))
            return
        offsets = array("q", accumulate((len(record.text) for record in records), initial=0))
        text = b"".join(record.text for record in records)
        places = array("q")
        for record in records:
            places.extend((self._texts.fd, record.at, len(record.text), PLAIN))
        documents = Documents(text, offsets, places, range(len(records)))
        verdicts = self._matcher.match(documents, sketch_documents(text, offsets))
        # With another threshold than before, some of them may go.
        for record, keeper in zip(records, verdicts.keepers, strict=True):
            if keeper < 0:
                self._remember(record)
                self._awaited.append(1)
        self.n_documents = records[-1].number + 1

    def _remember(self, record: Record) -> None:
        self._numbers.append(record.number)
        self._starts.append(record.start)

    @property
    def n_kept(self) -> int:
        """Documents that stay, those of earlier runs among them."""
        return len(self._numbers)

    def add(self, text: str, name: str = "") -> Removal | None:
        """Decides on the next document: None where it stays.

        OutputError where its text cannot be stored; it is not kept then, and may be added again.
        """
        return self.add_many((text,), (name,))[0]

    def add_many(self, texts: Iterable[str], names: Iterable[str] | None = None) -> list[Removal | None]:
        """Decides on several documents in order, the same as one by one.

        ValueError where the names are not as many. After an OutputError, n_documents tells how many were decided.
        """
        encoded = [encode(text) for text in texts]
        labels = [b""] * len(encoded) if names is None else [encode(name) for name in names]
        if len(labels) != len(encoded):
            raise ValueError(f"{len(encoded)} texts and {len(labels)} names: give one name for each text")
        sketches = sketch_documents(b"".join(encoded), array("q", accumulate(map(len, encoded), initial=0)))
        digests, signatures = memoryview(sketches.digests), memoryview(sketches.signatures)
        return [
            self._decide(text, name, Sketches(
                digests[DIGEST_BYTES * i : DIGEST_BYTES * (i + 1)],
                signatures[SIGNATURE_BYTES * i : SIGNATURE_BYTES * (i + 1)],
            ))
            for i, (text, name) in enumerate(zip(encoded, labels, strict=True))
        ]  # fmt: skip

    def _decide(self, text: bytes, name: bytes, sketches: Sketches) -> Removal | None:
        record = self._texts.add(self.n_documents, name, text)
        places = array("q", (self._texts.fd, record.at, len(text), PLAIN))
        try:
            verdicts = self._matcher.match(Documents(text, array("q", (0, len(text))), places, (0,)), sketches)
        except BaseException:
            self._texts.cut(record.start)
            raise
        self.n_documents += 1
        keeper = verdicts.keepers[0]
        if keeper < 0:
            self._remember(record)
            return None
        self._texts.cut(record.start)
        if name and keeper < len(self._awaited) and self._awaited[keeper]:
            if self._texts.name_at(self._starts[keeper]) == name:
                self._awaited[keeper] = 0
                return None
        return Removal(record.number, self._numbers[keeper], verdicts.similarity(0))

    def name_of(self, document: int) -> str:
        """The name under which a document was kept; KeyError where none of that number was."""
        i = bisect_left(self._numbers, document)
        if i == len(self._numbers) or self._numbers[i] != document:
            raise KeyError(f"document {document} was not kept")
        return self._texts.name_at(self._starts[i]).decode("utf-8", "surrogatepass")

    def close(self) -> None:
        """Ends it: what was kept is safe, and was stored."""
        try:
            self._texts.end()
        finally:
            self._texts.close()

    def __enter__(self) -> "Deduplicator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error:
            self._texts.close()
        else:
            self.close()


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    """Records in batches; END in one of its own."""
    batch: list[Record] = []
    size = 0
    for record in records:
        if batch and (record.number == END or len(batch) == BATCH_DOCUMENTS or size >= BATCH_BYTES):
            yield batch
            batch, size = [], 0
        if record.number == END:
            yield [record]
            continue
        batch.append(record)
        size += len(record.text)
    if batch:
        yield batch
