"""The first start of a practice: who reads the terminal may set it up, nobody else.

The code is kept as a hash in a file of the data folder, because there is no practice yet whose
rows could hold it. It works once, and a new start of the program replaces it.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction

from openalliance.core.errors import ConflictError, InputError
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.practice.services import NewPractice, set_up_practice
from openalliance.site.records.trust import tokens

_FILE = "set-up-code"
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_GROUPS, _LETTERS_EACH = 3, 4


def is_set_up() -> bool:
    """Whether this installation has a practice."""
    return Practice.objects.exists()


def new_code() -> str | None:
    """Make the code that opens the set-up page; none once there is a practice."""
    if is_set_up():
        forget_code()
        return None
    groups = (
        "".join(secrets.choice(_LETTERS) for _ in range(_LETTERS_EACH)) for _ in range(_GROUPS)
    )
    code = "-".join(groups)
    path = settings.DATA_DIR / _FILE
    path.write_text(tokens.digest(_plain(code)), encoding="ascii")
    path.chmod(0o600)
    return code


def code_fits(code: str) -> bool:
    """Whether ``code`` is the one the terminal shows; spaces, dashes and case don't matter."""
    try:
        kept = (settings.DATA_DIR / _FILE).read_text(encoding="ascii")
    except OSError:
        return False
    return tokens.same(kept, tokens.digest(_plain(code)))


@transaction.atomic
def set_up(
    new: NewPractice,
    *,
    code: str,
    administrator_email: str,
    administrator_name: str,
    password: str,
    now: datetime,
) -> Person:
    """Make the practice and its administrator for whoever knows the code.

    Raises
    ------
    InputError
        The code is not the one in the terminal.
    ConflictError
        Somebody else has just set the practice up.
    """
    if is_set_up():
        raise ConflictError("the practice has been set up meanwhile; sign in")
    if not code_fits(code):
        raise InputError("this is not the code the terminal shows", where="code")
    person = set_up_practice(
        new,
        administrator_email=administrator_email,
        administrator_name=administrator_name,
        password=password,
        now=now,
    )
    transaction.on_commit(forget_code)
    return person


def forget_code() -> None:
    """Make the code useless."""
    (settings.DATA_DIR / _FILE).unlink(missing_ok=True)


def _plain(code: str) -> str:
    return "".join(letter for letter in code.upper() if letter.isalnum())
