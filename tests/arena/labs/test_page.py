"""A finding on disk: whole or not at all."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor

from arena.labs import LABS, WORK, lab, page
from arena.labs.lab import Finding, Run, conduct, onset, spearman, spread, stem
from arena.labs.page import save, told
from games.errors import MissingExtra, UnknownName
from games.registry import Spec

SMALL = Finding(["seed", "worth"], [(0, 1.5), (1, 2.5)], "It is 2.", {"worth": [1.5, 2.5]}, lambda axes: None)


def test_a_finding_is_a_picture_and_its_numbers(tmp_path: Path):
    facts = told("small", Run(seeds=2), SMALL)
    assert save(tmp_path, "small", facts, SMALL) == [tmp_path / "small.json", tmp_path / "small.png"]
    read = json.loads((tmp_path / "small.json").read_text())
    assert read["finding"] == "It is 2."
    assert read["table"] == [{"seed": "0", "worth": "1.5"}, {"seed": "1", "worth": "2.5"}]
    assert read["numbers"] == {"worth": [1.5, 2.5]}
    assert (tmp_path / "small.png").read_bytes().startswith(b"\x89PNG")


def test_a_lab_with_arguments_has_files_of_its_own():
    assert stem("rps-pool", quick=False) == stem("rps-pool()", quick=False) == "rps-pool"
    assert stem("rps-pool", quick=True) == "rps-pool-quick"
    assert stem("my_labs:Mine", quick=False) == "my_labs.Mine"
    told = stem("rps-pool(entropy=0.0)", quick=False)
    assert told.startswith("rps-pool-entropy=0.0-")
    others = ["rps-pool(entropy='0.0')", "rps-pool(entropy=0.1)", f"rps-pool(entropy={'1' * 90})", "rps-pool(0.0)"]
    stems = {told, *(stem(other, quick=False) for other in others)}
    assert len(stems) == 5
    assert all(len(one) < 70 and "/" not in one for one in stems)


@pytest.mark.parametrize(("run", "amount"), [(Run(3), 9), (Run(3, quick=True), 1)])
def test_what_is_asked_for_counts_before_full_and_quick(run: Run, amount: int):
    assert run.pick(9, 1) == run.pick(9, 1, given=None) == amount
    assert run.pick(9, 1, given=0) == 0


def test_an_interrupted_figure_leaves_the_old_files(tmp_path: Path):
    def interrupted(axes):
        raise KeyboardInterrupt

    save(tmp_path, "small", {"run": 1}, SMALL)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path, "small", {"run": 2}, Finding([], [], "", {}, interrupted))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_interrupted_write_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(page.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path, "small", {}, SMALL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("absent", ["matplotlib", "gymnasium"])
def test_an_absent_package_is_met_with_its_cure(absent: str, monkeypatch: pytest.MonkeyPatch):
    def find(package: str):
        if package == absent:
            raise ModuleNotFoundError(package)

    monkeypatch.setattr(lab, "import_module", find)
    with pytest.raises(MissingExtra, match=f"a lab needs {absent}, which is not installed") as missing:
        conduct("dyna-planning", Run(seeds=3))
    assert missing.value.hint == "pip install 'arena-league[labs]'"


def test_an_unknown_lab_is_met_with_the_nearest():
    with pytest.raises(UnknownName, match="no lab is called 'dyna-plannin'; did you mean 'dyna-planning'"):
        conduct("dyna-plannin", Run(seeds=3))


def test_parts_are_announced_as_they_come():
    heard = []
    run = Run(seeds=2, notify=lambda *said: heard.append(said))
    assert list(run.each([(5, 0), (5, 1)], "{} steps, seed {}")) == [(5, 0), (5, 1)]
    assert heard == [(0, 2, "5 steps, seed 0"), (1, 2, "5 steps, seed 1")]


def test_a_spread_is_a_mean_with_its_extremes():
    assert spread([1.0, 2.0, 6.0], 1) == "3.0 (1.0 to 6.0)"


def test_the_rank_correlation_is_scipys():
    one, other = [3.0, 1.0, 2.0, 9.0, 7.0], [1.0, 2.0, 4.0, 3.0, 6.0]
    assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert spearman(one, [value**3 for value in one]) == pytest.approx(1)


def cases(mean: float) -> Tensor:
    """100 cases in which a measure is 0.2 above or below its mean."""
    return torch.tensor([mean - 0.2, mean + 0.2] * 50)


@pytest.mark.parametrize(
    ("means", "first"),
    [
        ((0.0, 0.0, 0.0), None),
        ((0.0, 0.1, 0.1), 2),
        ((0.0, 0.0, 0.1), 3),
        ((0.0, 0.1, 0.0), None),  # once is not for good
        ((0.0, 0.1, 0.0, 0.1), 4),
        ((0.1, 0.0, 0.0), None),  # the wrong way
    ],
)
def test_an_onset_is_for_good(means: tuple[float, ...], first: int | None) -> None:
    assert onset([cases(mean) for mean in means], sign=1) == first
    assert onset([-cases(mean) for mean in means], sign=-1) == first


def test_what_may_be_luck_is_no_onset() -> None:
    luck = torch.randn(100, generator=torch.Generator().manual_seed(1))
    nothing = torch.zeros(100)
    assert onset([nothing, 0.2 + luck - luck.mean()], sign=1) is None
    assert onset([nothing, 0.4 + luck - luck.mean()], sign=1) == 2


def test_cases_without_a_measurement_do_not_count() -> None:
    gaps = torch.where(torch.arange(100) % 3 == 0, torch.nan, 1.0)
    assert onset([cases(0.0), cases(0.2) * gaps], sign=1) == 2


@pytest.mark.parametrize("name", WORK)
def test_every_lab_says_what_it_asks_how_and_after_whom(name: str):
    said = sys.modules[LABS.find(Spec.parse(name)).__module__].__doc__ or ""
    for heading in ("Question", "Method", "Paper", "Expect"):
        assert f"\n{heading} " in said
