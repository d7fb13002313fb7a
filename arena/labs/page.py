"""How a finding is kept: one JSON file of its numbers and one PNG figure, both whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arena.figures import png
from arena.labs.lab import QUICK, Finding, Run


def told(lab: str, run: Run, finding: Finding) -> dict[str, Any]:
    """A finding as JSON has it."""
    return {
        "schema": 1,
        "lab": lab,
        "quick": run.quick,
        "seeds": run.seeds,
        "finding": finding.sentence,
        **({"note": QUICK} if run.quick else {}),
        "table": [dict(zip(finding.headers, map(str, row), strict=True)) for row in finding.rows],
        "numbers": dict(finding.numbers),
    }


def save(folder: Path, stem: str, facts: Mapping[str, Any], finding: Finding) -> list[Path]:
    """Writes `stem`.json and `stem`.png. Whenever it is interrupted, each file is the old one or the new one, whole."""
    pages = {
        folder / f"{stem}.json": (json.dumps(facts, indent=2) + "\n").encode(),
        folder / f"{stem}.png": png(finding.draw, panels=finding.panels),
    }
    for path, page in pages.items():
        _replace(path, page)
    return list(pages)


def _replace(path: Path, page: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(page)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
