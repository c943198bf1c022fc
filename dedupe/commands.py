"""The commands as functions: which sources go into which sinks. The command line calls these.

A file that cannot be read is named and the others go on; the exit code remembers it. A file that is
written takes its place only when all that belongs in it is there.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import reduce

from dedupe.aside import Aside
from dedupe.document import Change
from dedupe.errors import DedupeError, InputError, cannot_be_read
from dedupe.options import CleanOptions, DropOptions, LearnOptions, ReadOptions, WriteOptions
from dedupe.pipeline import Flow
from dedupe.read import Source, open_source
from dedupe.report import Report
from dedupe.talk import greet_terminal, is_json, say
from dedupe.typed import TYPE_CHECKING, cast
from dedupe.unpack import is_remote
from dedupe.write import NullSink, StreamSink, ended, is_special, open_place, open_sink

if TYPE_CHECKING:
    from typing import Any

    from dedupe.audit import Journal
    from dedupe.clean.cleaner import Cleaner
    from dedupe.clean.rules import Rules
    from dedupe.diff import Diff
    from dedupe.near.drop import Dropper
    from dedupe.sink import Ending, Sink

STAGES = {"clean": "cleaning", "drop": "dropping", "dedupe": "cleaning and dropping"}
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
    from pathlib import Path

    from dedupe.learn.file import read_learned
    from dedupe.learn.learn import learn_files

    if list(names).count("-") > 1:
        raise ValueError("- stands for stdin, which can be read once only")
    report = Report(shows_progress=False)
    names = _expand(names, report)[0]
    known = [read_learned(Path(name)) for name in update]
    if names or not (known or report.failures):
        options = learn.replace(by=learn.by or (known[0].options.by if known else ""))
        with closing(Aside()) as aside:
            readable = _put_streams_aside(names, aside, report)
            known.append(learn_files(readable, read, options, report, aside))
    learned = reduce(lambda all, more: all.merge(more), known)
    report.say(learned.summary())
    report.close(with_stats=False)
    if output not in (None, "-") and report.failures:
        raise InputError(f"{output}: is as it was, since not all input could be read")
    with ended(open_sink(output or "-")) as sink:
        sink.write(learned.to_toml().encode())
    return report.exit_code


def _learn_rules(
    names: Sequence[str], read: ReadOptions, clean: CleanOptions, learn: LearnOptions, aside: Aside
) -> Rules:
    """The rules of a run that learns: those there are, and those of its sources. What cannot be read is told of by
    the run itself."""
    from dedupe.clean.rules import load_rules
    from dedupe.learn.learn import learn_files

    known = load_rules(clean.rules)
    options = learn.replace(by=clean.by or known.by)
    learned = learn_files(names, read, options, Report(shows_progress=False, is_silent=True), aside)
    say(learned.summary())
    return load_rules(clean.rules, clean.no_rule, learned.rules)


def _put_streams_aside(names: Sequence[str], aside: Aside, report: Report) -> list[str]:
    """The sources that can be read twice, those among them that are streams from where they are put."""
    readable = []
    for name in names:
        try:
            if name == "-" or is_special(name):
                greet_terminal(name)
                aside.put(name)
        except (InputError, OSError) as error:
            report.fail(str(error) if isinstance(error, InputError) else f"{name}: cannot be read: {error}", name)
        else:
            readable.append(name)
    return readable


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
    parameters = _parameters(read, clean, drop, learn)
    report = Report(
        checking=write.check, tells_changes=write.exit_code, counts_lines=write.stats, shows_progress=write.progress
    )
    report.parameters = {"options": parameters, "config": write.config}
    if is_json():
        report.about = {
            **_about(command),
            "python": sys.version.split()[0],
            "parameters": {**parameters, **write.to_dict()},
        }
    names, places = _expand(names, report, write.output_dir)
    names = _choose(names, places, report, write)
    _check_names([*names, *places.values()], write, drop)
    dropper = _make_dropper(drop, read, write, len(names) > 1) if drop else None
    split, threads = "never" if clean.page else clean.split, drop.threads if drop else 1
    flow = Flow(read, report, None, dropper, split, threads)
    sinks: list[Ending] = []  # what takes its place at the end, all of it or nothing
    try:
        rules = None
        if learn:
            names = _put_streams_aside(names, flow.aside, report)
            rules = _learn_rules(names, read, clean, learn, flow.aside)
        if command != "drop":
            flow.cleaner = _make_cleaner(clean, rules)
        if dropper and not dropper.policy.decides_at_once:
            names = _collect(flow, names)
        if dropper and drop and drop.removed:
            dropper.removed = open_sink(drop.removed)
            sinks.append(dropper.removed)
        if write.audit:
            flow.journal = _make_journal(write.audit, _audit_head(command, parameters, write))
            sinks.append(flow.journal)
        report.begin_stage(STAGES[command], names)
        if write.in_place or write.check or write.diff or write.output_dir:
            _run_each(flow, names, write, places)
        else:
            sinks.append(open_sink(write.output or "-"))
            _run_into_one(flow, names, sinks, write)
        for sink in sinks:
            sink.finish()
        for sink in sinks:
            sink.commit()
    except BaseException:
        for sink in sinks:
            _give_up(sink, flow)
        raise
    finally:
        if dropper:
            report.drops = dropper.summary()
            dropper.close()
        flow.aside.close()
        report.close(with_stats=write.stats)
    return report.exit_code


def _expand(names: Sequence[str], report: Report, folder: str | None = None) -> tuple[list[str], dict[str, str]]:
    """The sources that the arguments stand for, and where in a folder the counterpart of each belongs. What is not
    there is told of."""
    if not folder and all(name == "-" or os.path.isfile(name) for name in names):
        return list(names), {}
    from dedupe.inputs import expand, mirror

    inputs = []
    for name in names:
        try:
            inputs += expand(name)
        except InputError as error:
            report.fail(str(error), name)
    return [source.name for source in inputs], mirror(inputs, folder) if folder else {}


def _choose(names: Sequence[str], places: Mapping[str, str], report: Report, write: WriteOptions) -> list[str]:
    """The sources that can be rewritten, each once, where that is wanted: all that is decided is decided on these."""
    if write.in_place or places:
        names = list({os.path.realpath(name): name for name in reversed(names)}.values())[::-1]
    chosen = []
    for name in names:
        if write.in_place and name != "-" and (is_special(name) or is_remote(name)):
            report.fail(f"{name}: is no regular file, and cannot be rewritten in place", name)
        elif write.output in (None, "-") and not (write.in_place or places) and _is_stdout(name):
            report.fail(f"{name}: is what stdout is written to; a file is given its new content by -o FILE", name)
        else:
            chosen.append(name)
    return chosen


def _is_stdout(name: str) -> bool:
    """Whether a run would read what it writes, without end."""
    try:
        mine, other = os.stat(0 if name == "-" else name), os.fstat(sys.stdout.fileno())
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mine.st_mode) and os.path.samestat(mine, other) and mine.st_size > 0


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


def _give_up(sink: Ending, flow: Flow) -> None:
    """Ends what a run that stops early was writing. Nothing of it stays, but where files were rewritten: then
    it alone has what was taken from them."""
    report = flow.report
    if not report.rewritten:
        sink.abort()
        return
    try:
        if flow.journal and sink is flow.journal:
            flow.journal.cut()
        else:
            sink.commit()
        report.say(f"{sink.name}: tells of the files that were rewritten until then")
    except DedupeError:
        report.say(f"{sink.part}: tells of the files that were rewritten until then, as far as it could be written")


# What a run does not need, it does not import: starting costs a hook its time.


def _make_cleaner(clean: CleanOptions, rules: Rules | None) -> Cleaner:
    from dedupe.clean.cleaner import Cleaner

    return Cleaner(clean, rules)


def _make_journal(name: str, head: dict[str, object]) -> Journal:
    from dedupe.audit import Journal

    return Journal(name, head)


def _make_diff(source: Source) -> Diff:
    from dedupe.diff import Diff

    return Diff(source.name, source.format)


def _make_dropper(drop: DropOptions, read: ReadOptions, write: WriteOptions, names_sources: bool) -> Dropper:
    from dedupe.near.drop import Dropper

    if drop.annotate and drop.removed:
        raise ValueError("--annotate drops nothing that --removed could hold: choose")
    return Dropper(drop, read.id_field, write.audit is not None, names_sources)


def _collect(flow: Flow, names: Sequence[str]) -> list[str]:
    """A first run over all sources, for policies that have to see all documents; gives the sources of the
    second. Streams are put aside for it; what else cannot be read, it tells of."""
    assert flow.dropper
    report, flow.report = (
        flow.report,
        Report(shows_progress=flow.report.shows_progress, is_silent=True, clock=flow.report.clock),
    )
    again = _put_streams_aside(names, flow.aside, report)
    flow.report.begin_stage("collecting", again)
    for name in again:
        try:
            source = _open_source(flow, name)
        except InputError:
            continue
        with closing(source.stream):
            flow.run_source(source, NullSink())
    flow.report = report
    report.announce("deciding which documents stay")
    with report.clock("match"):
        flow.dropper.decide()
    return again


def _run_into_one(flow: Flow, names: Sequence[str], sinks: list[Ending], write: WriteOptions) -> None:
    """All sources, in order, into one stream or file, the last of `sinks`."""
    sink = cast("Sink", sinks[-1])
    before: Source | None = None
    for name in names:
        source = _open(flow, name)
        if source is None:
            continue
        if before and source.first and (fault := _why_not_joined(before, source)):
            source.stream.close()
            flow.report.fail(f"{name}: {fault}; use --output-dir, or a run for each", name)
            continue
        if before is None and source.layout:
            sinks[-1] = sink = source.layout.wrap(sink)
        if before and flow.tail and source.format != "parquet":
            flow.join(sink, _gap(before, source, flow.tail))
        _run(flow, source, sink, is_joined=before is not None)
        before = source if source.first else before
    if write.output not in (None, "-") and flow.report.failures:
        raise InputError(f"{write.output}: is as it was, since not all input could be read")


def _why_not_joined(before: Source, source: Source) -> str | None:
    """Why two sources cannot stand in one output; None where they can."""
    if source.layout and before.format == source.format:
        return (
            None if source.layout.joins(before.layout) else f"has other columns or another dialect than {before.name}"
        )
    if source.layout or before.layout:
        return f"is {source.format}, {before.name} {before.format}"
    return None


def _gap(before: Source, source: Source, tail: bytes) -> bytes:
    """What keeps the next source's first record apart from the last one's."""
    if {before.format, source.format} <= {"text", "markdown"}:
        return ARTICLE_BREAK[len(tail) - len(tail.rstrip(b"\n")) :]
    return b"" if tail.endswith(b"\n") else b"\n"


def _run_each(flow: Flow, names: Sequence[str], write: WriteOptions, places: Mapping[str, str]) -> None:
    """Each source by itself: into its own place, into its counterpart in a folder, or only looked at."""
    out = StreamSink() if write.diff else None
    for name in names:
        source = _open(flow, name)
        if source is None or not _is_fit(flow, source):
            continue
        if out:
            flow.on_change = _write_diff(_make_diff(source), out)
        sink: Sink = NullSink()
        place = places.get(name)
        try:
            if write.in_place or place:
                sink = open_place(place or name)
                sink = source.layout.wrap(sink) if source.layout else sink
            n_failures = flow.report.failures
            changed = _run(flow, source, sink, place=place)
            if changed or (place and flow.report.failures == n_failures):
                sink.finish()
                flow.report.rewritten += write.in_place or place is not None  # an interrupt may come between the two
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
    from dedupe.obstacles import find_obstacle

    try:
        if obstacle := find_obstacle(source.name, source.format):
            flow.report.fail(f"{source.name}: {obstacle}", source.name)
        else:
            return True
    except OSError as error:
        flow.report.fail(f"{source.name}: {cannot_be_read(error)}")
    source.stream.close()
    return False


def _write_diff(diff: Diff, out: Sink) -> Callable[[int, Change], None]:
    return lambda line, change: out.write("".join(diff.lines(line, change)).encode("utf-8", "surrogateescape"))


def _open(flow: Flow, name: str) -> Source | None:
    try:
        if flow.aside.path(name) is None:
            greet_terminal(name)
        return _open_source(flow, name)
    except InputError as error:
        flow.report.fail(str(error), name)
        return None


def _open_source(flow: Flow, name: str) -> Source:
    return open_source(name, flow.read, flow.aside.path(name))


def _run(flow: Flow, source: Source, sink: Sink, is_joined: bool = False, place: str | None = None) -> bool:
    try:
        if flow.dropper and flow.dropper.options.annotate and source.format != "jsonl":
            raise InputError(f"{source.name}: is {source.format}; --annotate adds fields, for which it takes JSONL")
        if flow.dropper and flow.dropper.removed and source.format == "parquet":
            raise InputError(
                f"{source.name}: is parquet, of which --removed holds no rows; use --audit, or leave it out"
            )
        return flow.run_source(source, sink, is_joined, place)
    except InputError as error:
        if flow.read.strict:
            raise
        flow.report.fail(str(error), source.name)
        return False
    finally:
        source.stream.close()


def _audit_head(command: str, parameters: dict[str, Any], write: WriteOptions) -> dict[str, object]:
    return {
        **_about(command),
        "in_place": write.in_place,
        **({"output_dir": _absolute(write.output_dir)} if write.output_dir else {}),
        "options": parameters,
        "config": write.config,
    }


def _about(command: str) -> dict[str, Any]:
    from dedupe import __version__
    from dedupe.engine.unicode_tables import VERSION

    return {"tool": f"dedupe {__version__}", "unicode": VERSION, "command": command}


def _parameters(
    read: ReadOptions, clean: CleanOptions, drop: DropOptions | None, learn: LearnOptions | None
) -> dict[str, Any]:
    """The options in force, by their names."""
    chosen = {**read.to_dict(), **clean.to_dict(), **(drop.to_dict() if drop else {})}
    return {**chosen, **({"learn": learn.to_dict()} if learn else {})}


def _absolute(name: str) -> str:
    return name if is_remote(name) else os.path.abspath(name)
