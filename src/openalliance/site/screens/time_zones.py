"""The time zones a practice may choose from."""

from __future__ import annotations

from zoneinfo import available_timezones


def time_zones() -> list[tuple[str, str]]:
    """Return every zone that is named after a place, and UTC."""
    named = {zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")}
    return [(zone, zone.replace("_", " ")) for zone in sorted(named | {"UTC"})]
