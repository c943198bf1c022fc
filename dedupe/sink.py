"""Where output goes, for those who only write to it; write.py makes what it goes to."""

from typing import Protocol, TypeVar


class Ending(Protocol):
    """What becomes of what was written: `finish` has all of it ready, `commit` makes it stand, `abort` leaves no
    trace. The last two end it."""

    @property
    def name(self) -> str: ...
    @property
    def part(self) -> object:
        """Where what is written waits until it is whole; None: nowhere."""

    def finish(self) -> None: ...
    def commit(self) -> None: ...
    def abort(self) -> None: ...


class Sink(Ending, Protocol):
    """Where output goes."""

    def write(self, data: bytes) -> None: ...


Written = TypeVar("Written", bound=Sink)
