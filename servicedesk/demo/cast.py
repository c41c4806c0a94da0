"""Who plays in a matter: the scene, the customer, the colleague who was first asked, and who asks afterwards."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from servicedesk.demo.matter import Matter, Scene, World
from servicedesk.demo.people import CATEGORIES
from servicedesk.demo.scenes import AT_HOME, SCENES, in_turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servicedesk.customers.models import Customer
    from servicedesk.demo.people import Staff
    from servicedesk.staff.models import User

AGENTS = ["agent", "agent", "agent2", "agent3", "agent4"]
TECHNICIANS = ["tech1", "tech2", "tech3"]
CHANNELS = ["phone"] * 6 + ["email"] * 2 + ["web", "visit", "on_site", "letter"]
# Matters whose words and solution are not those of a scene
ANONYMOUS = {
    "light": Scene("light", "fault", "power"),
    "smoking": Scene("smoking", "complaint", "order"),
    "spam": Scene("spam", "inquiry", "information"),
    "test_call": Scene("test_call", "inquiry", "information"),
}


class Cast:
    """Hands out parts in turn, so that the same seed tells the same story."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.chance: Random = world.chance
        self.staff: Staff = world.staff
        self._scenes: dict[tuple[str, ...], Iterator[Scene]] = {}
        self._waiting: dict[bool, list[Customer]] = {True: [], False: []}

    def matter(
        self, *kinds: str, code: str = "", agent: str = "", customer: Customer | None = None
    ) -> Matter:
        """A matter of one of these kinds, or of the scene named, with whoever is not named chosen."""
        scene = SCENES[code] if code else self._scene(kinds)
        by = self.staff[agent] if agent else self._agent(scene)
        return Matter(self.world, scene, by, customer or self._customer(scene))

    def task(self, code: str = "") -> Matter:
        scene = SCENES[code] if code else self._scene(("task",))
        return Matter(self.world, scene, self.staff[self.chance.choice(TECHNICIANS)])

    def anonymous(self, key: str, agent: str = "") -> Matter:
        """A matter of somebody who gave no name, or of nobody."""
        said = self.world.said
        told = said["anonymous"]
        words = {
            "words": told[key],
            "tell": told.get(f"{key}_tell", told["spam_tell"]),
            "wanted": told.get(f"{key}_tell", ""),
            "solved": told.get(f"{key}_done", said["phrases"]["on_file"]),
        }
        return Matter(self.world, ANONYMOUS[key], self.staff[agent or "agent3"], words=words)

    def colleague_of(self, agent: User) -> User:
        """Somebody of the same unit who asks the customer in the place of who solved it."""
        near = AGENTS if agent.department == self.staff.departments["service"] else TECHNICIANS
        return self.staff[self.chance.choice([key for key in near if self.staff[key] != agent])]

    def channel(self) -> str:
        return self.chance.choice(CHANNELS)

    def _scene(self, kinds: tuple[str, ...]) -> Scene:
        if kinds not in self._scenes:
            self._scenes[kinds] = in_turn(kinds, self.chance)
        return next(self._scenes[kinds])

    def _customer(self, scene: Scene) -> Customer:
        """The next customer in a shuffled round of all ordinary ones who bring such matters."""
        at_home = scene.code in AT_HOME
        if not self._waiting[at_home]:
            plain = [one for one in self.world.served.plain if (one.kind != "organisation") == at_home]
            self._waiting[at_home] = self.chance.sample(plain, len(plain))
        return self._waiting[at_home].pop()

    def _agent(self, scene: Scene) -> User:
        """Technical matters are often brought to a technician on site; everything else to the agents."""
        technical = scene.category in CATEGORIES["technical"]
        keys = TECHNICIANS if technical and self.chance.random() < 0.45 else AGENTS
        return self.staff[self.chance.choice(keys)]
