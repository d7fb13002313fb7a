"""The textbook's experiments: a question, a small script, a table, a figure and one sentence of finding. One lab a file.

    arena lab list
    arena lab run dyna-planning
    arena lab run dyna-planning --quick --seeds 3 -o results --json

A lab is a function of a `Run` and, if it likes, of arguments with defaults; it answers a `Finding`. How that is printed,
drawn and saved is said once, in `page.py`.
"""

from typing import NamedTuple

from games.registry import Registry


class Listed(NamedTuple):
    """What is known of a lab before it runs, said here so that the list needs none of them imported."""

    target: str
    question: str
    seeds: int  # how many it runs unless told
    seconds: float  # for one seed in full, on one core of a small machine


WORK = {
    "dyna-planning": Listed(
        "arena.labs.dyna:dyna_planning", "how much experience does planning in a learned model save?", 20, 0.5
    ),
    "model-error": Listed(
        "arena.labs.model_error:model_error", "how far can a learned model dream before it is wrong?", 5, 9.0
    ),
    "ensemble-disagreement": Listed(
        "arena.labs.ensemble:ensemble_disagreement", "does an ensemble of models know where it is wrong?", 5, 35.0
    ),
    "axelrod-first": Listed(
        "arena.labs.axelrod:axelrod_first", "does tit for tat still win Axelrod's first tournament?", 5, 3.0
    ),
    "ipd-cooperation": Listed("arena.labs.ipd:ipd_cooperation", "do two independent learners come to cooperate?", 10, 30.0),
    "rps-pool": Listed(
        "arena.labs.rps_pool:rps_pool", "why does self-play cycle, and when does a pool of old selves help?", 10, 2.0
    ),
    "qmix-monotonicity": Listed(
        "arena.labs.qmix_monotonicity:qmix_monotonicity", "does the absolute value make QMIX's mixer monotone?", 5, 10.0
    ),
    "two-step": Listed("arena.labs.two_step:two_step", "which learners find the 8 of the two-step game?", 5, 20.0),
    "levers": Listed("arena.labs.levers:levers", "what is talk worth to strangers at five levers?", 3, 200.0),
    "speaker-listener": Listed(
        "arena.labs.speaker_listener:speaker_listener", "what do a speaker's messages mean?", 5, 10.0
    ),
    "emergence": Listed(
        "arena.labs.emergence:emergence", "what emerges when hiders and seekers have only each other?", 3, 200.0
    ),
    "poker": Listed("arena.labs.poker:poker", "how near to the equilibrium of poker does self-play come?", 3, 520.0),
}
LABS = Registry("lab", {name: lab.target for name, lab in WORK.items()})
