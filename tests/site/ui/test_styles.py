"""What a strict content security policy and readable colours ask of every template and style."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SITE = Path(__file__).parents[3] / "src/openalliance/site"
STYLES = SITE / "ui/static/ui/css"
TEMPLATES = sorted(path for path in SITE.rglob("*.html") if "templates" in path.parts)

ON_GROUNDS = {
    "paper": ("ink", "ink-soft", "accent", "warm", "danger"),
    "surface": ("ink", "ink-soft", "accent", "warm", "caution", "danger", "good"),
    "sunk": ("ink", "ink-soft"),
    "accent": ("accent-ink",),
    "accent-soft": ("ink", "accent", "accent-hover"),
    "warm-soft": ("ink", "warm"),
    "caution-soft": ("ink", "caution"),
    "danger-soft": ("ink", "danger"),
    "good-soft": ("ink", "good"),
}


def blocks() -> list[dict[str, str]]:
    text = (STYLES / "tokens.css").read_text(encoding="utf-8")
    found = re.findall(r"\{([^{}]+)\}", text)
    return [dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block)) for block in found]


LIGHT, *_, BY_SYSTEM, DARK = [block for block in blocks() if block]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_dark_by_the_system_and_dark_by_hand_are_the_same() -> None:
    assert BY_SYSTEM == DARK


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ON_GROUNDS)
def test_words_can_be_read_on_every_ground(theme: dict[str, str], ground: str) -> None:
    for ink in ON_GROUNDS[ground]:
        assert contrast(theme[ink], theme[ground]) >= 4.5, f"{ink} on {ground}"


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_edges_of_fields_and_the_focus_ring_can_be_seen(theme: dict[str, str]) -> None:
    for ground in ("paper", "surface"):
        assert contrast(theme["line-strong"], theme[ground]) >= 3
        assert contrast(theme["focus"], theme[ground]) >= 3


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(SITE).as_posix())
def test_no_template_carries_style_or_script_of_its_own(path: Path) -> None:
    text = re.sub(r"(?s)\{% comment.*?endcomment %\}", "", path.read_text(encoding="utf-8"))
    assert not re.search(r"<style|\sstyle=|\son\w+=\"|javascript:|hx-on", text)
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script, script


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(SITE).as_posix())
def test_no_template_asks_another_host_for_anything(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img|iframe|source)[^>]+(src|href)=\"(https?:)?//", text)


@pytest.mark.parametrize("path", sorted(STYLES.glob("*.css")), ids=lambda path: path.name)
def test_no_style_sheet_fetches_anything(path: Path) -> None:
    assert not re.search(r"@import|url\(", path.read_text(encoding="utf-8"))


def test_no_colour_stands_outside_the_tokens_but_on_paper() -> None:
    for path in STYLES.glob("*.css"):
        if path.name not in {"tokens.css", "print.css"}:
            assert not re.search(r"#[0-9a-f]{3,6}\b", path.read_text(encoding="utf-8")), path.name
