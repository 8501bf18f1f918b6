"""A small line for lists, as numbers that a template draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, EDGE = 120, 32, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """Coordinates of a sparkline; `line` is empty when there is nothing to draw.

    Parameters
    ----------
    line
        Points of the polyline.
    last
        Where the last value is.
    band
        Top and height of a shaded range, if any.
    """

    line: str
    last: tuple[float, float] = (0.0, 0.0)
    band: tuple[float, float] | None = None
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(
    values: Sequence[float],
    *,
    limits: tuple[float, float] = (0.0, 10.0),
    band: tuple[float, float] | None = None,
) -> Sparkline:
    """Return the sparkline of equally spaced values.

    Parameters
    ----------
    values
        Oldest first.
    limits
        Lowest and highest possible value: lines of different people stay comparable.
    band
        Range to shade behind the line.

    Examples
    --------
    >>> sparkline([0.0, 10.0]).line
    '4.0,28.0 116.0,4.0'
    """
    if not values:
        return Sparkline(line="")
    low, high = limits

    def down(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE), 1)

    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    points = [(round(EDGE + index * step, 1), down(value)) for index, value in enumerate(values)]
    if len(points) == 1:
        points = [(float(EDGE), points[0][1]), (float(WIDTH - EDGE), points[0][1])]
    shaded = (down(band[1]), round(down(band[0]) - down(band[1]), 1)) if band else None
    line = " ".join(f"{x},{y}" for x, y in points)
    return Sparkline(line=line, last=points[-1], band=shaded)
