"""Addresses of the pages about people."""

from django.urls import path

from servicedesk.staff.views import absences, calendar, closing, log_in, own, people

app_name = "staff"

urlpatterns = [
    path("login/", log_in.log_in, name="login"),
    path("login/demo/", log_in.demo_log_in, name="demo_login"),
    path("logout/", log_in.log_out, name="logout"),
    path("who/", own.who, name="who"),
    path("language/", own.language, name="language"),
    path("profile/", own.profile, name="profile"),
    path("profile/password/", own.password, name="password"),
    path("people/", people.people, name="people"),
    path("people/close/", closing.close, name="close"),
    path("people/<int:pk>/open/", closing.reopen, name="open"),
    path("people/absences/", absences.absences, name="absences"),
    path("people/absences/today/", absences.today, name="today"),
    path("people/absences/calendar/", calendar.calendar, name="calendar"),
    path("people/absences/<int:pk>/", absences.change, name="absence"),
    path("people/absences/<int:pk>/end/", absences.end, name="end_absence"),
]
