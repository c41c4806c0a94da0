"""What `manage.py check --deploy` refuses beyond Django's own list: the demo in a place of work."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register(deploy=True)
def the_demo_is_over(app_configs, **kwargs) -> list[CheckMessage]:
    """The demo's log-ins are known to everybody, and so is its key."""
    found: list[CheckMessage] = []
    if settings.DEMO:
        found.append(
            Error(
                "The demo is switched on.",
                hint="Set DATABASE_URL, and leave DEMO unset.",
                id="servicedesk.E001",
            )
        )
    if settings.SECRET_KEY == settings.DEMO_SECRET_KEY:
        found.append(
            Error("SECRET_KEY is the demo's.", hint="Set a SECRET_KEY of your own.", id="servicedesk.E002")
        )
    return found
