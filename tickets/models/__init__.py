"""The tables of the ticket domain."""

from tickets.models.contact import Contact, Note, Reading
from tickets.models.policies import Category, Kind, Process
from tickets.models.promise import OpinionCheck, Promise
from tickets.models.standing import ComplainedAbout, Mark, OwnershipPeriod, VoidRequest
from tickets.models.submission import Submission
from tickets.models.ticket import CONFIRMATION, FoundByOldWords, NumberSeries, Ticket

__all__ = [
    "CONFIRMATION",
    "Category",
    "ComplainedAbout",
    "Contact",
    "FoundByOldWords",
    "Kind",
    "Mark",
    "Note",
    "NumberSeries",
    "OpinionCheck",
    "OwnershipPeriod",
    "Process",
    "Promise",
    "Reading",
    "Submission",
    "Ticket",
    "VoidRequest",
]
