"""The payoff table as people see it: in words and as a figure."""

from __future__ import annotations

from itertools import pairwise

import pytest

from arena.analysis.payoff import Payoff, PayoffTable
from arena.answers.payoff_map import PayoffMap
from tests.arena.ratings.cast import checkpoint

NAMES = [checkpoint(name) for name in ("ann", "bob", "cy")]


def played(*, many: int = 0, top: int = 12) -> PayoffMap:
    """Ann and Bob are even, Bob beats Cy, and Ann has never met Cy; or so many in a chain."""
    ann, bob, cy = NAMES
    order = [checkpoint(f"a{place}") for place in range(many)] or NAMES
    chain = {(one, other): Payoff(2, 1, 0, 1) for one, other in pairwise(order)}
    few = {(ann, bob): Payoff(2, 1, 0, 1), (bob, ann): Payoff(2, 1, 0, 1), (bob, cy): Payoff(3, 3), (cy, bob): Payoff(3)}
    return PayoffMap(PayoffTable(chain if many else few, order=order), top)


def test_only_the_best_are_drawn_and_an_empty_cell_does_not_look_even() -> None:
    figure = pytest.importorskip("matplotlib.figure")
    axes = figure.Figure().subplots()
    played().draw([axes])
    (image,) = axes.images
    grey, white = image.cmap(image.get_array()[0, 2]), image.cmap(0.5)
    assert grey[:3] == (0.75, 0.75, 0.75) != white[:3]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["never met"]
    assert [text.get_text() for text in axes.texts] == ["50%\n2", "50%\n2", "100%\n3", "0%\n3"]
    axes = figure.Figure().subplots()
    played(top=2).draw([axes])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["ann@1", "bob@1"]


def test_names_that_would_lie_on_each_other_give_way_to_ranks() -> None:
    axes = pytest.importorskip("matplotlib.figure").Figure().subplots()
    played(many=60, top=60).draw([axes])
    assert axes.get_xlabel() == "rank"
    assert not any("@" in label.get_text() for label in axes.get_xticklabels())


def test_what_is_not_shown_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    cell = PayoffTable.cell
    monkeypatch.setattr(PayoffTable, "cell", lambda *of: asked.append(of) or cell(*of))
    headers, rows = played(many=60, top=3).rows()
    assert (len(headers), len(rows), len(asked)) == (5, 3, 9)
