"""Meta-analyses that a practice keeps: published effects, nobody's records."""
