"""What if somebody had never played: the same as a league in which it never has."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena import League
from arena.answers.absence import Absence
from arena.answers.official import OfficialBoard
from arena.errors import BadConfig, NotFound
from arena.figures import png
from arena.ratings.comparisons import comparisons
from arena.ratings.davidson import Davidson
from arena.ratings.trueskill import TrueSkill
from arena.reckoning import proved, reckon
from arena.store import Store
from games.spec import GameSpec
from tests.arena.stored import Told, duels, logged

PLAYED = duels(
    {
        ("ann", "bob"): (9, 6, 1),
        ("bob", "cid"): (8, 3),
        ("cid", "ann"): (7, 2, 2),
        ("dan", "cid"): (2, 5),
        ("dan", "bob"): (4, 4),
        ("pal", "ann"): (1, 3),
        ("cid", "bob"): (2, 6, 3),
    }
)
TABLES = GameSpec("tables", 1, "competitive", 3, 2, (1,), 1, (-1.0, 1.0))


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> League:
    return logged(tmp_path_factory.mktemp("absent") / "league.db", PLAYED, agents=["new"])


def without(path: Path, told: list[Told], *absent: str, spec: GameSpec | None = None) -> League:
    """The oracle: a league in which they never sat."""
    rest = [one for one in told if not set(absent) & set(one[0])]
    return logged(path, rest, spec=spec) if spec else logged(path, rest)


@pytest.mark.parametrize("absent", [("ann",), ("cid",), ("ann", "dan")])
def test_it_is_the_board_of_a_league_in_which_they_never_played(league: League, tmp_path: Path, absent: tuple[str]) -> None:
    made, oracle = league.analyze.whatif(*absent), without(tmp_path / "without.db", PLAYED, *absent)
    official = oracle.ratings.board("davidson")
    assert isinstance(official, OfficialBoard)
    assert {one.checkpoint.agent: one.davidson.new_rating for one in made.moved} == pytest.approx(
        {place.agent: place.rating for place in official.places}, abs=1e-6
    )
    assert [one.checkpoint.agent for one in made.moved] == [place.agent for place in official.places]
    assert {one.checkpoint.agent: one.trueskill.new_rating for one in made.moved} == pytest.approx(
        {place.agent: place.skill for place in oracle.leaderboard().places}
    )
    assert made.left == official.comparisons
    assert made.comparisons - made.left == sum(bool(set(absent) & set(lineup)) for lineup, _ in PLAYED)


def test_the_actual_board_stands_beside_it(league: League) -> None:
    made, official = league.analyze.whatif("dan"), league.ratings.board("davidson")
    assert isinstance(official, OfficialBoard)
    ratings = {place.agent: place.rating for place in official.places}
    assert {one.checkpoint.agent: one.davidson.rating for one in made.moved} == pytest.approx(
        {agent: rating for agent, rating in ratings.items() if agent != "dan"}
    )
    order = [place.agent for place in official.places if place.agent != "dan"]
    assert {one.checkpoint.agent: one.davidson.rank for one in made.moved} == {
        agent: rank for rank, agent in enumerate(order, 1)
    }


def test_changes_are_beyond_what_all_moved_together(league: League) -> None:
    made = league.analyze.whatif("ann")
    for moves in ([one.davidson for one in made.moved], [one.trueskill for one in made.moved]):
        assert sum(move.change for move in moves) == pytest.approx(0, abs=1e-6)
        one, other = moves[:2]
        lead, new_lead = one.rating - other.rating, one.new_rating - other.new_rating
        assert one.change - other.change == pytest.approx(new_lead - lead)


def test_a_planted_king_maker_is_found(tmp_path: Path) -> None:
    """Ann leads by her wins over the fool alone; among themselves bob is better."""
    scores = {("ann", "bob"): (2, 3), ("bob", "fool"): (3, 2), ("ann", "fool"): (5, 0)}
    played = duels(scores | {(other, one): (lost, won) for (one, other), (won, lost) in scores.items()})
    made = logged(tmp_path / "league.db", played).analyze.whatif("fool")
    bob, ann = made.moved
    assert (ann.checkpoint.agent, ann.davidson.rank, ann.davidson.new_rank) == ("ann", 1, 2)
    assert (bob.checkpoint.agent, bob.davidson.rank, bob.davidson.new_rank) == ("bob", 2, 1)
    assert "2 by davidson" in str(made)
    assert "2 → 1" in made.rows()[1][0]


def test_who_met_nobody_else_is_on_no_board(league: League) -> None:
    made = league.analyze.whatif("ann")
    assert [who.agent for who in made.gone] == ["pal"]
    assert "met nobody else, and so has no place: pal@1" in str(made)


def test_groups_that_fall_apart_are_told_of(tmp_path: Path) -> None:
    played = duels({("a", "b"): (2, 1), ("b", "bridge"): (2, 1), ("bridge", "c"): (1, 2), ("c", "d"): (2, 2)})
    made = logged(tmp_path / "league.db", played).analyze.whatif("bridge")
    assert made.groups == (1, 2)
    assert "2 groups that never met" in str(made)


def test_tables_of_three_are_left_out_whole(tmp_path: Path) -> None:
    told: list[Told] = [
        (("ann", "bob", "cid"), (1.0, 0.0, -1.0)),
        (("bob", "dan", "cid"), (1.0, 0.0, -1.0)),
        (("dan", "ann", "bob"), (0.0, -1.0, 1.0)),
        (("cid", "dan", "bob"), (1.0, -1.0, 0.0)),
    ]
    made = logged(tmp_path / "league.db", told, spec=TABLES).analyze.whatif("ann")
    official = without(tmp_path / "without.db", told, "ann", spec=TABLES).ratings.board("davidson")
    assert isinstance(official, OfficialBoard)
    assert made.left == official.comparisons == 6
    assert [one.davidson.new_rating for one in made.moved] == pytest.approx([one.rating for one in official.places])


def test_one_checkpoint_can_be_left_out_and_others_of_its_agent_stay(tmp_path: Path) -> None:
    league = League(tmp_path / "league.db")
    league.register("learner", "ppo(hidden=(8,))", game="rock_paper_scissors", check=False)
    for name in ("rock", "uniform"):
        league.register(name, name, game="rock_paper_scissors", check=False)
    league.run_season("rock_paper_scissors", rounds=2, train=30, boards=8, games=4, chunk=16)
    made = league.analyze.whatif("learner@2", every=True)
    names = [str(one.checkpoint) for one in made.moved]
    assert "learner@2" not in names
    assert "learner@3" in names
    assert league.analyze.whatif("learner").dropped == ("learner",)
    with Store.open(league.path) as store:
        absent = [row.checkpoint for row in store.checkpoints(agent="learner")]
        assert all(
            who.agent != "learner"
            for one in proved(store, "rock_paper_scissors", without=absent)
            for team in one.teams
            for who in team
        )


def test_a_game_that_is_not_about_winning_is_rated_anew_as_well(tmp_path: Path) -> None:
    league = League(tmp_path / "league.db")
    for name in ("tit_for_tat", "defector", "cooperator", "grudger"):
        league.register(name, name, game="prisoners_dilemma", check=False)
    league.run_season("prisoners_dilemma", rounds=2, train=0, games=4, chunk=16)
    made = league.analyze.whatif("defector")
    with Store.open(league.path) as store:
        (gone,) = (row.checkpoint for row in store.checkpoints(agent="defector"))
        rules = store.game("prisoners_dilemma")
        rounds = [[row.result for row in store.results("prisoners_dilemma", season=1, round=number)] for number in (0, 1)]
        rest = [[one for one in played if gone not in one.match.lineup] for played in rounds]
        told = [one for played in rest for one in comparisons(played, rules.flavour, rules.team_of)]
        folded = reckon(store, "prisoners_dilemma", TrueSkill(), without=[gone])[0]
    fit = Davidson().fit(told)
    assert [one.davidson.new_rating for one in made.moved] == pytest.approx(
        [fit.rating(one.checkpoint).mu for one in made.moved]
    )
    assert {one.checkpoint for one in made.moved} <= folded.ratings.keys()


def test_answers_print_themselves_and_draw_a_figure(league: League) -> None:
    made: Absence = league.analyze.whatif("ann", "bob@1")
    headers, rows = made.rows()
    assert rows
    assert all(len(row) == len(headers) for row in rows)
    assert "without ann, bob@1" in str(made)
    facts = made.as_json()
    assert facts["schema"] == 1
    assert facts["dropped"] == ["ann", "bob@1"]
    assert {place["checkpoint"] for place in facts["places"]} == {"cid@1", "dan@1"}
    assert png(made.draw).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("drop", "kind", "said"),
    [
        (["anna"], NotFound, "did you mean 'ann'"),
        (["ann@7"], NotFound, "no checkpoint 7"),
        (["new"], NotFound, "new has not been rated yet"),
        (["ann", "bob", "cid"], BadConfig, "nobody has met anybody"),
    ],
)
def test_who_cannot_be_dropped_is_told_why(league: League, drop: list[str], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        league.analyze.whatif(*drop)


def test_the_cure_is_not_to_drop_fewer_than_one(tmp_path: Path) -> None:
    league = logged(tmp_path / "league.db", duels({("ann", "bob"): (3, 1)}))
    with pytest.raises(BadConfig, match="nobody has met anybody") as one:
        league.analyze.whatif("ann")
    assert one.value.hint == "drop somebody else, or play on with others"


def test_those_who_are_level_pass_nobody(tmp_path: Path) -> None:
    """Bob and cid did the same, but for what eve is about to have taken from cid."""
    same = {("ann", "bob"): (4, 2), ("bob", "ann"): (2, 4), ("ann", "cid"): (4, 2), ("cid", "ann"): (2, 4)}
    told = duels({**same, ("eve", "cid"): (1, 3), ("cid", "eve"): (3, 1)})
    made = logged(tmp_path / "league.db", told).analyze.whatif("eve")
    ranks = {one.checkpoint.agent: one.davidson.new_rank for one in made.moved}
    assert (ranks["bob"], ranks["cid"]) == (2, 2), "they share a place"
    assert "by davidson would change places" not in made.passed()
