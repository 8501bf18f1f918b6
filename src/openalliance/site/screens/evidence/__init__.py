"""Meta-analyses taken in from files: for everybody who works in the practice."""
