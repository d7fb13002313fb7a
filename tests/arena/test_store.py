"""The store keeps what it is given: who is in the league, what a season did, what each match came to."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from math import inf, nan
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from arena.analysis.payoff import Payoff
from arena.errors import AlreadyExists, BadConfig, BadName, Conflict, Damaged, NotFound
from arena.match import LIVING, Checkpoint, Entrant, Match, Result
from arena.ratings.model import Standings
from arena.rows import TallyRow
from arena.store import Store
from tests.arena.stored import GAME, SPEC, found, played, record, stood


@pytest.fixture
def league(tmp_path):
    store, cast = found(tmp_path / "league.db")
    with store:
        yield store, cast


# who is in the league


def test_a_registered_agent_has_one_checkpoint_with_its_weights(league):
    store, _ = league
    alice = store.register(
        Entrant("alice", "ppo(lr=3e-4)", GAME, learns=True, parent="agent-0@1"), weights=b"w", state=b"s" * 999
    )
    assert str(alice) == "alice@1"
    assert store.weights(alice.weights) == b"w"
    assert store.learner_state("alice") == b"s" * 999
    assert store.entrant("alice") == Entrant("alice", "ppo(lr=3e-4)", GAME, learns=True, parent="agent-0@1")
    assert store.checkpoint("alice") == store.checkpoint("alice@1") == alice


def test_registering_the_same_again_is_refused_or_skipped(league):
    store, cast = league
    same = Entrant("agent-0", "uniform()", GAME)
    with pytest.raises(AlreadyExists, match="agent-0"):
        store.register(same)
    assert store.register(same, if_exists="skip") == cast[0]
    with pytest.raises(AlreadyExists):
        store.register(replace(same, spec="minimax()"), if_exists="skip")


def test_names_differ_by_more_than_case_and_width(league):
    store, _ = league
    for name in ("AGENT-0", "ａｇｅｎｔ-0"):
        with pytest.raises(AlreadyExists):
            store.register(Entrant(name, "uniform()", GAME))


def test_a_misspelt_name_gets_its_neighbour_as_a_hint(league):
    store, _ = league
    with pytest.raises(NotFound) as error:
        store.entrant("agemt-1")
    assert "did you mean 'agent-1'" in str(error.value)
    with pytest.raises(NotFound, match="no checkpoint 9"):
        store.checkpoint("agent-1@9")
    with pytest.raises(BadName):
        store.checkpoint("agent-1@newest")


def test_a_renamed_agent_keeps_its_ids_and_its_former_name(league):
    store, cast = league
    record(store, played(cast, 20))
    before = store.digest()
    store.rename("agent-0", "zoe")
    assert store.checkpoint("zoe@1").id == cast[0].id
    assert store.digest() == before
    assert store.verify() == []
    with pytest.raises(NotFound) as error:
        store.entrant("agent-0")
    assert "zoe" in error.value.hint
    with pytest.raises(AlreadyExists, match="former"):  # a second agent-0@1 would have the first one's id
        store.register(Entrant("agent-0", "uniform()", GAME))
    store.rename("zoe", "agent-0")
    assert store.checkpoint("agent-0@1") == cast[0]


def test_the_retired_are_listed_only_when_asked_for(league):
    store, _ = league
    store.retire("agent-2")
    assert [one.name for one in store.entrants(GAME)] == ["agent-0", "agent-1", "agent-3"]
    assert len(store.entrants(GAME, retired=True)) == 4


def test_a_game_is_known_by_its_newest_version(league):
    store, _ = league
    store.add_game(GAME, SPEC)
    assert store.game(GAME) == SPEC
    assert store.game(GAME).text == store.games()[GAME].text == GAME  # by which an agent may make it again
    store.add_game(GAME, replace(SPEC, version=2))
    assert store.games() == {GAME: replace(SPEC, version=2)}
    with pytest.raises(NotFound):
        store.game("connect_five")


def test_equal_weights_are_stored_once(league):
    store, _ = league
    first = store.register(Entrant("twin-1", "ppo()", GAME), weights=b"same")
    second = store.register(Entrant("twin-2", "ppo()", GAME), weights=b"same")
    assert first.weights == second.weights
    assert first.id != second.id


# how far a season is


def test_a_season_remembers_what_it_was_opened_with(league):
    store, _ = league
    season = store.season(1)
    assert (season.game, season.seed, season.settings, season.rounds) == (GAME, 7, {"rounds": 1}, 0)
    assert season.entrants == ("agent-0", "agent-1", "agent-2", "agent-3")
    assert store.unfinished() == season
    store.close_season(1)
    assert store.unfinished() is None
    with pytest.raises(NotFound):
        store.season(2)


def test_an_agent_of_another_game_cannot_enter(league):
    store, _ = league
    store.add_game("chess", replace(SPEC, name="chess"))
    store.register(Entrant("knight", "uniform()", "chess"))
    with pytest.raises(BadConfig, match="knight"):
        store.open_season(GAME, settings={}, seed=1, entrants=["knight"])


def test_a_round_knows_its_pool_its_plan_and_what_is_played(league):
    store, cast = league
    assert store.round(1, 2) is None
    assert store.round(1, 1).plan is None
    results = played(cast, 30)
    plan = [result.match for result in results]
    store.save_plan(1, 1, plan)
    store.save_plan(1, 1, plan)
    store.record(1, 1, results[:10])
    round = store.round(1, 1)
    assert (round.pool, round.plan, round.recorded, round.closed) == (tuple(cast), tuple(plan), 10, False)
    with pytest.raises(Conflict):
        store.save_plan(1, 1, plan[:-1])
    with pytest.raises(Conflict):
        store.open_round(1, 1, cast[:-1])
    with pytest.raises(Conflict, match="20 of 30"):
        store.close_round(1, 1, Standings())


def test_a_plan_is_the_same_however_hard_somebody_tried_to_make_it_small(tmp_path):
    store, cast = found(tmp_path / "league.db")
    plan = [result.match for result in played(cast, 50)]
    with store:
        store.save_plan(1, 1, plan)
        with closing(sqlite3.connect(tmp_path / "league.db")) as db, db:
            packed = zlib.compress(zlib.decompress(db.execute("SELECT plan FROM rounds").fetchone()[0]), level=9)
            db.execute("UPDATE rounds SET plan = ?", (packed,))
        store.save_plan(1, 1, plan)
        with pytest.raises(Conflict):
            store.save_plan(1, 1, plan[:-1])
        assert list(store.round(1, 1).plan) == plan


def test_an_empty_plan_is_a_plan(league):
    store, _ = league
    store.save_plan(1, 1, [])
    assert store.round(1, 1).plan == ()
    store.close_round(1, 1, Standings())
    assert store.season(1).rounds == 1


def test_training_is_saved_whole_and_once(league):
    store, cast = league
    store.register(Entrant("alice", "ppo()", GAME, learns=True), weights=b"new", state=b"new")
    living = Checkpoint.make("alice", LIVING, spec="ppo()")
    tally = [
        TallyRow(cast[1], games=9.5, wins=3.25, draws=1.0, branch="pfsp", probability=0.25),
        TallyRow(living, games=4.0, wins=2.0, draws=0.0, branch="latest", probability=0.75),
    ]
    what = {"state": b"later" * 100, "weights": b"w2", "tally": tally, "metrics": {"loss": 0.5, "kl": nan}, "steps": 4096}
    frozen = store.save_training(1, 1, "alice", **what)
    assert str(frozen) == "alice@2"
    assert store.save_training(1, 1, "alice", **what) == frozen
    assert store.round(1, 1).trained == ("alice",)
    assert store.learner_state("alice") == b"later" * 100
    assert set(store.tally("alice")) == {replace(row, season=1, round=1) for row in tally}
    assert store.metrics(1, 1) == {"alice": {"loss": 0.5, "kl": None}}
    newest = store.checkpoints(agent="alice")[-1]
    assert (newest.checkpoint, newest.season, newest.round, newest.steps) == (frozen, 1, 1, 4096)
    store.open_round(1, 2, cast)
    later = replace(tally[0], games=20.0)
    store.save_training(1, 2, "alice", **{**what, "tally": [later]})
    assert {row.games for row in store.tally("alice")} == {20.0, 4.0}


# what happened

_TEXT = st.none() | st.sampled_from(["illegal", "crash", "time\0out"])


@given(
    seed=st.integers(0, 2**63 - 1),
    returns=st.tuples(*[st.floats(allow_nan=False, allow_infinity=False, width=32)] * 2),
    faults=st.tuples(_TEXT, _TEXT),
    tape=st.binary(max_size=300),
    steps=st.integers(0, 2**31),
    void=st.none() | st.text(st.characters(blacklist_categories=["Cs"]), min_size=1),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_result_comes_back_as_it_was(league, seed, returns, faults, tape, steps, void):
    store, cast = league
    match = Match(store.season(1).matches, seed, (cast[1], cast[0]))
    result = Result(match, () if void else returns, steps, tape, faults if any(faults) else (), void)
    store.record(1, 1, [result])
    assert store.match(store.status()["matches"]).result == result
    assert store.verify() == []


def test_sqlite_makes_no_table_of_its_own_for_each_row_that_is_recorded(tmp_path):
    found(tmp_path / "league.db")[0].close()
    with closing(sqlite3.connect(tmp_path / "league.db")) as db:
        for name in ("matches", "seats"):
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
            program = db.execute(f"EXPLAIN INSERT INTO {name} VALUES ({', '.join('1' * len(columns))})").fetchall()
            assert not [step for step in program if step[1].startswith("OpenE")], name


def test_the_digest_does_not_know_how_the_log_was_cut(tmp_path):
    digests = set()
    for chunk in (1, 7, 100):
        store, cast = found(tmp_path / f"{chunk}.db")
        with store:
            record(store, played(cast, 100), chunk=chunk)
            store.close_round(1, 1, stood(dict.fromkeys(cast, (25.0, 8.0, 3))))
            digests.add((store.digest(), str(store.payoffs(GAME))))
    assert len(digests) == 1


def test_payoffs_do_not_know_how_the_log_was_cut(tmp_path):
    """To the last bit: a floating sum is one of the log in its order, also when it is counted again."""
    chance, totals = Random(5), set()
    uneven = [(chance.uniform(-1, 1), chance.uniform(-9, 9)) for _ in range(300)]
    for chunk in (1, 7, 128):
        store, cast = found(tmp_path / f"{chunk}.db")
        with store:
            lineups = [tuple(cast[(place // 16 + seat) % 4] for seat in (0, 1)) for place in range(300)]
            matches = [Match(place, place, lineup) for place, lineup in enumerate(lineups)]
            record(store, [Result(*one, 1, b"") for one in zip(matches, uneven, strict=True)], chunk=chunk)
            totals.add(str(store.payoffs(GAME)))
            assert store.verify() == []
            store.recount_payoffs(GAME)
            totals.add(str(store.payoffs(GAME)))
    assert len(totals) == 1


def test_the_digest_knows_every_part_of_a_match(tmp_path):
    store, cast = found(tmp_path / "league.db")
    store.close()
    result = Result(Match(0, 5, (cast[0], cast[1])), (1.0, -1.0), 9, b"tape")
    others = [
        result,
        result._replace(match=result.match._replace(seed=6)),
        result._replace(match=result.match._replace(ordinal=1)),
        result._replace(match=result.match._replace(lineup=(cast[1], cast[0]))),
        result._replace(returns=(0.0, 0.0)),
        result._replace(steps=10),
        result._replace(tape=b"tap"),
        result._replace(faults=(None, "crash")),
        result._replace(returns=(), void="crash"),
    ]
    digests = set()
    for number, other in enumerate(others):
        store, _ = found(tmp_path / f"{number}.db")
        with store:
            store.record(1, 1, [other])
            digests.add(store.digest())
    assert len(digests) == len(others)


def test_sending_a_chunk_twice_changes_nothing(league):
    store, cast = league
    results = played(cast, 60)
    store.record(1, 1, results[:40])
    before = store.payoffs(GAME)
    store.record(1, 1, results[:40])
    assert store.payoffs(GAME) == before
    store.record(1, 1, results[20:])
    assert [row.result for row in store.results()] == results
    assert store.verify() == []


def test_a_second_story_of_a_match_is_a_conflict_and_the_first_one_stands(league):
    store, cast = league
    results = played(cast, 10)
    store.record(1, 1, results)
    before = store.digest()
    with pytest.raises(Conflict, match="match 3 of season 1"):
        store.record(1, 1, [results[3]._replace(tape=b"\1\2\3")])
    with store._reading() as db:
        assert db.exec_driver_sql("SELECT match, count(*) FROM conflicts").one() == (4, 1)
    assert store.digest() == before
    assert store.verify() == []


def test_only_checkpoints_of_the_league_are_recorded(league):
    store, cast = league
    stranger = Checkpoint.make("stranger", 1, spec="uniform()")
    with pytest.raises(NotFound, match="stranger@1"):
        store.record(1, 1, [Result(Match(0, 0, (cast[0], stranger)), (0.0, 0.0), 1, b"")])
    assert store.status()["matches"] == 0


def test_pages_join_into_the_whole_log(league):
    store, cast = league
    results = played(cast, 230)
    record(store, results)
    filters = [
        {},
        {"agent": "agent-1"},
        {"season": 1},
        {"game": GAME},
        {"ending": "forfeit"},
        {"agent": "agent-1", "ending": "void"},
    ]
    for chosen in filters:
        ids, page = [], store.matches(**chosen, limit=7)
        while page:
            ids += [row.id for row in page]
            page = store.matches(**chosen, limit=7, before=page[-1].id)
        expected = [row.id for row in store.results() if _chosen(row.result, **chosen)]
        assert ids == expected[::-1], chosen


def _chosen(result, *, agent=None, ending=None, **_):
    return (agent is None or agent in [one.agent for one in result.match.lineup]) and ending in (None, result.ending.kind)


def test_seasons_of_two_games_may_take_turns(league):
    store, cast = league
    store.add_game("chess", replace(SPEC, name="chess"))
    pair = [store.register(Entrant(name, "uniform()", "chess")) for name in ("knight", "rook")]
    store.open_season("chess", settings={}, seed=1, entrants=["knight", "rook"])
    store.open_round(2, 1, pair)
    ours, theirs = played(cast, 40), played(pair, 40)
    for start in range(0, 40, 10):
        store.record(1, 1, ours[start : start + 10])
        store.record(2, 1, theirs[start : start + 10])
    assert [row.result for row in store.results(GAME)] == [row.result for row in store.results(season=1)] == ours
    assert [row.result for row in store.results("chess", after=35)] == theirs[15:]
    assert [row.result for row in store.matches(season=2, before=25, limit=3)] == theirs[7:10][
        ::-1
    ]  # match 25 is season 1's
    assert {row.game for row in store.matches(game="chess")} == {"chess"}
    assert store.verify() == []


def test_a_stream_of_many_pages_is_the_log(league):
    store, cast = league
    results = played(cast, 4100)
    record(store, results, chunk=1025)
    assert [row.result for row in store.results()] == results
    assert [row.id for row in store.results(season=1, round=1, after=4090)] == list(range(4091, 4101))


def test_a_page_may_be_longer_than_a_statement_can_name(league):
    store, cast = league
    results = played(cast, 4100)
    record(store, results, chunk=1025)
    assert [row.result for row in store.matches(limit=100_000)] == results[::-1]
    assert [row.id for row in store.matches(season=1, limit=4050)] == list(range(4100, 50, -1))


def test_the_spoiled_are_counted_by_ending(league):
    store, (a, b, *_) = league
    endings = [(), ("crash", "illegal"), ("illegal", "crash"), ("crash", "crash"), (None, "crash"), (None, "illegal")]
    results = [Result(Match(n, n, (a, b)), (0.0, 0.0), 9, b"", faults) for n, faults in enumerate(endings)]
    void = [Result(Match(n, n, (a, b)), (), 0, b"", void="rules: IndexError") for n in (6, 7)]
    store.record(1, 1, [*results, *void])
    expected = {"forfeit(crash)": 2, "forfeit(crash+illegal)": 2, "forfeit(illegal)": 1, "void(rules: IndexError)": 2}
    assert store.spoiled(1) == expected
    assert store.spoiled(2) == {}


# what it came to


def test_payoffs_say_what_each_earned_from_each(league):
    store, (a, b, c, d) = league
    games = [(a, b, 1.0), (b, a, 1.0), (a, b, 0.0), (a, a, 1.0)]
    results = [Result(Match(n, n, (x, y)), (r, -r), 9, b"") for n, (x, y, r) in enumerate(games)]
    forfeit = Result(Match(4, 4, (c, d)), (-1.0, 1.0), 0, b"", faults=("crash", None))
    void = Result(Match(5, 5, (c, d)), (), 0, b"", void="machine: out of memory")
    store.record(1, 1, [*results, forfeit, void])
    assert store.payoffs(GAME) == {
        (a, a): Payoff(2, wins=1, losses=1, total=0.0, squares=2.0),
        (a, b): Payoff(3, wins=1, draws=1, losses=1, total=0.0, squares=2.0),
        (b, a): Payoff(3, wins=1, draws=1, losses=1, total=0.0, squares=2.0),
        (c, d): Payoff(1, losses=1, total=-1.0, squares=1.0),
        (d, c): Payoff(1, wins=1, total=1.0, squares=1.0),
    }
    assert store.faults(GAME) == {c: 1}


def test_partners_earn_together(tmp_path):
    with Store.open(tmp_path / "league.db", write=True) as store:
        store.add_game("levers", replace(SPEC, name="levers", flavour="cooperative"))
        a, b = (store.register(Entrant(name, "uniform()", "levers")) for name in "ab")
        store.open_season("levers", settings={}, seed=0, entrants=["a", "b"])
        store.open_round(1, 1, [a, b])
        store.record(1, 1, [Result(Match(0, 0, (a, b)), (0.5, 0.5), 1, b"")])
        together = Payoff(1, draws=1, total=0.5, squares=0.25)
        assert store.payoffs("levers") == {(a, b): together, (b, a): together}


def test_team_mates_earn_nothing_from_each_other(tmp_path):
    with Store.open(tmp_path / "league.db", write=True) as store:
        store.add_game("doubles", replace(SPEC, name="doubles", seats=4, teams=(0, 1, 0, 1)))
        a, b, c, d = (store.register(Entrant(name, "uniform()", "doubles")) for name in "abcd")
        store.open_season("doubles", settings={}, seed=0, entrants=list("abcd"))
        store.open_round(1, 1, [a, b, c, d])
        store.record(1, 1, [Result(Match(0, 0, (a, b, c, d)), (1.0, -1.0, 1.0, -1.0), 1, b"")])
        won = {pair: payoff.wins for pair, payoff in store.payoffs("doubles").items()}
        assert won == {(a, b): 1, (a, d): 1, (b, a): 0, (b, c): 0, (c, b): 1, (c, d): 1, (d, a): 0, (d, c): 0}
        assert store.verify() == []


def test_closing_a_round_keeps_ratings_and_their_history(league):
    store, cast = league
    assert store.standings(GAME) == Standings()
    record(store, played(cast, 10))
    first = {one: (25.0 + n, 8.0, 1 + n) for n, one in enumerate(cast)}
    store.close_round(1, 1, stood(first, {"draws": 3}))
    assert store.standings(GAME) == stood(first, {"draws": 3})
    before = store.digest()
    store.open_round(1, 2, cast)
    second = {**first, cast[0]: (1 / 3, 7.0, 9)}
    store.close_round(1, 2, stood(second, {"draws": 4}))
    assert store.standings(GAME) == stood(second, {"draws": 4})
    assert [row.mu for row in store.rating_history(GAME) if row.checkpoint == cast[0]] == [25.0, 1 / 3]
    assert store.digest() != before
    assert store.season(1).rounds == 2


@pytest.mark.parametrize("rating", [(nan, 1.0), (inf, 1.0), (25.0, 0.0), (25.0, -1.0), (25.0, nan), (25.0, inf)])
def test_no_rating_is_ever_not_a_number(league, rating):
    store, cast = league
    with pytest.raises(IntegrityError):
        store.close_round(1, 1, stood({cast[0]: (*rating, 1)}))
    assert store.standings(GAME) == Standings()
    assert not store.round(1, 1).closed


def test_the_status_names_the_unfinished_season(league):
    store, cast = league
    record(store, played(cast, 10))
    status = store.status()
    assert (status["agents"], status["checkpoints"], status["matches"], status["unfinished"]) == (4, 4, 10, 1)
    assert status["log_digest"] == store.match(10).digest


def test_damaged_weights_are_never_handed_out(league):
    store, cast = league
    with store._writing() as db:
        db.exec_driver_sql("UPDATE weights SET data = x'00' WHERE sha = ?", (cast[0].weights,))
    with pytest.raises(Damaged):
        store.weights(cast[0].weights)
    with pytest.raises(NotFound):
        store.weights("0" * 64)
