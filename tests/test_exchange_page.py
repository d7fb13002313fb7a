"""docs/exchange.md is true: every command in it runs, in the order in which a reader would type them."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from tests.test_readme import ROOT, blocks, run, typed

PAGE = (ROOT / "docs" / "exchange.md").read_text(encoding="utf-8")

GO = """black,white,result
alice,bob,1-0
bob,carol,1/2-1/2
carol,alice,0-1
"""
FOOTBALL = """date,home_team,away_team,home_score,away_score,tournament,city,country,neutral
1872-11-30,Scotland,England,0,0,Friendly,Glasgow,Scotland,FALSE
1873-03-08,England,Scotland,4,2,Friendly,London,England,FALSE
1882-01-18,Northern Ireland,England,0,13,Friendly,Belfast,Ireland,FALSE
1888-09-15,Wales,Scotland,1,5,Friendly,Liverpool,England,TRUE
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a league of three seasons of Connect Four, and the tables that the page speaks of."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "games.csv").write_text(GO, encoding="utf-8")
    (folder / "football_international_results.csv").write_text(FOOTBALL, encoding="utf-8")
    for name in ("uniform", "tactician"):
        run(["arena", "register", name, name, "--game", "connect_four", "--no-check"], folder)
    for _ in range(3):
        run(shlex.split("arena season run --game connect_four --rounds 1 --games 2"), folder)
    return folder


@pytest.fixture(scope="module")
def told(reader: Path) -> dict[str, str]:
    """What each command of the page said."""
    commands = [line for block in blocks("sh", PAGE) for line in typed(block)]
    assert len(commands) >= 12
    assert all(line.startswith("arena ") for line in commands)
    return {line: run(shlex.split(line), reader) for line in commands}


def said(told: dict[str, str], start: str) -> str:
    (answer,) = (answer for line, answer in told.items() if line.startswith(start))
    return answer


def test_an_archive_goes_out_and_comes_in(told: dict[str, str], reader: Path) -> None:
    assert "2 agents, 6 matches" in said(told, "arena export -o monday.arena")
    assert "2 agents, 6 matches" in said(told, "arena --league copy.db import")
    assert (reader / "copy.db").exists()


def test_results_go_out_in_every_kind(told: dict[str, str], reader: Path) -> None:
    assert len((reader / "results.csv").read_text(encoding="utf-8").splitlines()) == 1 + 6
    rows = [line for line in said(told, "arena export --results jsonl").splitlines() if line.startswith("{")]
    assert [json.loads(row)["season"] for row in rows] == [3, 3]
    assert (reader / "games.pgn").read_text(encoding="utf-8").count("[White ") == 6
    assert (reader / "football.parquet").read_bytes().startswith(b"PAR1")


def test_results_come_in_and_are_rated(told: dict[str, str]) -> None:
    assert "3 new matches" in said(told, "arena import games.csv")
    assert "alice@1" in said(told, "arena leaderboard --game go")
    assert "4 new matches" in said(told, "arena --league football.db import")
    for command in ("leaderboard --top 10", "leaderboard --model davidson", "analyze payoff"):
        assert "Northern_Ireland@1" in said(told, f"arena --league football.db {command}")


def test_the_python_of_the_page_runs(told: dict[str, str], reader: Path) -> None:
    assert told
    (script,) = blocks("python", PAGE)
    assert "3 2" in run([sys.executable, "-c", script], reader)
    assert len((reader / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 3
