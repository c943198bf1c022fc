"""The commands as functions: which sources go into which sinks. The command line calls these.

A file that cannot be read is named and the others go on; the exit code remembers it. A file that is
written takes its place only when all that belongs in it is there.
"""

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, BinaryIO

from dedupe.audit import BrokenOff, Journal, Section, read_sections, restore_stream
from dedupe.clean.cleaner import Cleaner
from dedupe.diff import Diff
from dedupe.document import Change
from dedupe.errors import DedupeError, InputError
from dedupe.obstacles import find_obstacle, is_unread
from dedupe.options import CleanOptions, DropOptions, ReadOptions, WriteOptions
from dedupe.pipeline import Flow
from dedupe.read import Source, open_source
from dedupe.report import Report
from dedupe.talk import say
from dedupe.unpack import open_unpacked
from dedupe.write import Ending, FileSink, NullSink, Sink, StreamSink, is_special, naming_temporary_files, open_sink

if TYPE_CHECKING:
    from dedupe.near.drop import Dropper

SPOOL_BYTES = 16 << 20  # of a restored stream that wait in memory until the last of them is known to be right
COPY_BYTES = 1 << 20
ARTICLE_BREAK = b"\n\n\n\n"  # between text files that become one stream


def clean_files(names: Sequence[str], read: ReadOptions, clean: CleanOptions, write: WriteOptions) -> int:
    """`dedupe clean`: cleans each source into stdout, a file, or its own place; gives the exit code.

    Raises DedupeError where nothing can be done at all, and ValueError for options that contradict.
    """
    return _run_files(names, read, write, "clean", clean, None)


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


def compare_files(names: Sequence[str], read: ReadOptions, split: str, drop: DropOptions) -> int:
    """`dedupe corpus`: names each document of a corpus that says what an earlier one says; gives the exit code.

    A folder stands for the files in it that git tracks; no name at all for those of the repository. Raises
    InputError where git cannot tell.
    """
    from dedupe.near.corpus import find_copies
    from dedupe.tracked import list_tracked

    files: list[str] = []
    for name in names or [":/"]:
        files += list_tracked([name]) if not names or os.path.isdir(name) else [name]
    found = find_copies(dict.fromkeys(files), drop, read, split)
    out = StreamSink()
    for copy in found.copies:
        how = "is a copy of" if copy.is_exact else f"is {_two_digits(copy.similarity)} like"
        out.write(f"{copy.spot}: {how} {copy.keeper}\n".encode("utf-8", "surrogateescape"))
    for fault in found.faults:
        say(str(fault))
    if found.copies:
        say(
            f"{len(found.copies):,} of {found.n_documents:,} documents say what another one says; at {drop.threshold} "
            f"built for a recall of {found.expected_recall:.4f}"
        )
    if found.n_bounded:
        say(f"{found.n_bounded:,} documents had more candidates than are looked at for one")
    return 2 if found.faults else 1 if found.copies else 0


def _two_digits(similarity: float) -> str:
    """Two digits; 1.00 where nothing differs."""
    return f"{similarity if similarity == 1 else min(similarity, 0.99):.2f}"


def _run_files(
    names: Sequence[str],
    read: ReadOptions,
    write: WriteOptions,
    command: str,
    clean: CleanOptions,
    drop: DropOptions | None,
) -> int:
    _check_names(names, write, drop)
    in_force = {**asdict(read), **asdict(clean), **(asdict(drop) if drop else {})}
    report = Report(
        checking=write.check, tells_changes=write.exit_code, counts_lines=write.stats, shows_progress=write.progress
    )
    report.parameters = {"options": in_force, "config": write.config}
    cleaner = None if command == "drop" else Cleaner(clean)
    dropper = _make_dropper(drop, read, write) if drop else None
    threads = drop.threads or _count_cores() if drop else 1
    flow = Flow(read, report, cleaner, dropper, clean.split, threads)
    sinks: list[Ending] = []  # what takes its place at the end, all of it or nothing
    try:
        if dropper and not dropper.policy.decides_at_once:
            names = _collect(flow, names)
        if dropper and drop and drop.removed:
            dropper.removed = open_sink(drop.removed)
            sinks.append(dropper.removed)
        if write.audit:
            flow.journal = Journal(write.audit, _audit_head(command, in_force, write))
            sinks.append(flow.journal)
        if write.in_place or write.check or write.diff:
            _run_each(flow, names, write)
        else:
            out = open_sink(write.output or "-")
            sinks.append(out)
            _run_into_one(flow, names, out, write)
        for sink in sinks:
            sink.finish()
        for sink in sinks:
            sink.commit()
    except BaseException:
        for sink in sinks:
            _give_up(sink, report)
        raise
    finally:
        if dropper:
            report.drops = dropper.summary()
            dropper.close()
        report.close(with_stats=write.stats)
    return report.exit_code


def _check_names(names: Sequence[str], write: WriteOptions, drop: DropOptions | None) -> None:
    """No file of a run is two things at once, but for an output that takes the place of an input."""
    if write.in_place and "-" in names:
        raise ValueError("--in-place rewrites files; stdin is none")
    if list(names).count("-") > 1:
        raise ValueError("- stands for stdin, which can be read once only")
    taken = {os.path.realpath(name) for name in [*names, write.output or "-"] if name != "-"}
    for option, name in (("--removed", drop.removed if drop else None), ("--audit", write.audit)):
        if name is None or is_special(name):
            continue
        if name == "-":
            raise ValueError(f"{option} -: stdout has the output; name a file")
        if os.path.realpath(name) in taken:
            raise ValueError(f"{option} {name}: is a file of this run already; choose another")
        taken.add(os.path.realpath(name))


def _give_up(sink: Ending, report: Report) -> None:
    """Ends what a run that stops early was writing. Nothing of it stays, but where files were rewritten: then
    it alone has what was taken from them."""
    if not report.rewritten:
        sink.abort()
        return
    try:
        sink.cut() if isinstance(sink, Journal) else sink.commit()
        report.say(f"{sink.name}: tells of the files that were rewritten until then")
    except DedupeError:
        report.say(f"{sink.part}: tells of the files that were rewritten until then, as far as it could be written")


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
    second. Streams are put aside for it; what else cannot be read, it tells of."""
    assert flow.dropper
    report, flow.report = flow.report, Report(shows_progress=False)
    again = []
    for name in names:
        if name == "-" or is_special(name):
            _greet_terminal(name)
            try:
                flow.dropper.put_aside(name)
            except (InputError, OSError) as error:
                report.fail(str(error) if isinstance(error, InputError) else f"{name}: cannot be read: {error}")
                continue
        again.append(name)
        try:
            source = _open_source(flow, name)
        except InputError:
            continue
        with closing(source.stream):
            flow.run_source(source, NullSink())
    flow.report = report
    flow.dropper.decide()
    return again


def _run_into_one(flow: Flow, names: Sequence[str], sink: Sink, write: WriteOptions) -> None:
    """All sources, in order, into one stream or file."""
    before: Source | None = None
    for name in names:
        source = _open(flow, name)
        if source is None:
            continue
        if write.output in (None, "-") and _is_stdout(source):
            source.stream.close()
            flow.report.fail(f"{name}: is what stdout is written to; a file is given its new content by -o FILE")
            continue
        if before and flow.tail:
            flow.join(sink, _gap(before, source, flow.tail))
        _run(flow, source, sink)
        before = source
    if write.output not in (None, "-") and flow.report.failures:
        raise InputError(f"{write.output}: is as it was, since not all input could be read")


def _is_stdout(source: Source) -> bool:
    """Whether a run would read what it writes, without end."""
    try:
        mine, other = os.fstat(source.stream.fileno()), os.fstat(sys.stdout.fileno())
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mine.st_mode) and os.path.samestat(mine, other) and len(source.first) > 0


def _gap(before: Source, source: Source, tail: bytes) -> bytes:
    """What keeps the next source's first record apart from the last one's."""
    if "jsonl" not in (before.format, source.format):
        return ARTICLE_BREAK[len(tail) - len(tail.rstrip(b"\n")) :]
    return b"" if tail.endswith(b"\n") else b"\n"


def _run_each(flow: Flow, names: Sequence[str], write: WriteOptions) -> None:
    """Each source by itself: into its own place, or only looked at."""
    out = StreamSink() if write.diff else None
    if write.in_place:  # a file that is named twice is rewritten once
        names = list({os.path.realpath(name): name for name in reversed(names)}.values())[::-1]
    for name in names:
        if write.in_place and is_special(name):
            flow.report.fail(f"{name}: is no regular file, and cannot be rewritten in place")
            continue
        source = _open(flow, name)
        if source is None or not _is_fit(flow, source):
            continue
        if out:
            flow.on_change = _write_diff(Diff(source.name, source.format), out)
        sink: Sink = NullSink()
        try:
            if write.in_place:
                sink = FileSink(name)
            changed = _run(flow, source, sink)
            if changed:
                sink.finish()
                flow.report.rewritten += write.in_place  # an interrupt may come between the two
                sink.commit()
            else:
                sink.abort()
        except BaseException:
            sink.abort()
            raise
        if changed and (write.in_place or write.check):
            flow.report.note_change(name)


def _is_fit(flow: Flow, source: Source) -> bool:
    """Whether a source is one that can be rewritten; tells of one that is not, and closes it."""
    if source.name == "-" or is_special(source.name):
        return True
    try:
        if flow.read.format is None and is_unread(source.name, source.format):
            flow.report.say(f"{source.name}: is a table, which is not read yet; it stays as it is")
        elif obstacle := find_obstacle(source.name, source.format):
            flow.report.fail(f"{source.name}: {obstacle}")
        else:
            return True
    except OSError as error:
        flow.report.fail(f"{source.name}: cannot be read: {error.strerror}; check the name and its rights")
    source.stream.close()
    return False


def _write_diff(diff: Diff, out: Sink) -> Callable[[int, Change], None]:
    return lambda line, change: out.write("".join(diff.lines(line, change)).encode("utf-8", "surrogateescape"))


def _open(flow: Flow, name: str) -> Source | None:
    try:
        if flow.dropper is None or name not in flow.dropper.aside:
            _greet_terminal(name)
        return _open_source(flow, name)
    except InputError as error:
        flow.report.fail(str(error))
        return None


def _open_source(flow: Flow, name: str) -> Source:
    aside = flow.dropper.aside.get(name) if flow.dropper else None
    return open_source(name, flow.read, aside.name if aside else None)


def _greet_terminal(name: str) -> None:
    if name == "-" and sys.stdin and sys.stdin.isatty():
        say("reading from the terminal; end with Ctrl-D, or name files")


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


def _audit_head(command: str, in_force: dict[str, object], write: WriteOptions) -> dict[str, object]:
    from dedupe import __version__
    from dedupe.engine.unicode_tables import VERSION

    return {
        "tool": f"dedupe {__version__}",
        "unicode": VERSION,
        "command": command,
        "in_place": write.in_place,
        "options": in_force,
        "config": write.config,
    }


def restore_files(audit: str, name: str | None, output: str | None, in_place: bool) -> int:
    """`dedupe restore`: the input back from the output and its audit; gives the exit code.

    Raises AuditError where the two do not belong together, before anything is written.
    """
    if in_place:
        if name or output:
            raise ValueError("--in-place restores the files that the audit names; FILE and --output do not go with it")
        return _restore_in_place(audit)
    if output and os.path.realpath(output) == os.path.realpath(audit):
        raise ValueError(f"--output {output}: is the audit; choose another")
    _greet_terminal(name or "-")
    with closing(_open_output(name or "-")) as stream:
        if output:
            with _ended(open_sink(output)) as sink:
                for data in restore_stream(audit, stream, name):
                    sink.write(data)
            return 0
        with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool:
            for data in restore_stream(audit, stream, name):
                with naming_temporary_files():
                    spool.write(data)
            spool.seek(0)
            out = StreamSink()
            while data := spool.read(COPY_BYTES):
                out.write(data)
    return 0


@contextmanager
def _ended(sink: Sink) -> Iterator[Sink]:
    """A sink that is committed at the end, and aborted where that is not reached."""
    try:
        yield sink
        sink.commit()
    except BaseException:
        sink.abort()
        raise


def _open_output(name: str) -> BinaryIO:
    try:
        return open_unpacked(name)
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise InputError(f"{name}: cannot be read: {what}; give the file that dedupe wrote") from None


def _restore_in_place(audit: str) -> int:
    untouched, failed = [], False
    try:
        for section in read_sections(audit, in_place=True):
            section.skip()  # where the audit is not sound, nothing is touched
            untouched.append(section.is_untouched)
    except BrokenOff as error:  # the run was killed: what it did until then can be undone
        say(str(error))
        failed = True
    for is_untouched, section in zip(untouched, read_sections(audit, in_place=True), strict=False):
        try:
            if not is_untouched:
                _restore_section(section)
        except DedupeError as error:
            section.skip()
            if not _is_restored(section):
                say(str(error))
                failed = True
        section.skip()
    return 2 if failed else 0


def _restore_section(section: Section) -> None:
    with closing(_open_output(section.source)) as stream, _ended(FileSink(section.source)) as sink:
        for data in section.restore(stream):
            sink.write(data)
        section.expect_end(stream)


def _is_restored(section: Section) -> bool:
    """Whether the file is as it was before already: a run may have stopped before it was rewritten."""
    try:
        with closing(_open_output(section.source)) as stream:
            return section.is_restored(stream)
    except DedupeError:
        return False
