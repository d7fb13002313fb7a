"""The roster: one spec, one actor; and stacks that depend on nothing but who plays."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
import torch

from agents.core import Learner
from agents.errors import BadWeights
from agents.registry import make_agent
from agents.weights import pack, unpack
from arena.match import LIVING, Checkpoint, Match
from arena.roster import Roster
from arena.runner import play
from games.core import Game
from games.registry import GAMES

GAME: Game = GAMES.make("tic_tac_toe")
PPO = "ppo(hidden=(8,))"


class Library:
    """Stored weights, and how often each was read."""

    def __init__(self) -> None:
        self.stored, self.read = dict[str, bytes](), Counter[str]()

    def __call__(self, sha: str) -> bytes:
        self.read[sha] += 1
        return self.stored[sha]

    def freeze(self, name: str, seed: int, *, spec: str = PPO, version: int = 1) -> Checkpoint:
        learner = make_agent(spec, GAME.spec, seed=seed)
        assert isinstance(learner, Learner)
        data = pack(learner.policy())
        sha = sha256(data).hexdigest()
        self.stored[sha] = data
        return Checkpoint.make(name, version, spec=spec, weights=sha)


def bot(name: str, spec: str = "uniform") -> Checkpoint:
    return Checkpoint.make(name, 1, spec=spec)


def test_checkpoints_of_one_spec_share_an_actor() -> None:
    library = Library()
    alice, bob, carol = (library.freeze(name, seed) for seed, name in enumerate(["alice", "bob", "carol"]))
    other = library.freeze("other", 9, spec="dqn(hidden=(8,))")
    cast = Roster(GAME.spec, library).cast([alice, bob, carol, other, bot("one"), bot("two"), bot("third", "tactician")])
    assert len(cast.actors) == 4
    assert len({cast.places[who][0] for who in (alice, bob, carol)}) == 1
    assert {cast.places[who][1] for who in (alice, bob, carol)} == {0, 1, 2}
    assert cast.places[bot("one")] == cast.places[bot("two")]


def test_a_stack_depends_on_who_plays_and_on_nothing_else() -> None:
    library = Library()
    crowd = [library.freeze(f"agent{seed}", seed) for seed in range(6)]
    fresh, used = Roster(GAME.spec, library), Roster(GAME.spec, library)
    used.cast(crowd)
    used.cast(crowd[3:])
    assert fresh.cast(crowd[1:4]).places == used.cast(crowd[3:0:-1] * 2).places


def test_each_of_a_stack_plays_as_it_would_alone() -> None:
    library = Library()
    crowd = [library.freeze(f"agent{seed}", seed, spec="dqn(hidden=(8,), rated_epsilon=0.0)") for seed in range(4)]
    roster = Roster(GAME.spec, library)
    matches = [Match(place, place, (one, bot("b", "tactician"))) for place, one in enumerate(crowd * 3)]
    together = play(GAME, matches, roster.cast([*crowd, bot("b", "tactician")])).results
    for match, result in zip(matches, together, strict=True):
        assert play(GAME, [match], roster.cast(match.lineup)).results == [result]
    assert len({result.tape for result in together[:4]}) > 1


def test_the_living_come_as_they_are() -> None:
    library = Library()
    learner = make_agent(PPO, GAME.spec)
    living = Checkpoint("alice", LIVING, PPO, None, "living")
    cast = Roster(GAME.spec, library).cast([living, library.freeze("alice", 1)], living={living: learner})
    assert cast.actors[cast.places[living][0]] is learner
    assert len(cast.actors) == 2


def size(library: Library, who: Checkpoint) -> int:
    """Bytes of a checkpoint's tensors."""
    return sum(tensor.nbytes for tensor in unpack(library.stored[who.weights or ""]).values())


def test_weights_are_read_once_and_no_more_are_kept_than_there_is_room_for() -> None:
    library = Library()
    crowd = [library.freeze(f"agent{seed}", seed) for seed in range(5)]
    roster = Roster(GAME.spec, library, room=3 * size(library, crowd[0]))
    for _ in range(3):
        roster.cast(crowd[:3])
    assert set(library.read.values()) == {1}
    for some in (crowd, crowd[:1], crowd[1:4]):
        roster.cast(some)
        assert len(roster._policies) == 3
    assert sum(library.read.values()) > 5


def test_a_pool_a_little_larger_than_the_room_is_mostly_there() -> None:
    library = Library()
    pool = [library.freeze(f"agent{seed}", seed) for seed in range(12)]
    roster = Roster(GAME.spec, library, room=10 * size(library, pool[0]))
    for _ in range(20):
        roster.cast(pool)
    assert sum(library.read.values()) < 12 + 19 * 12 / 2  # who goes by age would have each of 240 read anew


def test_room_is_counted_in_bytes() -> None:
    library = Library()
    small, large = library.freeze("small", 1), library.freeze("large", 2, spec="ppo(hidden=(64,))")
    roster = Roster(GAME.spec, library, room=size(library, large))
    for who in (small, large, large, small, small):
        roster.cast([who])
    assert library.read == {small.weights: 2, large.weights: 1}
    cramped = Roster(GAME.spec, library, room=size(library, large) - 1)
    for who in (small, large, small, large):
        cramped.cast([who])
    assert library.read == {small.weights: 3, large.weights: 3}


def test_weights_of_another_shape_are_refused() -> None:
    library = Library()
    broad = library.freeze("broad", 0, spec="ppo(hidden=(9,))")
    with pytest.raises(BadWeights, match="another shape"):
        Roster(GAME.spec, library).cast([Checkpoint.make("alice", 1, spec=PPO, weights=broad.weights)])


def test_weights_that_are_no_numbers_are_refused() -> None:
    library = Library()
    alice = library.freeze("alice", 0)
    learner = make_agent(PPO, GAME.spec)
    assert isinstance(learner, Learner)
    library.stored[alice.weights or ""] = pack(
        {name: torch.full_like(tensor, float("nan")) for name, tensor in learner.policy().items()}
    )
    with pytest.raises(BadWeights, match="finite"):
        Roster(GAME.spec, library).cast([alice])


def test_closing_lets_go_of_every_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    from agents.scripted.uniform import Uniform

    closed: list[Uniform] = []
    monkeypatch.setattr(Uniform, "close", lambda self: closed.append(self))
    roster = Roster(GAME.spec, Library())
    cast = roster.cast([bot("one")])
    roster.close()
    assert closed == [cast.actors[0]]
    assert roster.cast([bot("one")]).actors[0] is not cast.actors[0]


@pytest.mark.parametrize("spec", ["late", "tests.plugins.bad_bots:Broken", "tests.plugins.gone:Gone"])
def test_who_cannot_be_made_any_more_forfeits_and_the_others_play_on(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    library, other = Library(), bot("other")
    if spec == "late":
        gone = library.freeze("late", 1, spec="tests.plugins.bad_bots:Late")
        (tmp_path / "late").touch()
    else:
        gone = bot("gone", spec)
    cast = Roster(GAME.spec, library).cast([gone, other])
    lost, played = play(GAME, [Match(0, 1, (gone, other)), Match(1, 2, (other, other))], cast).results
    assert lost.faults == ("crash", None)
    assert played.ending.kind == "finished"


def test_a_farewell_that_fails_is_only_told(caplog: pytest.LogCaptureFixture) -> None:
    roster = Roster(GAME.spec, Library())
    roster.cast([bot("chatter", "tests.plugins.bad_bots:Chatterbox")])
    roster.close()
    assert "cannot leave" in caplog.text
