"""The article out of a page dump: both engines alike, the promises kept, and pages as files."""

import json
from array import array
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from batches import HARD, batch
from command import run
from hypothesis import example, given
from hypothesis import strategies as st
from test_cases import files, read

from dedupe import clean_text
from dedupe.clean.built_in import PAGE_RULES
from dedupe.clean.cleaner import Cleaner
from dedupe.clean.page import model
from dedupe.clean.page.extract import MAX_ROUNDS
from dedupe.clean.page.shipped import read_model
from dedupe.document import Splice, apply_splices
from dedupe.engine.page_columns import COLUMNS, FIRST_COLUMNS, HEAD_COLUMNS
from dedupe.engine.reference.page import STEP
from dedupe.options import CleanOptions, RepairOptions

MARKER = "==== cleaned ====\n"
PAGE = CleanOptions(page=True)
BODY = CleanOptions(page=True, headline=False)
AS_IT_IS = CleanOptions(page=True, repair=RepairOptions(enabled=False), no_rule=("en", "repeat", "widgets"))
ALL_RULES = 0x1F << 8
CASES = files("page")
DAILY = next(path for path in CASES if path.stem == "daily-en")

words = st.sampled_from(
    [
        "the",
        "river",
        "of",
        "Wendham",
        "said",
        "that",
        "DIE",
        "Brücke",
        "и",
        "мост",
        "الجسر",
        "大橋は。",
        "cookies",
        "Photo:",
        "12:30",
        "—",
        "©",
        "2024",
        "l'eau",
    ]
)
sentences = st.lists(words, min_size=4, max_size=24).map(lambda said: " ".join(said) + ".")
blocks = st.one_of(
    st.sampled_from(
        ["Menu", "Share", "Advertisement", "", "  ", "NEW YORK (AP) — It rained.", "www.a.org/b", "#tag @x"]
    ),
    st.lists(words, min_size=1, max_size=5).map(" ".join),
    sentences,
    st.lists(sentences, min_size=1, max_size=4).map(" ".join),
    st.text(st.sampled_from(HARD), max_size=20),
)
dumps = st.builds(
    lambda lines, end: end.join(lines), st.lists(blocks, max_size=40), st.sampled_from(["\n", "\n", "\r\n"])
)


def wanted(path: Path) -> tuple[str, str]:
    page, _, article = read(path).partition(MARKER)
    return page, article


def lines_of(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_page_gives_its_article(path: Path) -> None:
    page, article = wanted(path)
    assert clean_text(page, PAGE).text == article
    assert clean_text(article, PAGE).text == article


@pytest.mark.parametrize("path", [path for path in CASES if path.stem.startswith("daily")], ids=lambda path: path.stem)
def test_no_headline_leaves_the_paragraphs(path: Path) -> None:
    page, article = wanted(path)
    body = clean_text(page, BODY)
    assert body.text == article.partition("\n")[2]
    assert "page.headline" in {edit.rule for edit in body.edits}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_line_that_goes_has_a_rule(path: Path) -> None:
    page, article = wanted(path)
    cleaned = clean_text(page, PAGE)
    taken = [line for edit in cleaned.edits for line in lines_of(edit.took)]
    assert sorted(taken + lines_of(article)) == sorted(lines_of(page))
    assert {edit.rule for edit in cleaned.edits} & {*PAGE_RULES} or page == article
    assert article or {edit.rule for edit in cleaned.edits} == {"page.none"}


def test_rules_are_switched_off() -> None:
    page, article = wanted(DAILY)
    lines, kept = lines_of(page), lines_of(article)
    others = ("en", "repeat", "widgets", "social", "archive")
    within = clean_text(page, CleanOptions(page=True, no_rule=("page.within", *others)))
    assert "page.within" not in {edit.rule for edit in within.edits}
    assert lines_of(within.text) == lines[lines.index(kept[0]) : lines.index(kept[-1]) + 1]
    for rule in ("page.before", "page.after"):
        cleaned = clean_text(page, CleanOptions(page=True, no_rule=(rule, *others)))
        assert rule not in {edit.rule for edit in cleaned.edits}
        assert len(lines_of(cleaned.text)) > len(kept)
    wall, _ = wanted(next(path for path in CASES if path.stem.startswith("login")))
    assert clean_text(wall, CleanOptions(page=True, no_rule=("page", "en"))).text == wall


def test_options_that_contradict() -> None:
    with pytest.raises(ValueError, match="--page"):
        CleanOptions(headline=False)
    with pytest.raises(ValueError, match="not split"):
        CleanOptions(page=True, split="^#")


@given(dumps)
def test_a_second_cleaning_changes_nothing(text: str) -> None:
    for options in (PAGE, BODY):
        clean = clean_text(text, options).text
        assert clean_text(clean, options).text == clean


@given(dumps)
def test_what_stays_are_lines_of_the_page_in_order(text: str) -> None:
    cleaned = clean_text(text, AS_IT_IS)
    rest = iter(line.removesuffix("\r") for line in text.split("\n"))
    assert all(line in rest for line in (line.removesuffix("\r") for line in cleaned.text.split("\n")) if line)
    assert cleaned.text or not text or "page.none" in {edit.rule for edit in cleaned.edits}
    for edit in cleaned.edits:
        assert text[edit.start : edit.end] == edit.took


def test_two_runs_over_the_command(tmp_path: Path) -> None:
    page, article = wanted(DAILY)
    rows = [{"id": i, "text": wanted(path)[0]} for i, path in enumerate(CASES)]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    audit = tmp_path / "audit.jsonl"
    ran = run("clean", "--page", "--audit", audit, "--stats", stdin=data)
    texts = [json.loads(line)["text"] for line in ran.out.decode().splitlines()]
    assert texts == [wanted(path)[1] for path in CASES]
    stats = json.loads(ran.err.splitlines()[-1])
    assert stats["edits"]["page.none"] == sum(not text for text in texts)
    assert stats["lines_in"] - stats["lines_out"] == stats["lines_taken_out"] > 0
    assert run("restore", audit, stdin=ran.out).out == data
    assert run("clean", "--page", stdin=ran.out).out == ran.out
    text = tmp_path / "page.txt"
    text.write_text(page, encoding="utf-8")
    assert run("clean", "--page", text).out.decode() == article
    assert run("clean", "--page", "--check", text).code == 1
    assert "-Advertisement" in run("clean", "--page", "--diff", text).out.decode()
    assert run("clean", "--no-headline", text).code == 2


def test_gaps_in_a_text_file_do_not_cut_a_page(tmp_path: Path) -> None:
    page, article = wanted(DAILY)
    text = tmp_path / "page.txt"
    text.write_text(page.replace("A quiet river\n", "\n\n\n\nA quiet river\n\n"), encoding="utf-8")
    assert lines_of(run("clean", "--page", text).out.decode()) == lines_of(article)


def columns(engine: ModuleType, document: bytes, *scores: array) -> list[array]:  # type: ignore[type-arg]
    table = array("i")
    needles = Cleaner().tables.needles
    table.frombytes(engine.page_columns(document, needles, model.read_vocabulary(), *scores))
    return [table[i : i + len(scores[0])] for i in range(0, len(table), len(scores[0]))] if len(scores[0]) else [table]


def value(engine: ModuleType, name: str, line: str) -> int:
    table = array("i")
    table.frombytes(engine.page_columns(line.encode(), b"", model.read_vocabulary(), b"", b""))
    return table[COLUMNS.index(name)]


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("words", "It rained in Rome again.", 5),
        ("words", "大橋は来月", 2),
        ("length", " ab c ", 3),
        ("ends", "It rained. ”)", 1),
        ("ends", "It rained in Rome", 0),
        ("ends_question", "Did it rain?", 1),
        ("ends_cut", "It rained …", 1),
        ("ends_cut", "It rained...", 1),
        ("ends_cut", "It rained..", 0),
        ("ends_paren", "(Photo: A. B.)", 1),
        ("sentences", "It rained. It snowed. 3.5 mm fell.", 2),
        ("sentences", "雨が降った。雪も降った。", 1),
        ("digits", "12 ab", 500),
        ("capitals", "Rain in Rome now", 500),
        ("shouts", "RAIN in ROME now", 500),
        ("lowers", "Rain in Rome now", 500),
        ("opens_quote", "«Rain»", 1),
        ("bars", "News | Sport", 1),
        ("bars", "Rome – where it rains", 1),
        ("bars", "Rome–Milan", 0),
        ("dateline", "NEW YORK (AP) — It rained.", 1),
        ("dateline", "Rome – where it rains", 0),
        ("time", "at 12:30", 1),
        ("time", "in 2024", 1),
        ("time", "20245 mm", 0),
        ("address", "www.example.org", 1),
        ("address", "a#b", 1),
        ("copyright", "© The Courier", 1),
        ("site", "Cookies and our privacy policy", 2),
        ("site_share", "Cookies and privacy now", 500),
        ("credit", "Photo: the mill", 1),
        ("site", "会員登録", 2),
        ("reader", "Click here to get your copy", 4),
        ("reader_share", "Our town", 500),
        ("about", "About the author", 1),
        ("about", "About half of them.", 0),
        ("credit_end", "Rain in Rome. Photo: A. Reuters", 6),
        ("credit_end", "Rain in Rome © A. Smith", 4),
        ("credit_end", "The photo that he took in Rome last year was sold", 0),
        ("copies", "Menu", 1),
    ],
)
def test_what_a_line_says(engine: ModuleType, name: str, line: str, expected: int) -> None:
    assert value(engine, name, line) == expected


@given(dumps, st.randoms(use_true_random=False))
def test_engines_measure_alike(native: ModuleType, text: str, rng: Random) -> None:
    from dedupe.engine import reference

    document = text.encode("utf-8", "surrogatepass")
    n = len(list(reference.lines.lines_of(document)))
    heads, firsts = (array("i", [rng.randint(-9999, 9999) for _ in range(n)]) for _ in range(2))
    mine, theirs = columns(native, document, heads, firsts), columns(reference, document, heads, firsts)
    assert [name for name, a, b in zip(COLUMNS, mine, theirs, strict=False) if a != b] == []
    assert mine == theirs
    assert len(columns(native, document, heads, array("i"))) in (HEAD_COLUMNS, 1)


@given(st.lists(dumps, max_size=3), st.integers(0, 0x3F))
def test_engines_mark_alike(native: ModuleType, texts: list[str], options: int) -> None:
    from dedupe.engine import reference

    needles, cards = Cleaner().tables.needles, model.read_cards()
    flags = (options & 1) + (options >> 1 << 8)
    calls = [e.pages(*batch(texts), needles, model.read_vocabulary(), cards, flags) for e in (native, reference)]
    assert calls[0] == calls[1]


@given(st.binary(max_size=60))
@example(b"\xc2\r")
@example(b"a\xd8a")
@example(b"\xe4\xb8\r")
@example(b"\xe4a\xad")
@example(b"\xe4\xb8")
def test_unsound_bytes(native: ModuleType, line: bytes) -> None:
    from dedupe.engine import reference

    document = b"\n".join([b"Menu", line, b"It rained in Rome for hours. It rained in Milan too.", line])
    calls = [e.page_columns(document, b"", b"", b"", b"") for e in (native, reference)]
    assert calls[0] == calls[1]


@pytest.mark.parametrize(
    ("vocabulary", "cards"),
    [
        (b"123", None),
        (bytes(24), None),
        (b"\xff" * 8 + bytes(8), None),
        (b"\x08" + bytes(7), None),
        (b"", b""),
        (b"", b"abc"),
        (b"", array("i", [1, -9000, 0, 9, 0, 0, 0, 0]).tobytes()),
        (b"", array("i", [1, -9000, 0, 1, FIRST_COLUMNS, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).tobytes()),
        (b"", array("i", [1, -9000, 0, 1, 0, 0, FIRST_COLUMNS, 0, 0, 0, 0, 0, 0, 0, 0]).tobytes()),
        (b"", array("i", [1, -9000, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0]).tobytes()),
        (b"", array("i", [1, -9000, 0, 1, 0, 0, 0, 0, 0, 0, 1 << 20, 0, 0, 0, 0]).tobytes()),
        (b"", array("i", [1, -9000, 0, -1, 0, 0, 0, 0]).tobytes()),
        (b"", array("i", [1, -9000, 1 << 20, 0, 0, 0, 0, 0]).tobytes()),
        (b"", array("i", [1, -9000, 0, 0, 0, 0, 0, 0, 0]).tobytes()),
    ],
)
def test_what_is_no_model_is_refused(engine: ModuleType, vocabulary: bytes, cards: bytes | None) -> None:
    cards = model.read_cards() if cards is None else cards
    with pytest.raises(ValueError, match=r"vocabulary must|model must"):
        engine.pages(*batch(["Menu"]), b"", vocabulary, cards, ALL_RULES)
    with pytest.raises(ValueError, match="heads must"):
        engine.page_columns(b"Menu", b"", b"", b"1234567", b"")


NO_STEPS = (0, 0)
HAS_ARTICLE = {"page.before", "page.headline", "page.after"}
WORDS, ENDS, COMMAS = (COLUMNS.index(name) for name in ("words", "ends", "commas"))
LONG_LINES_STAY = (-1, 1, *(WORDS, 3) * 3, 2)
LONG_SENTENCES_STAY = (-1, 1, WORDS, 3, ENDS, 0, COMMAS, 0, 2)


@pytest.mark.parametrize(
    ("least", "prose", "rules"),
    [(0, 1, HAS_ARTICLE), (1, 1, {"page.none"}), (1, 4, HAS_ARTICLE)],
)
def test_which_pages_have_an_article(engine: ModuleType, least: int, prose: int, rules: set[str]) -> None:
    """Those whose best headline score and best first score, together, are not below the least; and those of which
    seven tenths would stay."""
    cards = array("i", [1, least, *NO_STEPS, *NO_STEPS, *LONG_LINES_STAY]).tobytes()
    page = "\n".join(["Menu"] * 3 + ["It rained in Rome again."] * prose + ["Menu"] * 3)
    rows = memoryview(engine.pages(*batch([page]), b"", b"", cards, ALL_RULES)).cast("q").tolist()
    assert {PAGE_RULES[rule] for rule in rows[3::4]} == rules


def test_a_step_of_three_columns_needs_all(engine: ModuleType) -> None:
    cards = array("i", [1, -9000, *NO_STEPS, *NO_STEPS, *LONG_SENTENCES_STAY]).tobytes()
    article = "It rained in Rome, again."
    page = "\n".join(
        ["Menu", article, "It rained, in Rome, again", "It rained again in Rome.", "It rained, yes.", "Menu"]
    )
    rows = memoryview(engine.pages(*batch([page]), b"", b"", cards, ALL_RULES)).cast("q").tolist()
    splices = [Splice(start, end, b"", "page") for start, end in zip(rows[1::4], rows[2::4], strict=True)]
    assert apply_splices(page.encode(), splices) == article.encode()


def test_a_text_of_too_many_lines_is_no_page(engine: ModuleType) -> None:
    text = "Menu\n" * 100_001
    assert engine.pages(*batch([text]), b"", b"", model.read_cards(), ALL_RULES) == b""


def test_a_page_that_does_not_come_to_rest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    page, _ = wanted(DAILY)
    cleaner = Cleaner(PAGE)
    assert cleaner.extractor
    rounds = []

    def shorten(text: bytes, offsets: array, sources: object) -> dict:  # type: ignore[type-arg]
        rounds.append(len(text))
        return {0: [Splice(0, 1, b"", "test")]}

    monkeypatch.setattr(cleaner.extractor, "clean", shorten)
    assert cleaner.clean_document(page.encode()) == []
    assert len(rounds) == MAX_ROUNDS


def test_splices_lead_to_the_article() -> None:
    page, article = wanted(DAILY)
    assert apply_splices(page.encode(), Cleaner(PAGE).clean_document(page.encode())) == article.encode()


def test_scorecards_are_small_and_packed() -> None:
    cards = model.read_cards()
    assert len(cards) < 4 * STEP * 5000
    assert read_model() == (model.read_vocabulary(), cards), "python -m dedupe.clean.page.shipped packs them anew"
