"""Headers and cookies: nothing from elsewhere, nothing inline, nothing kept, nothing shared."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser

from openalliance.site.records.practice.models import Person, Practice

SITE = Path(__file__).resolve().parents[3] / "src" / "openalliance" / "site"
TEMPLATES = sorted(SITE.glob("**/templates/**/*.html"))
PAGES = ("/", "/sign-in", "/contact/thanks", "/account/password/forgotten", "/nowhere", "/home")


class Inline(HTMLParser):
    """Collects what a strict content security policy would block, and what comes from elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or "style" in given:
            self.found.append(f"<{tag}> with a style")
        if tag == "script" and not given.get("src") and given.get("type") != "application/json":
            self.found.append("an inline script")
        for name, value in attrs:
            if name.startswith("on"):
                self.found.append(f"<{tag} {name}>")
            if name in {"src", "href", "action"} and value:
                if value.startswith("javascript:"):
                    self.found.append(f"<{tag}> with a script as its address")
                elsewhere = value.startswith(("http://", "https://", "//"))
                if elsewhere and (name != "href" or tag == "link"):
                    self.found.append(f"<{tag}> loads from elsewhere")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(SITE)))
def test_no_template_holds_a_style_or_a_script(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    plain = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", text, flags=re.DOTALL)
    plain = re.sub(r"{% static .*?%}|{{.*?}}", "/here", plain, flags=re.DOTALL)
    plain = re.sub(r"{%.*?%}", "", plain, flags=re.DOTALL)
    assert Inline(plain).found == []


@pytest.mark.parametrize("address", PAGES)
def test_the_policy_of_every_page_is_strict(
    client: Browser, practice: Practice, address: str
) -> None:
    answer = client.get(address)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    for rule in ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'",
                 "base-uri 'none'", "form-action 'self'"):  # fmt: skip
        assert rule in policy
    assert Inline(answer.content.decode()).found == []


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("X-Frame-Options", "DENY"),
        ("Cache-Control", "no-store, private"),
    ],
)
def test_every_page_keeps_to_itself(
    client: Browser, practice: Practice, address: str, name: str, value: str
) -> None:
    given = client.get(address)[name]
    if name == "Cache-Control" and address == "/":
        assert given == "public, max-age=300"  # the same for everybody
    else:
        assert given == value or (name == "Cache-Control" and "no-store" in given)


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_refusals_before_any_page_have_the_same_headers(
    client: Browser, practice: Practice, method: str
) -> None:
    answer = client.generic(method, "/contact", data="x" * 300_000, content_type="text/plain")
    assert answer.status_code in {405, 413}
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


def test_the_administrators_pages_hold_nothing_inline(
    client: Browser, sign_in: Callable[[Browser, Person], Browser], administrator: Person
) -> None:
    browser = sign_in(client, administrator)
    for page in ("", "people/", "people/invite", "supervision/", "settings/", "instruments/"):
        assert Inline(browser.get(f"/administrator/{page}").content.decode()).found == []


def test_cookies_cannot_be_read_by_scripts_nor_sent_along_from_elsewhere(
    client: Browser, therapist: Person
) -> None:
    client.get("/sign-in")
    client.post("/sign-in", {"login": therapist.email, "password": "correct horse battery staple"})
    assert {"csrftoken", "oa_session"} <= set(client.cookies)
    for name in ("csrftoken", "oa_session"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


def test_a_visitor_who_only_looks_is_given_no_session(client: Browser, practice: Practice) -> None:
    client.get("/")
    assert "oa_session" not in client.cookies


@pytest.mark.slow
def test_over_https_cookies_are_bound_to_it_and_browsers_are_told_to_stay(tmp_path: Path) -> None:
    told = _settings_with(tmp_path, OPENALLIANCE_HTTPS="1", OPENALLIANCE_HOSTS="praxis.example")
    assert told == {
        "SESSION_COOKIE_NAME": "__Host-oa_session",
        "SESSION_COOKIE_SECURE": "True",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "CSRF_COOKIE_SECURE": "True",
        "SECURE_HSTS_SECONDS": "31536000",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": "True",
        "CSRF_TRUSTED_ORIGINS": "['https://praxis.example']",
        "SECURE_PROXY_SSL_HEADER": "('HTTP_X_FORWARDED_PROTO', 'https')",
    }


def _settings_with(folder: Path, **environment: str) -> dict[str, str]:
    names = (
        "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE",
        "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "CSRF_TRUSTED_ORIGINS",
        "SECURE_PROXY_SSL_HEADER",
    )  # fmt: skip
    program = (
        "from openalliance.site.config import settings\n"
        f"for name in {names!r}: print(name, getattr(settings, name), sep='=')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, "OPENALLIANCE_DATA_DIR": str(folder), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_behind_our_own_proxy_tries_are_counted_by_the_visitor(rf: Any, settings: Any) -> None:
    from openalliance.site.config.sign_in import client_ip

    forged = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 192.0.2.7"}
    settings.HTTPS = False
    assert client_ip(rf.get("/", **forged)) == "127.0.0.1"
    settings.HTTPS = True
    assert client_ip(rf.get("/", **forged)) == "192.0.2.7"


@pytest.mark.parametrize(
    ("seen", "counted"),
    [
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"), ("2001:db8:1:2:bbbb:1:2:3", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"), ("[2001:db8:1:2::9]:4711", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"), ("::ffff:192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:50123", "192.0.2.7"), ("6.6.6.6, 192.0.2.7", "192.0.2.7"),
        ("unknown", "127.0.0.1"), ("x" * 500, "127.0.0.1"), ("", "127.0.0.1"),
    ],
)  # fmt: skip
def test_who_has_many_addresses_has_no_more_tries(
    seen: str, counted: str, rf: Any, settings: Any
) -> None:
    from openalliance.site.config.sign_in import client_ip

    settings.HTTPS = True
    given = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": seen}
    assert client_ip(rf.get("/", **given)) == counted
    settings.HTTPS = False
    assert client_ip(rf.get("/", REMOTE_ADDR="2001:db8:1:2:aaaa::1")) == "2001:db8:1:2::"
