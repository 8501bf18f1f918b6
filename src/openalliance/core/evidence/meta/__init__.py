"""Meta-analysis: fixed, random-effects and three-level models, and what to look at beside them."""
