"""Boards for other people's training loops: each match is what the runner makes of it, and nobody's memory is mixed up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from agents.core import Observation
from agents.registry import make_agent
from arena.boards import Boards, Seat, Seen
from arena.errors import BadConfig
from arena.match import LIVING, Checkpoint, Match
from arena.opponents import Opponents
from arena.pool import Candidate, Tally
from arena.roster import Roster
from arena.runner import Cast, play
from games.chance import derive
from games.core import Game
from games.errors import CheckFailed
from games.registry import GAMES

LEARNER = Checkpoint("learner", LIVING, "", None, "living")


def who(spec: str, name: str = "") -> Checkpoint:
    return Checkpoint.make(name or spec.partition("(")[0], 1, spec=spec)


def table(game: str, *field: str, boards: int = 1, seat: Seat = "random", seed: int = 0, mix: str = "uniform") -> Boards:
    rules: Game = GAMES.make(game)
    pool = [Candidate(who(spec), 0.5) for spec in field]
    return Boards(
        rules,
        Opponents("learner", mix, lambda: (pool, Tally())),
        Roster(rules.spec, lambda sha: b""),
        boards=boards,
        seat=seat,
        seed=seed,
    )


def leftmost(seen: Seen) -> Tensor:
    return seen.legal.int().argmax(1)


def lived(boards: Boards, matches: int, act: Callable[[Seen], Tensor] = leftmost) -> list[tuple[int, float]]:
    """The learner's seat and what it was paid, match by match, on one board."""
    seen, paid, ended = boards.begin(boards.seed), 0.0, []
    while len(ended) < matches:
        seat = int(seen.seat[0])
        stepped = boards.step(act(seen))
        seen, paid = stepped.seen, paid + float(stepped.reward[0])
        if stepped.done[0]:
            assert int(stepped.last.seat[0]) == seat
            ended.append((seat, paid))
            paid = 0.0
    return ended


class Left(type(make_agent("uniform", GAMES.make("tic_tac_toe").spec))):  # type: ignore[misc]
    def act(self, observation: Observation) -> Tensor:
        return observation.legal.int().argmax(1)


def by_the_runner(game: str, opponent: str, seats: Sequence[int], *, seed: int) -> list[float]:
    """What the leftmost mover earns in the same matches, played as the league plays them."""
    rules: Game = GAMES.make(game)
    them = who(opponent)
    lineup = [tuple(LEARNER if place == own else them for place in range(rules.spec.seats)) for own in seats]
    matches = [Match(place, derive(seed, place), cast) for place, cast in enumerate(lineup)]
    cast = Cast([Left(rules.spec), make_agent(opponent, rules.spec)], {LEARNER: (0, 0), them: (1, 0)})
    return [result.returns[own] for result, own in zip(play(rules, matches, cast).results, seats, strict=True)]


@pytest.mark.parametrize(
    ("game", "opponent"),
    [
        ("connect_four", "uniform"),
        ("leduc_poker", "uniform"),
        ("tic_tac_toe", "minimax(depth=2)"),
        ("rock_paper_scissors", "uniform"),
        ("prisoners_dilemma(rounds=6)", "tit_for_two_tats"),
        ("prisoners_dilemma(rounds=6)", "tests.plugins.bad_bots:Unready"),
        ("tests.plugins.odd_games:Pile", "uniform"),
    ],
)
def test_a_match_is_what_the_runner_makes_of_it(game: str, opponent: str) -> None:
    told = lived(table(game, opponent, seed=7), 25)
    assert {seat for seat, _ in told} == set(range(GAMES.make(game).spec.seats))
    expected = by_the_runner(game, opponent, [seat for seat, _ in told], seed=7)
    assert [paid for _, paid in told] == pytest.approx(expected)


def test_many_boards_play_the_same_matches_as_one() -> None:
    """Whoever plays beside it: the matches are the same, though they end in another order."""
    many, told = table("prisoners_dilemma(rounds=5)", "tit_for_tat", boards=8, seat=0), []
    paid = torch.zeros(8)
    for step in range(50):
        alternate = torch.full((8,), step % 2)
        stepped = many.step(alternate)
        paid += stepped.reward
        told += paid[stepped.done].tolist()
        paid[stepped.done] = 0
    assert len(told) == 80
    assert set(told) == {12.0, 13.0, 14.0, 15.0} & set(told)
    # Five rounds of cooperate, defect, ... against tit for tat: begun on a defection, or on a cooperation.
    assert set(told) == {3 + 5 + 0 + 5 + 0, 5 + 0 + 5 + 0 + 5}


def test_an_illegal_action_loses_the_match_and_no_other() -> None:
    boards = table("tic_tac_toe", "uniform", boards=4, seat=0)
    seen = boards.begin(0)
    centre = torch.full((4,), 4)
    seen = boards.step(centre).seen
    actions = torch.where(torch.arange(4) == 2, torch.tensor(4), leftmost(seen))
    stepped = boards.step(actions)
    assert stepped.over.tolist() == [2]
    assert stepped.reward.tolist() == [0.0, 0.0, -1.0, 0.0]


def test_seats_are_kept_by_turns_or_by_lot() -> None:
    assert {seat for seat, _ in lived(table("connect_four", "uniform", seat=1), 6)} == {1}
    assert [seat for seat, _ in lived(table("connect_four", "uniform", seat="rotate"), 6)] == [0, 1, 0, 1, 0, 1]
    lots = [seat for seat, _ in lived(table("rock_paper_scissors", "uniform"), 200)]
    assert 70 < sum(lots) < 130
    for wrong in (2, -1, "middle", True):
        with pytest.raises(BadConfig, match="expected seat"):
            table("connect_four", "uniform", seat=wrong)  # type: ignore[arg-type]


def test_the_same_seed_is_the_same_course() -> None:
    first, again = (lived(table("leduc_poker", "uniform", "caller", "raiser", seed=4), 30) for _ in range(2))
    assert first == again
    assert lived(table("leduc_poker", "uniform", "caller", "raiser", seed=5), 30) != first


def test_an_opponent_that_breaks_loses_that_match_and_is_told_of() -> None:
    boards = table("tic_tac_toe", "tests.plugins.bad_bots:Saboteur", boards=3, seat=0)
    seen = boards.begin(0)
    for _ in range(20):
        stepped = boards.step(leftmost(seen))
        seen = stepped.seen
    met = boards.opponents.lessons()[1]
    assert met[0].games == met[0].wins > 0


def test_one_that_never_plays_is_an_error_and_no_endless_loop() -> None:
    with pytest.raises(CheckFailed, match="before the learner's first decision"):
        table("tic_tac_toe", "tests.plugins.bad_bots:Saboteur", seat=1)


def test_teams_are_refused() -> None:
    with pytest.raises(BadConfig, match="teams"):
        table("hide_and_seek", "uniform")
