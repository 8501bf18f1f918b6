"""Base templates, components, styles, scripts and language files that every screen uses."""
