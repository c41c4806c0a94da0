"""One list of channels, and which of them a customer may prefer."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import translation

from servicedesk.audit.timeline import record
from servicedesk.customers.channels import PREFERABLE, SPOKEN, WRITTEN, Channel
from servicedesk.customers.history import history
from servicedesk.customers.models import ContactPerson, Customer
from servicedesk.customers.testing import AT, make_contact_person, make_customer

pytestmark = pytest.mark.django_db
RENAMED = import_module("servicedesk.customers.migrations.0003_one_list_of_channels")


def test_every_channel_is_spoken_or_written():
    assert {*SPOKEN, *WRITTEN} == set(Channel)
    assert not {*SPOKEN} & {*WRITTEN}


@pytest.mark.parametrize("channel", PREFERABLE)
def test_what_the_desk_can_choose_may_be_preferred(channel):
    assert make_customer(channel=channel).get_channel_display() == channel.label


@pytest.mark.parametrize("channel", ["on_site", "inspection", "revisit", "telephone"])
def test_nothing_else_may_be_preferred(channel):
    with pytest.raises(ValidationError) as refusal:
        make_customer(channel=channel)
    assert set(refusal.value.message_dict) == {"channel"}
    assert not Customer.objects.exists()


def test_stored_preferences_take_the_common_code_and_can_go_back():
    customer, person = make_customer(), make_contact_person()
    written = make_customer(channel="email")
    Customer.objects.filter(pk=customer.pk).update(channel="telephone")
    ContactPerson.objects.filter(pk=person.pk).update(channel="telephone")

    def stored():
        rows = (customer, person, written)
        return [type(row).objects.values_list("channel", flat=True).get(pk=row.pk) for row in rows]

    editor = SimpleNamespace(connection=connection)
    RENAMED.forward(apps, editor)
    assert stored() == ["phone", "phone", "email"]
    RENAMED.back(apps, editor)
    assert stored() == ["telephone", "telephone", "email"]


def test_a_timeline_that_bears_the_former_code_is_read_in_words():
    customer = make_customer()
    record(
        customer.key, "customer_changed", by="setup", at=AT, what="customer", row=customer.pk, version=2,
        channel="email", channel_old="telephone",
    )  # fmt: skip
    with translation.override("zh-hans"):
        change = history(customer)[0].changes[0]
    assert (change.old, change.new) == ("电话", "电子邮件")
