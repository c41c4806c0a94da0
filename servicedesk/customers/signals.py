"""News for the apps above, sent inside the transaction with lists of ids."""

from django.dispatch import Signal

wishes_changed = Signal()  # customers: list[int], by: User, at: datetime
