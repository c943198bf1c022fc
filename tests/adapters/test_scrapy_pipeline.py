"""Real crawls of a site on this machine: what is dropped or marked, and a crawl that is stopped and resumed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from test_drop import changed, similarity, story
from texts import CAPTURE, CLEAN
from texts_column import need

need("scrapy")

from itemadapter import ItemAdapter  # noqa: E402
from scrapy import Field, Item  # noqa: E402
from scrapy.exceptions import DropItem  # noqa: E402
from scrapy.utils.test import get_crawler  # noqa: E402

from dedupe.adapters.scrapy_pipeline import STATE, DedupePipeline  # noqa: E402
from dedupe.pages import read_page  # noqa: E402

ROOT = Path(__file__).parents[2]
# Page 3i + 1 has a near copy of page 3i's story, every seventh an exact one of page 0's.
STORIES = [story(0) if i % 7 == 6 else changed(story(i // 3), i % 3, i) if i % 3 < 2 else story(i) for i in range(24)]
SPIDER = """
import scrapy

class Stories(scrapy.Spider):
    name = "stories"

    def __init__(self, first):
        self.start_urls = [first]

    def parse(self, response):
        yield {"url": response.url, "text": response.css("p::text").get()}
        yield from response.follow_all(css="a")
"""


class Site(BaseHTTPRequestHandler):
    """A page a story, each with a link to the next."""

    def do_GET(self) -> None:
        n = int(self.path[1:])
        link = f'<a href="/{n + 1}">next</a>' if n + 1 < len(STORIES) else ""
        body = f"<p>{STORIES[n]}</p>{link}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/0"
    server.shutdown()
    thread.join()
    server.server_close()


def crawl(folder: Path, spider: str, *arguments: str, **settings: object) -> tuple[list[dict[str, Any]], str]:
    """The items that come out of a crawl of one request at a time, and its log."""
    folder.mkdir(exist_ok=True)
    (folder / "spider.py").write_text(spider)
    out = folder / "items.jsonl"
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "scrapy", "runspider", "spider.py", "-o", str(out), *arguments]
    for name, value in {"CONCURRENT_REQUESTS": 1, "TELNETCONSOLE_ENABLED": False, **settings}.items():
        command += ["-s", f"{name}={value}"]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else [], done.stderr


def crawl_stories(folder: Path, site: str, **settings: object) -> tuple[list[dict[str, Any]], str]:
    pipelines = '{"dedupe.adapters.scrapy_pipeline.DedupePipeline": 300}'
    return crawl(folder, SPIDER, "-a", f"first={site}", ITEM_PIPELINES=pipelines, **settings)


@pytest.fixture(scope="module")
def uninterrupted(site: str, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return crawl_stories(tmp_path_factory.mktemp("whole"), site)[0]


def numbers(items: list[dict[str, Any]]) -> list[int]:
    return [int(item["url"].rpartition("/")[2]) for item in items]


def test_duplicates_are_dropped_as_they_are_scraped(uninterrupted: list[dict[str, Any]]) -> None:
    expected: list[int] = []
    for n, text in enumerate(STORIES):
        if all(similarity(text, STORIES[k]) < 0.8 for k in expected):
            expected.append(n)
    assert numbers(uninterrupted) == expected
    assert 8 < len(expected) < 20


@pytest.mark.parametrize("n_items", [1, 7, 12])
def test_a_crawl_that_is_resumed_finds_what_a_whole_one_does(
    site: str, tmp_path: Path, uninterrupted: list[dict[str, Any]], n_items: int
) -> None:
    job = {"JOBDIR": tmp_path / "job"}
    first, log = crawl_stories(tmp_path / "first", site, CLOSESPIDER_ITEMCOUNT=n_items, **job)
    assert "closespider_itemcount" in log
    assert 0 < len(first) < len(uninterrupted)
    assert (tmp_path / "job" / STATE).stat().st_size > 0
    second, _ = crawl_stories(tmp_path / "second", site, **job)
    assert first + second == uninterrupted


def test_duplicates_are_marked(site: str, tmp_path: Path, uninterrupted: list[dict[str, Any]]) -> None:
    items, log = crawl_stories(tmp_path, site, DEDUPE_ACTION="mark")
    assert numbers(items) == list(range(len(STORIES)))
    stays = [item for item in items if item["duplicate_of"] is None]
    assert numbers(stays) == numbers(uninterrupted)
    assert all(item["cluster"] == item["url"] and item["similarity"] is None for item in stays)
    for item in items:
        if item not in stays:
            assert item["duplicate_of"] == item["cluster"]
            keeper = next(other for other in stays if other["url"] == item["duplicate_of"])
            assert item["similarity"] == pytest.approx(similarity(item["text"], keeper["text"]))
    assert f"'dedupe/duplicates': {len(items) - len(stays)}" in log


def test_the_spider_of_the_help_page(tmp_path: Path) -> None:
    (spider,) = re.findall(r"```python\n(import scrapy\n.*?)```", read_page("pipelines"), re.DOTALL)
    (tmp_path / "tests").mkdir()
    sample = (ROOT / "tests" / "sample.txt").read_text(encoding="utf-8")
    (tmp_path / "tests" / "sample.txt").write_text(sample, encoding="utf-8")
    (item,), _ = crawl(tmp_path, spider)
    assert item["text"].count("River Ferry Returns") == 1 < sample.count("River Ferry Returns")


class Story(Item):  # type: ignore[misc]
    url, text = Field(), Field()


class MarkedStory(Story):
    duplicate_of, similarity, cluster = Field(), Field(), Field()


def pipeline(**settings: object) -> DedupePipeline:
    made = DedupePipeline.from_crawler(get_crawler(settings_dict=settings))
    made.open_spider()
    return made


def test_items_of_every_kind_are_cleaned() -> None:
    made = pipeline()
    assert dict(made.process_item(Story(url="a", text=CAPTURE))) == {"url": "a", "text": CLEAN}
    with pytest.raises(DropItem, match=r"duplicate of a, similarity 1\.000"):
        made.process_item({"url": "b", "text": CAPTURE})
    for item in ({}, {"text": None}, {"text": ["a list"]}):
        assert made.process_item(dict(item)) == item
    assert made.process_item({"text": "without a url"}) == {"text": "without a url"}
    with pytest.raises(DropItem, match="duplicate of 2,"):
        made.process_item({"text": "Without a URL"})
    made.close_spider()
    counts = {"kept": 2, "duplicates": 2, "cleaned": 2, "without_text": 3}
    assert {name: made.stats.get_value(f"dedupe/{name}") for name in counts} == counts


def test_settings() -> None:
    made = pipeline(DEDUPE_CLEAN=False, DEDUPE_FIELD="body", DEDUPE_ID_FIELD="key", DEDUPE_THRESHOLD=0.5)
    assert made.process_item({"key": "k", "body": CAPTURE})["body"] == CAPTURE
    with pytest.raises(DropItem, match=r"duplicate of k, similarity 0\.\d"):
        made.process_item({"key": "l", "body": CLEAN})
    made.close_spider()
    with pytest.raises(ValueError, match="use drop or mark"):
        pipeline(DEDUPE_ACTION="delete")
    with pytest.raises(ValueError, match=r"threshold 2\.0"):
        pipeline(DEDUPE_THRESHOLD=2)


def test_items_that_cannot_be_marked_are_named() -> None:
    made = pipeline(DEDUPE_ACTION="mark")
    assert ItemAdapter(made.process_item(MarkedStory(url="a", text="x"))).asdict() == {
        "url": "a", "text": "x", "duplicate_of": None, "similarity": None, "cluster": "a"
    }  # fmt: skip
    with pytest.raises(TypeError, match="Story has no field 'duplicate_of': declare duplicate_of, similarity, cluster"):
        made.process_item(Story(url="b", text="y"))
    made.close_spider()


def test_an_item_that_was_kept_but_not_stored_comes_again(tmp_path: Path) -> None:
    for _ in range(2):
        made = pipeline(JOBDIR=str(tmp_path))
        assert made.process_item({"url": "a", "text": story(1)})["url"] == "a"
        made.deduplicator._texts.close()  # all that the system does when it kills a process
    made = pipeline(JOBDIR=str(tmp_path))
    with pytest.raises(DropItem, match="duplicate of a"):
        made.process_item({"url": "b", "text": story(1)})
    made.close_spider()
