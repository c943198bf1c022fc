"""The engine's specification: each call in readable Python."""

from dedupe.engine.reference.digest import digests
from dedupe.engine.reference.jaccard import jaccard
from dedupe.engine.reference.sketch import shingles, sketch
from dedupe.engine.reference.unicode import fold
from dedupe.engine.reference.words import word_hashes

__all__ = ["digests", "fold", "jaccard", "shingles", "sketch", "word_hashes"]
