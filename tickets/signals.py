"""News for the apps above, sent inside the transaction with lists of ids."""

from django.dispatch import Signal

tickets_closed = Signal()  # tickets: list[int], at: datetime
