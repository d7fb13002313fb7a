"""What a watched checkpoint lives through while a chunk is played, as a trajectory to learn from."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

from agents.core import Observation
from agents.trajectory import Trajectory
from arena import torch_settings
from games.core import FORFEIT
from games.spec import GameSpec


@dataclass
class Recording:
    """A watched checkpoint's decisions, a tick at a time."""

    game: GameSpec
    ticks: list[tuple[Tensor, ...]] = field(default_factory=list)
    states: list[Tensor] = field(default_factory=list)  # of those ticks, where the learner asks for them

    def add(self, seen: Observation, action: Tensor, earned: Tensor, known: Tensor | None) -> None:
        """R decisions of one tick: what was seen, done and earned by then, and the global state (R, G) if it is wanted."""
        self.ticks.append((seen.features, seen.legal, action, seen.row // self.game.seats, seen.seat, seen.step, earned))
        if known is not None:
            self.states.append(known)

    @torch_settings.ordinary()
    def trajectory(self, returns: Tensor) -> Trajectory:
        """Everything but forfeits and void matches, from which nothing is to be learned."""
        nothing = torch.zeros(0, dtype=torch.int64, device=returns.device)
        features = nothing.new_zeros((0, *self.game.observation), dtype=torch.float32)
        legal = nothing.new_zeros((0, self.game.actions), dtype=torch.bool)
        ticks = [(features, legal, nothing, nothing, nothing, nothing, returns[:0]), *self.ticks]
        features, legal, action, match, seat, step, earned = map(torch.cat, zip(*ticks, strict=True))
        sound = F.pad(returns.isfinite().all(1), (0, len(returns)))  # (2 * M,): those asked in vain name no match of these
        order = ((match * (self.game.max_steps + 1) + step) * self.game.seats + seat).argsort()
        order = order[(action != FORFEIT)[order] & sound[match[order]]]
        features, legal, action, match, seat, step, earned = (
            column.index_select(0, order) for column in (features, legal, action, match, seat, step, earned)
        )
        return Trajectory(
            features=features,
            legal=legal,
            action=action,
            match=match,
            seat=seat,
            step=step,
            earned=earned,
            returns=returns.where(sound[: len(returns), None], 0.0),
            state=torch.cat(self.states).index_select(0, order) if self.states else None,
        )
