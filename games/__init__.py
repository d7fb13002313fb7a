"""Rules: batched games as pure functions."""

DISTRIBUTION = "arena-league"
