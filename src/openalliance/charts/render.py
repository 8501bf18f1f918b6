"""Specifications as SVG, PNG, PDF and a page that needs nothing else.

The engine starts threads: it is loaded at the first drawing, never at import, so that a web
server may fork before. The same specification always gives the same SVG; callers may keep it
under `content_key`.
"""

from __future__ import annotations

import hashlib
import html
import json
import threading
from collections.abc import Mapping
from typing import Any

from openalliance.charts.bundle import bundle

_ONE_AT_A_TIME = threading.Lock()
_DOT: Mapping[str, Any] = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {"values": [{"x": 0.0}]},
    "mark": "point",
    "encoding": {"x": {"field": "x", "type": "quantitative"}},
}


def content_key(specification: Mapping[str, Any]) -> str:
    """Return a key that is equal for equal specifications and engines."""
    from importlib.metadata import version

    text = json.dumps(specification, sort_keys=True, separators=(",", ":"))
    engine = version("vl-convert-python")
    return hashlib.sha256(f"{engine}\n{text}".encode()).hexdigest()


def start() -> None:
    """Start the engine, so that the first picture need not wait for it; in a forked worker only."""
    to_svg(_DOT)


def to_svg(specification: Mapping[str, Any]) -> str:
    """Return the chart as an SVG document."""
    import vl_convert

    with _ONE_AT_A_TIME:
        return vl_convert.vegalite_to_svg(
            dict(specification), time_format_locale=_time_locale(specification)
        )


def to_png(specification: Mapping[str, Any], *, scale: float = 2.0) -> bytes:
    """Return the chart as a PNG image, by default at twice its size for sharp print."""
    import vl_convert

    with _ONE_AT_A_TIME:
        return vl_convert.vegalite_to_png(
            dict(specification),
            scale=scale,
            time_format_locale=_time_locale(specification),
        )


def to_pdf(specification: Mapping[str, Any]) -> bytes:
    """Return the chart as a one-page PDF of its own size."""
    import vl_convert

    with _ONE_AT_A_TIME:
        return vl_convert.vegalite_to_pdf(
            dict(specification), time_format_locale=_time_locale(specification)
        )


def to_html(specification: Mapping[str, Any], *, title: str) -> str:
    """Return a page with the chart and its program inside: it opens anywhere, offline."""
    options: dict[str, Any] = {"actions": False, "renderer": "svg", "ast": True}
    options["timeFormatLocale"] = _time_locale(specification)
    program = bundle().replace("</script", "<\\/script")
    mount = f"vegaEmbed('#chart', {_inside_script(specification)}, {_inside_script(options)});"
    shown = html.escape(title)
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{shown}</title><script>{program}</script></head>
<body><main><h1>{shown}</h1><div id="chart"></div></main><script>{mount}</script></body>
</html>
"""


def _time_locale(specification: Mapping[str, Any]) -> dict[str, Any] | None:
    meta: Mapping[str, Any] = specification.get("usermeta", {})
    locale = meta.get("timeFormatLocale")
    return dict(locale) if locale else None


def _inside_script(value: Mapping[str, Any]) -> str:
    return json.dumps(value).replace("<", "\\u003c")
