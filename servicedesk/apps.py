from django.apps import AppConfig


class ServiceDeskConfig(AppConfig):
    """Holds the commands and template tags that belong to no single app."""

    name = "servicedesk"
    label = "servicedesk"
