"""News for those who join the apps, sent inside the transaction with lists of ids; nothing else uses signals."""

from django.dispatch import Signal

tried_again = Signal()  # messages: list[int], by: the person who asked for it, at: datetime
