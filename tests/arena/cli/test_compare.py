"""`arena compare` and tournaments, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena.compare import Progress
from tests.arena.cli.conftest import Type, typed

RPS = ("--game", "rock_paper_scissors")


def test_a_comparison_says_its_verdict_and_ends_with_it(arena: Type) -> None:
    arena("register", "rocky", "rock", *RPS)
    arena("register", "papa", "paper", *RPS)
    done = arena("compare", "papa", "rocky", "--elo1", "30")
    assert done.exit_code == 0
    assert "papa@1 is stronger than rocky@1: +30 Elo is accepted against +0" in done.stdout
    again = arena("compare", "rocky", "papa", "--json")
    assert again.exit_code == 7
    facts = json.loads(again.stdout)
    assert (facts["schema"], facts["stronger"], facts["lineup"]) == (1, False, ["rocky@1", "papa@1"])
    assert arena("matches", "list", "--json").exit_code in (0, 3), "nothing was recorded"


def test_ctrl_c_keeps_what_was_counted(arena: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    def strike(progress: Progress) -> None:
        if sum(progress.pairs) == 5:
            raise KeyboardInterrupt

    arena("register", "one", "uniform", *RPS)
    arena("register", "two", "uniform", *RPS)
    monkeypatch.setattr("arena.cli.compare._watching", lambda desk: strike)
    done = arena("compare", "one", "two")
    assert done.exit_code == 130
    assert done.stdout.startswith("one@1 against two@1: 10 games of rock_paper_scissors\n")
    assert "LLR " in done.stdout
    assert "interrupted; this is how far it came" in done.stderr
    assert "resumed" not in done.stderr


def test_what_cannot_be_compared_is_said(arena: Type) -> None:
    arena("register", "rocky", "rock", *RPS)
    assert "is compared with itself" in arena("compare", "rocky", "rocky").stderr
    assert arena("compare", "rocky", "nobody").exit_code == 3
    assert "expected elo0 below elo1" in arena("compare", "rocky", "rocky", "--elo0", "5", "--elo1", "5").stderr


def test_a_tournament_is_told_at_its_end_and_later(league: Path) -> None:
    words = ("--rounds", "1", "--train", "0", "--games", "2")
    done = typed(league, "season", "run", *RPS, *words, "--schedule", "knockout")
    assert done.stdout.startswith("knockout\nstage 1  ")
    assert "\nwinner   " in done.stdout
    season = json.loads(typed(league, "season", "list", "--json").stdout)["seasons"][-1]["id"]
    facts = json.loads(typed(league, "season", "show", str(season), "--json").stdout)
    assert len(facts["tournament"]["winners"]) == 1
    assert "swiss, 2 stages" in typed(league, "season", "run", *RPS, *words, "--schedule", "swiss").stdout


def test_a_ladder_stops_at_its_sigma_and_says_what_is_wrong(league: Path) -> None:
    words = ("season", "run", *RPS, "--rounds", "1", "--train", "0", "--schedule", "ladder")
    assert typed(league, *words, "--until-sigma", "5", "--json").exit_code == 0
    assert "expected a time" in typed(league, *words, "--budget", "soon").stderr
    assert "expected a number from 0.01 to 100" in typed(league, *words, "--until-sigma", "0").stderr
