"""`dedupe restore`: the input back, from what dedupe wrote and its audit.

Nothing is written before all of it is known to be right: a stream waits in a temporary file, a file beside its
place.
"""

import os
from contextlib import closing
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

from dedupe.audit import BrokenOff, Section, find_format, read_sections, restore_rows, restore_stream
from dedupe.errors import AuditError, DedupeError, InputError
from dedupe.talk import greet_terminal, say
from dedupe.unpack import open_unpacked
from dedupe.write import StreamSink, ended, naming_temporary_files, open_place, open_sink, temporary_folder

SPOOL_BYTES = 16 << 20  # of a restored stream that wait in memory until the last of them is known to be right
COPY_BYTES = 1 << 20


def restore_files(
    audit: str, name: str | None, output: str | None, in_place: bool, output_dir: str | None = None
) -> int:
    """`dedupe restore`: the input back from the output and its audit; gives the exit code.

    Raises AuditError where the two do not belong together, before anything is written.
    """
    if in_place or output_dir:
        if name or output or (in_place and output_dir):
            option = "--in-place" if in_place else "--output-dir"
            raise ValueError(f"{option} restores the files that the audit names; FILE and --output do not go with it")
        return _restore_each(audit, output_dir)
    if output and os.path.realpath(output) == os.path.realpath(audit):
        raise ValueError(f"--output {output}: is the audit; choose another")
    greet_terminal(name or "-")
    with closing(_open_output(name or "-")) as stream:
        if find_format(audit) == "parquet":
            from dedupe.formats.parquet import RowReader

            reader = RowReader(name or "-", stream)
            with ended(reader.wrap(open_sink(output or "-"))) as rows:
                for restored, ends_group in restore_rows(audit, reader, name):
                    rows.write_rows(restored, ends_group)
            return 0
        if output:
            with ended(open_sink(output)) as sink:
                for data in restore_stream(audit, stream, name):
                    sink.write(data)
            return 0
        with SpooledTemporaryFile(SPOOL_BYTES, dir=temporary_folder()) as spool:
            for data in restore_stream(audit, stream, name):
                with naming_temporary_files():
                    spool.write(data)
            spool.seek(0)
            out = StreamSink()
            while data := spool.read(COPY_BYTES):
                out.write(data)
    return 0


def _open_output(name: str) -> BinaryIO:
    try:
        return open_unpacked(name)
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise InputError(f"{name}: cannot be read: {what}; give the file that dedupe wrote") from None


def _restore_each(audit: str, folder: str | None) -> int:
    """Each file that has an output of its own: in its place, or into a folder."""
    kind = "output_dir" if folder else "in_place"
    untouched, failed = [], False
    try:
        for section in read_sections(audit, kind):
            section.skip()  # where the audit is not sound, nothing is touched
            untouched.append(section.is_untouched)
    except BrokenOff as error:  # the run was killed: what it did until then can be undone
        say(str(error))
        failed = True
    for is_untouched, section in zip(untouched, read_sections(audit, kind), strict=False):
        try:
            if not is_untouched:
                _restore_section(section, section.place_in(folder) if folder else section.source)
        except DedupeError as error:
            section.skip()
            if folder or not _is_restored(section):
                say(str(error))
                failed = True
        section.skip()
    return 2 if failed else 0


def _restore_section(section: Section, place: str) -> None:
    with closing(_open_output(section.output)) as stream:
        if section.format == "parquet":
            from dedupe.formats.parquet import RowReader

            reader = RowReader(section.output, stream)
            with ended(reader.wrap(open_place(place))) as rows:
                for restored in section.restore(reader):
                    with section.entries.blame():
                        rows.write_rows(*reader.rebuild(restored))
                if not reader.is_over():
                    raise AuditError(f"{section.output}: has more rows than dedupe left there")
            return
        with ended(open_place(place)) as sink:
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
