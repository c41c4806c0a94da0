"""Filling a form as somebody who means it would, sending it, and judging what comes back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlencode

from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from servicedesk.tests.hostile.forms import Field, Form, Values, as_drawn
from servicedesk.tests.hostile.payloads import AS_MARKUP

URLENCODED = "application/x-www-form-urlencoded"
FOREIGN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e\ud800-\udfff\ufffe\uffff]")  # � may be shown
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b(?!.*\bdjango_session\b)", re.IGNORECASE | re.DOTALL)
LEADS_AWAY = re.compile(r"[^/?#.]|//|/\\")  # anything but a path or a query of this site

# What a field of this name holds, where the name says more than the kind.
KNOWN = {
    "emails": "somebody@example.org", "email": "somebody@example.org", "phones": "021 6543 2109", "phone": "021 6543 2109",
    "who": "Somebody unheard of", "new_name": "Somebody unheard of", "new_reach": "021 6543 2109",
    "password1": "long and winding", "password2": "long and winding", "old_password": "try the desk",
    "new_password1": "long and winding", "new_password2": "long and winding", "username": "somebody.new",
    "region": "SG", "year": "2027", "hours": "", "reason": "Because it is so.",
}  # fmt: skip


def meant(form: Form) -> Values:
    """What somebody sends who fills every field in."""
    sent = as_drawn(form)
    for one in form.fields:
        if one.name in sent and any(sent[one.name]) and one.kind != "select":
            continue
        if (filling := _filling(one)) is not None and one.name != "csrfmiddlewaretoken":
            sent[one.name] = [filling]
    if "form_key" in sent:
        sent["form_key"] = [secrets.token_urlsafe(16)]
    return sent


def _filling(one: Field) -> str | None:
    now = timezone.localtime() + timedelta(days=3)
    match one.kind:
        case "select" | "radio":
            return next((value for value in (*one.values, *one.offered) if value), "")
        case "checkbox":
            return one.offered[0] if one.required else None
        case "date":
            return f"{now:%Y-%m-%d}"
        case "time":
            return None
        case "datetime-local":
            return f"{now:%Y-%m-%dT10:00}"
        case "number":
            return "1"
        case "hidden" | "file":
            return None
    return KNOWN.get(one.name, f"Some words as {one.name}")


def send(client: Client, form: Form, values: Values) -> HttpResponse:
    """Post these values; texts and raw bytes alike."""
    pairs = [(name, value) for name, several in values.items() for value in several]
    if not form.files:
        return client.post(form.action, _encoded(pairs), content_type=URLENCODED)
    boundary = "hostile-boundary"
    parts = [
        b"--%b\r\nContent-Disposition: form-data; name=\"%b\"\r\n\r\n%b\r\n" % (boundary.encode(), _raw(name), _raw(value))
        for name, value in pairs
    ]  # fmt: skip
    body = b"".join([*parts, b"--" + boundary.encode() + b"--\r\n"])
    return client.post(form.action, body, content_type=f"multipart/form-data; boundary={boundary}")


def _encoded(pairs: list) -> str:
    return urlencode([(_raw(name), _raw(value)) for name, value in pairs])


def _raw(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


@contextmanager
def undone() -> Iterator[None]:
    """What is done within is taken back; on PostgreSQL, what waits for commit is judged before."""
    savepoint = transaction.savepoint()
    try:
        yield
        if connection.vendor == "postgresql" and not connection.needs_rollback:
            connection.check_constraints()
    finally:
        connection.needs_rollback = False
        transaction.savepoint_rollback(savepoint)


@contextmanager
def stored() -> Iterator[list[str]]:
    """Every text that is written into the database meanwhile, and every statement that writes without one."""
    texts: list[str] = []

    def note(execute, sql, params, many, context):
        if WRITES.match(sql):
            rows = params if many else [params]
            found = [value for row in rows or [] for value in row or [] if isinstance(value, str)]
            texts.extend(found or [sql])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield texts


def faults_in(answer: HttpResponse) -> list[str]:
    """What no answer to anything may be or hold; an empty list for a sound one."""
    if answer.status_code >= 500:
        error = getattr(answer, "exc_info", None)
        return [
            f"{answer.status_code} {error[0].__name__}: {str(error[1])[:200]}"
            if error
            else str(answer.status_code)
        ]
    faults = [
        f"a line end in {name}" for name, value in answer.headers.items() if "\n" in value or "\r" in value
    ]
    if LEADS_AWAY.match(answer.headers.get("Location", "")):
        faults.append(f"leads away, to {answer.headers['Location'][:100]}")
    if answer.streaming or not answer.headers.get("Content-Type", "").startswith("text/html"):
        return faults
    try:
        text = answer.content.decode()
    except UnicodeDecodeError as error:
        return [*faults, f"no UTF-8: {error}"]
    if foreign := FOREIGN.search(text):
        faults.append(
            f"shows U+{ord(foreign[0]):04X} after {text[max(0, foreign.start() - 60) : foreign.start()]!r}"
        )
    faults += [f"shows {piece} unescaped" for piece in AS_MARKUP if piece in text]
    return faults
