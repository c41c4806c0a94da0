"""What falls due while somebody is away, and who is asked about it (CASES y)."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from servicedesk.clock.kinds import kind_name
from servicedesk.clock.models import Deadline
from servicedesk.staff.away.meanwhile import Falls, Meanwhile


def falls_due(meanwhile: Meanwhile) -> list[Falls]:
    """By kind, how much falls due in that time; what is overdue already is asked about at once."""
    if meanwhile.end <= meanwhile.start:
        return []  # it is over already
    owed = Deadline.objects.live().filter(owner=meanwhile.person, due_at__lt=meanwhile.end)
    rows = owed.order_by().values_list("kind", TruncDate("due_at")).annotate(count=Count("pk"))
    asked: dict[str, Counter[str]] = defaultdict(Counter)
    late: Counter[str] = Counter()
    first: date = min(meanwhile.by_day)
    for kind, day, count in rows:
        asked[kind][meanwhile.on(max(day, first))] += count
        late[kind] += count if day < first else 0
    return [
        Falls(
            what=_("Due meanwhile: %(kind)s") % {"kind": kind_name(kind)},
            count=heirs.total(),
            asked={name: count for name, count in heirs.most_common() if name},
            nobody=heirs[""],
            note=capfirst(_("%(count)s of them overdue already") % {"count": late[kind]})
            if late[kind]
            else "",
        )
        for kind, heirs in sorted(asked.items(), key=lambda one: (-one[1].total(), one[0]))
    ]
