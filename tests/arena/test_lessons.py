"""Training as it is saved: with or without a checkpoint, with every draw's reason, and counted from where it began anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from arena.errors import NotFound
from arena.match import LIVING, Checkpoint, Entrant
from arena.rows import DrawRow, LearningRow, TallyRow
from arena.store import Store
from tests.arena.stored import GAME, found

LEARNER = Checkpoint.make("alice", LIVING, spec="ppo()")
Stored = tuple[Store, list[Checkpoint]]


@pytest.fixture
def league(tmp_path: Path) -> Iterator[Stored]:
    """Four bots and alice, who learns; rounds 1 to 3 of a season are open."""
    store, cast = found(tmp_path / "league.db")
    with store:
        store.register(Entrant("alice", "ppo()", GAME, learns=True), weights=b"first", state=b"first")
        for number in (2, 3):
            store.open_round(1, number, cast)
        yield store, cast


def train(
    store: Store,
    round: int,
    *,
    steps: int,
    frozen: bool = True,
    anew: bool = False,
    tally: list[TallyRow] | None = None,
    drawn: list[DrawRow] | None = None,
) -> Checkpoint | None:
    weights = b"weights of round %d" % round if frozen else None
    return store.save_training(
        1,
        round,
        "alice",
        state=b"s",
        weights=weights,
        tally=tally or [],
        metrics={},
        steps=steps,
        drawn=drawn or [],
        anew=anew,
    )


def met(opponent: Checkpoint, games: float, *, quality: float = 0.0) -> TallyRow:
    return TallyRow(opponent, games, wins=1.0, draws=0.0, branch="uniform", probability=0.5, quality=quality)


def test_a_learner_counts_its_phases_and_steps_since_it_was_frozen(league: Stored) -> None:
    store, _ = league
    assert store.learning("alice") == LearningRow(phases=0, steps=0, anew=False)
    assert train(store, 1, steps=100, frozen=False) is None
    assert store.learning("alice") == LearningRow(phases=1, steps=100, anew=False)
    assert str(train(store, 2, steps=250)) == "alice@2"
    assert store.learning("alice") == LearningRow(phases=0, steps=250, anew=False)
    train(store, 3, steps=300, frozen=False)
    assert store.learning("alice") == LearningRow(phases=1, steps=300, anew=False)
    assert store.round(1, 3).trained == ("alice",)  # type: ignore[union-attr]
    with pytest.raises(NotFound):
        store.learning("nobody")


def test_who_began_anew_has_learned_nothing_yet(league: Stored) -> None:
    store, _ = league
    train(store, 1, steps=100, anew=True)
    assert store.learning("alice") == LearningRow(phases=0, steps=0, anew=True)
    train(store, 2, steps=40, frozen=False)
    assert store.learning("alice") == LearningRow(phases=1, steps=40, anew=True)
    train(store, 3, steps=90)
    assert store.learning("alice") == LearningRow(phases=0, steps=90, anew=False)
    assert store.renewals("alice") == {(1, 1)}


def test_training_without_a_checkpoint_is_saved_once_too(league: Stored) -> None:
    store, _ = league
    assert train(store, 1, steps=100, frozen=False) is None
    assert train(store, 1, steps=999, frozen=True) is None
    assert [row.checkpoint.version for row in store.checkpoints(agent="alice")] == [1]
    assert store.learning("alice").steps == 100


def test_the_tally_begins_anew_with_the_learner(league: Stored) -> None:
    store, (one, other, *_) = league
    train(store, 1, steps=1, tally=[met(one, 5.0, quality=-1.5), met(other, 6.0)])
    train(store, 2, steps=1, tally=[met(one, 7.0, quality=-2.0)])
    assert {(row.opponent, row.games, row.quality) for row in store.tally("alice")} == {(one, 7.0, -2.0), (other, 6.0, 0.0)}
    train(store, 3, steps=1, tally=[met(one, 8.0)], anew=True)
    assert store.tally("alice") == []
    store.open_round(1, 4, [one])
    train(store, 4, steps=1, tally=[met(other, 2.0)])
    assert [(row.opponent, row.games, row.round) for row in store.tally("alice")] == [(other, 2.0, 4)]


def test_draws_are_those_of_the_latest_training_by_opponent_and_reason(league: Stored) -> None:
    store, (one, *_) = league
    assert store.draws("alice") == []
    first = DrawRow(one, "uniform", 1.0, drawn=3, games=3, wins=1, draws=1)
    rows = [
        DrawRow(LEARNER, "self-play", 0.5, drawn=8, games=0, wins=0, draws=0),
        DrawRow(one, "pfsp", 0.3, drawn=5, games=4, wins=1, draws=1),
        DrawRow(one, "verification", 0.2, drawn=3, games=3, wins=0, draws=0),
    ]
    train(store, 1, steps=1, drawn=[first])
    assert store.draws("alice") == [replace(first, season=1, round=1)]
    train(store, 2, steps=1, drawn=list(reversed(rows)))
    assert store.draws("alice") == [replace(row, season=1, round=2) for row in rows]
    assert [row.win_rate for row in store.draws("alice")] == [None, 1.5 / 4, 0.0]
    train(store, 3, steps=1)
    assert store.draws("alice") == []


@pytest.mark.parametrize(
    "wrong", [{"games": 6}, {"wins": 5}, {"draws": 4}, {"probability": 1.5}, {"probability": float("nan")}]
)
def test_counts_that_cannot_be_are_not_stored(league: Stored, wrong: dict[str, float]) -> None:
    store, (one, *_) = league
    row = replace(DrawRow(one, "pfsp", 0.3, drawn=5, games=4, wins=1, draws=1), **wrong)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError):
        train(store, 1, steps=1, drawn=[row])
