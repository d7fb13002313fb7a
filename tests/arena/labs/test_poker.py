"""Self-play on Kuhn poker comes near the equilibrium, in little."""

from __future__ import annotations

import pytest

import arena.labs.poker
from agents.ppo import MAGNETS
from agents.registry import make_agent
from arena.labs.lab import Run, conduct


def test_kuhn_poker_comes_near_the_equilibrium():
    finding = conduct("poker(games=('kuhn_poker',), magnets=('none', 'average'))", Run(seeds=3, quick=True))
    last = finding.numbers["last"]["kuhn_poker"]
    # Uniform play has 0.458. In so little time only the way there shows: measured 0.12 to 0.25.
    assert max(last["average"] + last["none"]) < 0.35
    assert [row[1] for row in finding.rows][:3] == ["none", "average", "published: uniform play"]
    assert finding.rows[2][2] == "0.4580"
    assert finding.sentence.startswith("on kuhn_poker, after 30,000 decisions of 2,000,000, exploitability is 0.")
    assert list(finding.numbers["published"]["kuhn_poker"]) == ["uniform play"]  # others had more to learn from
    assert all(end.seconds > 0 for ends in finding.numbers["curves"]["kuhn_poker"].values() for *_, end in ends)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list:
    """The learners that the lab makes, in order."""
    learners = []

    def kept(*given, **named):
        learners.append(make_agent(*given, **named))
        return learners[-1]

    monkeypatch.setattr(arena.labs.poker, "make_agent", kept)
    return learners


def test_each_arm_has_its_magnet_and_goes_its_own_way(made):
    finding = conduct("poker(games=('kuhn_poker',), decisions=6000)", Run(seeds=2, quick=True))
    assert [(one.magnet, one.seed) for one in made] == [(magnet, seed) for magnet in MAGNETS for seed in range(2)]
    assert {(one.pull, one.anneal, one.entropy) for one in made} == {(0.5, 6000, 0.1)}
    ends = [end for ends in finding.numbers["last"]["kuhn_poker"].values() for end in ends]
    assert len(set(ends)) == 8
