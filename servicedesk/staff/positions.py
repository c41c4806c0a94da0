"""Positions by which the desk finds a person, instead of naming one."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Position(models.TextChoices):
    """Whom a rung, a notice or a transfer is addressed to."""

    OWNER = "owner", _("owner")
    FIRST_RESPONDER = "first_responder", _("first responder")
    DEPARTMENT_MANAGER = "department_manager", _("department manager")
    EXECUTIVE = "executive", _("executive in charge")
    GENERAL_MANAGER = "general_manager", _("general manager")
    OFFICE = "office", _("the Office")
    SUPERVISION = "supervision", _("supervision")


# Positions of the whole organisation: each is one Post with a holder and a stand-in.
POSTS = [Position.GENERAL_MANAGER, Position.OFFICE, Position.SUPERVISION]
POST_CHOICES = [(position.value, position.label) for position in POSTS]
