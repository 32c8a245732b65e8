"""Finds the person whom a row of another table names.

A student is named by full name; a class, birth date or code that stands beside it has to be theirs. Where a row of that
name was refused, only birth date or code say who is meant. A teacher may be named by family name and initials.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from connectors.directory import sort_name
from connectors.imports.roster.entries import PersonEntry
from connectors.imports.tables.cells import Cells, FullName
from connectors.imports.tables.claims import PEOPLE
from connectors.imports.tables.identities import is_same
from connectors.imports.tables.problems import Rule
from connectors.vocabulary import Day


class People:
    """The people of one source by their names and codes, with the names in the rows that were refused.

    *people* are those of the roster, *places* the classes and groups in which each student is or once was.
    """

    def __init__(self, people: Mapping[str, PersonEntry], places: Mapping[str, set[str]]) -> None:
        self._people = people
        self._places = places
        self._students: dict[str, set[str]] = defaultdict(set)
        """The students of each full name."""
        self._staff: dict[str, set[str]] = defaultdict(set)
        """The members of staff of each full name, and of each family name with initials."""
        self._guardians: set[str] = set()
        """The full names of guardians."""
        self._refused: dict[str, set[str]] = {sheet: set() for sheet in PEOPLE}
        """The names, full and with initials, in the rows of each table of people that were refused."""
        self._codes: dict[str, dict[str, str]] = {sheet: {} for sheet in PEOPLE}
        """The person of each code, by table: a code of staff says nothing of parents."""

    def add_student(self, name: FullName, key: str) -> None:
        """Let a student be found by full name."""
        self._students[sort_name(*name)].add(key)

    def add_member_of_staff(self, name: FullName, key: str) -> None:
        """Let a member of staff be found by full name, and by family name with initials."""
        for form in _forms(name):
            self._staff[form].add(key)

    def add_guardian(self, name: FullName) -> None:
        """Note that a guardian of this full name was not refused."""
        self._guardians.add(sort_name(*name))

    def add_code(self, sheet: str, code: str, key: str) -> None:
        """Let a person be found by the code that they have in a table."""
        self._codes[sheet][code] = key

    def refuse(self, sheet: str, name: FullName) -> None:
        """Note that a row of this name was refused, so that nobody else is taken for its person."""
        if sheet in self._refused:
            self._refused[sheet].update(_forms(name))

    def student_of(self, cells: Cells) -> PersonEntry:
        """The student whom a row of another table names: whatever stands beside the name has to be theirs."""
        name, code = cells.name_in("student"), cells.text("student_code")
        said, in_class, born = sort_name(*name), cells.class_name(), cells.day("student_birth_date")
        if code is not None:
            found = self._of_codes(cells, "student_code", [self._codes["students"].get(code)], name)
        else:
            found = [self._people[key] for key in self._students.get(said, ())]
            if found and born is None and said in self._refused["students"]:
                raise cells.problem(Rule.AMBIGUOUS, "student")
        found = _born(found, cells, "student_birth_date", born)
        return _only(self._in_class(found, cells, in_class), cells, "student")

    def teacher_of(self, cells: Cells, column: str) -> PersonEntry:
        """The member of staff whom a cell names, by full name or by family name and initials."""
        text = cells.need(column)
        parts = text.replace(".", ". ").split()
        form = sort_name(*parts)
        if all(len(part.rstrip(".")) == 1 for part in parts[1:]) and len(parts) > 1:
            form = _initials(*parts)
        found = [self._people[key] for key in self._staff.get(form, ())]
        if found and form in self._refused["staff"]:
            raise cells.problem(Rule.AMBIGUOUS, column)
        return _only(found, cells, column)

    def person_of(self, cells: Cells) -> PersonEntry:
        """The person of any table whom a row names by full name; what stands beside the name has to be theirs."""
        name, code, born = cells.full_name(), cells.text("code"), cells.day("birth_date")
        if code is not None:
            found = self._of_codes(cells, "code", (codes.get(code) for codes in self._codes.values()), name)
        else:
            said = sort_name(*name)
            found = [one for one in self._people.values() if sort_name(*_name_of(one)) == said]
            if found and born is None and self._may_be_refused(said):
                raise cells.problem(Rule.AMBIGUOUS, "name")
        found = _born(found, cells, "birth_date", born)
        return _only(self._in_class(found, cells, cells.class_name()), cells, "name")

    def _of_codes(self, cells: Cells, column: str, keys: Iterable[str | None], name: FullName) -> list[PersonEntry]:
        """The people of a code, who have to have the name of the row."""
        found = [self._people[key] for key in sorted({key for key in keys if key is not None})]
        if not found:
            raise cells.problem(Rule.UNKNOWN, column)
        found = [one for one in found if is_same(name, _name_of(one))]
        if not found:
            raise cells.problem(Rule.NOT_OF_NAME, column)
        return found

    def _in_class(self, found: list[PersonEntry], cells: Cells, in_class: str | None) -> list[PersonEntry]:
        """Those of the people who are or once were in a class."""
        fitting = [one for one in found if in_class is None or in_class in self._places.get(one.key, ())]
        if found and not fitting:
            raise cells.problem(Rule.NOT_OF_NAME, "class")
        return fitting

    def _may_be_refused(self, said: str) -> bool:
        """Whether a full name may be that of somebody whose row was refused."""
        refused = self._refused
        is_guardian = said in refused["guardians"] and said not in self._guardians
        return is_guardian or said in refused["students"] or said in refused["staff"]


def _born(found: list[PersonEntry], cells: Cells, column: str, born: Day | None) -> list[PersonEntry]:
    """Those of the people who were born on a day, if one is named."""
    fitting = [one for one in found if born is None or one.birth_date == born]
    if found and not fitting:
        raise cells.problem(Rule.NOT_OF_NAME, column)
    return fitting


def _only(found: list[PersonEntry], cells: Cells, column: str) -> PersonEntry:
    if not found:
        raise cells.problem(Rule.UNKNOWN, column)
    if len(found) > 1:
        raise cells.problem(Rule.AMBIGUOUS, column)
    return found[0]


def _name_of(person: PersonEntry) -> FullName:
    return FullName(person.family_name, person.given_name, person.patronymic)


def _forms(name: FullName) -> tuple[str, str]:
    """The forms in which a teacher may be named: the full name, and the family name with initials."""
    return sort_name(*name), _initials(*name)


def _initials(family: str, *names: str | None) -> str:
    """A family name with initials, as it is compared: «белова о и»."""
    return sort_name(family, *(name[0] for name in names if name))
