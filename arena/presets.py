"""Presets: what the well-known leagues train against, each as a line of a table. `arena season run --preset alphastar`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from arena.match import ROLES


@dataclass(frozen=True)
class Preset:
    """An opponent mix for each role, and whether snapshots wait until they are worth one (see `arena.roles`)."""

    mix: str
    by_role: Mapping[str, str] = field(default_factory=dict)
    gated: bool = False

    def mix_for(self, role: str) -> str:
        """The mix of a learner in this role."""
        return self.by_role.get(role, self.mix)


PRESETS: Mapping[str, Preset] = {
    "self-play": Preset("mixture(latest=0.8)"),
    "openai-five": Preset("mixture(latest=0.8, rest='quality')"),
    "alphastar": Preset("alphastar('main')", {role: f"alphastar({role!r})" for role in ROLES}, gated=True),
    "fictitious-play": Preset("uniform"),
    "psro": Preset("nash"),
}
