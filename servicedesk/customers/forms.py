"""What people fill in about customers; labels and lengths come from the models."""

from collections.abc import Callable
from copy import copy
from typing import Any, cast

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from .models import Area, ContactPerson, Customer, Project, Site
from .models.customer import LONGEST_RESTRICTION, Source, Wish
from .normal import normalise_email, normalise_phone


class LinesField(forms.CharField):
    """Several texts, one a line, each of which `check` accepts; gives a list."""

    def __init__(self, *, check: Callable[[str], str], **kwargs):
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 2, "class": "is-lines"}))
        super().__init__(required=False, help_text=_("One a line."), max_length=2000, **kwargs)
        self.check = check

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value) -> list[str]:
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        wrong: list[ValidationError] = []
        for line in lines:
            try:
                self.check(line)
            except ValidationError as refusal:
                wrong.extend(refusal.error_list)
        if wrong:
            raise ValidationError(wrong)
        return lines


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def time_input() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class SeenForm(forms.ModelForm):
    """A form that knows which version of its row it shows; new rows have none."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance = copy(
            self.instance
        )  # validating writes into it; the page goes on showing the row itself
        if self.instance.pk:
            self.initial["version"] = self.instance.version
        for field in self.fields.values():
            if isinstance(field, forms.TypedChoiceField) and not field.required:
                _blank, *known = cast(Any, field.choices)
                field.choices = [("", _("not known")), *known]

    def base_on(self, version: int) -> None:
        """Let the next attempt build on this version: the person has been told what changed."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("version")] = version
        self.data = data


class ReachableForm(SeenForm):
    """Adds telephone numbers and mail addresses, which are rows of their own."""

    phones = LinesField(check=normalise_phone, label=capfirst(_("telephone numbers")))
    emails = LinesField(check=normalise_email, label=capfirst(_("e-mail addresses")))


def reported_as() -> forms.ChoiceField:
    return forms.ChoiceField(choices=Source, initial=Source.CUSTOMER, label=_("How do we know?"))


class CustomerForm(ReachableForm):
    """A new customer."""

    field_order = [
        *("kind", "name", "phones", "emails", "address_as", "language", "hours_from", "hours_to"),
        *("channel", "timezone", "address", "area", "unit", "notes", "source", "reported_as", "active"),
    ]

    class Meta:
        model = Customer
        fields = [
            *("kind", "name", "address_as", "language", "channel", "hours_from", "hours_to", "timezone"),
            *("address", "area", "unit", "notes", "source"),
        ]
        widgets = {
            "kind": forms.RadioSelect,
            "hours_from": time_input(),
            "hours_to": time_input(),
            "address": forms.Textarea(attrs={"rows": 2}),
            "notes": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["area"]
        field.empty_label = _("none")


class ChangeCustomerForm(CustomerForm):
    reported_as = reported_as()

    class Meta(CustomerForm.Meta):
        fields = [*CustomerForm.Meta.fields, "active"]


class PersonForm(ReachableForm):
    """Somebody who speaks for a customer."""

    reported_as = reported_as()
    field_order = [
        "name",
        "post",
        "phones",
        "emails",
        "address_as",
        "language",
        "channel",
        "is_main",
        "active",
    ]

    class Meta:
        model = ContactPerson
        fields = ["name", "post", "address_as", "language", "channel", "is_main"]

    def validate_constraints(self) -> None:
        """The operation makes room for a new first one, so that two are no mistake here."""


class ChangePersonForm(PersonForm):
    class Meta(PersonForm.Meta):
        fields = [*PersonForm.Meta.fields, "active"]


class ProjectForm(SeenForm):
    class Meta:
        model = Project
        fields = ["name", "salesperson", "executive", "project_manager", "delivered_on", "service_ends_on"]
        widgets = {"delivered_on": day_input(), "service_ends_on": day_input()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("salesperson", "executive", "project_manager"):
            here = Q(is_active=True) | Q(pk=getattr(self.instance, f"{name}_id"))
            field: Any = self.fields[name]
            field.queryset = get_user_model()._default_manager.filter(here)
            field.empty_label = _("not known")


class SiteForm(SeenForm):
    class Meta:
        model = Site
        fields = ["name", "address", "project", "active"]
        widgets = {"address": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args, customer: Customer, **kwargs):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["project"]
        field.queryset = customer.projects.all()
        field.empty_label = _("none")


class AreaForm(SeenForm):
    """An area of an estate and who looks after it."""

    class Meta:
        model = Area
        fields = ["name", "officer"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["officer"]
        here = Q(is_active=True) & ~Q(blocked_why="leaving")
        field.queryset = get_user_model()._default_manager.filter(here | Q(pk=self.instance.officer_id))


class WishForm(forms.Form):
    """How far the customer wishes to be left alone (CASES g)."""

    do_not_contact = forms.ChoiceField(
        choices=Wish, widget=forms.RadioSelect, label=capfirst(_("wish about contact"))
    )
    wish = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        required=False,
        label=capfirst(_("the wish in the customer's words")),
    )


class WritingForm(forms.Form):
    """In writing only, for some days (CASES i)."""

    days = forms.IntegerField(
        min_value=1,
        max_value=LONGEST_RESTRICTION.days,
        initial=LONGEST_RESTRICTION.days,
        label=capfirst(_("for how many days")),
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        label=capfirst(_("reason, as told to the customer")),
    )


class SafetyForm(forms.Form):
    """Something to beware of at this customer's (R1.5.F)."""

    note = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), max_length=1000, label=capfirst(_("what to beware of"))
    )


class ConsentForm(forms.Form):
    """What the customer said about news (R3.3.5)."""

    given = forms.TypedChoiceField(
        choices=[("yes", _("agreed")), ("no", _("refused"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        label=_("The customer's answer"),
    )
    source = reported_as()
    since = forms.DateTimeField(
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        initial=timezone.now,
        label=capfirst(_("when")),
    )


class EndForm(forms.Form):
    """The last day of a project's service."""

    on = forms.DateField(widget=day_input(), label=capfirst(_("service ends on")), initial=timezone.localdate)
