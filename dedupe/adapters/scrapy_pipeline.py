"""Scrapy: an item pipeline that cleans items and drops or marks duplicates as they are scraped.

    ITEM_PIPELINES = {"dedupe.adapters.scrapy_pipeline.DedupePipeline": 300}

| setting           | is                                                                           | else  |
|-------------------|------------------------------------------------------------------------------|-------|
| DEDUPE_FIELD      | the item's field that holds the text                                         | text  |
| DEDUPE_ID_FIELD   | the field that names an item                                                 | url   |
| DEDUPE_CLEAN      | whether texts are cleaned first                                              | True  |
| DEDUPE_ACTION     | drop, or mark: adds duplicate_of, similarity and cluster as --annotate does  | drop  |
| DEDUPE_THRESHOLD  | the similarity at and above which two items are duplicates                   | 0.8   |
| DEDUPE_RECALL     | the share of pairs at the threshold that are to be found                     | 0.985 |

With JOBDIR, what was kept stands in dedupe-kept there, texts included, and a crawl that is resumed goes on
where it stopped. Items without a text pass, and are counted. Of two items the one that is scraped first stays.
"""

from pathlib import Path
from typing import Any

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem
from scrapy.utils.job import job_dir

from dedupe.clean.cleaner import Cleaner
from dedupe.deduplicator import Deduplicator
from dedupe.document import Removal, apply_splices, encode
from dedupe.options import DropOptions

STATE = "dedupe-kept"  # in JOBDIR


class DedupePipeline:
    """One crawl's items; made by Scrapy. A setting that is wrong is a ValueError, and the crawl does not start."""

    def __init__(self, crawler: Any) -> None:
        settings = crawler.settings
        self.stats = crawler.stats
        self.field = settings.get("DEDUPE_FIELD", "text")
        self.id_field = settings.get("DEDUPE_ID_FIELD", "url")
        self.action = settings.get("DEDUPE_ACTION", "drop")
        if self.action not in ("drop", "mark"):
            raise ValueError(f"DEDUPE_ACTION {self.action!r}: use drop or mark")
        self.cleaner = Cleaner() if settings.getbool("DEDUPE_CLEAN", True) else None
        self.options = DropOptions(
            settings.getfloat("DEDUPE_THRESHOLD", DropOptions().threshold),
            settings.getfloat("DEDUPE_RECALL", DropOptions().recall),
        )
        folder = job_dir(settings)
        self.path = Path(folder) / STATE if folder else None

    @classmethod
    def from_crawler(cls, crawler: Any) -> "DedupePipeline":
        return cls(crawler)

    # Before 2.13 Scrapy hands the spider to each of these; later it must not be asked for.
    def open_spider(self, spider: Any = None) -> None:
        self.deduplicator = Deduplicator(self.options, self.path)

    def close_spider(self, spider: Any = None) -> None:
        self.deduplicator.close()

    def process_item(self, item: Any, spider: Any = None) -> Any:
        fields = ItemAdapter(item)
        text = fields.get(self.field)
        if not isinstance(text, str):
            self.stats.inc_value("dedupe/without_text")
            return item
        if self.cleaner:
            text = self._clean(fields, text)
        name = str(fields.get(self.id_field) or self.deduplicator.n_documents)
        removal = self.deduplicator.add(text, name)
        if self.action == "mark":
            self._mark(fields, name, removal)
        if removal is None:
            self.stats.inc_value("dedupe/kept")
            return item
        self.stats.inc_value("dedupe/duplicates")
        if self.action == "mark":
            return item
        keeper = self.deduplicator.name_of(removal.keeper)
        raise DropItem(f"duplicate of {keeper}, similarity {removal.similarity:.3f}")

    def _clean(self, fields: ItemAdapter, text: str) -> str:
        assert self.cleaner
        data = encode(text)
        splices = self.cleaner.clean_document(data)
        if not splices:
            return text
        self.stats.inc_value("dedupe/cleaned")
        clean = apply_splices(data, splices).decode("utf-8", "surrogatepass")
        fields[self.field] = clean
        return clean

    def _mark(self, fields: ItemAdapter, name: str, removal: Removal | None) -> None:
        keeper = self.deduplicator.name_of(removal.keeper) if removal else None
        marks = {
            "duplicate_of": keeper,
            "similarity": removal.similarity if removal else None,
            "cluster": keeper or name,
        }
        try:
            for field, value in marks.items():
                fields[field] = value
        except KeyError:
            raise TypeError(
                f"{type(fields.item).__name__} has no field {field!r}: declare {', '.join(marks)}, "
                "or set DEDUPE_ACTION to drop"
            ) from None
