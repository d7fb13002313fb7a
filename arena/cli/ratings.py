"""`arena ratings`: questions to the ratings themselves."""

from __future__ import annotations

import click


@click.group()
def ratings() -> None:
    """Questions to the ratings themselves."""
