"""`arena bench`: what it prints, and what it says of names and peers that are not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena.bench import WORK
from tests.arena.bench.test_measure import ABSENT, ABSENTEE
from tests.arena.cli.conftest import Type
from tests.arena.cli.test_root import imported_by


def test_the_list_names_every_benchmark_and_imports_nothing_heavy(arena: Type) -> None:
    assert json.loads(arena("bench", "list", "--json").stdout)["benchmarks"].keys() == WORK.keys()
    assert [line.split()[0] for line in arena("bench", "list").stdout.splitlines()] == ["name", *WORK]
    assert imported_by("bench", "list") == set()


def test_a_run_is_a_table_with_ratio_and_aim(arena: Type) -> None:
    done = arena("bench", "run", "ratings(count=50)", "--quick")
    assert done.exit_code == 0
    head, row, melee = done.stdout.splitlines()
    assert head.split() == ["benchmark", "work", "ours", "unit", "clock", "against", "theirs", "ratio", "aim"]
    assert "updates/s" in row
    assert row.endswith("x  80 x (at least 25 x)")
    assert "10 in one ranking" in melee


def test_json_has_both_clocks_of_every_figure(arena: Type) -> None:
    told = json.loads(arena("bench", "run", "ratings", "--quick", "--no-peer", "--json").stdout)
    assert told.keys() == {"schema", "machine", "quick", "figures", "absent"}
    figure, _ = told["figures"]
    assert figure.keys() == {"benchmark", "what", "unit", "clock", "ours", "against", "theirs", "ratio", "aim"}
    assert figure["ours"].keys() == {"cpu", "wall"}
    assert (figure["benchmark"], figure["against"], figure["theirs"], figure["ratio"]) == ("ratings", None, None, None)


def test_an_unknown_name_is_met_with_the_nearest_before_anything_is_measured(arena: Type) -> None:
    done = arena("bench", "run", "ratings", "trainin")
    assert done.exit_code == 3
    assert "no benchmark is called 'trainin'; did you mean 'training'?" in done.stderr
    assert "ratings ..." not in done.stderr


def test_an_absent_peer_is_one_line_and_no_error(arena: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "absentee.py").write_text(ABSENTEE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("arena.bench.ratings.PEER", ABSENT)
    done = arena("bench", "run", "ratings", "--quick")
    assert done.exit_code == 0
    said = "not measured: trueskill: a_package_that_nobody_has is not installed: pip install 'arena-league[bench]'"
    assert said in done.stderr.splitlines()
