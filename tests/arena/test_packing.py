"""Rows in little room are the rows that came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arena.columns import Told
from arena.packing import KEY, Keys, Rows

names = st.sampled_from(["alice", "bob", "bob@2", "(1.0, 0.0)"])
numbers = st.floats(-10, 10)
told = st.builds(
    Told,
    line=st.integers(1, 2**40),
    lineup=st.tuples(names, names),
    returns=st.tuples(numbers, numbers) | st.just((1, -1)),
    neutral=st.booleans(),
    id=st.sampled_from(["", "a", "7"]),
    when=st.none() | numbers,
    dated=st.booleans(),
)


def packed(rows: list[Told]) -> Rows:
    found = Rows()
    for row in rows:
        found.add(row)
    return found


@given(st.lists(told))
def test_rows_come_out_as_they_went_in(rows: list[Told]) -> None:
    """To the sign of a zero, since a row is known by a hash of what it says."""
    assert list(map(repr, packed(rows))) == list(map(repr, rows))
    assert packed(rows)[1:] == rows[1:]


@given(st.lists(told))
def test_rows_of_one_moment_stay_in_their_order(rows: list[Told]) -> None:
    dated = [row._replace(when=row.when or 0.0) for row in rows]
    found = packed(dated)
    found.sort()
    assert list(found) == sorted(dated, key=lambda row: row.when or 0.0)


@given(st.lists(st.binary(min_size=KEY, max_size=KEY)))
def test_keys_come_out_as_they_went_in(keys: list[bytes]) -> None:
    found = Keys()
    for key in keys:
        found.add(key)
    assert list(found) == keys
    assert [found[place] for place in range(len(found))] == keys
    assert found[-2:] == keys[-2:]
