"""The transformers are scikit-learn's own kind, clean as clean_text does, and measure similarity."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_drop import changed, story
from texts_column import CLEANED, COLUMN, need

need("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.exceptions import SkipTestWarning  # noqa: E402
from sklearn.feature_extraction.text import CountVectorizer  # noqa: E402
from sklearn.linear_model import RidgeClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from dedupe import CleanOptions, RepairOptions, clean_text  # noqa: E402
from dedupe.adapters.sklearn_transformers import DedupeCleaner, SketchVectorizer  # noqa: E402

TEXTS = [text for text in COLUMN if text is not None]
CLEAN_TEXTS = [text for text in CLEANED if text is not None]


@pytest.mark.parametrize("transformer", [DedupeCleaner(), SketchVectorizer()])
def test_the_checks_of_scikit_learn(transformer: Any) -> None:
    with warnings.catch_warnings():
        # Most of them feed numbers, and say here that they do not apply to texts.
        warnings.simplefilter("ignore", SkipTestWarning)
        check_estimator(transformer)


@pytest.mark.parametrize("made", [list, tuple, lambda texts: np.array(texts, object), iter])
def test_texts_are_cleaned_in_order(made: Any) -> None:
    assert DedupeCleaner().fit_transform(made(TEXTS)) == CLEAN_TEXTS


def test_every_option_for_texts_is_a_parameter() -> None:
    options = {**CleanOptions.defaults(), **RepairOptions.defaults()}
    told = {name: value for name, value in options.items() if name not in ("repair", "enabled", "by")}
    assert DedupeCleaner().get_params() == {**told, "repair": options["enabled"]}


def test_the_article_of_a_page() -> None:
    page = (Path(__file__).parents[1] / "cases/page/daily-en.txt").read_text("utf-8")
    texts = page, clean_text(page).text
    options = CleanOptions(page=True, headline=False)
    assert DedupeCleaner(page=True, headline=False).transform(texts) == [clean_text(x, options).text for x in texts]


def test_parameters() -> None:
    cleaner = DedupeCleaner(repair=False, no_rule=["repeat"])
    assert clone(cleaner).get_params() == cleaner.get_params()
    assert cleaner.transform([TEXTS[-2]]) == [TEXTS[-2]]
    assert cleaner.set_params(repair=True).transform([TEXTS[-2]]) == [CLEAN_TEXTS[-2]]
    with pytest.raises(ValueError, match="use keep or drop"):
        DedupeCleaner(captions="some").transform([])  # type: ignore[arg-type]
    for transformer in (DedupeCleaner(), SketchVectorizer()):
        with pytest.raises(ValueError, match="give a list of texts"):
            transformer.transform("one text")
        with pytest.raises((TypeError, AttributeError)):
            transformer.transform([None])  # type: ignore[list-item]


def test_products_of_rows_are_similarities() -> None:
    texts = [story(1, 300), changed(story(1, 300), 10), story(2, 300), "!", ""]
    rows = SketchVectorizer(n_perm=128, n_bits=8).fit_transform(texts)
    assert rows.shape == (5, 128 * 256)
    agree = (rows @ rows.T).toarray()
    assert agree[0, 0] == 128
    similarity = 1 - 2 * (1 - 250 / 300) / (1 + (1 - 250 / 300))  # at least: 10 words are in 50 shingles
    assert agree[0, 1] / 128 >= similarity - 0.13  # three standard errors
    assert agree[0, 2] / 128 < 0.05
    assert rows[3:].nnz == 0


def test_a_pipeline_learns() -> None:
    texts = [changed(story(seed % 2, 60), 3, seed) for seed in range(20)]
    labels = [seed % 2 for seed in range(20)]
    for vectorizer in (CountVectorizer(), SketchVectorizer(n_perm=64, n_bits=4)):
        model = make_pipeline(DedupeCleaner(), vectorizer, RidgeClassifier())
        assert model.fit(texts[:10], labels[:10]).score(texts[10:], labels[10:]) == 1
