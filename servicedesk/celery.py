"""The Celery app and, in one place, every periodic task with its rhythm.

A message is only a hint: every effect comes from due rows and a sweep, so a task may be lost,
doubled or late (STACK). Periodic messages expire soon after the next one, so that few pile up.
"""

import os
from datetime import timedelta

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")

app = Celery("servicedesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
LEEWAY = 30  # seconds by which the clock of a worker's machine may be ahead of the beat's: else every message had expired


def every(seconds: float, task: str) -> dict:
    """One beat entry that runs `task` every so many seconds; a message that is too late is dropped."""
    return {
        "task": task,
        "schedule": timedelta(seconds=seconds),
        "options": {"expires": seconds + LEEWAY},
    }


def daily(hour: int, minute: int, task: str) -> dict:
    """One beat entry that runs `task` once a day, at a time in the organisation's zone."""
    return {
        "task": task,
        "schedule": crontab(hour=hour, minute=minute),
        "options": {"expires": 3600},
    }


@app.on_after_configure.connect
def list_periodic_tasks(sender, **kwargs):
    """Read the rhythm once the settings stand."""
    sender.conf.beat_schedule = {
        # every few seconds: what is due rings (DESIGN 4)
        "ring due deadlines": every(settings.SWEEP_EVERY, "servicedesk.clock.tasks.ring_due_deadlines"),
        # every few seconds: messages whose hint was lost, whose time has come, or whose sender died
        "send due messages": every(5, "servicedesk.outbox.tasks.send_due_messages"),
        # every hour: inquiries whose written answer met no objection close (S36)
        "close unopposed inquiries": every(3600, "tickets.tasks.close_unopposed_inquiries"),
        # every half minute: tickets of a renamed customer are found by the new name
        "find tickets by new words": every(30, "tickets.tasks.find_tickets_by_new_words"),
        # every minute: the number of open tickets stays the sum of few rows
        "fold open counts": every(60, "servicedesk.reports.tasks.fold_open_counts"),
        # every ten minutes: whose last day is over leaves; what stayed because nobody could have it (CASES f, o)
        "pass on what leavers owe": every(600, "servicedesk.staff.tasks.pass_on_what_leavers_owe"),
        # every morning: next year's holiday list, once it is time to ask for it (S37)
        "watch holiday lists": daily(7, 0, "followups.tasks.watch_holiday_lists"),
        # every night: all timelines under one seal, then all that must always hold is checked (DESIGN 6)
        "seal the day": daily(0, 10, "servicedesk.audit.tasks.seal_the_day"),
        "audit": daily(3, 20, "servicedesk.audit.tasks.audit_nightly"),
        # every minute: imports whose message was lost or whose worker died
        "go on with imports": every(60, "servicedesk.uploads.tasks.go_on_with_imports"),
        # nightly: files of imports are deleted, and words of mail sent long ago are forgotten
        "remove old imports": daily(3, 30, "servicedesk.uploads.tasks.remove_old_imports"),
        "purge sent texts": daily(3, 40, "servicedesk.outbox.tasks.purge_sent_texts"),
    }
