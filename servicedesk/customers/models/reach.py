"""By whom and under which numbers and addresses a customer is reached."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from servicedesk.customers.channels import PREFERENCES
from servicedesk.customers.normal import dial_link, readable_phone

from .customer import Customer


class ContactPerson(models.Model):
    """Somebody who speaks for a customer."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="persons", verbose_name=_("customer"))
    name = models.CharField(_("full name"), max_length=120)
    post = models.CharField(_("post"), max_length=120, blank=True)
    is_main = models.BooleanField(_("first to be asked"), default=False)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    channel = models.CharField(_("preferred channel"), max_length=12, choices=PREFERENCES, blank=True)
    address_as = models.CharField(_("manner of address"), max_length=80, blank=True)
    active = models.BooleanField(_("still in this post"), default=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        verbose_name = _("contact person")
        verbose_name_plural = _("contact persons")
        ordering = ["-is_main", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_main=True),
                name="contact_person_one_main",
                violation_error_message=_("This customer already has somebody who is asked first."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PhoneNumber(models.Model):
    """A number of a contact person or, without one, of the customer as such: a switchboard, a household.

    The same number may belong to several customers.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="phones", verbose_name=_("customer"))
    person = models.ForeignKey(
        ContactPerson,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="phones",
        verbose_name=_("contact person"),
    )
    given = models.CharField(_("as given"), max_length=60)
    number = models.CharField(
        _("normalised"), max_length=48, help_text=_("E.164 with the extension behind it; short numbers bare")
    )
    digits = models.CharField(
        _("digits of the line"), max_length=20, db_index=True, help_text=_("without the extension")
    )
    last_digits = models.CharField(_("last seven digits"), max_length=7, db_index=True)

    class Meta:
        verbose_name = _("telephone number")
        verbose_name_plural = _("telephone numbers")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "number"],
                name="phone_once_per_person",
                violation_error_message=_("This person already has this number."),
            ),
            models.UniqueConstraint(
                fields=["customer", "number"],
                condition=Q(person=None),
                name="phone_once_per_customer",
                violation_error_message=_("This customer already has this number."),
            ),
        ]

    def __str__(self) -> str:
        return readable_phone(self.number)

    @property
    def link(self) -> str:
        return dial_link(self.number)


class EmailAddress(models.Model):
    """A mail address of a contact person or, without one, of the customer as such."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="emails", verbose_name=_("customer"))
    person = models.ForeignKey(
        ContactPerson,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="emails",
        verbose_name=_("contact person"),
    )
    given = models.CharField(_("as given"), max_length=254)
    address = models.CharField(_("normalised"), max_length=254, db_index=True)

    class Meta:
        verbose_name = _("e-mail address")
        verbose_name_plural = _("e-mail addresses")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "address"],
                name="email_once_per_person",
                violation_error_message=_("This person already has this address."),
            ),
            models.UniqueConstraint(
                fields=["customer", "address"],
                condition=Q(person=None),
                name="email_once_per_customer",
                violation_error_message=_("This customer already has this address."),
            ),
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def link(self) -> str:
        return f"mailto:{self.address}"
