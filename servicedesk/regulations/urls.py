from django.urls import path

from servicedesk.regulations import views

app_name = "regulations"
urlpatterns = [
    path("", views.settings, name="settings"),
    path("clauses/", views.clauses, name="clauses"),
    path("clauses/<str:clause_id>/", views.clause, name="clause"),
    path("clauses/<str:clause_id>/why/", views.why, name="why"),
]
