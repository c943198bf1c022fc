"""What a caller may say, and what is told of a wrong type, a wrong value and a name that names nothing."""

import copy
import inspect
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from texts import CAPTURE, CLEAN, PLAIN

import dedupe
from dedupe.__main__ import run as run_here
from dedupe.clean.patterns import LINE_SECONDS, is_found
from dedupe.options import CleanOptions, DropOptions, ReadOptions, RepairOptions, WriteOptions


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dedupe.clean_text(b"x"), "a text must be a str, not bytes; decode it first"),
        (lambda: dedupe.clean_text(None), "a text must be a str, not NoneType"),
        (lambda: dedupe.clean_text("x", {}), "options must be CleanOptions, not dict"),
        (lambda: dedupe.clean_documents("one text"), "documents must be an iterable"),
        (lambda: dedupe.clean_documents({"text": "one"}), "documents must be an iterable"),
        (lambda: list(dedupe.clean_documents([None])), "a document must be a str or a mapping, not NoneType"),
        (lambda: list(dedupe.clean_documents([b"x"])), "a document must be a str or a mapping, not bytes"),
        (lambda: list(dedupe.clean_documents([{"text": b"x"}])), "a text must be a str, not bytes"),
        (lambda: dedupe.drop_duplicates("one text"), "documents must be an iterable"),
        (lambda: dedupe.drop_duplicates([1]), "a document must be a str or a mapping, not int"),
        (lambda: dedupe.drop_duplicates([], CleanOptions()), "options must be DropOptions"),
        (lambda: dedupe.sketch("one text"), "documents must be an iterable"),
        (lambda: dedupe.sketch([1]), "a text must be a str, not int"),
        (lambda: CleanOptions(rules="mine.toml"), "rules must be a tuple of str"),
        (lambda: CleanOptions(no_rule="en"), "no_rule must be a tuple of str"),
        (lambda: CleanOptions(no_rule=(b"en",)), "no_rule must be a tuple of str"),
        (lambda: CleanOptions(no_rule=None), "no_rule must be a tuple of str"),
        (lambda: CleanOptions(split=None), "split must be a str"),
        (lambda: CleanOptions(repair=False), "repair must be RepairOptions"),
        (lambda: RepairOptions(enabled="no"), "enabled must be True or False"),
        (lambda: RepairOptions(unescape_html=1), "unescape_html must be True or False"),
        (lambda: ReadOptions(field=b"text"), "field must be a str"),
        (lambda: ReadOptions(strict=None), "strict must be True or False"),
        (lambda: WriteOptions(output=Path("x")), "output must be a str"),
        (lambda: WriteOptions(progress=1), "progress must be True or False"),
        (lambda: DropOptions(threshold="0.8"), "threshold must be a number"),
        (lambda: DropOptions(threshold=True), "threshold must be a number"),
        (lambda: DropOptions(keep=None), "keep must be a str"),
        (lambda: DropOptions(memory=1.5), "memory must be an int"),
        (lambda: DropOptions(threads=False), "threads must be an int"),
        (lambda: DropOptions(removed=b"x"), "removed must be a str"),
    ],
)
def test_wrong_types_are_type_errors(call: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        call()


def test_options_are_frozen_records() -> None:
    options = DropOptions(0.9, keep="last")
    assert (options.threshold, options.recall, options.keep) == (0.9, 0.985, "last")
    assert options == DropOptions(threshold=0.9, keep="last") != DropOptions(0.9)
    assert DropOptions() != CleanOptions()
    assert len({options, DropOptions(0.9, keep="last"), DropOptions(), CleanOptions(), RepairOptions()}) == 4
    assert options.replace(recall=0.9) == DropOptions(0.9, 0.9, "last") != options
    assert pickle.loads(pickle.dumps(options)) == copy.copy(options) == options
    assert eval(repr(options)) == options
    assert repr(RepairOptions()) == "RepairOptions(enabled=True, unescape_html=False)"
    assert CleanOptions(no_rule=("en",)).to_dict()["repair"] == {"enabled": True, "unescape_html": False}
    assert str(inspect.signature(RepairOptions)) == "(enabled=True, unescape_html=False)"
    with pytest.raises(AttributeError, match=re.escape(".replace(keep=...) makes others")):
        options.keep = "first"
    with pytest.raises(AttributeError, match="'keep' stays"):
        del options.keep
    with pytest.raises(ValueError, match="threshold 2"):
        options.replace(threshold=2)


def test_options_that_there_are_not() -> None:
    with pytest.raises(TypeError, match="DropOptions has no option 'treshold'; it has threshold, recall, keep"):
        DropOptions(treshold=0.9)
    with pytest.raises(TypeError, match="RepairOptions was given 'enabled' twice"):
        RepairOptions(True, enabled=False)
    with pytest.raises(TypeError, match="RepairOptions takes 2 values, not 3"):
        RepairOptions(True, False, True)


def test_options_of_ones_own() -> None:
    class Mine(RepairOptions):
        note: str = ""

    assert repr(Mine(False, note="x")) == "Mine(enabled=False, unescape_html=False, note='x')"
    with pytest.raises(TypeError, match="enabled must be True or False"):
        Mine("no")


def test_right_types_are_taken() -> None:
    import numpy as np

    assert DropOptions(threshold=1, recall=np.float64(0.9), memory=np.int64(5)).memory == 5
    assert dedupe.clean_text(CAPTURE, CleanOptions(rules=[], no_rule=["en", "widgets"])).text != CAPTURE


@pytest.mark.parametrize("split", ["AUTO", "Never", " auto", "", " "])
def test_a_split_that_is_hardly_meant_as_a_pattern(split: str) -> None:
    with pytest.raises(ValueError, match="use auto or never"):
        CleanOptions(split=split)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("nonsense", "there is no such rule or family"),
        ("en.shar", "did you mean en.share"),
        ("repeat.headlines", "did you mean repeat.headline"),
        ("EN", "there is no such rule or family"),
        ("e", "there is no such rule or family"),
        ("", "there is no such rule or family"),
        ("repair.unicode", "--no-repair switches repair off"),
    ],
)
def test_a_rule_that_is_not_there_cannot_be_switched_off(
    name: str, hint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=hint):
        dedupe.clean_text("x", CleanOptions(no_rule=(name,)))
    assert run_here(["clean", "--no-rule", name]) == 2
    assert hint in capfd.readouterr().err


def test_a_rule_of_the_users_own_can_be_switched_off(tmp_path: Path) -> None:
    rules = tmp_path / "mine.toml"
    rules.write_text('[[rule]]\nid = "mine.desk"\nline = ["Written by the desk"]\n')
    text = PLAIN + "Written by the desk\n"
    assert dedupe.clean_text(text, CleanOptions(rules=(str(rules),))).text == PLAIN
    for name in ("mine", "mine.desk"):
        assert dedupe.clean_text(text, CleanOptions(rules=(str(rules),), no_rule=(name,))).text == text
    for name in ("repeat", "captions.drop", "widgets.font-size", "en.share"):
        dedupe.clean_text(CLEAN, CleanOptions(no_rule=(name,)))


def test_a_pattern_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of `regex` counts what other threads use too; a line is done for when its own thread used it up."""
    spent = iter([0.0, LINE_SECONDS / 9, LINE_SECONDS / 3, LINE_SECONDS])
    monkeypatch.setattr("time.thread_time", lambda: next(spent))
    limits = []

    class Pattern:
        def fullmatch(self, text: str, timeout: float) -> object:
            limits.append(timeout)
            if len(limits) < self.needs:
                raise TimeoutError
            return text

    pattern = Pattern()
    pattern.needs = 3
    assert is_found(pattern, "x", whole=True)
    assert limits == [LINE_SECONDS, 2 * LINE_SECONDS, 4 * LINE_SECONDS]
    pattern.needs, spent = 99, iter([0.0, LINE_SECONDS + 1])
    limits.clear()
    with pytest.raises(TimeoutError):
        is_found(pattern, "x", whole=True)
    assert len(limits) == 1
