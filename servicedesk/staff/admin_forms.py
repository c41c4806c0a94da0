"""Forms of the admin that say what an operation would refuse, before it is tried."""

from itertools import combinations
from typing import Any

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.staff.forms import zone_choices
from servicedesk.staff.leaving import check_may_leave, check_not_oneself
from servicedesk.staff.models import User
from servicedesk.staff.roles import role_name


class RolesField(forms.ModelMultipleChoiceField):
    """Roles by their names in the reader's language."""

    def label_from_instance(self, group: Any) -> str:
        return role_name(group.name)


def roles_field() -> RolesField:
    return RolesField(
        Group.objects.order_by("pk"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Roles"),
        help_text=gettext_lazy(
            "Whoever holds a position has its role as well. Any employee may open a ticket without a role."
        ),
    )


class EmployeeForm(UserChangeForm):
    by: User

    groups = roles_field()
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zone_choices)

    class Meta(UserChangeForm.Meta):
        model = User
        labels = {
            "email": gettext_lazy("E-mail"),
            "username": gettext_lazy("Log-in name"),
            "is_active": gettext_lazy("Works here"),
        }
        help_texts = {
            "is_active": gettext_lazy(
                "Taken away when somebody leaves: open tickets pass to the department manager, the log-in closes."
            )
        }

    def clean_is_active(self) -> bool:
        """Ending an employment is refused here already, with the reasons."""
        stays = self.cleaned_data["is_active"]
        if self.instance.is_active and not stays:
            check_not_oneself(self.instance, self.by)
            check_may_leave(self.instance, at=timezone.now())
        return stays


class AddEmployeeForm(AdminUserCreationForm):
    by: User

    groups = roles_field()

    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("display_name", "username", "employee_number", "email", "department", "groups")
        field_classes = {}
        labels = {"email": gettext_lazy("E-mail"), "username": gettext_lazy("Log-in name")}


class AbsenceFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        """What is new or changed must not be over already, and no two of them be one absence entered twice."""
        super().clean()
        at = timezone.now()
        entered = [form.instance for form in self.forms if form.is_valid() and form.has_changed()]
        for absence in entered:
            if absence.is_over(at):
                raise ValidationError(_("This absence is over already; enter one that lasts longer."))
        for one, other in combinations(entered, 2):
            if one.reason == other.reason and one.overlaps(other):
                raise one.refuses_another()


class AdminAbsenceForm(forms.ModelForm):
    """An absence in the administration; the same is refused as anywhere else."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        ends_at = cleaned.get("ends_at")
        if ends_at and ends_at <= timezone.now():
            self.add_error("ends_at", _("This absence is over already; enter one that lasts longer."))
        return cleaned
