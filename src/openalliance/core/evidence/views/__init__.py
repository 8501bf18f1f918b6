"""What the pictures of a meta-analysis show, computed from a fit."""
