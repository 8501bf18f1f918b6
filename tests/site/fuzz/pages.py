"""What a page offers: its links and its forms, read from its HTML as a browser would."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_KINDS_WITHOUT_VALUE = frozenset({"submit", "button", "reset", "image"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form with what its page says about it."""

    name: str
    kind: str
    value: str = ""
    options: tuple[str, ...] = ()
    minimum: str = ""
    maximum: str = ""
    longest: str = ""


@dataclass(slots=True, kw_only=True)
class Form:
    """A form of a page: where it goes, and its fields in order."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)


class Page(HTMLParser):
    """Reads the forms and links of one page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links, forms and fields."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self._form = Form(
                action=given.get("action", ""), method=given.get("method", "get").upper()
            )
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        """Close what is open."""
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "option" and self._select is not None:
            _add_option(form, self._select, given.get("value", ""))
            return
        if not name or name == "csrfmiddlewaretoken":
            return
        kind = {"textarea": "textarea", "select": "select", "button": "button"}.get(
            tag, given.get("type", "text")
        )
        if tag == "select":
            self._select = name
        if kind in {"radio", "checkbox"} | _KINDS_WITHOUT_VALUE or name in form.fields:
            form.fields.setdefault(name, Field(name=name, kind=kind))
            _add_option(form, name, given.get("value", "on"))
        elif tag in {"input", "textarea", "select", "button"}:
            form.fields[name] = Field(
                name=name, kind=kind, value=given.get("value", ""),
                minimum=given.get("min", ""), maximum=given.get("max", ""),
                longest=given.get("maxlength", ""),
            )  # fmt: skip


def _add_option(form: Form, name: str, value: str) -> None:
    one = form.fields[name]
    form.fields[name] = Field(
        name=name, kind=one.kind, value=one.value, options=(*one.options, value),
        minimum=one.minimum, maximum=one.maximum, longest=one.longest,
    )  # fmt: skip
