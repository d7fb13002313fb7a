"""How speed is measured: laps, turns, medians, and peers that are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from arena.bench.child import Child
from arena.bench.lap import Lap, lap
from arena.bench.measure import OURS, Bench, Figure, Laps, Reading, compared
from games.errors import ArenaError

ABSENT = "absentee:absent"
ABSENTEE = "from arena.bench.peers import need\ndef absent(): need('a_package_that_nobody_has')\n"


def one() -> dict[str, float]:
    return {"moves": 3.0}


def test_a_lap_is_one_piece_of_work_at_least_and_goes_on_until_its_time_is_over() -> None:
    assert lap(one, 0.0).done == {"moves": 3.0}
    longer = lap(one, 0.01)
    assert longer.done == {"moves": 3.0 * longer.times}
    assert longer.wall >= 0.01


def test_contenders_take_turns_and_the_first_round_warms_up() -> None:
    order = []

    def noted(name: str) -> dict[str, float]:
        order.append(name)
        return {"moves": 1.0}

    found = Bench(quick=True).race({"a": lambda: noted("a"), "b": lambda: noted("b")})
    assert order == ["a", "b"] * 3
    assert len(found["a"].laps) == 2


def test_the_median_counts() -> None:
    laps = Laps(tuple(Lap({"moves": moves}, 1, cpu=1.0, wall=2.0) for moves in (1.0, 10.0, 1000.0)))
    assert laps.rate("moves") == Reading(cpu=10.0, wall=5.0)
    assert laps.amount("moves") == Reading.plain(10.0)
    assert laps.seconds() == Reading(cpu=1.0, wall=2.0)


def test_a_ratio_is_better_when_it_is_larger() -> None:
    fast, slow = Reading.plain(10.0), Reading.plain(2.0)
    assert Figure("", "moves/s", fast, theirs=slow).ratio == 5
    assert Figure("", "s", slow, theirs=fast).ratio == 5
    assert Figure("", "s", slow).ratio is None


def test_what_is_compared_with_nobody_is_a_figure_all_the_same() -> None:
    laps = Laps((Lap({"moves": 1.0}, 1, 1.0, 1.0),))
    assert [figure.against for figure in compared("", "moves/s", {OURS: laps})] == [""]
    assert [figure.against for figure in compared("", "moves/s", {OURS: laps, "limit": laps})] == ["limit"]


def test_a_peer_works_in_a_process_of_its_own() -> None:
    found = Bench(quick=True).race({OURS: lambda: {"updates": 1.0}}, {"peer": "trueskill_updates(count=5)"})
    assert [lap.done for lap in found["peer"].laps] == [{"updates": 5}] * 2


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (ABSENT, "a_package_that_nobody_has is not installed: pip install 'arena-league[bench]'"),
        ("trueskil_updates", "no peer is called 'trueskil_updates'; did you mean 'trueskill_updates'?"),
        ("arena.bench.peers.trueskill:updates(players=1, count=1)", "Sample larger than population"),
    ],
)
def test_a_peer_that_cannot_be_had_is_said_and_is_no_error(
    spec: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "absentee.py").write_text(ABSENTEE)
    monkeypatch.chdir(tmp_path)
    bench = Bench(quick=True)
    assert set(bench.race({OURS: one}, {"peer": spec})) == {OURS}
    assert why in bench.absent["peer"]


def test_a_peer_that_dies_is_said_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mortal.py").write_text("import os\ndef dying(): os._exit(3)\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    bench = Bench(quick=True)
    assert set(bench.race({OURS: one}, {"peer": "mortal:dying"})) == {OURS}
    assert "mortal:dying died: see why" in bench.absent["peer"]


def test_without_peers_none_is_asked() -> None:
    bench = Bench(quick=True, peers=False)
    assert set(bench.race({OURS: one}, {"peer": ABSENT})) == {OURS}
    assert not bench.absent


def test_a_child_that_cannot_begin_leaves_no_process() -> None:
    child = Child(ABSENT)
    with pytest.raises(ArenaError), child:
        pass
    assert child._process.poll() is not None


def test_the_fastest_of_several_ways_is_found() -> None:
    units = {"few": lambda: {"moves": 1.0}, "many": lambda: {"moves": 1e6}}
    assert Bench(quick=True).fastest(units, "moves") == "many"
