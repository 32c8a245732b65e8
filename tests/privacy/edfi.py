"""A part of the Ed-Fi sample as a world: the students with marks or incidents, and whoever has to do with them."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from connectors.assembly import Clients
from connectors.embedded import mongod
from connectors.imports.edfi import SAMPLE_OPTIONS, import_directory
from connectors.snapshots import SNAPSHOTS
from connectors.vocabulary import mint
from tests.gateway.served import ISSUER
from tests.privacy.worlds import Documents, Person, World, of_documents
from tests.requiring import SAMPLE

TODAY: Final = date(2021, 10, 18)
"""A Monday on which there was an incident, two weeks after the last mark."""
NAMED: Final = "student/604822"
"""Has two attendance events on one day (trap T5)."""
STUDENTS: Final = 40
_WEEKS: Final = timedelta(weeks=2)
_GROUPS: Final = 12
"""Study groups of which the files name no member, and which stay all the same."""


async def of_edfi() -> World:
    """The part of the sample; it is imported first, into databases that are thrown away."""
    with tempfile.TemporaryDirectory(prefix="school-gateway-") as directory:
        async with mongod(Path(directory)) as uri, Clients(uri, prefix="edfi", timeout_s=60) as clients:
            databases = clients.connectors.databases
            await import_directory(SAMPLE, databases, replace(SAMPLE_OPTIONS, issuer=ISSUER, today=TODAY))
            whole: Documents = {}
            for subsystem, database in databases.items():
                for name in set(await database.list_collection_names()) - {SNAPSHOTS.name}:
                    found = await database[name].find({}).to_list(length=None)
                    whole[f"{subsystem}.{name}"] = {one["_id"]: one for one in found}
    return _Part(whole).world()


class _Part:
    """The documents of *whole* that the chosen students have to do with."""

    def __init__(self, whole: Documents) -> None:
        self._whole = whole
        people = whole["directory.people"]
        self._subjects = {one["person_id"]: one["subject"] for one in whole["directory.external_ids"].values()}
        [named] = [own for own, subject in self._subjects.items() if subject == NAMED]
        own = [one for place in ("grades.marks", "diary.remarks") for _, one in sorted(whole[place].items())]
        wanted = [people[named]["student_id"], *dict.fromkeys(one["student_id"] for one in own)]
        self._students = dict.fromkeys(wanted[:STUDENTS])
        self._learning = [p for p in people.values() if p.get("student_id") in self._students]
        self._groups = {m["group_id"] for p in self._learning for m in p.get("memberships") or ()}
        self._groups |= set(sorted(whole["directory.groups"])[:_GROUPS])
        adults = {
            g["person_id"] for g in whole["directory.guardianships"].values() if g["student_id"] in self._students
        }
        staff = {own for own, one in people.items() if {"TEACHER", "ADMINISTRATOR"} & set(one["roles"])}
        self._people = {*adults, *staff, *(p["_id"] for p in self._learning)}

    def world(self) -> World:
        documents = {
            place: [one for one in own.values() if self._stays(place, one)] for place, own in self._whole.items()
        }
        analyst = mint("Person", "edfi", "analyst")
        name = {"display_name": "Ann Alyst", "family_name": "Alyst", "given_name": "Ann", "patronymic": None}
        words = {"sort_name": "alyst ann", "name_tokens": ["alyst", "ann"], "roles": ["ANALYST"]}
        schools = sorted(self._whole["directory.schools"])
        documents["directory.people"].append({"_id": analyst, **name, **words, "school_ids": schools})
        sign_in = {"_id": mint("ExternalId", "edfi", "analyst"), "issuer": ISSUER, "subject": "analyst"}
        documents["directory.external_ids"].append({**sign_in, "person_id": analyst})
        self._subjects[analyst] = "analyst"
        people = [Person(own, role, self._subjects[own]) for role, own in (*self._askers(), ("ANALYST", analyst))]
        return of_documents("edfi", documents, people, TODAY)

    def _stays(self, place: str, one: Mapping[str, Any]) -> bool:
        if place == "schedule.lessons":
            near = abs(date.fromisoformat(one["date"]) - TODAY) <= _WEEKS
            return one["group_id"] in self._groups and (near or one["_id"] in self._lessons)
        if place == "directory.groups":
            return one["_id"] in self._groups
        if place == "directory.staff_assignments":
            return one["group_id"] is None or one["group_id"] in self._groups
        if place == "directory.people":
            return one["_id"] in self._people
        if place == "directory.external_ids":
            return one["person_id"] in self._people
        return "student_id" not in one or one["student_id"] in self._students

    @property
    def _lessons(self) -> set[str]:
        own = [one for place in ("grades.marks", "diary.attendance") for one in self._whole[place].values()]
        return {one["lesson_id"] for one in own if one["student_id"] in self._students and one["lesson_id"]}

    def _askers(self) -> Iterator[tuple[str, str]]:
        """Who asks, by role: some of each."""
        for person in self._learning[:3]:
            yield "STUDENT", person["_id"]
            adults = [g for g in self._whole["directory.guardianships"].values() if g["data_access"]]
            yield from (("PARENT", g["person_id"]) for g in adults if g["student_id"] == person["student_id"])
        posts = self._whole["directory.staff_assignments"].values()
        classes = {e["class_id"] for p in self._learning for e in p.get("enrolments") or ()}
        taught = [p["person_id"] for p in posts if p["kind"] == "TEACHER" and p["group_id"] in self._groups]
        led = [p["person_id"] for p in posts if p["kind"] == "CLASS_TEACHER" and p["class_id"] in classes]
        yield from (("TEACHER", own) for own in list(dict.fromkeys(taught))[:3])
        yield from (("CLASS_TEACHER", own) for own in list(dict.fromkeys(led))[:3])
        people = self._whole["directory.people"]
        admins = [own for own in sorted(people) if "ADMINISTRATOR" in people[own]["roles"]]
        yield from (("ADMINISTRATOR", own) for own in admins[:2])
