"""`dedupe learn` and `clean --learn` as users run them, and the file that one writes and the other reads."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from command import run
from sites import Page, Site, make_sites
from test_learn import FOOTER, learn, lines_of, stories

import dedupe
from dedupe.clean.rules import load_rules
from dedupe.errors import RulesError
from dedupe.learn.file import Learned, read_learned
from dedupe.learn.learn import BATCH_DOCUMENTS


def write(path: Path, pages: Sequence[Page]) -> Path:
    rows = ({"source": page.source, "date": page.date, "text": page.text} for page in pages)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_command_and_library_agree_whatever_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = list(make_sites("batches", 3, 20, 4))
    path = write(tmp_path / "pages.jsonl", pages)
    halves = [write(tmp_path / f"{i}.jsonl", pages[i * 36 : (i + 1) * 36]) for i in range(2)]
    wanted = learn(pages).to_toml()
    assert run("learn", path).out.decode() == wanted
    assert run("learn", stdin=path.read_bytes()).out.decode() == wanted
    assert run("learn", *halves).out.decode() == wanted
    assert BATCH_DOCUMENTS > 7
    monkeypatch.setattr("dedupe.learn.learn.BATCH_DOCUMENTS", 7)
    assert learn(pages).to_toml() == wanted


def test_records_without_text_do_not_shift_the_others(tmp_path: Path) -> None:
    rows = [{"source": ("here", "there")[i % 2], "text": text + FOOTER * (i % 2)} for i, text in enumerate(stories(60))]
    odd: list[object] = [{"text": ""}, {"source": "here"}, {"text": 5}, {"source": 7, "text": "One line"}, []]
    lines = [json.dumps(row) for row in rows]
    for i, row in enumerate(odd):
        lines.insert(9 * i, json.dumps(row))
    lines.insert(3, "")
    path = tmp_path / "odd.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    ran = run("learn", path, "-o", tmp_path / "rules.toml")
    assert ran.code == 2  # a list is no record, and is named
    assert "odd.jsonl:38: is JSON, but not an object" in ran.err
    (found,) = dedupe.learn_rules(rows).rules
    (again,) = read_learned(tmp_path / "rules.toml").rules
    assert (found.source, found.line, found.documents) == (again.source, again.line, again.documents)
    assert again.source == "there"


def test_both_engines_learn_the_same(tmp_path: Path, native: ModuleType) -> None:
    path = write(tmp_path / "pages.jsonl", list(make_sites("engines", 2, 12, 2)))
    one, other = (run("learn", path, DEDUPE_ENGINE=name) for name in ("native", "reference"))
    assert one.out
    assert one.out == other.out


def test_learned_rules_are_restored_counted_and_idempotent(tmp_path: Path) -> None:
    path = write(tmp_path / "pages.jsonl", list(make_sites("restore", 3, 20)))
    audit, out = tmp_path / "audit.jsonl", tmp_path / "clean.jsonl"
    ran = run("clean", "--learn", "--stats", "--audit", audit, "-o", out, path)
    assert ran.code == 0, ran.err
    stats = json.loads(ran.err.splitlines()[-1])
    assert any(rule.startswith("learned.site-0-example.") for rule in stats["edits"])
    assert run("restore", audit, out).out == path.read_bytes()
    assert run("clean", "--learn", "-", stdin=path.read_bytes()).out == out.read_bytes()
    rules = tmp_path / "rules.toml"
    assert run("learn", path, "-o", rules).code == 0
    cleaned = run("clean", "--rules", rules, path).out
    assert cleaned == out.read_bytes()
    assert run("clean", "--rules", rules, "-", stdin=cleaned).out == cleaned


def test_files_add_up_and_what_was_deleted_stays_so(tmp_path: Path) -> None:
    site = Site("update", 0)
    old, new = learn(site.make_pages(30)), learn(site.make_pages(20))
    both = old.merge(new)
    assert both.sources[site.source].documents == 50
    rules = {rule.id: rule for rule in both.rules}
    masthead = next(rule for rule in old.rules if rule.line[0] == site.name)
    assert rules[masthead.id].documents == 50
    assert rules[masthead.id].share == 1.0
    assert (
        len(both.rules) == len({key for rule in both.rules for key in rule.line})
        or len(both.rules) <= len(old.rules) + 2
    )
    path, pages = tmp_path / "rules.toml", write(tmp_path / "new.jsonl", site.make_pages(20))
    path.write_text(Learned(old.options, old.sources, [masthead], 0, 0, old.offered).to_toml(), encoding="utf-8")
    ran = run("learn", "--update", path, pages, "-o", path)
    assert ran.code == 0, ran.err
    after = read_learned(path)
    assert masthead.id in {rule.id for rule in after.rules}
    assert not {line for rule in old.rules if rule != masthead for line in rule.line} & lines_of(after)
    assert run("learn", "--update", path, "--update", path).code == 0


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    plain, other = tmp_path / "plain.toml", tmp_path / "other.toml"
    plain.write_text('[[rule]]\nid = "mine.x"\nline = ["x"]\n')
    with pytest.raises(RulesError, match=r"plain.toml: does not say what it was learned from"):
        read_learned(plain)
    for path, by in ((plain, "site"), (other, "host")):
        path.write_text(f'[learned]\nby = "{by}"\n[[rule]]\nid = "mine.x"\nline = ["x"]\n')
    with pytest.raises(RulesError, match="by different fields"):
        load_rules([str(plain), str(other)])
    assert run("learn", tmp_path / "absent.jsonl").code == 2
    assert run("learn", "--min-share", "2", plain).code == 2
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"text": "x"}\n{"text": \n')
    ran = run("learn", broken)
    assert (ran.code, "broken.jsonl:2: is not JSON" in ran.err) == (2, True)


@pytest.mark.measures
def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    def peak(n: int) -> int:
        path = tmp_path / f"{n}.jsonl"
        with path.open("w") as file:
            for i in range(n):
                lines = "\n".join(f"{chr(97 + i % 26)} line {i} {k} of a page that says nothing" for k in range(400))
                file.write(json.dumps({"text": lines}) + "\n")
        code = (
            "import resource, sys; from dedupe.usage import dedupe\n"
            "try: dedupe(['learn', sys.argv[1], '-o', '/dev/null'])\n"
            "except SystemExit: pass\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, path], capture_output=True, text=True, check=True, env=os.environ
        )
        return int(done.stdout.split()[-1])

    assert peak(2000) < peak(200) + 25_000  # kilobytes; 30 MB of text against 3


def test_a_line_that_no_rules_file_can_hold_is_not_learned(tmp_path: Path) -> None:
    rng = random.Random(3)
    texts = [f"Head {i}\n\n{' '.join(f'w{rng.randrange(999)}' for _ in range(40))}\n\n\ud800 footer" for i in range(40)]
    data = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
    done = run("clean", "--learn", stdin=data)
    assert (done.code, done.out.count(b"\n")) == (0, 40)
    texts = [json.loads(line)["text"] for line in done.out.splitlines()]
    assert all(text.endswith("\ufffd footer") for text in texts)  # repaired, and not taken out
