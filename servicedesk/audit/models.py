from .runs import AuditRun
from .seals import DailySeal, SealedHead
from .timeline import Entry, Head
from .words import Words

__all__ = ["AuditRun", "DailySeal", "Entry", "Head", "SealedHead", "Words"]
