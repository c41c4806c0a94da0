from django.urls import path

from . import area_views, part_views, views, wish_views

app_name = "customers"
urlpatterns = [
    path("", views.customer_list, name="list"),
    path("new/", views.new, name="new"),
    path("suggest/", views.suggest, name="suggest"),
    path("areas/", area_views.areas, name="areas"),
    path("areas/new/", area_views.new, name="area_new"),
    path("areas/<int:key>/", area_views.area, name="area"),
    path("areas/<int:key>/change/", area_views.change, name="area_change"),
    path("projects/<slug:number>/", part_views.project, name="project"),
    path("projects/<slug:number>/activate/", part_views.project_activate, name="project_activate"),
    path("projects/<slug:number>/end/", part_views.project_end, name="project_end"),
    path("<slug:number>/", views.customer, name="customer"),
    path("<slug:number>/change/", views.change, name="change"),
    path("<slug:number>/confirm/", views.confirm, name="confirm"),
    path("<slug:number>/wish/", wish_views.wish, name="wish"),
    path("<slug:number>/restrict/", wish_views.restrict, name="restrict"),
    path("<slug:number>/lift/", wish_views.lift, name="lift"),
    path("<slug:number>/safety/", wish_views.safety, name="safety"),
    path("<slug:number>/safe/", wish_views.safe, name="safe"),
    path("<slug:number>/consent/", wish_views.consent, name="consent"),
    path("<slug:number>/persons/new/", part_views.person_new, name="person_new"),
    path("<slug:number>/persons/<int:key>/", part_views.person, name="person"),
    path("<slug:number>/projects/new/", part_views.project_new, name="project_new"),
    path("<slug:number>/sites/new/", part_views.site_new, name="site_new"),
    path("<slug:number>/sites/<int:key>/", part_views.site, name="site"),
]
