"""Hide and seek on a grid: hiders lock themselves in behind boxes, seekers look for them (after Baker et al. 2020).

Observation  (10, size, size) float32: walls; me; my team; opponents that I see; boxes that I see: free, locked by us,
             locked by them; then whole planes: 1 for a seeker, the share of the preparation that is left, that of all time.
Actions      0 stay; 1-4 step north, south, west, east; 5 lock and 6 unlock the boxes beside me.
Returns      +1 for a team if no hider was ever seen after the preparation, -1 if one always was; each step counts the same.

To step into a free box pushes it on, if nothing is behind it. A locked box does not move, and only the team that locked it
can unlock it. The preparation, in which seekers neither move nor see boxes and hiders, is not paid. One sees in all
directions, past other players, but not through walls and boxes. Seats move in order, the hiders' first.

The room in the north-western quarter has a door in each of its two walls, somewhere. Hiders and boxes start in it, seekers
outside. "Emergent tool use from multi-agent autocurricula" has ramps and physics as well; what it calls forts is here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from games.arguments import number, whole
from games.chance import bits, permutation
from games.core import Game, GameSpec, State, boards_last, constant
from games.errors import BadSpec
from games.room import beside, cells, layouts, room_side, steps
from games.sight import Sight, sight
from games.svg import BOARD, CARD, GRID, INK, SEATS, box, disc, line, picture, words

STAY, NORTH, SOUTH, WEST, EAST, LOCK, UNLOCK = range(7)
NAMES = ("stay", "north", "south", "west", "east", "lock", "unlock")
WALLS, ME, TEAM, THEM, FREE_BOX, OUR_BOX, THEIR_BOX, SEEKER, PREPARATION, TIME = range(10)  # the planes of a view
FREE = 0  # a box; else 1 + the team that locked it
HIDERS, SEEKERS = 0, 1  # teams


@dataclass(frozen=True, kw_only=True)
class HideAndSeekState(State):
    players: Tensor  # (B, P) int64: the cell of each seat, row * size + column
    boxes: Tensor  # (B, K) int64: the cell of each box
    locks: Tensor  # (B, K) int64: FREE, or 1 + the team that locked it
    layout: Tensor  # (B,) int64: where the room's doors are


class Tables(NamedTuple):
    """What never changes, on one device. N cells, L layouts, A actions."""

    after: Tensor  # (A * N,) int64: the cell that an action leads to if nothing is in its way
    beside: Tensor  # (N * N,) bool: whether two cells share a side
    walls: Tensor  # (L * N,) bool
    wall_planes: Tensor  # (N, L) float32: the same
    wall_bits: Tensor  # (W, L) int64: the same
    legal: Tensor  # (P, A, 2) bool: in the preparation, and after it
    team: Tensor  # (P, 1) int64
    sight: Sight


class HideAndSeek(Game):
    """`hiders` against `seekers` with `boxes` boxes on `size` by `size` cells, for `steps` steps.

    The preparation is a share of the steps. Raises `BadSpec` where hiders and boxes do not fit into the room.
    """

    def __init__(
        self, size: int = 9, hiders: int = 2, seekers: int = 2, boxes: int = 3, *, steps: int = 40, preparation: float = 0.4
    ) -> None:
        self.size, self.room = whole("size", size, low=6, high=15), room_side(size)
        self.hiders, self.seekers = whole("hiders", hiders, low=1, high=8), whole("seekers", seekers, low=1, high=8)
        self.boxes = whole("boxes", boxes, low=0, high=(self.room - 1) ** 2)
        if self.hiders + self.boxes > self.room**2:
            raise BadSpec(
                f"expected hiders and boxes that fit into the room of {self.room**2} cells, got {hiders} and {boxes}"
            )
        self.steps = whole("steps", steps, low=1, high=10_000)
        self.preparation = int(number("preparation", preparation, low=0, high=0.9) * self.steps)  # steps
        self.cells = self.size**2
        self.spec = GameSpec(
            name="hide_and_seek",
            version=1,
            flavour="competitive",
            seats=hiders + seekers,
            actions=7,
            observation=(10, size, size),
            max_steps=steps,
            return_range=(-1.0, 1.0),
            teams=(HIDERS,) * hiders + (SEEKERS,) * seekers,
            simultaneous=True,
        )
        self.tables = cache(self._tables)

    def initial(self, seeds: Tensor) -> HideAndSeekState:
        room, movable, outside = (found.to(seeds.device) for found in cells(self.size))
        boxes = movable[permutation(seeds, 1, len(movable))[:, : self.boxes]]  # (B, K): never where no push can free them
        places = room[permutation(seeds, 2, len(room))]  # (B, cells of the room)
        taken = (places[:, :, None] == boxes[:, None, :]).any(2)
        hiders = places.gather(1, taken.long().argsort(dim=1, stable=True))[:, : self.hiders]
        seekers = outside[permutation(seeds, 3, len(outside))[:, : self.seekers]]
        opening = self.opening(seeds)
        opening["legal"] = self._legal(self.tables(seeds.device), opening["step"])
        return HideAndSeekState(
            players=boards_last(torch.cat([hiders, seekers], dim=1)),
            boxes=boards_last(boxes),
            locks=boards_last(torch.full_like(boxes, FREE)),
            layout=bits(seeds, 0) % self.room**2,
            **opening,
        )

    def transition(self, state: HideAndSeekState, actions: Tensor) -> HideAndSeekState:
        table = self.tables(actions.device)
        things = torch.cat([state.players.T, state.boxes.T])  # (P + K, B): who and what takes up a cell
        locks = state.locks.T  # (K, B)
        for seat in range(self.spec.seats):
            self._move(table, things, locks, state.layout * self.cells, seat, actions[:, seat])
            locks = self._lock(table, things, locks, seat, actions[:, seat])
        after = replace(
            state,
            players=things[: self.spec.seats].T,
            boxes=things[self.spec.seats :].T,
            locks=locks.T,
            legal=self._legal(table, state.step + 1),
        )
        paid = (state.step >= self.preparation) / (self.steps - self.preparation)  # (B,)
        sign = constant((1.0, -1.0), paid.device, dtype=torch.float32)[table.team]  # (P, 1)
        return replace(after, rewards=(sign * torch.where(self.found(after), -paid, paid)).T)

    def found(self, state: HideAndSeekState) -> Tensor:
        """(B,) bool: some seeker sees some hider."""
        table, players = self.tables(state.seed.device), state.players.T  # (P, B)
        hiders, seekers = players[: self.hiders, None], players[None, self.hiders :]
        return table.sight.clear(hiders, seekers, self._blocked(table, state)).flatten(0, 1).any(0)

    def sees(self, state: HideAndSeekState, here: Tensor, there: Tensor) -> Tensor:
        """(B, H) bool: whether one sees from the cell `here` (B,) to the cells `there` (B, H)."""
        table = self.tables(state.seed.device)
        return table.sight.clear(here.expand(there.shape[1], -1), there.T, self._blocked(table, state)).T

    def observe(self, state: HideAndSeekState, seat: Tensor) -> Tensor:
        table, players, boxes = self.tables(seat.device), state.players.T, state.boxes.T
        things = torch.cat([players, boxes])  # (P + K, B)
        me, team = players.gather(0, seat[None]), table.team[seat].T  # (1, B) each
        blind = (team == SEEKERS) & (state.step < self.preparation)  # (1, B)
        seen = table.sight.clear(me, things, self._blocked(table, state)) & ~blind
        ours, locks = table.team == team, state.locks.T
        mine = torch.arange(self.spec.seats, device=seat.device)[:, None] == seat  # (P, B)
        seen[: self.spec.seats] |= ours
        plane = torch.cat(
            [
                torch.where(mine, ME, torch.where(ours, TEAM, THEM)),
                torch.where(locks == FREE, FREE_BOX, torch.where(locks == team + 1, OUR_BOX, THEIR_BOX)),
            ]
        )  # (P + K, B)
        planes = seen.new_zeros(self.spec.observation[0], self.cells, len(seat), dtype=torch.float32)
        planes.view(-1, len(seat)).scatter_(0, plane * self.cells + things, seen.float())
        planes[WALLS] = table.wall_planes.index_select(1, state.layout)
        planes[SEEKER] = (team == SEEKERS).float()
        planes[PREPARATION], planes[TIME] = self._left(state)
        return planes.movedim(2, 0).view(-1, *self.spec.observation)

    def global_state(self, state: HideAndSeekState) -> Tensor:
        """Walls, players and boxes by their locks, a plane each; then what is left of the preparation and of all time."""
        table, seats = self.tables(state.seed.device), self.spec.seats
        who = torch.arange(seats, device=state.seed.device).expand(len(state), -1)
        planes = self.cells * torch.cat([who, seats + state.locks], dim=1) + torch.cat([state.players, state.boxes], dim=1)
        things = state.rewards.new_zeros(len(state), self.cells * (seats + 3)).scatter_(1, planes, 1.0)
        return torch.cat([table.wall_planes.T[state.layout], things, torch.stack(self._left(state), dim=1)], dim=1)

    def render(self, state: HideAndSeekState, board: int = 0) -> str:
        marks = ["#" if wall else "." for wall in self._walls(state, board)]
        for cell, lock in zip(state.boxes[board].tolist(), state.locks[board].tolist(), strict=True):
            marks[cell] = "oHS"[lock]
        for cell, team in zip(state.players[board].tolist(), self.spec.teams, strict=True):
            marks[cell] = "hs"[team]
        rows = [" ".join(marks[start : start + self.size]) for start in range(0, self.cells, self.size)]
        return "\n".join([*rows, self._said(state, board)])

    def render_svg(self, state: HideAndSeekState, board: int = 0) -> str:
        def centre(cell: int) -> tuple[int, int]:
            return 24 + 28 * (cell % self.size), 24 + 28 * (cell // self.size)

        def square(cell: int, fill: str, inset: int) -> str:
            x, y = centre(cell)
            return box(x - 14 + inset, y - 14 + inset, 28 - 2 * inset, 28 - 2 * inset, fill=fill, edge=GRID, round_=inset)

        floor = [square(cell, INK if wall else CARD, 0) for cell, wall in enumerate(self._walls(state, board))]
        places = zip(state.boxes[board].tolist(), state.locks[board].tolist(), strict=True)
        boxes = [square(cell, (BOARD, *SEATS)[lock], 3) for cell, lock in places]
        looks = [line(*centre(one), *centre(other), colour=SEATS[SEEKERS]) for one, other in self._looks(state, board)]
        players = zip(state.players[board].tolist(), self.spec.teams, strict=True)
        discs = [disc(*centre(cell), 9, fill=SEATS[team], edge=INK) for cell, team in players]
        side = 20 + 28 * self.size
        said = words(side / 2, side + 8, self._said(state, board), size=14)
        return picture(side, side + 24, *floor, *boxes, *looks, *discs, said, title="hide and seek")

    def notation(self, action: int) -> str:
        return NAMES[action]

    def _move(self, table: Tables, things: Tensor, locks: Tensor, walls: Tensor, seat: int, action: Tensor) -> None:
        """Moves a seat, and the free box that it steps into, in `things` (P + K, B). `walls` (B,): its board's place."""
        here, boxes = things[seat], things[self.spec.seats :]
        leads = action * self.cells
        target = table.after.index_select(0, leads + here)  # (B,)
        beyond = table.after.index_select(0, leads + target)  # (B,)

        def empty(cell: Tensor) -> Tensor:
            return ~((things == cell).any(0) | table.walls.index_select(0, walls + cell))

        pushed = (boxes == target) & (locks == FREE)  # (K, B)
        pushed &= empty(beyond)
        things[seat] = target.where(empty(target) | pushed.any(0), here)
        things[self.spec.seats :] = beyond.where(pushed, boxes)

    def _lock(self, table: Tables, things: Tensor, locks: Tensor, seat: int, action: Tensor) -> Tensor:
        """The locks (K, B) after a seat has locked or unlocked what is beside it."""
        ours = 1 + self.spec.teams[seat]
        reach = table.beside[things[seat] * self.cells + things[self.spec.seats :]]  # (K, B)
        locks = locks.masked_fill(reach & (action == LOCK) & (locks == FREE), ours)
        return locks.masked_fill(reach & (action == UNLOCK) & (locks == ours), FREE)

    def _blocked(self, table: Tables, state: HideAndSeekState) -> Tensor:
        """(W, B) int64: the cells that nobody sees through."""
        return table.wall_bits.index_select(1, state.layout) | table.sight.bits(state.boxes.T)

    def _legal(self, table: Tables, step: Tensor) -> Tensor:
        """(B, P, A) bool."""
        return table.legal.index_select(2, (step >= self.preparation).long()).movedim(2, 0)

    def _left(self, state: HideAndSeekState) -> tuple[Tensor, Tensor]:
        """The shares of the preparation and of all time that are left: (B,) float32 each."""
        preparation = (1 - state.step / max(self.preparation, 1)).clamp(min=0) * (self.preparation > 0)
        return preparation, 1 - state.step / self.steps

    def _walls(self, state: HideAndSeekState, board: int) -> list[bool]:
        at = int(state.layout[board]) * self.cells
        walls: list[bool] = self.tables(state.seed.device).walls[at : at + self.cells].tolist()
        return walls

    def _looks(self, state: HideAndSeekState, board: int) -> list[tuple[int, int]]:
        """Every seeker's cell and that of a hider whom it sees."""
        one = state.take(slice(board, board + 1))
        table, players = self.tables(state.seed.device), one.players.T
        pairs = table.sight.clear(players[: self.hiders, None], players[None, self.hiders :], self._blocked(table, one))
        cells = players[:, 0].tolist()
        return [(cells[self.hiders + seeker], cells[hider]) for hider, seeker in pairs[:, :, 0].nonzero().tolist()]

    def _said(self, state: HideAndSeekState, board: int) -> str:
        step = int(state.step[board])
        seen = "found" if self.found(state.take(slice(board, board + 1))) else "hidden"
        return f"step {step} of {self.steps}, {'preparation' if step < self.preparation else seen}"

    def _tables(self, device: torch.device) -> Tables:
        lines, walls, still = sight(self.size, device), layouts(self.size).to(device), torch.arange(self.cells)
        legal = torch.ones(self.spec.seats, self.spec.actions, 2, dtype=torch.bool, device=device)
        legal[self.hiders :, STAY + 1 :, 0] = False
        return Tables(
            after=torch.cat([steps(self.size).flatten(), still, still]).to(device),
            beside=beside(self.size).flatten().to(device),
            walls=walls.flatten(),
            wall_planes=walls.T.float(),
            wall_bits=lines.mask(walls),
            legal=legal,
            team=torch.tensor(self.spec.teams, device=device)[:, None],
            sight=lines,
        )
