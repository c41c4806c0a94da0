import json
import os
from datetime import date
from time import perf_counter

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.audit.invariants import Finding, findings


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.description = _(
            "Checks over live data all that must always hold; exit 1 if something does not."
        )
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            metavar="DAY",
            help=_("of the timelines read only those that moved since the seal of that day (2026-03-02)"),
        )
        parser.add_argument(
            "--processes",
            type=int,
            default=os.cpu_count(),
            help=_(
                "how many read the timelines of a large desk; as many as the machine has processors by itself"
            ),
        )

    def handle(self, **options) -> None:
        started, found = perf_counter(), []
        for finding in findings(since=options["since"], processes=options["processes"]):
            found.append(finding)
            if not options["json"]:
                self.tell(finding)
        seconds = perf_counter() - started
        if options["json"]:
            self.stdout.write(as_json(found, seconds))
        else:
            self.sum_up(found, seconds)
        if any(finding.violations for finding in found):
            raise SystemExit(1)

    def tell(self, finding: Finding) -> None:
        style = self.style.ERROR if finding.violations else self.style.SUCCESS
        self.stdout.write(
            style(f"{finding.invariant.code:>8}  {finding.invariant.title}: {_count(finding.violations)}")
            + f"  {finding.seconds:.2f} s"
        )
        for example in finding.examples:
            self.stdout.write(f"          {example.subject}: {example.text}")
        if more := finding.violations - len(finding.examples):
            self.stdout.write("          " + _("and %(more)d more") % {"more": more})

    def sum_up(self, found: list[Finding], seconds: float) -> None:
        told = {
            "checks": len(found),
            "violations": _count(sum(finding.violations for finding in found)),
            "seconds": f"{seconds:.1f}",
        }
        self.stdout.write(_("%(checks)d checks, %(violations)s, %(seconds)s s") % told)


def _count(violations: int) -> str:
    if not violations:
        return _("no violations")
    return ngettext("%(count)d violation", "%(count)d violations", violations) % {"count": violations}


def as_json(found: list[Finding], seconds: float) -> str:
    """One object: how many violations, how many seconds, and each check with its first violations."""
    return json.dumps(
        {
            "violations": sum(finding.violations for finding in found),
            "seconds": round(seconds, 3),
            "checks": [finding.as_json() for finding in found],
        },
        ensure_ascii=False,
    )
