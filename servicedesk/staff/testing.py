"""Builders for tests."""

from itertools import count

from servicedesk.staff.models import Department, User

_numbers = count(1)


def make_department(**fields) -> Department:
    fields.setdefault("name", f"Department {next(_numbers)}")
    return Department.objects.create(**fields)


def make_user(**fields) -> User:
    n = next(_numbers)
    fields.setdefault("username", f"person{n}")
    fields.setdefault("display_name", f"Person {n}")
    fields.setdefault("email", f"{fields['username']}@example.org")
    return User.objects.create_user(password="a long enough password", **fields)
