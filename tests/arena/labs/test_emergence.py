"""What emerges among hiders and seekers, in little."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena import League
from arena.labs.emergence import EXPECTED
from arena.labs.hideouts import MEASURES, UNSEEN
from arena.labs.lab import Finding, Run, conduct


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finding]:
    folder = tmp_path_factory.mktemp("labs")
    return folder, conduct("emergence", Run(seeds=1, quick=True, folder=folder))


def test_each_measure_is_told_of_each_checkpoint(little: tuple[Path, Finding]) -> None:
    numbers = little[1].numbers
    assert set(numbers["means"]) == {*MEASURES, *EXPECTED}
    assert all(len(values) == 2 and all(0 <= one <= 1 for one in values) for (values,) in numbers["means"].values())
    assert numbers["scripted"]["hideouts closed"] > 0
    (duels,) = numbers["duels"]
    assert [duels[0][0], duels[1][1]] == pytest.approx(numbers["means"][UNSEEN][0], abs=0.25)
    assert json.loads(json.dumps(numbers)) == numbers
    assert "hideouts closed in 0 of 1 seeds" in little[1].sentence


def test_its_league_stays_to_be_replayed(little: tuple[Path, Finding]) -> None:
    league = League(little[0] / "emergence-quick-0.db")
    assert [season.rounds for season in league.seasons()] == [1, 1]
    met = {str(who) for row in league.matches(season=2, limit=1000) for who in row.result.match.lineup}
    assert met == {"player0@1", "player0@2", "uniform@1", "chaser@1", "hideout@1", "barricader@1"}
    assert league.replay(league.matches(limit=1)[0].id).verify() is None
