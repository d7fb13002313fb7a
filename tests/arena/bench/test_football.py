"""Football, on made-up results: the search finds what it should, and a file that is missing is no error."""

from __future__ import annotations

import random
from datetime import date, timedelta
from math import log
from pathlib import Path

import pytest

from arena.bench import BENCHES
from arena.bench.football import Settings, spec, tuned
from arena.bench.measure import Bench


def table(path: Path, matches: int = 300) -> Path:
    """Six countries of different strength; at home everybody is better."""
    rng, rows = random.Random(1), ["date,home_team,away_team,home_score,away_score,tournament,city,country,neutral"]
    for number in range(matches):
        home, away = rng.sample(range(6), 2)
        goals = [rng.randrange(2 + home), rng.randrange(1 + away)]
        day = date(1900, 1, 1) + timedelta(days=number)
        rows.append(f"{day},C{home},C{away},{goals[0]},{goals[1]},Friendly,A,B,FALSE")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_every_model_is_tuned_and_told_with_its_settings(tmp_path: Path) -> None:
    pytest.importorskip("openskill")
    bench = Bench(quick=True)
    figures = list(BENCHES.make(f"football(file={str(table(tmp_path / 'games.csv'))!r})", bench))
    models = [figure.what.partition(", ")[2] for figure in figures]
    assert [model.partition("(")[0] for model in models] == [
        *("base rate", "trueskill", "davidson", "trueskill", "elo", "openskill")
    ]
    assert all("draw=" in model for model in models[3:])
    assert all(0 < figure.value < 2 and figure.unit == "nats" for figure in figures)
    assert [figure.aim for figure in figures if figure.aim] == ["at most 0.876"]
    assert not bench.absent


def test_a_file_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bench = Bench(quick=True)
    assert list(BENCHES.make("football", bench)) == []
    assert "there is no football_international_results.csv" in bench.absent["football"]


def test_the_search_finds_the_lowest_point_of_a_valley_that_lies_aslant() -> None:
    """The valley of -ln(a) + ln(b) with its lowest point at a = 3, b = 0.2."""
    asked: list[Settings] = []

    def loss(at: Settings) -> float:
        asked.append(at)
        a, b = log(at["a"] / 3), log(at["b"] / 0.2)
        return (a - b) ** 2 + 0.1 * (a + b) ** 2

    found = tuned(loss, {"a": 1.0, "b": 1.0}, least=1.03)
    assert found == pytest.approx({"a": 3, "b": 0.2}, rel=0.05)
    assert len(asked) < 200
    assert len({tuple(at.values()) for at in asked}) == len(asked)  # nothing is asked twice


def test_settings_are_written_as_they_are_typed() -> None:
    assert spec("trueskill(side=None)", {"beta": 4.5}) == "trueskill(beta=4.5, side=None)"
    assert spec("elo", {"k": 20.0, "draw": 0.3}) == "elo(draw=0.3, k=20.0)"
