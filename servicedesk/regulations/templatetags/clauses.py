"""Links from a rule's place in the product to its clause; `docs/look.md` shows them in use."""

from typing import Any

from django import template
from django.forms import BoundField
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.clauses import CLAUSE_ID, CLAUSES, Clause
from servicedesk.regulations.rows import Row

register = template.Library()


@register.simple_tag
def clause(*ids: str) -> SafeString:
    """Small quiet links "R1.1c" that say why something is asked: each opens its clause in a dialogue.

    An unknown id raises KeyError: a test draws every page.
    """
    return links(ids)


@register.simple_tag
def clauses_of(field: BoundField) -> SafeString:
    """The links of a form's field, where the form's `clauses` names any: {"read_back": "R1.1c"}.

    Tab goes from field to field; F1 in the field opens the first of them.
    """
    ids = getattr(field.form, "clauses", {}).get(field.name, "").split()
    return links(ids, off_tab=True) if ids else mark_safe("")


def links(ids: Any, *, off_tab: bool = False) -> SafeString:
    try:
        shown = [(CLAUSES[one], reverse("regulations:why", args=[one])) for one in ids]
    except NoReverseMatch:  # a test of the shell serves none of these pages
        return mark_safe("")
    return format_html_join(
        " ",
        '<a class="clause" href="{}" hx-get="{}" hx-target="#why" hx-swap="innerHTML" title="{}"'
        ' aria-label="{}" data-why{}>{}</a>',
        [
            (
                found.get_absolute_url(),
                address,
                found.title,
                _("Why? %(clause)s: %(title)s") % {"clause": found.id, "title": found.title},
                mark_safe(' tabindex="-1"') if off_tab else "",
                found.id,
            )
            for found, address in shown
        ],
    )


@register.filter
def with_clause_links(text: Any) -> SafeString:
    """A text in which the clauses it names are links to their pages."""
    words, parts, end = str(text), [], 0
    for match in CLAUSE_ID.finditer(words):
        if match[0] not in CLAUSES:
            continue
        parts.append((words[end : match.start()], CLAUSES[match[0]].get_absolute_url(), match[0]))
        end = match.end()
    return format_html("{}{}", format_html_join("", '{}<a href="{}">{}</a>', parts), words[end:])


@register.simple_tag(takes_context=True)
def setting_url(context, row: Row) -> str:
    """Where a setting is read, or changed by whoever may."""
    user = context["user"]
    if not (user.is_staff and user.has_perm("regulations.view_setting")):
        return f"{reverse('regulations:settings')}#{row.definition.code}"
    if row.home:
        return row.home.url()
    return reverse("admin:regulations_setting_change", args=[row.definition.code])


@register.filter
def clauses_behind(code: str) -> list[Clause]:
    """The clauses that a setting stands for."""
    return [CLAUSES[one] for one in DEFINITIONS[code].clauses]
