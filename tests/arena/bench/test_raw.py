"""The dice of the raw benchmark: legal, and nearly fair."""

from __future__ import annotations

import pytest
import torch

from arena.bench.raw import random_actions
from games.registry import GAMES
from tests.games.playing import PLAIN


@pytest.mark.parametrize("name", PLAIN)
def test_random_actions_are_legal_and_all_come_up(name: str) -> None:
    game, chance = GAMES.make(name), torch.Generator().manual_seed(1)
    state = game.reset(torch.arange(2000))
    actions = random_actions(state, game.spec, chance)
    acting = state.to_act
    assert state.legal.gather(2, actions.unsqueeze(2)).squeeze(2)[acting].all()
    shares = actions[acting].bincount(minlength=game.spec.actions) / acting.sum()
    likely = (state.legal[acting] / state.legal[acting].sum(1, keepdim=True)).mean(0)
    assert (shares - likely).abs().max() < 0.05
