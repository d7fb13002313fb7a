"""What users of the league write: good, bad and odd."""
