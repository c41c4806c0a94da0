"""Places in a list: what an address may hold, and what it may not."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from servicedesk.keyset import Place

MOMENT = datetime(2026, 5, 11, 2, 0, 0, 123456, tzinfo=UTC)


def test_a_place_reads_back_as_it_was_written_whatever_the_zone():
    place = Place(MOMENT.astimezone(timezone(timedelta(hours=8))), 7)
    assert str(place) == "20260511T020000.123456Z-7"
    assert Place.read(str(place)) == Place(MOMENT, 7)


@pytest.mark.parametrize(
    "text",
    ["", "7", "20260511T020000.123456Z", "20260511T020000.123456Z-", "20260511T020000.123456Z--7", "20261311T020000.123456Z-7",
     "00010101T000000.000000Z-7", "99991231T235959.999999Z-7", "20260511T020000.123456Z-9999999999999999999",
     "２０２６0511T020000.123456Z-7", "20260511T020000.123456Z-7\n", "20260511T020000.123456Z-7;DROP", "\x00"],
)  # fmt: skip
def test_any_other_text_is_no_place(text):
    assert Place.read(text) is None
