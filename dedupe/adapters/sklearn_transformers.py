"""scikit-learn: texts in, clean texts or MinHash features out; both learn nothing from what they are fitted on.

SketchVectorizer is b-bit minwise hashing (Li and Koenig, b-Bit Minwise Hashing, WWW 2010): of each value
of a signature the lowest bits, one-hot. The inner product of two rows is the number of slots that agree: of n_perm
about J + (1 - J) / 2^n_bits, with a standard error of sqrt(p (1 - p) / n_perm) for that share p. So a linear model
on it works with the texts' Jaccard similarity.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin

from dedupe.library import clean_documents, sketch
from dedupe.options import CleanOptions, RepairOptions

DEFAULT = CleanOptions()


class _TextTransformer(TransformerMixin, BaseEstimator):
    """A transformer of a one-dimensional series of texts that has nothing to learn."""

    def fit(self, X: Iterable[str], y: Any = None) -> Any:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags


class DedupeCleaner(_TextTransformer):
    """Cleans texts; its parameters are those of CleanOptions, repair flat, without `by`: texts have no fields."""

    def __init__(
        self,
        *,
        split: str = DEFAULT.split,
        repair: bool = DEFAULT.repair.enabled,
        unescape_html: bool = DEFAULT.repair.unescape_html,
        captions: Literal["keep", "drop"] = DEFAULT.captions,
        rules: Sequence[str] = DEFAULT.rules,
        no_rule: Sequence[str] = DEFAULT.no_rule,
        source: str = DEFAULT.source,
        page: bool = DEFAULT.page,
        headline: bool = DEFAULT.headline,
    ) -> None:
        self.split, self.repair, self.unescape_html = split, repair, unescape_html
        self.captions, self.rules, self.no_rule = captions, rules, no_rule
        self.source, self.page, self.headline = source, page, headline

    def transform(self, X: Iterable[str]) -> list[str]:
        """The texts, cleaned, in order."""
        options = CleanOptions(
            self.split,
            RepairOptions(self.repair, self.unescape_html),
            self.captions,
            tuple(self.rules),
            tuple(self.no_rule),
            source=self.source,
            page=self.page,
            headline=self.headline,
        )
        return list(clean_documents(_texts(X), options))


class SketchVectorizer(_TextTransformer):
    """Texts as sparse rows of n_perm ones among n_perm * 2^n_bits places; one without words is all zeros."""

    def __init__(self, *, n_perm: int = 128, n_bits: int = 8) -> None:
        self.n_perm, self.n_bits = n_perm, n_bits

    def transform(self, X: Iterable[str]) -> csr_matrix:
        """float32 (n, n_perm * 2^n_bits)."""
        signatures = sketch(_texts(X), self.n_perm)
        width = 1 << self.n_bits
        places = np.arange(self.n_perm) * width + (signatures & np.uint32(width - 1))
        has_words = (signatures != 2**32 - 1).any(axis=1)
        ends = np.concatenate(([0], np.cumsum(has_words * self.n_perm)))
        places = places[has_words].ravel()
        return csr_matrix((np.ones(len(places), np.float32), places, ends), (len(signatures), self.n_perm * width))


def _texts(X: Iterable[str]) -> Iterable[str]:
    if isinstance(X, str):
        raise ValueError("one string: give a list of texts")
    return X
