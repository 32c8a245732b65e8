"""`Low`: all that one viewer may see of a world, written from table 2.3 of the domain and from nothing else.

It shares no code with `auth`, `gateway.schema` and `gateway.resolvers`: what the gateway may tell is compared with it.
Two worlds with an equal `Low` are the same to the viewer, so every answer must be the same, too. Where the table leaves
room, `Low` shows more rather than less: then a change counts as visible, and no answer is compared.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tests.privacy.worlds import Document, Person, World

Columns = frozenset[str]
_NAMES: Final = frozenset(
    {"_id", "display_name", "family_name", "given_name", "patronymic", "sort_name", "name_tokens", "merged_to"}
)
_TIMETABLE: Final = frozenset(
    {"_id", "school_id", "class_ids", "group_id", "date", "number", "starts_at", "ends_at", "subject_id"}
    | {"teacher_ids", "room", "building", "status", "substitution", "is_extended"}
)
_GUARDIAN: Final = frozenset(
    {"_id", "person_id", "student_id", "relation", "is_legal_representative", "data_access", "valid_from", "valid_to"}
)
_FAMILY: Final = frozenset({"STUDENT", "PARENT"})
_LED: Final = frozenset({"PARENT", "CLASS_TEACHER", "ADMINISTRATOR"})
_STAFF: Final = ("TEACHER", "CLASS_TEACHER", "ADMINISTRATOR")
_ALL_BUT_ANALYSTS: Final = _FAMILY | frozenset(_STAFF)
SMALLEST: Final = 5
"""The least number of students whose average may be told (trap T23)."""

SUBJECT_OF_ALL: Final = None
"""Stands for all subjects in the place of a set of them."""


def _in_force(first: str | None, last: str | None, day: str) -> bool:
    return (first or "") <= day <= (last or "9999")


def _pick(document: Document, columns: Iterable[str]) -> Document:
    return {key: document[key] for key in columns if key in document}


class Low:
    """What *viewer* may see of *world*: `frame` holds rights and sums, `part` what is seen of one document."""

    def __init__(self, world: World, viewer: Person, mentioned: set[str] | None = None) -> None:
        self.world = world
        self.viewer = viewer
        self.role = viewer.role
        self.today = world.today.isoformat()
        self.schools: set[str] = set()
        self.students: dict[str, frozenset[str] | None] = {}
        """Each student of the viewer with the subjects that may be read; None: all."""
        self._rights()
        self._places()
        self.mentioned = set() if mentioned is None else mentioned
        """The ids that visible documents hold: names of subjects, lessons of records, authors."""
        if mentioned is None:
            self._find_mentioned()
        self.frame = self._frame()

    def beside(self, other: World) -> "Low":
        """What the viewer may see of another world in which what they see of documents is the same."""
        return Low(other, self.viewer, self.mentioned)

    # ── rights: whose data, in which subjects ──

    def _rights(self) -> None:
        people = self.world["directory.people"]
        self._survivor = {own: self._last(own) for own in people}
        self._person_of = {
            one["student_id"]: last
            for own, one in people.items()
            if "student_id" in one and (last := self._survivor[own]) is not None
        }
        me = people.get(self.viewer.id, {})
        match self.role:
            case "STUDENT":
                self._add(me.get("student_id"), SUBJECT_OF_ALL)
            case "PARENT":
                for right in self.world["directory.guardianships"].values():
                    if right["person_id"] == self.viewer.id and right["data_access"] and self._is_now(right):
                        self._add(right["student_id"], SUBJECT_OF_ALL)
            case "TEACHER" | "CLASS_TEACHER":
                self._staff(me)
            case _:
                self.schools = self._workplaces(me)
        if self.role == "ADMINISTRATOR":
            for own in people.values():
                if own.get("school_id") in self.schools and "student_id" in own and "merged_to" not in own:
                    self.students[own["student_id"]] = SUBJECT_OF_ALL
        if self.role in _FAMILY:
            self.schools = {people[self._person_of[s]]["school_id"] for s in self.students}

    def _last(self, own: str) -> str | None:
        """Whom a person was merged into, themselves as a rule (trap T20)."""
        people, seen = self.world["directory.people"], set()
        while own in people and own not in seen and people[own].get("merged_to"):
            seen.add(own)
            own = people[own]["merged_to"]
        return own if own in people and own not in seen else None

    def _is_now(self, right: Document) -> bool:
        return _in_force(right["valid_from"], right["valid_to"], self.today)

    def _add(self, student: str | None, subjects: frozenset[str] | None) -> None:
        person = self._person_of.get(student or "")
        if person is None or "student_id" not in self.world["directory.people"][person]:
            return
        own = self.world["directory.people"][person]["student_id"]
        before = self.students.get(own, frozenset())
        self.students[own] = None if subjects is None or before is None else before | subjects

    def _workplaces(self, me: Document) -> set[str]:
        roles = {self.role, "TEACHER"} if self.role == "CLASS_TEACHER" else {self.role}
        posts = [post for post in me.get("posts") or () if post["role"] in roles]
        if not posts:
            return set(me.get("school_ids", ()))
        return {p["school_id"] for p in posts if _in_force(p["starts_on"], p["ends_on"], self.today)}

    def _staff(self, me: Document) -> None:
        self.schools = self._workplaces(me)
        for post in self.world["directory.staff_assignments"].values():
            if post["person_id"] != self.viewer.id or post["kind"] != self.role:
                continue
            if not _in_force(post["starts_on"], post["ends_on"], self.today):
                continue
            if not any(own["role"] in _STAFF for own in me.get("posts") or ()):
                self.schools.add(post["school_id"])
            if post["school_id"] not in self.schools:
                continue
            subjects = frozenset(filter(None, [post["subject_id"]]))
            for person in self.world["directory.people"].values():
                if "student_id" in person and "merged_to" not in person and self._is_in(person, post):
                    self._add(person["student_id"], subjects if self.role == "TEACHER" else None)

    def _is_in(self, person: Document, post: Document) -> bool:
        if post["group_id"] is not None:
            return post["group_id"] in self._of_today(person, "memberships", "group_id")
        return post["class_id"] in self._of_today(person, "enrolments", "class_id")

    def _of_today(self, person: Document, key: str, of: str) -> list[str]:
        spans = person.get(key) or ()
        return [one[of] for one in spans if _in_force(one["starts_on"], one["ends_on"], self.today)]

    # ── places: the classes, groups and lessons of these students ──

    def _places(self) -> None:
        people = self.world["directory.people"]
        mine = [people[self._person_of[student]] for student in sorted(self.students)]
        self.classes_now = {own for one in mine for own in self._of_today(one, "enrolments", "class_id")}
        self.classes_ever = {e["class_id"] for one in mine for e in one.get("enrolments") or ()}
        self.groups_ever = {m["group_id"] for one in mine for m in one.get("memberships") or ()}
        self._audiences = {
            one["student_id"]: (one.get("enrolments") or (), one.get("memberships") or ()) for one in mine
        }
        self._students_of: dict[str, set[str]] = defaultdict(set)
        """The students of the viewer who are or were in a class or group."""
        for student, (enrolments, memberships) in self._audiences.items():
            for enrolment in enrolments:
                self._students_of[enrolment["class_id"]].add(student)
            for membership in memberships:
                self._students_of[membership["group_id"]].add(student)
        classes = self.world["directory.classes"]
        self.classes_near = {own for own, one in classes.items() if one["school_id"] in self.schools}
        self.led = set()
        if self.role in {"TEACHER", "CLASS_TEACHER"}:
            posts = self.world["directory.staff_assignments"].values()
            mine_now = [p for p in posts if p["person_id"] == self.viewer.id and p["kind"] == self.role]
            self.led = {p["class_id"] for p in mine_now if _in_force(p["starts_on"], p["ends_on"], self.today)} - {None}
        self._attends_cache: dict[tuple[Any, ...], frozenset[str]] = {}
        self.substituted = {
            own: one["subject_id"]
            for own, one in self.world["schedule.lessons"].items()
            if self.role == "TEACHER"
            and one["school_id"] in self.schools
            and (one.get("substitution") or {}).get("substitute_teacher_id") == self.viewer.id
        }

    def attending(self, class_ids: Iterable[str], group_id: str | None, day: str) -> frozenset[str]:
        """The students of the viewer for whom something is held for classes, or for a group of theirs, on a day."""
        wanted = (group_id,) if group_id is not None else tuple(class_ids)
        key = (wanted, group_id is None, day)
        if key not in self._attends_cache:
            found = set()
            for student in set().union(*(self._students_of.get(own, set()) for own in wanted)):
                spans = self._audiences[student][group_id is not None]
                of = "class_id" if group_id is None else "group_id"
                if any(s[of] in wanted and _in_force(s["starts_on"], s["ends_on"], day) for s in spans):
                    found.add(student)
            self._attends_cache[key] = frozenset(found)
        return self._attends_cache[key]

    def may_read(self, student: str | None, subject: str | None) -> bool:
        """Whether records of the student in the subject may be read."""
        if student not in self.students:
            return False
        subjects = self.students[student or ""]
        return subjects is None or subject in subjects

    def _record(self, one: Document) -> bool:
        """Whether a record of a student may be read, in its subject or (trap T10) at a lesson given for another."""
        lesson = one.get("lesson_id")
        if lesson in self.substituted and one["subject_id"] == self.substituted[lesson]:
            return True
        return self.may_read(one["student_id"], one["subject_id"])

    # ── what visible documents mention: names of subjects, lessons of records, authors ──

    def _find_mentioned(self) -> None:
        for place in ("grades.marks", "diary.comments", "diary.attendance", "diary.remarks", "diary.absence_notices"):
            self._mention(place)
        for place in _SEEN:
            self._mention(place)
        self._mention("directory.people")

    def _mention(self, place: str) -> None:
        for one in self.world[place].values():
            seen = self.part(place, one)
            if seen is not None:
                self.mentioned.update(_ids(seen))

    # ── the parts ──

    def part(self, place: str, one: Document | None) -> Any:
        """What is seen of a document of a collection; None: nothing, not even that it exists."""
        if one is None:
            return None
        if place.partition(".")[2] in _OWN_RECORDS:
            return None
        shown = _SEEN.get(place)
        return one if shown is None else shown(self, one)

    def _of_school(self, one: Document) -> Any:
        return one if one["school_id"] in self.schools or one["_id"] in self.mentioned else None

    def _school(self, one: Document) -> Any:
        return one if one["_id"] in self.schools else None

    def _person(self, one: Document) -> Any:
        last = self._survivor.get(one["_id"]) or self._last(one["_id"])
        if one["_id"] == self.viewer.id or last == self.viewer.id:
            return one
        if self.role == "ANALYST":
            return None
        columns = set(_NAMES)
        is_mine = one.get("student_id") in self.students
        is_near = self.role == "ADMINISTRATOR" and (
            not self.schools.isdisjoint(one["school_ids"]) or one.get("school_id") in self.schools
        )
        is_staff = not self.schools.isdisjoint(one["school_ids"]) and not set(_STAFF).isdisjoint(one["roles"])
        if one.get("merged_to"):
            into = self.world["directory.people"].get(last or "")
            seen = into is not None and self.part("directory.people", into) is not None
            return _pick(one, {*_NAMES, "student_id"}) if seen else None
        if is_mine:
            columns |= {"student_id", "school_id", "school_ids", "enrolments", "memberships"}
            columns |= set() if self.role == "TEACHER" else {"birth_date"}
        if is_near:
            columns |= set(one)
        if is_staff:
            columns |= {"roles", "posts", "school_ids"}
        if is_mine or is_near or is_staff or one["_id"] in self.mentioned or one["_id"] in self.known:
            return _pick(one, sorted(columns))
        return None

    @property
    def known(self) -> set[str]:
        """The people of the viewer's classes: members and their guardians."""
        if not hasattr(self, "_known"):
            self._known = {person for members, adults in self._members().values() for person in members + adults}
        return self._known

    def _members(self) -> Mapping[str, tuple[list[str], list[str]]]:
        """Who is in each class that the viewer knows today, and the guardians of these who are not barred."""
        if hasattr(self, "_members_found"):
            return self._members_found
        people = self.world["directory.people"]
        adults: dict[str, list[str]] = defaultdict(list)
        for right in self.world["directory.guardianships"].values():
            if self._is_now(right) and not _is_barred(right):
                person = self._survivor.get(right["person_id"])
                adults[right["student_id"]] += [person] if person else []
        wanted = self.classes_now if self.role in _FAMILY else self.classes_near | self.led | self.classes_now
        found = {}
        for own in sorted(wanted) if self.role != "ANALYST" else ():
            members = [
                person
                for person in people.values()
                if "student_id" in person and "merged_to" not in person
                if own in self._of_today(person, "enrolments", "class_id")
                if self.role in _FAMILY or self.role == "ADMINISTRATOR" or person["student_id"] in self.students
            ]
            parents = sorted({adult for m in members for adult in adults[m["student_id"]]})
            found[own] = (sorted(m["_id"] for m in members), parents)
        if self.role == "TEACHER":
            # Members of groups whose classes are not the viewer's; of a substituted lesson the names alone.
            students = [s for s in self.students if s in self._person_of]
            parents = sorted({adult for student in students for adult in adults[student]})
            found["taught"] = (sorted(self._person_of[s] for s in students), parents)
            found["substituted"] = (self._members_of_substituted(), [])
        self._members_found: Mapping[str, tuple[list[str], list[str]]] = found
        return found

    def _guardians_written_to(self) -> list[str]:
        """The guardians to whom the viewer may write: those who may read a student of the viewer's, or of their class.

        Students write to the guardians of others only where their school lets families do so (F116 to F118).
        """
        near = {member for members, _ in self._members().values() for member in members}
        mixing = {
            own for own, one in self.world["directory.schools"].items() if one.get("families_write_to_each_other")
        }
        found = set()
        for right in self.world["directory.guardianships"].values():
            is_own = right["student_id"] in self.students
            if self.role == "STUDENT" and not is_own and right["school_id"] not in mixing:
                continue
            is_near = is_own or self._person_of.get(right["student_id"]) in near
            is_run = self.role == "ADMINISTRATOR" and right["school_id"] in self.schools
            if self.role != "ANALYST" and right["data_access"] and self._is_now(right) and (is_near or is_run):
                found.add(self._survivor.get(right["person_id"]) or "")
        return sorted(found)

    def _by_former_accounts(self) -> list[str]:
        """The rights of guardians that are recorded for an account that was merged into another (trap T20).

        Whoever knows the guardian may know the former account, and to find the guardian by it takes a command more.
        """
        near = {member for members, _ in self._members().values() for member in members}
        return sorted(
            own
            for own, right in self.world["directory.guardianships"].items()
            if self._survivor.get(right["person_id"]) != right["person_id"]
            if right["student_id"] in self.students or self._person_of.get(right["student_id"]) in near
        )

    def _members_of_substituted(self) -> list[str]:
        found = set()
        for own in self.substituted:
            lesson = self.world["schedule.lessons"][own]
            for person in self.world["directory.people"].values():
                group = lesson["group_id"]
                spans = person.get("enrolments" if group is None else "memberships") or ()
                of = "class_id" if group is None else "group_id"
                wanted = lesson["class_ids"] if group is None else (group,)
                if any(s[of] in wanted and _in_force(s["starts_on"], s["ends_on"], lesson["date"]) for s in spans):
                    found.add(person["_id"])
        return sorted(found)

    def _guardianship(self, one: Document) -> Any:
        if self.role == "PARENT" and one["person_id"] == self.viewer.id and one["data_access"] and not self.students:
            return _pick(one, ("valid_to",))  # who has no child is told when the last link ended
        if self.role in {"TEACHER", "ANALYST"} or one["student_id"] not in self.students or not self._is_now(one):
            return None
        if self.role in _FAMILY and _is_barred(one):
            return None
        # Administrators write to guardians by the school at which these have their right.
        return _pick(one, sorted(_GUARDIAN | ({"school_id"} if self.role == "ADMINISTRATOR" else set())))

    def _class(self, one: Document) -> Any:
        if one["school_id"] in self.schools or one["_id"] in self.mentioned:
            return one
        return _pick(one, ("_id", "name", "former_names")) if one["_id"] in self.classes_ever else None

    def _group(self, one: Document) -> Any:
        near = one["school_id"] in self.schools or not self.classes_near.isdisjoint(one["class_ids"])
        return one if near or one["_id"] in self.groups_ever or one["_id"] in self.mentioned else None

    def _assignment(self, one: Document) -> Any:
        if self.role == "ANALYST" or not _in_force(one["starts_on"], one["ends_on"], self.today):
            return None
        groups = self.world["directory.groups"]
        group = groups.get(one["group_id"] or "", {})
        near = one["school_id"] in self.schools or (group and self._group(group) is not None)
        return one if near or one["class_id"] in self.classes_near | self.classes_now else None

    def _known_as(self, one: Document) -> Any:
        own = self._survivor.get(one["person_id"]) == self.viewer.id or one["person_id"] == self.viewer.id
        return one if own or one["subject"] == self.viewer.subject else None

    def _lesson(self, one: Document) -> Any:
        if self.role == "ANALYST":
            return None
        if self._is_whole(one):
            return one
        is_near = one["school_id"] in self.schools or not self.classes_near.isdisjoint(one["class_ids"])
        return _pick(one, sorted(_TIMETABLE)) if is_near else None

    def _is_whole(self, one: Document) -> bool:
        """Whether topic and records of a lesson may be read."""
        if one["_id"] in self.mentioned or one["_id"] in self.substituted:
            return True
        students = self.attending(one["class_ids"], one["group_id"], one["date"])
        return any(self.may_read(student, one["subject_id"]) for student in students)

    def _file(self, one: Document) -> Any:
        """A file is its owner's alone, in the role in which they uploaded it."""
        is_own = one["person_id"] == self.viewer.id and one["role"] == self.role and one["removed_at"] is None
        return one if is_own else None

    def _of_nobody(self, _: Document) -> Any:
        return None

    def _homework(self, one: Document) -> Any:
        own = set(self.attending(one["class_ids"], one["group_id"], one["date"]))
        lesson = self.world["schedule.lessons"].get(one["lesson_id"] or "")
        held = self.attending(lesson["class_ids"], lesson["group_id"], lesson["date"]) if lesson is not None else set()
        mine = sorted(s for s in own | held if self.may_read(s, one["subject_id"]))
        if one["lesson_id"] in self.substituted and one["subject_id"] == self.substituted[one["lesson_id"]]:
            return one
        if one["student_ids"] is not None:
            mine = sorted(set(mine) & set(one["student_ids"]))
        if not mine:
            return None
        everyone = one["student_ids"] is None
        seen = {"student_ids": [None, mine][not everyone], "class_ids": None, "group_id": None, "for": mine}
        return {**one, **seen, "listed for": sorted(own & set(mine))}

    def _submission(self, one: Document) -> Any:
        if one["student_id"] not in self.students:
            homework = self.world["diary.homework"].get(one["homework_id"])
            at_substituted = homework is not None and homework["lesson_id"] in self.substituted
            return _pick(one, ("homework_id", "student_id", "state")) if at_substituted else None
        if self.role == "STUDENT":
            return one
        is_taught = self.role in {"TEACHER", "CLASS_TEACHER"}
        if is_taught and self.may_read(one["student_id"], one.get("subject_id")):
            return one  # also work whose homework is no longer there
        homework = self.world["diary.homework"].get(one["homework_id"])
        if homework is None or self._homework(homework) is None:
            return None
        if is_taught:
            return one
        return _pick(one, ("homework_id", "student_id", "state"))

    def _remark(self, one: Document) -> Any:
        is_author = self.role in {"TEACHER", "CLASS_TEACHER"} and one["author_id"] == self.viewer.id
        if is_author:  # who may take back what they wrote, though nobody of the staff reads it
            return {"written": one["_id"], **_pick(one, ("student_id", "school_id", "made_on"))}
        return one if self.role == "PARENT" and one["student_id"] in self.students else None

    def _comment(self, one: Document) -> Any:
        return one if self._record(one) else None

    def _attendance(self, one: Document) -> Any:
        of_day = one["lesson_id"] is None and one["subject_id"] is None and one["student_id"] in self.students
        lesson = self.world["schedule.lessons"].get(one["lesson_id"] or "")
        taught = (
            lesson is not None and one["subject_id"] is None and self.may_read(one["student_id"], lesson["subject_id"])
        )
        return one if of_day or taught or self._record(one) or self._on_substituted_day(one) else None

    def _on_substituted_day(self, one: Document) -> bool:
        if not self.substituted or one["lesson_id"] is not None:
            return False
        return any(self.world["schedule.lessons"][own]["date"] == one["date"] for own in self.substituted)

    def _notice(self, one: Document) -> Any:
        return one if self.role in {"PARENT", "CLASS_TEACHER"} and one["student_id"] in self.students else None

    def _acknowledgement(self, one: Document) -> Any:
        own = self.role == "PARENT" and one["person_id"] == self.viewer.id
        return one if (own or self.role == "CLASS_TEACHER") and one["student_id"] in self.students else None

    def _mark(self, one: Document) -> Any:
        if self._record(one):
            return {key: value for key, value in one.items() if key != "history" or self.role not in _FAMILY}
        if one["class_id"] in self.classes_ever and self._is_summed(one["class_id"], one["subject_id"]):
            return _counting(one)
        return None

    def _is_summed(self, class_id: str, subject: str) -> bool:
        """Whether the average of the class in a subject may be told to the viewer."""
        if (class_id, subject) not in self.summed:
            return False
        return any(self.may_read(student, subject) for student in self._students_of.get(class_id, ()))

    @property
    def summed(self) -> set[tuple[str, str]]:
        """The classes and subjects in which at least five students have marks that count."""
        if not hasattr(self, "_summed"):
            students: dict[tuple[str, str], set[str]] = defaultdict(set)
            for one in self.world["grades.marks"].values():
                if one["class_id"] in self.classes_ever and _counting(one) is not None:
                    students[one["class_id"], one["subject_id"]].add(one["student_id"])
            self._summed = {own for own, some in students.items() if len(some) >= SMALLEST}
        return self._summed

    def _work(self, one: Document) -> Any:
        if one["_id"] in self.mentioned or (self.role == "ADMINISTRATOR" and one["school_id"] in self.schools):
            return _pick(one, one.keys() - {"test_id"})
        near = self.groups_ever & {one["group_id"]} if one["group_id"] else self.classes_ever & {*one["class_ids"]}
        students = set().union(*(self._students_of.get(own, set()) for own in near))
        seen = any(self.may_read(student, one["subject_id"]) for student in students)
        return _pick(one, one.keys() - {"test_id"}) if seen else None

    def _final_grade(self, one: Document) -> Any:
        return one if self.may_read(one["student_id"], one["subject_id"]) else None

    def _debt(self, one: Document) -> Any:
        return one if self.role in _LED and one["student_id"] in self.students else None

    def _achievement(self, one: Document) -> Any:
        if one["student_id"] not in self.students or (self.role == "TEACHER" and one["status"] != "UNCONFIRMED"):
            return self._prepared(one)
        return one

    def _prepared(self, one: Document) -> Any:
        """What of a confirmed achievement is part of the portfolio of the teacher who prepared the student (F112)."""
        is_mine = self.role in {"TEACHER", "CLASS_TEACHER"} and one.get("teacher_id") == self.viewer.id
        if not is_mine or one["status"] != "CONFIRMED" or one["school_id"] not in self.schools:
            return None
        return {
            key: value for key, value in one.items() if key not in {"attachments", "added_by_id", "confirmed_by_id"}
        }

    def _not_of_analysts(self, one: Document) -> Any:
        return None if self.role == "ANALYST" else self._of_school(one)

    def _finding(self, one: Document) -> Any:
        return one if self.role == "ADMINISTRATOR" and one["school_id"] in self.schools else None

    def _event(self, one: Document) -> Any:
        if self.role != "ADMINISTRATOR" or one["school_id"] not in self.schools:
            return None
        if one["object_id"].partition("_")[0] not in _NOT_OF_ADMINISTRATORS:
            return one
        return {**one, "changes": [{"field": change["field"]} for change in one["changes"]]}

    def _disclosure(self, one: Document) -> Any:
        if self.role == "PARENT" and one["student_id"] in self.students:
            return _pick(one, ("_id", "student_id", "day", "person_id", "role", "kinds", "count"))
        if self.role != "STUDENT" or one["student_id"] not in self.students or not one["own_count"]:
            return None
        born = self.world["directory.people"][self.viewer.id].get("birth_date") or "9999-01-01"
        is_of_age = f"{int(born[:4]) + 18:04}{born[4:]}" <= self.today
        return _pick(one, ("_id", "day", "person_id", "role", "own_kinds", "own_count")) if is_of_age else None

    def _refusals(self, one: Document) -> Any:
        return one if self.role == "ADMINISTRATOR" and not self.schools.isdisjoint(one["school_ids"]) else None

    def _of_office(self, one: Document) -> Any:
        return one if self.role in {"CLASS_TEACHER", "ADMINISTRATOR"} else None

    def _nothing(self, one: Document) -> Any:  # noqa: ARG002 - whatever it is
        return None

    def _plan(self, one: Document) -> Any:
        near = one["school_id"] in self.schools or not self.classes_ever.isdisjoint(one.get("class_ids") or ())
        return one if near or one["_id"] in self.mentioned else None

    def _course(self, one: Document) -> Any:
        if self.role == "ADMINISTRATOR":
            return one if one["school_id"] in self.schools else None
        return one if self.role == "STUDENT" and not self.classes_now.isdisjoint(one["class_ids"]) else None

    def _of_children(self, one: Document) -> Any:
        return one if self.role == "PARENT" and one["student_id"] in self.students else None

    def _service(self, one: Document) -> Any:
        return one if self.role == "PARENT" and one["school_id"] in self.schools else None

    def _course_choice(self, one: Document) -> Any:
        if self.role == "ADMINISTRATOR":
            return one if one["school_id"] in self.schools else None
        return self._choice(one)

    def _choice(self, one: Document) -> Any:
        return one if self.role == "STUDENT" and one["student_id"] in self.students else None

    def _announcement(self, one: Document) -> Any:
        """An announcement is for one role or more in a school, in classes or in groups; administrators read all."""
        if self.role == "ADMINISTRATOR":
            return one if one["school_id"] in {*self.schools, None} else None
        places = self.schools | self.own_places | {"*"}
        return one if any(f"{place}:{self.role}" in one["audience"] for place in places) else None

    @property
    def own_places(self) -> set[str]:
        """The classes and groups of the viewer today: those of their students, or those that they teach or lead."""
        if self.role not in _FAMILY:
            posts = self.world["directory.staff_assignments"].values()
            mine = [p for p in posts if p["person_id"] == self.viewer.id and p["kind"] == self.role]
            now = [p for p in mine if _in_force(p["starts_on"], p["ends_on"], self.today)]
            return {p[key] for p in now if p["school_id"] in self.schools for key in ("class_id", "group_id")} - {None}
        people = self.world["directory.people"]
        mine_now = [people[self._person_of[student]] for student in self.students]
        return self.classes_now | {own for one in mine_now for own in self._of_today(one, "memberships", "group_id")}

    def _own_read(self, one: Document) -> Any:
        return one if one["person_id"] == self.viewer.id else None

    @property
    def mailbox(self) -> str:
        """The viewer on the side of their role: staff have one mailbox for all roles of theirs."""
        side = "STAFF" if self.role in _STAFF else self.role
        return f"{self.viewer.id}.{side}"

    def _own_row(self, one: Document) -> Any:
        return one if one["owner"] == self.mailbox else None

    def _participant(self, one: Document) -> Any:
        """Of others the members of a conversation see who takes part, and nothing of what those have read or hidden."""
        own = self._own_row(one)
        if own is not None or self._row_in(one["conversation_id"]) is None:
            return own
        return _pick(one, ("_id", "conversation_id", "owner", "person_id", "side", "left_seq"))

    def _row_in(self, conversation: str) -> Document | None:
        own = self.world["messages.participants"].get(f"{conversation}:{self.mailbox}")
        return own if own is not None and self._own_row(own) is not None else None

    def _message_report(self, one: Document) -> Any:
        """A report is read by administrators, and by who sent it; of others it shows nothing to that person."""
        if self.role == "ADMINISTRATOR" and one["school_id"] in self.schools:
            return one
        return one if one["reported_by_id"] == self.viewer.id else None

    def _mailbox_settings(self, one: Document) -> Any:
        """The settings of a mailbox are its owner's; the office hours of staff are shown to who may write to them."""
        return one if one["_id"] == self.mailbox else _pick(one, ("_id", "office_hours"))

    def _conversation(self, one: Document) -> Any:
        return one if self._row_in(one["_id"]) is not None else None

    def _message(self, one: Document) -> Any:
        """A message is read by those who took part when it was sent, and have not hidden it."""
        row = self._row_in(one["conversation_id"])
        is_within = row is not None and max(row["joined_seq"], row["hidden_seq"]) < one["seq"] <= row["last_seq"]
        return one if is_within else None

    def _is_author(self, one: Document | None) -> bool:
        """Whether a test is one that the viewer made, at a school where they teach today."""
        teaches = self.role in {"TEACHER", "CLASS_TEACHER"}
        return teaches and one is not None and one["author_id"] == self.viewer.id and one["school_id"] in self.schools

    def _attempt(self, one: Document) -> Any:
        return one if self._is_author(self.world["assessments.tests"].get(one["test_id"])) else self._choice(one)

    def _test(self, one: Document) -> Any:
        if self._is_author(one):
            return one
        if self.role != "STUDENT":
            return None
        own_values = self.world["assessments.assignments"].values()
        return one if any(a["test_id"] == one["_id"] and a["student_id"] in self.students for a in own_values) else None

    # ── sums ──

    def _frame(self) -> Mapping[str, Any]:
        """Whose data may be read, who is in which class, and the sums that are told of more than one student."""
        return {
            "schools": sorted(self.schools),
            "students": {own: subjects and sorted(subjects) for own, subjects in sorted(self.students.items())},
            "persons": {own: self._person_of[own] for own in sorted(self.students)},
            "members": self._members(),
            "guardians": self._guardians_written_to(),
            "former accounts": self._by_former_accounts(),
            "substituted": self.substituted,
            "summed": sorted(own for own in self.summed if self._is_summed(*own)),
            "ratings": self._ratings(),
            "places": self._places_taken(),
        }

    def _ratings(self) -> Mapping[str, float]:
        """The points of each class of the viewer's students together, of at least five students."""
        if self.role in {"TEACHER", "ANALYST"}:
            return {}
        points: dict[str, float] = defaultdict(float)
        for one in self.world["portfolio.achievements"].values():
            if one["status"] == "CONFIRMED":
                points[one["student_id"]] += one["points"]
        found = {}
        people = [p for p in self.world["directory.people"].values() if "student_id" in p and "merged_to" not in p]
        for own in sorted(self.classes_now):
            members = [p["student_id"] for p in people if own in self._of_today(p, "enrolments", "class_id")]
            if len(members) >= SMALLEST:
                found[own] = sum(points[member] for member in members)
        return found

    def _places_taken(self) -> Mapping[str, int]:
        """The choices of each course, of whatever school: administrators read their number, students what is left."""
        choices = self.world["curriculum.course_choices"].values()
        taken = {
            own: sum(choice["course_id"] == own for choice in choices)
            for own, one in sorted(self.world["curriculum.module_courses"].items())
            if self._course(one) is not None
        }
        if self.role == "ADMINISTRATOR":
            return taken
        capacities = {own: self.world["curriculum.module_courses"][own]["capacity"] for own in taken}
        return {own: max(0, most - taken[own]) for own, most in capacities.items() if most is not None}

    def _own_address(self, address: Document) -> Any:
        """An address that the viewer has made, also a revoked one: who fetches it is told so."""
        return address if address["person_id"] == self.viewer.id else None

    def _consent(self, one: Document) -> Any:
        """A consent of the viewer, or of a child of theirs, as long as it is in force."""
        is_own = one["person_id"] == self.viewer.id or one.get("student_id") in self.students
        return one if is_own and self.role in _FAMILY and one["withdrawn_at"] is None else None

    def _own_notification(self, one: Document) -> Any:
        """A notification for the viewer in this role, of what they have a right to today."""
        mine = one["owner"] == f"{self.viewer.id}.{self.role}" and self.role in _FAMILY
        rights = set(self.students) | self.own_places | self.schools
        return one if mine and one["right_id"] in rights else None

    def _own_choice(self, one: Document) -> Any:
        """By which channels the viewer is notified in this role."""
        return one if one["_id"] == f"{self.viewer.id}.{self.role}" else None

    def _own_export(self, export: Document) -> Any:
        """An export that the viewer has sent; its file holds no more than they may read."""
        return export if export["person_id"] == self.viewer.id else None

    def hides(self, collection: str) -> bool:
        """Whether the viewer's role may see nothing of a collection, whoever it is about."""
        return self.role not in _READERS.get(collection, frozenset({self.role}))


_NOT_OF_ADMINISTRATORS: Final = frozenset(
    {"abn", "ack", "chc", "cnv", "crs", "fil", "mrp", "msg", "rem", "sbm", "tas", "tat", "tst"}
)
"""The prefixes of ids of what administrators may not read: of its changes the audit shows no value."""


def _is_barred(right: Document) -> bool:
    """Whether a guardian may neither see the data of a student nor represent the student (trap T11)."""
    return not right["data_access"] and not right["is_legal_representative"]


def _counting(mark: Document) -> Any:
    """What of a mark goes into a class average; None for a mark that never counts."""
    if not mark["counts_towards_average"] or mark["is_point"] or mark["numeric_value"] is None:
        return None
    keys = ("student_id", "class_id", "subject_id", "given_on", "numeric_value", "weight", "journal")
    return {key: mark.get(key) for key in keys}


def _ids(value: Any) -> Iterable[str]:
    """The ids that a document holds, its own left out."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key != "_id" and key.endswith(("_id", "_ids", "_by_id")) and inner:
                yield from [inner] if isinstance(inner, str) else inner
            elif isinstance(inner, Mapping | list):
                yield from _ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids(inner)


Part = Callable[[Low, Document], Any]
_SEEN: Final[Mapping[str, Part]] = {
    "analytics.questions": Low._nothing,
    "announcements.announcements": Low._announcement,
    "announcements.reads": Low._own_read,
    "assessments.assignments": Low._attempt,
    "assessments.attempts": Low._attempt,
    "assessments.tests": Low._test,
    "audit.disclosures": Low._disclosure,
    "audit.events": Low._event,
    "audit.refusals": Low._refusals,
    "curriculum.calendar_periods": Low._plan,
    "curriculum.course_choices": Low._course_choice,
    "curriculum.curricula": Low._plan,
    "curriculum.module_courses": Low._course,
    "curriculum.work_programmes": Low._plan,
    "diary.absence_notices": Low._notice,
    "diary.acknowledgements": Low._acknowledgement,
    "diary.attendance": Low._attendance,
    "diary.comments": Low._comment,
    "diary.homework": Low._homework,
    "diary.remarks": Low._remark,
    "diary.submissions": Low._submission,
    "directory.academic_years": Low._of_school,
    "directory.classes": Low._class,
    "directory.consents": Low._consent,
    "directory.external_ids": Low._known_as,
    "directory.groups": Low._group,
    "directory.guardianships": Low._guardianship,
    "directory.email_confirmations": Low._own_address,
    "directory.invitations": Low._of_office,
    "directory.people": Low._person,
    "directory.registrations": Low._of_office,
    "directory.schools": Low._school,
    "directory.staff_assignments": Low._assignment,
    "directory.subjects": Low._of_school,
    "downloads.calendar_feeds": Low._own_address,
    "downloads.export_pieces": Low._nothing,
    "downloads.exports": Low._own_export,
    "downloads.query_keys": Low._own_address,
    "files.files": Low._file,
    "files.url_keys": Low._of_nobody,
    "files.usage": Low._of_nobody,
    "integrity.findings": Low._finding,
    "integrity.runs": Low._finding,
    "grades.attestation_debts": Low._debt,
    "grades.attestation_periods": Low._of_school,
    "grades.final_grades": Low._final_grade,
    "grades.grade_reviews": Low._final_grade,
    "grades.grade_scales": Low._of_school,
    "grades.marks": Low._mark,
    "grades.work_kinds": Low._of_school,
    "grades.works": Low._work,
    "messages.conversations": Low._conversation,
    "messages.mailbox_settings": Low._mailbox_settings,
    "messages.messages": Low._message,
    "messages.participants": Low._participant,
    "messages.reports": Low._message_report,
    "notifications.letters": Low._nothing,
    "notifications.notifications": Low._own_notification,
    "notifications.settings": Low._own_choice,
    "portfolio.achievement_types": Low._not_of_analysts,
    "portfolio.achievements": Low._achievement,
    "portfolio.scoring_tables": Low._not_of_analysts,
    "schedule.bell_schedules": Low._of_school,
    "schedule.events": Low._of_school,
    "schedule.holidays": Low._of_school,
    "schedule.lessons": Low._lesson,
    "services.accounts": Low._of_children,
    "services.invoices": Low._of_children,
    "services.services": Low._service,
    "services.subscriptions": Low._of_children,
}
"""What is seen of the documents of each collection."""

PLACES: Final = frozenset(_SEEN)
_OWN_RECORDS: Final = frozenset(
    {"attached_files", "facts", "idempotency", "invitations", "leases", "registrations"}
    | {"import_states", "import_state_pieces", "import_runs", "snapshots"}
)
"""The collections of every subsystem that the gateway keeps for itself: nobody sees them."""

_READERS: Final[Mapping[str, frozenset[str]]] = {
    "announcements.announcements": _ALL_BUT_ANALYSTS,
    "announcements.reads": _ALL_BUT_ANALYSTS,
    "assessments.assignments": frozenset({"STUDENT", "TEACHER", "CLASS_TEACHER"}),
    "assessments.attempts": frozenset({"STUDENT", "TEACHER", "CLASS_TEACHER"}),
    "assessments.tests": frozenset({"STUDENT", "TEACHER", "CLASS_TEACHER"}),
    "audit.disclosures": _FAMILY,
    "audit.events": frozenset({"ADMINISTRATOR"}),
    "audit.refusals": frozenset({"ADMINISTRATOR"}),
    "curriculum.course_choices": frozenset({"STUDENT", "ADMINISTRATOR"}),
    "curriculum.module_courses": frozenset({"STUDENT", "ADMINISTRATOR"}),
    "diary.absence_notices": frozenset({"PARENT", "CLASS_TEACHER"}),
    "diary.acknowledgements": frozenset({"PARENT", "CLASS_TEACHER"}),
    "diary.remarks": frozenset({"PARENT", "TEACHER", "CLASS_TEACHER"}),
    "downloads.export_pieces": frozenset(),
    "directory.consents": _FAMILY,
    "directory.email_confirmations": _ALL_BUT_ANALYSTS,
    "files.files": _ALL_BUT_ANALYSTS,
    "files.url_keys": frozenset(),
    "files.usage": frozenset(),
    "grades.attestation_debts": _LED,
    "integrity.findings": frozenset({"ADMINISTRATOR"}),
    "integrity.runs": frozenset({"ADMINISTRATOR"}),
    "messages.conversations": _ALL_BUT_ANALYSTS,
    "messages.mailbox_settings": _ALL_BUT_ANALYSTS,
    "messages.messages": _ALL_BUT_ANALYSTS,
    "messages.participants": _ALL_BUT_ANALYSTS,
    "messages.reports": _ALL_BUT_ANALYSTS,
    "notifications.letters": frozenset(),
    "notifications.notifications": _FAMILY,
    "notifications.settings": _FAMILY,
    "portfolio.scoring_tables": _ALL_BUT_ANALYSTS,
    **{f"services.{name}": frozenset({"PARENT"}) for name in ("accounts", "invoices", "services", "subscriptions")},
}
"""The roles that see anything of a collection, where these are not all: for the others it may as well be dead."""
