"""The school that the benchmark asks about, and what is asked, by whom."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import SecretStr

from auth.viewer import Role
from connectors import demo
from connectors.assembly import Connectors
from connectors.demo.school import TODAY
from connectors.migrations import versions
from connectors.mongo import Driver
from connectors.mongo.bulk_write import Sink
from gateway.settings import AuthSettings, JobSettings, MongoSettings, RedisSettings, Settings
from tests.gateway.served import ISSUER, SECRET, token

MOST_VIEWERS: Final = 200
QUERIES: Final = ("week", "journal", "start", "page")
IN_JOURNAL: Final = 30
PER_SCHOOL: Final = 300
TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Question:
    """One of the four queries with its variables, and the token of who asks."""

    name: str
    bearer: str
    variables: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The GraphQL document."""
        return (Path(__file__).with_name("queries") / f"{self.name}.graphql").read_text()

    @property
    def graphql(self) -> bytes:
        """The request to the gateway."""
        return orjson.dumps({"query": self.text, "variables": self.variables})

    @property
    def by_id(self) -> bytes:
        """The request to a gateway that knows the document: its id in place of its text."""
        return orjson.dumps({"documentId": self.name, "variables": self.variables})

    @property
    def by_hand(self) -> bytes:
        """The request to the hand-written endpoint."""
        return orjson.dumps(self.variables)


def write_manifest(questions: Iterable[Question], directory: Path) -> Path:
    """Write down what is asked by ids; returns *directory*."""
    (directory / "bench.json").write_bytes(orjson.dumps({question.name: question.text for question in questions}))
    return directory


def settings_of(mongo: str, redis: str, prefix: str, *, driver: Driver = Driver.MOTOR, port: int = 8080) -> Settings:
    """The settings of all servers that are compared."""
    common_settings = Settings(
        mongo=MongoSettings(uri=SecretStr(mongo), prefix=prefix, timeout_s=TIMEOUT_S, driver=driver),
        redis=RedisSettings(uri=SecretStr(redis)),
        auth=AuthSettings(developer_secret=SecretStr(SECRET)),
        jobs=JobSettings(in_serve=False),  # their commands would be counted as those of the queries
        today=TODAY,
    )
    common_settings.http.port = port
    common_settings.observe.log_requests = False
    common_settings.cache.enabled = False
    common_settings.rate_limit.enabled = False
    return common_settings


async def seeded(connectors: Connectors, *, students: int, weeks_back: int | None = None) -> Sequence[Question]:
    """Fill empty databases with schools of this many students in all, and say what is asked about them."""
    await versions.record_latest(connectors.databases.values())
    sink = Sink(connectors.databases, fresh=True)
    schools = max(2, students // PER_SCHOOL)
    summary = await demo.generate(sink, students=students, schools=schools, issuer=ISSUER, weeks_back=weeks_back)
    await connectors.create_indexes()
    questions = [await _question(connectors, summary, name) for name in QUERIES]
    await _fill_class(connectors, next(str(own.variables["class"]) for own in questions if own.name == "journal"))
    return questions


async def viewers_of(connectors: Connectors, question: Question) -> Sequence[Question]:
    """What up to 200 people ask by the query of a question, each with a token of their own for what is their own."""
    role, variables_of = _ASKED_BY[question.name]
    directory = connectors.directory.source.database
    if role is Role.CLASS_TEACHER:
        found = directory["staff_assignments"].find({"kind": role.value, "ends_on": None}).sort("_id")
        people = {row["person_id"]: row async for row in found}
    else:
        mine = {"roles": role.value, "merged_to": None}
        people = {row["_id"]: row async for row in directory["people"].find(mine).sort("_id").limit(MOST_VIEWERS)}
    subjects = {
        row["person_id"]: row["subject"]
        async for row in directory["external_ids"].find({"person_id": {"$in": list(people)}})
    }
    return [
        Question(question.name, token(subjects[person], role), {**question.variables, **variables_of(row)})
        for person, row in people.items()
        if person in subjects
    ][:MOST_VIEWERS]


_ASKED_BY: Final[Mapping[str, tuple[Role, Callable[[Mapping[str, Any]], Mapping[str, Any]]]]] = {
    "week": (Role.STUDENT, lambda person: {"student": person["student_id"]}),
    "journal": (Role.CLASS_TEACHER, lambda assignment: {"class": assignment["class_id"]}),
    "start": (Role.PARENT, lambda _person: {}),
    "page": (Role.ADMINISTRATOR, lambda _person: {}),
}


async def _question(connectors: Connectors, summary: demo.Summary, name: str) -> Question:
    week = {"week": TODAY.isoformat()}
    match name:
        case "week":
            who = _story_person(summary, Role.STUDENT)
            variables: Mapping[str, Any] = {"student": who.student_ids[0], **week}
        case "journal":
            who = _story_person(summary, Role.CLASS_TEACHER)
            days = {"first": (TODAY - timedelta(weeks=11)).isoformat(), "last": TODAY.isoformat()}
            variables = {"class": who.class_id, "days": days}
        case "start":
            who = next(own for own in summary.story if own.role == Role.PARENT and len(own.student_ids) == 2)
            variables = week
        case _:
            who = _story_person(summary, Role.ADMINISTRATOR)
            variables = {}
    names = connectors.directory.source.database["external_ids"]
    known = await names.find_one({"person_id": who.person_id})
    return Question(name, token(known["subject"], Role(who.role)), variables)


def _story_person(summary: demo.Summary, role: Role) -> demo.StoryPerson:
    return next(own for own in summary.story if own.role == role)


async def _fill_class(connectors: Connectors, class_id: str) -> None:
    """Have students of another class of the school move in until the class has as many as the journal shows."""
    people = connectors.directory.source.database["people"]
    here = {"enrolments": {"$elemMatch": {"class_id": class_id, "ends_on": None}}}
    missing = IN_JOURNAL - await people.count_documents(here)
    if missing <= 0:
        return
    school = (await people.find_one(here))["school_id"]
    elsewhere = {"school_id": school, "enrolments.class_id": {"$exists": True, "$ne": class_id}}
    found = await people.find(elsewhere, {"_id": 1}).sort("_id").limit(missing).to_list(length=None)
    moved = {"$set": {"enrolments.$[].class_id": class_id}}
    await people.update_many({"_id": {"$in": [person["_id"] for person in found]}}, moved)
