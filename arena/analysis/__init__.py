"""Analysis: pure functions of results, one question a file."""
