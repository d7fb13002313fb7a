"""Axelrod's first tournament: what was sent in for the iterated prisoner's dilemma of 200 turns, in 1979.

From the descriptions in Axelrod 1980, "Effective Choice in the Prisoner's Dilemma", J. Conflict Resolution 24; where they
leave room, as the axelrod library reads them (Knight et al. 2016). The programs themselves are lost. The others of the 15
are `tit_for_tat`, `grudger` (Friedman's) and `coin` (random). All count points as Axelrod did: 5, 3, 1 and 0.

Dimensions: R rows, W numbers that a strategy keeps of each.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from agents.core import Agent, Observation
from agents.scripted.dilemma import DEFECT, MemoryOne, Remembering, dilemma, they_defected
from games.chance import uniform
from games.core import constant
from games.spec import GameSpec

_I_DEFECTED = (2, 3)  # DC and DD
_CHI2 = 3.841459  # what chi squared with one degree of freedom exceeds by chance in 5 % of cases


@dataclass(frozen=True)
class Turn:
    """What R rows know of the last round, and their chance in this one; before the first round nobody has defected."""

    played: Tensor  # (R,) int64: rounds
    mine: Tensor  # (R,) bool: I defected
    theirs: Tensor  # (R,) bool: they did
    seed: Tensor  # (R,) int64

    def chance(self) -> Tensor:
        """(R,) from 0 to 1."""
        return uniform(self.seed, self.played)


class Ledger(Remembering):
    """A strategy that keeps whole numbers of each row, those in `fields`, all 0 at first.

    A subclass writes `defects`: whom it answers with a defection, (R,) bool; it brings the numbers up to date.
    """

    fields: tuple[str, ...] = ()

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game)
        self.memory = torch.zeros(0, 2, len(self.fields), dtype=torch.int64)  # (rows seen so far, parity, W)

    def act(self, observation: Observation) -> Tensor:
        book = dict(zip(self.fields, self.recall(observation).unbind(1), strict=True))
        mine = observation.features[:, _I_DEFECTED].sum(1) > 0
        turn = Turn(observation.step, mine, they_defected(observation), observation.seed)
        defects = self.defects(turn, book)
        self.remember(observation, torch.stack([book[name] for name in self.fields], dim=1))
        return defects.long() * DEFECT

    def defects(self, turn: Turn, book: dict[str, Tensor]) -> Tensor:
        raise NotImplementedError


class TidemanChieruzzi(Ledger):
    """Punishes each defection by one more than the last; now and then a fresh start; defects on the last two moves.

    A fresh start, two cooperations with everything forgotten, is given to an opponent who is 10 points behind, has just
    cooperated, has had none for 20 moves, has 10 left, and defects unlike a coin by 3 standard deviations. Came second.
    """

    fields = ("defections", "lead", "starting", "started", "length", "left")

    def defects(self, turn: Turn, book: dict[str, Tensor]) -> Tensor:
        book["defections"] += turn.theirs
        book["lead"] += 5 * (turn.mine.long() - turn.theirs.long())  # equal moves pay equally
        second = book["starting"] > 0  # the second cooperation of a fresh start
        first = ~second & self._deserved(turn, book)
        book["starting"] = first.long()
        book["started"] = torch.where(first, turn.played + 1, book["started"])
        for name in ("defections", "length", "left"):
            book[name] = book[name].masked_fill(first, 0)
        quiet = first | second
        provoked = turn.theirs & (book["left"] == 0) & ~quiet
        book["length"] += provoked
        book["left"] = torch.where(provoked, book["length"], book["left"])
        punishes = (book["left"] > 0) & ~quiet
        book["left"] -= punishes.long()
        return punishes | _last_two(self.game, turn)

    def _deserved(self, turn: Turn, book: dict[str, Tensor]) -> Tensor:
        now = turn.played + 1
        rested = (book["started"] == 0) | (now - book["started"] >= 20)
        unlike_a_coin = (2 * book["defections"] - turn.played) ** 2 >= 9 * turn.played
        deserves = (book["lead"] >= 10) & ~turn.theirs & unlike_a_coin
        return rested & deserves & (self.game.max_steps - now >= 10) & (turn.played > 0)


class Nydegger(Ledger):
    """Looks up the last three rounds in a table of 64: meant to look trustworthy and not gullible. Came third."""

    fields = ("code",)
    table = (1, 6, 7, 17, 22, 23, 26, 29, 30, 31, 33, 38, 39, 45, 49, 54, 55, 58, 61)

    def defects(self, turn: Turn, book: dict[str, Tensor]) -> Tensor:
        code = book["code"] // 4 + 16 * (2 * turn.theirs.long() + turn.mine.long())  # the newest round weighs most
        book["code"] = code
        tit_for_tat = turn.theirs | ((turn.played == 2) & (code == 16 + 8))  # not after CD, DC
        return torch.where(turn.played < 3, tit_for_tat, torch.isin(code, constant(self.table, code.device)))


class Grofman(MemoryOne):
    """Cooperates after equal moves, and after different ones with probability 2/7. Came fourth."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game, 1, 2 / 7, 2 / 7, 1)


class Shubik(Ledger):
    """Punishes each defection against its cooperation, by one defection more each time. Came fifth."""

    fields = ("length", "left")

    def defects(self, turn: Turn, book: dict[str, Tensor]) -> Tensor:
        provoked = turn.theirs & ~turn.mine & (book["left"] == 0)
        book["length"] += provoked
        book["left"] = torch.where(provoked, book["length"], book["left"])
        punishes = book["left"] > 0
        book["left"] -= punishes.long()
        return punishes


class SteinRapoport(Ledger):
    """Tit for tat that tests every 15 moves whether the other plays like a coin, and then defects; so it does at the end.

    Cooperates on the first four moves and defects on the last two. Came sixth.
    """

    fields = ("defections", "random")

    def defects(self, turn: Turn, book: dict[str, Tensor]) -> Tensor:
        book["defections"] += turn.theirs
        tests = (turn.played + 1) % 15 == 0
        book["random"] = torch.where(tests, _like_a_coin(turn, book["defections"]).long(), book["random"])
        return ((turn.played >= 4) & (turn.theirs | (book["random"] > 0))) | _last_two(self.game, turn)


class Davis(Remembering):
    """Cooperates ten times, then is a grudger. Came eighth, after Friedman's, a grudger from the start."""

    def act(self, observation: Observation) -> Tensor:
        wronged = self.recall(observation) | they_defected(observation)
        self.remember(observation, wronged)
        return (wronged & (observation.step >= 10)).long() * DEFECT


class Graaskamp(Ledger):
    """Tit for tat with one defection after 50 moves, to see who is there.

    From move 57 on it defects against one that plays like a coin, plays tit for tat with tit for tat and with its twin, and
    tries the others with a defection every 5 to 15 moves. Came ninth.
    """

    fields = ("defections", "before", "no_echo", "no_twin", "random", "next")

    def defects(self, turn: Turn, book: dict[str, Tensor]) -> Tensor:
        book["defections"] += turn.theirs
        book["no_echo"] |= (turn.played > 1) & (turn.theirs != (book["before"] > 0))
        book["no_twin"] |= turn.theirs != turn.mine
        book["before"] = turn.mine.long()
        late = turn.played >= 56
        book["random"] |= late & _like_a_coin(turn, book["defections"])
        tries = late & (book["random"] == 0) & (book["no_echo"] > 0) & (book["no_twin"] > 0)
        wait = turn.played + 5 + (11 * turn.chance()).long()
        book["next"] = torch.where(tries & (book["next"] == 0), wait, book["next"])
        strikes = tries & (turn.played == book["next"])
        book["next"] = torch.where(strikes, wait, book["next"])
        return (turn.played == 50) | (book["random"] > 0) | torch.where(tries, strikes, turn.theirs)


class Downing(Ledger):
    """Estimates how its cooperation and its defection are answered, and does what then pays most. Came tenth.

    Equal prospects make it alternate. It begins with two defections, since it expects at first that nobody answers.
    """

    fields = ("before", "cooperations", "after_mine", "after_defection")

    def defects(self, turn: Turn, book: dict[str, Tensor]) -> Tensor:
        happened, kind = turn.played > 0, ~turn.theirs
        book["after_mine"] += happened & kind & (book["before"] == 0)  # their first move is held to answer a cooperation
        book["after_defection"] += happened & kind & (book["before"] > 0)
        book["cooperations"] += happened & ~turn.mine
        book["before"] = turn.mine.long()
        asked, defected = book["cooperations"] + 1, (turn.played - book["cooperations"]).clamp(min=2)
        # 3 * after_mine / asked against 5 * p + 1 * (1 - p) with p = after_defection / defected, in whole numbers
        cooperating, defecting = 3 * book["after_mine"] * defected, (defected + 4 * book["after_defection"]) * asked
        best = (defecting > cooperating) | ((defecting == cooperating) & ~turn.mine)
        return best | (turn.played < 2)


class Feld(Agent):
    """Tit for tat that answers cooperation with less and less of it: from always down to half the time at move 200.

    Came eleventh.
    """

    def __init__(self, game: GameSpec) -> None:
        super().__init__(dilemma(game))

    def act(self, observation: Observation) -> Tensor:
        cooperates = (1 - observation.step / 400).clamp(min=0.5)
        unkind = uniform(observation.seed, observation.step) >= cooperates
        return (they_defected(observation) | (unkind & (observation.step > 0))).long() * DEFECT


class Joss(MemoryOne):
    """Tit for tat that answers every tenth cooperation with a defection. Came twelfth."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game, 0.9, 0, 0.9, 0)


class Tullock(Ledger):
    """Cooperates eleven times, then a tenth less often than the other did in the last ten moves. Came thirteenth."""

    fields = ("window",)

    def defects(self, turn: Turn, book: dict[str, Tensor]) -> Tensor:
        book["window"] = (2 * book["window"] + turn.theirs) % 1024  # ten bits
        theirs = (book["window"][:, None] >> torch.arange(10, device=turn.theirs.device)) & 1  # (R, 10)
        return (turn.played > 10) & (turn.chance() >= 0.9 - theirs.sum(1) / 10)


class Anonymous(Agent):
    """Cooperates with a probability of 30 % at first, and of 30 % to 70 % later, changed every ten moves.

    How the real one, whose author's name was withheld, changed it is not known, but that it seemed random to others; here
    it is drawn. Came fourteenth.
    """

    def __init__(self, game: GameSpec) -> None:
        super().__init__(dilemma(game))

    def act(self, observation: Observation) -> Tensor:
        drawn = 0.3 + 0.4 * uniform(observation.seed, observation.step // 10, 1)
        cooperates = torch.where(observation.step < 10, 0.3, drawn)
        return (uniform(observation.seed, observation.step) >= cooperates).long() * DEFECT


def _like_a_coin(turn: Turn, defections: Tensor) -> Tensor:
    """(R,) bool: whether Pearson's test finds nothing against equal chances."""
    return (turn.played - 2 * defections) ** 2 <= _CHI2 * turn.played


def _last_two(game: GameSpec, turn: Turn) -> Tensor:
    return turn.played >= game.max_steps - 2
