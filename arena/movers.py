"""Who must act in a tick: rows, those of one agent side by side, and how they are found.

On the processor the boards are looked at. On another device every look makes this process wait until all that was asked of
the device is done, so there rows are taken unseen: one for each board, or for each seat of it. Those that must not act are
asked in vain. They are shown the first row of a fresh match, and told to be of a match that nobody plays.

Dimensions: M matches of a chunk, B boards still alive, P seats, R rows, A actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate
from operator import or_

import torch
from torch import Tensor

from agents.core import stretches
from games.core import State, take

Runs = Sequence[tuple[int, slice]]  # (rank, rows): whose rows stand where


@dataclass(frozen=True)
class Seating:
    """Who sits where in a chunk: what is known of (M, P) seats lies flat, (M * P,)."""

    seats: int  # P
    ranks: int  # how many checkpoints play; those of one agent have ranks next to each other
    rank: Tensor  # (M * P,): the checkpoint
    member: Tensor  # (M * P,): who of a stacked agent that is
    private: Tensor  # (M * P,): the seat's own randomness
    mixed: bool  # rows of several agents are to be told apart, or those of one checkpoint from the others


@dataclass(frozen=True)
class Rows:
    """Who must act in a tick: R rows, those of one agent side by side."""

    live: Tensor  # (B,): the matches that this is true of,
    to_act: Tensor  # (B, P): and when
    board: Tensor  # (R,)
    seat: Tensor  # (R,)
    place: Tensor  # (R,): match * P + seat, by which agents remember a row
    private: Tensor  # (R,): the row's own randomness
    member: Tensor  # (R,): who of a stacked actor is asked
    alone: bool  # each board has one row
    whole: bool  # and they come in the order of the boards
    order: Tensor | None  # (R,): where the rows stand in order of board and seat; None where they come in that order
    runs: Runs  # the rows of each checkpoint; where seats are not mixed, all rows are said to be of the first
    acting: Tensor | None = None  # (R,) bool: those that are not asked in vain; None: all of them

    def boards(self, state: State) -> State:
        """A board for each row."""
        return state if self.whole else state.take(self.board)

    def take(self, row: int) -> Rows:
        """One of the rows by itself."""
        names = ("board", "seat", "place", "private", "member", *(["acting"] if self.acting is not None else []))
        return replace(self, **{name: getattr(self, name)[row : row + 1] for name in names}, whole=False)

    @cached_property
    def match(self) -> Tensor:
        """(R,): the match of each row, in order of board and seat; M or more where it is asked in vain."""
        return self.in_order(self.place) // self.to_act.shape[1]

    def legal(self, state: State) -> Tensor:
        """(R, A) bool."""
        boards, _, actions = state.legal.shape
        if self.alone:  # one seat acts, and nothing is legal for the others
            first, *others = state.legal.unbind(1)
            legal = reduce(or_, others, first.clone())
            return legal if self.whole else take(legal, self.board)
        first = self.seat * (actions * boards) + self.board  # (R,): where each row's first action lies
        where = torch.arange(actions, device=first.device)[:, None] * boards + first  # (A, R)
        flat = state.legal.movedim(0, -1).reshape(-1)
        return flat.index_select(0, where.view(-1)).view(actions, -1).T

    def in_order(self, values: Tensor) -> Tensor:
        """Values (R,) of the rows, in order of board and seat."""
        return values if self.order is None else values.index_select(0, self._sources)

    @cached_property
    def _sources(self) -> Tensor:
        """(R,): which row stands in each place of that order; to take from there is quicker than to send to `order`."""
        assert self.order is not None
        rows = torch.arange(len(self.order), device=self.order.device)
        return torch.empty_like(rows).index_copy_(0, self.order, rows)


def movers(seating: Seating, to_act: Tensor, live: Tensor) -> Rows:
    """The rows of a tick of boards (B, P) that play the matches `live` (B,)."""
    board, seat = to_act.nonzero(as_tuple=True)
    alone = len(board) == len(live) and torch.equal(board, torch.arange(len(board), device=board.device))
    place = live.index_select(0, board) * seating.seats + seat
    rank, order = seating.rank.index_select(0, place), None
    if int((rank[1:] != rank[:-1]).sum()) >= seating.ranks or _scattered(stretches(rank)):
        order = rank.argsort(stable=True)
        board, seat, place, rank = (each.index_select(0, order) for each in (board, seat, place, rank))
    private, member = (known.index_select(0, place) for known in (seating.private, seating.member))
    whole = alone and order is None
    return Rows(live, to_act, board, seat, place, private, member, alone, whole, order, _runs(stretches(rank)))


def movers_unseen(seating: Seating, to_act: Tensor, live: Tensor, *, simultaneous: bool) -> Rows:
    """The same without a look at the boards, unless seats are mixed: one row for each board, or for each of its seats."""
    seats, boards = seating.seats, torch.arange(len(live), device=live.device)
    if simultaneous:
        board, seat = boards.repeat_interleave(seats), torch.arange(seats, device=live.device).repeat(len(live))
        acting = to_act.flatten()
    else:
        board, seat, acting = boards, to_act.int().argmax(1), to_act.any(1)
    held = live.index_select(0, board) * seats + seat  # (R,)
    order, runs = None, _runs([(0, len(held))])
    if seating.mixed:
        rank = seating.rank.index_select(0, held)
        order, counts = rank.argsort(stable=True), rank.bincount(minlength=seating.ranks).tolist()
        board, seat, held, acting = (each.index_select(0, order) for each in (board, seat, held, acting))
        runs = _runs([(who, count) for who, count in enumerate(counts) if count])
    place = torch.where(acting, held, held + len(seating.rank))
    private, member = (known.index_select(0, held) for known in (seating.private, seating.member))
    alone = not simultaneous or seats == 1
    return Rows(live, to_act, board, seat, place, private, member, alone, alone and order is None, order, runs, acting)


def _runs(found: Sequence[tuple[int, int]]) -> Runs:
    """Stretches of ranks as slices of the rows."""
    ends = accumulate(count for _, count in found)
    return [(who, slice(end - count, end)) for (who, count), end in zip(found, ends, strict=True)]


def _scattered(runs: Sequence[tuple[int, int]]) -> bool:
    """Whether somebody's rows stand in more than one place."""
    return len({who for who, _ in runs}) < len(runs)
