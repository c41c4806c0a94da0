"""Employees, departments, posts, absences and roles for the administrator.

What has consequences goes through the same functions as everywhere else: leaving, blocking, absences.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.audit.timeline import record
from servicedesk.history import HistoryAdmin
from servicedesk.staff import permissions
from servicedesk.staff.absences import end_absence, enter_absence
from servicedesk.staff.admin_forms import AbsenceFormSet, AddEmployeeForm, AdminAbsenceForm, EmployeeForm
from servicedesk.staff.admin_lists import PasswordFilter, TreeList
from servicedesk.staff.leaving import deactivate, reactivate, timeline_of, unblock
from servicedesk.staff.models import Absence, Department, Post, RoleGroup, User
from servicedesk.staff.roles import role_name
from servicedesk.staff.views.closing import closing_query
from servicedesk.staff.work_calendars import calendars_in_force

POSITIONS = ["manager", "deputy_manager", "executive", "deputy_executive"]
# The browser's own picker: the admin's scripted one tells the reader how far off the server's clock is.
MOMENTS = {
    models.DateTimeField: {
        "form_class": forms.DateTimeField,
        "widget": forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    }
}


STYLE = forms.Media(css={"all": ["css/staff-admin.css"]})


class PlainKeys:
    """Fields that name another row show that row, without buttons to add, change or delete it here."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        for button in ("can_add_related", "can_change_related", "can_delete_related"):
            if field is not None and hasattr(field.widget, button):
                setattr(field.widget, button, False)
        return field


class RefusalsTold:
    """What an operation refuses while it is saved, because somebody was quicker, is said, and nothing is saved."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(request.get_full_path())


class AbsenceInline(PlainKeys, admin.TabularInline):
    model = Absence
    formset = AbsenceFormSet
    fk_name = "person"
    fields = ["starts_at", "ends_at", "reason", "deputy"]
    autocomplete_fields = ["deputy"]
    formfield_overrides = MOMENTS  # type: ignore[assignment]
    extra = 0
    verbose_name_plural = gettext_lazy("Absences now and to come")
    can_delete = False  # an absence is ended or withdrawn from its own list, on record

    def get_queryset(self, request: HttpRequest) -> Any:
        absences: Any = super().get_queryset(request)
        return absences.not_over(timezone.now())


@admin.register(User)
class EmployeeAdmin(RefusalsTold, PlainKeys, HistoryAdmin, UserAdmin):
    form = EmployeeForm
    add_form = AddEmployeeForm
    list_display = ["display_name", "username", "department", "role_names", "state"]
    list_display_links = ["display_name", "username"]
    list_filter = ["is_active", ("blocked_at", admin.EmptyFieldListFilter), PasswordFilter, "groups"]
    list_select_related = ["department"]
    list_per_page = 50
    search_fields = ["display_name", "username", "employee_number", "email"]
    search_help_text = gettext_lazy("Name, log-in name, employee number or e-mail")
    ordering = ["display_name"]
    autocomplete_fields = ["department"]
    filter_horizontal = ()
    inlines = [AbsenceInline]
    actions = ["block_log_in", "open_log_in"]
    readonly_fields = ["blocked_at", "blocked_why", "left_at", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["display_name", "employee_number", "phone", "email"]}),
        (gettext_lazy("Work"), {"fields": ["department", "groups"]}),
        (gettext_lazy("Language and time"), {"fields": ["language", "timezone"]}),
        (
            gettext_lazy("Account"),
            {
                "fields": [
                    *("username", "password", "is_active", "is_superuser"),
                    *("blocked_at", "blocked_why", "left_at", "last_login", "date_joined"),
                ]
            },
        ),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": [
                    *("display_name", "username", "employee_number", "email", "department", "groups"),
                    *("usable_password", "password1", "password2"),
                ],
            },
        ),
    ]

    @property
    def media(self) -> forms.Media:
        return super().media + STYLE

    # Who may change what

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Nobody gives rights to themselves; only a superuser makes superusers."""
        fixed = list(super().get_readonly_fields(request, obj))
        if not request.user.is_superuser:
            fixed.append("is_superuser")
        if obj is not None and obj.pk == request.user.pk:
            fixed += ["is_active", "is_superuser", "groups", "department"]
        return list(dict.fromkeys(fixed))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """An administrator who is no superuser cannot take over a superuser's account."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # people leave; what they did keeps their name

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        return self.inlines if obj else []

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any):
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"by": request.user})

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Only people who work here are offered for a position."""
        found, doubles = super().get_search_results(request, queryset, search_term)
        if request.path.endswith("/autocomplete/"):
            found = found.filter(is_active=True)
        return found, doubles

    # Saving

    def save_model(self, request: Any, obj: User, form: Any, change: bool) -> None:
        at = timezone.now()
        if not change:
            super().save_model(request, obj, form, change)
            record(timeline_of(obj), "account_opened", by=request.user, at=at)
            return
        if "is_active" in form.changed_data:
            act = reactivate if obj.is_active else deactivate
            act(User(pk=obj.pk), by=request.user, at=at)
            obj.refresh_from_db(fields=["is_active", "left_at", "session_round"])
        own = {field.name for field in User._meta.concrete_fields} - {"is_active", "password"}
        if changed := own & set(form.changed_data):
            obj.save(update_fields=changed)
        if "department" in changed:
            record(timeline_of(obj), "department_changed", by=request.user, at=at, department=obj.department)
        if "is_superuser" in changed:
            record(timeline_of(obj), "superuser", by=request.user, at=at, granted=obj.is_superuser)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        before = set(form.instance.groups.values_list("name", flat=True))
        super().save_related(request, form, formsets, change)
        after = set(form.instance.groups.values_list("name", flat=True))
        if before != after:
            record(
                timeline_of(form.instance),
                "roles_changed",
                by=request.user,
                at=timezone.now(),
                given=", ".join(sorted(after - before)),
                taken=", ".join(sorted(before - after)),
            )

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        for absence in formset.save(commit=False):
            enter_absence(absence, by=request.user, at=timezone.now())

    # The list

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=gettext_lazy("roles"))
    def role_names(self, person: User) -> str:
        return ", ".join(role_name(group.name) for group in person.groups.all())

    @admin.display(description=gettext_lazy("account"))
    def state(self, person: User) -> str:
        if not person.is_active:
            return _("has left")
        if person.blocked_at:
            return _("log-in blocked")
        return _("active") if person.has_usable_password() else _("no password yet")

    @admin.action(description=gettext_lazy("Block the log-in …"), permissions=["change"])
    def block_log_in(self, request: Any, queryset: Any) -> Any:
        """On to the page that shows what these people owe, and asks why."""
        chosen = closing_query(queryset.values_list("pk", flat=True), **{"from": "admin"})
        return redirect(f"{reverse('staff:close')}?{chosen}")

    @admin.action(description=gettext_lazy("Open the log-in again"), permissions=["change"])
    def open_log_in(self, request: Any, queryset: Any) -> None:
        for person in queryset:
            try:
                unblock(person, by=request.user, at=timezone.now())
            except PermissionDenied:
                text = _("%(name)s: only a superuser may change this account.") % {"name": person}
                self.message_user(request, text, messages.ERROR)
            except ValidationError as refusal:
                self.message_user(request, f"{person}: {' '.join(refusal.messages)}", messages.ERROR)
            else:
                text = _("%(name)s can log in again.") % {"name": person}
                self.message_user(request, text, messages.SUCCESS)


@admin.register(Department)
class DepartmentAdmin(PlainKeys, HistoryAdmin):
    list_display = ["in_tree", *POSITIONS[:1], "executive", "works_by", "people_count"]
    list_display_links = ["in_tree"]
    list_select_related = ["parent", "manager", "executive"]
    list_per_page = 500
    search_fields = ["name", "manager__display_name"]
    search_help_text = gettext_lazy("Name of the department or its manager")
    sortable_by: list[str] = []
    autocomplete_fields = ["parent", *POSITIONS]
    fieldsets = [
        (None, {"fields": ["name", "parent", "calendar", "works_by"]}),
        (
            gettext_lazy("Positions"),
            {
                "fields": [("manager", "deputy_manager"), ("executive", "deputy_executive")],
                "description": gettext_lazy(
                    "A broken promise is told to the manager first, then to the executive in charge. While one of "
                    "them is away, the deputy named in the absence is told instead, else the stand-in given here. "
                    "If nobody can be found, the unit above is asked."
                ),
            },
        ),
    ]

    readonly_fields = ["works_by"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TreeList]:
        return TreeList

    def get_queryset(self, request: HttpRequest) -> Any:
        active = models.Count("people", filter=models.Q(people__is_active=True))
        return super().get_queryset(request).annotate(active_people=active)

    @admin.display(description=gettext_lazy("department"))
    def in_tree(self, department: Any) -> str:
        depth = getattr(department, "depth", 0)
        return format_html('<span class="tree-depth-{}">{}</span>', min(depth, 8), department.name)

    @admin.display(description=gettext_lazy("works by"))
    def works_by(self, department: Any) -> str:
        """The calendar in force, and where it comes from."""
        if not department.pk:
            return _("The calendar of the unit above, else the organisation's, as soon as it is saved.")
        found = getattr(department, "in_force", None) or calendars_in_force()[department.pk]
        return format_html(
            '<a href="{}">{}</a> <span class="whence">{}</span>',
            reverse("admin:calendars_calendar_change", args=[found.calendar.pk]),
            found.calendar,
            found.whence,
        )

    @admin.display(description=gettext_lazy("people"))
    def people_count(self, department: Any) -> int:
        return department.active_people

    @property
    def media(self) -> forms.Media:
        return super().media + STYLE


@admin.register(Post)
class PostAdmin(PlainKeys, HistoryAdmin):
    list_display = ["__str__", "holder", "stand_in"]
    list_select_related = ["holder", "stand_in"]
    fields = ["purpose", "holder", "stand_in"]
    readonly_fields = ["purpose"]
    autocomplete_fields = ["holder", "stand_in"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # the posts are those the rules know

    def has_delete_permission(self, request: HttpRequest, obj: Post | None = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("what it is for"))
    def purpose(self, post: Post) -> str:
        return {
            "general_manager": _(
                "Is told when a promise stays broken, and of significant matters at once. "
                "Receives the supervision reports."
            ),
            "office": _("Rules where departments cannot agree."),
            "supervision": _("Watches over the service and reports on it, apart from those who give it."),
        }.get(post.code, "")


@admin.register(Absence)
class AbsenceAdmin(RefusalsTold, PlainKeys, HistoryAdmin):
    list_display = ["person", "starts_at", "ends_at", "reason", "deputy"]
    list_select_related = ["person", "deputy"]
    list_filter = ["reason"]
    list_per_page = 50
    search_fields = ["person__display_name", "person__username", "deputy__display_name"]
    search_help_text = gettext_lazy("Name of the person or of the deputy")
    date_hierarchy = "starts_at"
    ordering = ["-starts_at"]
    autocomplete_fields = ["person", "deputy"]
    formfield_overrides = MOMENTS
    actions = ["end_now"]
    form = AdminAbsenceForm

    @property
    def media(self) -> forms.Media:
        return super().media + STYLE

    def has_change_permission(self, request: HttpRequest, obj: Absence | None = None) -> bool:
        over = obj is not None and obj.is_over(timezone.now())
        return not over and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Absence | None = None) -> bool:
        return False  # ended or withdrawn by the action, on record

    def save_model(self, request: Any, obj: Absence, form: Any, change: bool) -> None:
        enter_absence(obj, by=request.user, at=timezone.now())

    @admin.action(description=gettext_lazy("End now, or withdraw what has not begun"), permissions=["change"])
    def end_now(self, request: Any, queryset: Any) -> None:
        with transaction.atomic():
            for absence in queryset.select_related("person"):
                end_absence(absence, by=request.user, at=timezone.now())
        self.message_user(request, _("Done."), messages.SUCCESS)


admin.site.unregister(Group)


@admin.register(RoleGroup)
class RoleAdmin(GroupAdmin):
    """The roles; what their permissions are is on record."""

    list_display = ["__str__", "name"]

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        field.queryset = permissions.that_roles_have()
        field.label_from_instance = permissions.in_words
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["name"] if obj else []  # code and migrations know a role by its name

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        group = form.instance
        before = set(group.permissions.values_list("codename", flat=True))
        super().save_related(request, form, formsets, change)
        after = set(group.permissions.values_list("codename", flat=True))
        if before != after:
            record(
                f"role:{group.pk}",
                "permissions_changed",
                by=request.user,
                at=timezone.now(),
                given=", ".join(sorted(after - before)),
                taken=", ".join(sorted(before - after)),
            )
