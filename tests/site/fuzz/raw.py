"""Bytes that are not quite HTTP, for the real server: written by hand, then mangled at random."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator

from tests.site.fuzz.nasty import MARK

_MARK = MARK.encode()
_HOST = b" HTTP/1.1\r\nHost: localhost\r\n"
_HEAD, _FORM = b"GET /" + _HOST, b"POST /contact" + _HOST
_CHUNKED = _FORM + b"Transfer-Encoding: chunked\r\n\r\n"
_BODY = b"name=Sam&reach_me=5&message=" + _MARK
_TYPED = _FORM + b"Content-Type: application/x-www-form-urlencoded\r\n"
_TOKEN = b"a1" * 16
_SOUND = (
    _HEAD + b"Accept-Language: es\r\n\r\n",
    b"GET /sign-in?next=/therapist/" + _HOST + b"\r\n",
    _CHUNKED + b"5\r\nlogin\r\n4\r\n=zq9\r\n0\r\n\r\n",
    _TYPED + b"Cookie: csrftoken=%b\r\nX-CSRFToken: %b\r\n" % (_TOKEN, _TOKEN)
    + b"Content-Length: %d\r\n\r\n" % len(_BODY) + _BODY,
)  # fmt: skip
_BITS = (
    b"", b"\x00", b"\xff", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b":", b";", b",", b"%",
    b"%00", b"%FF", b"-1", b"0", b"9" * 30, b"\xc3\xa9", b"//", b"/../", b"?", b"#", b"chunked",
    b"HTTP/1.0", b"HTTP/3.0", b"x" * 9000, b"Host: a\r\n", b"Content-Length: 7\r\n",
    b"Expect: 100-continue\r\n", b"Transfer-Encoding: gzip, chunked\r\n",
    b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
)  # fmt: skip
_WHOLE = (
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET /\r\n\r\n", bytes(range(256)) + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"PROXY TCP4 1 2 3 4\r\n\r\n", b"CONNECT localhost:1 HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: " + _MARK + b".example\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", _HEAD.replace(b"\r\n", b"\n") + b"\n",
    _HEAD.replace(b"\r\n", b"\r") + b"\r\r\n\r\n",
)  # fmt: skip
_LINES = (
    b"GET  / ", b"get /", b"GET *", b"GET /\xff\xfe", b"GET /%zz%00", b"GET /" + b"x" * 10_000,
    b"GET /?" + b"x" * 4_000, b"GET http://" + _MARK + b".example/",
    b"GET //" + _MARK + b".example", b"G\x00T /", _MARK + b" /", b"GET /\r\nX: 1",
)  # fmt: skip
_HEADERS = (
    b"no colon " + _MARK, b": " + _MARK, b"X : " + _MARK, b"X-\x00: " + _MARK,
    b"X: 1\r\n folded " + _MARK, b"X_" + _MARK + b": 1", b"X: " + b"y" * 40_000,
    b"\r\n".join(b"X-%d: 1" % number for number in range(300)), b"Host: " + _MARK,
    b"Cookie: " + b"a=1; " * 1_000, b"Range: bytes=9-1", b"Expect: " + _MARK,
    b"Connection: Upgrade\r\nUpgrade: websocket",
)  # fmt: skip
_BODIES = (
    b"Content-Length: -1\r\n\r\n" + _MARK, b"Content-Length: " + _MARK + b"\r\n\r\n",
    b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + _MARK * 2,
    b"Content-Length: 900000\r\n\r\n" + _MARK, b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /" + _MARK,
    b"Content-Length: 0\r\n\r\n" + _BODY,
    b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nzq9",
    b"Transfer-Encoding: " + _MARK + b"\r\n\r\n",
    b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
)  # fmt: skip
_CHUNKS = (
    b"-5\r\n" + _MARK,
    b"FFFFFFFFFFFFFFFFFF\r\n" + _MARK,
    b"zz\r\n" + _MARK,
    b"3\r\nzq9zq9zq9",
)
BY_HAND = (
    *_WHOLE,
    *(line + _HOST + b"\r\n" for line in _LINES),
    *(_HEAD + header + b"\r\n\r\n" for header in _HEADERS),
    *(_TYPED + body for body in _BODIES),
    *(_CHUNKED + chunk for chunk in _CHUNKS),
)


def requests(number: int, seed: int, *own: bytes) -> Iterator[bytes]:
    """Yield what was written by hand, then sound requests, yours too, with bytes gone wrong."""
    yield from BY_HAND
    chance = random.Random(seed)
    for _ in range(number - len(BY_HAND)):
        mangled = bytearray(chance.choice((*_SOUND, *own)))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(mangled) + 1)
            until = at + chance.choice((0, 0, 1, 2, 20))
            mangled[at:until] = chance.choice((*_BITS, chance.randbytes(chance.randint(1, 8))))
        yield bytes(mangled)


def answer_to(request: bytes, port: int) -> bytes:
    """Send bytes and nothing after them; return whatever comes back before the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        try:
            line.sendall(request)
            line.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server has heard enough; what it said is still to be read
        answer = bytearray()
        try:
            while chunk := line.recv(65_536):
                answer += chunk
        except ConnectionError:
            pass
    return bytes(answer)


def fault_in(request: bytes, answer: bytes) -> str:
    """Say what is wrong with an answer, or nothing; to what is no request, none is right, too."""
    if answer and not answer.startswith(b"HTTP/1."):
        return f"no HTTP comes back: {answer[:80]!r}"
    statuses = [int(part[2:5]) for part in answer.split(b"HTTP/1.")[1:] if part[2:5].isdigit()]
    if any(status >= 500 for status in statuses):
        return f"status {max(statuses)}"
    if statuses and b"\r\nContent-Security-Policy: " not in answer:
        return "an answer without a content security policy"
    if _MARK in answer and 422 not in statuses:  # a form may show what its sender typed
        return "what was sent comes back"
    if any(trace in answer for trace in (b"Traceback", b"site-packages")):
        return "the answer shows the program's inside"
    return ""
