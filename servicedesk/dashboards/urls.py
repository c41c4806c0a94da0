from django.urls import path

from servicedesk.dashboards import views

app_name = "dashboards"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("rows/<slug:code>/", views.rows, name="rows"),
    path("tables/<slug:name>.<slug:form>", views.table, name="table"),
]
