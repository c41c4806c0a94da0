"""The settings as people read them: grouped, in words, with what was shipped and who changed it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.definitions import GROUPS, Definition
from servicedesk.regulations.homes import Home, home_of
from servicedesk.regulations.models import Setting


@dataclass(frozen=True)
class Row:
    """One setting on a list; `home` is set where its value lives elsewhere."""

    definition: Definition
    setting: Setting | None
    home: Home | None

    @property
    def words(self) -> str:
        if self.home:
            return self.home.words()
        kind = self.definition.kind
        value = kind.read(self.setting.value) if self.setting else self.definition.default
        return self.definition.words(value)

    @property
    def shipped(self) -> str:
        return self.definition.words(self.definition.default)

    @property
    def differs(self) -> bool:
        return self.words != self.shipped


def grouped_rows() -> Iterator[tuple[Any, list[Row]]]:
    """Each group with its rows, in the order of the catalogue; one query."""
    settings = {row.code: row for row in Setting.objects.select_related("changed_by")}
    rows = [
        Row(definition, settings.get(code), None if definition.lives_here else home_of(code))
        for code, definition in DEFINITIONS.items()
    ]
    for group in GROUPS:
        yield group, [row for row in rows if row.definition.group is group]
