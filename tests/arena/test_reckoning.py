"""What the log comes to: ratings are its fold, changes to them are named, and both views can be made again."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from arena import League
from arena.reckoning import reckon
from arena.season import ChunkPlayed, Event
from arena.store import Store

SMALL = {"rounds": 2, "train": 30, "boards": 8, "games": 2, "chunk": 4, "history": 1}
GAMES = ("tic_tac_toe", "prisoners_dilemma")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two games of two seasons, with learners: one is rated by matches, the other by substitutions."""
    path = tmp_path_factory.mktemp("reckoning") / "league.db"
    league = League(path)
    for game in GAMES:
        league.register(f"ppo-{game}", "ppo(hidden=(8,))", game=game, check=False)
        league.register(f"uniform-{game}", "uniform", game=game, check=False)
        league.register(f"fixed-{game}", "fixed(0)" if game != "tic_tac_toe" else "tactician", game=game, check=False)
        league.run_season(game, **SMALL)
        league.run_season(game, **{**SMALL, "seed": 1})
    return path


@pytest.fixture
def copy(path: Path, tmp_path: Path) -> Path:
    shutil.copy(path, tmp_path / "copy.db")
    return tmp_path / "copy.db"


def change(path: Path, statement: str) -> None:
    """Changes the file as no Arena would."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute(statement).rowcount > 0
        db.commit()


def whole(path: Path) -> str:
    """All that the views of a league say, bit for bit."""
    with Store.open(path) as store:
        return "".join(
            f"{store.standings(game)} {store.rating_history(game)} {store.payoffs(game)}" for game in store.games()
        )


@pytest.mark.parametrize("game", GAMES)
def test_ratings_are_the_fold_of_the_log_bit_for_bit(path: Path, game: str) -> None:
    with Store.open(path) as store:
        standings, history = reckon(store, game)
        assert standings == store.standings(game)
        assert set(history) == set(store.rating_history(game))
    assert len(standings.ratings) > 3
    assert {row.season for row in history} == {season.id for season in League(path).seasons(game)}
    assert League(path).verify() == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE ratings SET mu = mu + 1e-6 WHERE checkpoint = 2",
            r"rating of uniform-tic_tac_toe@1: mu .* is stored, the log gives mu",
        ),
        ("UPDATE ratings SET comparisons = 999 WHERE checkpoint = 2", "uniform-tic_tac_toe@1: 999 comparisons stored"),
        ("DELETE FROM ratings WHERE checkpoint = 2", "rating of uniform-tic_tac_toe@1: none is stored"),
        ("UPDATE folds SET counters = '{}' WHERE game = 'tic_tac_toe'", "ratings of tic_tac_toe: counted {}"),
        (
            "UPDATE history SET sigma = 9 WHERE (season, round, checkpoint) = (1, 1, 2)",
            "uniform-tic_tac_toe@1 after round 2 of season 1",
        ),
        ("DELETE FROM history WHERE (season, round, checkpoint) = (1, 1, 2)", "after round 2 of season 1"),
        ("UPDATE payoffs SET total = total + 1 WHERE row = 2", "payoffs of uniform-tic_tac_toe@1 against"),
        ("DELETE FROM payoffs", "payoffs of .*: missing"),
    ],
)
def test_a_changed_view_is_named_and_made_again(path: Path, copy: Path, statement: str, said: str) -> None:
    change(copy, statement)
    league = League(copy)
    problems = league.verify()
    with pytest.raises(AssertionError, match=said):
        assert problems == []
    league.rebuild()
    assert league.verify() == []
    assert whole(copy) == whole(path)


def test_rebuilding_a_sound_league_changes_nothing(copy: Path) -> None:
    league, before = League(copy), whole(copy)
    league.rebuild()
    assert whole(copy) == before


@pytest.mark.parametrize("chunks", [1, 4])
@pytest.mark.parametrize("game", GAMES)
def test_a_season_ended_in_mid_round_rates_all_that_it_recorded(tmp_path: Path, game: str, chunks: int) -> None:
    league, left = League(tmp_path / "league.db"), [chunks]
    for name, spec in (("one", "uniform"), ("two", "uniform"), ("ppo", "ppo(hidden=(8,))")):
        league.register(name, spec, game=game, check=False)

    def stop(event: Event) -> None:
        left[0] -= isinstance(event, ChunkPlayed)
        if not left[0]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        league.run_season(game, notify=stop, **{**SMALL, "games": 8})
    league.end_season(1)
    assert league.season(1).finished
    recorded = league.matches(limit=1000)
    assert len(recorded) == 4 * chunks
    with Store.open(league.path) as store:
        assert sum(payoff.games for payoff in store.payoffs(game).values()) == 2 * len(recorded)
        compared = sum(store.standings(game).compared.values())
    if game == "tic_tac_toe":  # in a mixed game it takes substitutes to compare
        assert compared == 2 * len(recorded)
    assert league.verify() == []
    league.run_season(game, **SMALL)
    assert league.verify() == []


def test_a_season_ended_before_its_first_match_leaves_nothing_to_rate(tmp_path: Path) -> None:
    league = League(tmp_path / "league.db")
    for name in ("one", "two"):
        league.register(name, "uniform", game="tic_tac_toe", check=False)

    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        league.run_season("tic_tac_toe", notify=stop, **SMALL)
    league.end_season(1)
    assert (league.season(1).finished, league.season(1).rounds) == (True, 0)
    assert league.verify() == []
