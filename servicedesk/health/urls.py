from django.urls import path

from servicedesk.health import page

app_name = "health"
urlpatterns = [
    path("", page.show, name="show"),
    path("deadlines/put-back/", page.put_back_all, name="put_back_all"),
    path("deadlines/<int:pk>/put-back/", page.put_back_one, name="put_back"),
    path("messages/send-again/", page.send_all_again, name="send_all_again"),
    path("messages/<int:pk>/send-again/", page.send_again, name="send_again"),
]
