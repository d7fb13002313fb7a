"""`arena analyze`: questions to the recorded matches that no rating alone answers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import click

from arena.cli.asking import asked, of_game, tell
from arena.cli.desk import Desk, Whole
from arena.cli.parts import parts
from games.errors import ArenaError
from games.registry import Spec


@click.group()
def analyze() -> None:
    """Questions to the recorded matches.

    Each answers with a table, with --json, or as a figure: --format png -o FILE.png
    (which needs: pip install 'arena-league[labs]').
    """


@analyze.command()
@of_game
@click.option("--top", type=Whole(1), default=12, show_default=True, help="Rows and columns to show.")
@asked
def payoff(desk: Desk, game: str, top: int, format: str, output: str | None) -> None:
    """What everybody earned against everybody: the win rate of the row, or its mean return where nobody wins.

    \b
    arena analyze payoff
    arena analyze payoff --game prisoners_dilemma --format csv -o payoff.csv
    arena analyze payoff --format png -o payoff.png
    """
    tell(desk, desk.league().analyze.payoff(game, top=top), format, output)


@analyze.command()
@of_game
@asked
def nash(desk: Desk, game: str, format: str, output: str | None) -> None:
    """Who is needed when nobody may be favoured: the Nash mixture, and how everybody fares against it.

    A rating that copies of an agent cannot inflate (Balduzzi et al. 2018).

    \b
    arena analyze nash
    """
    tell(desk, desk.league().analyze.nash(game), format, output)


@analyze.command()
@of_game
@click.option("--top", type=Whole(1), default=10, show_default=True, help="Rings to show.")
@asked
def cycles(desk: Desk, game: str, top: int, format: str, output: str | None) -> None:
    """Who beats whom in a ring, how much of the results is such, and whether it is more than luck.

    Luck is told by matches that are independent. Agents that leave little to chance repeat theirs: believe them less.

    \b
    arena analyze cycles
    """
    tell(desk, desk.league().analyze.cycles(game, top=top), format, output)


@analyze.command()
@of_game
@asked
def crossplay(desk: Desk, game: str, format: str, output: str | None) -> None:
    """What teams earn with themselves and with strangers, in a cooperative game.

    \b
    arena analyze crossplay --game two_step
    """
    tell(desk, desk.league().analyze.crossplay(game), format, output)


@analyze.command()
@of_game
@asked
def lineage(desk: Desk, game: str, format: str, output: str | None) -> None:
    """The family tree of a game's checkpoints, each with its rating at birth.

    \b
    arena analyze lineage
    """
    tell(desk, desk.league().analyze.lineage(game), format, output)


@analyze.command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@asked
def predict(desk: Desk, one: str, other: str, format: str, output: str | None) -> None:
    """How A would fare against B, by both rating models, with intervals.

    NAME is the newest checkpoint of an agent, NAME@VERSION any. Where the first seat is worth something the chances are
    told for each seat, and for a mirrored pair, in which each sits first once.

    \b
    arena analyze predict alice bob
    arena analyze predict alice@3 alice@1 --format png -o prediction.png
    """
    tell(desk, desk.league().analyze.predict(one, other), format, output)


@analyze.command()
@click.option(
    "--drop", multiple=True, required=True, metavar="AGENT", help="Who never played, NAME or NAME@VERSION; again for more."
)
@click.option("--all", "every", is_flag=True, help="Every rated checkpoint, not just the newest of each agent.")
@asked
def whatif(desk: Desk, drop: Sequence[str], every: bool, format: str, output: str | None) -> None:
    """The board as if somebody had never played, beside the actual one: who moves by how much, by both rating models.

    Matches of those dropped are left out whole, and the rest is rated anew.

    \b
    arena analyze whatif --drop alice
    arena analyze whatif --drop alice@1 --drop bob
    """
    tell(desk, desk.league().analyze.whatif(*drop, every=every), format, output)


@analyze.command()
@of_game
@click.option("--place", type=Whole(1), default=1, show_default=True, help="The place that is to swap with the next one.")
@asked
def fragility(desk: Desk, game: str, place: int, format: str, output: str | None) -> None:
    """The fewest results without which first and second would swap: how much the order rests on.

    Told with the matches, by the official board (davidson), and shown by a refit. Found by trying the most influential
    results; where every smaller set can be tried as well it is said that there is none, else it is an upper bound.

    \b
    arena analyze fragility
    arena analyze fragility --place 3 --json
    """
    with parts(desk) as notify:
        answer = desk.league().analyze.fragility(game, place=place, notify=notify)
    tell(desk, answer, format, output)


@analyze.command()
@click.argument("agent")
@click.option("--game", metavar="SPEC", help="The game that AGENT plays: one of the league, else any spec.")
@click.option("--budget", metavar="STEPS|TIME", help="How long an exploiter trains, in decisions (300000) or time (30s).")
@click.option("--learner", metavar="SPEC", help="Who is trained as the exploiter, in place of ppo.")
@click.option(
    "--games", type=Whole(2, 250_000), metavar="N", help="How many matches the exploiter plays, in place of 1000."
)
@asked
def exploitability(
    desk: Desk,
    agent: str,
    game: str | None,
    budget: str | None,
    learner: str | None,
    games: int | None,
    format: str,
    output: str | None,
) -> None:
    """What a best response wins from an agent: 0 for perfect play.

    AGENT is the newest checkpoint of an agent of the league, NAME@VERSION any; with --game it may also be a spec.

    Exact for games of two seats that are small enough to be written out, such as kuhn_poker, leduc_poker, tic_tac_toe and
    matrix games, and agents that tell how likely each of their actions is.

    Elsewhere, or with --budget, --learner or --games, an exploiter is trained against the agent. What it wins is a lower
    bound. It stays in the league as an ordinary agent, NAME-VERSION-exploiter, and plays later seasons until it is retired.

    \b
    arena analyze exploitability alice@3
    arena analyze exploitability alice@3 --budget 2m --learner dqn
    arena analyze exploitability 'cfr(iterations=100)' --game leduc_poker
    """
    with parts(desk) as notify:
        answer = desk.league().analyze.exploitability(
            agent, game=game, budget=budget, learner=learner, games=games, notify=notify
        )
    tell(desk, answer, format, output)
    with suppress(ArenaError):  # of one that nobody here is called
        if game is not None and (plays := desk.league().agent(agent).entrant.game) != str(Spec.parse(game)):
            desk.say(f"note  this is a new {agent}, made by that spec: the league's {agent} plays {plays}")
    if exploiter := getattr(answer, "exploiter", None):  # none where the answer is exact
        left = desk.typed(f"agents retire {exploiter.agent}")
        desk.say(f"{exploiter} stays in the league and plays later seasons, until: {left}")
