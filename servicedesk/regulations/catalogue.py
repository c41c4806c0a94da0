"""Every setting of REGULATIONS 0.5: what it stands for, its default, what it may be, which clauses it serves."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from servicedesk.regulations.definitions import (
    AFTERWARDS,
    PLACES,
    REPLIES,
    REPORTS,
    REVISITS,
    TOGETHER,
    URGENT,
    Attempts,
    Days,
    Definition,
    SiteLimits,
    Survey,
    WeekMoment,
)
from servicedesk.regulations.kinds import (
    Choice,
    DayOfYear,
    Elsewhere,
    Length,
    MonthDay,
    Number,
    Parts,
    Rhythm,
    TimeOfDay,
    Weekday,
)
from servicedesk.regulations.span import Span

WORK = ("working_hours", "working_days")

MOMENTS = Length(Span(1, "minutes"), Span(2, "days"), ("minutes", "hours"))
PROMPT = Length(Span(1, "hours"), Span(30, "days"), ("hours", "days", *WORK))
OFFICE = Length(Span(1, "working_hours"), Span(20, "working_days"), WORK)
WEEKS = Length(Span(1, "days"), Span(90, "days"), ("days", "working_days"))
TRACKING = Rhythm(Span(5, "minutes"), Span(3, "days"), ("minutes", "hours", "days"))
PERIOD = Rhythm(Span(1, "months"), Span(3, "years"), ("months", "quarters", "years"))

_TABLE = [
    # Promises and replies
    Definition(
        "S1", REPLIES, _("Answer small matters at once"),
        Choice({"same_contact": _("inside the same contact")}), "same_contact", ("R1.1d",),
        help=_("A matter that the person asked can settle alone is answered before the contact ends."),
    ),
    Definition(
        "S2", REPLIES, _("Longest first promise"),
        PROMPT, Span(3, "working_days"), ("R1.1e", "R3.3.1a"),
        help=_("No first reply may be promised later than this after receipt. Templates may shorten it, never lengthen it."),
    ),
    Definition(
        "S2a", REPLIES, _("First promise that is proposed"),
        PROMPT, Span(1, "working_days"), ("R1.1e",),
        help=_("The form proposes this time; for a serious event it proposes S8. Not longer than S2."),
    ),
    Definition(
        "S3", REPLIES, _("Longest later promise"),
        PROMPT, Span(7, "days"), ("R1.1g", "R3.3.1a"),
        sentence=_("%(value)s; if these end in a public holiday, closing time of the first working day after it"),
        help=_("Counted from the reply before. Templates may shorten it, never lengthen it."),
    ),
    Definition(
        "S4", REPLIES, _("Warnings before a promise is due"),
        Elsewhere(), _("at 75 % of the interval, and 1 hour before"), ("R1.1f",),
        help=_("These are steps of the ladders and are changed there."),
    ),
    Definition(
        "S5", REPLIES, _("Ladder after a broken promise"),
        Elsewhere(),
        _(
            "at once: department manager; after 1 working day: executive in charge; after 3 working days: general manager. "
            "Serious events and same-day duties: at once, after 1 hour, after 4 hours"
        ),
        ("R1.1f",),
        help=_("These are steps of the ladders and are changed there."),
    ),
    Definition(
        "S6", REPLIES, _("Promptly"),
        PROMPT, Span(1, "working_days"),
        ("R3.2.2", "R3.3.4b", "R3.5.5b", "R4.2a", "R4.3a", "R5.2.3c", "R5.2.4a", "R5.2.7c", "R5.7f", "R5.8c", "R5.10.1.1c",
         "R5.10.1.2d", "R7.1.3c", "R7.1.3d", "R7.1.4a", "R7.1.5c", "R7.2.1.4a", "R7.2.1.4b"),
        help=_("What the regulations mean wherever they say 'promptly'."),
    ),
    Definition(
        "S6a", REPLIES, _("First reading of a message from the portal or by e-mail"),
        PROMPT, Span(2, "working_hours"), ("R5.2.1",),
        help=_("Within this time a person has read the message."),
    ),
    Definition(
        "S6b", REPLIES, _("Answering a call"),
        Length(Span(5, "seconds"), Span(5, "minutes"), ("seconds", "minutes")), Span(15, "seconds"), ("R2.2.3a", "R5.10.2.1"),
        sentence=_("within %(value)s"),
        help=_("A target that is measured; missing it is no breach."),
    ),
    Definition(
        "S26", REPLIES, _("Repeat contact"),
        WEEKS, Span(7, "days"), ("R5.2.7d",),
        sentence=_("same customer and matter within %(value)s, or while the ticket is open"),
    ),
    Definition(
        "S34", REPLIES, _("Passed around"),
        Number(1, 10), 2, ("R1.4b",),
        sentence=_("more than %(value)s hand-overs"),
        help=_("A ticket handed over more often than this is listed as avoided."),
    ),
    Definition(
        "S36", REPLIES, _("An inquiry closes by itself"),
        WEEKS, Span(7, "days"), ("R1.1d",),
        sentence=_("%(value)s after a written answer, if nobody objects"),
    ),
    # Serious matters and faults
    Definition(
        "S7", URGENT, _("Immediately, to the general manager"),
        MOMENTS, Span(15, "minutes"), ("R5.2.5",),
        help=_("From recognising a significant matter until the general manager is told."),
    ),
    Definition(
        "S8", URGENT, _("Serious event: first contact with the customer"),
        MOMENTS, Span(30, "minutes"), ("R4.5c",),
        help=_("What the regulations mean by 'at the first moment'."),
    ),
    Definition(
        "S8b", URGENT, _("Major fault: notices to units and persons"),
        MOMENTS, Span(15, "minutes"), ("R5.7a", "R5.8c"),
    ),
    Definition(
        "S9", URGENT, _("Executive in charge informs top management"),
        MOMENTS, Span(30, "minutes"), ("R5.7c",),
        sentence=_("%(value)s after receipt"),
    ),
    Definition(
        "S10a", URGENT, _("Tracking a major fault"),
        TRACKING, Span(60, "minutes"), ("R5.7d",),
        sentence=_("%(value)s while open"),
    ),
    Definition(
        "S10b", URGENT, _("Tracking a serious event"),
        TRACKING, Span(4, "hours"), ("R4.5d",),
        sentence=_("%(value)s while open, or as promised"),
        help=_("Contacts with the customer keep to the customer's hours."),
    ),
    Definition(
        "S11", URGENT, _("Fault analysis report"),
        OFFICE, Span(5, "working_days"), ("R5.7e",),
        sentence=_("%(value)s after the fault has ended"),
    ),
    # Hand-over and cooperation
    Definition(
        "S12", TOGETHER, _("Work liaison sheet after fix-first"),
        OFFICE, Span(1, "working_days"), ("R5.2.6", "R5.9b"),
        sentence=_("%(value)s, ending at closing time"),
        help=_("One working day means the end of the next working day."),
    ),
    Definition(
        "S13", TOGETHER, _("Acceptance of a hand-over"),
        PROMPT, Span(2, "working_hours"), ("R5.2.4b",),
        help=_("After this time without acceptance it is offered to the deputy."),
    ),
    Definition(
        "S14a", TOGETHER, _("Deadlock: opinions of the departments"),
        OFFICE, Span(1, "working_days"), ("R5.6b",),
    ),
    Definition(
        "S14b", TOGETHER, _("Deadlock: ruling of the Office"),
        OFFICE, Span(2, "working_days"), ("R5.6c",),
        sentence=_("%(value)s after the opinions are complete"),
    ),
    # After the remedy
    Definition(
        "S15", AFTERWARDS, _("First opinion check: first attempt"),
        Length(Span(1, "days"), Span(14, "days"), ("days", "working_days")), Span(3, "days"), ("R1.2g",),
        sentence=_("within %(value)s after the remedy"),
        help=_("Also the time within which who asked for a task confirms that it is done."),
    ),
    Definition(
        "S15a", AFTERWARDS, _("First opinion check: completion"),
        Length(Span(1, "days"), Span(20, "working_days"), ("days", "working_days")), Span(5, "working_days"), ("R1.2g",),
        sentence=_("within %(value)s more"),
        help=_("Counted from the end of the time for the first attempt (S15)."),
    ),
    Definition(
        "S16", AFTERWARDS, _("Second opinion check"),
        Length(Span(5, "days"), Span(14, "days"), ("days",)), Span(7, "days"), ("R1.2g",),
        sentence=_("%(value)s after the first"),
    ),
    Definition(
        "S17", AFTERWARDS, _("Customer counted as unreachable"),
        Parts(
            Attempts,
            {
                "attempts": (_("attempts"), Number(2, 10)),
                "days": (_("on at least so many days"), Number(1, 5)),
                "channels": (_("by so many channels, where known"), Number(1, 4)),
            },
            _("%(attempts)s attempts on at least %(days)s days, by %(channels)s channels where known"),
            lambda value: max(value.days, value.channels) <= value.attempts,
            _("There cannot be more days or channels than attempts."),
        ),
        Attempts(3, 2, 2), ("R1.2g", "R5.5b"),
    ),
    # Revisits, inspections, surveys
    Definition(
        "S18", REVISITS, _("Anchor of revisit windows"),
        Choice({"delivery": _("date of delivery for use")}), "delivery", ("R5.5b", "R5.5c"),
        help=_("The windows of a project are counted from this date, never from the revisit before."),
    ),
    Definition("S21", REVISITS, _("Quality inspection of a project"), PERIOD, Span(1, "quarters"), ("R5.10.1.1a",)),
    Definition(
        "S22", REVISITS, _("Satisfaction survey per customer"),
        Parts(
            Survey,
            {
                "every": (_("how often"), PERIOD),
                "apart": (_("rest after another survey"), Length(Span(0, "days"), Span(180, "days"), ("days",))),
            },
            _("%(every)s, and not within %(apart)s of another survey"),
            lambda value: value.apart <= value.every,
            _("The rest cannot be longer than the time between two surveys."),
        ),
        Survey(Span(1, "years"), Span(30, "days")), ("R5.10.1.2a",),
    ),
    Definition("S23", REVISITS, _("Service research by top management"), PERIOD, Span(6, "months"), ("R5.10.1.3a",)),
    Definition(
        "S28", REVISITS, _("December campaign"),
        Parts(
            Days,
            {"first": (_("first day"), DayOfYear()), "last": (_("last day"), DayOfYear())},
            _("%(first)s to %(last)s"),
            lambda value: value.first <= value.last,
            _("The last day cannot come before the first."),
        ),
        Days(MonthDay(12, 1), MonthDay(12, 31)), ("R5.3a",),
        help=_("Every customer is visited or called in these weeks. Both days are included."),
    ),
    Definition("S31", REVISITS, _("Revisits of customers without a plan"), PERIOD, Span(1, "quarters"), ("R4.3b",)),
    Definition("S32", REVISITS, _("News of services"), PERIOD, Span(1, "quarters"), ("R3.3.5",)),
    Definition(
        "S33", REVISITS, _("Plan after service research"),
        OFFICE, Span(10, "working_days"), ("R5.10.1.3c",),
        sentence=_("%(value)s after the last visit"),
    ),
    # Reports, rosters, attendance
    Definition(
        "S19", REPORTS, _("Weekly report"),
        Parts(
            WeekMoment,
            {"weekday": (_("day of the week"), Weekday()), "time": (_("time"), TimeOfDay())},
            _("%(weekday)s %(time)s, or the last working day of the week"),
        ),
        WeekMoment(4, time(14)), ("R5.4a",),
        help=_("Where the day is closed, the last working day of that week at the same time."),
    ),
    Definition(
        "S20", REPORTS, _("Monthly assessment and supervision report"),
        TimeOfDay(), time(17, 30), ("R5.1c", "R5.1d"),
        sentence=_("last working day of the month, %(value)s"),
    ),
    Definition(
        "S27", REPORTS, _("Daily work report"),
        TimeOfDay(), time(10), ("R3.2.3a", "R3.7.2b"),
        sentence=_("close of the working day; late after %(value)s of the next"),
    ),
    Definition("S35", REPORTS, _("Daily report unread"), OFFICE, Span(1, "working_days"), ("R3.2.3b",)),
    Definition(
        "S29", REPORTS, _("Holiday roster complete"),
        OFFICE, Span(3, "working_days"), ("R5.8b",),
        sentence=_("%(value)s before the first holiday"),
    ),
    Definition(
        "S30", REPORTS, _("Lateness grace"),
        Length(Span(0, "minutes"), Span(60, "minutes"), ("minutes",)), Span(0, "minutes"), ("R3.7.1b",),
        help=_("A sign-in up to so long after opening still counts as on time."),
    ),
    Definition(
        "S37", REPORTS, _("Warning that next year's holiday list is missing"),
        DayOfYear(), MonthDay(12, 1), ("R5.8a",),
        sentence=_("from %(value)s on"),
    ),
    # On site and property
    Definition(
        "S24", PLACES, _("Departure and arrival on site"),
        Parts(
            SiteLimits,
            {"departure": (_("departure"), PROMPT), "arrival": (_("arrival"), PROMPT)},
            _("departure %(departure)s, arrival %(arrival)s after the visit order, where the site has no limits of its own"),
            lambda value: value.departure <= value.arrival,
            _("Arrival cannot be due before departure."),
        ),
        SiteLimits(Span(2, "working_hours"), Span(1, "working_days")), ("R5.10.2.3b",),
    ),
    Definition(
        "S25", PLACES, _("Same day"),
        Choice({"midnight": _("midnight that ends the day of receipt"), "closing": _("closing time of the day of receipt")}),
        "midnight", ("R7.1.3b",),
        help=_("Shown as 'today 24:00'. What is received outside opening hours counts from the next opening."),
    ),
]  # fmt: skip

DEFINITIONS = {definition.code: definition for definition in _TABLE}
