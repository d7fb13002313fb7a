"""The digest chain: what a match says of itself, and that it goes on saying it."""

from __future__ import annotations

from arena.digest import GENESIS, link, links, marks_of, parts_of
from arena.match import Checkpoint, Match, Result
from arena.series import Results

PLACE = {"game": "connect_four", "version": 1, "season": 2, "season_seed": 3, "round": 4}
CAST = tuple(Checkpoint.make(name, 1, spec="uniform") for name in ("alice", "bob"))
RESULT = Result(Match(5, 6, CAST), (1.0, -1.0), 7, b"\3\3")


def test_the_digest_of_a_match_is_what_it_always_was():
    assert link(GENESIS, parts_of(RESULT, **PLACE)).hex() == "acc77a8b8e441a52ca116dc9fdbb2d40"


def test_neutral_ground_is_part_of_a_matchs_place():
    parts, neutral = parts_of(RESULT, **PLACE), parts_of(RESULT._replace(neutral=True), **PLACE)
    assert link(GENESIS, parts) != link(GENESIS, neutral)
    assert [one != other for one, other in zip(marks_of(parts), marks_of(neutral), strict=True)] == [True] + [False] * 6


def test_a_chunk_is_linked_as_its_matches_are_one_by_one():
    odd = [
        RESULT._replace(match=Match(6, 7, CAST[::-1]), returns=(-0.0, 0.5)),
        RESULT._replace(faults=("crash", None)),
        RESULT._replace(faults=(None, None)),
        RESULT._replace(returns=(), steps=0, tape=b"", void="rules: IndexError"),
        RESULT._replace(neutral=True, returns=(0.0, 0.0)),
    ]
    results = [RESULT, *odd, RESULT, RESULT._replace(match=Match(8, 6, tuple(CAST)), returns=(0.0, 0.5))]
    before, expected = GENESIS, []
    for result in results:
        parts = parts_of(result, **PLACE)
        before = link(before, parts)
        expected.append((marks_of(parts), before))
    assert list(links(GENESIS, Results.of(results), **PLACE)) == expected
