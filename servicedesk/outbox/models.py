from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

IN_APP = "in_app"
EMAIL = "email"


class State(models.TextChoices):
    QUEUED = "queued", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed, tried again later")
    GIVEN_UP = "given_up", _("given up")


class MessageQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        """Messages still to be sent, whether their time has come or not."""
        return self.filter(next_try_at__isnull=False)

    def due(self, at: datetime) -> Self:
        """Messages whose next try has come; one that a sender holds is due again when its lease ends."""
        return self.filter(next_try_at__lte=at)

    def given_up(self) -> Self:
        """Messages that nobody tries any more."""
        return self.filter(given_up_at__isnull=False)

    def notices_of(self, user) -> Self:
        """What stands in one person's list of notices, newest first."""
        return self.filter(recipient=user, channel=IN_APP, sent_at__isnull=False).order_by("-sent_at", "-pk")

    def unread_of(self, user) -> Self:
        """The notices that person has not opened or marked as read, newest first."""
        return self.notices_of(user).filter(read_at__isnull=True)


def both_or_neither(state: str, field: str) -> Q:
    """True where the row is in that state exactly if the field is filled."""
    return Q(state=state, **{f"{field}__isnull": False}) | (~Q(state=state) & Q(**{f"{field}__isnull": True}))


class Message(models.Model):
    """One message to one person or address about one event, written in the transaction of its cause.

    It holds no words, only what a template needs (numbers, codes, times, paths, labels); the words are
    made in the receiver's language when it is shown or sent. `next_try_at` is also the lease of the
    sender at work: a sender that dies leaves the message due again when it ends.
    """

    key = models.CharField(_("key"), max_length=200, unique=True, help_text=_("One per effect of an event."))
    event = models.CharField(_("event"), max_length=60)
    channel = models.CharField(_("channel"), max_length=20)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("recipient"),
    )
    address = models.CharField(_("address"), max_length=254, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    timezone = models.CharField(_("time zone"), max_length=60, blank=True)
    params = models.JSONField(_("parameters"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    urgent = models.BooleanField(_("urgent"), default=False, help_text=_("Sent before others that are due."))
    created_at = models.DateTimeField(_("created"))
    send_after = models.DateTimeField(_("not before"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=120, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    subject = models.CharField(_("subject as sent"), max_length=250, null=True, blank=True)
    body = models.TextField(_("text as sent"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        # Conditions ask only for NULL or not: SQLite uses a partial index for nothing else.
        indexes = [
            # the sender: what is due; the health page: what waits
            models.Index(fields=["next_try_at"], name="message_due", condition=Q(next_try_at__isnull=False)),
            # the bell: unread notices of one person
            models.Index(
                fields=["recipient", "channel", "-sent_at", "-id"],
                name="message_unread",
                condition=Q(read_at__isnull=True, sent_at__isnull=False),
            ),
            # the page of notices
            models.Index(fields=["recipient", "channel", "-sent_at", "-id"], name="message_of_person"),
            # the cap on mail to one outside address
            models.Index(
                fields=["address", "sent_at"], name="message_to_address", condition=Q(recipient__isnull=True)
            ),
            # the health page and the admin: what was given up
            models.Index(
                fields=["given_up_at"], name="message_given_up", condition=Q(given_up_at__isnull=False)
            ),
            # retention: texts still kept
            models.Index(fields=["sent_at"], name="message_with_text", condition=Q(body__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="message_to_a_person_or_an_address",
                condition=Q(recipient__isnull=False, address="")
                | (Q(recipient__isnull=True) & ~Q(address="")),
            ),
            models.CheckConstraint(
                name="message_notice_is_for_a_person",
                condition=~Q(channel=IN_APP) | Q(recipient__isnull=False),
            ),
            models.CheckConstraint(name="message_state_is_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="message_sent_has_its_time", condition=both_or_neither(State.SENT, "sent_at")
            ),
            models.CheckConstraint(
                name="message_given_up_has_time_and_reason",
                condition=both_or_neither(State.GIVEN_UP, "given_up_at")
                & (~Q(state=State.GIVEN_UP) | ~Q(last_error="")),
            ),
            models.CheckConstraint(
                name="message_waiting_has_its_next_try",
                condition=Q(state__in=[State.QUEUED, State.FAILED], next_try_at__isnull=False)
                | Q(state__in=[State.SENT, State.GIVEN_UP], next_try_at__isnull=True),
            ),
            models.CheckConstraint(
                name="message_read_only_when_shown",
                condition=Q(read_at__isnull=True, acknowledged_at__isnull=True)
                | Q(channel=IN_APP, sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="message_text_only_when_sent",
                condition=Q(subject__isnull=True, body__isnull=True) | Q(sent_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.key
