"""Who is connected, held against networkx."""

from __future__ import annotations

import networkx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.match import Comparison
from arena.ratings.groups import components, connected, groups, perfect
from arena.ratings.meetings import gather
from tests.arena.ratings.cast import cast

SIZE = 12
CAST = cast(SIZE)
ties = st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), max_size=20)


@given(ties=ties)
@settings(max_examples=60, deadline=None)
def test_the_connected_and_those_that_reach_each_other_are_networkxs(ties: list[tuple[int, int]]) -> None:
    graph = networkx.DiGraph(ties)
    graph.add_nodes_from(range(SIZE))
    found = connected(SIZE, np.array(ties, dtype=np.int64).reshape(-1, 2))
    assert {node: int(found[node]) for node in range(SIZE)} == {
        node: min(part) for part in networkx.weakly_connected_components(graph) for node in part
    }
    strong = components(SIZE, ties)
    parts = {frozenset(np.flatnonzero(strong == part).tolist()) for part in strong}
    assert parts == {frozenset(part) for part in networkx.strongly_connected_components(graph)}


def test_a_long_chain_is_one_group() -> None:
    chain = np.array([(node, node + 1) for node in range(5000)], dtype=np.int64)
    shuffled = np.random.default_rng(0).permutation(5001)[chain]
    assert (connected(5001, shuffled) == 0).all()


def test_team_mates_are_of_one_group_and_perfect_records_are_told_of_each() -> None:
    a, b, c, d, e, f = CAST[:6]
    met = gather([Comparison(((a, b), (c,)), (0, 1)), Comparison(((d,), (e,)), (0, 0)), Comparison(((c,), (f,)), (0, 1))])
    assert [set(group) for group in groups(met)] == [{a, b, c, f}, {d, e}]
    assert perfect(met) == {a: "won all", b: "won all", f: "lost all"}
