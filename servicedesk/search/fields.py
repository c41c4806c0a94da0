from django.db import models


class TokensField(models.TextField):
    """The search tokens of one row: a derived copy, rebuilt from the words and emptied when these are erased."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("default", "")
        kwargs.setdefault("blank", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)
