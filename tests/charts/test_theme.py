"""Colours that everyone can read: contrast against the ground, in light and in dark."""

from __future__ import annotations

import pytest

from openalliance.charts.theme import DARK, LIGHT, PAGE, Palette

TEXT = ("ink", "soft", "outcome", "client", "therapist", "goal")
SHAPES = ("rupture", "repair", "missed")


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", TEXT)
def test_words_have_a_contrast_of_at_least_four_and_a_half(palette: Palette, role: str) -> None:
    assert contrast(getattr(palette, role), palette.ground) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", SHAPES)
def test_shapes_have_a_contrast_of_at_least_three(palette: Palette, role: str) -> None:
    assert contrast(getattr(palette, role), palette.ground) >= 3


def test_a_page_names_its_colours_instead_of_giving_them() -> None:
    assert PAGE.client == "var(--chart-client)"
