"""A production start: the organisation's zone and language, and the first administrator; nothing of the demo."""

import getpass
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.audit.timeline import record
from servicedesk.calendars.models import Calendar, check_zone
from servicedesk.calendars.publishing import publish
from servicedesk.clock.models import Ladder
from servicedesk.management.commands.up import check_migrated
from servicedesk.shipped import name_what_ships
from servicedesk.staff.models import User
from servicedesk.staff.roles import Role
from tickets.models import Category


@dataclass(frozen=True)
class Question:
    """One thing to know: its option, the variable that answers it, its words, and what is right or wrong."""

    option: str
    variable: str
    words: object
    default: str = ""
    check: Callable[[str], object] = lambda answer: answer


def known_language(code: str) -> None:
    """Refuse a language the desk does not speak."""
    known = [code for code, _name in settings.LANGUAGES]
    if code not in known:
        raise ValidationError(_("Choose one of: %(codes)s."), params={"codes": ", ".join(known)})


QUESTIONS = [
    Question("organisation", "ORGANISATION_NAME", gettext_lazy("Name of the organisation")),
    Question("zone", "TIME_ZONE", gettext_lazy("Time zone"), settings.TIME_ZONE, check_zone),
    Question(
        "language",
        "LANGUAGE_CODE",
        gettext_lazy("Language (en, zh-hans, zh-hant)"),
        settings.LANGUAGE_CODE,
        known_language,
    ),
    Question("username", "ADMIN_USERNAME", gettext_lazy("Log-in of the first administrator"), "admin"),
    Question("name", "ADMIN_NAME", gettext_lazy("Name of the administrator, as customers see it")),
    Question("email", "ADMIN_EMAIL", gettext_lazy("E-mail of the administrator")),
]
PASSWORD = "ADMIN_PASSWORD"  # noqa: S105  the name of a variable; never an option, since others see those


class Command(BaseCommand):
    help = "Set up an empty desk for real work: zone, language and the first administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        for question in QUESTIONS:
            parser.add_argument(
                f"--{question.option}", help=f"else the variable {question.variable}, else asked"
            )
        parser.add_argument(
            "--no-input", action="store_true", help=f"ask nothing; the password comes from {PASSWORD}"
        )

    def handle(self, *args, **options) -> None:
        refuse_where_work_has_begun()
        asks = sys.stdin.isatty() and not options["no_input"]
        answers = {question.option: answer(question, options, asks) for question in QUESTIONS}
        user = administrator(answers)
        password = new_password(user, asks)
        set_up(user, password, zone=answers["zone"])
        self.stdout.write(_("The desk is ready for %(name)s.") % {"name": user.display_name})
        self.stdout.write(_("Keep these lines in .env, or in the environment of every process:"))
        for question in QUESTIONS[:3]:
            self.stdout.write(f'  {question.variable}="{answers[question.option]}"')


def refuse_where_work_has_begun() -> None:
    """Raise CommandError in the demo, in a database without its tables, or where somebody is there already."""
    if settings.DEMO:
        raise CommandError(_("This is the demo. Set DATABASE_URL and SECRET_KEY first."))
    check_migrated()
    if people := User.objects.count():
        raise CommandError(
            _("This desk is set up already (people: %(count)d); nothing was changed.") % {"count": people}
        )


def answer(question: Question, options: dict, asks: bool) -> str:
    """From the option, the environment, the keyboard or the default; CommandError if wrong or missing."""
    given = options[question.option] or os.environ.get(question.variable, "")
    while not given and asks:
        shown = f" [{question.default}]" if question.default else ""
        given = input(f"{question.words}{shown}: ").strip() or question.default
    given = (given or question.default).strip()
    if not given:
        told = {"option": f"--{question.option}", "variable": question.variable}
        raise CommandError(_("Nothing says %(option)s; give it or set %(variable)s.") % told)
    try:
        question.check(given)
    except ValidationError as error:
        raise refused(error, question.option) from error
    return given


def administrator(answers: dict[str, str]) -> User:
    """The unsaved first administrator; CommandError if a field is not right."""
    user = User(
        username=answers["username"],
        display_name=answers["name"],
        email=answers["email"],
        language=answers["language"],
        timezone=answers["zone"],
        is_staff=True,
    )
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise refused(error) from error
    return user


def new_password(user: User, asks: bool) -> str:
    """From the environment, else typed twice; CommandError if it is missing or too weak."""
    password = os.environ.get(PASSWORD, "")
    if not password and asks:
        password = getpass.getpass(_("Password: "))
        if password != getpass.getpass(_("The password again: ")):
            raise CommandError(_("The two passwords differ; nothing was changed."))
    if not password:
        raise CommandError(_("Set %(variable)s to the administrator's password.") % {"variable": PASSWORD})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise refused(error, "password") from error
    return password


@transaction.atomic
def set_up(user: User, password: str, *, zone: str) -> None:
    """Save the administrator, move the organisation's calendar into its zone, and put it on record."""
    at = timezone.now()
    user.set_password(password)
    user.save()
    user.groups.add(Group.objects.get(name=Role.ADMINISTRATOR))
    calendar = Calendar.objects.default()
    name_what_ships([calendar, *Ladder.objects.all(), *Category.objects.all()], user.language)
    if calendar.timezone != zone:
        calendar.timezone = zone
        calendar.save(update_fields=["timezone"])
        publish(calendar, by=user, at=at)
    record("organisation", "set_up", by="setup", at=at, administrator=user, zone=zone, language=user.language)


def refused(error: ValidationError, field: str = "") -> CommandError:
    """The sentences of a refusal, each under the field it is about."""
    told = error.message_dict if hasattr(error, "error_dict") else {field: error.messages}
    return CommandError(
        "\n".join(f"{name}: {message}" for name, messages in told.items() for message in messages)
    )
