"""News for the apps above, sent inside the transaction with lists of ids."""

from django.dispatch import Signal

found_otherwise = Signal()  # customers: list[int]; their search words differ from those before
wishes_changed = Signal()  # customers: list[int], by: User, at: datetime
