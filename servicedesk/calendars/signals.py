"""News for the apps above, sent inside the transaction."""

from django.dispatch import Signal

# Hours or days of these calendars changed: `ids`. Due times stay as they are (DESIGN 5).
calendars_changed = Signal()
