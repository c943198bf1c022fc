"""Page dumps -> splices: all but the headline and the article's paragraphs, and then what cleaning takes.

The engine marks the lines; what stays is cleaned as any document. Both go over a page again until nothing more
goes, so that a second run agrees; what has not come to rest after some rounds is no page dump and stays as it is,
like a text of which fewer than four lines would go. Cost: two to three times that of one pass.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from dedupe.clean.built_in import PAGE_RULES, is_switched_off
from dedupe.clean.page.shipped import read_model
from dedupe.document import Splice, apply_splices, compose_splices
from dedupe.engine import Buffer, engine

KEEPS_HEADLINE, ON_SHIFT = 1, 8  # the engine's options: a flag, and one bit for each rule
MAX_ROUNDS = 8

Clean = Callable[[Buffer, Buffer, Sequence[str]], Mapping[int, list[Splice]]]


class PageExtractor:
    """Takes pages down to their articles; `clean` gives what goes out of the documents of a batch then."""

    def __init__(self, keeps_headline: bool, no_rule: Sequence[str], needles: bytes, clean: Clean) -> None:
        self.needles, self.clean, self.model = needles, clean, read_model()
        self.options = KEEPS_HEADLINE * keeps_headline
        self.options += sum(
            1 << ON_SHIFT + i for i, rule in enumerate(PAGE_RULES) if not is_switched_off(rule, no_rule)
        )

    def find_splices(self, text: Buffer, offsets: Buffer, sources: Sequence[str]) -> dict[int, list[Splice]]:
        """What goes out of the documents of a batch, by document; those that stay as they are are not in it."""
        bounds = memoryview(offsets).cast("B").cast("q").tolist()
        whole = bytes(memoryview(text))
        documents = {i: whole[bounds[i] : bounds[i + 1]] for i in range(len(bounds) - 1)}
        found: dict[int, list[Splice]] = {}
        for _ in range(MAX_ROUNDS):
            documents = self._go_over(documents, sources, found)
            if not documents:
                return dict(sorted(found.items()))
        return {i: splices for i, splices in sorted(found.items()) if i not in documents}

    def _go_over(
        self, documents: Mapping[int, bytes], sources: Sequence[str], found: dict[int, list[Splice]]
    ) -> dict[int, bytes]:
        """One round: the documents that changed, as they are now; `found` grows."""
        lines = self._find_lines(documents)
        articles = {i: apply_splices(data, lines.get(i, ())) for i, data in documents.items()}
        rest = self.clean(*_join(articles), [sources[i] for i in articles] if sources else ())
        changed = {}
        for number, (i, article) in enumerate(articles.items()):
            splices = lines.get(i, [])
            if number in rest:
                article = apply_splices(article, rest[number])
                splices = compose_splices(splices, rest[number])
            if splices:
                found[i] = compose_splices(found[i], splices) if i in found else splices
                changed[i] = article
        return changed

    def _find_lines(self, documents: Mapping[int, bytes]) -> dict[int, list[Splice]]:
        """The lines that are not their pages' articles."""
        numbers = list(documents)
        rows = engine.pages(*_join(documents), self.needles, *self.model, self.options)
        splices: dict[int, list[Splice]] = {}
        values = iter(memoryview(rows).cast("q").tolist())
        for k, start, end, rule in zip(values, values, values, values, strict=True):
            splices.setdefault(numbers[k], []).append(Splice(start, end, b"", PAGE_RULES[rule]))
        return splices


def _join(documents: Mapping[int, bytes]) -> tuple[bytes, Buffer]:
    """Documents as a batch."""
    return b"".join(documents.values()), array("q", accumulate(map(len, documents.values()), initial=0))
