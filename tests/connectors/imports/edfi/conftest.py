"""A small district written by hand, with everything in it that an import may stumble over."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import pytest

from connectors.assembly import Connectors
from connectors.imports.edfi import SAMPLE_OPTIONS, Progress, Summary, import_directory
from connectors.imports.edfi.keys import Ids, PersonKey, SectionKey
from tests.databases import own_databases

ISSUER: Final = "urn:test:district"
YEAR: Final = "2021-2022"

Tree = Mapping[str, Any]


def element(name: str, tree: Tree | str, **attributes: str) -> str:
    """An element with its children: texts, trees, or lists of either."""
    inner = escape(tree) if isinstance(tree, str) else "".join(children(name, child) for name, child in tree.items())
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{written}>{inner}</{name}>\n"


def children(name: str, child: Any) -> str:
    if name.startswith("@"):
        return element(name[1:], "", ref=child)
    return "".join(element(name, one) for one in (child if isinstance(child, list) else [child]))


def of_school(school: str = "1") -> Tree:
    return {"SchoolReference": {"SchoolIdentity": {"SchoolId": school}}}


def of_organization(uid: str) -> Tree:
    return {"EducationOrganizationReference": {"EducationOrganizationIdentity": {"EducationOrganizationId": uid}}}


def of_student(uid: str) -> Tree:
    return {"StudentReference": {"StudentIdentity": {"StudentUniqueId": uid}}}


def of_staff(uid: str) -> Tree:
    return {"StaffReference": {"StaffIdentity": {"StaffUniqueId": uid}}}


def of_session(name: str = "Fall", school: str = "1") -> Tree:
    return {"SessionReference": {"SessionIdentity": {"SessionName": name, "SchoolYear": YEAR, **of_school(school)}}}


def section_identity(identifier: str, course: str = "MATH-03", session: str = "Fall", school: str = "1") -> Tree:
    offering = {"LocalCourseCode": course, **of_school(school), **of_session(session, school)}
    return {"SectionIdentifier": identifier, "CourseOfferingReference": {"CourseOfferingIdentity": offering}}


def of_section(identifier: str, course: str = "MATH-03", session: str = "Fall", school: str = "1") -> Tree:
    return {"SectionReference": {"SectionIdentity": section_identity(identifier, course, session, school)}}


def word(descriptor: str) -> str:
    return f"uri://ed-fi.org/SomeDescriptor#{descriptor}"


def person(given_name: str, family: str, **more: Any) -> Tree:
    claimed = more.pop("claims", None)
    claim = {"PersonReference": {"PersonIdentity": {"PersonId": claimed}}} if claimed else {}
    return {"Name": {"FirstName": given_name, "LastSurname": family}, **claim, **more}


def truncated(text: str, random: Random) -> str:
    """A record without the children from one of them on."""
    root = ET.fromstring(text)  # noqa: S314 - written by these tests
    keep = random.randrange(len(root) + 1)
    for child in list(root)[keep:]:
        root.remove(child)
    return ET.tostring(root, encoding="unicode") + "\n"


def garbled(text: str, random: Random) -> str:
    """A record with another text in one of its leaves."""
    root = ET.fromstring(text)  # noqa: S314 - written by these tests
    leaves = [leaf for leaf in root.iter() if len(leaf) == 0]
    random.choice(leaves).text = random.choice(GARBAGE)
    return ET.tostring(root, encoding="unicode") + "\n"


GARBAGE: Final = (
    *("", "  ", "0", "-1", "1e400", "9" * 40, "٤٢", "NaN", "1.5.5", "Grades 1-99999999999", "#", "\x85", "x" * 10_000),
    *("2021-09-31", "20210907", "2021-W36-2", "0001-01-01", "9999-12-31", "2021-09-07", "2099-01-01", "1950-01-01"),
    *("s1", "t1", "c1", "A", "24:00:00", "09:00:00", "23:59:59", "2021-2022", "9999-9999", "$where"),
)


class District:
    """Interchange files in a directory, and what they are imported into."""

    def __init__(self, directory: Path, connectors: Connectors) -> None:
        self.directory = directory
        self.connectors = connectors
        self.ids = Ids(ISSUER, {})
        self.progress: list[Progress] = []
        self._files: dict[str, list[str]] = {}

    def add(self, file: str, entity: str, tree: Tree, **attributes: str) -> None:
        self._files.setdefault(file, []).append(element(entity, tree, **attributes))

    def omit(self, *texts: str) -> None:
        """Take the records that hold all of these texts out of the files."""
        for file, elements in self._files.items():
            self._files[file] = [own for own in elements if not all(text in own for text in texts)]

    def snapshot(self) -> dict[str, list[str]]:
        return {file: list(elements) for file, elements in self._files.items()}

    def restore(self, snapshot: Mapping[str, list[str]]) -> None:
        self._files = {file: list(elements) for file, elements in snapshot.items()}

    def reorder(self, random: Random) -> None:
        """Shuffle the records of every file."""
        for elements in self._files.values():
            random.shuffle(elements)

    def mutate(self, kind: str, random: Random) -> None:
        """Drop, double, contradict, move, truncate or garble a record somewhere."""
        elements = random.choice([own for own in self._files.values() if own])
        at = random.randrange(len(elements))
        match kind:
            case "drop":
                elements.pop(at)
            case "double":
                elements.insert(random.randrange(len(elements) + 1), elements[at])
            case "contradict":
                elements.insert(random.randrange(len(elements) + 1), garbled(elements[at], random))
            case "move":
                elements.insert(random.randrange(len(elements)), elements.pop(at))
            case "truncate":
                elements[at] = truncated(elements[at], random)
            case "garble":
                elements[at] = garbled(elements[at], random)

    async def clear(self) -> None:
        for database in databases_of(self.connectors):
            for collection in await database.list_collection_names():
                await database[collection].delete_many({})

    def drop_file(self, file: str) -> None:
        del self._files[file]
        (self.directory / file).unlink()

    def write(self, file: str, text: str) -> None:
        """A file of exactly this text."""
        (self.directory / file).write_text(text)

    def write_files(self) -> None:
        for file, elements in self._files.items():
            inner = "".join(elements)
            root = f"Interchange{file.removesuffix('.xml')}"
            self.write(file, f'<{root} xmlns="http://ed-fi.org/5.2.0">\n{inner}</{root}>\n')

    async def run(self, **options: Any) -> Summary:
        self.write_files()
        databases = self.connectors.databases
        options = {"issuer": ISSUER, "on_progress": self.progress.append, **options}
        return await import_directory(self.directory, databases, replace(SAMPLE_OPTIONS, **options))

    async def all(self, collection: str, **where: Any) -> list[dict[str, Any]]:
        """The imported documents, by `_id`."""
        subsystem, name = collection.split(".")
        found = self.connectors.databases[subsystem][name].find(where).sort("_id")
        documents: list[dict[str, Any]] = await found.to_list(length=None)
        return documents

    async def one(self, collection: str, **where: Any) -> dict[str, Any]:
        (found,) = await self.all(collection, **where)
        return found

    def section(self, identifier: str, course: str = "MATH-03", session: str = "Fall", school: str = "1") -> SectionKey:
        return SectionKey(school, YEAR, session, course, identifier)

    def person_id(self, kind: str, uid: str) -> str:
        return self.ids.person(PersonKey(kind, uid))


def databases_of(connectors: Connectors) -> list[Any]:
    """The databases as their driver knows them."""
    return list(connectors.databases.values())


@pytest.fixture(scope="module")
async def connectors(mongo_uri: str) -> AsyncIterator[Connectors]:
    """Databases that the tests of a module share: to make collections anew is what would take their time."""
    async with own_databases(mongo_uri, "edfi") as (connectors, _):
        yield connectors


@pytest.fixture
async def district(tmp_path: Path, connectors: Connectors) -> AsyncIterator[District]:
    """An empty directory over empty databases."""
    yield (district := District(tmp_path, connectors))
    await district.clear()


@pytest.fixture
def school(district: District) -> District:
    return described(district)


def described(district: District) -> District:
    """One school of the grades 3 and 4, two third-graders, two sections that meet daily for two weeks, one teacher."""
    grades = [word("Third grade"), word("Fourth grade")]
    education, plan, calendar = "EducationOrganization.xml", "MasterSchedule.xml", "EducationOrgCalendar.xml"
    district.add(education, "LocalEducationAgency", {"LocalEducationAgencyId": "9"}, id="LEA_9")
    description = {"NameOfInstitution": "Hill School", "SchoolId": "1", "GradeLevel": grades}
    district.add(education, "School", {**description, "@LocalEducationAgencyReference": "LEA_9"})
    district.add(education, "Course", {"CourseCode": "MATH-03", "CourseTitle": "Math, Grade 3", **of_organization("1")})
    times = [{"StartTime": "09:00:00", "EndTime": "09:30:00"}, {"StartTime": "10:00:00", "EndTime": "10:30:00"}]
    district.add(education, "ClassPeriod", {"ClassPeriodName": "04 - split", "MeetingTime": times, **of_school()})
    session = {"SessionName": "Fall", "SchoolYear": YEAR, "BeginDate": "2021-09-06", "EndDate": "2021-09-17"}
    district.add(calendar, "Session", {**session, "Term": word("Fall Semester"), **of_school()})
    course = {"CourseReference": {"CourseIdentity": {"CourseCode": "MATH-03"}}}
    district.add(plan, "CourseOffering", {"LocalCourseCode": "MATH-03", **of_school(), **of_session(), **course})
    period = {"ClassPeriodReference": {"ClassPeriodIdentity": {"ClassPeriodName": "04 - split"}}}
    for identifier in ("A", "B"):
        district.add(plan, "Section", {**section_identity(identifier), **period})
    district.add("StaffAssociation.xml", "Staff", {"StaffUniqueId": "t1", **person("Ann", "Hill")})
    district.add("StaffAssociation.xml", "StaffSectionAssociation", {**of_staff("t1"), **of_section("A")})
    for uid, born in (("s1", "2014-05-01"), ("s2", "2014-06-01")):
        student = {"StudentUniqueId": uid, **person("Kim", uid.upper()), "BirthData": {"BirthDate": born}}
        district.add("Student.xml", "Student", student)
        event = {"EventDate": "2021-09-07", "AttendanceEventCategory": word("Excused Absence")}
        seen = {"AttendanceEvent": event, **of_student(uid), **of_school(), **of_session()}
        district.add("StudentSchoolAttendance.xml", "StudentSchoolAttendanceEvent", seen)
    return district
