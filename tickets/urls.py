from django.urls import path

from tickets.views import acts, intake, panel, queue, replying, ticket

app_name = "tickets"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("new/", intake.new, name="new"),
    path("new/caller/", intake.caller, name="new_caller"),
    path("new/categories/", intake.categories, name="new_categories"),
    path("new/due/", intake.due, name="new_due"),
    path("customer/<slug:number>/", panel.customer_panel, name="customer_panel"),
    path("<slug:number>/", ticket.ticket, name="ticket"),
    path("<slug:number>/standing/", ticket.ticket_standing, name="standing"),
    path("<slug:number>/history/", ticket.ticket_history, name="history"),
    path("<slug:number>/next-time/", ticket.ticket_next_time, name="next_time"),
    path("<slug:number>/reply/", replying.reply, name="reply"),
    path("<slug:number>/task/", replying.task, name="task"),
    path("<slug:number>/check/", replying.check, name="check"),
    path("<slug:number>/take-over/", acts.take, name="take_over"),
    path("<slug:number>/confirm/", acts.confirm, name="confirm"),
    path("<slug:number>/confirm-done/", acts.confirm_done, name="confirm_done"),
    path("<slug:number>/read/<int:pk>/", acts.read, name="read"),
    path("<slug:number>/decide-void/<int:pk>/", acts.decide, name="decide_void"),
    path("<slug:number>/<slug:code>/", acts.act, name="act"),
    path("<slug:number>/<slug:code>/<int:pk>/", acts.act, name="act_on"),
]
