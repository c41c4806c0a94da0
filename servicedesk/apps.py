from importlib import import_module

from django.apps import AppConfig

from servicedesk.audit.triggers import append_only, declare, keep_rows, refuse


class ServiceDeskConfig(AppConfig):
    """Holds the commands and template tags that belong to no single app, and joins what may not know each other."""

    name = "servicedesk"
    label = "servicedesk"

    def ready(self):
        import_module("servicedesk.checks")  # registers them
        declare("regulations", settings_on_record())


def settings_on_record():
    """A setting changes together with its entry in the history, which is never rewritten."""
    kept = (
        "NOT EXISTS (SELECT 1 FROM regulations_settingchange c WHERE c.setting_id = NEW.code"
        " AND c.at = NEW.changed_at AND c.became = NEW.value AND c.was = OLD.value)"
    )
    return [
        *append_only("regulations_settingchange"),
        *keep_rows("regulations_setting"),
        refuse(
            "regulations_setting_on_record",
            "regulations_setting",
            on="BEFORE UPDATE",
            when=kept,
            message="a setting changes together with its history",
        ),
    ]
