"""One's own account: profile, password, language."""

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from servicedesk.audit.timeline import record
from servicedesk.staff.forms import OwnPasswordForm, ProfileForm
from servicedesk.staff.leaving import timeline_of
from servicedesk.staff.models import User
from servicedesk.staff.organisation import Organisation
from servicedesk.staff.people import role_titles, titles_of
from servicedesk.staff.views.log_in import CHOSEN_LANGUAGE
from servicedesk.ways import local_path

ONE_YEAR = 60 * 60 * 24 * 365  # seconds


@login_required
@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """Who I am here, and what I may change of it."""
    person = User.objects.select_related("department").get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        person.save(update_fields=form.changed_data)
        messages.success(request, _in_language(person.language))
        return _with_language(redirect("staff:profile"), person.language)
    titles = titles_of(Organisation.at(timezone.now())).get(person.pk, [])
    roles = role_titles(person)
    context = {"form": form, "person": person, "titles": titles, "roles": roles}
    return render(request, "staff/profile.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters()
@login_required
@never_cache
def password(request: HttpRequest) -> HttpResponse:
    """A new password of one's own; every other session ends with it."""
    form = OwnPasswordForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            record(timeline_of(form.user), "password_changed", by=form.user, at=timezone.now())
        auth.update_session_auth_hash(request, form.user)
        messages.success(request, _("Your password is changed. Other devices have been logged out."))
        return redirect("staff:profile")
    return render(request, "staff/password.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@never_cache
def who(request: HttpRequest) -> JsonResponse:
    """Whose session this is, nobody's perhaps: asked before what somebody wrote is sent, so that it is not lost."""
    return JsonResponse({"user": request.user.pk})


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language: for this browser, and for good where somebody is logged in."""
    code = request.POST.get("language", "")
    response = redirect(local_path(request.POST.get("next")) or "/")
    if code not in dict(settings.LANGUAGES):
        return response
    if not request.user.is_authenticated:
        request.session[CHOSEN_LANGUAGE] = code  # the log-in takes it over
    elif request.user.language != code:
        request.user.language = code
        request.user.save(update_fields=["language"])
    return _with_language(response, code)


def _with_language(response: HttpResponse, code: str) -> HttpResponse:
    """Let the browser remember the language, so that the log-in page is in it too."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=ONE_YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response


def _in_language(code: str) -> str:
    with translation.override(code):
        return _("Saved.")
