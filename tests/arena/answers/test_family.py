"""Who descends from whom."""

from __future__ import annotations

from arena.answers.family import Family
from arena.match import Checkpoint, Entrant
from arena.rows import CheckpointRow, RatingRow
from tests.arena.ratings.cast import checkpoint


def born(name: str, version: int, order: int, *, round: int | None = None) -> CheckpointRow:
    return CheckpointRow(checkpoint(name, version), None if round is None else 1, round, order, 100 * order)


def test_a_family_is_told_from_its_oldest_on() -> None:
    rows = [born("ann", 1, 1), born("bot", 1, 2), born("ann", 2, 3, round=0), born("kid", 1, 4), born("ann", 3, 5, round=1)]
    entrants = [
        Entrant("ann", "ppo()", "g"),
        Entrant("bot", "uniform()", "g"),
        Entrant("kid", "ppo()", "g", parent="ann@2"),
    ]
    ann_2 = checkpoint("ann", 2)
    history = [RatingRow(1, 0, ann_2, 27.0, 2.0), RatingRow(1, 1, ann_2, 29.0, 1.0)]
    found = Family.of("g", entrants, rows, history)
    told = [(str(one.checkpoint), str(one.parent), one.depth) for one in found.births]
    assert told == [
        ("ann@1", "None", 0),
        ("ann@2", "ann@1", 0),
        ("ann@3", "ann@2", 0),
        ("kid@1", "ann@2", 1),
        ("bot@1", "None", 0),
    ]
    assert str(found) == "5 checkpoints of 3 agents in 2 families"
    _, cells = found.rows()
    assert cells[1] == ["ann@2", "ann@1", "season 1, round 1", "300", "21.0", "27.0 ± 4.0"], "as it was rated at first"
    assert cells[3][:3] == ["   └─ kid@1", "ann@2", "registered"]


def test_an_orphan_begins_a_family() -> None:
    found = Family.of("g", [Entrant("kid", "ppo()", "g", parent="gone@9")], [born("kid", 1, 1)], [])
    assert [(one.parent, one.depth) for one in found.births] == [(None, 0)]
    assert str(found) == "1 checkpoint of 1 agent in 1 family"


def test_checkpoints_are_known_by_name_and_number() -> None:
    lost: Checkpoint = checkpoint("ann", 7)
    assert all(one.checkpoint != lost for one in Family.of("g", [], [], []).births)
