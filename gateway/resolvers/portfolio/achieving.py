"""Actions of those who keep a portfolio: add, change and delete achievements (F109 to F114)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import uuid4

from auth.viewer import FAMILY, Role
from connectors.attachments import FilePurpose
from connectors.directory import Person, class_on
from connectors.mongo.transactions import Transaction
from connectors.portfolio import Achievement, AchievementStatus, AchievementType, ScoringTable
from connectors.vocabulary import AchievementId, AchievementTypeId, Day, PersonId, PublicId, SchoolId, StudentId, mint
from gateway.attachments import AttachingDocument, claim_attachments, file_ids, release_attachments
from gateway.context import NOBODY, Info
from gateway.daily_limits import count_change
from gateway.eligible_teachers import NO_TEACHER, teachers_at
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.portfolio.points import Round, ScoreInput, scored_columns
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

NO_ACHIEVEMENT: Final = Text("There is no such achievement.", "Нет такого достижения.")
_NO_STUDENT: Final = Text("There is no such student.", "Нет такого ученика.")
_NO_TYPE: Final = Text("The portfolio has no such section.", "В портфолио нет такого раздела.")
_NOT_YET: Final = Text("This day has not come yet.", "Этот день ещё не наступил.")
_OUTSIDE: Final = Text(
    "What was learned outside the school stands in no teacher's portfolio here.",
    "Дополнительное образование вне школы не входит в портфолио учителя.",
)
_NO_TITLE: Final = Text("An achievement has a name.", "У достижения должно быть название.")
_CONFIRMED: Final = Text(
    "A confirmed achievement is deleted by the class teacher.",
    "Подтверждённое достижение может удалить только классный руководитель.",
)

UNDECIDED: Final = {"confirmed_by_id": None, "rejected_by_id": None, "rejection_reason": None}
"""The columns of an achievement that nobody has confirmed or rejected."""
_STUDENT: Final = frozenset({"student_id", "school_id", "enrolments", "merged_to"})
_TYPE: Final = frozenset({"_id", "school_id", "kind", "is_outside"})
_RECORDED: Final = ("type_id", "title", "achieved_on", "rounds", "points", "presence_points", "defence_points")
_ALSO_RECORDED: Final = ("status", "teacher_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAchievement:
    """An achievement of a student."""

    student_id: StudentId
    """The student whose achievement it is."""

    type_id: AchievementTypeId
    """The section of the portfolio (`AchievementType.id`)."""

    title: str
    """The name of the achievement."""

    achieved_on: Day | None = None
    """The day of the achievement; null where it is not known."""

    rounds: tuple[Round, ...] | None = None
    """The rounds that the student took part in, in a section whose achievements have rounds."""

    presence_points: Decimal | None = None
    """The points for presence (за наличие), in a section whose achievements have points."""

    defence_points: Decimal | None = None
    """The points for the defence (за защиту), in a section whose achievements have points; null for no defence."""

    teacher_id: PublicId | None = None
    """The teacher who prepared the student (`Person.id`): the achievement stands in their portfolio, too."""

    attachment_ids: tuple[PublicId, ...] = ()
    """Files that prove the achievement, which the viewer uploaded for it (`File.id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditAchievement:
    """An achievement with what is to be changed of it; what is left out stays."""

    achievement_id: PublicId
    """The id of the achievement (`Achievement.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Achievement.version`); null changes the achievement whatever its version is."""

    title: str | Absent | None = ABSENT
    """The new name; not null."""

    achieved_on: Day | Absent | None = ABSENT
    """The day of the achievement; null where it is not known."""

    rounds: tuple[Round, ...] | Absent | None = ABSENT
    """All rounds, new ones among them; a round that is left out is deleted."""

    presence_points: Decimal | Absent | None = ABSENT
    """The points for presence (за наличие)."""

    defence_points: Decimal | Absent | None = ABSENT
    """The points for the defence (за защиту); null takes them away."""

    teacher_id: PublicId | Absent | None = ABSENT
    """The teacher who prepared the student (`Person.id`); null for none."""

    attachment_ids: tuple[PublicId, ...] | Absent = ABSENT
    """All files that prove the achievement from now on: those that it has (`Attachment.id`), and those that the viewer
    uploaded for it (`File.id`). Files without an id, which another system has, stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteAchievement:
    """The achievement that is deleted."""

    achievement_id: PublicId
    """The id of the achievement (`Achievement.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Achievement.version`); null deletes the achievement whatever its version is."""


class Section(NamedTuple):
    """A section of the portfolio and what its achievements are worth."""

    type: AchievementType
    table: ScoringTable | None


async def add_achievement(input: AddAchievement, info: Info, transaction: Transaction) -> Outcome:
    """Add an achievement: one that a student or a parent adds waits for its confirmation (F114, F115)."""
    problems, rules = Problems(), info.writing.rules
    student = await student_of(input.student_id, info)
    if student is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_STUDENT, "studentId")
    section = await _section(input.type_id, transaction)
    if section is not None and (student is None or section.type["school_id"] != student["school_id"]):
        section = None
    if student is not None and section is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_TYPE, "typeId")
    title = checked_text(input.title, problems, "title", most=rules.achievement_characters)
    _check_day(input.achieved_on, student, info, problems)
    columns: dict[str, Any] = {}
    if section is not None:
        sent = ScoreInput(input.rounds, input.presence_points, input.defence_points)
        columns = scored_columns(sent, section.type["kind"], section.table, rules, problems)
    teacher = await _checked_teacher(input.teacher_id, student, section, info, problems)
    owner = AttachingDocument(mint("Achievement", uuid4().hex), student["school_id"] if student else SchoolId(""))
    purpose = FilePurpose.ACHIEVEMENT
    files = await claim_attachments(input.attachment_ids, purpose, owner, info, transaction, problems)
    problems.check()
    if student is None or section is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    own, school = student["student_id"], student["school_id"]
    await count_change("addAchievement", own, school, rules.achievements_a_day, info, transaction, problems)
    problems.check()
    is_by_family = info.viewer.role in FAMILY
    day = input.achieved_on or info.today_at(school)
    achievement = Achievement(
        _id=AchievementId(owner.id),
        school_id=school,
        student_id=own,
        class_id=class_on(student, day),
        type_id=section.type["_id"],
        title=title,
        achieved_on=input.achieved_on,
        sort_on=day,
        status=AchievementStatus.UNCONFIRMED if is_by_family else AchievementStatus.CONFIRMED,
        added_by_id=info.viewer.person_id,
        confirmed_by_id=None if is_by_family else info.viewer.person_id,
        attachments=files,
        teacher_id=teacher,
        version=1,
        **columns,  # type: ignore[typeddict-item] # made for it
    )
    await transaction.insert("achievements", [achievement])
    await _hold_table(section, transaction)
    done = fact(
        info,
        "addAchievement",
        achievement["_id"],
        school,
        student_id=own,
        after=recorded(achievement),
        texts={"title"},
    )
    return Outcome({"achievement_id": achievement["_id"], "student_id": own}, [done])


async def edit_achievement(input: EditAchievement, info: Info, transaction: Transaction) -> Outcome:
    """Change an achievement; a change by a student or a parent has to be confirmed again (F110, F115)."""
    problems = Problems()
    achievement, student = await found_achievement(input.achievement_id, info, transaction)
    section = await _section(achievement["type_id"] if achievement else AchievementTypeId("act_"), transaction)
    if achievement is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_ACHIEVEMENT, "achievementId")
    problems.require_version(input.version)
    if achievement is not None:
        problems.is_stale(input.version, achievement)
    changed = await _changed(input, achievement, student, section, info, problems)
    if not isinstance(input.attachment_ids, Absent) and achievement is not None:
        owner, attached = AttachingDocument(achievement["_id"], achievement["school_id"]), achievement["attachments"]
        changed["attachments"] = await claim_attachments(
            input.attachment_ids or (), FilePurpose.ACHIEVEMENT, owner, info, transaction, problems, attached=attached
        )
    problems.in_order_of(input)
    ids = {"achievement_id": achievement["_id"], "student_id": achievement["student_id"]} if achievement else {}
    problems.check(**ids)
    if achievement is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    outcome = await write_changed(achievement, changed, "editAchievement", info, transaction)
    if outcome.is_new and section is not None and "points" in changed:
        await _hold_table(section, transaction)
    return outcome


async def write_changed(
    achievement: Achievement, changed: Mapping[str, Any], action: str, info: Info, transaction: Transaction
) -> Outcome:
    """Write the columns that *action* changes; after a student or a parent, the achievement awaits confirmation."""
    ids = {"achievement_id": achievement["_id"], "student_id": achievement["student_id"]}
    old: Mapping[str, Any] = achievement
    if all(old.get(name) == value for name, value in changed.items()):
        return Outcome(ids, is_new=False)
    new = dict(changed)
    update: dict[str, Any] = {"$set": new, "$inc": {"version": 1}}
    if info.viewer.role in FAMILY:
        new |= {"status": AchievementStatus.UNCONFIRMED, **UNDECIDED}
        update["$addToSet"] = {"edited_by_ids": info.viewer.person_id}
    await transaction.update("achievements", {"_id": achievement["_id"]}, update)
    done = fact(
        info,
        action,
        achievement["_id"],
        achievement["school_id"],
        student_id=achievement["student_id"],
        before=recorded(achievement),
        after=recorded({**achievement, **new}),
        texts={"title"},
    )
    return Outcome(ids, [done])


async def _changed(
    input: EditAchievement,
    achievement: Achievement | None,
    student: Person | None,
    section: Section | None,
    info: Info,
    problems: Problems,
) -> dict[str, Any]:
    """The columns that an edit changes; notes the problems of what was sent."""
    changed: dict[str, Any] = {}
    if input.title is None:
        problems.add(UserErrorCode.REQUIRED, _NO_TITLE, "title")
    elif isinstance(input.title, str):
        changed["title"] = checked_text(input.title, problems, "title", most=info.writing.rules.achievement_characters)
    if not isinstance(input.achieved_on, Absent):
        _check_day(input.achieved_on, student, info, problems)
        changed["achieved_on"] = input.achieved_on
        if input.achieved_on is not None and student is not None:
            changed |= {"sort_on": input.achieved_on, "class_id": class_on(student, input.achieved_on)}
    is_scored = any(not isinstance(one, Absent) for one in (input.rounds, input.presence_points, input.defence_points))
    if is_scored and achievement is not None and section is not None:
        changed |= scored_columns(
            _sent(input, achievement), section.type["kind"], section.table, info.writing.rules, problems
        )
    if not isinstance(input.teacher_id, Absent):
        changed["teacher_id"] = await _checked_teacher(input.teacher_id, student, section, info, problems)
    return changed


async def delete_achievement(input: DeleteAchievement, info: Info, transaction: Transaction) -> Outcome:
    """Delete an achievement; one that is confirmed is deleted by staff alone."""
    problems = Problems()
    achievement, _ = await found_achievement(input.achievement_id, info, transaction)
    if achievement is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_ACHIEVEMENT, "achievementId")
    problems.require_version(input.version)
    is_seen = achievement and input.version is not ABSENT and not problems.is_stale(input.version, achievement)
    if achievement and is_seen and info.viewer.role in FAMILY and achievement["status"] == AchievementStatus.CONFIRMED:
        problems.add(UserErrorCode.NOT_ALLOWED, _CONFIRMED, "achievementId")
    ids = {"achievement_id": achievement["_id"], "student_id": achievement["student_id"]} if achievement else {}
    problems.check(**ids)
    if achievement is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    await release_attachments(achievement["attachments"], achievement["_id"], transaction)
    await transaction.delete("achievements", {"_id": achievement["_id"]})
    done = fact(
        info,
        "deleteAchievement",
        achievement["_id"],
        achievement["school_id"],
        student_id=achievement["student_id"],
        before=recorded(achievement),
        texts={"title"},
    )
    return Outcome({"deleted_achievement_id": achievement["_id"], "student_id": achievement["student_id"]}, [done])


async def student_of(student_id: StudentId, info: Info) -> Person | None:
    """A student whom the viewer may read, with school and classes; None for every other."""
    [person] = await info.read(info.connectors.directory.students_by_ids, [student_id], columns=_STUDENT)
    if person is None or person.get("merged_to"):
        return None
    is_readable = info.viewer.may_read_student(person["student_id"], person.get("school_id"))
    return person if is_readable else None


async def found_achievement(
    achievement_id: str, info: Info, transaction: Transaction
) -> tuple[Achievement | None, Person | None]:
    """The achievement that the viewer may write to, as it is stored now, and its student; both None for any other.

    A teacher writes to achievements that await confirmation, and to those that they added or decided. The commands
    are the same whether there is such an achievement or not.
    """
    found: Any = await transaction.find_one("achievements", {"_id": achievement_id}, columns=frozenset())
    student = await student_of(found["student_id"] if found else NOBODY, info)
    is_shown = found is not None and student is not None and shows(found, info)
    return (found, student) if is_shown else (None, None)


def shows(achievement: Mapping[str, Any], info: Info) -> bool:
    """Whether an achievement of a student of theirs is shown to the viewer in what they do (table 2.3)."""
    deciders = {achievement["confirmed_by_id"], achievement.get("rejected_by_id")}
    return (
        info.viewer.role is not Role.TEACHER
        or achievement["status"] == AchievementStatus.UNCONFIRMED
        or info.viewer.person_id in deciders
    )


def recorded(achievement: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an achievement that stand in a fact."""
    files = file_ids(achievement["attachments"])
    known = {name: achievement.get(name) for name in (*_RECORDED, *_ALSO_RECORDED)}
    return {**known, **({"files": files} if files else {})}


def _sent(input: EditAchievement, stored: Achievement) -> ScoreInput:
    """The rounds and points that an edit leaves, those that it does not name among them."""
    rounds = [Round(name=one["name"], place=one["place"]) for one in stored["rounds"]]
    presence, defence = stored["presence_points"], stored["defence_points"]
    return ScoreInput(
        rounds if isinstance(input.rounds, Absent) else input.rounds,
        _decimal(presence) if isinstance(input.presence_points, Absent) else input.presence_points,
        _decimal(defence) if isinstance(input.defence_points, Absent) else input.defence_points,
    )


def _decimal(number: float | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def _check_day(day: Day | None, student: Person | None, info: Info, problems: Problems) -> None:
    today = info.today_at(student["school_id"] if student else None)
    if day is not None and day > today:
        problems.add(UserErrorCode.OUT_OF_RANGE, _NOT_YET, "achievedOn", limit=today)


async def _section(type_id: AchievementTypeId, transaction: Transaction) -> Section | None:
    """The section as it is stored now, with its scoring table; None where there is none."""
    type_: Any = await transaction.find_one("achievement_types", {"_id": type_id}, columns=_TYPE)
    table: Any = await transaction.find_one("scoring_tables", {"type_id": type_id}, columns=frozenset())
    return None if type_ is None else Section(type_, table)


async def _hold_table(section: Section, transaction: Transaction) -> None:
    """Make the scoring table that was used the one in force: of an achievement and a new table one has to wait."""
    if section.table is not None:
        await transaction.update("scoring_tables", {"_id": section.table["_id"]}, {"$inc": {"uses": 1}})


async def _checked_teacher(
    sent: PublicId | None, student: Person | None, section: Section | None, info: Info, problems: Problems
) -> PersonId | None:
    """The teacher who prepared the student, who works at the school today (F112)."""
    school = student["school_id"] if student else next(iter(info.viewer.school_ids), SchoolId("sch_"))
    [teacher] = await teachers_at(school, info.today_at(school), [sent or PublicId("per_")], info)
    if sent is None:
        return None
    if section is not None and section.type.get("is_outside"):
        problems.add(UserErrorCode.INVALID_INPUT, _OUTSIDE, "teacherId")
    elif student is not None and teacher is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_TEACHER, "teacherId")
    return teacher
