"""The digest chain: what a match says of itself, and that it goes on saying it."""

from __future__ import annotations

from arena.digest import GENESIS, link, marks_of, parts_of
from arena.match import Checkpoint, Match, Result

PLACE = {"game": "connect_four", "version": 1, "season": 2, "season_seed": 3, "round": 4}
CAST = tuple(Checkpoint.make(name, 1, spec="uniform") for name in ("alice", "bob"))
RESULT = Result(Match(5, 6, CAST), (1.0, -1.0), 7, b"\3\3")


def test_the_digest_of_a_match_is_what_it_always_was():
    assert link(GENESIS, parts_of(RESULT, **PLACE)).hex() == "acc77a8b8e441a52ca116dc9fdbb2d40"


def test_neutral_ground_is_part_of_a_matchs_place():
    parts, neutral = parts_of(RESULT, **PLACE), parts_of(RESULT._replace(neutral=True), **PLACE)
    assert link(GENESIS, parts) != link(GENESIS, neutral)
    assert [one != other for one, other in zip(marks_of(parts), marks_of(neutral), strict=True)] == [True] + [False] * 6
