"""OpenAlliance: measure, build, repair and keep the therapeutic alliance."""
