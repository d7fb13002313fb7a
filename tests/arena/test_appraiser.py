"""Other ratings of a stored league than the kept ones."""

from __future__ import annotations

import shutil
import sys
from math import log
from pathlib import Path

import pytest

from arena import League
from arena.answers.official import OfficialBoard
from arena.leaderboard import Leaderboard
from arena.ratings.davidson import Davidson
from arena.ratings.meetings import Tally, gather
from arena.ratings.model import Standings
from arena.ratings.trueskill import TrueSkill
from arena.reckoning import meetings, proved
from arena.store import Store
from games.errors import MissingExtra, UnknownName
from tests.arena.stored import found, played, record

SMALL = {"rounds": 2, "train": 0, "games": 4, "chunk": 16}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A competitive, a cooperative and a mixed game."""
    path = tmp_path_factory.mktemp("appraised") / "league.db"
    league = League(path)
    for game, specs in {
        "tic_tac_toe": ("uniform", "tactician", "minimax(depth=2)"),
        "two_step": ("fixed(0)", "fixed(1)", "uniform"),
        "prisoners_dilemma": ("tit_for_tat", "defector", "cooperator"),
    }.items():
        for number, spec in enumerate(specs):
            league.register(f"{game}-{number}", spec, game=game, check=False)
        league.run_season(game, **SMALL)
    return path


@pytest.mark.parametrize("game", ["tic_tac_toe", "two_step", "prisoners_dilemma"])
def test_every_flavour_has_an_official_board(path: Path, game: str) -> None:
    board = League(path).ratings.board("davidson", game)
    assert isinstance(board, OfficialBoard)
    assert {place.agent for place in board.places} == {f"{game}-{number}" for number in range(3)}
    with Store.open(path) as store:
        assert board.comparisons == gather(proved(store, game)).total > 0


def test_counting_in_the_log_is_counting_comparisons(tmp_path: Path) -> None:
    """Forfeits, voids and draws among them."""
    store, cast = found(tmp_path / "league.db", agents=4, plan=400)
    with store:
        results = played(cast, 400)
        record(store, results)
        store.close_round(1, 1, Standings())
        counted, told = meetings(store, "connect_four"), gather(proved(store, "connect_four"))
        rules = store.game("connect_four")
    seen = Tally()
    seen.see(results, rules)
    assert (seen.total, len(results) - seen.total) == (told.total, sum(one.void is not None for one in results))
    assert (seen.meetings().counts == told.counts).all()
    assert (seen.meetings().sided == told.sided).all()
    assert {result.ending.kind for result in results} == {"finished", "forfeit", "void"}
    assert counted.cast == told.cast
    assert (counted.counts == told.counts).all()
    assert (counted.sided == told.sided).all()
    assert (Davidson().fit(counted).at == Davidson().fit(told).at).all()


def test_a_board_by_the_usual_model_is_the_usual_board(path: Path) -> None:
    league = League(path)
    assert league.ratings.board("trueskill", "tic_tac_toe") == league.leaderboard("tic_tac_toe")
    assert league.ratings.board("trueskill(beta=1.0)", "tic_tac_toe") != league.leaderboard("tic_tac_toe")


def test_a_board_with_other_settings_leaves_the_kept_one_alone(path: Path, tmp_path: Path) -> None:
    league = League(shutil.copy(path, tmp_path / "copy.db"))
    before = league.status()["digest"]
    assert isinstance(league.ratings.board("trueskill(side=None)", "tic_tac_toe"), Leaderboard)
    assert league.status()["digest"] == before


def test_an_unknown_model_is_told_of_both_kinds(path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'davidson'") as error:
        League(path).ratings.board("davison")
    assert "trueskill" in str(error.value.hint)


def test_a_league_of_one_has_a_board_of_nobody(tmp_path: Path) -> None:
    league = League(tmp_path / "league.db")
    league.register("alone", "uniform", game="tic_tac_toe", check=False)
    assert str(league.ratings.board("davidson", "tic_tac_toe")) == "nobody is rated at tic_tac_toe yet"


def test_a_curve_begins_again_where_its_learner_did(tmp_path: Path) -> None:
    league = League(tmp_path / "league.db")
    for name, spec, role in (("main", "ppo", "main"), ("rival", "ppo", "main-exploiter"), ("bot", "uniform", "main")):
        league.register(name, spec, game="tic_tac_toe", role=role, check=False)
    league.run_season("tic_tac_toe", rounds=4, train=60, games=4, preset="alphastar", boards=8, chunk=16)
    points = league.ratings.curve("rival").points
    assert {point.checkpoint for point in points} == {str(row.checkpoint) for row in league.agent("rival").checkpoints}
    assert [point.life for point in points] == [0, 0, 1]


@pytest.mark.parametrize("game", ["tic_tac_toe", "prisoners_dilemma"])
def test_every_model_is_checked_by_the_matches_of_the_league(path: Path, game: str) -> None:
    told = League(path).ratings.check(game, warmup=50)
    sided = {"trueskill(side=None)"} if game == "tic_tac_toe" else set()
    assert {one.model for one in told.records} | set(told.absent) == {
        *("base rate", "trueskill", "davidson", "elo", "openskill", *sided)
    }
    with Store.open(path) as store:
        assert told.walked.size + told.warmup + told.walked.untold == len(list(proved(store, game)))


def test_a_check_begins_where_nobody_is_known(path: Path) -> None:
    told, prior = League(path).ratings.check("tic_tac_toe", models=["trueskill"], warmup=0), TrueSkill().prior
    assert any(
        told.walked.losses["trueskill"][0] == pytest.approx(-log(chance)) for chance in TrueSkill().predict(prior, prior)
    )


def test_models_are_checked_that_are_asked_for(path: Path) -> None:
    told = League(path).ratings.check("tic_tac_toe", models=["trueskill(beta=1.0)", "davidson"])
    assert {one.model for one in told.records} == {"base rate", "trueskill(beta=1.0)", "davidson"}
    with pytest.raises(UnknownName):
        League(path).ratings.check("tic_tac_toe", models=["davison"])


def test_a_missing_package_is_left_out_and_said_unless_it_is_asked_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openskill.models", None)
    told = League(path).ratings.check("tic_tac_toe")
    assert told.absent.keys() == {"openskill"}
    assert "not asked: openskill: " in str(told)
    assert "pip install 'arena-league[openskill]'" in str(told)
    with pytest.raises(MissingExtra):
        League(path).ratings.check("tic_tac_toe", models=["openskill"])


def test_installed_models_are_checked_and_those_that_cannot_be_made_are_said(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = {
        "arena.ratings": {"mine": "arena.ratings.elo:Elo", "gone": "nowhere_to_be_found:Model"},
        "arena.fits": {"own": "arena.ratings.davidson:Davidson"},
    }
    monkeypatch.setattr("games.registry._plugins", lambda group: installed.get(group, {}))
    told = League(path).ratings.check("tic_tac_toe", warmup=0)
    assert {"mine", "own", "trueskill", "trueskill(side=None)"} <= {one.model for one in told.records}
    assert "not asked: gone: 'nowhere_to_be_found:Model' cannot be loaded" in str(told)


def test_a_league_without_a_match_is_told_to_play(tmp_path: Path) -> None:
    league = League(tmp_path / "league.db")
    league.register("alone", "uniform", game="tic_tac_toe", check=False)
    assert str(league.ratings.check("tic_tac_toe")).startswith("too few matches of tic_tac_toe to tell")


@pytest.mark.parametrize("model", ["openskill", "elo"])
def test_a_board_can_be_by_any_model_that_folds(path: Path, model: str) -> None:
    board = League(path).ratings.board(model, "tic_tac_toe")
    assert {place.agent for place in board.places} == {f"tic_tac_toe-{number}" for number in range(3)}
