"""The picture of growth curves."""

from __future__ import annotations

from openalliance.charts.render import to_svg
from openalliance.charts.trajectory import GrowthPicture, trajectory_chart

LINES = [{"client": "a", "time": float(t), "score": 20.0 - t} for t in range(4)]
CURVE = [
    {"time": float(t), "mean": 20.0 - t, "mean_low": 19.0 - t, "mean_high": 21.0 - t,
     "low": 10.0 - t, "high": 30.0 - t}
    for t in range(5)
]  # fmt: skip
FORECAST = {"client": "a", "time": 4.0, "mean": 16.0, "low": 12.0, "high": 20.0}


def picture(forecasts: list[dict[str, object]]) -> GrowthPicture:
    return GrowthPicture(
        lines=LINES,
        curve=CURVE,
        forecasts=forecasts,
        time_title="Time (weeks)",
        score_title="Score (PHQ-9)",
        level=0.8,
        n_clients=1200,
        n_drawn=1,
    )


def test_says_in_words_what_is_drawn() -> None:
    drawn = to_svg(trajectory_chart(picture([FORECAST])))
    for words in ("usual course", "client a", "1,200 clients", "80 %", "Time (weeks)"):
        assert words in drawn


def test_without_forecasts_nothing_is_said_of_them() -> None:
    assert "Diamonds" not in to_svg(trajectory_chart(picture([])))
