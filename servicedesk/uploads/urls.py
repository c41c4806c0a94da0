"""Addresses of the imports."""

from django.urls import path

from servicedesk.uploads import views

app_name = "uploads"

urlpatterns = [
    path("", views.uploads, name="list"),
    path("<int:pk>/", views.upload, name="upload"),
    path("<int:pk>/standing/", views.standing, name="standing"),
    path("<int:pk>/try/", views.attempt, name="try"),
    path("<int:pk>/take-in/", views.take_in, name="take_in"),
    path("<int:pk>/delete/", views.throw_away, name="delete"),
    path("<int:pk>/refused.csv", views.outcome, name="outcome"),
    path("examples/<slug:kind>.<slug:form>", views.example, name="example"),
]
