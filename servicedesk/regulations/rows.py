"""The settings as people read them: grouped, in words, with what was shipped and who changed it."""

from collections.abc import Iterable, Iterator
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
        return self.home is None and self.words != self.shipped


def rows_of(definitions: Iterable[Definition]) -> list[Row]:
    """Their rows, in the order given; one query, none where there is nothing to ask."""
    wanted = list(definitions)
    codes = [definition.code for definition in wanted]
    found = Setting.objects.filter(code__in=codes).select_related("changed_by")
    settings = {row.code: row for row in found}
    return [
        Row(
            definition,
            settings.get(definition.code),
            None if definition.lives_here else home_of(definition.code),
        )
        for definition in wanted
    ]


def grouped_rows() -> Iterator[tuple[Any, list[Row]]]:
    """Each group with its rows, in the order of the catalogue; one query."""
    rows = rows_of(DEFINITIONS.values())
    for group in GROUPS:
        yield group, [row for row in rows if row.definition.group is group]
