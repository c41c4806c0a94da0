from django.conf import settings
from django.core.validators import MaxLengthValidator
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


class Decision(models.Model):
    """What was decided about a question that no data can answer (Appendix E); never altered, the latest counts."""

    question = models.CharField(_("question"), max_length=40)
    decided = models.BooleanField(_("decided"))
    words = models.TextField(
        _("what was decided"),
        max_length=2000,
        blank=True,
        validators=[MaxLengthValidator(2000)],
        help_text=_("Or where it is written down."),
    )
    at = models.DateTimeField(_("recorded"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )

    class Meta:
        verbose_name = _("open question")
        verbose_name_plural = _("open questions")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(decided=False) | ~models.Q(words=""), name="decision_says_what"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question}, {self.at}"
