"""Who would win: what both models say of a stored league, and where one of them must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena import League
from arena.answers.prediction import Prediction
from arena.errors import BadConfig, NotFound
from arena.figures import png
from arena.match import Entrant
from arena.ratings import RATINGS
from arena.store import Store
from games.spec import GameSpec
from tests.arena.stored import SPEC, duels, logged

PLAYED = duels(
    {
        ("ann", "bob"): (7, 3, 2),
        ("bob", "ann"): (4, 6, 2),
        ("bob", "cid"): (5, 4, 1),
        ("ann", "zed"): (5, 0),
        ("far", "off"): (3, 1),
    }
)


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> League:
    return logged(tmp_path_factory.mktemp("predicted") / "league.db", PLAYED, agents=["new"])


def value(of: Prediction, model: str, seat: str = "either") -> tuple[float, float, float]:
    (line,) = [line for line in of.lines if (line.model, line.seat) == (model, seat)]
    return line.chances.win.value, line.chances.draw.value, line.chances.loss.value


def test_both_models_say_what_they_would_say_themselves(league: League) -> None:
    made, fit = league.analyze.predict("ann", "bob"), league.ratings.fit()
    assert value(made, "davidson", "first") == pytest.approx(fit.predict(made.one, made.other, sided=True))
    assert value(made, "davidson", "second") == pytest.approx(fit.predict(made.other, made.one, sided=True)[::-1])
    with Store.open(league.path) as store:
        standings = store.standings(SPEC.name)
    ratings = [standings.ratings[who] for who in (made.one, made.other)]
    assert value(made, "trueskill") == RATINGS.make("trueskill").predict(*ratings, standings.counters)
    assert (made.played.games, made.played.wins, made.played.draws, made.played.losses) == (24, 13, 4, 7)
    assert "they met 24 times: 13/4/7" in str(made)
    assert made.lead == fit.lead(made.one, made.other)


def test_those_who_met_only_through_others_are_told_of_as_well(league: League) -> None:
    made = league.analyze.predict("ann", "cid")
    assert "they never met" in str(made)
    assert {line.model for line in made.lines} == {"davidson", "trueskill"}


def test_of_groups_that_never_met_davidson_says_that_it_cannot_tell(league: League) -> None:
    made = league.analyze.predict("ann", "far")
    assert [line.model for line in made.lines] == ["trueskill"]
    assert "davidson cannot tell" in str(made)
    assert made.as_json()["never_met"]
    assert made.as_json()["lead"] is None


def test_where_one_took_all_only_a_prior_says_how_far_apart_they_are(league: League) -> None:
    assert league.analyze.predict("bob", "zed").one_way
    assert "only davidson's prior" in str(league.analyze.predict("ann", "zed"))
    assert not league.analyze.predict("ann", "cid").one_way


def test_answers_print_themselves_and_draw_a_figure(league: League) -> None:
    for pair in (("ann", "bob"), ("ann", "far")):
        made = league.analyze.predict(*pair)
        headers, rows = made.rows()
        assert rows
        assert all(len(row) == len(headers) for row in rows)
        facts = made.as_json()
        assert facts["schema"] == 1
        assert [one["model"] for one in facts["forecasts"]] == [row[0] for row in rows]
        for one in facts["forecasts"]:
            assert one["win"]["value"] + one["draw"]["value"] + one["loss"]["value"] == pytest.approx(1)
        assert png(made.draw).startswith(b"\x89PNG")


def test_who_has_not_played_cannot_be_predicted(league: League) -> None:
    with pytest.raises(NotFound, match="new@1 has not been rated yet") as error:
        league.analyze.predict("ann", "new")
    assert "arena season run" in str(error.value.hint)


def test_of_a_newer_checkpoint_that_has_not_played_the_rated_one_is_named(tmp_path: Path) -> None:
    league = logged(tmp_path / "league.db", PLAYED)
    with Store.open(league.path, write=True) as store:
        store.open_round(1, 1, [store.checkpoint("ann")])
        store.save_training(1, 1, "ann", state=b"", weights=b"learned", tally=[], metrics={}, steps=1)
    with pytest.raises(NotFound, match="ann@2") as error:
        league.analyze.predict("ann", "bob")
    assert "ann@1" in str(error.value.hint)


def test_strangers_twins_and_other_games_are_refused(tmp_path: Path) -> None:
    league = logged(tmp_path / "league.db", PLAYED)
    with Store.open(league.path, write=True) as store:
        store.add_game("other", GameSpec("other", 1, "competitive", 2, 7, (1,), 9, (-1.0, 1.0)))
        store.register(Entrant("guest", "uniform()", "other"))
    with pytest.raises(NotFound, match="did you mean 'ann'"):
        league.analyze.predict("anne", "bob")
    with pytest.raises(BadConfig, match="compared with itself"):
        league.analyze.predict("ann", "ann@1")
    with pytest.raises(BadConfig, match="different games"):
        league.analyze.predict("ann", "guest")
    mixed = GameSpec("mixed", 1, "mixed", 2, 2, (1,), 1, (-1.0, 1.0))
    with pytest.raises(BadConfig, match="not about beating others"):
        logged(tmp_path / "mixed.db", duels({("a", "b"): (1, 1)}), spec=mixed).analyze.predict("a", "b")
