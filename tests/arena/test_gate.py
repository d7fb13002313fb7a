"""The gate: who is not found better than its checkpoint before does not join, and a season says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arena import League
from arena.errors import BadConfig
from arena.season import Event, LearnerFroze, LearnerWentOn
from tests.arena.cli.conftest import typed

SMALL: dict[str, Any] = {"rounds": 2, "boards": 16, "chunk": 16, "games": 2, "gate": 120}


def league_at(path: Path) -> League:
    league = League(path)
    league.register("ppo", "ppo(hidden=(16,))", game="rock_paper_scissors", check=False)
    league.register("rocky", "rock", game="rock_paper_scissors", check=False)
    return league


def test_who_has_learned_nothing_that_helps_does_not_join(tmp_path: Path) -> None:
    league, told = league_at(tmp_path / "league.db"), list[Event]()
    league.run_season("rock_paper_scissors", train=1, notify=told.append, **SMALL)
    froze = [event for event in told if isinstance(event, LearnerFroze)]
    stayed = [event for event in told if isinstance(event, LearnerWentOn)]
    assert len(froze) + len(stayed) == 2
    assert stayed
    assert {event.trained.metrics["gate_passed"] for event in stayed} == {0.0}
    assert len(league.agent("ppo").checkpoints) == 1 + len(froze)


def test_with_any_workers_and_after_a_break_the_same_join(tmp_path: Path) -> None:
    one, two, broken = (league_at(tmp_path / f"{name}.db") for name in ("one", "two", "broken"))
    one.run_season("rock_paper_scissors", train=60, **SMALL)
    two.run_season("rock_paper_scissors", train=60, workers=2, **SMALL)

    def stop(event: Event) -> None:
        if isinstance(event, (LearnerFroze, LearnerWentOn)):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken.run_season("rock_paper_scissors", train=60, notify=stop, **SMALL)
    broken.resume()
    assert len({league.status()["digest"] for league in (one, two, broken)}) == 1
    versions = [[row.checkpoint.id for row in league.agent("ppo").checkpoints] for league in (one, two, broken)]
    assert versions[0] == versions[1] == versions[2]


def test_why_it_did_not_join_is_kept_and_shown(tmp_path: Path) -> None:
    league = league_at(tmp_path / "league.db")
    league.run_season("rock_paper_scissors", train=1, **{**SMALL, "rounds": 1})
    assert {"gate_passed", "gate_llr", "gate_games", "gate_elo"} <= set(league.agent("ppo").metrics)
    assert "games against the checkpoint before, LLR " in typed(league.path, "agents", "show", "ppo").stdout


def test_a_gate_needs_a_game_of_two_sides(tmp_path: Path) -> None:
    league = League(tmp_path / "league.db")
    for name in ("one", "two"):
        league.register(name, "uniform", game="prisoners_dilemma", check=False)
    with pytest.raises(BadConfig, match="needs a game that one of two sides wins"):
        league.run_season("prisoners_dilemma", gate=10)
    assert league.seasons() == []


def test_who_has_become_better_joins(tmp_path: Path) -> None:
    league = League(tmp_path / "league.db")
    league.register("ppo", "ppo(hidden=(32,), lr=3e-3)", game="tic_tac_toe", check=False)
    league.register("uniform", "uniform", game="tic_tac_toe", check=False)
    told: list[Event] = []
    league.run_season("tic_tac_toe", train=12_000, notify=told.append, **{**SMALL, "rounds": 1, "boards": 128})
    (froze,) = [event for event in told if isinstance(event, LearnerFroze)]
    assert froze.trained.metrics["gate_passed"] == 1.0
    assert froze.trained.metrics["gate_elo"] > 40
