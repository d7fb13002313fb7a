"""What hiders and seekers do, counted in matches that are played again from their tapes.

Dimensions: B boards, P seats, H hiders, N cells.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from agents.scripted.grid import FAR, distances
from arena.match import Result
from arena.tape import TapePlayer
from games.hide_and_seek import HIDERS, SEEKERS, HideAndSeek, HideAndSeekState

MOVED, HIDERS_LOCK, SEEKERS_LOCK, CLOSED, CHASES, UNSEEN = MEASURES = (
    "boxes moved",  # the share of the boxes that stand elsewhere after the preparation
    "boxes locked by hiders",  # the share of the boxes, over the paid steps
    "boxes locked by seekers",  # likewise
    "hideouts closed",  # the share of the paid steps in which no seeker can get to any hider: see `closed`
    "chases",  # of the steps of seekers that see a hider more than a step away, the share that brings them nearer to it
    "time unseen",  # the share of the paid steps in which no seeker sees any hider
)


def measured(game: HideAndSeek, results: Sequence[Result]) -> dict[str, Tensor]:
    """Each of `MEASURES` by match, (B,) float32; `CHASES` is NaN where nobody was seen from afar."""
    player = TapePlayer(game.spec, [result.tape for result in results])
    state = game.reset(torch.tensor([result.match.seed for result in results]))
    assert isinstance(state, HideAndSeekState)
    first = moved = state.boxes  # (B, K)
    sums: dict[str, Tensor] = {}
    for step in range(game.steps):
        after = game.step(state, player.next(state.to_act))
        assert isinstance(after, HideAndSeekState)
        if step < game.preparation:
            moved = after.boxes
        else:
            for name, count in _counted(game, state, after).items():
                sums[name] = sums.get(name, 0.0) + count.float()
        state = after
    paid, far = game.steps - game.preparation, sums.pop("far")
    shares = {name: count / (far if name == CHASES else paid) for name, count in sums.items()}
    return {MOVED: (moved != first).float().mean(1), **shares}


def _counted(game: HideAndSeek, before: HideAndSeekState, after: HideAndSeekState) -> dict[str, Tensor]:
    """What one step adds to each measure, (B,)."""
    near, far = chased(game, before, after)
    return {
        HIDERS_LOCK: (after.locks == 1 + HIDERS).float().mean(1),
        SEEKERS_LOCK: (after.locks == 1 + SEEKERS).float().mean(1),
        CLOSED: closed(game, after),
        CHASES: near,
        "far": far,
        UNSEEN: ~game.found(after),
    }


def closed(game: HideAndSeek, state: HideAndSeekState) -> Tensor:
    """(B,) bool: no way leads from any seeker to any hider.

    What bars the way are walls and boxes that hiders locked; any other box a seeker might push away or unlock.
    """
    hiders, seekers = state.players[:, : game.hiders], state.players[:, game.hiders :]
    barred = _walls(game, state) | _marked(game, state.boxes, state.locks == 1 + HIDERS)  # (B, N)
    ways = distances(_marked(game, seekers), ~barred, game.size)  # (B, N)
    return (ways.gather(1, hiders) >= FAR).all(1)


def chased(game: HideAndSeek, before: HideAndSeekState, after: HideAndSeekState) -> tuple[Tensor, Tensor]:
    """By board (B,): how many seekers come nearer to where the nearest hider was that they saw, by the shortest way around
    boxes, and how many saw one to which there was a way of more than a step."""
    open_ = ~(_walls(game, before) | _marked(game, before.boxes))  # (B, N)
    hiders, near, far = before.players[:, : game.hiders], torch.zeros(len(before)), torch.zeros(len(before))
    for seat in range(game.hiders, game.spec.seats):
        seen = game.sees(before, before.players[:, seat], hiders)  # (B, H)
        ways = distances(_marked(game, hiders, seen), open_, game.size)  # (B, N)
        then, now = (ways.gather(1, state.players[:, seat, None]).squeeze(1) for state in (before, after))
        afar = (then > 1) & (then < FAR)
        near += afar & (now < then)
        far += afar
    return near, far


def _walls(game: HideAndSeek, state: HideAndSeekState) -> Tensor:
    """(B, N) bool."""
    return game.tables(state.seed.device).walls.view(-1, game.cells)[state.layout]


def _marked(game: HideAndSeek, cells: Tensor, which: Tensor | None = None) -> Tensor:
    """(B, N) bool: the cells (B, ...), or those of them that `which` (B, ...) says."""
    told = torch.ones_like(cells) if which is None else which.long()
    return torch.zeros(len(cells), game.cells, dtype=torch.int64).scatter_add_(1, cells, told) > 0
