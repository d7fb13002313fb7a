"""Players of hide and seek, from common sense to carpentry. Each plays both sides, and keeps no memory.

They see planes (10, size, size), as `games.hide_and_seek` lays them out: the whole floor, and what their seat sees on it.
Among moves that they hold equally good each row's own seed decides.

Dimensions: R rows, S side of the grid, N = S * S cells.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.scripted.needs import need
from agents.scripted.pushing import NEVER, pushing
from agents.scripted.uniform import draw
from games import chance
from games.hide_and_seek import FREE_BOX, LOCK, ME, OUR_BOX, SEEKER, SEEKERS, STAY, THEIR_BOX, THEM, WALLS
from games.room import layouts, room_side, steps
from games.sight import sight
from games.spec import GameSpec

FAR = 1e6  # cells: no way there


class Chaser(Agent):
    """Seeks by walking to the nearest hider in sight, or else from one random place to another. Hides by standing still."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game)
        need(game.name == "hide_and_seek", game, agent=type(self).__name__.lower(), needs="'hide_and_seek'")
        self.size = game.observation[-1]
        self.cells = self.size**2

    def act(self, observation: Observation) -> Tensor:
        action = torch.full_like(observation.row, STAY)
        seeks = observation.features[:, SEEKER, 0, 0] > 0
        free = observation.legal[:, LOCK]  # a seeker in the preparation can only wait
        for rows, play in ((seeks & free, self.seek), (~seeks & free, self.hide)):
            if rows.any():
                action[rows] = play(observation.take(rows))
        return action

    def seek(self, seen: Observation) -> Tensor:
        """The actions (R,) of seekers."""
        hiders = _plane(seen, THEM)
        spot = chance.bits(seen.seed, seen.step // self.size) % self.cells  # (R,)
        goal = torch.arange(self.cells, device=spot.device) == spot[:, None]
        return self._towards(torch.where(hiders.any(1, keepdim=True), hiders, goal), seen)

    def hide(self, seen: Observation) -> Tensor:
        """The actions (R,) of hiders."""
        return torch.full_like(seen.row, STAY)

    def _towards(self, goals: Tensor, seen: Observation) -> Tensor:
        """(R,): a step on a shortest way to `goals` (R, N) around walls and boxes in sight; if there is none, any step."""
        ways = distances(goals, ~_solid(seen), self.size)  # (R, N)
        me = _plane(seen, ME).long().argmax(1)  # (R,)
        ahead = ways.gather(1, steps(self.size).to(me.device)[:, me].T)  # (R, 5): after staying, and after each step
        return draw(ahead == ahead.amin(1, keepdim=True), seen)


class Hideout(Chaser):
    """Hides by walking to the nearest cell that no seeker in sight looks at. Seeks as a chaser does.

    Whom it sees no more it forgets, so it only goes where fewer cells look than do at the one where it stands: it may run
    out of one seeker's sight into another's, but not to and fro between them.
    """

    def hide(self, seen: Observation) -> Tensor:
        safe = ~_solid(seen) & ~self._watched(seen)
        looks = exposure(self.size).to(safe.device)[_layout(seen, self.size)]  # (R, N)
        here = _plane(seen, ME)
        safer = safe & (here | (looks < (looks * here).sum(1, keepdim=True)))
        return self._towards(safer.where(safer.any(1, keepdim=True), safe), seen)

    def _watched(self, seen: Observation) -> Tensor:
        """(R, N) bool: the cells that opponents in sight look at."""
        lines, rivals = sight(self.size, seen.features.device), self.game.teams.count(SEEKERS)
        there, place = _plane(seen, THEM).float().topk(rivals, dim=1)  # (R, rivals)
        anywhere = torch.arange(self.cells, device=place.device)[:, None]  # (N, 1)
        looks = lines.clear(place.T[:, None], anywhere, lines.mask(_solid(seen)))  # (rivals, N, R)
        return (looks & (there > 0).T[:, None]).any(0).T


class Barricader(Hideout):
    """Hides by pushing boxes into the doors of the room and locking them there; if none is at hand, as a hideout does.

    Hiders take different doors first, by their seats.
    """

    def hide(self, seen: Observation) -> Tensor:
        build, worth = self._build(seen)
        return torch.where(worth, build, super().hide(seen))

    def _build(self, seen: Observation) -> tuple[Tensor, Tensor]:
        """The actions (R,) that shut a door soonest, and whether there is any to shut with what is in sight (R,)."""
        plan, device = pushing(self.size), seen.row.device
        me, free, ours = (self._corner(seen, plane) for plane in (ME, FREE_BOX, OUR_BOX))  # (R, M) each
        layout = _layout(seen, self.size)
        doors = plan.doors.to(device)[layout]  # (R, 2)
        mine = me.long().argmax(1)  # (R,)
        table = plan.steps.to(device).view(-1, plan.cells, plan.cells)  # (L * 2, M, M): by my cell and the box's
        which = 2 * layout[:, None] + torch.arange(2, device=device)  # (R, 2)
        cost = table[which, mine[:, None]].masked_fill(~free[:, None], NEVER)  # (R, 2, M)
        cost = cost.masked_fill((ours.gather(1, doors) | ~me.any(1, keepdim=True))[:, :, None], NEVER)
        soonest = cost.amin(2)  # (R, 2)
        first = (seen.seat % 2)[:, None]
        door = torch.where(soonest.gather(1, first) < NEVER, first, 1 - first)  # (R, 1)
        left = soonest.gather(1, door).squeeze(1)  # (R,)
        box = cost.gather(1, door[:, :, None].expand(-1, -1, plan.cells)).squeeze(1).argmin(1)  # (R,)
        after = plan.after.to(device)[:, mine, box].T  # (R, 4)
        ahead = table.flatten(1)[which.gather(1, door), after]  # (R, 4)
        step = 1 + draw(ahead == ahead.amin(1, keepdim=True), seen)
        return torch.where(left == 0, LOCK, step), left < NEVER

    def _corner(self, seen: Observation, plane: int) -> Tensor:
        """(R, M) bool: a plane's part in the room and on its walls."""
        side = room_side(self.size) + 1
        return seen.features[:, plane, :side, :side].flatten(1) > 0


@lru_cache(maxsize=8)
def exposure(size: int) -> Tensor:
    """(L, N) int64: how many cells look at each cell, in each layout of the room without its boxes."""
    walls, lines, cell = layouts(size), sight(size, torch.device("cpu")), torch.arange(size**2)
    looks = lines.clear(cell[:, None, None], cell[:, None].expand(-1, len(walls)), lines.mask(walls))  # (N, N, L)
    return (looks & ~walls.T).sum(1).T


def distances(goals: Tensor, open_: Tensor, size: int) -> Tensor:
    """(R, N) float32: the steps from each cell to the nearest of `goals` (R, N), over cells that are `open_` (R, N)."""
    cost = torch.where(open_, 1.0, FAR).T.reshape(size, size, -1)  # (S, S, R)
    ways = goals.new_full((size + 2, size + 2, len(goals)), FAR, dtype=torch.float32)  # with a border that nobody crosses
    inner = ways[1:-1, 1:-1]
    inner[goals.T.view_as(inner)] = 0.0
    while True:
        rows, columns = torch.minimum(ways[:-2, 1:-1], ways[2:, 1:-1]), torch.minimum(ways[1:-1, :-2], ways[1:-1, 2:])
        better = torch.minimum(rows, columns).add_(cost).minimum(inner)
        if torch.equal(better, inner):
            return better.view(size**2, -1).T
        inner.copy_(better)


def _layout(seen: Observation, size: int) -> Tensor:
    """(R,): the layout of the doors, by the gaps in the walls."""
    room, walls = room_side(size), seen.features[:, WALLS]
    return walls[:, :room, room].argmin(1) * room + walls[:, room, :room].argmin(1)


def _plane(seen: Observation, plane: int) -> Tensor:
    return seen.features[:, plane].flatten(1) > 0  # (R, N)


def _solid(seen: Observation) -> Tensor:
    """(R, N) bool: walls, and boxes in sight."""
    boxes = seen.features[:, FREE_BOX : THEIR_BOX + 1].amax(1)
    return torch.maximum(seen.features[:, WALLS], boxes).flatten(1) > 0
