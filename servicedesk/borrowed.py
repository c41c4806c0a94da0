"""Words of Django's admin and of its history that their own Chinese catalogues lack; ours translate them.

Nothing imports this: it is read when translations are collected. A word that Django has learnt can go.
"""

from django.utils.translation import gettext_noop as _

WORDS = [
    _("Add link"),
    _("After you’ve created a user, you’ll be able to edit more user options."),
    _("Change or view list link"),
    _("Error:"),
    _("Model name"),
    _("This password is too short. It must contain at least %d character."),
    # the history of a row (django-simple-history), all of which lacks 繁體
    _("Change History"),
    _("Change history: %s"),
    _("Change reason"),
    _("Changed"),
    _("Changed by"),
    _("Changes"),
    _("Choose a date from the list below to revert to a previous version of this object."),
    _("Comment"),
    _("Created"),
    _("Date/time"),
    _("Deleted"),
    _("None"),
    _("Object"),
    _("Press the 'Revert' button below to revert to this version of the object."),
    _("Revert"),
    _("Revert %(verbose_name)s"),
    _("Revert %s"),
    _("This object doesn't have a change history."),
    _("View %(verbose_name)s"),
    _("You may edit it again below"),
]
