from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from servicedesk.calendars.publishing import load_holidays


class Command(BaseCommand):
    help = "Take a year's holidays and make-up days from the library, for instance: load_holidays CN 2027"

    def add_arguments(self, parser):
        parser.add_argument("region", help="country code such as CN, or country and region such as DE-BY")
        parser.add_argument("year", type=int)

    def handle(self, *args, region: str, year: int, **options):
        try:
            listed = load_holidays(region.upper(), year, by=None, at=timezone.now())
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        state = "provisional: make-up days may be missing" if listed.provisional else "published"
        self.stdout.write(
            f"{listed}: {listed.rules.count()} days, version {listed.number}, {state}; source {listed.source}"
        )
