"""What `learn` learns: planted boilerplate and none of the traps, and the laws that it keeps."""

import json
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from batches import HARD
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import Page, Site, make_sites

import dedupe
from dedupe.clean.cleaner import Cleaner
from dedupe.clean.decisions import decide
from dedupe.clean.rules import Rule, collect_rules, load_rules, read_rules
from dedupe.document import apply_splices
from dedupe.engine import reference
from dedupe.errors import RulesError
from dedupe.learn.file import Learned, read_learned
from dedupe.learn.numbers import Kind, find_kinds
from dedupe.options import CleanOptions, LearnOptions
from dedupe.sources import source_of

NO_REPEATS = CleanOptions(no_rule=("repeat", "captions"))
# Precision and recall by line, on the pages learned from: 12 sites, seeds 0 to 3 gave 1.0000 and 0.9978 for 20
# pages a site, 1.0000 and 0.9907 for 10, 0.9976 and 0.9682 for 5, 1.0000 and 0.9261 for 3, where half of the
# pages (two at least) were asked for below 20.
FLOORS = {20: (0.999, 0.995), 10: (0.999, 0.98), 5: (0.99, 0.94), 3: (0.99, 0.9)}


def learn(pages: Sequence[Page], **options: float) -> Learned:
    records = [{"source": page.source, "date": page.date, "text": page.text} for page in pages]
    return dedupe.learn_rules(records, LearnOptions(**options))  # type: ignore[arg-type]


def taken(cleaner: Cleaner, page: Page) -> Iterator[tuple[bool, bool]]:
    """Of each line, whether it goes and whether it should."""
    splices = cleaner.clean_document(page.text.encode(), page.source)
    at = 0
    for line in page.lines:
        end = at + len(line.text.encode())
        yield any(splice.start <= at and end <= splice.end for splice in splices), line.is_boilerplate
        at = end + 2


def score(rules: Sequence[Rule], pages: Sequence[Page]) -> tuple[float, float]:
    """Precision and recall by line."""
    cleaner = Cleaner(NO_REPEATS, collect_rules(rules))
    lines = [line for page in pages for line in taken(cleaner, page)]
    true = sum(goes and should for goes, should in lines)
    return true / max(1, sum(goes for goes, _ in lines)), true / sum(should for _, should in lines)


@pytest.mark.measures
@pytest.mark.parametrize("n_pages", sorted(FLOORS))
def test_planted_boilerplate_is_found_and_news_stays(n_pages: int) -> None:
    pages = list(make_sites("gate", 12, n_pages, wire_copies=n_pages // 4))
    least = min(LearnOptions().min_documents, max(2, (n_pages + 1) // 2))
    precision, recall = score(learn(pages, min_documents=least).rules, pages)
    assert (precision >= FLOORS[n_pages][0], recall >= FLOORS[n_pages][1]) == (True, True), (precision, recall)


@pytest.mark.measures
def test_pages_not_seen_before_are_cleaned_too() -> None:
    sites = [Site("held out", number) for number in range(12)]
    rules = learn([page for site in sites for page in site.make_pages(40)]).rules
    precision, recall = score(rules, [page for site in sites for page in site.make_pages(10)])
    assert precision >= 0.999
    assert recall >= 0.985


def stories(n: int) -> list[str]:
    """Articles that have nothing in common."""
    return ["\n\n".join(line.text for line in page.lines if not line.is_boilerplate) for page in _pages(n)]


def _pages(n: int) -> list[Page]:
    return Site("stories", 0).make_pages(n, busy_share=0.0)


FOOTER = "\n\nAll pages of this paper are printed on the island"


def lines_of(learned: Learned) -> set[str]:
    return {line for rule in learned.rules for line in rule.lines}


def test_copies_of_one_story_count_once() -> None:
    wire = stories(1)[0]
    copies = [wire + f"\n\nCopy {i} was sent out." + FOOTER for i in range(40)]
    others = [text + FOOTER for text in stories(30)]
    assert learn_texts(copies) == set()
    assert learn_texts(copies + others) == {FOOTER.strip()}


def learn_texts(texts: Sequence[str], **fields: Sequence[str]) -> set[str]:
    records = [{"text": text, **{name: values[i] for name, values in fields.items()}} for i, text in enumerate(texts)]
    return lines_of(dedupe.learn_rules(records))


def test_the_line_of_one_day_is_news() -> None:
    texts = [text + FOOTER for text in stories(60)]
    quoted = "“We shall not sell the ferry,” the minister said on Tuesday."
    on_one_day = [
        text.replace("\n\n", f"\n\n{quoted}\n\n", 1) if 20 <= i < 40 else text for i, text in enumerate(texts)
    ]
    assert learn_texts(on_one_day) == {FOOTER.strip()}
    # The same when the day is told by a field, and the order of the input by chance.
    shuffled = sorted(range(60), key=lambda i: i * 7919 % 61)
    days = [f"2024-03-{1 + i // 20 * 4 + i % 4 * (not 20 <= i < 40):02}" for i in range(60)]
    found = learn_texts([on_one_day[i] for i in shuffled], date=[days[i] for i in shuffled])
    assert found == {FOOTER.strip()}


def test_a_standing_headline_is_no_masthead() -> None:
    texts = stories(60)
    column = [
        f"Letters to the harbour\n\n{text.split(chr(10), 2)[2]}" if i % 3 == 0 else text for i, text in enumerate(texts)
    ]
    assert learn_texts(column) == set()
    masthead = ["The Daily Harbour\n\n" + text for text in column]
    assert learn_texts(masthead) == {"The Daily Harbour"}


@pytest.mark.parametrize(
    "plan",
    [
        "Final score: {a}:{b}",
        "Harbour {a} Valley {b}",
        "A barrel: {c}.{d} dollars",
        "${c}",
        "Turnout {c} %",
        "Yes {c}, no {d}",
    ],
)
def test_numbers_that_are_news_stay(plan: str) -> None:
    texts = [
        f"{text}\n\n{plan.format(a=i % 4, b=i % 3, c=10 + i * 37 % 89, d=10 + i * 53 % 87)}"
        for i, text in enumerate(stories(40))
    ]
    assert learn_texts(texts) == set()


@pytest.mark.parametrize(
    "plan",
    [
        "Published {h}:{m}",
        "{n} comments",
        "Printed on {d}.{mo}.2024",
        "Last change: 2024-{mo}-{d}",
        "© {y} The Harbour Post",
    ],
)
def test_numbers_of_furniture_go(plan: str) -> None:
    plans = {
        "h": lambda i: 10 + i % 9,
        "m": lambda i: f"{i * 7 % 60:02}",
        "n": lambda i: i,
        "y": lambda i: 2020 + i % 3,
    }
    plans |= {"d": lambda i: f"{1 + i % 28:02}", "mo": lambda i: f"{1 + i % 12:02}"}
    texts = [
        f"{text}\n\n{plan.format(**{name: make(i) for name, make in plans.items()})}"
        for i, text in enumerate(stories(40))
    ]
    found = learn_texts(texts)
    assert len(found) == 1
    assert "#" in found.pop()


def test_large_counts_are_counted_with_small_ones() -> None:
    texts = [f"{text}\n\n{i * i * 3 + 1:,} views of this page" for i, text in enumerate(stories(40))]
    assert learn_texts(texts) == {"# views of this page", "#,# views of this page"}


def test_numbers_that_never_vary_are_kept_to() -> None:
    learned = dedupe.learn_rules([f"{text}\n\nCall the newsroom: 0555 12 34" for text in stories(30)])
    (rule,) = learned.rules
    assert rule.exact_case
    rules = collect_rules([rule])
    assert rules.match(b"Call the newsroom:  0555 12 34") is rule
    assert rules.match(b"Call the newsroom: 0555 12 35") is None


def test_each_day_is_one_rule() -> None:
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    texts = [f"The paper of {days[i * 5 % 7]}\n\n{text}" for i, text in enumerate(stories(40))]
    (rule,) = dedupe.learn_rules(texts).rules
    assert rule.line == ("The paper of {1}",)
    assert set(rule.slot[0]) == {day.lower() for day in days}
    assert (rule.documents, rule.share, rule.place) == (40, 1.0, "head")


def test_a_rule_of_one_source_leaves_others_alone() -> None:
    texts = stories(60)
    records = [
        {"source": ("here", "there")[i % 2], "text": text + (FOOTER if i % 2 == 0 else "")}
        for i, text in enumerate(texts)
    ]
    learned = dedupe.learn_rules(records)
    assert [rule.source for rule in learned.rules] == ["here"]
    there = {"source": "there", "text": texts[1] + FOOTER}
    here = {**there, "source": "here"}
    cleaner = Cleaner(rules=collect_rules(learned.rules))
    assert cleaner.clean_document(here["text"].encode(), "here")
    assert not cleaner.clean_document(there["text"].encode(), "there")
    assert not cleaner.clean_document(there["text"].encode(), "")


def test_hosts_of_urls_are_sources(tmp_path: Path) -> None:
    records = [
        {"url": f"https://www.Harbour.example:80/a/{i}?x", "text": text + FOOTER} for i, text in enumerate(stories(30))
    ]
    assert [rule.source for rule in dedupe.learn_rules(records).rules] == ["harbour.example"]
    path = tmp_path / "rules.toml"
    path.write_text(dedupe.learn_rules(records).to_toml(), encoding="utf-8")
    options = CleanOptions(rules=(str(path),))
    assert [x["text"].endswith(FOOTER) for x in dedupe.clean_documents(records[:3], options)] == [False] * 3
    assert dedupe.clean_text(records[0]["text"], options).text.endswith(FOOTER)
    of_site = CleanOptions(rules=(str(path),), source="harbour.example")
    assert not dedupe.clean_text(records[0]["text"], of_site).text.endswith(FOOTER)


@pytest.mark.parametrize(
    ("record", "source"),
    [
        ({"url": "https://www.Harbour.example:80/a/1?x"}, "harbour.example"),
        ({"url": " https://harbour.example/a/1\n"}, "harbour.example"),
        ({"url": "//harbour.example/a/1"}, "harbour.example"),
        ({"url": "harbour.example/a/1"}, "harbour.example"),
        ({"url": "/a/1"}, ""),
        ({"url": "/a/1", "source": " The Harbour "}, "The Harbour"),
        ({"url": 3}, ""),
        ({"source": "/srv/harbour"}, "/srv/harbour"),
    ],
)
def test_what_names_a_source(record: dict[str, Any], source: str) -> None:
    assert source_of(record) == source


def test_file_comes_back_as_it_was(tmp_path: Path) -> None:
    learned = learn(list(make_sites("file", 6, 20, 3)))
    path = tmp_path / "rules.toml"
    path.write_text(learned.to_toml(), encoding="utf-8")
    again = read_learned(path)
    assert again == learned
    assert again.to_toml() == learned.to_toml()
    assert load_rules([str(path)]).sources  # its examples hold
    about = path.read_text(encoding="utf-8")
    for said in ("documents = ", "bytes = ", 'first = "2023', 'tool = "dedupe', 'unicode = "'):
        assert said in about


RULES = """
[[rule]]
id = "mine.day"
source = "here"
line = ["Paper of {1}, {2} #", "{1}'s paper"]
slot = [["Monday", "Sunday"], ["May", "June"]]
evidence = "any"
takes = ["paper of sunday, MAY 12", "Monday's paper"]
leaves = ["Paper of May, Sunday 12"]

[[rule]]
id = "mine.long"
line = ["%s"]
evidence = "any"
"""
LONG = "The publisher answers for nothing that others have written, said, drawn or thought. " * 9


def test_slots_sources_and_long_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(RULES % LONG.strip())
    rules = collect_rules(read_rules(path))
    for line, source, wanted in [
        ("Paper of Monday, June 3", "here", "mine.day"),
        ("Paper of Monday, June 3", "there", None),
        ("Paper of Friday, June 3", "here", None),
        ("Sunday's paper", "here", "mine.day"),
        (LONG.upper(), "there", "mine.long"),
        (LONG + "Not so.", "there", None),
    ]:
        text = f"A headline\n\n{line.strip()}\n\nA short story."
        out = apply_splices(text.encode(), Cleaner(rules=rules).clean_document(text.encode(), source))
        assert (line.strip().encode() not in out) == (wanted is not None), line
        by_hand = decide(text.encode(), rules, source=source)
        assert apply_splices(text.encode(), by_hand) == out
    for wrong, said in [("{3}", "slot that is not there"), ("{1}{1}{1}{1}{1}", "its slots make")]:
        path.write_text(f'[[rule]]\nid = "x.y"\nline = ["a{wrong}"]\nslot = [{[f"w{i}" for i in range(12)]}]\n')
        with pytest.raises(RulesError, match=said):
            read_rules(path)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["12:03", "09:41", "23:59"], Kind.CLOCK),
        (["2:1", "0:0", "3:2"], Kind.NEWS),
        (["3.5.2024", "12.11.2023"], Kind.CLOCK),
        (["2024-03-05", "2023-12-31"], Kind.CLOCK),
        (["2023", "2024"], Kind.CLOCK),
        (["3", "12", "1,203"], Kind.COUNT),
        (["71.20", "70.95"], Kind.NEWS),
        (["1,203.50", "1,199.00"], Kind.NEWS),
        (["£3", "£12"], Kind.NEWS),
        (["3 %", "12 %"], Kind.NEWS),
        (["2-1", "3-0"], Kind.NEWS),
        (["٣", "١٢"], Kind.COUNT),
        (["7", "7"], Kind.SAME),
    ],
)
def test_kinds_of_numbers(values: list[str], kind: Kind) -> None:
    assert find_kinds(values) == [kind]


documents = st.lists(
    st.lists(
        st.one_of(st.sampled_from(["a b", "a c", "# 1 b", "x 12 y", "今天是一", "Z", ""]), st.text(HARD, max_size=12)),
        max_size=8,
    ),
    max_size=12,
)


@given(documents, st.integers(8, 12), st.integers(0, 20), st.integers(1, 4), st.data())
@settings(max_examples=150)
def test_both_engines_tally_the_same(
    native: ModuleType, docs: list[list[str]], bits: int, most: int, frequent: int, data: st.DataObject
) -> None:
    texts = ["\n".join(lines).encode("utf-8", "surrogatepass") for lines in docs]
    offsets = array("q", [0])
    for text in texts:
        offsets.append(offsets[-1] + len(text))
    sources = array("i", [data.draw(st.integers(-1, 2)) for _ in texts])
    buckets = bytes(data.draw(st.integers(0, 62)) for _ in texts)
    results = []
    for engine in (native, reference):
        tally = engine.tally_open(bits, most)
        engine.tally_count(tally, b"".join(texts), offsets, sources)
        counts = engine.tally_gather(tally, b"".join(texts), offsets, sources, buckets, array("i", [frequent] * 3))
        results.append((counts, engine.tally_rows(tally)))
    assert results[0] == results[1]


def test_tally_turns_wrong_input_away(engine: ModuleType) -> None:
    with pytest.raises(ValueError, match="sketch_bits"):
        engine.tally_open(7)
    tally, offsets, one = engine.tally_open(8, 1), array("q", [0, 2]), array("i", [0])
    with pytest.raises(ValueError, match="sources"):
        engine.tally_count(tally, b"ab", offsets, array("i", [0, 0]))
    with pytest.raises(ValueError, match="buckets"):
        engine.tally_gather(tally, b"ab", offsets, one, b"", one)
    with pytest.raises(ValueError, match="frequent"):
        engine.tally_gather(tally, b"ab", offsets, array("i", [1]), b"\0", one)
    with pytest.raises(ValueError, match="buckets"):
        engine.tally_gather(tally, b"ab", offsets, one, b"\x3f", one)


def test_room_for_lines_is_bounded(engine: ModuleType) -> None:
    text = "\n".join(f"line {chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(200)).encode()
    tally, offsets = engine.tally_open(8, 5), array("q", [0, len(text)])
    for _ in range(2):
        engine.tally_count(tally, text, offsets, array("i", [0]))
    engine.tally_gather(tally, text, offsets, array("i", [0]), b"\0", array("i", [2]))
    rows, _, _, left_out = engine.tally_rows(tally)
    assert len(rows) == 5 * 12 * 8
    assert left_out == 195


@pytest.mark.parametrize(
    ("file", "options", "most"),
    [
        ("neardup/bbc/docs.jsonl", {}, 0),
        ("neardup/bbc/docs.jsonl", {"min_share": 0.002}, 0),
        ("neardup/fnc1/docs.jsonl", {}, 0),
        ("neardup/fnc1/docs.jsonl", {"min_share": 0.002}, 4),  # "Scroll down for video", prompts for comments, a poll
        ("scripts/arabic-news.jsonl", {}, 1),  # a slider's buttons before the agency's name and a city
    ],
)
def test_real_articles_keep_their_news(shared_data: Path, file: str, options: dict[str, float], most: int) -> None:
    """The rules were read, and none takes news."""
    with (shared_data / file).open(encoding="utf-8") as rows:
        learned = dedupe.learn_rules(map(json.loads, rows), LearnOptions(**options))  # type: ignore[arg-type]
    assert len(learned.rules) == most
