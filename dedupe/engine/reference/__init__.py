"""The engine's specification: each call in readable Python."""

from dedupe.engine.reference.digest import digests
from dedupe.engine.reference.jaccard import jaccard
from dedupe.engine.reference.jsonl import place, raw_offsets, records
from dedupe.engine.reference.kept import kept_bytes, kept_count, kept_expect, kept_match, kept_open
from dedupe.engine.reference.lines import count_lines, line_key, line_table, normal_form, scan, shape_ends
from dedupe.engine.reference.page import page_columns, pages
from dedupe.engine.reference.select import select, texts
from dedupe.engine.reference.sketch import shingles, sketch
from dedupe.engine.reference.source import hold_memory, read_lines
from dedupe.engine.reference.suspicion import suspicious
from dedupe.engine.reference.table import rows, rows_end
from dedupe.engine.reference.tally import tally_count, tally_gather, tally_open, tally_rows
from dedupe.engine.reference.unicode import fold
from dedupe.engine.reference.words import word_hashes

__all__ = [
    "count_lines",
    "digests",
    "fold",
    "hold_memory",
    "jaccard",
    "kept_bytes",
    "kept_count",
    "kept_expect",
    "kept_match",
    "kept_open",
    "line_key",
    "line_table",
    "normal_form",
    "page_columns",
    "pages",
    "place",
    "raw_offsets",
    "read_lines",
    "records",
    "rows",
    "rows_end",
    "scan",
    "select",
    "shape_ends",
    "shingles",
    "sketch",
    "suspicious",
    "tally_count",
    "tally_gather",
    "tally_open",
    "tally_rows",
    "texts",
    "word_hashes",
]
