"""Asking a served gateway as one of the people of a school written by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auth.viewer import Role
from tests.gateway.building import Builder
from tests.gateway.served import Served, token


@dataclass(frozen=True, slots=True)
class Asked:
    """A school and the gateway that serves it; people are named by their keys."""

    served: Served
    school: Builder

    def id(self, kind: str, key: str) -> str:
        return self.school.id(kind, key)

    def own(self, kind: str, key: str, student: str) -> str:
        """The id of what one student has of a shared object."""
        return f"{self.id(kind, key)}.{self.id('Student', student)}"

    def bearer(self, who: str, role: Role) -> str:
        return token(self.school.subject_of_token(who), role)

    async def answer(self, who: str, role: Role, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, errors too."""
        return await self.served.ask(self.bearer(who, role), query, variables)

    async def data(self, who: str, role: Role, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        return await self.served.data(self.bearer(who, role), query, variables)

    async def of_student(self, who: str, role: Role, student: str, fields: str, **variables: Any) -> Any:
        """`student(id) { fields }` of one student."""
        query = f'{_head(variables)} {{ student(id: "{self.id("Student", student)}") {{ {fields} }} }}'
        return (await self.data(who, role, query, **_values(variables)))["student"]

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


def _head(variables: Mapping[str, Any]) -> str:
    declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in variables.items())
    return f"query({declared})" if declared else "query"


def _values(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, (_, value) in variables.items()}
