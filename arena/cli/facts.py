"""The league's facts as JSON, with keys that stay."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from arena.match import Checkpoint, Entrant
from arena.rows import MatchRow, SeasonRow, nth

if TYPE_CHECKING:
    from arena.profile import Profile
    from arena.replay import Frame


def checkpoint_json(checkpoint: Checkpoint) -> dict[str, Any]:
    return {"name": str(checkpoint), **asdict(checkpoint)}


def entrant_json(entrant: Entrant) -> dict[str, Any]:
    return asdict(entrant)


def agent_json(agent: Profile) -> dict[str, Any]:
    """An agent with its checkpoints, ratings and training opponents."""
    checkpoints = []
    for row in agent.checkpoints:
        rating = agent.ratings.get(row.checkpoint)
        rated = {"mu": rating.mu, "sigma": rating.sigma, "skill": rating.exposure} if rating else None
        born = {"season": row.season, "round": None if row.round is None else nth(row.round), "steps": row.steps}
        checkpoints.append({**checkpoint_json(row.checkpoint), **born, "rating": rated})
    met = [{**asdict(row), "round": nth(row.round), "opponent": str(row.opponent)} for row in agent.tally]
    drawn = [
        {**asdict(row), "round": nth(row.round), "opponent": str(row.opponent), "win_rate": row.win_rate}
        for row in agent.draws
    ]
    facts = {"agent": entrant_json(agent.entrant), "suspended": agent.faults > 0, "checkpoints": checkpoints}
    return {**facts, "trained_against": met, "latest_draws": drawn, "latest_metrics": dict(agent.metrics)}


def season_json(season: SeasonRow) -> dict[str, Any]:
    return {**asdict(season), "settings": dict(season.settings), "entrants": list(season.entrants)}


def match_json(row: MatchRow) -> dict[str, Any]:
    """A match with its lineup, seat by seat. The tape is hex."""
    result = row.result
    return {
        "id": row.id,
        "season": row.season,
        "round": nth(row.round),
        "ordinal": result.match.ordinal,
        "game": row.game,
        "version": row.version,
        "seed": result.match.seed,
        "lineup": [str(seat) for seat in result.match.lineup],
        "weights": [seat.weights for seat in result.match.lineup],
        "returns": list(result.returns),
        "steps": result.steps,
        "ending": asdict(result.ending),
        "faults": list(result.faults),
        "void": result.void,
        "tape": result.tape.hex(),
        "neutral": result.neutral,
        "jails": list(result.jails),
        "digest": row.digest,
        "played_at": row.played_at,
    }


def frame_json(frame: Frame) -> dict[str, Any]:
    return {"step": frame.step, "moves": list(frame.moves), "returns": list(frame.returns), "text": frame.text}
