"""The moments that people type: years that no clock and no database counts with are a slip of the pen."""

from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

EARLIEST, FURTHEST = (
    datetime(2000, 1, 1, tzinfo=UTC),
    datetime(2100, 1, 1, tzinfo=UTC),
)


def check_sane(moment: datetime) -> None:
    """Refuse what cannot be meant."""
    if not EARLIEST <= moment <= FURTHEST:
        raise ValidationError(_("This date cannot be meant. Please check day and year."))
