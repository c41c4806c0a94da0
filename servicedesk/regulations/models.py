from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Setting(models.Model):
    """The value of one setting as it stands; a row for each, made after every migrate and never removed.

    A new release may bring another default: what an organisation has keeps its value.
    """

    code = models.CharField(_("code"), max_length=8, primary_key=True)
    value = models.JSONField(_("value"))
    changed_at = models.DateTimeField(_("changed"), null=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("changed by")
    )

    class Meta:
        verbose_name = _("setting")
        verbose_name_plural = _("settings")

    def __str__(self) -> str:
        return self.code


class SettingChange(models.Model):
    """One change of one setting; never altered, never removed."""

    setting = models.ForeignKey(Setting, models.PROTECT, related_name="changes", verbose_name=_("setting"))
    was = models.JSONField(_("old value"))
    became = models.JSONField(_("new value"))
    at = models.DateTimeField(_("changed"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("changed by")
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("change of a setting")
        verbose_name_plural = _("changes of settings")
        ordering = ["at", "pk"]
        constraints = [
            # also the index of "what came next after this moment"
            models.UniqueConstraint(fields=["setting", "at"], name="setting_changed_once_at_a_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.setting_id}, {self.at}"
