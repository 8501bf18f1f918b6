"""Many clients: reliability of a measure, differences between therapists."""
