"""Who plays in a matter of the year, and in which words it is told: put together from parts, so that few are alike."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from servicedesk.demo.matter import Scene
from servicedesk.demo.scenes import AT_HOME, SCENES
from servicedesk.demo.year.matter import YearMatter, YearWorld
from servicedesk.demo.year.people import TEAMS

if TYPE_CHECKING:
    from servicedesk.customers.models import Customer
    from servicedesk.staff.models import User

KINDS = ("fault", "complaint", "request", "inquiry", "suggestion", "task")
TEAM_OF = {code: team for team, (_, _, codes) in TEAMS.items() for code in codes}
# Of a hundred matters of a kind so many are brought to the team of the category itself, the others to the front
STRAIGHT_TO_TEAM = {"fault": 55, "complaint": 45, "request": 40, "inquiry": 25, "suggestion": 40}
WHOLE_SCENES = 0.2  # share of matters told as in the small demo
SEVERITIES = ["ordinary"] * 7 + ["minor"] * 2 + ["severe"]
CHANNELS = ["phone"] * 7 + ["email"] * 2 + ["visit", "on_site", "sms"]


class YearCast:
    """Hands out parts for matters that begin at a moment."""

    def __init__(self, world: YearWorld) -> None:
        self.world = world
        self.chance = world.chance
        self.roster = world.roster
        self._told = {kind: list(world.more[kind]) for kind in KINDS}

    def matter(
        self, *kinds: str, at: datetime, customer: Customer | None = None, agent: User | None = None
    ) -> YearMatter:
        """A matter of one of these kinds, brought to somebody who is there, by a customer known by then."""
        scene, words = self._scene(self.chance.choice(kinds))
        by = agent or self.roster.anybody(self._asked(scene), at)
        return YearMatter(self.world, scene, by, customer or self.world.circle.anybody(), words=words)

    def task(self, at: datetime) -> tuple[YearMatter, User]:
        """A task of a team that does the work, and its leader, who wants it done."""
        scene, words = self._scene("task")
        team = self.chance.choice(["climate_team", "power_team", "order_team", "accounts"])
        leader = self.roster.teams[team][0]
        agent = self.roster.colleague(leader, at, besides={leader.pk})
        return YearMatter(self.world, scene, agent, words=words), leader

    def anonymous(self, at: datetime) -> YearMatter:
        """A matter of somebody who gave no name."""
        said = self.world.more["said"]
        words = {
            "words": self.chance.choice(said["anonymous"]),
            "wanted": self.chance.choice(self.world.more["wanted"]["fault"]),
            "tell": said["file"],
            "solved": said["file"],
        }
        return YearMatter(
            self.world, Scene("anonymous", "fault", "power"), self.roster.anybody("front", at), words=words
        )

    def nothing(self, at: datetime) -> YearMatter:
        """A wrong number or an advertisement, taken down before anybody knew."""
        said = self.world.more["said"]
        words = {
            "words": self.chance.choice([said["wrong_number"], said["advert"]]),
            "tell": said["no_matter"],
        }
        scene = Scene("nothing", "inquiry", "information")
        return YearMatter(self.world, scene, self.roster.anybody("front", at), words=words)

    def checker(self, matter: YearMatter, at: datetime) -> User:
        return self.roster.colleague(matter.agent, at, besides={matter.agent.pk})

    def channel(self) -> str:
        return self.chance.choice(CHANNELS)

    def _asked(self, scene: Scene) -> str:
        """The team that is first asked."""
        straight = self.chance.randrange(100) < STRAIGHT_TO_TEAM.get(scene.kind, 50)
        return TEAM_OF[scene.category] if straight else "front"

    def _scene(self, kind: str) -> tuple[Scene, dict[str, str]]:
        if kind != "task" and self.chance.random() < WHOLE_SCENES:
            scenes = [scene for scene in SCENES.values() if scene.kind == kind and scene.code not in AT_HOME]
            return self.chance.choice(scenes), {}
        category = self.chance.choice(self._told[kind])
        severity = self.chance.choice(SEVERITIES) if kind in ("fault", "complaint") else "ordinary"
        return Scene(f"{kind}.{category}", kind, category, severity), self._words(kind, category)

    def _words(self, kind: str, category: str) -> dict[str, str]:
        told, more, pick = self.world.more[kind][category], self.world.more, self.chance.choice
        place = self.chance.randrange(len(told["solved"]))
        solved = told["solved"][place]
        return {
            "words": self._first_words(kind, told, place),
            "wanted": pick(more["wanted"][kind]) if kind in more["wanted"] else "",
            "tell": told["tell"],
            "news": pick(told.get("news", [solved])),
            "solved": solved,
        }

    def _first_words(self, kind: str, told: dict[str, Any], place: int) -> str:
        """Faults and complaints are solved in one of several ways, whatever was said; all else by the answer to it."""
        pick, sentences = self.chance.choice, self.world.more["sentences"]
        if kind == "fault":
            first = (
                sentences["fault"]
                .replace("{thing}", pick(told["things"]))
                .replace("{trouble}", pick(told["troubles"]))
            )
            parts = [first, pick(sentences["since"]), pick(sentences["effect"])]
        elif kind == "request":
            parts = [told["words"][place], pick(sentences["service"])]
        elif kind == "complaint":
            parts = [pick(told["words"]), pick(sentences["effect"])]
        else:
            return told["words"][place]
        count = self.chance.choice([1, 2, 2, 3])
        return self._joined(parts[:count])

    def _joined(self, parts: list[str]) -> str:
        text = parts[0]
        for part in parts[1:]:
            text = self.world.more["sentences"]["join"].replace("{one}", text).replace("{two}", part)
        return text
