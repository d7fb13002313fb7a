"""How few matches an order rests on: their ids, held against a league in which they never were played."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena import League
from arena.answers.fragile import Fragility
from arena.answers.official import OfficialBoard
from arena.errors import BadConfig, NotFound
from arena.figures import png
from arena.match import Comparison
from arena.ratings.model import Standings
from arena.reckoning import proofs, proved
from games.spec import GameSpec
from tests.arena.stored import SPEC, Told, duels, found, logged, played, record

PLAYED = duels(
    {
        ("ann", "bob"): (9, 6, 1),
        ("bob", "cid"): (8, 3),
        ("cid", "ann"): (7, 4, 2),
        ("dan", "cid"): (2, 5),
        ("dan", "bob"): (4, 4),
        ("cid", "bob"): (2, 6, 3),
    }
)
TABLES = GameSpec("tables", 1, "competitive", 3, 2, (1,), 1, (-1.0, 1.0))
TEAMS = GameSpec("teams", 1, "competitive", 4, 2, (1,), 1, (-1.0, 1.0), teams=(0, 1, 0, 1))


def order(league: League) -> list[str]:
    board = league.ratings.board("davidson")
    assert isinstance(board, OfficialBoard)
    return [place.agent for place in board.places]


def shown_by_a_league_without(path: Path, made: Fragility, told: list[Told], spec: GameSpec = SPEC) -> None:
    """Ids are those of the log, in which the first match is 1."""
    rest = [one for id, one in enumerate(told, 1) if id not in made.matches]
    assert len(rest) == len(told) - len(made.matches)
    after = order(logged(path, rest, spec=spec))
    assert after.index(made.behind.agent) < after.index(made.ahead.agent)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_without_the_matches_named_any_two_neighbours_swap(tmp_path: Path, place: int) -> None:
    league = logged(tmp_path / "league.db", PLAYED)
    made = league.analyze.fragility(place=place)
    assert [made.ahead.agent, made.behind.agent] == order(league)[place - 1 : place + 1]
    assert made.taken
    assert made.without is not None
    assert made.without.mu < 0 < made.lead.mu
    shown_by_a_league_without(tmp_path / "without.db", made, PLAYED)


@pytest.mark.parametrize(
    ("told", "spec"),
    [
        (
            [
                (("ann", "bob", "cid"), (1.0, 0.0, -1.0)),
                (("bob", "dan", "cid"), (1.0, 0.0, -1.0)),
                (("dan", "ann", "bob"), (0.0, 1.0, -1.0)),
                (("cid", "dan", "bob"), (1.0, -1.0, 0.0)),
                (("bob", "ann", "dan"), (0.0, -1.0, 0.0)),
            ],
            TABLES,
        ),
        (
            [
                (("ann", "bob", "ann", "cid"), (1.0, -1.0, 1.0, -1.0)),
                (("bob", "ann", "bob", "dan"), (1.0, -1.0, 1.0, -1.0)),
                (("cid", "dan", "ann", "bob"), (1.0, -1.0, 1.0, -1.0)),
                (("ann", "dan", "ann", "bob"), (0.0, 0.0, 0.0, 0.0)),
            ],
            TEAMS,
        ),
    ],
    ids=["tables of three", "teams"],
)
def test_matches_of_more_than_two_are_taken_away_whole(tmp_path: Path, told: list[Told], spec: GameSpec) -> None:
    made = logged(tmp_path / "league.db", told, spec=spec).analyze.fragility()
    assert made.taken
    assert made.fewest
    shown_by_a_league_without(tmp_path / "without.db", made, told, spec)


def test_a_planted_match_decides(tmp_path: Path) -> None:
    told = duels({("ann", "bob"): (5, 5), ("bob", "ann"): (5, 5), ("ann", "cid"): (3, 1), ("bob", "cid"): (3, 1)})
    upset: Told = (("cid", "bob"), (1.0, -1.0))
    made = logged(tmp_path / "league.db", [*told, upset, *told]).analyze.fragility()
    assert (made.ahead.agent, made.behind.agent) == ("ann", "bob")
    assert made.fewest
    assert len(made.matches) == 1
    assert "the fewest: every smaller set was tried" in str(made)
    shown_by_a_league_without(tmp_path / "without.db", made, [*told, upset, *told])


def test_who_has_beaten_the_only_other_one_stays_ahead(tmp_path: Path) -> None:
    made = logged(tmp_path / "league.db", duels({("ann", "bob"): (3, 0)})).analyze.fragility()
    assert made.taken is None
    assert made.fewest
    assert made.without is None
    assert "ann@1 stays ahead" in str(made)
    assert made.as_json()["swapped"] is False
    assert png(made.draw)


def test_an_order_among_groups_that_never_met_is_said_to_be_a_guess(tmp_path: Path) -> None:
    made = logged(tmp_path / "league.db", duels({("a", "b"): (5, 1), ("c", "d"): (3, 1)})).analyze.fragility()
    assert {made.ahead.agent, made.behind.agent} == {"a", "c"}
    assert "the two are in groups that never met" in str(made)
    assert made.as_json()["never_met"]


def test_answers_print_themselves_and_draw_a_figure(tmp_path: Path) -> None:
    made = logged(tmp_path / "league.db", PLAYED).analyze.fragility()
    headers, rows = made.rows()
    assert rows
    assert all(len(row) == len(headers) for row in rows)
    facts = made.as_json()
    assert facts["schema"] == 1
    assert facts["swapped"] is True
    assert facts["size"] == len(facts["matches"]) == sum(len(one["matches"]) for one in facts["taken"])
    assert facts["results"] == len(PLAYED)
    assert facts["lead_without"]["mu"] < 0
    assert ("an upper bound" in str(made)) != made.fewest
    assert png(made.draw).startswith(b"\x89PNG")


def test_who_is_on_no_board_has_no_place(tmp_path: Path) -> None:
    league = logged(tmp_path / "league.db", duels({("ann", "bob"): (2, 1)}), agents=["new"])
    with pytest.raises(NotFound, match="no places 2 and 3 to swap: 2 agents are rated"):
        league.analyze.fragility(place=2)
    with pytest.raises(NotFound, match="0 agents are rated"):
        logged(tmp_path / "unplayed.db", [], agents=["ann", "bob"]).analyze.fragility()
    mixed = GameSpec("mixed", 1, "mixed", 2, 2, (1,), 1, (-1.0, 1.0))
    with pytest.raises(BadConfig, match="not about beating others"):
        logged(tmp_path / "mixed.db", duels({("a", "b"): (1, 1)}), spec=mixed).analyze.fragility()


def test_matches_by_what_they_prove_are_the_whole_log(tmp_path: Path) -> None:
    """Forfeits, voids and draws among them."""
    store, cast = found(tmp_path / "league.db", agents=4, plan=400)
    with store:
        record(store, played(cast, 400))
        store.close_round(1, 1, Standings())
        told = proofs(store, SPEC.name)
        ids = sorted(id for kind in told.values() for id in kind)
        assert ids == [row.id for row in store.results(SPEC.name) if row.result.void is None]
        one_by_one = [one for kind, of in told.items() for one in kind * len(of)]
        assert sorted(map(_spelled, one_by_one)) == sorted(map(_spelled, proved(store, SPEC.name)))
        for (kind,), of in told.items():
            for id in of[:2]:
                lineup = store.match(id).result.match.lineup
                assert {who for team in kind.teams for who in team} == set(lineup)


def _spelled(one: Comparison) -> str:
    ranked = zip(one.ranks, [str(team[0]) for team in one.teams], strict=True)
    return f"{one.sided} {list(ranked) if one.sided else sorted(ranked)}"


def test_two_who_are_level_are_called_so(tmp_path: Path) -> None:
    drawn = str(logged(tmp_path / "drawn.db", duels({("ann", "bob"): (0, 0, 6)})).analyze.fragility())
    assert drawn.startswith("ann@1 and bob@1, at places 1 and 2, are level") or drawn.startswith("bob@1 and ann@1")
    assert "does not come ahead" in drawn
    assert "leads" not in drawn
    assert "stays ahead" not in drawn
    even = logged(tmp_path / "even.db", duels({("ann", "bob"): (3, 3), ("bob", "ann"): (3, 3)})).analyze.fragility()
    assert "are level" in str(even)
    assert len(even.matches) == 1, "one result decides between them"
