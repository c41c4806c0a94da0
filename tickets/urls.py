from django.urls import path

from tickets.views import intake
from tickets.views.ticket import ticket

app_name = "tickets"
urlpatterns = [
    path("new/", intake.new, name="new"),
    path("new/caller/", intake.caller, name="new_caller"),
    path("new/categories/", intake.categories, name="new_categories"),
    path("new/due/", intake.due, name="new_due"),
    path("<str:number>/", ticket, name="ticket"),
]
