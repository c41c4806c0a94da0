"""How people and the desk speak with each other; one list for what came in, what was promised and what is preferred."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """How a matter came in, and how one speaks with a customer (R5.2.2b)."""

    PHONE = "phone", _("telephone")
    VISIT = "visit", _("visit")
    LETTER = "letter", _("letter")
    FAX = "fax", _("fax")
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")
    ON_SITE = "on_site", _("on site")
    WEB = "web", _("website")
    INSPECTION = "inspection", _("inspection")
    REVISIT = "revisit", _("revisit")


SPOKEN = (Channel.PHONE, Channel.VISIT, Channel.ON_SITE, Channel.REVISIT, Channel.INSPECTION)
WRITTEN = (Channel.EMAIL, Channel.SMS, Channel.LETTER, Channel.FAX, Channel.WEB)
# What a customer may prefer: whatever the desk can choose by itself, on any day.
PREFERABLE = (Channel.PHONE, Channel.VISIT, *WRITTEN)
PREFERENCES = [(channel.value, channel.label) for channel in PREFERABLE]

# Timelines are never rewritten: what stands there under a code that is no longer given, and what it is called now.
FORMER_CODES = {"telephone": Channel.PHONE.value}
