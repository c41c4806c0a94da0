"""The admin behind the desk's log-in, open to whom a role gives the permission."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from servicedesk.regulations.questions import open_questions


class DeskAdminSite(AdminSite):
    """One log-in, one log-out and one password page for desk and admin."""

    site_header = _("Administration")
    index_title = _("Administration")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The front page, with how many questions are still open for whoever answers them."""
        may_see = request.user.has_perm("regulations.view_decision")
        extra = {"open_questions": open_questions(timezone.now()) if may_see else 0}
        return super().index(request, {**(extra_context or {}), **extra})

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "may_use_administration", False))

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To the desk's log-in; who is logged in and may not come here is told so."""
        if not request.user.is_authenticated:
            wanted = request.GET.get("next") or reverse("admin:index")
            return redirect_to_login(wanted)
        if not self.has_permission(request):
            raise PermissionDenied
        return redirect("admin:index")

    @method_decorator(never_cache)
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        logout(request)
        return redirect("staff:login")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("staff:password")
