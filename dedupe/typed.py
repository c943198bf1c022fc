"""What a command needs of `typing` while it runs, without importing it: that takes longer than to clean a megabyte.

Type checkers see `typing` itself. Modules that a command starts with import the rest of it for type checkers alone.
"""

TYPE_CHECKING = False  # type checkers know the name, and take it for true
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
    from typing import cast as cast
    from typing import dataclass_transform as dataclass_transform
else:
    from collections import namedtuple

    class _Named(type):
        def __new__(cls, name, bases, body):
            plain = super().__new__(cls, name, (), body)
            if not bases:
                return plain
            fields = plain.__annotations__
            made = namedtuple(name, fields, defaults=[body.pop(f) for f in fields if f in body])
            return type(name, (made,), {"__slots__": (), **body})

    class NamedTuple(metaclass=_Named):
        """As typing.NamedTuple: annotated fields, values for the last of them, methods."""

    def cast(kind, value):
        return value

    def dataclass_transform(**about):
        return lambda kind: kind
