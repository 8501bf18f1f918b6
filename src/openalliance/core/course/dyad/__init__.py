"""Client and therapist about the same session: gap, tracking, agreement and outcome."""
