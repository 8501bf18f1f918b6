"""A practice's own relation of alliance and outcome, beside what is published."""
