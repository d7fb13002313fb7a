"""What stands between the league and a program."""
