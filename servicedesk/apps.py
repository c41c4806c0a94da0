from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.triggers import append_only, declare, keep_rows, refuse
from servicedesk.keepable import check_keepable
from servicedesk.outbox.signals import tried_again
from servicedesk.regulations.fulfilment import fulfil


class ServiceDeskConfig(AppConfig):
    """Holds the commands and template tags that belong to no single app, and joins what may not know each other."""

    name = "servicedesk"
    label = "servicedesk"

    def ready(self):
        import_module("servicedesk.checks")  # registers them
        import_module("servicedesk.lookups")
        refuse_in_every_form()
        declare("regulations", settings_on_record())
        tell_of_the_bottom()
        tried_again.connect(messages_on_record, dispatch_uid="servicedesk.messages_on_record")


def refuse_in_every_form() -> None:
    """What no text of the desk holds, no text field takes, those of Django's own forms included, which refuse NUL alone."""
    refuse_nul: Any = ProhibitNullCharactersValidator
    refuse_nul.__call__ = lambda self, value: check_keepable(str(value))


def messages_on_record(sender, messages, by, at, **kwargs):
    """Who asked for a message that was given up to be sent again: one entry for each, on the outbox's own timeline."""
    from servicedesk.audit.timeline import Record, record_many  # holds models, which stand only now

    record_many([Record("outbox", "tried_again", by, at, {"message": pk}) for pk in messages])


def settings_on_record():
    """A setting changes together with its entry in the history, which is never rewritten."""
    kept = (
        "NOT EXISTS (SELECT 1 FROM regulations_settingchange c WHERE c.setting_id = NEW.code"
        " AND c.at = NEW.changed_at AND c.became = NEW.value AND c.was = OLD.value)"
    )
    return [
        *append_only("regulations_decision"),
        *append_only("regulations_settingchange"),
        *keep_rows("regulations_setting"),
        refuse(
            "regulations_setting_on_record",
            "regulations_setting",
            on="BEFORE UPDATE",
            when=kept,
            message="a setting changes together with its history",
        ),
    ]


def tell_of_the_bottom() -> None:
    """What apps do for a clause that may not know the clauses themselves."""
    fulfil("record", "R3.7.1a", _("Working hours are kept in calendars as numbered versions."))
    fulfil("record", "R5.8a", _("Holiday lists are kept as numbered versions, each with its source."))
    fulfil("record", "R5.9a", _("Every notice keeps when it was sent and when it was read."))
