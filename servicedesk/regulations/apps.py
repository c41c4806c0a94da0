from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RegulationsConfig(AppConfig):
    name = "servicedesk.regulations"
    label = "regulations"
    verbose_name = _("Regulations")

    def ready(self):
        from servicedesk.regulations.seeding import seed_settings

        post_migrate.connect(seed_settings, sender=self)
