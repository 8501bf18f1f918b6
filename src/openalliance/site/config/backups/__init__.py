"""Backups: made while the practice is in use, readable with one key only, proven on return."""
