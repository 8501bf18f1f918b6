"""What to send: values, fields, bodies and paths, from what fits to what nobody should send.

Strategies shrink towards what is simple and fits, so that a failure shows what it takes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import quote, quote_from_bytes
from uuid import UUID

from hypothesis import strategies as st

from tests.site.fuzz.pages import Field
from tests.site.fuzz.visits import FORM

MARK = "zq9"
"""Stands in whatever must come back escaped or not at all."""
MADE_UP = UUID("12345678-1234-4234-8234-123456789012")
WORDS = "Some words"
TEMPLATE_SUM = "180420"
Pairs = list[tuple[str, str]]

NASTY = (
    "", " ", "\u00a0", "0", "-0", "-1", "1e400", "1e-400", "nan", "inf", "-inf", "0x10", "1_000",
    "1,5", "１２", "٣", "9" * 30, "9" * 400, "9" * 5000, "9223372036854775808", "2147483648",
    "true", "null", "[]", "{}", "\x00", f"a\x00{MARK}", "\ud800", f"{MARK}\udfff", "\u202e" + MARK,
    "\u2028", "\ufeff", "\U000e0001", "é", "e\u0301" * 50, "🙈" * 2000, "ﬀ" * 200, "İ" * 130,
    "x" * 121, "x" * 301, "x" * 5001, "x" * 100_000, f"'; DROP TABLE practice_practice; --{MARK}",
    '" OR ""="', "%", "%s%n%(x)s{0}{x}", "$" + "{7*7}", "{{ 90210|add:90210 }}", "{% debug %}",
    f"<b id={MARK}>", f'"><script>{MARK}()</script>', f"</script><b id={MARK}>",
    f"javascript:{MARK}()", f"' onmouseover={MARK}()", "../../../../etc/passwd",
    f"\r\nSet-Cookie: {MARK}=1", f"//{MARK}.example/", f"https://{MARK}.example",
    f"/\\{MARK}.example", "a@" + "b" * 300 + ".example", "å@exämple.se", "a@b", '"a b"@c.example',
    "0001-01-01", "9999-12-31", "2024-02-30", "10000-01-01", "9999-12-31T23:59", "0001-01-01T00:00",
    "24:00", "02:30", "23:59:59.999999", "00000000-0000-0000-0000-000000000000", str(MADE_UP),
    "Europe/Nowhere", "../Europe/Madrid", "yes",
)  # fmt: skip

_any_text = st.text(st.characters(), max_size=30)
_numbers = st.one_of(
    st.integers(-20, 100).map(str), st.integers().map(str), st.floats().map(repr),
    st.decimals(allow_nan=True).map(str),
)  # fmt: skip
_days = st.one_of(
    st.dates().map(str), st.datetimes().map(lambda at: at.isoformat()[:16]), st.times().map(str)
)
nasty = st.one_of(st.sampled_from(NASTY), _any_text, _numbers, _days)


def value_of(field: Field) -> st.SearchStrategy[str]:
    """Return what may stand in a field: mostly what fits, then nearly, then anything."""
    fits = [st.just(field.value)] if field.value or not field.options else []
    if field.options:
        fits.append(st.sampled_from(field.options))
    if field.kind in {"number", "range"}:
        low, high = _whole(field.minimum, 0), _whole(field.maximum, 10)
        fits.append(st.integers(low, max(low, high)).map(str))
        fits.append(st.sampled_from([str(low - 1), str(high + 1), f"{low}.5", f"{high}.0"]))
    elif field.kind in {"date", "datetime-local", "time"}:
        fits.append(_days)
    elif field.kind == "email":
        fits.append(st.sampled_from(["a@b.example", "new@harbour.example", "A@B.EXAMPLE"]))
    elif not field.options:
        longest = _whole(field.longest, 0)
        fits.append(st.just(WORDS))
        if longest:
            fits.append(st.sampled_from(["é" * longest, "é" * (longest + 1)]))
    return st.one_of(*fits, nasty)


def _whole(text: str, otherwise: int) -> int:
    try:
        return int(float(text))
    except ValueError:
        return otherwise


Hints = Mapping[str, Sequence[str]]


@st.composite
def filled(draw: st.DrawFn, fields: Sequence[Field], hints: Hints) -> Pairs:
    """Fill a form in; sometimes leave fields out, say them twice, or add unknown ones."""
    wild = draw(st.integers(0, 3))  # how many fields get something other than what fits
    odd = set(draw(st.lists(st.integers(0, max(0, len(fields) - 1)), max_size=wild)))
    pairs: Pairs = []
    for place, one in enumerate(fields):
        if place not in odd:
            pairs.append((one.name, draw(st.sampled_from(plain(one, hints)))))
            continue
        how = draw(st.sampled_from(("value", "value", "value", "missing", "twice")))
        if how != "missing":
            pairs.append((one.name, draw(value_of(one))))
        if how == "twice":
            pairs.append((one.name, draw(nasty)))
    if draw(st.integers(0, 7)) == 7:
        name = draw(st.one_of(st.sampled_from(("practice_id", "role", "id", "next", "by")), nasty))
        pairs.append((name, draw(nasty)))
    return pairs


def plain(field: Field, hints: Hints) -> Sequence[str]:
    """Return what fits a field for sure, as far as its page or its name says it."""
    if field.options:
        return field.options
    if field.name in hints:
        return hints[field.name]
    if field.value:
        return (field.value,)
    if field.kind in {"number", "range"}:
        return (str(_whole(field.minimum, 5)),)
    known = {"date": "2031-05-06", "time": "10:30", "email": "a@b.example"}
    return (known.get(field.kind, WORDS),)


def encoded(text: str) -> str:
    """Percent-encode, lone surrogates and all."""
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"))


def urlencoded(pairs: Pairs) -> bytes:
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs).encode()


def multipart(pairs: Pairs, *, file: bool = False) -> bytes:
    """Return a body of parts; a name with quotes or line breaks breaks it, as it would."""
    parts = []
    for name, value in pairs:
        about = f'; filename="{MARK}.txt"\r\nContent-Type: text/plain' if file else ""
        head = f'--{MARK}\r\nContent-Disposition: form-data; name="{name}"{about}\r\n\r\n'
        parts.append((head + value + "\r\n").encode("utf-8", "surrogatepass"))
    return b"".join(parts) + f"--{MARK}--\r\n".encode()


PARTS = f"multipart/form-data; boundary={MARK}"


def _strange(pairs: Pairs) -> list[tuple[str, bytes]]:
    """Return the same form in ways a browser would not send it."""
    body = urlencoded(pairs)
    as_json = json.dumps(dict(pairs)).encode()
    return [
        (PARTS, multipart(pairs)),
        (PARTS, multipart(pairs, file=True)),
        (PARTS, multipart(pairs)[:-20]),
        (PARTS, body),
        ("multipart/form-data", multipart(pairs)),
        (f"{PARTS}; charset=utf-16", multipart(pairs)),
        (f"{FORM}; charset=utf-16", body),
        (f"{FORM}; charset=latin-1", body),
        (f"{FORM}; charset={MARK}", body),
        (f"{FORM}; a*={MARK}''%FF", body),
        (f"{PARTS}; a*=utf-16''%FF; b*0=1", multipart(pairs)),
        ("application/json", as_json),
        ("application/json", as_json[:-1]),
        ("text/plain", body),
        ("", body),
        (FORM, body + b"&answer=%FF%FE&words=%E2%82&%00=%00"),
        (FORM, body + b"&=&&&==&%=%zz"),
        (FORM, b"\xff\xfe\x00" + body),
        (FORM, body + b"&a=1" * 300),
        (FORM, body + b"&words=" + b"x" * 300_000),
    ]


@st.composite
def bodies(draw: st.DrawFn, fields: Sequence[Field], hints: Hints) -> tuple[str, bytes]:
    """Return content type and body of a form."""
    pairs = draw(filled(fields, hints))
    if draw(st.integers(0, 5)) < 5:
        return FORM, urlencoded(pairs)
    return draw(st.sampled_from(_strange(pairs)))


HEADERS = (
    ("Host", f"{MARK}.example"), ("Host", "["), ("Host", "localhost:0x1"), ("Referer", "http://["),
    ("Referer", f"https://{MARK}.example/c/"), ("Referer", "\x00"),
    ("Accept-Language", "es;q=nan, *"), ("Accept-Language", "x-" * 300),
    ("Accept-Language", f"<b id={MARK}>"), ("Accept", "*/*;q=1e400"),
    ("Cookie", "oa_session=" + "x" * 200), ("Cookie", f"oa_language=<b id={MARK}>; messages=[["),
    ("Cookie", "csrftoken=\x00; =; ;;"), ("Cookie", 'oa_session="\xe9\xff"'),
    ("Cookie", "oa_language=../es"), ("X-Forwarded-For", f"{MARK}, ::1, 999.1.1.1"),
    ("X-Forwarded-Host", f"{MARK}.example"), ("X-HTTP-Method-Override", "DELETE"),
    ("HX-Request", "true"), ("HX-Current-URL", "http://["), ("HX-Current-URL", "%E0%A4%A"),
    ("HX-Current-URL-URI-AutoEncoded", "true"), ("HX-Trigger", f"\xe9{MARK}"),
    ("HX-Boosted", "true"), ("Content-Length", "abc"), ("Content-Length", "-5"),
    ("Content-Length", ""), ("Content-Length", "9" * 30), ("Range", "bytes=5-1"),
    ("If-Modified-Since", "Thu, 99 Foo 0000"), ("If-None-Match", f'W/"{MARK}'), ("Origin", "null"),
    ("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip"), ("User-Agent", "x" * 5000),
    ("X-Requested-With", "XMLHttpRequest"), ("Purpose", "prefetch"),
    ("Authorization", "Basic \xff"),
)  # fmt: skip


@st.composite
def headers(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    """Return no odd header mostly, sometimes one or two."""
    if draw(st.integers(0, 5)) < 5:
        return ()
    return tuple(draw(st.lists(st.sampled_from(HEADERS), min_size=1, max_size=2)))


@st.composite
def queries(draw: st.DrawFn, known: Sequence[str]) -> str:
    """Return a query string: none, one that a page of the site links to, or an odd one."""
    choice = draw(st.integers(0, 5))
    if choice < 3:
        return ""
    if choice < 5 and known:
        return draw(st.sampled_from(known))
    names = {pair.partition("=")[0] for query in known for pair in query.split("&")}
    name = draw(st.sampled_from(sorted(names | {"next", "from", "page", "x"})))
    raw = draw(st.sampled_from(("", "&" + name, "&%FF=%FE", "&" + "a=1&" * 300, "&%")))
    return f"{quote(name)}={encoded(draw(nasty))}{raw}"
