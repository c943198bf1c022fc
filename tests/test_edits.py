"""The engine's decisions against those in Python, which say what is right; and the door of that call."""

import json
import random
from array import array
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest
from batches import batch, texts
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.clean.cleaner import Cleaner
from dedupe.clean.decisions import decide
from dedupe.clean.rules import BUILT_IN, Rules, load_rules
from dedupe.document import Splice
from dedupe.options import CleanOptions, RepairOptions

CASES = Path(__file__).parent / "cases"
DATA = Path(__file__).parent.parent.parent / "shared" / "data"
SPLITS, DROPS_CAPTIONS, ON_SHIFT = 1, 2, 8

# Every kind of evidence, runs and families, beginnings, letter case, followers, and two rules for one line.
RULES = """
[[rule]]
id = "test.size"
line = ["TT", "Size #"]
exact_case = true
evidence = "beside"
then = ["#", "# px", "More from the valley"]

[[rule]]
id = "test.share"
line = ["Share", "Tweet", "Print"]
evidence = "edge"
run = 2
family = "share"

[[rule]]
id = "test.mail"
line = ["Mail", "Share"]
evidence = "beside"
run = 2
family = "share"

[[rule]]
id = "test.advertisement"
line = ["Advertisement", "広告", "# min read"]

[[rule]]
id = "test.newsletter"
start = ["Sign up for", "続きを", "Read"]
max_words = 6

[[rule]]
id = "test.more"
line = ["Read more"]
start = ["Read more:"]
evidence = "tail"
then = ["#", "Share"]

[[rule]]
id = "test.head"
line = ["Home", "News >"]
evidence = "head"
"""

HEADLINES = [
    "Rain returns to the northern valleys",
    "Rain returns to the northern valleys | The Daily News",
    "REUTERS - Rain returns to the northern valleys",
    "(Reuters) Rain returns to the northern valleys",
    "Rain returns to the nor...",
    "Rain returns to the northern val…",
    "Rain returns to the n?rthern valleys",
    "Rain returns to the n\ufffdrthern valleys",
    "rain  returns to the “northern” valleys",
    "rain returns to the « northern » valleys",
    "Rain returns to the northern valleys - weather",
    "Rain returns to the northern valleys - Weather",
    "Rain returns to 2 northern valleys",
    "Rain returns to 3 northern valleys",
    "Straße nach Köln am Morgen gesperrt",
    "Stra\ufffde nach Köln am Morgen gesperrt",
    "Strasse nach Ko\u0308ln am Morgen gesperrt",
    "عودة الأمطار إلى الوديان الشمالية",
    "عودة الأمطار إلى الوديان الشمالية | الشرق الأوسط",
    "عودة الأمطار إلى الوديان الشم…",
    "記者王小明／台北報導暴雨再度侵襲北部山區",
    "記者王小明／台北報導暴雨再度侵襲北部山區（中央社）",
    "Снова дождь в долинах",
    "Снова до□дь в долинах",
    "Yes, he said:",
    "    return Rain(valleys)",
    "a | b | c | d",
]
PROSE = [
    "It rained for hours in all the valleys of the north, and nobody who lives there could say when it would end.",
    "It rained for hours in all the valleys of the south, and nobody who lives there could say when it would end.",
    "A spokesman for the river authority said on Monday that the gates had been opened twice since the weekend.",
    "大雨連續數小時襲擊北部所有山谷,居民們都說不知道什麼時候才會結束,河川管理局發言人週一表示,自週末以來已經兩次打開閘門。",
    "هطل المطر لساعات في جميع وديان الشمال، ولم يستطع أحد ممن يعيشون هناك أن يقول متى سينتهي، حسبما قال متحدث.",
    "The third paragraph says something else altogether so that an article may well stand here for a second time.",
]
SHORT = [
    "TT",
    "tt",
    " TT ",
    "Size 12",
    "12",
    "14 px",
    "Share",
    "Tweet",
    "Print",
    "Mail",
    "Advertisement",
    "ADVERTISEMENT",
    "広告",
    "3 min read",
    "Sign up for our letter",
    "Sign up for",
    "続きを読む",
    "Read more",
    "Read more: 2",
    "Read the whole of it now",
    "Home",
    "News >",
    "By Jane Doe",
    "By John Roe",
    "London",
    "Rome, Monday",
    "- - -",
    "***",
    "1:0",
    "The End.",
    "A",
    "Ah!",
    "Photo: a valley in the rain (AFP)",
    "Jane Doe is our correspondent in the north",
    "Why?",
    "No.",
    "More from the valley",
    "More from the valley",
]
BLANKS = ["", "", "", " ", "\t", "\u00a0", "\u200b", "\u3000 "]
ENDINGS = ["\n", "\n", "\n", "\r\n", "\r"]

lines = st.one_of(
    st.sampled_from(HEADLINES),
    st.sampled_from(PROSE),
    st.sampled_from(SHORT),
    st.sampled_from(BLANKS),
    st.sampled_from(["\n\n\n", "\n\n\n\n"]),
    texts.filter(lambda text: "\ud800" not in text),
)


FAMILIES = [HEADLINES[:14], HEADLINES[14:17], HEADLINES[17:20], HEADLINES[20:22], HEADLINES[22:24]]


LABELS = [
    "reuters",
    "Reuters",
    "photo",
    "Correction",
    "denied",
    "Valley Post",
    "Helgoland",
    "the",
    "of a",
    "2",
    "bbc.com",
    "البيت",
    "中央社",
    "图",
    "更正",
    "...",
    ".",
    "?",
    " ",
    "’",
    "« a »",
]
MARKS = [": ", " - ", " | ", "/", " · ", " -- ", " • ", "—", " ", "(", ")", "[", "]", "（", "）", "【", "】"]


@st.composite
def altered(draw: st.DrawFn, line: str) -> str:
    """A line with something before or behind it, without its end, or with a character broken."""
    words = draw(st.lists(st.sampled_from(LABELS), max_size=9))
    marks = draw(st.lists(st.sampled_from(MARKS), min_size=2, max_size=2))
    label = draw(st.sampled_from([" ", "."])).join(words)
    at = draw(st.integers(0, len(line)))
    return draw(
        st.sampled_from(
            [
                label + marks[0] + line,
                line + marks[0] + label,
                line + " " + marks[0] + label + marks[1],
                marks[0] + label + marks[1] + line,
                line[:at] + draw(st.sampled_from(["...", "…", " ...", ".", " […]", "[...]", "(...)"])),
                line[:at]
                + draw(st.sampled_from(["?", "\ufffd", "\ufffd\ufffd", "□", "ss", "é", "1"]))
                + line[at + 1 :],
            ]
        )
    )


@st.composite
def articles(draw: st.DrawFn) -> list[str]:
    """A head that repeats itself, artifacts in it, prose, more artifacts; perhaps all of it again."""
    family = st.sampled_from(draw(st.sampled_from(FAMILIES)))
    headline = st.one_of(family, family, family.flatmap(altered))
    choice = st.sampled_from(draw(st.lists(lines, min_size=1, max_size=4)))
    head = st.lists(st.one_of(headline, headline, choice, choice, st.sampled_from(SHORT), st.just("")), max_size=12)
    prose = st.lists(st.one_of(st.sampled_from(PROSE), st.sampled_from(["", "", "", *SHORT]), choice), max_size=8)
    body = [draw(st.sampled_from(PROSE)), *draw(prose)]
    tail = draw(st.lists(st.sampled_from(["", *SHORT]), max_size=5))
    banners = draw(st.lists(st.sampled_from(["The Valley Post", "Local news of today", "", "Home"]), max_size=4))
    article = [*(banners if draw(st.booleans()) else []), draw(headline), *draw(head), *body, *tail]
    return article * 2 if draw(st.integers(0, 7)) == 0 else article


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Articles of this kind, or lines that come back, of a small choice of this document's."""
    if draw(st.integers(0, 3)):
        chosen = []
        for article in draw(st.lists(articles(), min_size=1, max_size=3)):
            chosen += [*article, *[""] * draw(st.integers(0, 5))]
    else:
        choice = draw(st.lists(lines, min_size=1, max_size=8))
        chosen = draw(st.lists(st.sampled_from(choice), max_size=40))
    endings = draw(st.sampled_from([["\n"], ["\n\n"], ["\r\n"], ["\r"], ENDINGS, ["\n", "\n\n"]]))
    dice = draw(st.randoms(use_true_random=False))
    text = "".join(line + dice.choice(endings) for line in chosen)
    return text if draw(st.booleans()) else text.rstrip("\r\n")


options = st.builds(
    dict,
    split=st.sampled_from(["auto", "auto", "never"]),
    captions=st.sampled_from(["keep", "keep", "drop"]),
    off=st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(BUILT_IN))),
)


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    path = tmp_path_factory.mktemp("rules") / "test.toml"
    path.write_text(RULES, encoding="utf-8")
    return load_rules([str(path)], ["widgets", "archive", "social", "en", "ja"])


def by_engine(native: ModuleType, data: bytes, rules: Rules, split="auto", captions="keep", off=frozenset()):
    flags = SPLITS * (split == "auto") + DROPS_CAPTIONS * (captions == "drop")
    flags += sum(1 << ON_SHIFT + i for i, rule in enumerate(BUILT_IN) if rule not in off)
    rows = memoryview(native.edits(data, array("q", [0, len(data)]), b"\0", rules.needles, rules.blob, flags)).cast("q")
    return [Splice(rows[i + 1], rows[i + 2], b"", rules.names[rows[i + 3]]) for i in range(0, len(rows), 4)]


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=1500, deadline=None)
@given(documents(), options)
@example("Home\nTT\n12\n\nTT\n12\n" + PROSE[0], {})
@example("\n".join([HEADLINES[0], SHORT[-1], "", HEADLINES[0], "TT", SHORT[-1], "", PROSE[0]]), {})
def test_the_engine_decides_as_python_does(native: ModuleType, rules: Rules, document: str, options: dict) -> None:
    data = encode(document)
    assert by_engine(native, data, rules, **options) == decide(data, rules, **options)


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(HEADLINES).flatmap(lambda line: st.tuples(st.just(line), altered(line))), st.booleans())
@example((HEADLINES[0], HEADLINES[0] + " | the of a the the of a"), False)
@example((HEADLINES[0], HEADLINES[0] + " - Post --"), False)
@example((HEADLINES[0], HEADLINES[0] + " - Post -"), False)
@example((HEADLINES[0], HEADLINES[0] + " - Post - -"), False)
def test_copies(native: ModuleType, rules: Rules, lines: tuple[str, str], turned: bool) -> None:
    data = encode("\n\n".join([*(lines[::-1] if turned else lines), *PROSE]))
    assert by_engine(native, data, rules) == decide(data, rules)


@settings(max_examples=300, deadline=None)
@given(documents())
def test_what_the_scan_passes_by_has_nothing_to_take(native: ModuleType, rules: Rules, document: str) -> None:
    data = encode(document)
    if native.scan(data, array("q", [0, len(data)]), rules.needles) == b"\0":
        assert decide(data, rules) == []


@given(st.lists(documents(), max_size=4))
def test_a_batch_is_its_documents(native: ModuleType, rules: Rules, many: list[str]) -> None:
    text, offsets = batch(many)
    rows = memoryview(native.edits(text, offsets, bytes(len(many)), rules.needles, rules.blob, 0x3F01)).cast("q")
    found = [[(rows[k + 1], rows[k + 2]) for k in range(0, len(rows), 4) if rows[k] == i] for i in range(len(many))]
    assert found == [[splice[:2] for splice in by_engine(native, encode(text), rules)] for text in many]
    assert native.edits(text, offsets, b"\1" * len(many), rules.needles, rules.blob, 0x3F01) == b""


@pytest.mark.parametrize("folder", ["keep", "change"])
def test_cases(native: ModuleType, folder: str) -> None:
    shipped = load_rules()
    for path in sorted((CASES / folder).glob("*.txt")):
        for options in ({}, {"captions": "drop"}, {"split": "never"}):
            data = path.read_bytes()
            assert by_engine(native, data, shipped, **options) == decide(data, shipped, **options), path.name


def real_texts() -> Iterator[tuple[str, bytes]]:
    for path in sorted(DATA.rglob("*.jsonl")):
        with path.open("rb") as stream:
            for number, line in enumerate(stream):
                record = json.loads(line)
                for key in ("text", "html_text", "clean"):
                    if isinstance(record.get(key), str):
                        yield f"{path.name}:{number + 1}:{key}", encode(record[key])


@pytest.mark.skipif(not DATA.exists(), reason="the shared texts are not here")
def test_real_texts(native: ModuleType) -> None:
    shipped = load_rules()
    for name, data in islice(real_texts(), 0, None, 40):
        marks = native.scan(data, array("q", [0, len(data)]), shipped.needles)
        if marks != b"\0":
            assert by_engine(native, data, shipped) == decide(data, shipped), name
        else:
            assert by_engine(native, data, shipped) == [], name


@pytest.mark.parametrize(
    ("document", "most"),
    [
        ("a line\n" * 1_000_000, 0),
        ("Rain returns to the valleys\n" * 200_000 + PROSE[0], 0),
        ((PROSE[0] + "\n") * 100_000, None),
        ("TT\n" * 300_000 + PROSE[0], None),
        ("Share\nTweet\n" * 200_000 + PROSE[0], None),
        ("Mail\n" * 300_000 + "Share\nAdvertisement\n" + PROSE[0], None),
        ("x" * 10_000_000, 0),
        (HEADLINES[0] + "y" * 5_000_000 + "\n" + HEADLINES[0] + "y" * 5_000_000 + "z\n" + PROSE[0], 0),
        ("\n".join(f"{i}\n{PROSE[0]}{i}\n\n{PROSE[0]}{i}" for i in range(50_000)), None),
        ("\n" * 1_000_000, 0),
        ("\r\n\r" * 300_000 + "TT", 0),
    ],
    ids=lambda value: None,
)
def test_what_would_take_long(native: ModuleType, rules: Rules, document: str, most: int | None) -> None:
    """Equal lines, chains of artifacts, long lines: each defeats something quadratic."""
    for captions in ("keep", "drop"):
        found = by_engine(native, document.encode(), rules, captions=captions)
        assert most is None or len(found) <= most


def test_the_door(native: ModuleType, rules: Rules) -> None:
    offsets = array("q", [0, 2])
    with pytest.raises(ValueError, match="skips"):
        native.edits(b"ab", offsets, b"", rules.needles, rules.blob, 0)
    with pytest.raises(ValueError, match="rules"):
        native.edits(b"ab", offsets, b"\0", rules.needles, b"", 0)
    with pytest.raises(ValueError, match="rules"):
        native.edits(b"ab", offsets, b"\0", b"", rules.blob, 0)
    with pytest.raises(ValueError, match="needles"):
        native.edits(b"ab", offsets, b"\0", b"x", rules.blob, 0)
    with pytest.raises(ValueError, match="offsets"):
        native.edits(b"a", offsets, b"\0", rules.needles, rules.blob, 0)
    assert native.edits(b"ab", offsets, b"\0", b"", b"", 0x3F01) == b""


def test_damaged_rules_are_refused_or_harmless(native: ModuleType, rules: Rules) -> None:
    dice = random.Random(1)
    document = "\n".join([*SHORT, *HEADLINES, *PROSE, *SHORT]).encode()
    offsets = array("q", [0, len(document)])
    header = 4 * (4 + (len(rules.needles) - 8192) // 8)  # most of the blob is slots
    refused = 0
    for _ in range(2000):
        blob, needles = bytearray(rules.blob), bytearray(rules.needles)
        for _ in range(dice.randrange(1, 4)):
            where = dice.choice([blob, blob, blob, needles])
            at = (
                dice.randrange(dice.choice([16, len(where)]))
                if dice.random() < 0.4
                else dice.randrange(header, len(blob))
            )
            where[at % len(where)] = dice.choice([0, 1, 127, 128, 255, dice.randrange(256)])
        try:
            native.edits(document, offsets, b"\0", bytes(needles), bytes(blob), 0x3F01)
        except ValueError:
            refused += 1
    assert 0 < refused < 2000


@given(st.lists(documents(), max_size=3), st.booleans())
def test_the_cleaner_says_the_same_on_both_ways(many: list[str], repairs: bool) -> None:
    text, offsets = batch([document + "\n Ã©\x07" * (i % 2) for i, document in enumerate(many)])
    cleaner = Cleaner(CleanOptions(repair=RepairOptions(repairs)))
    found = cleaner.find_edits(text, offsets).splices()
    cleaner.decides_by_engine = False
    assert cleaner.find_edits(text, offsets).splices() == found
