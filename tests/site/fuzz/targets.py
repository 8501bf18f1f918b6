"""Every address of the resolver, with what the site's own pages say about it."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from urllib.parse import unquote, urljoin, urlsplit

from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from hypothesis import strategies as st

from tests.site.fuzz.nasty import (
    MADE_UP,
    NASTY,
    WORDS,
    bodies,
    encoded,
    headers,
    nasty,
    plain,
    queries,
    urlencoded,
)
from tests.site.fuzz.pages import Field, Page
from tests.site.fuzz.scenes import SCENES
from tests.site.fuzz.visits import FORM, Shot, Visitors
from tests.site.fuzz.world import ROLES, World

_FILES = ("svg", "png", "pdf")
_NOT_FOLLOWED = frozenset({"account_logout", "static", "therapist:course_file"})
ODD_METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "é", "")
_EACH = 2
_PAGES_AT_MOST = 120
_ROUTE = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
_GROUP = re.compile(r"\(\?P<(?P<name>\w+)>[^()]*\)")
Fields = tuple[Field, ...]


@dataclass(slots=True, kw_only=True)
class Target:
    """One address: its shape with ``{name}`` for each argument, and what was seen to fit it."""

    name: str
    shape: str
    kinds: dict[str, str]
    arguments: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    forms: dict[str, list[Fields]] = field(default_factory=dict)
    queries: set[str] = field(default_factory=set)
    reached: bool = False
    """Whether anybody came further than the door."""

    def __repr__(self) -> str:
        return self.name

    def fields_for(self, role: str) -> list[Fields]:
        """Return the forms that lead here, those that this role was offered first."""
        own = self.forms.get(role, [])
        return own or [one for forms in self.forms.values() for one in forms] or [_GUESSED]

    def known_arguments(self, role: str) -> list[dict[str, str]]:
        own = self.arguments.get(role, [])
        return own or [one for known in self.arguments.values() for one in known]


_GUESSED = (Field(name="code", kind="text"), Field(name="password", kind="password"))


def targets() -> dict[str, Target]:
    """Return every address by name, and some that lie beside the resolver."""
    found = {one.name: one for one in _walk(get_resolver(), "", "")}
    for name, shape in (
        ("healthz", "/healthz"), ("static", "/static/{path}"), ("nowhere", "/{path}"),
    ):  # fmt: skip
        found[name] = Target(
            name=name, shape=shape, kinds={"path": "str"} if "path" in shape else {}
        )
    return found


def _walk(resolver: URLResolver, prefix: str, space: str) -> Iterator[Target]:
    for one in resolver.url_patterns:
        shape, kinds = _shape(str(one.pattern))
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            for target in _walk(one, prefix + shape, inner):
                target.kinds = {**kinds, **target.kinds}
                yield target
        elif isinstance(one, URLPattern):
            yield Target(
                name=f"{space}{one.name or one.lookup_str}", shape=f"/{prefix}{shape}", kinds=kinds
            )


def _shape(pattern: str) -> tuple[str, dict[str, str]]:
    kinds = {hit["name"]: hit["kind"] or "str" for hit in _ROUTE.finditer(pattern)}
    groups = {hit["name"]: "str" for hit in _GROUP.finditer(pattern)}
    if groups:
        plain = _GROUP.sub(lambda hit: f"{{{hit['name']}}}", pattern)
        return plain.strip("^$").replace("\\", ""), groups
    return _ROUTE.sub(lambda hit: f"{{{hit['name']}}}", pattern).strip("^$"), kinds


def explore(visitors: Visitors, known: dict[str, Target]) -> dict[str, list[str]]:
    """Follow the links of every role's pages, note forms and arguments; return the pages."""
    pages: dict[str, list[str]] = {role: [] for role in ROLES}
    for scene, role in product(SCENES, ROLES):
        with visitors.undone(), scene(visitors):
            found = _explored(visitors, known, role, visitors.world.starts(role))
        pages[role] += [page for page in found if page not in pages[role]]
    return pages


def _explored(
    visitors: Visitors, known: dict[str, Target], role: str, starts: Sequence[str]
) -> list[str]:
    waiting, seen, pages = deque(starts), set(starts), []
    often: Counter[str] = Counter()
    while waiting and len(pages) < _PAGES_AT_MOST:
        address = waiting.popleft()
        target = _noted(known, role, address)
        if target is None or target.name in _NOT_FOLLOWED or often[target.name] >= _EACH:
            continue
        often[target.name] += 1
        path, _, query = address.partition("?")
        answer = visitors.send(Shot(role=role, method="GET", path=path, query=query))
        target.reached = target.reached or not answer.is_refusal
        led = answer.headers.get("Location")
        if led is None and (answer.status != 200 or not answer.is_page):
            continue
        if led is None:
            pages.append(address)
        page = Page("" if led else answer.body.decode())
        for link in [led] if led else page.links:
            found = urljoin(address, link)
            parts = urlsplit(found)
            plain = f"{parts.path}?{parts.query}" if parts.query else parts.path
            if not parts.netloc and plain not in seen:
                seen.add(plain)
                waiting.append(plain)
        for form in page.forms:
            target = _noted(known, role, urljoin(address, form.action))
            if target is not None:
                forms = target.forms.setdefault(role, [])
                fields = tuple(form.fields.values())
                if fields not in forms:
                    forms.append(fields)
    return pages


def name_of(path: str) -> str:
    """Return the name of the address, or nothing where there is none."""
    try:
        return resolve(unquote(path)).view_name
    except Resolver404:
        return ""


def _noted(known: dict[str, Target], role: str, address: str) -> Target | None:
    path, _, query = address.partition("?")
    target = known.get(name_of(path))
    if target is None:
        return None
    match = resolve(path)
    given = {name: str(value) for name, value in match.kwargs.items()}
    arguments = target.arguments.setdefault(role, [])
    if given and given not in arguments:
        arguments.append(given)
    if query:
        target.queries.add(query)
    return target


def simple(target: Target, world: World, role: str, method: str, *, typed: str = "") -> Shot:
    """Return the request that the site's own pages would lead to; ``typed`` is in every text."""
    known = target.known_arguments(role)
    given = {name: _fitting(name, kind, world) for name, kind in target.kinds.items()}
    path = target.shape.format(**(given | (known[0] if known else {})))
    if method != "POST":
        return Shot(role=role, method=method, path=path)
    fields = target.fields_for(role)[0]
    pairs = [(one.name, plain(one, world.hints)[0]) for one in fields]
    pairs = [(name, f"{text} {typed}" if text == WORDS else text) for name, text in pairs]
    return Shot(role=role, method=method, path=path, body=urlencoded(pairs), kind=FORM)


def one_wrong(
    target: Target, world: World, role: str, chosen: Callable[[], bool]
) -> Iterator[Shot]:
    """Return those chosen of: each form that ``role`` was offered with one field gone wrong."""
    right = simple(target, world, role, "POST")
    for fields in target.forms[role]:
        pairs = [(one.name, plain(one, world.hints)[0]) for one in fields]
        for place, (name, _value) in enumerate(pairs):
            for value in NASTY:
                if not chosen():
                    continue
                wrong = [*pairs[:place], (name, value), *pairs[place + 1 :]]
                yield replace(right, body=urlencoded(wrong))


def shots(
    target: Target, world: World, *, role: str | None = None, method: str | None = None
) -> st.SearchStrategy[Shot]:
    """Return requests to one address: whose, how, with which arguments and which body."""
    usual = sorted({*target.forms, *target.arguments} & set(ROLES)) or list(ROLES)
    methods = ("POST", "POST", "POST", "GET", "HEAD") if target.forms else ("GET", "POST", "HEAD")

    @st.composite
    def build(draw: st.DrawFn) -> Shot:
        among = ROLES if draw(st.integers(0, 3)) == 3 else usual
        who = role or draw(st.sampled_from(among))
        how = method or draw(st.sampled_from(methods))
        if method is None and draw(st.integers(0, 15)) == 15:
            how = draw(st.sampled_from(ODD_METHODS))
        path = draw(paths(target, world, who))
        query = draw(queries(sorted(target.queries)))
        kind, body = "", b""
        if how not in {"GET", "HEAD"}:
            fields = draw(st.sampled_from(target.fields_for(who)))
            kind, body = draw(bodies(fields, world.hints))
        return Shot(
            role=who, method=how, path=path, query=query, body=body, kind=kind,
            headers=draw(headers()),
        )  # fmt: skip

    return build()


@st.composite
def paths(draw: st.DrawFn, target: Target, world: World, role: str) -> str:
    """Return the address with arguments: as linked, of somebody else, made up, or nonsense."""
    if not target.kinds:
        return target.shape + _after(draw)
    known = target.known_arguments(role)
    given = dict(draw(st.sampled_from(known))) if known else {}
    if len(given) < len(target.kinds) or draw(st.integers(0, 2)) == 2:
        for name, kind in target.kinds.items():
            if name not in given or draw(st.booleans()):
                given[name] = draw(_argument(name, kind, world))
    return target.shape.format(**given) + _after(draw)


def _after(draw: st.DrawFn) -> str:
    if draw(st.integers(0, 15)) < 15:
        return ""
    return draw(st.sampled_from(("/", "//", "%00", "..", ";a", "%FF", "%ED%A0%80", "%0d%0aa:%20b")))


def _fitting(name: str, kind: str, world: World) -> str:
    if kind == "uuid":
        return world.ids_for(name, "noor")[0]
    if name == "suffix":
        return _FILES[0]
    return "1" if kind == "int" else world.hints.get(name, ["nothing"])[0]


def _argument(name: str, kind: str, world: World) -> st.SearchStrategy[str]:
    odd = nasty.map(encoded)
    if kind == "uuid":
        own = [st.sampled_from(world.ids_for(name, owner)) for owner in world.ids]
        return st.one_of(*own, st.sampled_from((str(MADE_UP), str(MADE_UP).upper())), odd)
    if kind == "int":
        large = ("99", "2147483648", "9223372036854775808", "9" * 60, "9" * 5000)
        return st.one_of(st.integers(0, 12).map(str), st.sampled_from(large), odd)
    if name == "suffix":
        return st.one_of(st.sampled_from(_FILES), odd)
    fitting = world.hints.get(name, [str(MADE_UP)])
    return st.one_of(st.sampled_from(fitting), st.sampled_from(fitting), odd)
