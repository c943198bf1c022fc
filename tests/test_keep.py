"""Policies: in which order documents are taken, and what is said of those that do not say."""

import pytest

from dedupe.near.keep import parse_policy


@pytest.mark.parametrize(
    ("policy", "records", "order"),
    [
        ("last", [{}, {}, {}], [2, 1, 0]),
        ("longest", [{"n": 5}, {"n": 9}, {"n": 9}], [1, 2, 0]),
        ("largest:score", [{"score": 1}, {"score": "2.5"}, {"score": -1}], [1, 0, 2]),
        ("newest:date", [{"date": "2024-01-02"}, {"date": "2024-01-02T01:00:00+02:00"}, {"date": 1.8e9}], [2, 0, 1]),
        ("oldest:date", [{"date": "Tue, 02 Jan 2024 10:00:00 GMT"}, {"date": "2024-01-02T09:00:00Z"}], [1, 0]),
        ("prefer:source=ap,dpa", [{"source": "x"}, {"source": "dpa"}, {"source": "ap"}, {"source": "y"}], [2, 1, 0, 3]),
    ],
)
def test_orders(policy: str, records: list[dict], order: list[int]) -> None:
    keys = [parse_policy(policy).key(record, i, record.get("n", 0)) for i, record in enumerate(records)]
    assert None not in keys
    assert sorted(range(len(records)), key=lambda i: keys[i]) == order


@pytest.mark.parametrize("value", [None, "soon", [], True, float("nan")])
def test_what_does_not_say_is_none(value: object) -> None:
    for policy in ("largest:x", "newest:x", "oldest:x"):
        assert parse_policy(policy).key({"x": value}, 0, 0) is None
    assert parse_policy("prefer:x=a").key({}, 0, 0) is None


@pytest.mark.parametrize("text", ["", "best", "first:x", "newest", "newest:", "prefer:a", "prefer:=a", "prefer:a="])
def test_a_wrong_policy_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="keep"):
        parse_policy(text)
