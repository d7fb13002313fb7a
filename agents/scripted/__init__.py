"""Agents that do not learn, one family a file."""
