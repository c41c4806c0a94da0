"""News for the apps above, sent inside the transaction with lists of ids; nothing else uses signals."""

from django.dispatch import Signal

deadlines_broke = Signal()  # deadlines: list[int], at: datetime
