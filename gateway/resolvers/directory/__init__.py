"""Directory: the viewer, the students they may read, and the people, classes and subjects around those students.

Which students a viewer may read is decided here and nowhere else: student documents enter the graph only through
`students`.
"""

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
from gateway.resolvers.directory.known_people import guardians_of, known_people, members, parents, people_of_viewer
from gateway.resolvers.directory.people import email_of_people, people, people_of_students, phone_of_people
from gateway.resolvers.directory.profile import update_my_profile
from gateway.resolvers.directory.scope import (
    MERGED,
    ViewerDocument,
    children,
    student,
    students,
    students_of_classes,
    students_of_school,
    viewer_student,
)
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
    "MERGED",
    "NamedEnrolment",
    "TeacherOfSubject",
    "ViewerDocument",
    "academic_years",
    "children",
    "class_by_id",
    "class_of",
    "class_of_groups",
    "class_teacher",
    "classes",
    "classes_of_school",
    "current_year",
    "email",
    "email_of_people",
    "enrolments_of",
    "groups",
    "groups_of",
    "guardians_of",
    "known_people",
    "known_subjects",
    "members",
    "parents",
    "people",
    "people_of_students",
    "people_of_viewer",
    "phone",
    "phone_of_people",
    "profile_version",
    "roles",
    "school",
    "schools",
    "schools_of_viewer",
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
]
