"""The links that give access, as the files name them."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from connectors.imports.edfi import deliveries, people, posts
from connectors.imports.edfi.context import Context
from connectors.imports.edfi.keys import PersonKey
from connectors.imports.links import NamedLinks


class EdFiLinks(NamedLinks):
    """The links that a survey found, with the ids and dates that the second pass writes."""

    def __init__(self, context: Context) -> None:
        self.source = context.options.issuer
        self.day = context.day
        self.schools = {context.ids.school(uid): school.name for uid, school in context.survey.schools.items()}
        self._context = context

    def names_all(self, kind: str) -> bool:
        """Whether the files deliver this kind with all that it cannot be understood without."""
        return kind in deliveries.KINDS and deliveries.is_complete(self._context.survey, kind)

    def spans_of(self, person_id: str) -> dict[str, list[Any]] | None:
        """Enrolments and places of a student, posts of a member of staff; one person may be both."""
        keys = self._people.get(person_id)
        if keys is None:
            return None
        spans: dict[str, list[Any]] = {"enrolments": [], "memberships": [], "posts": []}
        for key in keys:
            if key.kind == "student":
                spans["enrolments"] += people.enrolments(self._context, key.uid)
                spans["memberships"] += people.memberships(self._context, key.uid)
            spans["posts"] += posts.posts_of(self._context, key)
        return spans

    def schools_of_staff(self, person_id: str) -> Iterator[str]:
        """Schools of posts, of sections and of associations."""
        for key in self._people.get(person_id, []):
            if key.kind == "staff":
                yield from map(self._context.ids.school, posts.named_schools(self._context, key.uid))

    def guardianships(self) -> Iterator[str]:
        """A guardianship for each pair of contact and student."""
        for contact, students in self._context.survey.children.items():
            yield from (people.guardianship_id(self._context, contact, student) for student in students)

    def assignments(self) -> Iterator[str]:
        """One for each span in which somebody teaches a section, and one for each class teacher."""
        survey = self._context.survey
        for section in survey.sections:
            ordinals: dict[str, int] = defaultdict(int)
            for teaching in survey.teachings_of(section):
                if teaching.staff in survey.staff:
                    yield posts.teaching_id(self._context, teaching.staff, section, ordinals[teaching.staff])
                    ordinals[teaching.staff] += 1
        for (school, grade), lead in self._context.class_teachers.items():
            yield posts.class_teacher_id(self._context, school, grade, lead.staff)

    @cached_property
    def _people(self) -> dict[str, list[PersonKey]]:
        named: dict[str, list[PersonKey]] = defaultdict(list)
        for kind, uids in (("student", self._context.survey.births), ("staff", self._context.survey.staff)):
            for uid in uids:
                named[self._context.ids.person(PersonKey(kind, uid))].append(PersonKey(kind, uid))
        return named
