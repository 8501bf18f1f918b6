"""The documents: links lead somewhere, and what the project promises to keep is kept."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def _headings(text: str) -> set[str]:
    """Return the anchors of a document the way forges make them."""
    lines = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def _broken(path: Path, text: str) -> list[str]:
    broken = []
    for link in LINK.findall(CODE.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (path.parent / name) if name else path
        if not target.exists() or (
            anchor and anchor not in _headings(target.read_text(encoding="utf-8"))
        ):
            broken.append(f"{path.name}: {link}")
    return broken


def test_every_link_leads_somewhere(texts: dict[Path, str]) -> None:
    pages = {path: text for path, text in texts.items() if path.suffix == ".md"}
    assert [link for path, text in pages.items() for link in _broken(path, text)] == []


def test_every_page_of_the_documentation_is_found_from_its_start(
    texts: dict[Path, str], project: Path
) -> None:
    start = project / "docs/README.md"
    listed = {(start.parent / link).resolve() for link in LINK.findall(texts[start])}
    pages = {
        path
        for path in texts
        if path.suffix == ".md" and project / "docs" in path.parents and path != start
    }
    records = {path for path in pages if path.parent.name == "decisions" and path.stem != "README"}
    assert pages - records - listed == set()
    index = texts[project / "docs/decisions/README.md"]
    assert {path.name for path in records} == {
        link for link in LINK.findall(index) if "/" not in link
    }


def test_the_changelog_says_when_numbers_change(project: Path) -> None:
    changelog = (project / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in changelog
    assert "### Numerical results changed" in changelog


def test_the_sorting_rule_is_in_the_readme(project: Path) -> None:
    words = " ".join((project / "README.md").read_text().split())
    assert "could dispute it" in words
    assert "`access.py`" in words
    assert "`services.py`" in words
