"""Small filters the components need; nothing here decides anything."""

import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.html import escape, linebreaks
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# A telephone number: digits with the usual separators, 3 to 15 digits in all; times, years and
# bare digits other than three together (112, 911, 988) are left alone.
_NUMBER = re.compile(r"(?<![\w/:.&#;-])(\+?\(?\d[\d ()/.-]{4,18}\d|\d{3})(?![\w:/-])")


@register.filter
def through(first: float, last: float) -> range:
    """Every whole step from the first to the last, both included."""
    return range(int(first), int(last) + 1)


@register.filter
def same_number(value: object, step: int) -> bool:
    """Whether an answer (a number, its text, or nothing) is this step."""
    try:
        return float(str(value)) == step
    except ValueError:
        return False


@register.filter
def holds(value: object, option: object) -> bool:
    """Whether the value, or one of several values, is this option."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return str(option) in {str(one) for one in value}
    return value is not None and str(value) == str(option)


@register.filter
def one_line(error: object) -> str:
    """Error words as one line, whether they come as one text or as a list of texts."""
    if isinstance(error, str):
        return error
    return " ".join(str(words) for words in error) if isinstance(error, Iterable) else str(error)


@register.filter
def choices_of(field: BoundField) -> list[tuple[object, object]]:
    """Return the options of a choice field, without an empty first one."""
    choices: Any = getattr(field.field, "choices", ())
    return [(value, label) for value, label in choices if value not in ("", None)]


@register.filter
def described(field: BoundField) -> SafeString:
    """Render the field's control tied to its help and its errors for screen readers."""
    parts = []
    if field.help_text:
        parts.append(f"{field.id_for_label}-help")
    attributes: dict[str, str | bool] = {}
    if field.errors:
        parts.append(f"{field.id_for_label}-error")
        attributes["aria-invalid"] = "true"
    if parts:
        attributes["aria-describedby"] = " ".join(parts)
    return field.as_widget(attrs=attributes)


@register.filter
def callable_numbers(text: str) -> SafeString:
    """Return plain text as paragraphs in which telephone numbers can be called with one touch."""

    def link(found: re.Match[str]) -> str:
        number = found[1]
        digits = re.sub(r"[^\d+]", "", number)
        return f'<a class="call" href="tel:{digits}">{number}</a>'

    # The text is escaped first; what is added after is only our own link around digits.
    return mark_safe(_NUMBER.sub(link, linebreaks(escape(text))))  # noqa: S308 - escaped above  # nosec B308, B703
