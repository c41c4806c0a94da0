from django.urls import path

from servicedesk.clock import views

app_name = "clock"
urlpatterns = [
    path("owed/<int:pk>/", views.deadline, name="deadline"),
    path("people/<int:pk>/owes/", views.owed_by_person, name="owes"),
    path("rings/<int:pk>/acknowledge/", views.acknowledge_ring, name="acknowledge"),
]
