"""For administrators to look up; whatever changes goes through the customer's own page and its operations."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from servicedesk.audit.readonly import ReadOnlyAdmin

from .models import Area, ContactPerson, Customer, Project, Site


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ["number", "name", "kind", "active", "do_not_contact", "safety_mark", "completeness"]
    list_filter = ["kind", "active", "do_not_contact", "safety_mark"]
    search_fields = ["number"]  # by tokens, see below
    exclude = ["tokens"]

    def get_search_results(self, request: Any, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """By number, name, pinyin, telephone or e-mail, as on the list of customers."""
        return queryset.filter(tokens__matches=search_term), False


@admin.register(ContactPerson)
class ContactPersonAdmin(ReadOnlyAdmin):
    list_display = ["name", "post", "customer", "is_main", "active"]
    list_select_related = ["customer"]
    search_fields = ["customer__number__exact"]


@admin.register(Project)
class ProjectAdmin(ReadOnlyAdmin):
    list_display = ["number", "name", "customer", "state", "salesperson", "executive", "delivered_on"]
    list_select_related = ["customer", "salesperson", "executive"]
    list_filter = ["state"]
    search_fields = ["number__exact", "customer__number__exact"]


@admin.register(Site)
class SiteAdmin(ReadOnlyAdmin):
    list_display = ["name", "customer", "project", "active"]
    list_select_related = ["customer", "project"]
    search_fields = ["customer__number__exact"]


@admin.register(Area)
class AreaAdmin(ReadOnlyAdmin):
    list_display = ["name", "officer"]
    list_select_related = ["officer"]
    search_fields = ["name"]
