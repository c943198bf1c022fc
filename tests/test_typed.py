"""What stands in for `typing` while a command runs behaves as it does."""

import pickle
import typing
from typing import get_type_hints

import pytest

from dedupe import typed


class Ours(typed.NamedTuple):
    """A word."""

    word: str
    count: int = 1

    @property
    def key(self) -> str:
        return self.word * self.count


class Theirs(typing.NamedTuple):
    """A word."""

    word: str
    count: int = 1

    @property
    def key(self) -> str:
        return self.word * self.count


def test_a_named_tuple_is_one() -> None:
    ours, theirs = Ours("ab", 2), Theirs("ab", 2)
    assert ours == theirs == ("ab", 2)
    assert ours.key == theirs.key == "abab"
    assert repr(ours).replace("Ours", "Theirs") == repr(theirs)
    assert ours._replace(count=3) == theirs._replace(count=3)
    assert type(ours)._field_defaults == type(theirs)._field_defaults == {"count": 1}
    assert get_type_hints(Ours) == get_type_hints(Theirs)
    assert (Ours.__doc__, Ours.__module__, Ours.__slots__) == (Theirs.__doc__, Theirs.__module__, Theirs.__slots__)
    assert pickle.loads(pickle.dumps(ours)) == ours
    assert Ours(word="ab") == Theirs(word="ab")
    with pytest.raises(TypeError):
        Ours()  # type: ignore[call-arg]


def test_casting_changes_nothing() -> None:
    value = object()
    assert typed.cast("int", value) is value
