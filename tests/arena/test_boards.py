"""Boards for other people's training loops: each match is what the runner makes of it, and nobody's memory is mixed up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from agents.core import Agent, Learner, Observation
from agents.registry import make_agent
from agents.softmax import SoftmaxPolicies
from agents.weights import pack
from arena.boards import Boards, Seat, Seen
from arena.errors import BadConfig
from arena.match import LIVING, Checkpoint, Match
from arena.opponents import Opponents
from arena.pool import Candidate
from arena.roster import Roster
from arena.runner import Cast, play
from arena.tally import Tally
from games.chance import bits
from games.core import Game
from games.errors import BadSpec, CheckFailed
from games.registry import GAMES
from games.spec import GameSpec

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


def picked(features: Tensor, legal: Tensor) -> Tensor:
    """A legal action (R,) that hangs on all that is seen."""
    seen = features.double().flatten(1)
    key = (seen * torch.arange(1, seen.shape[1] + 1).sqrt()).sum(1, keepdim=True)
    return ((key + torch.arange(legal.shape[1])) * 12.9898).sin().masked_fill(~legal, -2.0).argmax(1)


class Picker(Agent):
    def act(self, observation: Observation) -> Tensor:
        return picked(observation.features, observation.legal)


class Pupil(Agent):
    """Learns while it plays, and scribbles on what it is shown."""

    def __init__(self, game: GameSpec) -> None:
        super().__init__(game)
        self.weight = torch.ones((), requires_grad=True)

    def act(self, observation: Observation) -> Tensor:
        with torch.enable_grad():
            (self.weight * observation.features).square().sum().backward()
        actions = picked(observation.features, observation.legal)
        for shown in vars(observation).values():
            shown.zero_()
        return actions


class Diary(Agent):
    """Notes which rows it is told of, at which matches' beginnings and ends."""

    notes: ClassVar[list[tuple[str, Diary, int]]] = []

    def __init__(self, game: GameSpec, number: int) -> None:
        super().__init__(game)

    def reset(self, rows: Tensor, seeds: Tensor) -> None:
        Diary.notes += [("begins", self, row) for row in rows.tolist()]

    def act(self, observation: Observation) -> Tensor:
        Diary.notes += [("plays", self, row) for row in observation.row.tolist()]
        return picked(observation.features, observation.legal)

    def over(self, rows: Tensor, returns: Tensor) -> None:
        Diary.notes += [("ends", self, row) for row in rows.tolist()]


@dataclass(frozen=True)
class Lived:
    """A match of the learner's, and what it was paid in it."""

    seed: int
    seat: int
    opponent: Checkpoint
    paid: float


def lived(
    boards: Boards, matches: int, act: Callable[[Seen], Tensor] = lambda seen: picked(seen.features, seen.legal)
) -> list[Lived]:
    """At least so many matches, in the order of their ends; meanwhile the learner sees its own seat and nothing else."""
    seen, paid, ended = boards.begin(boards.seed), torch.zeros(boards.count), []
    while len(ended) < matches:
        state = boards.state
        assert torch.equal(seen.features, boards.game.observe(state, seen.seat))
        assert torch.equal(seen.legal, state.legal[torch.arange(boards.count), seen.seat])
        assert seen.legal.any(1).all()
        met = [boards.opponents.drawn[number].opponent for number in boards.met(torch.arange(boards.count))]
        stepped = boards.step(act(seen))
        paid += stepped.reward
        assert stepped.over.tolist() == stepped.done.nonzero().flatten().tolist()
        assert stepped.seat.tolist() == seen.seat[stepped.over].tolist()
        for board in stepped.over.tolist():
            who = met[board]
            assert who is not None
            ended.append(Lived(int(state.seed[board]), int(seen.seat[board]), who, float(paid[board])))
        paid[stepped.over] = 0.0
        seen = stepped.seen
    return ended


def by_the_runner(game: str, matches: Sequence[Lived]) -> list[float]:
    """What the picker earns in the same matches, played as the league plays them."""
    rules: Game = GAMES.make(game)
    field = sorted({one.opponent for one in matches}, key=str)
    actors = [Picker(rules.spec), *(make_agent(them.spec, rules.spec) for them in field)]
    cast = Cast(actors, {who: (place, 0) for place, who in enumerate([LEARNER, *field])})
    lineups = [tuple(LEARNER if seat == one.seat else one.opponent for seat in range(rules.spec.seats)) for one in matches]
    played = play(rules, [Match(place, one.seed, lineups[place]) for place, one in enumerate(matches)], cast)
    return [result.returns[one.seat] for result, one in zip(played.results, matches, strict=True)]


GRUDGE = "prisoners_dilemma(rounds=6)"
OURS = [
    ("connect_four", "uniform", "tactician"),
    ("tic_tac_toe", "minimax(depth=2)"),
    ("leduc_poker", "uniform", "caller"),
    ("rock_paper_scissors", "uniform"),
    ("speaker_listener", "uniform"),
    ("two_step", "uniform"),
    (GRUDGE, "grudger", "tit_for_two_tats"),
    (GRUDGE, "tests.plugins.bad_bots:Unready"),
    ("tests.plugins.odd_games:Pile", "uniform"),
    ("tests.plugins.odd_games:Weather", "uniform"),
    ("tests.plugins.odd_games:Shifts", "uniform"),
]
OTHERS = [
    'openspiel("hanabi(players=3)")',
    'openspiel("leduc_poker(players=3)")',
    'openspiel("goofspiel(num_cards=4,players=3)")',
    'openspiel("pig(players=2,diceoutcomes=4,winscore=8)")',
    'pettingzoo("tests.plugins.my_envs:Auction", flavour="mixed", return_range=(-3, 4))',
]


def fair(game: str, field: Sequence[str], boards: int, matches: int) -> None:
    told = lived(table(game, *field, boards=boards, seed=7), matches)
    assert {one.seat for one in told} == set(range(GAMES.make(game).spec.seats))
    assert {one.opponent.spec for one in told} == set(field)
    assert len({one.seed for one in told}) == len(told)
    assert [one.paid for one in told] == pytest.approx(by_the_runner(game, told), abs=1e-4)


@pytest.mark.parametrize("boards", [1, 16])
@pytest.mark.parametrize(("game", "field"), [(game, field) for game, *field in OURS])
def test_a_match_is_what_the_runner_makes_of_it(game: str, field: list[str], boards: int) -> None:
    fair(game, field, boards, 25 + boards)


@pytest.mark.parametrize("game", OTHERS)
def test_so_is_one_of_other_peoples_games(game: str) -> None:
    pytest.importorskip("pyspiel" if game.startswith("openspiel") else "pettingzoo")
    fair(game, ["uniform"], 8, 40)


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
    assert {one.seat for one in lived(table("connect_four", "uniform", seat=1), 6)} == {1}
    assert [one.seat for one in lived(table("connect_four", "uniform", seat="rotate"), 6)] == [0, 1, 0, 1, 0, 1]
    lots = [one.seat for one in lived(table("rock_paper_scissors", "uniform"), 200)]
    assert 70 < sum(lots) < 130
    for wrong in (2, -1, "middle", True):
        with pytest.raises(BadConfig, match="expected seat"):
            table("connect_four", "uniform", seat=wrong)  # type: ignore[arg-type]


def test_lots_are_not_the_seeds_since_rules_may_read_those() -> None:
    boards = table("tic_tac_toe", "uniform", "minimax(depth=1)", boards=1024)
    seen, seeds = boards.begin(1), boards.state.seed
    drawn = boards.met(torch.arange(1024))
    for lot in (seen.seat, drawn):
        for said in (seeds % 2, seeds >> 62, seeds > seeds.median()):
            assert 0.4 < (lot == said).float().mean() < 0.6
    assert 0.4 < (seen.seat == drawn).float().mean() < 0.6


def test_turns_go_on_where_a_match_is_left() -> None:
    boards = table("connect_four", "uniform", seat="rotate")
    seats = [boards.go_on().seat.tolist()[0] for _ in range(6)]
    assert seats == [1, 0] * 3  # the first of all was begun with the boards
    assert lived(boards, 4)[0].seat == 0  # a seed is a course, whatever was before
    assert boards.go_on().seat.tolist() == [1]  # the fifth had begun


def test_a_match_that_was_over_before_the_learner_could_act_counts_for_nothing() -> None:
    boards = table('openspiel("pig(players=2,diceoutcomes=4,winscore=4)")', "uniform", boards=8, seed=3)
    boards.begin(3)
    boards.opponents.lessons()
    before = sum(row.games for row in boards.opponents.lessons().met)
    matches = lived(boards, 200)
    assert sum(row.games for row in boards.opponents.lessons().met) - before == len(matches)


class Weary(Agent):
    """Gives up for good at its first answer, unless it is told that matches begin."""

    tired = False

    def begin_chunk(self) -> None:
        self.tired = False

    def act(self, observation: Observation) -> Tensor:
        if self.tired:
            raise RuntimeError("tired")
        self.tired = True
        return picked(observation.features, observation.legal)


def test_an_opponent_is_told_that_matches_begin() -> None:
    boards = table("tic_tac_toe", f"{__name__}:Weary", seat=0, boards=4)
    for _ in range(2):
        seen = boards.begin(7)
        first = boards.step(leftmost(seen))
        assert not first.done.any()
        assert boards.step(leftmost(first.seen)).done.all()


def test_each_row_begins_and_ends_with_the_one_who_plays_it(monkeypatch: pytest.MonkeyPatch) -> None:
    boards = table("tests.plugins.odd_games:Pile", f"{__name__}:Diary(1)", f"{__name__}:Diary(2)", boards=9, seed=2)
    monkeypatch.setattr(Diary, "notes", [])
    lived(boards, 60)  # anew
    whose: dict[int, Diary] = {}
    for what, diary, row in Diary.notes:
        if what == "begins":
            assert row not in whose, "its match is not over"
            whose[row] = diary
        assert whose.get(row) is diary, f"{row} {what}"
        if what == "ends":
            del whose[row]
    assert len({id(diary) for _, diary, _ in Diary.notes}) == 2
    assert sum(what == "ends" for what, *_ in Diary.notes) >= 2 * 60


def test_a_match_that_was_over_before_the_learner_could_act_leaves_its_seat_to_the_next() -> None:
    boards = table('openspiel("pig(players=2,diceoutcomes=4,winscore=4)")', "uniform", boards=8, seat="rotate", seed=3)
    number = {int(bits(torch.tensor(3), torch.tensor(place))): place for place in range(1000)}
    matches = [(number[one.seed], one.seat) for one in lived(boards, 300)]
    assert all(seat == place % 2 for place, seat in matches)
    assert len({place for place, _ in matches}) < max(place for place, _ in matches) - 2 * 8  # some were over before


@pytest.mark.parametrize("game", ["Blank", "Engraved"])
@pytest.mark.parametrize("count", [1, 5])
def test_views_may_share_memory(game: str, count: int) -> None:
    assert lived(table(f"tests.plugins.odd_games:{game}", "uniform", boards=count), 12)


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
    met = boards.opponents.lessons().met
    assert met[0].games == met[0].wins > 0


def test_rules_that_raise_where_an_opponent_looks_are_not_its_fault() -> None:
    boards = table('tests.plugins.odd_games:Cursed("observe")', "tactician", boards=40, seat=0)
    seen = boards.step(leftmost(boards.begin(1))).seen
    with pytest.raises(IndexError, match="off the board"):
        boards.step(leftmost(seen))  # the fourth of the rules' steps is the opponent's


def test_an_opponent_may_learn_from_what_it_is_shown_and_scribble_on_it() -> None:
    course = [lived(table("connect_four", spec, boards=4), 12) for spec in (f"{__name__}:Picker", f"{__name__}:Pupil")]
    picker, pupil = ([(one.seat, one.paid) for one in matches] for matches in course)
    assert picker == pupil


def test_networks_of_one_kind_are_one_agent_however_many_matches_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    rules: Game = GAMES.make("tic_tac_toe")
    spec, stored, asked = "ppo(hidden=(8,))", dict[str, bytes](), list[Agent]()
    for seed in range(6):
        learner = make_agent(spec, rules.spec, seed=seed)
        assert isinstance(learner, Learner)
        stored[f"{seed:064x}"] = pack(learner.policy())
    pool = [Candidate(Checkpoint.make(f"agent{sha[-1]}", 1, spec=spec, weights=sha), 0.5) for sha in stored]
    roster = Roster(rules.spec, stored.__getitem__)
    boards = Boards(rules, Opponents("learner", "uniform", lambda: (pool, Tally())), roster, boards=4)
    seen, act = boards.begin(3), SoftmaxPolicies.act
    monkeypatch.setattr(SoftmaxPolicies, "act", lambda self, shown: asked.append(self) or act(self, shown))
    for _ in range(60):
        seen = boards.step(leftmost(seen)).seen
    assert len(set(map(id, asked[-40:]))) == 1


def test_one_that_never_plays_is_an_error_and_no_endless_loop() -> None:
    with pytest.raises(CheckFailed, match="before the learner's first decision"):
        table("tic_tac_toe", "tests.plugins.bad_bots:Saboteur", seat=1)


@pytest.mark.parametrize(
    ("game", "action", "opponent", "outcome"),
    [
        (GRUDGE, 0, "tit_for_tat", "draws"),  # both are paid, and equally
        (GRUDGE, 0, "defector", "losses"),
        (GRUDGE, 1, "cooperator", "wins"),
        ("levers(agents=4, seats=2)", 0, "uniform", "draws"),  # one team's pay is everybody's
    ],
)
def test_to_win_is_to_be_paid_more_than_the_others(game: str, action: int, opponent: str, outcome: str) -> None:
    boards = table(game, opponent, boards=4)
    lived(boards, 12, lambda seen: torch.full_like(seen.seat, action))
    (row,) = boards.opponents.lessons().met
    counts = {"wins": row.wins, "draws": row.draws, "losses": row.games - row.wins - row.draws}
    assert counts == {"wins": 0, "draws": 0, "losses": 0, outcome: row.games}
    assert row.games >= 12


@pytest.mark.parametrize("wrong", [0, -1, "8", 2.5, True, None, 1 << 40])
def test_a_number_of_boards_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(BadSpec, match="boards must be a whole number from 1"):
        table("tic_tac_toe", "uniform", boards=wrong)


@pytest.mark.parametrize("wrong", [[1, 2], -1, 1 << 64, "1", 0.5])
def test_a_seed_that_is_none_is_refused(wrong: Any) -> None:
    boards = table("tic_tac_toe", "uniform")
    with pytest.raises(BadSpec, match="seed must be a whole number from 0"):
        boards.begin(wrong)


def test_numbers_of_numpy_are_numbers() -> None:
    boards = table("leduc_poker", "uniform", boards=np.int64(3), seed=np.uint32(5))
    assert boards.count == 3
    assert lived(boards, 9) == lived(table("leduc_poker", "uniform", boards=3, seed=5), 9)


def test_teams_are_refused() -> None:
    with pytest.raises(BadConfig, match="teams"):
        table("hide_and_seek", "uniform")
