"""Every address of the desk."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from servicedesk import appearance, components, health
from servicedesk.clock import views as clock

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("health/", include("servicedesk.health.urls")),
    path("admin/", admin.site.urls),
    path("", clock.desk, name="home"),
    path("", include("servicedesk.clock.urls")),
    path("", include("servicedesk.staff.urls")),
    path("tickets/", include("tickets.urls")),
    path("rules/", include("servicedesk.regulations.urls")),
    path("notices/", include("servicedesk.outbox.urls")),
    path("customers/", include("servicedesk.customers.urls")),
    path("dashboard/", include("servicedesk.dashboards.urls")),
    path("imports/", include("servicedesk.uploads.urls")),
    path("theme/", appearance.choose_theme, name="theme"),
]

if settings.DEBUG or settings.TESTING:  # the living page of components, against which the look is checked
    urlpatterns += [path("look/", components.show, name="look")]
