"""All connectors, opened together: each subsystem on its own database, and on its own server where one is named."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from inspect import isawaitable
from typing import Any, Self

from pymongo.monitoring import CommandListener

from connectors import assessments, curriculum, diary, directory, grades, portfolio, schedule
from connectors.guard import GuardRules
from connectors.mongo import Database, Driver, Source, connect

MODULES = {
    "directory": directory,
    "schedule": schedule,
    "diary": diary,
    "grades": grades,
    "curriculum": curriculum,
    "portfolio": portfolio,
    "assessments": assessments,
}
"""The module of each subsystem."""


@dataclass(frozen=True, slots=True)
class Connectors:
    """One connector per subsystem."""

    directory: directory.Directory
    schedule: schedule.Schedule
    diary: diary.Diary
    grades: grades.Grades
    curriculum: curriculum.Curricula
    portfolio: portfolio.Portfolios
    assessments: assessments.Assessments

    @property
    def sources(self) -> Mapping[str, Source]:
        """The source of each subsystem."""
        return {field.name: getattr(self, field.name).source for field in fields(self)}

    @property
    def databases(self) -> Mapping[str, Database]:
        """The database of each subsystem."""
        return {name: source.database for name, source in self.sources.items()}

    async def create_indexes(self) -> None:
        """Create the indexes that are declared and missing, in every database."""
        await asyncio.gather(*(source.create_indexes(MODULES[name].INDEXES) for name, source in self.sources.items()))


class Clients:
    """The clients behind the connectors, one per distinct server; closing them closes all."""

    def __init__(
        self,
        uri: str,
        *,
        uris: Mapping[str, str] | None = None,
        prefix: str = "school",
        timeout_s: float = 2.0,
        driver: Driver = Driver.MOTOR,
        listeners: Sequence[CommandListener] = (),
        guard: GuardRules | None = None,
    ) -> None:
        self._uris = {name: (uris or {}).get(name, uri) for name in MODULES}
        self._clients: dict[str, Any] = {
            distinct: connect(distinct, timeout_s=timeout_s, driver=driver, listeners=listeners)
            for distinct in dict.fromkeys(self._uris.values())
        }
        self._prefix = prefix
        self._guard = guard

    @property
    def connectors(self) -> Connectors:
        """The connectors over these clients; the database of a subsystem is `<prefix>_<subsystem>`."""
        sources = {
            name: Source(name, self._clients[uri][f"{self._prefix}_{name}"], self._guard)
            for name, uri in self._uris.items()
        }
        return Connectors(
            directory=directory.Directory(sources["directory"]),
            schedule=schedule.Schedule(sources["schedule"]),
            diary=diary.Diary(sources["diary"]),
            grades=grades.Grades(sources["grades"]),
            curriculum=curriculum.Curricula(sources["curriculum"]),
            portfolio=portfolio.Portfolios(sources["portfolio"]),
            assessments=assessments.Assessments(sources["assessments"]),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients.values():
            closing = client.close()
            if isawaitable(closing):  # PyMongo's; motor's is closed at once
                await closing
