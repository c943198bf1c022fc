"""Sources or documents in, rules out: what `dedupe learn` does.

Two passes over the corpus (corpus.py), then the few lines that passed are put together and judged, source by
source. What comes out depends on the documents and their order alone.
"""

import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from dedupe.aside import Aside
from dedupe.clean.rules import Rule
from dedupe.document import encode
from dedupe.engine import Buffer
from dedupe.errors import InputError, RecordError
from dedupe.learn.corpus import Corpus
from dedupe.learn.evidence import Finding, Site, find_runs, is_dated, judge, least_documents
from dedupe.learn.file import Learned, Source, make_rules
from dedupe.learn.lines import Line
from dedupe.learn.templates import Template, Vocabulary, find_templates
from dedupe.near.documents import Documents, Spool, gather_documents, put_documents
from dedupe.near.drop import Dropper
from dedupe.options import DropOptions, LearnOptions, ReadOptions
from dedupe.read import OK, Batch, Block, open_source, read_blocks
from dedupe.report import Report
from dedupe.sources import find_sources, find_values, source_of

BATCH_DOCUMENTS = 256


def learn_files(
    names: Sequence[str], read: ReadOptions, options: LearnOptions, report: Report, aside: Aside
) -> Learned:
    """Learns from files, which are one corpus; `report` is told what cannot be read.

    Files are read twice, streams from where they were put `aside`. A record that cannot be read is named.
    """
    places = (aside.path(name) or name for name in names)
    sizes = (os.path.getsize(place) for place in places if os.path.isfile(place))
    corpus = Corpus(options, sum(sizes))
    dropper = Dropper(DropOptions(), read.id_field, names=False)
    try:
        readable = [name for name in names if _count_file(name, read, corpus, dropper, report, aside)]
        corpus.settle()
        for name in readable:
            for batch in _read(name, read, aside):
                documents = _documents_of(batch)
                corpus.gather(documents.text, documents.offsets, len(documents))
        corpus.check_end()
    finally:
        dropper.close()
    return _learn(corpus, options)


def _count_file(name: str, read: ReadOptions, corpus: Corpus, dropper: Dropper, report: Report, aside: Aside) -> bool:
    """The first pass over a file; tells whether it could be read."""
    line = 1
    try:
        for batch in _read(name, read, aside, dropper):
            batch.line = line
            line += batch.count_lines()
            for i in batch.broken():
                fault = f"{batch.fault(i)}"
                if read.strict:
                    raise RecordError(f"{name}:{batch.line_of(i)}: {fault}; mend it, or run without --strict")
                report.broken(name, batch.line_of(i), fault, "nothing is learned from it")
            if batch.textless():
                report.textless[name] += batch.textless()
            documents = gather_documents(batch, None, batch.fd, batch.position, dropper.spool, "never")
            sources, dates = find_sources(batch, corpus.options.by), find_values(batch, corpus.options.date_field)
            mine = documents.records
            corpus.count(documents, [sources[i] for i in mine], [dates[i] for i in mine])
    except InputError as error:
        if read.strict:
            raise
        report.fail(str(error))
        return False
    return True


class _Batch(Batch):
    """A batch, and where its bytes can be read again."""

    __slots__ = ("fd", "position")

    def __init__(self, block: Block, read: ReadOptions) -> None:
        super().__init__(block.raw, block.at, 0, block.format, read)
        self.fd, self.position = block.fd, block.position


def _read(name: str, read: ReadOptions, aside: Aside, dropper: Dropper | None = None) -> Iterator[_Batch]:
    """The batches of a file."""
    source = open_source(name, read, aside.path(name))
    try:
        blocks = read_blocks(source)
        for block in dropper.make_readable_again(source, blocks) if dropper else blocks:
            yield _Batch(block, read)
    finally:
        source.stream.close()


def _documents_of(batch: Batch) -> Documents:
    """The documents of a batch as gather_documents gives them, where nobody reads them again."""
    records = [i for i, status in enumerate(batch.status) if status == OK]
    ends = [batch.offsets[0], *(batch.offsets[i + 1] for i in records)]
    return Documents(batch.text, array("q", ends), b"", records)


def learn_rules(
    documents: Iterable[str | Mapping[str, Any]], options: LearnOptions | None = None, field: str = "text"
) -> Learned:
    """Learns what each source says on many of its documents: strings, or mappings whose `field` holds the text.

    The result's `rules` are for Cleaner and for `dedupe clean --rules`; `to_toml()` writes them as a file to
    review. Texts are kept in a temporary file until the call ends. Raises KeyError for a mapping without `field`
    and TypeError for a text that is no string.

    >>> pages = [f"The Daily\\n\\nStory {'abcdefghijkl'[i] * 9}\\n\\nAll rights reserved" for i in range(12)]
    >>> [rule.line for rule in learn_rules(pages).rules]
    [('The Daily',), ('All rights reserved',)]
    """
    from dedupe.library import each, text_of

    options = options or LearnOptions()
    corpus, spool, stream = Corpus(options), Spool(), each(documents)
    batches: list[tuple[Buffer, int, int]] = []  # offsets, number of documents, where the spool then ends
    with spool:
        while batch := list(islice(stream, BATCH_DOCUMENTS)):
            texts = [encode(text_of(document, field)) for document in batch]
            found = put_documents(texts, range(len(batch)), spool)
            sources = [source_of(document, options.by) for document in batch]
            dates = [None if isinstance(document, str) else document.get(options.date_field) for document in batch]
            corpus.count(found, sources, dates)
            batches.append((found.offsets, len(found), spool.size))
        corpus.settle()
        at = 0
        for offsets, n, end in batches:
            corpus.gather(spool.read(at, end - at), offsets, n)
            at = end
    return _learn(corpus, options)


def _learn(corpus: Corpus, options: LearnOptions) -> Learned:
    of_site, left_out = corpus.lines()
    sites = list(zip(corpus.sites, of_site, strict=True))
    if len(sites) > 1:  # what is learned of documents without a source would be for those of all
        sites = [(site, lines) for site, lines in sites if site.name]
    vocabulary = _learn_words(sites, options)
    rules: list[Rule] = []
    for site, lines in sites:
        findings = _find(site, lines, options, vocabulary)
        rules += [rule for run in find_runs(findings) for rule in make_rules(site, run)]
    sources = {site.name: Source(site.documents, site.n_bytes, site.first, site.last) for site in corpus.sites}
    return Learned(options, sources, rules, corpus.n_copies, left_out)


def _learn_words(sites: Sequence[tuple[Site, Sequence[Line]]], options: LearnOptions) -> Vocabulary:
    """The words that vary, pooled over all sites, and those among them that belong to dates."""
    vocabulary = Vocabulary()

    def templates() -> Iterator[Template]:
        for site, lines in sites:
            need = least_documents(site, options.min_documents, options.min_share)
            yield from find_templates(lines, need, site.documents, vocabulary)

    for _ in templates():
        pass  # notes the slots
    vocabulary.pool()
    dated = (template for template in templates() if is_dated(template.lines))
    vocabulary.calendar = frozenset(
        word for template in dated for slot in template.slots for word, n in slot.items() if n
    )
    return vocabulary


def _find(site: Site, lines: Sequence[Line], options: LearnOptions, vocabulary: Vocabulary) -> list[Finding]:
    need = least_documents(site, options.min_documents, options.min_share)
    findings: list[Finding] = []
    told: set[int] = set()
    for template in find_templates(lines, need, site.documents, vocabulary):
        mine = [line for line in template.lines if line.key not in told]
        finding: Finding | None = None
        if len(mine) == len(template.lines):
            finding = judge(site, mine, template, need, options.min_share, vocabulary.calendar)
        if finding:
            findings.append(finding)
            told.update(line.key for line in mine)
    for line in lines:
        if line.key not in told and (finding := judge(site, [line], None, need, options.min_share)):
            findings.append(finding)
    return findings
