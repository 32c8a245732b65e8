"""A OneRoster delivery written by hand, in the shape of the standard, and what it is imported into."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from connectors.assembly import Connectors
from connectors.imports.endings import EndingRules
from connectors.imports.oneroster import import_oneroster
from connectors.imports.options import RunOptions
from connectors.imports.roster.roster import Ids
from connectors.imports.summary import Place, Summary

ISSUER: Final = "urn:test:oneroster"
TODAY: Final = date(2026, 11, 18)

Row = Mapping[str, str]

_USERS: Final = {
    "11": (
        "enabledUser",
        "orgSourcedIds",
        "role",
        "username",
        "userIds",
        "givenName",
        "familyName",
        "middleName",
        "email",
        "phone",
        "agentSourcedIds",
        "grades",
        "password",
    ),
    "12": (
        "enabledUser",
        "username",
        "userIds",
        "givenName",
        "familyName",
        "middleName",
        "email",
        "phone",
        "agentSourcedIds",
        "grades",
        "password",
        "userMasterIdentifier",
        "primaryOrgSourcedId",
    ),
}
COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "orgs": ("name", "type", "identifier", "parentSourcedId"),
    "academicSessions": ("title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "courses": ("schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects", "subjectCodes"),
    "classes": (
        "title",
        "grades",
        "courseSourcedId",
        "classCode",
        "classType",
        "location",
        "schoolSourcedId",
        "termSourcedIds",
        "subjects",
        "subjectCodes",
        "periods",
    ),
    "roles": ("userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId"),
    "userProfiles": ("userSourcedId", "profileType", "vendorId", "applicationId", "credentialType", "username"),
    "demographics": ("birthDate", "sex"),
    "enrollments": ("classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate"),
    "categories": ("title", "weight"),
    "lineItems": (
        "title",
        "description",
        "assignDate",
        "dueDate",
        "classSourcedId",
        "categorySourcedId",
        "academicSessionSourcedId",
        "resultValueMin",
        "resultValueMax",
    ),
    "results": ("lineItemSourcedId", "studentSourcedId", "scoreStatus", "score", "scoreDate", "comment", "textScore"),
}

with_dates_of_roles: Final = pytest.mark.parametrize("delivery", ["12"], indirect=True)
"""Runs a test with deliveries of 1.2 alone: in 1.1 a role is a column of its user and has no dates."""


class Delivery:
    """The rows of a source by file; each can be changed before the next import."""

    def __init__(self, directory: Path, connectors: Connectors, version: str = "12", issuer: str = ISSUER) -> None:
        self.directory = directory
        self.connectors = connectors
        self.version = version
        self.issuer = issuer
        self.ids = Ids(issuer)
        self.rows: dict[str, dict[str, Row]] = {}
        self.skipped: list[tuple[str, Place, str]] = []

    def add(self, file: str, key: str, **values: str) -> None:
        self.rows.setdefault(file, {})[key] = values

    def columns(self, file: str) -> Sequence[str]:
        return _USERS[self.version] if file == "users" else COLUMNS[file]

    def text(self, file: str) -> str:
        written = io.StringIO()
        rows = csv.writer(written, lineterminator="\r\n")
        columns = self.columns(file)
        rows.writerow(["sourcedId", "status", "dateLastModified", *columns])
        for key, row in self.rows[file].items():
            wanted = ("status", "dateLastModified", *columns)
            assert row.keys() <= set(wanted), row
            rows.writerow([key, *(row.get(column, "") for column in wanted)])
        return written.getvalue()

    def manifest(self, modes: Mapping[str, str]) -> str:
        lines = ["propertyName,value", "manifest.version,1.0", f"oneroster.version,1.{self.version[1]}"]
        lines += [f"file.{file},{modes.get(file, 'absent')}" for file in (*COLUMNS, "users")]
        return "\r\n".join(lines)

    def write(self, mode: str = "bulk") -> Path:
        for file in self.rows:
            (self.directory / f"{file}.csv").write_text(self.text(file), encoding="utf-8-sig", newline="")
        manifest = self.manifest(dict.fromkeys(self.rows, mode))
        (self.directory / "manifest.csv").write_text(manifest, encoding="utf-8")
        return self.directory

    def zip(self) -> Path:
        path = self.directory / "delivery.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in self.rows:
                archive.writestr(f"export/{file}.csv", self.text(file))
        return path

    async def run(
        self,
        path: Path | None = None,
        *,
        mode: str = "bulk",
        endings: EndingRules | None = None,
        today: date = TODAY,
        is_dry: bool = False,
        application: str | None = None,
    ) -> Summary:
        self.skipped.clear()
        return await import_oneroster(
            path or self.write(mode),
            self.connectors.databases,
            RunOptions(
                issuer=self.issuer,
                time_zone="Asia/Yekaterinburg",
                today=today,
                endings=endings or EndingRules(allowed=100),
                on_skip=lambda entity, place, reason: self.skipped.append((entity, place, reason)),
            ),
            application=application,
            is_dry=is_dry,
        )

    async def one(self, place: str, document_id: str) -> dict[str, Any]:
        subsystem, collection = place.split(".")
        found = await self.connectors.databases[subsystem][collection].find_one({"_id": document_id})
        assert found is not None, (place, document_id)
        return dict(found)

    async def everything(self) -> dict[str, list[Any]]:
        """All documents but what imports remember, by collection."""
        found = {}
        for subsystem, database in self.connectors.databases.items():
            for name in await database.list_collection_names():
                if not name.startswith("import_"):
                    found[f"{subsystem}.{name}"] = await database[name].find({}).sort("_id").to_list(None)
        return found


def small_school(delivery: Delivery) -> Delivery:
    """One school: a homeroom, a course, a teacher, a student with two parents, marks."""
    add = delivery.add
    add("orgs", "d", name="Управление образования", type="district")
    add("orgs", "s", name="Школа № 7", type="school", parentSourcedId="d")
    add("academicSessions", "y", title="2026/27", type="schoolYear", startDate="2026-09-01", endDate="2027-05-31")
    terms = [("2026-09-01", "2026-10-25"), ("2026-11-05", "2026-12-28")]
    terms += [("2027-01-11", "2027-03-24"), ("2027-04-01", "2027-05-31")]
    for number, (first, last) in enumerate(terms, start=1):
        title = f"{number} четверть"
        add(
            "academicSessions", f"q{number}", title=title, type="term", startDate=first, endDate=last, schoolYear="2027"
        )
    add("courses", "alg", title="Алгебра", courseCode="ALG", orgSourcedId="s")
    add("classes", "7a", title="7А", grades="07", classType="homeroom", schoolSourcedId="s", termSourcedIds="y")
    terms_of_class = "q1,q2,q3,q4"
    add("classes", "alg7a", title="Алгебра 7А", classType="Scheduled", courseSourcedId="alg", schoolSourcedId="s")
    delivery.rows["classes"]["alg7a"] = {**delivery.rows["classes"]["alg7a"], "termSourcedIds": terms_of_class}
    person(delivery, "stu", "student", "Анна", "Иванова-Петрова", "Сергеевна", agentSourcedIds="mum,dad", grades="07")
    person(delivery, "mum", "parent", "Мария", "Иванова", userIds="{SNILS:112-233-445 95}")
    person(delivery, "dad", "guardian", "Сергей", "Петров")
    person(delivery, "tea", "teacher", "Ольга", "Белова", "Ивановна", username="belova", password="secret")
    add("demographics", "stu", birthDate="2013-05-01")
    add("enrollments", "e1", classSourcedId="7a", userSourcedId="stu", role="student", beginDate="2026-09-01")
    add("enrollments", "e2", classSourcedId="alg7a", userSourcedId="stu", role="student")
    add("enrollments", "e3", classSourcedId="alg7a", userSourcedId="tea", role="teacher")
    add("enrollments", "e4", classSourcedId="7a", userSourcedId="tea", role="teacher")
    add("categories", "cat", title="Контрольная работа")
    work = {"title": "Дроби", "classSourcedId": "alg7a", "categorySourcedId": "cat", "dueDate": "2026-10-01"}
    add("lineItems", "li", **work, resultValueMin="2", resultValueMax="5")
    add("results", "r1", lineItemSourcedId="li", studentSourcedId="stu", score="4", scoreDate="2026-10-02")
    return delivery


def person(
    delivery: Delivery, key: str, role: str, given_name: str, family_name: str, patronymic: str = "", **more: str
) -> None:
    """A user with one role at the school, in the words of the delivery's version."""
    names = {"givenName": given_name, "familyName": family_name, "middleName": patronymic}
    if delivery.version == "11":
        delivery.add("users", key, role=role, orgSourcedIds="s", enabledUser="true", **names, **more)
    else:
        delivery.add("users", key, primaryOrgSourcedId="s", enabledUser="true", **names, **more)
        delivery.add("roles", f"role-{key}", userSourcedId=key, roleType="primary", role=role, orgSourcedId="s")
