"""Expected courses from data: fit one, blend it with norms, predict, judge off-track rules."""
