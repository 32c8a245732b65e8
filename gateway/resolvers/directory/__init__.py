"""Directory: the viewer, the students they may read, and the people, classes and subjects around those students.

Which students a viewer may read is decided here and nowhere else: student documents enter the graph only through
`students`.
"""

from gateway.resolvers.directory.accounts import enter_registration_number, registered_account
from gateway.resolvers.directory.classes import (
    NamedEnrolment,
    class_by_id,
    class_of,
    class_of_groups,
    classes,
    classes_of_school,
    enrolments_of,
    groups,
    groups_of,
    known_subjects,
    subjects,
)
from gateway.resolvers.directory.consents import KnownConsent, consents, give_consent, withdraw_consent
from gateway.resolvers.directory.emails import confirm_email, email_to_confirm
from gateway.resolvers.directory.invitations import (
    IssuedCode,
    add_child_by_code,
    children_of_codes,
    issue_invitation_codes,
)
from gateway.resolvers.directory.known_people import guardians_of, known_people, members, parents, people_of_viewer
from gateway.resolvers.directory.merge_accounts import merge_accounts
from gateway.resolvers.directory.people import email_of_people, people, people_of_students, phone_of_people
from gateway.resolvers.directory.profile import update_my_profile
from gateway.resolvers.directory.scope import (
    ViewerDocument,
    children,
    student,
    students,
    students_of_classes,
    students_of_school,
    viewer_student,
)
from gateway.resolvers.directory.staff import HeldRole, end_role, grant_role, held_roles, staff
from gateway.resolvers.directory.teachers import (
    TeacherOfSubject,
    class_teacher,
    teachers_of_classes,
    teachers_of_groups,
)
from gateway.resolvers.directory.viewer import (
    academic_years,
    current_year,
    email,
    missing_contacts,
    phone,
    profile_version,
    roles,
    school,
    schools,
    schools_of_viewer,
    viewer,
    viewer_classes,
    viewer_groups,
)

__all__ = [
    "HeldRole",
    "IssuedCode",
    "KnownConsent",
    "NamedEnrolment",
    "TeacherOfSubject",
    "ViewerDocument",
    "academic_years",
    "add_child_by_code",
    "children",
    "children_of_codes",
    "class_by_id",
    "class_of",
    "class_of_groups",
    "class_teacher",
    "classes",
    "classes_of_school",
    "confirm_email",
    "consents",
    "current_year",
    "email",
    "email_of_people",
    "email_to_confirm",
    "end_role",
    "enrolments_of",
    "enter_registration_number",
    "give_consent",
    "grant_role",
    "groups",
    "groups_of",
    "guardians_of",
    "held_roles",
    "issue_invitation_codes",
    "known_people",
    "known_subjects",
    "members",
    "merge_accounts",
    "missing_contacts",
    "parents",
    "people",
    "people_of_students",
    "people_of_viewer",
    "phone",
    "phone_of_people",
    "profile_version",
    "registered_account",
    "roles",
    "school",
    "schools",
    "schools_of_viewer",
    "staff",
    "student",
    "students",
    "students_of_classes",
    "students_of_school",
    "subjects",
    "teachers_of_classes",
    "teachers_of_groups",
    "update_my_profile",
    "viewer",
    "viewer_classes",
    "viewer_groups",
    "viewer_student",
    "withdraw_consent",
]
