"""Everything owed, and the ladders by which it is reminded and escalated (DESIGN 4)."""

from servicedesk.clock.models.deadline import Deadline, DeadlineQuerySet, Ring
from servicedesk.clock.models.heartbeat import Heartbeat
from servicedesk.clock.models.ladder import Ladder, Rung

__all__ = ["Deadline", "DeadlineQuerySet", "Heartbeat", "Ladder", "Ring", "Rung"]
