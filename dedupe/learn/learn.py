"""Sources or documents in, rules out: what `dedupe learn` does.

Two passes over the corpus (corpus.py), then the few lines that passed are put together and judged, source by
source. What comes out depends on the documents and their order alone.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from dedupe.clean.rules import Rule
from dedupe.errors import InputError
from dedupe.learn.corpus import Corpus
from dedupe.learn.evidence import Finding, Site, find_runs, judge, least_documents
from dedupe.learn.file import Learned, Source, make_rule
from dedupe.learn.lines import Line
from dedupe.learn.templates import Vocabulary, find_templates
from dedupe.near.documents import PLAIN, Documents, Spool, gather_documents
from dedupe.near.drop import Dropper
from dedupe.options import DropOptions, LearnOptions, ReadOptions
from dedupe.read import OK, Batch, open_source, read_blocks
from dedupe.sources import find_sources, find_values, source_of

BATCH_DOCUMENTS = 256


def learn_files(names: Sequence[str], read: ReadOptions, options: LearnOptions, fail: Callable[[str], None]) -> Learned:
    """Learns from files, which are one corpus; `fail` is told of those that cannot be read.

    Files are read twice: stdin has to be put aside before (Dropper.put_stdin_aside).
    """
    corpus = Corpus(options)
    dropper = Dropper(DropOptions(), read.id_field, names=False)
    readable = []
    try:
        for name in names:
            try:
                for batch, documents in _read(name, read, dropper):
                    sources = find_sources(batch, options.by)
                    dates = find_values(batch, options.date_field)
                    mine = documents.records
                    corpus.count(documents, [sources[i] for i in mine], [dates[i] for i in mine])
                readable.append(name)
            except InputError as error:
                if read.strict:
                    raise
                fail(str(error))
        corpus.settle()
        for name in readable:
            for _, documents in _read(name, read, None):
                corpus.gather(documents.text, documents.offsets, len(documents))
    finally:
        dropper.close()
    return _learn(corpus, options)


def _read(name: str, read: ReadOptions, dropper: Dropper | None) -> Iterator[tuple[Batch, Documents]]:
    """The batches of a file, each with its documents: records, whole as they are."""
    source = open_source(name, read)
    spool = dropper.spool if dropper else None
    try:
        blocks = read_blocks(source)
        for block in dropper.make_readable_again(source, blocks) if dropper else blocks:
            batch = Batch(block.raw, block.at, 0, block.format, read)
            if spool:
                yield batch, gather_documents(batch, None, block.fd, block.position, spool, "never")
            else:
                yield batch, _documents_of(batch)
    finally:
        source.stream.close()


def _documents_of(batch: Batch) -> Documents:
    records = [i for i, status in enumerate(batch.status) if status == OK]
    offsets = array("q", [batch.offsets[0], *(batch.offsets[i + 1] for i in records)])
    return Documents(batch.text, offsets, b"", records)


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
    from dedupe.library import text_of

    options = options or LearnOptions()
    corpus, spool, stream = Corpus(options), Spool(), iter(documents)
    stretches: list[tuple[int, array[int]]] = []  # of the spool: where a batch lies
    with spool.file:
        while batch := list(islice(stream, BATCH_DOCUMENTS)):
            texts = [text_of(document, field).encode("utf-8", "surrogatepass") for document in batch]
            offsets, places = array("q", [0]), array("q")
            text = b"".join(texts)
            at = spool.put(text)
            for one in texts:
                places.extend((spool.fd, at + offsets[-1], len(one), PLAIN))
                offsets.append(offsets[-1] + len(one))
            sources = [source_of(document, options.by) for document in batch]
            dates = [None if isinstance(document, str) else document.get(options.date_field) for document in batch]
            corpus.count(Documents(text, offsets, places, range(len(batch))), sources, dates)
            stretches.append((at, offsets))
        corpus.settle()
        for at, offsets in stretches:
            spool.file.seek(at)
            corpus.gather(spool.file.read(offsets[-1]), offsets, len(offsets) - 1)
    return _learn(corpus, options)


def _learn(corpus: Corpus, options: LearnOptions) -> Learned:
    of_site, left_out = corpus.lines()
    sites = list(zip(corpus.sites, of_site, strict=True))
    if len(sites) > 1:  # what is learned of documents without a source would be for those of all
        sites = [(site, lines) for site, lines in sites if site.name]
    vocabulary = Vocabulary()
    for site, lines in sites:
        need = least_documents(site, options.min_documents, options.min_share)
        for _ in find_templates(lines, need, site.documents, vocabulary):
            pass  # fills the vocabulary
    vocabulary.pool()
    rules: list[Rule] = []
    for site, lines in sites:
        findings = _find(site, lines, options, vocabulary)
        rules += [rule for run in find_runs(findings) if (rule := make_rule(site, run))]
    sources = {site.name: Source(site.documents, site.n_bytes, site.first, site.last) for site in corpus.sites}
    return Learned(options, sources, rules, corpus.n_copies, left_out)


def _find(site: Site, lines: Sequence[Line], options: LearnOptions, vocabulary: Vocabulary) -> list[Finding]:
    need = least_documents(site, options.min_documents, options.min_share)
    findings: list[Finding] = []
    told: set[int] = set()
    for template in find_templates(lines, need, site.documents, vocabulary):
        mine = [line for line in template.lines if line.key not in told]
        finding = judge(site, mine, template, need, options.min_share) if len(mine) == len(template.lines) else None
        if finding:
            findings.append(finding)
            told.update(line.key for line in mine)
    for line in lines:
        if line.key not in told and (finding := judge(site, [line], None, need, options.min_share)):
            findings.append(finding)
    return findings
