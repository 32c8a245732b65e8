"""A generated school as the files that another system, or a clerk, would have of it."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from connectors.assembly import Connectors
from tests.connectors.imports.oneroster.delivery import Delivery, person
from tests.connectors.imports.tables.workbooks import Cell, Rows

Document = Mapping[str, Any]
YEAR: Final = ("2026-09-01", "2027-05-31")


class Learner(NamedTuple):
    """A student with their class and parents."""

    person: Document
    in_class: Document
    parents: list[Document]


class GeneratedSchool:
    """The people and classes of a generated school, in the order of their ids."""

    def __init__(self, documents: Mapping[str, list[Document]]) -> None:
        people = {one["_id"]: one for one in documents["people"]}
        classes = {one["_id"]: one for one in documents["classes"]}
        self.classes = list(classes.values())
        parents: dict[str, list[Document]] = {}
        for link in documents["guardianships"]:
            if link["data_access"] and link["valid_to"] is None:
                parents.setdefault(link["student_id"], []).append(people[link["person_id"]])
        self.learners = [
            Learner(one, classes[enrolment["class_id"]], parents.get(one["student_id"], []))
            for one in people.values()
            for enrolment in one.get("enrolments", [])[-1:]
            if enrolment["ends_on"] is None
        ]
        leaders = {
            one["class_id"]: people[one["person_id"]]
            for one in documents["staff_assignments"]
            if one["kind"] == "CLASS_TEACHER"
        }
        self.led = [(one, leaders[one["_id"]]) for one in self.classes if one["_id"] in leaders]

    @classmethod
    async def of(cls, connectors: Connectors) -> "GeneratedSchool":
        names = ("people", "classes", "guardianships", "staff_assignments")
        directory = connectors.databases["directory"]
        return cls({name: await directory[name].find({}).sort("_id").to_list(None) for name in names})

    def parents(self) -> dict[str, Document]:
        return {parent["_id"]: parent for learner in self.learners for parent in learner.parents}


def write_oneroster(school: GeneratedSchool, delivery: Delivery) -> None:
    """The school in the rows of a OneRoster delivery; sourcedIds are the ids that people had."""
    first, last = YEAR
    delivery.add("orgs", "s", name="Школа № 7", type="school")
    delivery.add("academicSessions", "y", title="2026/27", type="schoolYear", startDate=first, endDate=last)
    for one in school.classes:
        delivery.add(
            "classes", one["_id"], title=one["name"], classType="homeroom", schoolSourcedId="s", termSourcedIds="y"
        )
    for parent in school.parents().values():
        person(delivery, parent["_id"], "parent", *_names(parent))
    for place, leader in school.led:
        if leader["_id"] not in delivery.rows["users"]:
            person(delivery, leader["_id"], "teacher", *_names(leader))
        values = {"classSourcedId": place["_id"], "userSourcedId": leader["_id"], "role": "teacher"}
        delivery.add("enrollments", f"lead-{place['_id']}", **values)
    for learner in school.learners:
        own = learner.person
        agents = ",".join(parent["_id"] for parent in learner.parents)
        person(delivery, own["_id"], "student", *_names(own), agentSourcedIds=agents)
        delivery.add("demographics", own["_id"], birthDate=own["birth_date"])
        values = {"classSourcedId": learner.in_class["_id"], "userSourcedId": own["_id"], "role": "student"}
        delivery.add("enrollments", f"in-{own['_id']}", **values, beginDate=first)


def sheets_of(school: GeneratedSchool) -> dict[str, Rows]:
    """The school as three sheets; every third class is written as clerks write it by hand."""
    students: list[tuple[Cell, ...]] = [("ФИО", "Дата рождения", "Класс", "Логин")]
    guardians: list[tuple[Cell, ...]] = [
        ("Ученик", "Дата рождения ученика", "Класс", "ФИО", "Кем приходится", "Телефон", "Логин")
    ]
    staff: list[tuple[Cell, ...]] = [("ФИО", "Должность", "Логин")]
    for number, learner in enumerate(school.learners):
        own, name = learner.person, _full_name(learner.person)
        written = learner.in_class["name"]
        if number % 3 == 0:
            written = f"{written[:-1]} «{written[-1]}»"
        born = own["birth_date"]
        students.append((name, f"{born[8:]}.{born[5:7]}.{born[:4]}", written, own["_id"]))
        for parent in learner.parents:
            adult = _full_name(parent)
            guardians.append((name, born, written, adult, "родитель", parent["phone"], parent["_id"]))
    leaders = {leader["_id"]: leader for _, leader in school.led}
    staff += [(_full_name(one), "учитель", key) for key, one in leaders.items()]
    return {"Ученики": students, "Родители": guardians, "Сотрудники": staff}


def _names(one: Document) -> tuple[str, str, str]:
    return one["given_name"], one["family_name"], one["patronymic"] or ""


def _full_name(one: Document) -> str:
    """The family name, the given name and the patronymic of those who have one."""
    given_name, family_name, patronymic = _names(one)
    return f"{family_name} {given_name} {patronymic}".rstrip()
