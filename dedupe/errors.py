"""Everything that can go wrong with data and files.

    DedupeError
    ├── InputError      a source cannot be read, or is not what it was said to be
    │   └── RecordError one record of it is broken; the others are not
    ├── OutputError     a result cannot be written
    ├── AuditError      an audit is damaged, or does not belong to the text at hand
    └── RulesError      a rules file is wrong

A caller's mistake is a ValueError or TypeError as anywhere. Messages read
`source:line: what is wrong; what to do`. The command line turns them into exit codes in one place.
"""


class DedupeError(Exception):
    """Root of all errors that data and files cause."""

    source: str | None = None
    """The file that it is about, where that is known, and `line` there."""
    line: int | None = None


class InputError(DedupeError):
    """A source cannot be read, or is not what it was said to be."""


class RecordError(InputError):
    """One record is broken: not JSON, no text field, or not decodable."""


class OutputError(DedupeError):
    """A result cannot be written."""


class AuditError(DedupeError):
    """An audit is damaged, or does not belong to the text at hand."""


class RulesError(DedupeError):
    """A rules file cannot be read, or one of its rules is wrong."""


def cannot_be_read(error: OSError) -> str:
    """What is wrong with a file that the system refuses, and what to do."""
    return f"cannot be read: {error.strerror or error}; check the name and its rights"
