"""Every address with its parameters, and every way to ask for it that a browser never takes (SECURITY 1, 3, 4, 9).

Each test tries a few things on each page or form, always the same ones and other ones on others; marked `exhaustive`, all on each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote, urlencode, urlsplit
from zlib import crc32

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve
from django.utils.crypto import get_random_string

from servicedesk.tests.hostile.forms import Form
from servicedesk.tests.hostile.payloads import (
    ELSEWHERE,
    NUMBERS,
    ORDERS,
    PAGES,
    TEXTS,
    TIMES,
    WORDS_OF_THE_MACHINE,
)
from servicedesk.tests.hostile.sending import faults_in, meant, send, stored, undone

pytestmark = pytest.mark.django_db

LONGEST_ADDRESS = 8000  # characters; no web server of ours takes more
PARAMETERS = {
    name: values
    for name, values in (TEXTS | NUMBERS | TIMES | {one: [one] for one in [*ORDERS, *PAGES]}).items()
    if len(urlencode([("", value) for value in values])) < LONGEST_ADDRESS
}
UNASKED = ["page", "next", "no_such_thing", "id", "pk__in", "user__password__startswith", "q__regex", "order_by", "format"]  # fmt: skip
METHODS = ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "get"]
BODIES = [
    (b'{"a":' * 40_000, "application/json"),  # 200 kB, never closed
    (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "text/xml"),
    (b"a=b", "multipart/form-data"),
    (b"--x\r\n", "multipart/form-data; boundary=x"),
    (b"a=b", "multipart/form-data; boundary=" + "x" * 300),
    (b"\xff" * 1000, "application/x-www-form-urlencoded"),
    (b"&".join(b"a%d=1" % number for number in range(3000)), "application/x-www-form-urlencoded"),
]
HOSTS = [
    "evil.example", "evil.example:80", "testserver.evil.example", "testserver@evil.example", "127.0.0.1:80:80",
    "testserver\0", "a b", "x" * 300, "[::1", "",
]  # fmt: skip
SAID_BY_A_PROXY = {
    "X-Forwarded-Host": "evil.example", "X-Forwarded-Server": "evil.example", "Forwarded": "host=evil.example",
    "X-Original-URL": "/admin/", "X-Rewrite-URL": "/admin/", "X-HTTP-Method-Override": "DELETE",
    "X-Forwarded-Proto": "https", "Referer": "https://evil.example/", "Accept-Language": "\xff" * 500,
    "User-Agent": "<script>alert(7)</script>", "HX-Current-URL": "https://evil.example", "HX-Target": "<script>alert(7)",
}  # fmt: skip
COOKIES = [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME, "theme", "messages"]  # fmt: skip
CRUMBS = [
    r'"\000abcdefghijkl"', r'"\355\240\200 half a pair"', "x" * 4000, "'; DROP TABLE x --", "<script>alert(7)</script>",
    "\xff\xfe" * 20,
]  # fmt: skip

Few = Callable[..., list]


@pytest.fixture(params=["a few", pytest.param("all", marks=pytest.mark.exhaustive)])
def few(request) -> Few:
    """What of a list is tried on the thing of this name: so many of it, on one thing in `one_in`; or all on each."""

    def choose(things: Sequence, *, key: str, count: int = 1, one_in: int = 1) -> list:
        if request.param == "all":
            return list(things)
        number = crc32(key.encode())
        if number % one_in:
            return []
        start, step = number // one_in, max(1, len(things) // count)
        return [things[(start + place * step) % len(things)] for place in range(min(count, len(things)))]

    return choose


def pages(world) -> Iterator[tuple[str, str, str]]:
    """One page of each kind: who opened it, its path without a query, and its kind."""
    for kind, (who, path) in sorted(world.walk.pages.items()):
        yield who, urlsplit(path).path, kind


def forms(world) -> Iterator[tuple[str, Form, str]]:
    """Every form that was found: who saw it, the form, and its name for people."""
    for (kind, names), (who, form) in sorted(world.walk.forms.items()):
        yield who, form, f"{who} {kind} {names}"


def looked_at(world, who: str, path: str, given: dict[str, list] | None = None, *, method: str = "GET") -> list[str]:  # fmt: skip
    """Ask for the page with these parameters; what was wrong. Asking writes nothing, whatever is asked."""
    query = urlencode([(name, value) for name, values in (given or {}).items() for value in values])
    with undone(), stored() as written:
        answer = world.client(who).generic(method, f"{path}?{query}" if query else path)
    return [*faults_in(answer), *(f"writes {text[:80]}" for text in written)]


def test_no_parameter_is_a_fault_of_ours_or_changes_anything(world, few):
    """Each alone, all of a page together with some that it does not know, and names that lead on from theirs."""
    faults = []
    for who, path, kind in pages(world):
        names = sorted(world.walk.parameters[kind])
        tried = [
            {name: PARAMETERS[what]}
            for name in names
            for what in few([*PARAMETERS], key=f"{kind}{name}", one_in=3)
        ]
        for what in few([*PARAMETERS], key=f"all of {kind}"):
            tried.append(dict.fromkeys([*names, *UNASKED], PARAMETERS[what]))
        for word in few(WORDS_OF_THE_MACHINE, key=kind, one_in=4):
            tried.append({f"{name}{word}": ["1"] for name in names or UNASKED})
        for given in tried:
            faults += [
                f"{who} {path} {str(given)[:120]}: {fault}" for fault in looked_at(world, who, path, given)
            ]
    assert faults == [], "\n".join(faults)


def test_no_word_or_number_within_an_address_is_a_fault_of_ours(world, few):
    faults = []
    for who, path, kind in pages(world):
        for name, value in resolve(path).kwargs.items():
            for what in few([*PARAMETERS], key=f"{kind}{name}"):
                other = path.replace(str(value), quote((PARAMETERS[what] or [""])[0], safe=""), 1)
                faults += [f"{who} {kind} {name} = {what}: {fault}" for fault in looked_at(world, who, other)]
    assert faults == [], "\n".join(faults)


def test_wrong_methods_are_no_fault_of_ours_and_write_nothing(world, few):
    actions = {(who, urlsplit(form.action).path) for who, form, _name in forms(world)}
    faults = []
    for who, path in sorted(actions | {(who, path) for who, path, _kind in pages(world)}):
        for method in few(METHODS, key=path, one_in=3):
            found = looked_at(world, who, path, method=method)
            faults += [f"{method} {path}: {fault}" for fault in found]
    assert faults == [], "\n".join(faults)


def test_bodies_of_other_kinds_are_no_fault_of_ours(world, few):
    """No page takes JSON or XML, and a form may be broken off."""
    faults = []
    for who, form, name in forms(world):
        for body, kind in few(BODIES, key=name, one_in=2):
            with undone():
                answer = world.client(who).generic("POST", form.action, body, content_type=kind)
            faults += [f"{kind[:40]} at {name}: {fault}" for fault in faults_in(answer)]
    assert faults == [], "\n".join(faults)


# What comes from elsewhere, and what leads there


def strict(world, who: str, token: str, headers: dict[str, str]) -> Client:
    """A browser with the session of that person, the token that a page of ours gave, and every check in force."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers=headers)
    client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[who]
    client.cookies[settings.CSRF_COOKIE_NAME] = token
    return client


def test_no_form_is_taken_from_elsewhere(world, few):
    """Without a token, with somebody else's, or from another site's page; with the right one from ours it is."""
    token = get_random_string(32)
    forged = [
        ("", {}), (get_random_string(32), {}), (token[:-1], {}),
        (token, {"Origin": "https://evil.example"}), (token, {"Origin": "null"}),
    ]  # fmt: skip
    faults = []
    for who, form, name in forms(world):
        for given, headers in few(forged, key=name, one_in=2):
            with undone(), stored() as written:
                answer = send(
                    strict(world, who, token, headers), form, meant(form) | {"csrfmiddlewaretoken": [given]}
                )
            if answer.status_code != 403 or written:
                faults.append(f"{name} with {given!r} {headers}: {answer.status_code}, {written[:1]}")
        for given in few([token], key=name, one_in=4):
            values = meant(form) | {"csrfmiddlewaretoken": [given]}
            with undone():
                taken = send(strict(world, who, token, {}), form, values).status_code
            if taken == 403:  # also where the administration shows a form to who may only look
                with undone():
                    if send(world.client(who), form, values).status_code != taken:
                        faults.append(f"{name} is closed to its own page")
    assert faults == [], "\n".join(faults)


def test_no_page_believes_a_foreign_host(world, few):
    faults = []
    for who, path, kind in pages(world):
        for host in few(HOSTS, key=kind, one_in=4):
            answer = world.client(who).get(path, headers={"Host": host})
            if answer.status_code != 400 or b"evil" in answer.content:
                faults.append(f"{path} from {host!r}: {answer.status_code}")
    assert faults == [], "\n".join(faults)


def test_what_a_proxy_might_say_is_not_believed_from_anybody(world, few):
    """Nothing on a page comes from these headers, for they may come from anybody."""
    faults = []
    for who, path, kind in pages(world):
        for said in few([SAID_BY_A_PROXY], key=kind, one_in=6):
            answer = world.client(who).get(path, headers=said)
            faults += [f"{path}: {fault}" for fault in faults_in(answer)]
            if b"evil.example" in answer.content:
                faults.append(f"{path} shows the foreign host")
    assert faults == [], "\n".join(faults)


def test_no_parameter_leads_elsewhere(world, few):
    faults = []
    for who, path, kind in pages(world):
        for elsewhere in few(ELSEWHERE, key=kind, one_in=4):
            names = world.walk.parameters[kind] | {"next", "here", "back", "from", "return_to", "url"}
            found = looked_at(world, who, path, {key: [elsewhere] for key in names})
            faults += [f"{path} to {elsewhere}: {fault}" for fault in found]
    assert faults == [], "\n".join(faults)


def test_no_form_leads_elsewhere(world, few):
    """Whichever field may hold a way back; those that a page gives hold a path."""
    faults, tried = [], 0
    for who, form, name in forms(world):
        ways = [field.name for field in form.fields if field.values and field.values[0].startswith("/")]
        for elsewhere in few(ELSEWHERE, key=name, one_in=1 if ways else 6):
            with undone():
                given = {key: [elsewhere] for key in [*ways, "next", "here"]}
                answer = send(world.client(who), form, meant(form) | given)
            faults += [f"{name} to {elsewhere}: {fault}" for fault in faults_in(answer)]
            tried += bool(ways)
    assert faults == [], "\n".join(faults)
    assert tried > 1


def test_no_cookie_is_a_fault_of_ours(world, few):
    faults = []
    for name in COOKIES:
        for crumb in CRUMBS:
            for path in few(["/", "/login/", "/admin/"], key=f"{name}{crumb}"):
                others = {settings.SESSION_COOKIE_NAME: world.sessions["admin"]} | {name: crumb}
                sent = "; ".join(f"{key}={value}" for key, value in others.items())
                answer = Client(raise_request_exception=False).get(path, headers={"Cookie": sent})
                faults += [f"{name} = {crumb[:40]} at {path}: {fault}" for fault in faults_in(answer)]
    assert faults == [], "\n".join(faults)
