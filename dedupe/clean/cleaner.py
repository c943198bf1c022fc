"""Texts -> splices: everything that is taken out of documents, a batch at a time.

The engine points out the documents that anything could stand twice in, be an artifact in, or be broken
in; the others pass as they are. What goes out of those, its call `edits` decides; clean/decisions.py
says the same in Python and decides where it cannot. Cost: linear in the bytes, a few passes over
documents that change.
"""

from array import array
from collections.abc import Iterable

from dedupe.clean.rules import BUILT_IN, CAPTION, is_switched_off, load_rules
from dedupe.document import Splice
from dedupe.engine import Buffer, engine
from dedupe.engine import name as engine_name
from dedupe.options import CleanOptions

OFFSET_BYTES = 8
SPLITS, DROPS_CAPTIONS, ON_SHIFT = 1, 2, 8  # options of `edits`: two flags, and a bit for each built-in rule


class Cleaner:
    """The cleaning stages with their options, rules read and ready.

    Raises RulesError for a rules file that cannot be used.
    """

    def __init__(self, options: CleanOptions | None = None) -> None:
        self.options = options = options or CleanOptions()
        self.rules = load_rules(options.rules, options.no_rule)
        # What keys and needles cannot tell has to be looked at document by document.
        self.looks_at_all = bool(self.rules.patterns) or options.split not in ("auto", "never")
        self.decides_by_engine = engine_name == "native" and not self.looks_at_all
        self.off = frozenset(rule for rule in BUILT_IN if is_switched_off(rule, options.no_rule))
        self.captions = "keep" if CAPTION in self.off else options.captions
        self.flags = SPLITS * (options.split == "auto") + DROPS_CAPTIONS * (self.captions == "drop")
        self.flags += sum(1 << ON_SHIFT + i for i, rule in enumerate(BUILT_IN) if rule not in self.off)

    def clean_batch(self, text: Buffer, offsets: Buffer) -> dict[int, list[Splice]]:
        """What is taken out of the documents of a columnar batch (UTF-8 and n + 1 int64 offsets), by their
        number, in order: ascending splices into the document. Documents that stay as they are are not in it."""
        repaired = self._repair(text, offsets) if self.options.repair.enabled else {}
        if not self.decides_by_engine:
            return self._by_hand(text, offsets, repaired, self._touched(text, offsets) | repaired.keys())
        splices = self._by_engine(text, offsets, repaired)
        if repaired:
            splices = {**splices, **self._by_hand(text, offsets, repaired, repaired.keys())}
        return dict(sorted(splices.items())) if repaired else splices

    def clean_document(self, data: bytes) -> list[Splice]:
        """What is taken out of one document."""
        return self.clean_batch(data, array("q", [0, len(data)])).get(0, [])

    def _touched(self, text: Buffer, offsets: Buffer) -> set[int]:
        """The documents that need a closer look."""
        marks = engine.scan(text, offsets, self.rules.needles)
        return {i for i, mark in enumerate(marks) if mark or self.looks_at_all}

    def _by_engine(self, text: Buffer, offsets: Buffer, skipped: Iterable[int]) -> dict[int, list[Splice]]:
        skips = bytearray(memoryview(offsets).nbytes // OFFSET_BYTES - 1)
        for i in skipped:
            skips[i] = 1
        rows = engine.edits(text, offsets, skips, self.rules.needles, self.rules.blob, self.flags)
        splices: dict[int, list[Splice]] = {}
        names, values, last = self.rules.names, iter(memoryview(rows).cast("q").tolist()), -1
        for i, start, end, rule in zip(values, values, values, values, strict=True):
            if i != last:
                splices[i] = found = []
                last = i
            found.append(Splice(start, end, b"", names[rule]))
        return splices

    def _by_hand(
        self, text: Buffer, offsets: Buffer, repaired: dict[int, dict[int, bytes]], documents: Iterable[int]
    ) -> dict[int, list[Splice]]:
        from dedupe.clean.decisions import decide

        splices = {}
        for i in sorted(documents):
            data = bytes(_document(text, offsets, i))
            found = decide(data, self.rules, self.options.split, self.captions, self.off, repaired.get(i))
            if found:
                splices[i] = found
        return splices

    def _repair(self, text: Buffer, offsets: Buffer) -> dict[int, dict[int, bytes]]:
        """The lines that repair changes, by document and by line."""
        broken = engine.suspicious(text, offsets, self.options.repair.unescape_html)
        if not any(broken):
            return {}
        from dedupe.repair import repair_lines

        repaired = {}
        for i, mark in enumerate(broken):
            if mark:
                lines = repair_lines(bytes(_document(text, offsets, i)), self.options.repair)
                if lines:
                    repaired[i] = lines
        return repaired


def _document(text: Buffer, offsets: Buffer, i: int) -> memoryview:
    bounds = memoryview(offsets).cast("B").cast("q")
    return memoryview(text)[bounds[i] : bounds[i + 1]]
