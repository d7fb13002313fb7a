"""Players: scripted agents and learners. They see observations, never the league."""

DISTRIBUTION = "arena-league"  # another distribution installs an `agents` too; see arena/__init__.py
