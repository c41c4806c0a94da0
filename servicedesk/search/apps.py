from django.apps import AppConfig
from django.db.models import TextField
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from servicedesk.search.index import restore_triggers
from servicedesk.search.lookups import Holds, Matches


class SearchConfig(AppConfig):
    name = "servicedesk.search"
    label = "search"
    verbose_name = _("Search")

    def ready(self):
        TextField.register_lookup(Matches)
        TextField.register_lookup(Holds)
        # Whichever app it is sent for: Django sends it for none that has no tables, such as this one.
        post_migrate.connect(restore_triggers, dispatch_uid="search.restore_triggers")
