"""Keep the language files in step with the site's templates and Python.

``python tools/messages.py`` reads every sentence the site can say, updates the ``.po`` files (kept
translations stay, new sentences come in empty, gone ones leave) and compiles the ``.mo`` files.
``python tools/messages.py --check`` changes nothing and fails when something is out of step or
not translated.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

SITE = Path(__file__).parent.parent / "src" / "openalliance" / "site"
LOCALES = SITE / "ui" / "locale"
LANGUAGES = ("es",)
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# The date would be the only thing that changes when no sentence did.
DATE = datetime(2026, 1, 1, tzinfo=UTC)


def sources() -> Iterator[tuple[str, str]]:
    """Yield each file of the site that speaks: its path within the site, and its Python."""
    for path in sorted(SITE.rglob("*")):
        name = path.relative_to(SITE).as_posix()
        if path.suffix == ".py":
            yield name, path.read_text(encoding="utf-8")
        elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
            yield name, templatize(path.read_text(encoding="utf-8"), origin=name)


def spoken() -> Catalog:
    """Return every sentence of the site, with the files it is in."""
    catalog = Catalog(
        project="OpenAlliance",
        creation_date=DATE,
        revision_date=DATE,
        copyright_holder="OpenAlliance",
        charset="utf-8",
    )
    for name, text in sources():
        read = io.BytesIO(text.encode())
        found = extract("python", read, keywords=KEYWORDS, options={"encoding": "utf-8"})
        for _, message, _, context in found:
            catalog.add(message, locations=[(name, None)], context=context)  # type: ignore[list-item]
    return catalog


def files(language: str) -> tuple[Path, Path]:
    """Return the paths of a language's ``.po`` and ``.mo`` file."""
    folder = LOCALES / language / "LC_MESSAGES"
    return folder / "django.po", folder / "django.mo"


def translated(language: str) -> Catalog:
    """Return a language's translations as they stand, or an empty catalogue."""
    path, _ = files(language)
    if not path.exists():
        return Catalog(locale=language, project="OpenAlliance", creation_date=DATE)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str) -> Catalog:
    """Return a language's translations brought into step with what the site says."""
    catalog = translated(language)
    catalog.update(spoken(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.creation_date = catalog.revision_date = DATE
    return catalog


def write(language: str) -> None:
    """Write a language's two files."""
    catalog = updated(language)
    po, mo = files(language)
    po.parent.mkdir(parents=True, exist_ok=True)
    with po.open("wb") as file:
        write_po(file, catalog, width=100, sort_output=True, include_lineno=False)
    with mo.open("wb") as file:
        write_mo(file, catalog)


def sentences(catalog: Catalog) -> dict[object, object]:
    """Return the translations of a catalogue by sentence and context, without its header."""
    return {
        (_first(m.id), _as_text(m.context)): _all_forms(m.string)
        for m in catalog
        if m.id and is_translated(m.string)
    }


def is_translated(string: object) -> bool:
    """Whether a sentence, or each of its plural forms, has a translation."""
    return all(_all_forms(string))


def _all_forms(string: object) -> tuple[object, ...]:
    return tuple(string) if isinstance(string, list | tuple) else (string,)


def faults(language: str) -> list[str]:
    """Return what is out of step in a language, in words."""
    kept, wanted = translated(language), updated(language)
    po, mo = files(language)
    compiled: dict[object, object] = {}
    if mo.exists():
        with mo.open("rb") as file:
            compiled = sentences(read_mo(file))
    missing = [m for m in wanted if m.id and not is_translated(m.string)]
    gone = [m for m in kept if m.id and wanted.get(_first(m.id), m.context) is None]
    wrong = [f"{m.id!r}: {error}" for m in kept for error in m.check(kept)]
    return [
        *(f"{language}: not translated: {m.id!r}" for m in missing),
        *(f"{language}: no longer said: {m.id!r}" for m in gone),
        *(f"{language}: {words}" for words in wrong),
        *([f"{mo.name} is not what {po.name} compiles to"] if compiled != sentences(kept) else []),
    ]


def _as_text(context: object) -> object:
    # Compiled catalogues give contexts back as bytes.
    return context.decode() if isinstance(context, bytes) else context


def _first(identity: object) -> str:
    return str(identity[0]) if isinstance(identity, list | tuple) else str(identity)


def main(arguments: list[str]) -> int:
    """Update the files, or check them with ``--check``; return the exit status."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    if not arguments:
        for language in LANGUAGES:
            write(language)
    found = [fault for language in LANGUAGES for fault in faults(language)]
    for fault in found:
        print(fault)
    return 1 if found and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
