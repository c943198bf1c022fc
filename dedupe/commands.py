"""The commands as functions: which sources go into which sinks. The command line calls these.

A file that cannot be read is named and the others go on; the exit code remembers it. A file that is
written takes its place only when all that belongs in it is there.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dedupe.audit import Journal, read_sections, restore_stream
from dedupe.clean.cleaner import Cleaner
from dedupe.diff import Diff
from dedupe.errors import DedupeError, InputError
from dedupe.options import CleanOptions, DropOptions, LearnOptions, ReadOptions, WriteOptions
from dedupe.pipeline import Flow
from dedupe.read import Source, open_source, open_unpacked, put_stdin_aside
from dedupe.report import Report
from dedupe.write import FileSink, NullSink, Sink, StreamSink, is_special, open_sink

if TYPE_CHECKING:
    from dedupe.clean.rules import Rules
    from dedupe.near.drop import Dropper

SPOOL_BYTES = 16 << 20  # of a restored stream that wait in memory until the last of them is known to be right
COPY_BYTES = 1 << 20
ARTICLE_BREAK = b"\n\n\n\n"  # between text files that become one stream


def clean_files(
    names: Sequence[str],
    read: ReadOptions,
    clean: CleanOptions,
    write: WriteOptions,
    learn: LearnOptions | None = None,
) -> int:
    """`dedupe clean`: cleans each source into stdout, a file, or its own place; gives the exit code.

    With `learn`, all sources are one corpus, from which rules are learned first. Raises DedupeError where nothing
    can be done at all, and ValueError for options that contradict.
    """
    return _run_files(names, read, write, "clean", clean, None, learn)


def learn_into_file(
    names: Sequence[str], read: ReadOptions, learn: LearnOptions, update: Sequence[str], output: str | None
) -> int:
    """`dedupe learn`: learns from the sources what each site says on many pages, adds it to the rules files of
    `update`, and writes it all as rules; gives the exit code. Raises as clean_files does.
    """
    from dedupe.learn.file import read_learned
    from dedupe.learn.learn import learn_files

    known = [read_learned(Path(name)) for name in update]
    report = Report(shows_progress=False)
    with _Aside() as aside:
        if names or not known:
            options = replace(learn, by=learn.by or (known[0].options.by if known else ""))
            known.append(learn_files(aside.names(names), read, options, report))
    learned = reduce(lambda all, more: all.merge(more), known)
    report.say(learned.summary())
    report.close(with_stats=False)
    sink: Sink = open_sink(output) if output else StreamSink()
    try:
        if output and report.failures:
            raise InputError(f"{output}: is as it was, since not all input could be read")
        sink.write(learned.to_toml().encode())
        sink.commit()
    except BaseException:
        sink.abort()
        raise
    return report.exit_code


class _Aside:
    """stdin put into a file, for runs that read it twice."""

    def __init__(self) -> None:
        self.stack = ExitStack()

    def __enter__(self) -> "_Aside":
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def names(self, names: Sequence[str]) -> list[str]:
        """The names, `-` in them replaced."""
        if list(names).count("-") > 1:
            raise ValueError("- stands for stdin, which can be read once only")
        return [self.stack.enter_context(put_stdin_aside()).name if name == "-" else name for name in names]


def drop_files(names: Sequence[str], read: ReadOptions, split: str, drop: DropOptions, write: WriteOptions) -> int:
    """`dedupe drop`: drops duplicate documents of one corpus, which all sources are; gives the exit code.

    Raises as clean_files does.
    """
    return _run_files(names, read, write, "drop", CleanOptions(split=split), drop)


def dedupe_files(
    names: Sequence[str], read: ReadOptions, clean: CleanOptions, drop: DropOptions, write: WriteOptions
) -> int:
    """`dedupe`: cleans, then drops; what is compared is the clean text. Gives the exit code.

    Raises as clean_files does.
    """
    return _run_files(names, read, write, "dedupe", clean, drop)


def _run_files(
    names: Sequence[str],
    read: ReadOptions,
    write: WriteOptions,
    command: str,
    clean: CleanOptions,
    drop: DropOptions | None,
    learn: LearnOptions | None = None,
) -> int:
    with _Aside() as aside:
        if not learn:
            return _run_sources(names, read, write, command, clean, drop, None)
        if write.in_place and "-" in names:
            raise ValueError("--in-place rewrites files; stdin is none")
        return _run_sources(aside.names(names), read, write, command, clean, drop, learn)


def _learn_rules(names: Sequence[str], read: ReadOptions, clean: CleanOptions, learn: LearnOptions) -> "Rules":
    """The rules of a run that learns: those there are, and those of its sources. What cannot be read is told of by
    the run itself."""
    from dedupe.clean.rules import load_rules
    from dedupe.learn.learn import learn_files

    known = load_rules(clean.rules, clean.no_rule)
    by = clean.by or known.by
    silent = Report(shows_progress=False, is_silent=True)
    learned = learn_files(names, read, replace(learn, by=by), silent)
    rules = load_rules(clean.rules, clean.no_rule, learned.rules)
    sys.stderr.write(f"dedupe: {learned.summary()}\n")
    return rules


def _run_sources(
    names: Sequence[str],
    read: ReadOptions,
    write: WriteOptions,
    command: str,
    clean: CleanOptions,
    drop: DropOptions | None,
    learn: LearnOptions | None,
) -> int:
    if write.in_place and "-" in names:
        raise ValueError("--in-place rewrites files; stdin is none")
    if write.audit and os.path.realpath(write.audit) in map(os.path.realpath, [*names, write.output or ""]):
        raise ValueError(f"--audit {write.audit}: is a file of this run already; choose another")
    report = Report(checking=write.check, counts_lines=write.stats, shows_progress=write.progress)
    rules = _learn_rules(names, read, clean, learn) if learn else None
    cleaner = None if command == "drop" else Cleaner(clean, rules)
    dropper = _make_dropper(drop, read, write) if drop else None
    threads = drop.threads or _count_cores() if drop else 1
    flow = Flow(read, report, cleaner, dropper, clean.split, threads)
    removed = open_sink(drop.removed) if drop and drop.removed else None
    try:
        if dropper and not dropper.policy.decides_at_once:
            names = _collect(flow, names)
        if dropper:
            dropper.removed = removed
        flow.journal = Journal(write.audit, _audit_head(command, clean, drop, write, learn)) if write.audit else None
        if write.in_place or write.check or write.diff:
            _run_each(flow, names, write)
        else:
            _run_into_one(flow, names, write)
        if removed:
            removed.commit()
        if flow.journal:
            flow.journal.commit()
    except BaseException:
        if removed:
            removed.abort()
        if flow.journal:
            _end_journal(flow.journal, report)
        raise
    finally:
        if dropper:
            report.drops = dropper.summary()
            dropper.close()
        report.close(with_stats=write.stats)
    return report.exit_code


def _end_journal(journal: Journal, report: Report) -> None:
    """Ends the audit of a run that stops early: it stays where files were rewritten, which it alone can undo."""
    if not report.rewritten:
        journal.abort()
        return
    try:
        journal.commit()
        report.say(f"{journal.name}: tells of the files that were rewritten until then")
    except DedupeError:
        report.say(f"{journal.part}: tells of the files that were rewritten until then, as far as it could be written")


def _make_dropper(drop: DropOptions, read: ReadOptions, write: WriteOptions) -> "Dropper":
    from dedupe.near.drop import Dropper

    if drop.annotate and (drop.removed or (write.in_place and drop.removed)):
        raise ValueError("--annotate drops nothing that --removed could hold: choose")
    return Dropper(drop, read.id_field, names=write.audit is not None)


def _count_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _collect(flow: Flow, names: Sequence[str]) -> list[str]:
    """A first run over all sources, for policies that have to see all documents; gives the sources of the
    second, in which stdin is a file."""
    assert flow.dropper
    report, flow.report = flow.report, Report(shows_progress=False)
    again = []
    for name in names:
        if name == "-":
            name = flow.dropper.put_stdin_aside()
        try:
            source = open_source(name, flow.read)
        except InputError:
            again.append(name)  # the second run says so
            continue
        try:
            flow.run_source(source, NullSink())
            again.append(name)
        finally:
            source.stream.close()
    flow.report = report
    flow.dropper.decide()
    return again


def _run_into_one(flow: Flow, names: Sequence[str], write: WriteOptions) -> None:
    """All sources, in order, into one stream or file."""
    sink: Sink = open_sink(write.output) if write.output else StreamSink()
    try:
        before: Source | None = None
        for name in names:
            source = _open(flow, name)
            if source is None:
                continue
            if before and flow.tail:
                flow.join(sink, _gap(before, source, flow.tail))
            _run(flow, source, sink)
            before = source
        if write.output and flow.report.failures:
            raise InputError(f"{write.output}: is as it was, since not all input could be read")
        sink.commit()
    except BaseException:
        sink.abort()
        raise


def _gap(before: Source, source: Source, tail: bytes) -> bytes:
    """What keeps the next source's first record apart from the last one's."""
    if before.format == source.format == "text":
        return ARTICLE_BREAK[len(tail) - len(tail.rstrip(b"\n")) :]
    return b"" if tail.endswith(b"\n") else b"\n"


def _run_each(flow: Flow, names: Sequence[str], write: WriteOptions) -> None:
    """Each source by itself: into its own place, or only looked at."""
    out = StreamSink()
    for name in names:
        if write.in_place and is_special(name):
            flow.report.fail(f"{name}: is no regular file, and cannot be rewritten in place")
            continue
        source = _open(flow, name)
        if source is None:
            continue
        if write.diff:
            diff = Diff(source.name, source.format)
            flow.on_change = lambda line, change, diff=diff: out.write(
                "".join(diff.lines(line, change)).encode("utf-8", "surrogateescape")
            )
        sink: Sink = NullSink()
        try:
            if write.in_place:
                sink = FileSink(name)
            changed = _run(flow, source, sink)
        except BaseException:
            sink.abort()
            raise
        if not changed:
            sink.abort()
            continue
        sink.commit()
        flow.report.rewritten += write.in_place
        if write.in_place or write.check:
            flow.report.note_change(name)


def _open(flow: Flow, name: str) -> Source | None:
    if name == "-" and sys.stdin and sys.stdin.isatty():
        flow.report.say("reading from the terminal; end with Ctrl-D, or name files")
    try:
        return open_source(name, flow.read)
    except InputError as error:
        flow.report.fail(str(error))
        return None


def _run(flow: Flow, source: Source, sink: Sink) -> bool:
    try:
        return flow.run_source(source, sink)
    except InputError as error:
        if flow.read.strict:
            raise
        flow.report.fail(str(error))
        return False
    finally:
        source.stream.close()


def _audit_head(
    command: str, clean: CleanOptions, drop: DropOptions | None, write: WriteOptions, learn: LearnOptions | None
) -> dict[str, object]:
    from dedupe import __version__
    from dedupe.engine.unicode_tables import VERSION

    return {
        "tool": f"dedupe {__version__}",
        "unicode": VERSION,
        "command": command,
        "in_place": write.in_place,
        "options": {
            **asdict(clean),
            **(asdict(drop) if drop else {}),
            **({"learn": asdict(learn)} if learn else {}),
        },
    }


def restore_files(audit: str, name: str | None, output: str | None, in_place: bool) -> int:
    """`dedupe restore`: the input back from the output and its audit; gives the exit code.

    Raises AuditError where the two do not belong together, before anything is written.
    """
    if in_place:
        if name or output:
            raise ValueError("--in-place restores the files that the audit names; FILE and --output do not go with it")
        return _restore_in_place(audit)
    stream = _open_output(name or "-")
    if output:
        sink: Sink = open_sink(output)
        try:
            for data in restore_stream(audit, stream, name):
                sink.write(data)
            sink.commit()
        except BaseException:
            sink.abort()
            raise
        return 0
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool:
        for data in restore_stream(audit, stream, name):
            spool.write(data)
        spool.seek(0)
        sink = StreamSink()
        while data := spool.read(COPY_BYTES):
            sink.write(data)
    return 0


def _open_output(name: str) -> BinaryIO:
    try:
        return open_unpacked(name)
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}; give the file that dedupe wrote") from None


def _restore_in_place(audit: str) -> int:
    failed = False
    for section in read_sections(audit, in_place=True):
        try:
            sink = FileSink(section.source)
            try:
                with _open_output(section.source) as stream:
                    for data in section.restore(stream):
                        sink.write(data)
                    section.expect_end(stream)
                sink.commit()
            except BaseException:
                sink.abort()
                raise
        except DedupeError as error:
            sys.stderr.write(f"dedupe: {error}\n")
            section.skip()
            failed = True
    return 2 if failed else 0
