from .timeline import Entry, Head
from .words import Words

__all__ = ["Entry", "Head", "Words"]
