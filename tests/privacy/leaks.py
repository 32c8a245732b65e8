"""Leaks that are sown on purpose: each patches the gateway by name, in this process alone, and must be found.

A suite that finds nothing may be blind. Each leak breaks the promise in a way in which gateways do break it, and the
campaign has to find it within its budget.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from sys import modules
from typing import Any, Final, Self
from unittest import mock

from auth import cache as viewer_cache
from auth import scope as viewers
from auth.viewer import Role, Viewer
from connectors import idempotency
from connectors.diary import reads as diary_reads
from connectors.directory import PeopleFilter, audience_of
from connectors.grades import reads as grades_reads
from connectors.mongo.reads import ReadShapes
from connectors.mongo.source import Source
from connectors.vocabulary import Page
from gateway import homework
from gateway.context import Info
from gateway.engine.cost.operation_cost import Cost
from gateway.engine.prepare import visibility
from gateway.errors import PublicError
from gateway.languages import Text
from gateway.operations import explain
from gateway.resolvers import audit
from gateway.resolvers.announcements import reading as announcements
from gateway.resolvers.diary import absences, actions, attendance, lessons
from gateway.resolvers.directory import scope
from gateway.resolvers.grades import report_card
from gateway.resolvers.messages import mailbox
from gateway.resolvers.portfolio import reading as portfolio
from gateway.schema import connections
from gateway.writing import Rejected, UserError, UserErrorCode
from tests.privacy.gateways import _numbers

known_people: Final[Any] = modules["gateway.resolvers.directory.known_people"]
"""The module, whose package has a function of the same name."""

Patch = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Leak:
    """A way to break the promise. With *changes_schema* documents have to be prepared anew."""

    name: str
    patches: Sequence[Patch]
    changes_schema: bool = False

    def __enter__(self) -> Self:
        for patch in self.patches:
            _stack.enter_context(patch())
        return self

    def __exit__(self, *_: object) -> None:
        _stack.close()


_stack: Final = ExitStack()


def _set(owner: Any, name: str, value: Any) -> Patch:
    """Put *value* in the place of the name."""
    return lambda: mock.patch.object(owner, name, value)


def _around(owner: Any, name: str, instances: Callable[[Any], Any]) -> Patch:
    """Put what *made* makes of the original in its place."""
    return lambda: mock.patch.object(owner, name, instances(getattr(owner, name)))


# ── rights of rows ──


async def _all_readable(_: Info, students: Sequence[Any]) -> list[bool]:
    return [True] * len(students)


async def _all_allowed(ids: Sequence[Any], _: Info) -> list[Any]:
    return list(ids)


async def _all_audiences(ids: Sequence[Any], info: Info) -> list[Any]:
    columns = frozenset({"student_id", "school_id", "enrolments", "memberships"})
    found = await info.read(info.connectors.directory.students_by_ids, ids, columns=columns)
    return [audience_of(person) if person else None for person in found]


def _always(*_: Any, **__: Any) -> bool:
    return True


def _never(*_: Any, **__: Any) -> bool:
    return False


async def _whole_school(info: Info) -> Any:
    return PeopleFilter(on=info.today, schools=info.viewer.school_ids)


def _reads_all_announcements(real: Any) -> Any:
    return lambda info: real(info)._replace(keys=None)


def _since_the_beginning(real: Any) -> Any:
    return lambda own: real({**own, "joined_seq": 0, "hidden_seq": 0})


async def _writes_to_whole_school(category: Any, info: Info, among: Any = None) -> PeopleFilter:
    found = PeopleFilter(on=info.today, schools=info.viewer.school_ids, only_students=category == "STUDENTS")
    return found if among is None else found.among(among)


def _viewers_by_subject() -> AbstractContextManager[Any]:
    """A cache of viewers whose key has no role."""
    cached: dict[str, Viewer] = {}

    async def get(cache: Any, claims: Any, _: Any) -> Viewer | None:
        return cached.get(f"{cache._place} {claims.subject}")

    async def put(cache: Any, claims: Any, viewer: Viewer, *_: Any) -> None:
        cached[f"{cache._place} {claims.subject}"] = viewer

    return mock.patch.multiple(viewer_cache.ViewerCache, get=get, put=put)


# ── counts, pages, cursors ──


def _count_unfiltered(real: Any) -> Any:
    async def count_by(self: Any, *arguments: Any, where: Any = None, **options: Any) -> Any:  # noqa: ARG001 - left out
        return await real(self, *arguments, **options)

    return count_by


def _looks_on_unfiltered(real: Any) -> Any:
    async def page_by(self: Any, collection: str, key: str, keys: Any, **options: Any) -> Any:
        pages = await real(self, collection, key, keys, **options)
        first = options["paging"].first
        if not first:
            return pages
        counts = await self.count_by(collection, key, keys, deadline=options["deadline"])
        return {own: Page(page.nodes, counts[own] > first, page.total) for own, page in pages.items()}

    return page_by


_HIDDEN: Final = "of_whole_list"


def _with_hidden_id(real: Any) -> Any:
    async def page_by(self: Any, collection: str, key: str, keys: Any, **options: Any) -> Any:
        pages = await real(self, collection, key, keys, **options)
        every = await self.find(collection, {}, columns=frozenset({"_id"}), deadline=options["deadline"])
        ids = sorted(one["_id"] for one in every)
        for page in pages.values():
            for node in page.nodes:
                node[_HIDDEN] = next((own for own in ids if own > node["_id"]), "")
        return pages

    return page_by


def _cursor_with_hidden_id(real: Any) -> Any:
    def cursor(connection: Any, node: Any) -> str:
        return f"{real(connection, node)}{node.get(_HIDDEN, '')}"

    return cursor


# ── errors ──


class _Forbidden(PublicError):
    code = "NOT_FOUND"
    message = Text("Not found: {own}", "Не найдено: {own}")

    def __init__(self, own: str) -> None:
        super().__init__()
        self.message = _Forbidden.message.format(own=own)  # type: ignore[misc] # of this one


def _named_in_error(real: Any) -> Any:
    async def readable(self: Info, documents: Sequence[Any], type_name: str) -> list[Any]:
        shown = await real(self, documents, type_name)
        return [
            _Forbidden(one["student_id"]) if one and isinstance(own, PublicError) else own
            for one, own in zip(documents, shown, strict=True)
        ]

    return readable


def _taken(real: Any) -> Any:
    async def student_of(student: Any, info: Info) -> Any:
        found = await real(student, info)
        [person] = await info.read(
            info.connectors.directory.students_by_ids, [student], columns=frozenset({"school_id"})
        )
        if found is None and person is not None:
            taken = Text("Taken", "Занято")
            raise Rejected([UserError(code=UserErrorCode.TAKEN, message=taken, field=None, limit=None, retry_at=None)])
        return found

    return student_of


# ── cost, commands, explanation ──


def _rows_read() -> AbstractContextManager[Any]:
    """The cost counts the documents that were read, shown or not."""
    rows: Counter[int] = Counter()
    read, actual = Source._read, Cost.actual

    async def counted(self: Any, *arguments: Any) -> Any:
        found = await read(self, *arguments)
        rows[id(_numbers.get())] += len(found)
        return found

    def actual_and_rows(self: Any, *arguments: Any) -> int:
        return actual(self, *arguments) + rows.pop(id(_numbers.get()), 0)

    stack = ExitStack()
    stack.enter_context(mock.patch.object(Source, "_read", counted))
    stack.enter_context(mock.patch.object(Cost, "actual", actual_and_rows))
    return stack


def _counted_documents(real: Any) -> Any:
    async def command(issued: Any, database: Any) -> Any:
        shown = await real(issued, database)
        return {**shown, "documents": await database[issued.collection].estimated_document_count()}

    return command


def _looks_up_what_exists(real: Any) -> Any:
    async def are_readable(self: Info, students: Sequence[Any]) -> list[bool]:
        return await real(self, students) if any(students) else [False] * len(students)

    return are_readable


def _asks_hidden_source(real: Any) -> Any:
    async def page(self: Info, *arguments: Any, **options: Any) -> Any:
        if self.viewer.role is not Role.STUDENT:
            await self.read(self.connectors.assessments.assignments_of, ["stu_"], columns=frozenset({"test_id"}))
        return await real(self, *arguments, **options)

    return page


# ── the schema ──


def _shown_to_all(*coordinates: str) -> Sequence[Patch]:
    """Have the rule of some types and fields forgotten."""

    def roles(real: Any) -> Any:
        return lambda named: None if named.name in coordinates else real(named)

    def own_rule(real: Any) -> Any:
        def rule(view: Any, named: Any, name: str, definition: Any) -> Any:
            is_open = f"{named.name}.{name}" in coordinates
            return None if is_open else real(view, named, name, definition)

        return rule

    return _around(visibility, "type_roles", roles), _around(visibility.View, "_own_rule", own_rule)


def _everything(view: Any) -> Any:
    return view.full


LEAKS: Final = (
    Leak("records are shown by their ids whoever they are about", [_set(Info, "_are_readable", _all_readable)]),
    Leak("students are shown by their ids whoever asks", [_set(scope, "_allowed", _all_allowed)]),
    Leak("homework is shown by its id whoever it is for", [_set(homework, "audiences", _all_audiences)]),
    Leak("records are shown by their ids in all subjects", [_set(Info, "may_read_subject", _always)]),
    Leak(
        "lessons are shown in all subjects",
        [
            _set(lessons, "is_readable", _always),
            _set(lessons, "readable", lambda records, *_: records),
            _set(attendance, "is_readable", _always),
        ],
    ),
    Leak(
        "lists are not narrowed to subjects",
        [_set(diary_reads, "of_subjects", lambda *_: {}), _set(grades_reads, "of_subjects", lambda *_: {})],
    ),
    Leak("a viewer is kept without their role", [_viewers_by_subject]),
    Leak("a guardianship counts beyond its days", [_set(viewers._ViewerBuilder, "_is_in_force", _always)]),
    Leak("families are told of guardians who are barred", [_set(known_people, "is_barred", _never)]),
    Leak("guardians are told whose right has ended", [_set(known_people, "_held", lambda rights, _: list(rights))]),
    Leak("families find everybody of the school", [_set(known_people, "_people_filter", _whole_school)]),
    Leak("every class shows its members", [_set(Viewer, "is_own_class", _always)]),
    Leak("the count comes before the filter", [_around(ReadShapes, "count_by", _count_unfiltered)]),
    Leak("a page looks on over hidden rows", [_around(ReadShapes, "page_by", _looks_on_unfiltered)]),
    Leak(
        "a cursor holds the id of the row behind it in the whole list",
        [_around(ReadShapes, "page_by", _with_hidden_id), _around(connections, "_cursor", _cursor_with_hidden_id)],
    ),
    Leak("an error names whose record it is", [_around(Info, "readable", _named_in_error)]),
    Leak(
        "an error of an input knows a hidden student",
        [_around(actions, "student_of", _taken), _around(absences, "student_of", _taken)],
    ),
    Leak(
        "an idempotency key belongs to everybody",
        [
            _around(
                idempotency,
                "key_of",
                lambda real: lambda _, role, key, change: real("all", role and "any", key, change),
            )
        ],
    ),
    Leak("the average of a class is told however few they are", [_set(report_card, "is_anonymous", _always)]),
    Leak("the rating of a class is told however few they are", [_set(portfolio, "SMALLEST_CLASS", 1)]),
    Leak(
        "announcements are listed whoever they are for", [_around(announcements, "reader_of", _reads_all_announcements)]
    ),
    Leak("an announcement is shown by its id whoever it is for", [_set(announcements, "may_read", _always)]),
    Leak("a message is read by who joined later", [_around(mailbox, "window_of", _since_the_beginning)]),
    Leak("one may write to everybody of the school", [_set(mailbox, "recipients", _writes_to_whole_school)]),
    Leak("students who are not of age read who has seen their data", [_set(audit, "is_of_age", _always)]),
    Leak("the cost counts documents that are not shown", [_rows_read]),
    Leak("an explanation counts hidden documents", [_around(explain, "_command", _counted_documents)]),
    Leak("only what exists is looked up", [_around(Info, "_are_readable", _looks_up_what_exists)]),
    Leak("a list asks a source that the role may not see", [_around(Info, "page", _asks_hidden_source)]),
    Leak("remarks are shown to all", _shown_to_all("Remark", "Student.remarks", "Lesson.remarks"), changes_schema=True),
    Leak("tests are shown to all", _shown_to_all("Test", "TestAttempt", "Student.tests"), changes_schema=True),
    Leak("the history of marks is shown to all", _shown_to_all("Mark.history"), changes_schema=True),
    Leak("debts are shown to all", _shown_to_all("AttestationDebt", "Student.attestationDebts"), changes_schema=True),
    Leak(
        "absence notices are shown to all",
        _shown_to_all("AbsenceNotice", "Student.absenceNotices"),
        changes_schema=True,
    ),
    Leak(
        "errors and introspection follow the full schema",
        [_set(visibility, "_visible_schema", _everything)],
        changes_schema=True,
    ),
)
"""The seeded leaks."""
