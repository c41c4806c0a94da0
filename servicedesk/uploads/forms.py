"""What is asked when a file is handed in, and before it is tried."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.models import User
from servicedesk.uploads.kinds import WAYS
from servicedesk.uploads.models import Kind, Upload

MOST_DAYS = 60  # over which promises may be spread; S2 sets the end


class HandInForm(forms.Form):
    """A file and what its rows are."""

    kind = forms.ChoiceField(label=_("What the rows of the file are"))
    file = forms.FileField(label=_("File (CSV or XLSX)"), allow_empty_file=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["kind"]
        chosen.choices = [(kind.value, capfirst(kind.label)) for kind in Kind if WAYS[kind].may(user)]
        self.fields["file"].widget.attrs["accept"] = ".csv,.txt,.tsv,.xlsx"


class TryForm(forms.Form):
    """How a file is to be read; for tickets also whose they will be."""

    mapping = forms.ChoiceField(label=_("How its columns are read"))
    owner = forms.ModelChoiceField(
        User.objects.none(),
        to_field_name="username",
        label=_("First responder and owner of all that comes in"),
        empty_label=_("choose"),
    )
    spread = forms.IntegerField(
        min_value=0,
        max_value=MOST_DAYS,
        initial=0,
        label=_("Spread the promises over working days"),
        help_text=_("Within S2; 0 means all at its end."),
    )

    def __init__(self, *args: Any, upload: Upload, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shipped = WAYS[upload.kind].shape.shipped
        chosen: Any = self.fields["mapping"]
        chosen.choices = [(name, name) for name in shipped]
        if len(shipped) == 1:
            del self.fields["mapping"]
        if upload.kind == Kind.TICKETS:
            owners: Any = self.fields["owner"]
            owners.queryset = User.objects.with_log_in().order_by("display_name")
        else:
            del self.fields["owner"], self.fields["spread"]
        for name, value in upload.options.items():
            if name in self.fields:
                self.initial[name] = value

    def options(self) -> dict[str, Any]:
        """As they are kept with the upload; call it on a valid form."""
        said = dict(self.cleaned_data)
        if owner := said.get("owner"):
            said["owner"] = owner.username
        return {"mapping": "generic", **said}
