"""`manage.py audit` names each violation, and nothing else: every invariant is broken once behind the back of all rules."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from servicedesk.audit.invariants import registered
from servicedesk.audit.seals import seal
from servicedesk.audit.testing import make_timeline
from servicedesk.clock.sweep import sweep
from servicedesk.customers.models import Area
from servicedesk.customers.testing import make_area, make_project
from servicedesk.staff.models import Department
from tickets.checks import Opinion, confirm_solved, confirm_task, record_check
from tickets.contacts import update_customer
from tickets.intake import Answer
from tickets.models import Kind, Reading, Ticket
from tickets.ownership import take_over
from tickets.replies import Reply, confirm_reading, finish_task, reply_to_customer
from tickets.resolving import close_unopposed, reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word
from tickets.voiding import ask_to_void, decide_void

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
PLAIN = "note:1"  # a timeline without a ticket
TRIGGERS = "audit.verification.triggers_stand"


@dataclass
class Desk:
    """One ticket in every state, by what it shows."""

    tickets: dict[str, Ticket] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Ticket:
        return Ticket.objects.get(pk=self.tickets[name].pk)


def say(ticket, at=MONDAY + HOUR, **fields):
    mode = "on_file" if ticket.anonymous else "written" if ticket.kind == Kind.INQUIRY else "spoken"
    reply = Reply(words="We looked at it.", mode=mode, channel="phone", **fields)
    reply_to_customer(ticket, reply, by=ticket.owner, at=at)


def ask(ticket, outcome, at):
    opinion = Opinion(outcome=outcome, words="So it is.", channel="phone")
    record_check(ticket, opinion, by=make_agent(department=ticket.department), at=at)


@pytest.fixture
def desk():
    made = Desk()
    of = made.tickets
    of["open"] = make_ticket()
    of["told"] = make_ticket()
    update_customer(
        of["told"], words="Ordered.", mode="spoken", channel="phone", by=of["told"].owner, at=MONDAY + HOUR
    )
    of["broken"] = make_ticket()
    sweep(MONDAY + 5 * HOUR)
    sweep(MONDAY + 3 * DAY)
    of["late"] = make_ticket()
    sweep(of["late"].live_deadline.due_at + SECOND)
    for name, fields in {
        "renewed": {}, "resolved": {}, "checked": {}, "again": {}, "decided": {"kind": Kind.SUGGESTION},
        "unopposed": {"kind": Kind.INQUIRY}, "accepted": {"kind": Kind.INQUIRY}, "confirmed": {"anonymous": True},
        "unread": {"anonymous": True},
    }.items():  # fmt: skip
        of[name] = make_ticket(**fields)
    say(of["renewed"], next_word=make_word(MONDAY + 2 * DAY))
    for name in ("resolved", "checked", "again", "decided", "unopposed", "confirmed", "unread"):
        say(of[name], solved=True)
    say(of["accepted"], solved=True, accepted=True)
    ask(of["checked"], "satisfied", MONDAY + 2 * HOUR)
    close_unopposed(MONDAY + 20 * DAY)
    reopen(
        of["again"],
        promise=make_word(MONDAY + 2 * DAY),
        reason="Again",
        by=make_agent(),
        at=MONDAY + 2 * HOUR,
    )
    read = Reading.objects.get(contact__ticket=of["confirmed"])
    confirm_reading(read, by=read.deadline.owner, at=MONDAY + 2 * HOUR)
    manager = of["confirmed"].department.manager
    confirm_solved(of["confirmed"], by=manager, at=MONDAY + 2 * HOUR)
    of["twice"] = make_ticket()
    deputy = make_agent(department=of["twice"].department)
    of["twice"].category.deputies.add(deputy)
    take_over(of["twice"], by=deputy, at=MONDAY + HOUR)
    of["answered"] = make_ticket(answer=Answer("It is warm again."))
    of["done"] = make_ticket(kind=Kind.TASK)
    finish_task(of["done"], words="Done.", by=of["done"].owner, at=MONDAY + HOUR)
    confirm_task(of["done"], by=of["done"].requester, at=MONDAY + 2 * HOUR)
    of["reported"] = make_ticket(kind=Kind.TASK, requester=make_agent())
    finish_task(of["reported"], words="Done.", by=of["reported"].owner, at=MONDAY + HOUR)
    of["void"] = make_ticket(anonymous=True)
    request = ask_to_void(of["void"], reason="Test", by=of["void"].owner, at=MONDAY)
    decide_void(request, confirmed=True, by=make_agent(), at=MONDAY + HOUR)
    make_project()
    make_area("Court")
    make_timeline(PLAIN)
    seal(MONDAY.date(), at=MONDAY + DAY)
    return made


def breaks(desk):
    """Name of the check, its subject and sentence, and the statements that break it and nothing else."""
    ticket = {name: desk[name] for name in desk.tickets}
    live = {name: one.live_deadline_id for name, one in ticket.items()}
    pk = {name: one.pk for name, one in ticket.items()}
    stranger = make_agent()
    tree = Department.objects.latest("pk")
    court = Area.objects.get()
    free = ticket["told"].contacts.get(purpose="update").pk
    lost = "'lost:1'"
    copied = [f.column for f in ticket["open"].live._meta.fields if f.column != "id"]
    said = "UPDATE audit_entry SET event = 'heard' WHERE subject = '{}' AND event = 'said'"
    entry = ticket["told"].key
    note = f"(SELECT words_id FROM tickets_contact WHERE id = {free})"
    executive = ticket["open"].department.executive
    period = "ticket_id, owner_id, department_id, how, from_at, to_at"

    def of(name):
        return ticket[name].key

    return [
        ("audit.verification.entries_are_chained", entry, "The columns of entry", [said.format(entry)]),
        ("audit.verification.timelines_end_with_their_head", PLAIN, "The last entry",
         [f"UPDATE audit_head SET number = number + 1 WHERE subject = '{PLAIN}'"]),
        ("audit.verification.entries_have_their_head", "lost:1", "has lost its head",
         ["INSERT INTO audit_entry (subject, number, event, actor, at, recorded_at, line, previous, hash) SELECT 'lost:1', number,"
          f" event, actor, at, recorded_at, line, previous, hash FROM audit_entry WHERE subject = '{PLAIN}' AND number = 1"]),
        ("audit.verification.sealed_entries_stand", PLAIN, "sealed on",
         [f"DELETE FROM audit_entry WHERE subject = '{PLAIN}' AND number = 3",
          f"UPDATE audit_head SET number = 2, hash = (SELECT hash FROM audit_entry WHERE subject = '{PLAIN}' AND number = 2)"
          f" WHERE subject = '{PLAIN}'"]),
        ("audit.verification.seals_are_unbroken", f"seal:{MONDAY.date()}", "is not that of",
         ["UPDATE audit_dailyseal SET heads = heads + 1"]),
        ("audit.verification.words_fit_their_digest", None, "The text is not",
         [f"UPDATE audit_words SET text = 'Nothing was said.' WHERE id = {note}"]),
        ("audit.verification.named_words_stand", entry, "names words",
         [f"UPDATE audit_words SET text = NULL, salt = NULL, erased_at = '2026-05-12 00:00:00+00:00', digest = '{'0' * 64}'"
          f" WHERE id = {note}"]),
        ("staff.rules.departments_form_a_tree", f"department:{tree.pk}", "part of itself",
         [f"UPDATE staff_department SET parent_id = id WHERE id = {tree.pk}"]),
        ("staff.rules.calendars_open", "calendar", "no calendar that opens",
         ["UPDATE calendars_calendar SET is_default = FALSE"]),
        ("staff.rules.calendars_open", f"department:{tree.pk}", "never opens",
         ["INSERT INTO calendars_calendar (name, timezone, region, is_default, version, digest)"
          " VALUES ('Closed', 'Asia/Shanghai', '', FALSE, 0, '')",
          f"UPDATE staff_department SET calendar_id = (SELECT MAX(id) FROM calendars_calendar) WHERE id = {tree.pk}"]),
        ("staff.rules.holders_are_active", f"department:{ticket['open'].department_id}", "has left",
         [f"UPDATE staff_user SET is_active = FALSE WHERE id = {executive.pk}"]),
        ("customers.invariants.projects_have_people", None, "without salesperson",
         ["UPDATE customers_project SET salesperson_id = NULL"]),
        ("customers.invariants.areas_have_their_officer", court.key, "has left",
         [f"UPDATE staff_user SET is_active = FALSE WHERE id = {court.officer_id}"]),
        ("customers.invariants.customers_are_found", f"customer:{ticket['open'].customer.number}", "Not in the search",
         [f"UPDATE customers_customer SET tokens = '' WHERE id = {ticket['open'].customer_id}"]),
        ("reports.invariants.open_counts_agree", f"department:{ticket['open'].department_id}:{ticket['open'].owner_id}",
         "more tickets are open",
         [f"UPDATE reports_opencount SET number = number - 1 WHERE owner_id = {ticket['open'].owner_id}"]),
        ("tickets.invariants.projects_are_the_customers", of("told"), "another customer",
         [f"UPDATE tickets_ticket SET project_id = (SELECT MAX(id) FROM customers_project) WHERE id = {pk['told']}"]),
        ("tickets.invariants.complaints_are_handled_by_others", of("told"), "about its owner",
         ["INSERT INTO tickets_complainedabout (ticket_id, person_id, named_by_id, named_at) SELECT id, owner_id, owner_id,"
          f" received_at FROM tickets_ticket WHERE id = {pk['told']}"]),
        ("clock.invariants.verdicts_follow_the_due_time", of("resolved"), "does not follow",
         [f"UPDATE clock_deadline SET outcome = 'late' WHERE subject = '{of('resolved')}' AND kind = 'promise'"]),
        ("clock.invariants.live_deadlines_will_ring", of("renewed"), "nothing will stamp it",
         [f"UPDATE clock_deadline SET next_ring_at = NULL WHERE id = {live['renewed']}"]),
        ("clock.invariants.deadlines_have_their_timeline", "lost:1", "has no timeline",
         [f"INSERT INTO clock_deadline ({', '.join(copied)}) SELECT {', '.join(copied).replace('subject', lost)} FROM clock_deadline"
          f" WHERE id = {live['renewed']}"]),
        ("tickets.invariants.tickets_have_their_timeline", "ticket:1999-000001", "It has no timeline",
         [f"UPDATE tickets_ticket SET number = '1999-000001' WHERE id = {pk['open']}"]),
        ("clock.invariants.ladders_have_steps", "ladder:reading", "no steps",
         ["UPDATE clock_ladder SET active = FALSE WHERE kind = 'reading'",
          "INSERT INTO clock_ladder (kind, name, version, active, never_waits, made_at)"
          " VALUES ('reading', 'Empty', 99, TRUE, FALSE, '2026-05-12 00:00:00+00:00')"]),
        ("clock.invariants.settings_are_allowed", "setting:S2", "not one that this setting may have",
         ["""UPDATE regulations_setting SET value = '{"amount": 400, "unit": "working_days"}' WHERE code = 'S2'"""]),
        ("clock.invariants.live_deadlines_will_ring", of("renewed"), "nothing will stamp it",
         [f"UPDATE clock_deadline SET next_step_at = '2099-01-01', next_ring_at = '2099-01-01' WHERE id = {live['renewed']}"]),
        ("clock.invariants.live_deadlines_will_ring", of("renewed"), "nothing will stamp it",
         [f"UPDATE clock_deadline SET next_step = 90 WHERE id = {live['renewed']}"]),
        ("clock.invariants.live_deadlines_will_ring", of("late"), "will not ring in time",
         [f"UPDATE clock_deadline SET next_step_at = NULL, next_ring_at = NULL WHERE id = {live['late']}"]),
        ("clock.invariants.live_deadlines_will_ring", of("late"), "will not ring in time",
         [f"UPDATE clock_deadline SET next_step_at = '2099-01-01', next_ring_at = '2099-01-01' WHERE id = {live['late']}"]),
        ("clock.invariants.rings_are_on_record", of("broken"), "does not know",
         [f"UPDATE clock_ring SET round = 7 WHERE id = (SELECT MIN(id) FROM clock_ring WHERE deadline_id = {live['broken']})"]),
        ("clock.invariants.breaches_are_on_record", of("broken"), "not on the timeline",
         [f"UPDATE clock_deadline SET broken_at = made_at WHERE id = {live['broken']}"]),
        ("clock.invariants.breaches_reach_somebody_else", of("broken"), "reached its owner only",
         [f"UPDATE clock_ring SET person_id = owner_id WHERE deadline_id = {live['broken']} AND position = 'department_manager'"]),
        ("tickets.invariants.ownership_tiles", of("open"), "No running ownership",
         [f"UPDATE tickets_ownershipperiod SET to_at = '2026-05-12 00:00:00+00:00' WHERE ticket_id = {pk['open']}"]),
        ("tickets.invariants.ownership_tiles", of("checked"), "still owned",
         [f"UPDATE tickets_ownershipperiod SET to_at = NULL WHERE ticket_id = {pk['checked']}"]),
        ("tickets.invariants.ownership_tiles", of("checked"), "does not begin",
         [f"UPDATE tickets_ownershipperiod SET from_at = '2026-05-11 01:00:00+00:00' WHERE ticket_id = {pk['checked']}"]),
        ("tickets.invariants.ownership_tiles", of("twice"), "do not meet",
         [f"UPDATE tickets_ownershipperiod SET from_at = '2026-05-13 00:00:00+00:00' WHERE ticket_id = {pk['twice']}"
          " AND how = 'taken_over'"]),
        ("tickets.invariants.ownership_tiles", of("open"), "do not meet",
         [f"INSERT INTO tickets_ownershipperiod ({period}) SELECT {period.replace('to_at', 'from_at')} FROM tickets_ownershipperiod"
          f" WHERE ticket_id = {pk['open']}"]),
        ("tickets.invariants.ownership_tiles", of("checked"), "goes on after",
         [f"UPDATE tickets_ownershipperiod SET to_at = '2026-06-01 00:00:00+00:00' WHERE ticket_id = {pk['checked']}"]),
        *(
            ("tickets.retelling.rows_agree_with_their_timeline", of(name), text, [sql])
            for name, text, sql in (
                ("twice", "owners are not those",
                 f"UPDATE tickets_ownershipperiod SET owner_id = {stranger.pk} WHERE ticket_id = {pk['twice']} AND how = 'received'"),
                ("renewed", "was given otherwise", f"UPDATE clock_deadline SET due_at = '2026-06-01' WHERE id = {live['renewed']}"),
                ("resolved", "was given otherwise", f"UPDATE clock_deadline SET due_at = '2026-06-01' WHERE subject = '{of('resolved')}'"
                 " AND kind = 'check'"),
                ("broken", "lost its stamp", f"UPDATE clock_deadline SET broken_at = NULL, next_step = 0, next_step_at = due_at,"
                 f" next_ring_at = due_at WHERE id = {live['broken']}"),
                ("told", "written down", f"UPDATE tickets_contact SET words_id = {ticket['open'].contacts.get().words_id - 1}"
                 f" WHERE id = {free}"),
                ("open", "Category, severity or customer", f"UPDATE tickets_ticket SET severity = 'severe' WHERE id = {pk['open']}"),
            )
        ),
        ("tickets.invariants.leavers_own_nothing", of("open"), "The owner has left",
         [f"UPDATE staff_user SET is_active = FALSE WHERE id = {ticket['open'].owner_id}"]),
        ("tickets.invariants.first_things_stand_on_the_timeline", of("open"), "differ from the timeline",
         [f"UPDATE tickets_ticket SET first_responder_id = {stranger.pk} WHERE id = {pk['open']}"]),
        ("tickets.invariants.unresolved_tickets_owe", of("open"), "without a live deadline",
         [f"UPDATE clock_deadline SET settled_at = made_at, outcome = 'withdrawn', next_ring_at = NULL WHERE id = {live['open']}"]),
        ("tickets.invariants.unresolved_tickets_owe", of("open"), "no open promise",
         [f"UPDATE tickets_promise SET reply_id = {free} WHERE ticket_id = {pk['open']}"]),
        ("tickets.invariants.unresolved_tickets_owe", of("open"), "does not know",
         [f"INSERT INTO clock_deadline ({', '.join(copied)}) SELECT {', '.join(copied)} FROM clock_deadline"
          f" WHERE id = {live['open']}"]),
        ("tickets.invariants.resolved_tickets_owe_their_check", of("resolved"), "without its open check",
         [f"UPDATE tickets_opinioncheck SET outcome = 'withdrawn', asked_at = '2026-05-12 00:00:00+00:00' WHERE ticket_id = {pk['resolved']}"]),
        ("tickets.invariants.resolved_tickets_owe_their_check", of("again"), "A check is open",
         [f"UPDATE tickets_opinioncheck SET outcome = NULL, asked_at = NULL, asked_by_id = NULL WHERE ticket_id = {pk['again']}"]),
        ("tickets.invariants.deadlines_follow_the_owner", of("renewed"), "belongs to somebody else",
         [f"UPDATE clock_deadline SET owner_id = {stranger.pk} WHERE id = {live['renewed']}"]),
        ("tickets.invariants.resolved_tickets_owe_their_check", of("reported"), "without its open check",
         [f"UPDATE tickets_opinioncheck SET outcome = 'withdrawn', asked_at = '2026-05-12 00:00:00+00:00' WHERE ticket_id = {pk['reported']}"]),
        ("tickets.invariants.confirmations_are_the_requesters", of("reported"), "never passed on",
         [f"UPDATE clock_deadline SET owner_id = {stranger.pk} WHERE id = {ticket['reported'].open_check_id}"]),
        ("tickets.invariants.readings_are_owed", of("confirmed"), "still owed",
         [f"UPDATE tickets_reading SET read_at = NULL, read_by_id = NULL WHERE contact_id IN"
          f" (SELECT id FROM tickets_contact WHERE ticket_id = {pk['confirmed']})"]),
        ("tickets.invariants.readings_are_owed", of("unread"), "no reply knows",
         [f"DELETE FROM tickets_reading WHERE contact_id IN (SELECT id FROM tickets_contact WHERE ticket_id = {pk['unread']})"]),
        ("tickets.invariants.promises_are_whole", of("renewed"), "not numbered",
         [f"UPDATE tickets_promise SET number = 7 WHERE deadline_id = {live['renewed']}"]),
        ("tickets.invariants.promises_are_whole", of("renewed"), "settled without a reply",
         [f"UPDATE tickets_promise SET reply_id = NULL WHERE ticket_id = {pk['renewed']}"]),
        ("tickets.invariants.closed_tickets_are_proved", of("done"), "confirmation of a second person",
         [f"UPDATE tickets_ticket SET requester_id = {stranger.pk} WHERE id = {pk['done']}",
          f"UPDATE clock_deadline SET owner_id = {stranger.pk} WHERE subject = '{of('done')}' AND kind = 'confirmation'"]),
        ("tickets.invariants.solved_tickets_were_told", of("resolved"), "without a reply",
         [f"UPDATE tickets_contact SET mode = 'tried' WHERE ticket_id = {pk['resolved']} AND purpose = 'reply'"]),
        *(
            ("tickets.invariants.closed_tickets_are_proved", of(name), text, [sql.format(pk=pk[name])])
            for name, text, sql in (
                ("checked", "without a satisfied check",
                 "UPDATE tickets_opinioncheck SET outcome = 'dissatisfied' WHERE ticket_id = {pk}"),
                ("confirmed", "confirmation of a second person",
                 "UPDATE tickets_opinioncheck SET form = 'customer' WHERE ticket_id = {pk}"),
                ("done", "confirmation of a second person",
                 "UPDATE tickets_opinioncheck SET outcome = 'dissatisfied' WHERE ticket_id = {pk}"),
                ("done", "confirmation of a second person",
                 f"UPDATE tickets_opinioncheck SET asked_by_id = {stranger.pk} WHERE ticket_id = {{pk}}"),
                ("accepted", "the customer accepted", "UPDATE tickets_contact SET accepted = FALSE WHERE ticket_id = {pk}"),
                ("answered", "the customer accepted",
                 "UPDATE tickets_opinioncheck SET outcome = 'dissatisfied', deadline_id = (SELECT MIN(id) FROM clock_deadline)"
                 " WHERE ticket_id = {pk}"),
                ("decided", "decision that was told", "UPDATE tickets_ticket SET demands_check = TRUE WHERE id = {pk}"),
                ("unopposed", "could object", "UPDATE tickets_ticket SET demands_check = TRUE WHERE id = {pk}"),
                ("void", "without a second person", "UPDATE tickets_voidrequest SET confirmed = FALSE WHERE ticket_id = {pk}"),
                ("checked", "closing is not on", "UPDATE tickets_ticket SET closed_at = '2026-06-01 00:00:00+00:00' WHERE id = {pk}"),
            )
        ),
    ]  # fmt: skip


@contextmanager
def undone():
    """What is written inside is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def constraints_lifted():
    """The database checks no row by itself either."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute(
                "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'c'"
                " AND connamespace = current_schema()::regnamespace AND conname IN"
                " ('deadline_late_is_broken', 'project_active_has_people', 'department_not_its_own_parent')"
            )
            for table, name in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def audit(capsys) -> tuple[int, set[tuple[str, str, str]]]:
    """Exit code, and (check, subject, sentence) of everything that was found; what lies bare here is left out."""
    code = 0
    try:
        call_command("audit", json=True)
    except SystemExit as end:
        code = end.code
    told = json.loads(capsys.readouterr().out)
    return code, {
        (check["name"], example["subject"], example["text"])
        for check in told["checks"]
        for example in check["examples"]
        if check["name"] != TRIGGERS
    }


def test_each_violation_is_named_and_nothing_else(desk, triggers_lifted, capsys):
    assert audit(capsys) == (0, set())
    wrong = {}
    with triggers_lifted(), constraints_lifted():
        for check, subject, text, statements in breaks(desk):
            with undone():
                with connection.cursor() as cursor:
                    for sql in statements:
                        cursor.execute(sql)
                code, found = audit(capsys)
            fits = [one for one in found if one[0] == check and subject in (None, one[1]) and text in one[2]]
            if (code, len(found), len(fits)) != (1, 1, 1):
                wrong[f"{check}: {text}"] = (code, found)
    assert wrong == {}


def test_a_damaged_line_is_named_and_ends_no_check(desk, triggers_lifted, capsys):
    torn = {
        desk[name].key: event
        for name, event in (("open", "received"), ("broken", "rang"), ("reported", "check_owed"))
    }
    with triggers_lifted(), constraints_lifted(), undone():
        with connection.cursor() as cursor:
            for subject, event in torn.items():
                cursor.execute(
                    "UPDATE audit_entry SET line = 'torn' WHERE subject = %s AND event = %s", [subject, event]
                )
            cursor.execute(
                "UPDATE clock_deadline SET owner_id = %s WHERE id = %s",
                [make_agent().pk, desk["reported"].open_check_id],
            )
        code, found = audit(capsys)
    assert code == 1
    chain = "audit.verification.entries_are_chained"
    assert {subject for check, subject, _text in found if check == chain} == set(torn)
    assert [check for check, _subject, text in found if "could not be carried out" in text] == []


def test_every_check_that_is_registered_is_broken_here(desk):
    broken = {check for check, *_ in breaks(desk)} | {TRIGGERS}
    assert {one.name for one in registered()} - broken == set()


def test_a_trigger_that_is_missing_or_asleep_is_named(capsys):
    with undone(), connection.cursor() as cursor:
        cursor.execute(
            "DROP TRIGGER tickets_ticket_proved"
            if connection.vendor == "sqlite"
            else "ALTER TABLE tickets_ticket DISABLE TRIGGER tickets_ticket_proved"
        )
        with pytest.raises(SystemExit) as end:
            call_command("audit")
    lines = [line for line in capsys.readouterr().out.splitlines() if "tickets_ticket_proved" in line]
    assert (end.value.code, len(lines)) == (1, 1)
