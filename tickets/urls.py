from django.urls import path

from tickets.views.ticket import ticket

app_name = "tickets"
urlpatterns = [
    path("<str:number>/", ticket, name="ticket"),
]
