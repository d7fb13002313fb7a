"""How speed is measured: contenders take turns, lap by lap, and the median counts.

A contender does a piece of work, again and again until a lap is over, and says how much it was: moves, matches, updates.
Ours runs in this process; a peer in a child of it, with one thread on one core, so that no library's taste in threads
reaches another's figures. They take turns, so what else the machine does weighs on all alike, and their ratio is fair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from statistics import median
from typing import Literal, Protocol

from arena import tidying, torch_settings
from arena.bench.child import Child
from arena.bench.lap import Lap, Unit, lap
from games.errors import ArenaError

OURS = "ours"
Clock = Literal["cpu", "wall"]


@dataclass(frozen=True)
class Reading:
    """A figure by each clock; what no clock measures is the same by both."""

    cpu: float
    wall: float

    @classmethod
    def plain(cls, value: float) -> Reading:
        return cls(value, value)

    def over(self, divisor: float) -> Reading:
        return Reading(self.cpu / divisor, self.wall / divisor)

    def inverse(self, dividend: float = 1.0) -> Reading:
        """A rate as the time that one takes, in seconds or in parts of them."""
        return Reading(dividend / self.cpu, dividend / self.wall)


@dataclass(frozen=True)
class Figure:
    """One line of a table: a figure of ours and, where there is one, the figure that it is held against."""

    what: str
    unit: str  # of both figures; in a rate, what is done in a second
    ours: Reading
    clock: Clock | None = "cpu"  # the one that is printed; the processor's is the honest one where others use the machine
    against: str = ""  # a peer, a limit of the machine, or another figure of ours
    theirs: Reading | None = None
    aim: str = ""  # what issue 3 wants: of the ratio where there is one

    @property
    def value(self) -> float:
        return self._by_clock(self.ours)

    @property
    def other(self) -> float | None:
        return None if self.theirs is None else self._by_clock(self.theirs)

    @property
    def ratio(self) -> float | None:
        """Ours by theirs; of seconds theirs by ours, so that more is always better."""
        if self.other is None:
            return None
        return self.other / self.value if self.unit == "s" else self.value / self.other

    def _by_clock(self, reading: Reading) -> float:
        return reading.wall if self.clock == "wall" else reading.cpu


@dataclass(frozen=True)
class Laps:
    """What a contender did."""

    laps: tuple[Lap, ...]

    def rate(self, what: str) -> Reading:
        """How much of it was done in a second."""
        return Reading(
            median(lap.done[what] / lap.cpu for lap in self.laps), median(lap.done[what] / lap.wall for lap in self.laps)
        )

    def seconds(self) -> Reading:
        """How long one piece of work took."""
        return Reading(median(lap.cpu / lap.times for lap in self.laps), median(lap.wall / lap.times for lap in self.laps))

    def amount(self, what: str) -> Reading:
        """How much there was in one piece of work."""
        return Reading.plain(median(lap.done[what] / lap.times for lap in self.laps))


class Contender(Protocol):
    """Runs laps."""

    def lap(self, seconds: float) -> Lap:
        """A lap of so many seconds, or of one piece of work where that takes longer."""


@dataclass(frozen=True)
class _Here:
    """In this process, with the settings of a season."""

    unit: Unit

    @torch_settings.fixed()
    @tidying.seldom()
    def lap(self, seconds: float) -> Lap:
        return lap(self.unit, seconds)


@dataclass
class Bench:
    """How thoroughly to measure, and what came in the way."""

    quick: bool = False  # to see that it works: the figures are noise
    peers: bool = True
    absent: dict[str, str] = field(default_factory=dict)  # peer -> why it could not be measured, and the cure

    @property
    def rounds(self) -> int:
        """Laps that count; one more goes before, to warm up."""
        return 2 if self.quick else 5

    @property
    def seconds(self) -> float:
        """Of a lap, at least."""
        return 0.0 if self.quick else 0.5

    def race(self, units: Mapping[str, Unit], peers: Mapping[str, str] | None = None) -> dict[str, Laps]:
        """Lets contenders take turns: ours, as functions, and peers, as specs of `arena.bench.peers`."""
        contenders: dict[str, Contender] = {name: _Here(unit) for name, unit in units.items()}
        with ExitStack() as children:
            for name, spec in (peers or {}).items() if self.peers else ():
                with self._missing(name):
                    contenders[name] = children.enter_context(Child(spec))
            laps = self._laps(contenders, [0.0] + [self.seconds] * self.rounds)
        return {name: Laps(tuple(ran[1:])) for name, ran in laps.items() if name not in self.absent}

    def fastest(self, units: Mapping[str, Unit], what: str) -> str:
        """Which of several ways to do the same work is the quickest: batches have their best size, machine by machine."""
        laps = self._laps({name: _Here(unit) for name, unit in units.items()}, [0.0, self.seconds / 2])
        return max(laps, key=lambda name: laps[name][-1].done[what] / laps[name][-1].cpu)

    def _laps(self, contenders: Mapping[str, Contender], lengths: Sequence[float]) -> dict[str, list[Lap]]:
        """Everybody's laps, taken in turns; who breaks down leaves."""
        laps: dict[str, list[Lap]] = {name: [] for name in contenders}
        for seconds in lengths:
            for name in [name for name in contenders if name not in self.absent]:
                with self._missing(name) if isinstance(contenders[name], Child) else nullcontext():
                    laps[name].append(contenders[name].lap(seconds))
        return laps

    @contextmanager
    def _missing(self, peer: str) -> Iterator[None]:
        """A peer that cannot be had is said, and is no error."""
        try:
            yield
        except ArenaError as absence:
            self.absent[peer] = f"{absence.cause}: {absence.hint}" if absence.hint else absence.cause


def compared(
    what: str, unit: str, found: Mapping[str, Laps], *, aims: Mapping[str, str] | None = None, clock: Clock = "cpu"
) -> Iterator[Figure]:
    """Our rate against that of each other contender; `unit` is the amount in question, as in 'moves/s'."""
    amount, aims = unit.removesuffix("/s"), aims or {}
    ours = found[OURS].rate(amount)
    others = [name for name in found if name != OURS and amount in found[name].laps[0].done]
    if not others:
        yield Figure(what, unit, ours, clock)
    for name in others:
        yield Figure(what, unit, ours, clock, name, found[name].rate(amount), aims.get(name, ""))
