"""Asking a served gateway as one of the people of a school written by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auth.viewer import Role
from tests.gateway.building import Builder
from tests.gateway.served import Served, token


@dataclass(frozen=True, slots=True)
class TinySchool:
    """A school and the gateway that serves it; people are named by their keys."""

    served: Served
    school: Builder
    is_counted: bool = False
    """Whether a viewer's own reads are kept apart from those of each operation, at the cost of a request more."""
    bearers: dict[tuple[str, Role], str] = field(default_factory=dict)

    def id(self, kind: str, key: str) -> str:
        return self.school.id(kind, key)

    def own(self, kind: str, key: str, student: str) -> str:
        """The id of what one student has of a shared object."""
        return f"{self.id(kind, key)}.{self.id('Student', student)}"

    def bearer(self, who: str, role: Role) -> str:
        if (who, role) not in self.bearers:
            self.bearers[who, role] = token(self.school.subject_of_token(who), role)
        return self.bearers[who, role]

    async def answer(self, who: str, role: Role, query: str) -> dict[str, Any]:
        """The whole answer, errors too."""
        bearer = self.bearer(who, role)
        if self.is_counted:
            return await self.served.ask(bearer, query)
        self.served.recorder.clear()
        headers = {"Authorization": f"Bearer {bearer}"}
        response = await self.served.client.post("/graphql", json={"query": query}, headers=headers)
        answer: dict[str, Any] = await response.json()
        return answer

    async def data(self, who: str, role: Role, query: str) -> Any:
        """The data of an answer without errors."""
        answer = await self.answer(who, role, query)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def of_student(self, who: str, role: Role, student: str, fields: str) -> Any:
        """`student(id) { fields }` of one student."""
        query = f'{{ student(id: "{self.id("Student", student)}") {{ {fields} }} }}'
        return (await self.data(who, role, query))["student"]

    async def failing(self, who: str, role: Role, query: str) -> list[Mapping[str, Any]]:
        """The errors of an answer: each one's extensions, with its path."""
        answer = await self.answer(who, role, query)
        assert answer.get("errors"), answer
        return [{**error["extensions"], "path": error.get("path")} for error in answer["errors"]]

    async def ivan(self, fields: str) -> Any:
        """What Ivan is told of himself."""
        return await self.of_student("ivan", Role.STUDENT, "ivan", fields)

    async def by_mother(self, fields: str, child: str = "ivan") -> Any:
        """What his mother is told of Ivan, or of another child."""
        return await self.of_student("olga", Role.PARENT, child, fields)
