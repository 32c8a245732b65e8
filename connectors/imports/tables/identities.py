"""People of the rows: recognised by what identifies them, in this run and in all later ones.

A person is known by the first of their marks of identity that is known already: code, СНИЛС, login, telephone or e-mail
together with the name, and at last a name with what narrows it down. All marks of a row are remembered for the person,
so that a corrected name or a new telephone number is no new person. Two СНИЛС are never one person (trap T19), and a
code or СНИЛС of somebody whose name is quite another one identifies nobody: the row is refused.
"""

from collections.abc import Sequence
from typing import Final

from connectors.imports.staging import StagedRow, Staging
from connectors.imports.tables.cells import FullName
from connectors.imports.tables.words import normalized

ENTITY: Final = "identities"
NAMES: Final = "names of identities"
_PARTS: Final = ("family", "given", "patronymic")
_WITHOUT_NAME: Final = frozenset({"code", "login", "snils"})
"""The kinds of marks that do not hold the whole name, so that it has to be compared."""


class AnotherPerson(Exception):
    """A mark of identity in a row is somebody else's; *column* says where it stands."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


class Identities:
    """The marks of identity of all people of one source, and their names."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._known = {row.key: row.values["person"] for row in staging.rows(ENTITY)}
        self._snils = {person: mark for mark, person in self._known.items() if _kind(mark) == "snils"}
        self._names = {row.key: _name_of(row) for row in staging.rows(NAMES)}

    def person(self, name: FullName, marks: Sequence[str]) -> str:
        """The key of the person whom *marks* identify, the surest mark first; a new one where none is known.

        A mark is `table:kind:value`.

        Raises:
            AnotherPerson: a code or СНИЛС among the marks is that of somebody else.
        """
        snils = next((mark for mark in marks if _kind(mark) == "snils"), None)
        person = None
        for mark in marks:
            known = self._known.get(mark)
            if known is None:
                continue
            if self._may_be(known, name, snils, mark):
                person = person or known
            elif _kind(mark) in {"code", "snils"}:
                raise AnotherPerson(_kind(mark))
        if person is None:
            person = next((mark for mark in marks if mark not in self._known), None)
        if person is None:
            raise AnotherPerson("name")
        for mark in marks:
            if mark not in self._known:
                self._known[mark] = person
                self._staging.remember(ENTITY, mark, {"person": person})
        if snils is not None:
            self._snils.setdefault(person, snils)
        self._rename(person, name)
        return person

    def _may_be(self, person: str, name: FullName, snils: str | None, mark: str) -> bool:
        if snils is not None and self._snils.get(person, snils) != snils:
            return False
        known = self._names.get(person)
        if known is None or _kind(mark) not in _WITHOUT_NAME:
            return True
        return is_akin(known, name) if _kind(mark) == "snils" else fits(known, name)

    def _rename(self, person: str, name: FullName) -> None:
        if self._names.get(person) != name:
            self._names[person] = name
            values = {key: part for key, part in zip(_PARTS, name, strict=True) if part}
            self._staging.remember(NAMES, person, values)


def fits(one: FullName, other: FullName) -> bool:
    """Whether two names may be one person's: the first name is the same, and the family name or the patronymic is."""
    first, second = _folded(one), _folded(other)
    return first[1] == second[1] and (first[0] == second[0] or (first[2] == second[2] and first[2] != ""))


def is_same(one: FullName, other: FullName) -> bool:
    """Whether two names are one, but that a patronymic may be missing in either."""
    first, second = _folded(one), _folded(other)
    return first[:2] == second[:2] and (first[2] == second[2] or "" in {first[2], second[2]})


def is_akin(one: FullName, other: FullName) -> bool:
    """Whether two names share the family name or the first name: enough where a СНИЛС says that it is one person."""
    first, second = _folded(one), _folded(other)
    return first[0] == second[0] or first[1] == second[1]


def _folded(name: FullName) -> list[str]:
    return [normalized(part or "") for part in name]


def _name_of(row: StagedRow) -> FullName:
    return FullName(row.values["family"], row.values["given"], row.values.get("patronymic"))


def _kind(mark: str) -> str:
    """The kind of a mark such as `adult:snils:11223344595` or `students:code:12`."""
    return mark.split(":", 2)[1]
