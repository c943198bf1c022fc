"""`dedupe restore`: the input back, from what dedupe wrote and its audit.

Nothing is written before all of it is known to be right: a stream waits in a temporary file, a file beside its
place.
"""

import os
from contextlib import closing
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

from dedupe.audit import BrokenOff, Section, read_sections, restore_stream
from dedupe.errors import DedupeError, InputError
from dedupe.talk import greet_terminal, say
from dedupe.unpack import open_unpacked
from dedupe.write import FileSink, StreamSink, ended, naming_temporary_files, open_sink

SPOOL_BYTES = 16 << 20  # of a restored stream that wait in memory until the last of them is known to be right
COPY_BYTES = 1 << 20


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
    greet_terminal(name or "-")
    with closing(_open_output(name or "-")) as stream:
        if output:
            with ended(open_sink(output)) as sink:
                for data in restore_stream(audit, stream, name):
                    sink.write(data)
            return 0
        with SpooledTemporaryFile(SPOOL_BYTES) as spool:
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
    with closing(_open_output(section.source)) as stream, ended(FileSink(section.source)) as sink:
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
