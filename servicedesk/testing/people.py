"""Builders for the tests of the apps at the bottom, which know people only as `settings.AUTH_USER_MODEL`."""

from itertools import count
from typing import Any

from django.contrib.auth import get_user_model

_numbers = count(1)


def make_user(**fields: Any) -> Any:
    """A person who may log in, with nothing of what the staff app adds."""
    n = next(_numbers)
    fields.setdefault("username", f"anybody{n}")
    fields.setdefault("display_name", f"Anybody {n}")
    fields.setdefault("email", f"{fields['username']}@example.org")
    return get_user_model().objects.create_user(password="a long enough password", **fields)
