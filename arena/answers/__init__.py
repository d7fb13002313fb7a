"""Answers: what a league's analyst found out, one question a file. Each prints itself, has JSON, and draws a figure."""
