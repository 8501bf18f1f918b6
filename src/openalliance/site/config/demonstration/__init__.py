"""The demonstration: a practice that never existed, out of the simulator's known truth."""
