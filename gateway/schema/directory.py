"""Directory: schools, people, classes, groups, subjects, the viewer, and what the directory adds to a student."""

from typing import TypedDict

import strawberry

from auth.viewer import FAMILY, STAFF, TEACHING, Role
from connectors import directory as documents
from connectors.directory import AverageKind, InvitationAudience, MandatoryField, SchoolKind
from connectors.vocabulary import PersonId
from gateway import writing
from gateway.resolvers import directory
from gateway.schema.actions import UserError, mutation
from gateway.schema.caching import OWN, STEADY
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, column, extends, instant, one, shown, value, view_of
from gateway.schema.node import Node, RootDocument
from gateway.schema.people import Person, Subject
from gateway.schema.references import Class, School, Student, Viewer
from gateway.schema.scalars import Date, DateTime
from gateway.schema.visibility import NOT_ANALYST

described_enum(SchoolKind)
described_enum(AverageKind)
described_enum(MandatoryField)
described_enum(InvitationAudience)

INTIMATES = frozenset({Role.STUDENT, Role.PARENT, Role.CLASS_TEACHER, Role.ADMINISTRATOR})
"""The roles that may read a student's birth date and guardians."""


@view_of(documents.AcademicYear, cache=STEADY)
class AcademicYear:
    """An academic year (учебный год)."""

    id: strawberry.ID
    """Identifies the academic year within its school."""

    name: str
    """The name, such as 2026/27."""

    starts_on: Date
    """The first day of the year."""

    ends_on: Date
    """The last day of the year."""


@extends(documents.School)
class DirectoryOfSchool:
    """What the directory knows of a school."""

    name: str
    """The full name of the school."""

    short_name: str | None
    """The short name; null where the school has none."""

    time_zone: str
    """The time zone of the school by its IANA name, such as Asia/Yekaterinburg."""

    kind: SchoolKind
    """School or college."""

    average_kind: AverageKind
    """The kind of average that the school shows as its own."""

    asks_for_homework_ticks: bool = value(documents.asks_for_ticks, "asks_for_ticks")
    """Whether homework that is not ticked off or handed in by its day is overdue at this school."""

    academic_years: list[AcademicYear] | None = batch(directory.academic_years, "_id", list_size=5)
    """The academic years of the school (учебные годы), the latest first."""

    current_year: AcademicYear | None = batch(directory.current_year, "_id")
    """The academic year of today."""


@view_of(directory.TeacherOfSubject)
class TeacherOfSubject:
    """A teacher with a subject that they teach to the class."""

    teacher: Person = one(directory.people, "person_id")
    """The teacher."""

    subject: Subject = one(directory.subjects, "subject_id")
    """A subject that the teacher teaches to the class."""


@extends(documents.Class)
class DirectoryOfClass:
    """What the directory knows of a class."""

    name: str
    """The name of the class, such as 7А; of a college group, such as ИС-24-1."""

    grade_level: int | None
    """The grade level (параллель), 1 to 11; in a college the year of study."""

    school: School | None = one(directory.schools, "school_id")
    """The school of the class."""

    class_teacher: Person | None = batch(directory.class_teacher, "_id", visible_to=NOT_ANALYST)
    """Who leads the class (классный руководитель); in a college the curator (куратор) of the group."""

    members: list[Person] | None = batch(directory.members, "_id", visible_to=NOT_ANALYST, list_size=30)
    """The students of the class by name. Families read their own classes, teachers the students they teach."""

    parents: list[Person] | None = batch(directory.parents, "_id", visible_to=NOT_ANALYST, list_size=50)
    """The parents of those whom `members` names, by name. A guardian without data access who does not represent the
    student legally is not among them."""

    teachers: list[TeacherOfSubject] | None = batch(
        directory.teachers_of_classes, "_id", visible_to=NOT_ANALYST, list_size=20
    )
    """Who teaches which subject to the class or to a study group of it."""

    students: Connection[Student] | None = batch(directory.students_of_classes, "_id", visible_to=STAFF)
    """The students of the class whom the viewer may read, by name."""


@view_of(documents.Group, found_by=directory.groups)
class Group(Node):
    """A study group (подгруппа): a part of a class, or students of several classes."""

    id: strawberry.ID
    name: str
    """The name of the study group."""

    subject: Subject | None = one(directory.subjects, "subject_id")
    """The subject that the group learns; null for a group of several subjects."""

    school_class: Class | None = batch(directory.class_of_groups, "class_ids", name="class")
    """The class that the group is a part of; null for a group of several classes."""

    teachers: list[Person] | None = batch(directory.teachers_of_groups, "_id", visible_to=NOT_ANALYST, list_size=2)
    """Who teaches the study group."""


@view_of(directory.NamedEnrolment)
class Enrolment:
    """A student's place in a class (зачисление) with its dates, one for each name that the class had meanwhile."""

    school_class: Class | None = one(directory.classes, "class_id", name="class")
    """The class in which the student has the place; `class { name }` is its name of today."""

    class_name: str | None
    """The name that the class had in these days: 6А last year where it is 7А today; null for an unknown class."""

    starts_on: Date
    """The first day in the class."""

    ends_on: Date | None
    """The last day in the class; null while the enrolment lasts."""

    is_primary: bool
    """Whether this is the student's main class, where there are several at a time."""


@view_of(documents.Guardianship)
class Guardianship:
    """An adult's responsibility for a student (представительство, опека) with its dates."""

    person: Person = one(directory.people, "person_id")
    """The adult."""

    relation: str | None
    """How the adult is related to the student, in the words of the school: мать, отец, опекун."""

    is_legal_representative: bool
    """Whether the adult is a legal representative (законный представитель)."""

    has_data_access: bool = column("data_access")
    """Whether the adult may read the student's data in the diary (доступ к данным ребёнка)."""

    valid_from: Date | None
    """The first day on which the guardianship is in force; null where the school gives none."""

    valid_to: Date | None
    """The last day on which the guardianship is in force; null where it has no end."""


@extends(documents.Person)
class DirectoryOfStudent:
    """What the directory knows of a student."""

    id: strawberry.ID = column("student_id")
    """The id of the student; `node` and `student` find the student by it."""

    display_name: str
    """The name as screens show it: family name, given name, patronymic."""

    family_name: str
    """The family name (фамилия)."""

    given_name: str
    """The given name (имя)."""

    patronymic: str | None
    """The patronymic (отчество); null for students who have none."""

    birth_date: Date | None = shown(visible_to=INTIMATES)
    """The birth date."""

    school_class: Class | None = batch(directory.class_of, "enrolments", "school_id", name="class")
    """The class of today: the main one of several; null for a student who is in none today."""

    school: School | None = one(directory.schools, "school_id")
    """The school of today."""

    groups: list[Group] | None = batch(directory.groups_of, "memberships", "school_id", list_size=5)
    """The study groups (подгруппы) of today."""

    enrolments: list[Enrolment] | None = batch(directory.enrolments_of, "enrolments", list_size=3)
    """The classes that the student is or was in (зачисления), in order of time."""

    guardians: list[Guardianship] | None = batch(
        directory.guardians_of, "student_id", "school_id", visible_to=INTIMATES, list_size=2
    )
    """The adults who are responsible for the student today (представители). Staff are also shown adults who have no
    data access and do not represent the student legally."""

    email: str | None = batch(directory.email_of_people, "_id", visible_to={Role.ADMINISTRATOR})
    """The e-mail address of the student."""

    phone: str | None = batch(directory.phone_of_people, "_id", visible_to={Role.ADMINISTRATOR})
    """The telephone number of the student."""


@extends(directory.ViewerDocument)
class DirectoryOfViewer:
    """What the directory knows of the viewer."""

    role: Role
    """The role of the sign-in."""

    roles: list[Role] = batch(directory.roles, "person_id", list_size=2)
    """The roles in which this person may sign in today; a token has one of them."""

    version: int | None = batch(directory.profile_version, "person_id", visible_to=NOT_ANALYST)
    """How often the viewer's own data were changed here: `updateMyProfile` takes this number."""

    person: Person = one(directory.people, "person_id")
    """The viewer's own name."""

    email: str | None = batch(directory.email, "person_id", visible_to=NOT_ANALYST)
    """The viewer's own e-mail address."""

    email_to_confirm: str | None = batch(directory.email_to_confirm, "person_id", visible_to=NOT_ANALYST)
    """The address that the viewer has entered and not confirmed yet: a letter with a code for `confirmEmail` is on its
    way to it. Null where none waits."""

    phone: str | None = batch(directory.phone, "person_id", visible_to=NOT_ANALYST)
    """The viewer's own telephone number."""

    missing_fields: list[MandatoryField] | None = batch(
        directory.missing_contacts, "person_id", visible_to={Role.PARENT}, list_size=1
    )
    """The mandatory fields of the viewer's own data that are empty (обязательное поле): `updateMyProfile` fills them.
    """

    school: School | None = one(directory.schools, "school_id")
    """The viewer's school; the first, where `schools` has several."""

    schools: list[School] | None = batch(directory.schools_of_viewer, list_size=2)
    """All schools of the viewer by name: of a parent those of the children, of staff those they work at."""

    student: Student | None = batch(directory.viewer_student, visible_to={Role.STUDENT})
    """The student who is signed in."""

    children: list[Student] | None = batch(directory.children, visible_to={Role.PARENT}, list_size=3)
    """The viewer's children, by name."""

    classes: list[Class] | None = batch(directory.viewer_classes, visible_to=TEACHING, list_size=10)
    """The classes that the viewer teaches or leads."""

    groups: list[Group] | None = batch(directory.viewer_groups, visible_to=TEACHING, list_size=10)
    """The study groups that the viewer teaches."""


@view_of(directory.KnownConsent, visible_to=FAMILY)
class Consent:
    """A text with the consent of one person to it (согласие): given, or not."""

    person: Person = one(directory.people, "person_id")
    """For whom the consent is: the viewer, or a child of theirs."""

    text: str
    """The name of the text, such as personal-data."""

    version: str
    """The version of today; a consent to another one does not count."""

    url: str | None
    """Where the text can be read; null where the school names no place."""

    is_required: bool
    """Whether the diary stays closed without the consent; otherwise it is voluntary."""

    may_give: bool
    """Whether the viewer gives and withdraws this consent: for a small child a legal representative does, and whoever
    is of age alone."""

    given_by: Person | None = one(directory.people, "given_by_id")
    """Who gave the consent that is in force; null where there is none."""

    given_at: DateTime | None = instant("given_at")
    """When it was given; null where there is none."""


@extends(RootDocument)
class DirectoryOfQuery:
    """Where clients enter the graph: the viewer, and the students, schools, classes and people around them."""

    viewer: Viewer = batch(directory.viewer)
    """Who is signed in, and in which role: the place to begin."""

    student: Student | None = batch(directory.student)
    """One student by id. A student whom the viewer may not read is not found, like one who does not exist."""

    students: Connection[Student] | None = batch(directory.students_of_school, visible_to=STAFF)
    """The students whom the viewer may read, by name."""

    school: School | None = batch(directory.school, cache=OWN)
    """The viewer's school; of a parent whose children are at several schools, the first."""

    school_class: Class | None = batch(directory.class_by_id, name="class", cache=OWN)
    """One class of the viewer's schools by its id."""

    classes: Connection[Class] | None = batch(directory.classes_of_school)
    """The classes of the viewer's schools, by grade level and letter."""

    staff: Connection[Person] | None = batch(directory.staff, visible_to={Role.ADMINISTRATOR})
    """Who holds, held or will hold a role of staff (сотрудники) at the viewer's schools, by name; `heldRoles` has their
    dates."""

    people: Connection[Person] | None = batch(directory.people_of_viewer, visible_to=NOT_ANALYST)
    """The people whose names the viewer may read, by name."""

    consents: list[Consent] | None = batch(directory.consents, visible_to=FAMILY, list_size=5)
    """The consents (согласия) of the viewer, then those of the children, the required ones first. It can be read while
    a required one is missing and everything else is the error CONSENT_MISSING."""


class Consenting(TypedDict):
    """A resolver's value for `ConsentsPayload`."""

    user_errors: list[writing.UserError]


@view_of(Consenting)
class ConsentsPayload:
    """The result of giving or withdrawing a consent."""

    consents: list[Consent] | None = batch(directory.consents, visible_to=FAMILY, list_size=5)
    """All consents as they are now, as `Query.consents` has them."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the consent was given or withdrawn."""


class OwnProfile(TypedDict):
    """A resolver's value for `UpdateMyProfilePayload`: whose profile it is, and the user's errors."""

    person_id: PersonId
    user_errors: list[writing.UserError]


@view_of(OwnProfile)
class UpdateMyProfilePayload:
    """The result of changing one's own data."""

    viewer: Viewer | None = batch(directory.viewer)
    """The viewer as they are now; beside the error CONFLICT too."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the data were changed."""


@view_of(documents.Registration)
class RegisteredAccount:
    """An account of an identity provider that the school does not know yet, behind a registration number."""

    display_name: str | None
    """The name of its owner, as the provider says; null where it says none."""

    birth_date: Date | None
    """The birth date of its owner, as the provider says; null where it says none."""


class ManagedPerson(TypedDict):
    """A resolver's value for `ManagedPersonPayload`."""

    person_id: PersonId
    user_errors: list[writing.UserError]


@view_of(ManagedPerson)
class ManagedPersonPayload:
    """The result of changing the roles or the records of a person."""

    person: Person | None = one(directory.known_people, "person_id")
    """The person, whose `heldRoles` are as they are now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@view_of(directory.IssuedCode)
class InvitationCode:
    """A code by which a student comes in, or one more adult as their parent (код приглашения). It is shown once."""

    student: Student | None = one(directory.students, "student_id")
    """The student."""

    audience: InvitationAudience
    """For whom the code is, to be printed beside it."""

    code: str
    """The code, such as 7K3QX-9TM2A: for one person, once, within 60 days."""


class IssuedCodes(TypedDict):
    """A resolver's value for `IssueInvitationCodesPayload`."""

    codes: list[directory.IssuedCode] | None
    user_errors: list[writing.UserError]


@view_of(IssuedCodes)
class IssueInvitationCodesPayload:
    """The result of issuing invitation codes."""

    codes: list[InvitationCode] | None = shown(list_size=30)
    """The codes in the order of the students; null where the mutation was repeated with its idempotency key."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the codes were issued."""


class AddedChildren(TypedDict):
    """A resolver's value for `AddChildByCodePayload`."""

    child_ids: list[PersonId] | None
    user_errors: list[writing.UserError]


@view_of(AddedChildren)
class AddChildByCodePayload:
    """The result of adding children by their codes."""

    children: list[Person] | None = batch(directory.children_of_codes, "child_ids", list_size=2)
    """The names of the children who were added; `Viewer.children` has them from the next request on."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the children were added."""


class EnteredNumber(TypedDict):
    """A resolver's value for `EnterRegistrationNumberPayload`."""

    number: str | None
    linked_person_id: PersonId | None
    user_errors: list[writing.UserError]


@view_of(EnteredNumber)
class EnterRegistrationNumberPayload:
    """The result of entering a registration number."""

    account: RegisteredAccount | None = one(directory.registered_account, "number")
    """Whose account it is, as long as it is not linked: compare it with the person before you confirm."""

    linked_person: Person | None = one(directory.people, "linked_person_id")
    """The person to whom the account is linked now, who can sign in; null while it is not confirmed."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the number was found."""


@extends(RootDocument)
class DirectoryOfMutation:
    """What the directory adds to the mutations."""

    update_my_profile: UpdateMyProfilePayload | None = mutation(
        directory.update_my_profile, subsystem="directory", visible_to=NOT_ANALYST
    )
    """Changes the viewer's own names, e-mail address and telephone number; the names of a student are entered by the
    school. User errors: REQUIRED, INVALID_INPUT, TOO_LONG, TOO_MANY, NOT_FOUND, NOT_ALLOWED, CONFLICT."""

    confirm_email: UpdateMyProfilePayload | None = mutation(
        directory.confirm_email, subsystem="directory", visible_to=NOT_ANALYST
    )
    """Makes the address of `emailToConfirm` the viewer's own by the code of the letter (подтверждение почты). User
    errors: NOT_FOUND, INVALID_INPUT, TOO_MANY."""

    enter_registration_number: EnterRegistrationNumberPayload | None = mutation(
        directory.enter_registration_number, subsystem="directory", visible_to={Role.CLASS_TEACHER}
    )
    """Links the account behind a registration number (регистрационный номер), which somebody was shown when signing in,
    to a student of the viewer's class or to a parent of one. First without `confirmed`, to see whose account it is.
    User errors: INVALID_INPUT, NOT_FOUND, TOO_MANY."""

    give_consent: ConsentsPayload | None = mutation(directory.give_consent, subsystem="directory", visible_to=FAMILY)
    """Consents to a text (согласие) for the viewer or for a child. User errors: NOT_FOUND, NOT_ALLOWED, CONFLICT."""

    withdraw_consent: ConsentsPayload | None = mutation(
        directory.withdraw_consent, subsystem="directory", visible_to=FAMILY
    )
    """Withdraws a consent (отзыв согласия). Without one that is required the diary is closed to the family from the
    next request on. User errors: NOT_FOUND, NOT_ALLOWED."""

    grant_role: ManagedPersonPayload | None = mutation(
        directory.grant_role, subsystem="directory", visible_to={Role.ADMINISTRATOR}
    )
    """Gives somebody of the viewer's schools a role of staff there (назначение роли). User errors: REQUIRED,
    INVALID_INPUT, OUT_OF_RANGE, NOT_FOUND, NOT_ALLOWED, OVERLAPS."""

    end_role: ManagedPersonPayload | None = mutation(
        directory.end_role, subsystem="directory", visible_to={Role.ADMINISTRATOR}
    )
    """Ends a role of staff at a school of the viewer, at once or on a day to come; the last administrator of a school
    keeps theirs. User errors: REQUIRED, OUT_OF_RANGE, NOT_FOUND, NOT_ALLOWED."""

    issue_invitation_codes: IssueInvitationCodesPayload | None = mutation(
        directory.issue_invitation_codes, subsystem="directory", visible_to={Role.ADMINISTRATOR}
    )
    """Issues codes (код приглашения) by which students register, or parents register and add their children, in the
    place of codes that were not used. User errors: REQUIRED, INVALID_INPUT, TOO_LONG, TOO_MANY, NOT_FOUND."""

    add_child_by_code: AddChildByCodePayload | None = mutation(
        directory.add_child_by_code, subsystem="directory", visible_to={Role.PARENT}
    )
    """Makes the viewer a parent of the student of each code («Дети» → «Добавить»), of all or of none. User errors:
    REQUIRED, INVALID_INPUT, TOO_MANY, NOT_FOUND, NOT_ALLOWED, TAKEN."""

    merge_accounts: ManagedPersonPayload | None = mutation(
        directory.merge_accounts, subsystem="directory", visible_to={Role.ADMINISTRATOR}
    )
    """Makes two records of one adult one person (объединение учётных записей), whose children, roles and accounts are
    those of both. User errors: INVALID_INPUT, NOT_FOUND, NOT_ALLOWED."""
