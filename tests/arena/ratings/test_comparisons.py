"""What results prove, flavour by flavour, and what they do not."""

from __future__ import annotations

import random
from hashlib import blake2b
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.match import Checkpoint, Comparison, Result
from arena.ratings.comparisons import LARGEST, comparisons
from arena.ratings.model import Standings
from arena.ratings.trueskill import TrueSkill
from tests.arena.ratings.cast import cast, checkpoint, result

A, B, C, D = cast(4)


def proved(*results: Result, flavour: str = "competitive", teams: tuple[int, ...] = ()) -> list[Comparison]:
    return list(comparisons(results, flavour, teams))  # type: ignore[arg-type]


def standing(comparison: Comparison) -> dict[tuple[Checkpoint, ...], int]:
    return dict(zip(comparison.teams, comparison.ranks, strict=True))


def test_returns_rank_the_seats_of_a_competitive_match() -> None:
    assert proved(result(1, [A, B], [-1, 1])) == [Comparison(((A,), (B,)), (1, 0), sided=True)]
    assert proved(result(1, [A, B], [0, 0])) == [Comparison(((A,), (B,)), (0, 0), sided=True)]
    assert proved(result(1, [A, B, C], [2, 7, 2])) == [Comparison(((A,), (B,), (C,)), (1, 0, 1))]


def test_seats_of_a_team_win_together() -> None:
    (won,) = proved(result(1, [A, B, C, D], [1, -1, 1, -1]), teams=(0, 1, 0, 1))
    assert won == Comparison(((A, C), (B, D)), (0, 1), sided=True)


def test_a_large_team_is_not_better_for_its_size() -> None:
    (even,) = proved(result(1, [A, B, C], [0.1, 0.1, 0.1]), teams=(0, 1, 1))
    assert even.ranks == (0, 0)


def test_one_agent_may_hold_all_seats_of_a_team() -> None:
    (won,) = proved(result(1, [A, A, B, B], [1, 1, -1, -1]), teams=(0, 0, 1, 1))
    assert won == Comparison(((A,), (B,)), (0, 1), sided=True)


def test_only_a_match_that_two_teams_played_out_tells_of_sides() -> None:
    played = result(1, [A, B], [1, -1])
    assert proved(played)[0].sided
    assert not proved(played._replace(neutral=True))[0].sided
    assert proved(result(1, [A, B, C, D], [1, -1, 1, -1]), teams=(0, 1, 0, 1))[0].sided
    assert not proved(result(1, [A, B, C, D], [1, -1, 1, -1])._replace(neutral=True), teams=(0, 1, 0, 1))[0].sided
    assert not proved(result(1, [A, B, C], [1, 0, -1]))[0].sided
    assert not proved(result(1, [A, B], [1, -1], faults=(None, "crash")))[0].sided
    assert not proved(result(1, [A, C], [3, 3]), result(2, [B, C], [5, 0]), flavour="mixed")[0].sided


@pytest.mark.parametrize("lineup", [(A, A), (A, B, A)])
def test_a_checkpoint_against_itself_proves_nothing(lineup: tuple[Checkpoint, ...]) -> None:
    assert proved(result(1, lineup, [1] * len(lineup))) == []


@pytest.mark.parametrize("flavour", ["competitive", "cooperative", "mixed"])
def test_a_void_match_proves_nothing(flavour: str) -> None:
    assert proved(result(1, [A, B], [], void="machine"), result(2, [C, B], [1, 1]), flavour=flavour)[1:] == []


def test_an_offender_loses_whatever_the_returns_say() -> None:
    assert proved(result(1, [A, B], [5, 0], faults=("crash", None))) == [Comparison(((B,), (A,)), (0, 1))]
    (lost,) = proved(result(1, [A, B, C, D], [1, 1, 0, 0], faults=(None, "crash", None, None)), teams=(0, 0, 1, 1))
    assert lost == Comparison(((C, D), (A, B)), (0, 1))


def test_where_everybody_forfeits_nobody_wins() -> None:
    assert proved(result(1, [A, B], [-1, -1], faults=("crash", "timeout"))) == []


def test_the_innocent_have_not_drawn_with_each_other() -> None:
    forfeit = result(1, [A, B, C], [1, -1, 1], faults=(None, "illegal", None))
    assert proved(forfeit) == [Comparison(((A,), (B,)), (0, 1)), Comparison(((C,), (B,)), (0, 1))]


def test_agents_of_a_mixed_game_are_ranked_by_what_they_earn_against_the_same_opponent() -> None:
    (against_c,) = proved(result(1, [A, C], [3, 3]), result(2, [B, C], [5, 0]), flavour="mixed")
    assert against_c == Comparison(((A,), (B,)), (1, 0))


def test_another_seed_seat_or_opponent_is_not_the_same() -> None:
    base = result(1, [A, C], [3, 3], seed=1)
    assert proved(base, result(2, [B, C], [5, 0], seed=2), flavour="mixed") == []
    assert proved(base, result(2, [C, B], [0, 5], seed=1), flavour="mixed") == []
    assert proved(base, result(2, [B, D], [5, 0], seed=1), flavour="mixed") == []


PAYS = {"CC": (3, 3), "CD": (0, 5), "DC": (5, 0), "DD": (1, 1)}


def dilemma(*, turns: int = 50, rounds: int = 5) -> list[Result]:
    """Three that forgive to a degree, one that forgives all and one that defects: everybody with everybody and a twin."""
    strategies = {
        checkpoint("tit_for_tat"): lambda theirs: theirs[-1] if theirs else "C",
        checkpoint("tit_for_two_tats"): lambda theirs: "D" if theirs.endswith("DD") else "C",
        checkpoint("grudger"): lambda theirs: "D" if "D" in theirs else "C",
        checkpoint("cooperator"): lambda theirs: "C",
        checkpoint("defector"): lambda theirs: "D",
    }
    results = []
    for seed, one, other in product(range(rounds), strategies, strategies):
        mine, theirs = "", ""
        for _ in range(turns):
            mine, theirs = mine + strategies[one](theirs), theirs + strategies[other](mine)
        paid = [PAYS[pair[0] + pair[1]] for pair in zip(mine, theirs, strict=True)]
        earned = [sum(pay[0] for pay in paid), sum(pay[1] for pay in paid)]
        results.append(result(len(results), [one, other], earned, seed=seed))
    return results


def test_always_defect_does_not_win_a_league_of_the_prisoners_dilemma() -> None:
    results = dilemma()
    fair = TrueSkill().fold(Standings(), comparisons(results, "mixed")).ratings
    naive = TrueSkill().fold(Standings(), comparisons(results, "competitive")).ratings
    assert max(naive, key=lambda who: naive[who].mu).agent == "defector"
    by_skill = [who.agent for who in sorted(fair, key=lambda who: -fair[who].mu)]
    assert set(by_skill[:2]) == {"tit_for_tat", "grudger"}
    assert by_skill.index("defector") >= 2


def test_a_twin_is_an_opponent_like_any_other_in_a_mixed_game() -> None:
    first, second = (
        proved(result(1, [A, A], [3, 3]), result(2, [B, A], [5, 0]), flavour="mixed"),
        proved(result(1, [A, A], [3, 3]), result(2, [A, B], [0, 5]), flavour="mixed"),
    )
    assert first == second == [Comparison(((A,), (B,)), (1, 0))]


def test_a_partner_change_on_the_same_seed_ranks_the_two_partners() -> None:
    (ranked,) = proved(result(1, [A, B], [4, 4]), result(2, [A, C], [9, 9]), flavour="cooperative")
    assert ranked == Comparison(((B,), (C,)), (1, 0))


def test_lineups_without_a_common_partner_are_ranked_as_teams() -> None:
    results = [result(1, [A, B], [4, 4]), result(2, [C, D], [9, 9])]
    assert proved(*results, flavour="cooperative") == [Comparison(((A, B), (C, D)), (1, 0))]
    assert proved(*results, flavour="mixed") == []


def test_teams_and_partner_changes_come_in_match_order() -> None:
    teams = [result(1, [A, B], [4, 4], seed=1), result(2, [C, D], [9, 9], seed=1)]
    partners = [result(3, [A, B], [4, 4], seed=2), result(4, [A, C], [9, 9], seed=2)]
    first, second = proved(*teams, *partners, flavour="cooperative")
    assert (first.teams, second.teams) == (((A, B), (C, D)), ((B,), (C,)))


def test_a_team_of_one_mind_is_ranked_against_others_of_its_kind() -> None:
    together = [result(i, [who, who], [paid, paid]) for i, (who, paid) in enumerate([(A, 1), (B, 3), (C, 3)])]
    pair = result(7, [C, D], [2, 2], seed=5)
    assert proved(*together, pair, flavour="cooperative") == [Comparison(((A,), (B,), (C,)), (1, 0, 0))]


def test_a_faulty_partner_does_not_count_against_the_innocent() -> None:
    forfeited = result(1, [A, C], [0, 0], faults=(None, "crash"))
    assert proved(forfeited, result(2, [B, C], [9, 9]), flavour="cooperative") == []
    (last,) = proved(forfeited, result(2, [A, D], [-5, -5]), flavour="cooperative")
    assert standing(last) == {(C,): 1, (D,): 0}


def test_where_all_candidates_forfeit_there_is_no_comparison() -> None:
    both = [result(i, [who, C], [0, 0], faults=("crash", None)) for i, who in enumerate([A, B])]
    assert proved(*both, flavour="mixed") == []


def league(size: int, *, rounds: int, seed: int = 0) -> list[Result]:
    rng, results = random.Random(seed), []
    for number in range(rounds):
        for lineup in product(cast(size), repeat=2):
            paid = rng.randrange(5)
            results.append(result(len(results), lineup, [paid, paid], seed=number))
    return results


@pytest.mark.parametrize("flavour", ["competitive", "cooperative", "mixed"])
def test_the_order_of_finishing_does_not_matter_and_rounds_may_be_folded_apart(flavour: str) -> None:
    results = league(10, rounds=3)
    whole = proved(*results, flavour=flavour)
    shuffled = random.Random(1).sample(results, len(results))
    assert proved(*shuffled, flavour=flavour) == whole
    assert proved(*results[:100], flavour=flavour) + proved(*results[100:], flavour=flavour) == whole


@given(size=st.integers(2, 20), flavour=st.sampled_from(["cooperative", "mixed"]))
@settings(max_examples=20, deadline=None)
def test_comparisons_stay_small_and_nobody_is_in_one_twice(size: int, flavour: str) -> None:
    for comparison in proved(*league(size, rounds=1), flavour=flavour):
        members = [who for team in comparison.teams for who in team]
        assert 2 <= len(comparison.teams) <= LARGEST
        assert len(set(members)) == len(members)
        assert min(comparison.ranks) == 0


def test_which_part_of_a_large_group_somebody_is_in_is_a_hash_of_place_and_candidate() -> None:
    everybody = cast(10)
    first, second = proved(*(result(i, [who, A], [i, 0], seed=77) for i, who in enumerate(everybody)), flavour="mixed")

    def lot(who: Checkpoint) -> bytes:
        return blake2b(f"77 0 {(A.id,)} {who.id}".encode(), digest_size=8).digest()

    drawn = sorted(everybody, key=lot)
    assert ([who for (who,) in first.teams], [who for (who,) in second.teams]) == (drawn[::2], drawn[1::2])
    assert list(first.ranks) == [
        sorted(map(everybody.index, drawn[::2]))[::-1].index(everybody.index(who)) for who in drawn[::2]
    ]


def test_large_groups_are_split_so_that_in_time_all_meet_all() -> None:
    met = {
        frozenset(pair)
        for comparison in proved(*league(18, rounds=2), flavour="mixed")
        for pair in combinations([team[0] for team in comparison.teams], 2)
    }
    assert len(met) == 18 * 17 // 2


def test_every_lineup_of_a_crossplay_league_takes_part() -> None:
    compared = proved(*league(5, rounds=1), flavour="cooperative")
    assert sum(len(one.teams) for one in compared) == 25 * 2  # each lineup once for each seat
