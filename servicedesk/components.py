"""The living page of components, shown only while developing and testing: the look is judged on it."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

# number, what, who, owner, minutes until due, minutes since made; long words and Chinese on purpose
MATTERS = {
    "en": [
        ("2026-000418", "Lift stops between floors, third time this week", "Harbour View Tower B", "Li Na", -47, 300),
        ("2026-000431", "Invoice 8841 charged twice", "Müller & Söhne GmbH", "Tom Baker", 1, 30),
        ("2026-000433", "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselverlust" * 2, "Reederei", "Li Na", 38, 400),
        ("2026-000402", "控制柜重启后参数丢失", "华东泵业有限公司", "Wang Fang", 320, 60),
        ("2026-000399", "Training for two new operators", "Northern Water Works", "Tom Baker", 5200, 60),
    ],
    "zh": [
        ("2026-000418", "电梯本周第三次停在两层之间，住户被困", "海景花园 B 座", "李娜", -47, 300),
        ("2026-000431", "8841 号发票重复收费", "米勒父子有限公司", "陈志远", 1, 30),
        ("2026-000433", "空调噪音扰民，已多次反映，希望尽快安排专人上门检测并给出明确的处理方案和完成时间", "王先生（住户）", "李娜", 38, 400),
        ("2026-000402", "控制柜重启后参数丢失", "华东泵业有限公司", "王芳", 320, 60),
        ("2026-000399", "两名新操作员的培训安排", "北方自来水公司", "陈志远", 5200, 60),
    ],
}  # fmt: skip


class SampleForm(forms.Form):
    """Every kind of field once."""

    phone = forms.CharField(max_length=40, help_text="Any form of the number will do.")
    words = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), help_text="In the customer's own words."
    )
    kind = forms.ChoiceField(
        choices=[
            ("complaint", "Complaint"),
            ("inquiry", "Inquiry"),
            ("service", "Service request"),
            ("fault", "Fault"),
        ],
        widget=forms.RadioSelect,
        initial="complaint",
    )
    category = forms.ChoiceField(choices=[("", "Choose"), ("lift", "Lift"), ("billing", "Billing")])
    channels = forms.MultipleChoiceField(
        choices=[("phone", "Telephone"), ("mail", "E-mail"), ("letter", "Letter")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    due_at = forms.DateTimeField(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), required=False)
    picture = forms.FileField(required=False)
    read_back = forms.BooleanField(label="Read back to the customer and confirmed")


def show(request: HttpRequest) -> HttpResponse:
    """The page; `?toast=1` adds messages, `?wrong=1` fills the form with mistakes."""
    now = timezone.now()
    matters = MATTERS["zh" if (get_language() or "").startswith("zh") else "en"]
    rows = [
        {
            "number": number,
            "title": title,
            "customer": customer,
            "owner": owner,
            "due_at": now + timedelta(minutes=due, seconds=20),
            "made_at": now - timedelta(minutes=made),
        }
        for number, title, customer, owner, due, made in matters
    ]
    if "toast" in request.GET:
        messages.success(request, "Reply sent. Next promise: tomorrow 10:00.")
        messages.error(request, "The promise was not stored: 14:30 is already past.")
    form = (
        SampleForm(request.POST or {"phone": "12"})
        if "wrong" in request.GET or request.POST
        else SampleForm()
    )
    moments = [
        now,
        now + timedelta(days=1),
        now - timedelta(days=1),
        now + timedelta(days=20),
        now - timedelta(days=400),
    ]
    return render(
        request, "look/components.html", {"rows": rows, "form": form, "now": now, "moments": moments}
    )
