from django.urls import path

from servicedesk.regulations import views

app_name = "regulations"
urlpatterns = [
    path("", views.settings, name="settings"),
]
