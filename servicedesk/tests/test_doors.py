"""Every address of the desk has a door, and each door is tried: without log-in, without part, with rubbish (SECURITY 1, 3, 8, 14)."""

import re
from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from servicedesk.clock.models import Ring
from servicedesk.clock.sweep import sweep
from servicedesk.customers.testing import (
    make_area,
    make_contact_person,
    make_customer,
    make_project,
    make_site,
)
from servicedesk.outbox.testing import make_notice
from servicedesk.staff.testing import make_absence, make_organisation
from servicedesk.uploads.models import Upload
from servicedesk.uploads.storing import file_of, outcome_of
from tickets.models import Reading
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, make_ticket, make_word
from tickets.voiding import ask_to_void

# Who gets in. An object behind a door that is shut is not there: 404.
PUBLIC, EMPLOYEE, MANAGER = "anybody", "every employee", "managers"
ADMINISTRATOR = "who administers people"
PART = "who sees the ticket"
LED = "whose it is, and who leads them"
LEADER, OWNER = "whose it is, and who leads or oversees them", "whose it is"
FIGURES, OPERATOR = "who leads or oversees", "administrators"
DOORS = {
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "metrics": PUBLIC,
    "health:show": OPERATOR,
    "health:put_back_all": OPERATOR,
    "health:put_back": OPERATOR,
    "health:send_all_again": OPERATOR,
    "health:send_again": OPERATOR,
    "theme": PUBLIC,
    "look": PUBLIC,
    "staff:login": PUBLIC,
    "staff:demo_login": PUBLIC,
    "staff:who": PUBLIC,
    "staff:language": PUBLIC,
    "staff:logout": PUBLIC,
    "home": EMPLOYEE,
    "staff:profile": EMPLOYEE,
    "staff:password": EMPLOYEE,
    "staff:people": EMPLOYEE,
    "staff:close": ADMINISTRATOR,
    "staff:open": ADMINISTRATOR,
    "staff:absences": EMPLOYEE,
    "staff:end_absence": LED,
    "staff:absence": LED,
    "staff:calendar": EMPLOYEE,
    "staff:today": EMPLOYEE,
    "regulations:settings": EMPLOYEE,
    "regulations:clauses": EMPLOYEE,
    "regulations:clause": EMPLOYEE,
    "regulations:why": EMPLOYEE,
    "outbox:notices": EMPLOYEE,
    "outbox:bell": EMPLOYEE,
    "outbox:read_all": EMPLOYEE,
    "outbox:read": OWNER,
    "outbox:open": OWNER,
    "clock:deadline": LEADER,
    "clock:acknowledge": OWNER,
    "clock:owes": LEADER,
    "tickets:queue": EMPLOYEE,
    "tickets:new": EMPLOYEE,
    "tickets:new_caller": EMPLOYEE,
    "tickets:new_categories": EMPLOYEE,
    "tickets:new_due": EMPLOYEE,
    "tickets:customer_panel": EMPLOYEE,
    "tickets:ticket": PART,
    "tickets:standing": PART,
    "tickets:history": PART,
    "tickets:next_time": PART,
    "tickets:reply": PART,
    "tickets:task": PART,
    "tickets:check": PART,
    "tickets:take_over": PART,
    "tickets:confirm": PART,
    "tickets:confirm_done": PART,
    "tickets:read": PART,
    "tickets:decide_void": PART,
    "tickets:act": PART,
    "tickets:act_on": PART,
    "customers:list": EMPLOYEE,
    "customers:new": EMPLOYEE,
    "customers:suggest": EMPLOYEE,
    "customers:areas": EMPLOYEE,
    "customers:area": EMPLOYEE,
    "customers:area_new": MANAGER,
    "customers:area_change": MANAGER,
    "customers:project": EMPLOYEE,
    "customers:project_activate": EMPLOYEE,
    "customers:project_end": EMPLOYEE,
    "customers:customer": EMPLOYEE,
    "customers:change": EMPLOYEE,
    "customers:confirm": EMPLOYEE,
    "customers:wish": EMPLOYEE,
    "customers:restrict": MANAGER,
    "customers:lift": MANAGER,
    "customers:safety": EMPLOYEE,
    "customers:safe": EMPLOYEE,
    "customers:consent": EMPLOYEE,
    "customers:person_new": EMPLOYEE,
    "customers:person": EMPLOYEE,
    "customers:project_new": EMPLOYEE,
    "customers:site_new": EMPLOYEE,
    "customers:site": EMPLOYEE,
    "uploads:list": OPERATOR,
    "uploads:upload": OPERATOR,
    "uploads:standing": OPERATOR,
    "uploads:try": OPERATOR,
    "uploads:take_in": OPERATOR,
    "uploads:delete": OPERATOR,
    "uploads:outcome": OPERATOR,
    "uploads:example": OPERATOR,
    "dashboards:overview": FIGURES,
    "dashboards:rows": FIGURES,
    "dashboards:table": FIGURES,
}
BEHIND_LOG_IN = [name for name, door in DOORS.items() if door != PUBLIC]

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b(?!.*\bdjango_session\b)", re.IGNORECASE | re.DOTALL)

# Names that the desk's addresses and forms know, and what nobody should send under them.
NAMES = [
    *("q", "after", "before", "version", "list", "show", "sort", "page", "next", "here", "up_to", "state", "kind", "due"),
    *("owner", "department", "category", "channel", "severity", "flag", "customer", "who", "person", "repeat_of", "number"),
    *("received_at", "due_at", "first_responder", "code", "answering", "seen", "decision", "words", "mode", "solved"),
    *("period", "day", "start", "end", "against", "unit", "band", "span", "first_day"),
]  # fmt: skip
RUBBISH = [
    "\0", "%00", "-1", "9" * 40, "²", "' OR 1=1 --", "<script>alert(1)</script>", "龘" * 500, "0001-01-01T00:00",
    "9999-12-31T23:59:59", "\r\nX: y",
]  # fmt: skip


def addresses(patterns=None, within: str = "") -> dict[str, list[str]]:
    """The name of every address outside Django's admin, and what it names."""
    found = {}
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            found[within + pattern.name] = list(pattern.pattern.converters)
        elif pattern.app_name != "admin":
            found |= addresses(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else within)
    return found


@pytest.fixture
def world(db, settings, tmp_path):
    """A ticket of one unit with all that hangs on it, and people with and without a part in it."""
    people, now = make_organisation(), timezone.now()
    owner = people.agents[1]
    customer = make_customer(kind="organisation", at=now)
    ticket = make_ticket(
        now - 2 * HOUR,
        customer=customer,
        first_responder=owner,
        promise=make_word(now - HOUR, channel="phone"),
    )
    nameless = make_ticket(now - HOUR, anonymous=True, first_responder=owner)
    on_file = Reply(words="Repaired.", mode="on_file", channel="web", next_word=make_word(now + 4 * HOUR))
    reply_to_customer(nameless, on_file, by=owner, at=now)
    asked = ask_to_void(nameless, reason="A test call.", by=owner, at=now)
    sweep(at=now)
    pks = {
        "clock:deadline": ticket.live_deadline_id,
        "clock:acknowledge": Ring.objects.latest("pk").pk,
        "outbox:read": make_notice(owner).pk,
        "outbox:open": make_notice(owner).pk,
        "staff:open": owner.pk,
        "clock:owes": owner.pk,
        "staff:end_absence": make_absence(owner, starts_at=now).pk,
        "staff:absence": make_absence(owner, starts_at=now, reason="travel").pk,
        "tickets:decide_void": asked.pk,
        "tickets:read": Reading.objects.get().pk,
        "tickets:act_on": ticket.contacts.get().pk,
    }
    settings.IMPORT_FOLDER = tmp_path
    upload = Upload.objects.create(
        kind="customers", name="c.csv", stored="0" * 32, size=20, by=people.administrator, at=now, state="tried", ended_at=now
    )  # fmt: skip
    for path in (file_of(upload), outcome_of(upload)):
        path.write_text("number,name\n1,A\n")
    pks |= {name: upload.pk for name in DOORS if name.startswith("uploads:")}
    site, project = make_site(customer, at=now), make_project(customer, at=now)
    person = make_contact_person(customer, at=now)
    area = make_area(officer=owner, at=now)

    def number(name: str) -> str:
        if name in ("tickets:decide_void", "tickets:read"):
            return nameless.number
        if name in ("customers:project", "customers:project_activate", "customers:project_end"):
            return project.number
        return customer.number if "customer" in name else ticket.number

    def address(name: str) -> str:
        wanted = {
            "number": number(name),
            "pk": pks.get(name, 0),
            "key": site.pk if "site" in name else area.pk if "area" in name else person.pk,
            "clause_id": "R1.1f",
            "code": {"tickets:act_on": "correct", "dashboards:rows": "broken"}.get(name, "note"),
            "name": "weeks",
            "kind": "customers",
            "form": "csv",
        }
        return reverse(name, kwargs={given: wanted[given] for given in addresses()[name]})

    return SimpleNamespace(people=people, owner=owner, address=address)


def as_(user, **options) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


# Who passes which doors.
EVERYBODY = {PUBLIC, EMPLOYEE}
OVERSEES = {*EVERYBODY, PART, LEADER, FIGURES}
PASSES = {
    "nobody": {PUBLIC},
    "technician": EVERYBODY,
    "colleague": {*EVERYBODY, PART},
    "owner": {*EVERYBODY, PART, OWNER, LEADER, LED},
    "manager": {*OVERSEES, LED, MANAGER},
    "executive": {*OVERSEES, LED, MANAGER},
    "supervisor": OVERSEES,
    "office": OVERSEES,
    "general_manager": {*OVERSEES, MANAGER},
    "administrator": {*EVERYBODY, ADMINISTRATOR, OPERATOR},
}
# What somebody reaches besides.
ADMINISTERS = (
    "staff:end_absence",
    "staff:absence",
    "clock:owes",
    "customers:area_new",
    "customers:area_change",
)
BESIDES = {
    ("manager", "clock:acknowledge"),  # the manager is asked by the ring
    *(("administrator", name) for name in ADMINISTERS),
}
# What even who passes is sent away from, for want of something else: a demo, somebody named, a row that stopped.
WANTING = {
    *("staff:demo_login", "staff:logout", "staff:close", "health:put_back", "health:send_again"),
    "clock:acknowledge",
}


def within(world, name: str):
    """Somebody for whom the door is open."""
    if DOORS[name] == OPERATOR:
        return world.people.administrator
    return world.people.manager if DOORS[name] == FIGURES else world.owner


def both_ways(client: Client, world, names: list[str]):
    """Each of these addresses, looked at and posted to: what it is, and the answer."""
    for name in names:
        yield f"GET {name}", client.get(world.address(name))
        yield f"POST {name}", client.post(world.address(name))


def test_every_address_has_its_door():
    assert sorted(DOORS) == sorted(addresses())


def client_of(world, who: str) -> Client:
    """A client of whoever the matrix calls so."""
    if who == "nobody":
        return Client()
    others = {
        "technician": world.people.technicians[0],
        "colleague": world.people.agents[2],
        "owner": world.owner,
    }
    return as_(others.get(who) or getattr(world.people, who))


def is_let_in(answer) -> bool:
    """Whether what was asked for is there for this person, whatever else is wrong with the request."""
    to_log_in = answer.status_code == 302 and answer.url.startswith(reverse("staff:login"))
    return answer.status_code not in (403, 404) and not to_log_in


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", PASSES)
def test_everybody_passes_their_own_doors_and_no_other(world, who, method):
    """The whole matrix; each post is taken back."""
    wrong = []
    for name, door in DOORS.items():
        passes = door in PASSES[who] or (who, name) in BESIDES
        with transaction.atomic():
            answer = getattr(client_of(world, who), method)(world.address(name))
            transaction.set_rollback(True)
        sent_away = passes and name in WANTING
        if answer.status_code != 405 and is_let_in(answer) != passes and not sent_away:
            wrong.append(f"{method} {name}: {answer.status_code}")
    assert wrong == [], "\n".join(wrong)


def test_who_is_not_logged_in_is_asked_to(world):
    for what, answer in both_ways(Client(), world, BEHIND_LOG_IN):
        if answer.status_code != 405:
            assert answer.status_code == 302 and answer.url.startswith(reverse("staff:login")), what


def test_looking_changes_nothing(world):
    for name in DOORS:
        client = as_(within(world, name))
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(world.address(name))
        allowed = {
            "readyz": (200, 503),
            "staff:login": (302,),
            "customers:restrict": (403,),
            "customers:area_new": (403,),
            "customers:area_change": (403,),
            "staff:close": (403,),
        }
        assert answer.status_code in allowed.get(name, (200, 405)), (name, answer)
        assert not [query["sql"] for query in seen if WRITES.match(query["sql"])], name


def test_no_form_works_without_its_token(world):
    client = as_(world.owner, enforce_csrf_checks=True)
    for name in BEHIND_LOG_IN:
        assert client.post(world.address(name)).status_code == 403, name


@pytest.mark.parametrize("app", sorted({name.partition(":")[0] for name in DOORS if ":" in name}))
def test_rubbish_is_answered_in_words(world, app):
    """Whatever is sent, the answer is a page, a refusal or a redirect, never a fault of ours."""
    for name in DOORS:
        if not name.startswith(f"{app}:"):
            continue
        for rubbish in RUBBISH:
            client, sent = as_(within(world, name)), dict.fromkeys(NAMES, rubbish)
            for answer in (client.get(world.address(name), sent), client.post(world.address(name), sent)):
                assert answer.status_code < 500, (name, rubbish)
        half = "&".join(f"{one}=%ED%A0%80" for one in NAMES)  # half of a pair, which no text may hold
        assert client.get(f"{world.address(name)}?{half}").status_code < 500, name


@pytest.mark.parametrize("page", ["changelist", "add"])
def test_only_administrators_get_into_the_admin(world, page):
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")
        assert as_(world.people.administrator).get(address).status_code in (200, 403), model
        for person in (world.owner, world.people.manager, world.people.general_manager):
            assert as_(person).get(address).status_code in (302, 403), model


# Pages that the desk adds to Django's admin, and what their addresses name.
OWN_IN_ADMIN = {
    "calendars_calendar_year": {"pk": 1, "year": 2026},
    "calendars_holidaylist_load": {},
    "clock_ladder_try": {},
}
OF_DJANGO = re.compile(
    r"(index|login|logout|password_change(_done)?|autocomplete|jsi18n|view_on_site|app_list"
    r"|auth_user_password_change|.*_(changelist|add|history|delete|change|simple_history))$"
)


def names_in_admin(patterns) -> set[str]:
    found = set()
    for pattern in patterns:
        found |= names_in_admin(pattern.url_patterns) if hasattr(pattern, "url_patterns") else {pattern.name}
    return found - {None}


def test_every_page_of_our_own_in_the_admin_is_known_here():
    names = names_in_admin(admin.site.get_urls())
    assert {name for name in names if not OF_DJANGO.match(name)} == set(OWN_IN_ADMIN)


def test_pages_of_our_own_in_the_admin_open_to_administrators_only_and_change_nothing_when_looked_at(world):
    for name, given in OWN_IN_ADMIN.items():
        address = reverse(f"admin:{name}", kwargs=given)
        assert Client().get(address).url.startswith(reverse("admin:login")), name
        for person in (world.owner, world.people.manager, world.people.general_manager):
            assert as_(person).get(address).status_code in (302, 403), name
            assert as_(person).post(address).status_code in (302, 403), name
        client = as_(world.people.administrator, enforce_csrf_checks=True)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code in (200, 404), name
        assert not [query["sql"] for query in seen if WRITES.match(query["sql"])], name
        assert client.post(address).status_code in (403, 405), name


def test_rubbish_on_pages_of_our_own_in_the_admin_is_answered_in_words(world):
    client = as_(world.people.administrator)
    names = [
        *NAMES,
        "about",
        *(f"try-{one}" for one in ("rule", "start", "due_at", "department", "calendar", "ladder")),
    ]
    for name, given in OWN_IN_ADMIN.items():
        address = reverse(f"admin:{name}", kwargs=given)
        for rubbish in RUBBISH:
            for about in (rubbish, "setting:S2", "calendar:"):
                sent = dict.fromkeys(names, rubbish) | {"about": about, "seen": rubbish}
                for answer in (client.get(address, sent), client.post(address, sent)):
                    assert answer.status_code < 500, (name, about, rubbish)


def test_rubbish_on_the_list_of_open_questions_is_answered_in_words(world):
    client, address = as_(world.people.administrator), reverse("admin:regulations_decision_changelist")
    for rubbish in RUBBISH:
        for sent in (
            {"words": rubbish},
            {"words": rubbish, "reopen": "1"},
            {"question": rubbish, "reopen": "1"},
        ):
            answer = client.post(address, {"question": "four-marks"} | sent)
            assert answer.status_code < 500, sent
