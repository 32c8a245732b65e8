"""Table 2.3 of the domain: which roles may read which field, of their own students, written once as data.

Every field of the schema stands here exactly once. A field that does not fails the tests: say who may see it.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

S, P, T, C, A, N = "STUDENT", "PARENT", "TEACHER", "CLASS_TEACHER", "ADMINISTRATOR", "ANALYST"
ROLES: Final = (S, P, T, C, A, N)
EVERYONE: Final = frozenset(ROLES)
FAMILY: Final = frozenset({S, P})
PEOPLE: Final = EVERYONE - {N}
"""All who work with persons: an analyst sees aggregates alone."""

LIST: Final = "edges nodes pageInfo totalCount"
EDGE: Final = "cursor node"
STATISTICS: Final = ("Marks", "Attendance", "Points", "Families")
CELL: Final = (
    "region municipality school schoolName gradeLevel class className academicYear term month weekStartsOn students "
    "isSuppressed suppression suppressionNote isExact comparedTo previous"
)
"""The fields of cells of all statistics."""


class Row(NamedTuple):
    """A row of the table: what it is about, who may read it, and its fields by type."""

    what: str
    roles: frozenset[str]
    fields: Mapping[str, str]


def listed(field: str, node: str, fields: str) -> Mapping[str, str]:
    """The field of a student that lists all *node* objects in pages, and the *fields* of such an object."""
    return {"Student": field, node: fields, f"{node}Connection": LIST, f"{node}Edge": EDGE}


TABLE: Final = (
    Row(
        "remarks, by every way to one",
        frozenset({P}),
        {
            "Lesson": "remarks",
            **listed("remarks", "Remark", "id madeOn text kind lesson subject author"),
            "Subscription": "remarkAdded",
            "RemarkEvent": "student remark",
        },
    ),
    Row(
        "tests and own attempts",
        frozenset({S}),
        {
            "Student": "tests",
            "Test": "id title subject author opensAt closesAt state questionCount maxScore attemptLimit attemptsLeft "
            "attempts",
            "TestAttempt": "id number startedAt submittedAt score state questions",
            "TestQuestion": "id kind text points options optionIds answerText answerNumber awarded correctAnswers",
            "TestOption": "id text",
            "Mutation": "startTest saveAnswers submitTest",
            "Subscription": "testAssigned",
            "TestAttemptPayload": "attempt test userErrors",
        },
    ),
    Row(
        "the teaching side of tests",
        frozenset({T, C}),
        {
            "Viewer": "authoredTests",
            "AuthoredTest": "id title subject opensAt closesAt attemptLimit maxScore questions version assignedTo "
            "attempts",
            "AuthoredTestConnection": LIST,
            "AuthoredTestEdge": EDGE,
            "AuthoredQuestion": "id kind text points options acceptedAnswers number tolerance",
            "AuthoredOption": "id text isCorrect",
            "AttemptToCheck": "id person number startedAt submittedAt state score answers version",
            "AttemptToCheckConnection": LIST,
            "AttemptToCheckEdge": EDGE,
            "CheckedAnswer": "question optionIds text number points",
            "Mutation": "createTest updateTest assignTest gradeTest publishTestToJournal",
            "TestMadePayload": "id doneAt userErrors",
            "GradeTestPayload": "attempt userErrors",
            "PublishTestToJournalPayload": "work marks userErrors",
        },
    ),
    Row(
        "module courses and the choice of one",
        frozenset({S}),
        {
            "Student": "moduleCourses",
            "ModuleCourse": "id title kind description periods capacity freePlaces chooseFrom chooseUntil canChoose "
            "choice",
            "CourseChoice": "period chosenAt",
            "Mutation": "chooseModuleCourse withdrawChoice",
            "ModuleCoursePayload": "course student userErrors",
        },
    ),
    Row("when a module course can be taken", frozenset({S, A}), {"CoursePeriod": "id name startsOn endsOn freePlaces"}),
    Row(
        "the module courses of a school with all choices, from which groups are formed",
        frozenset({A}),
        {
            "School": "moduleCourses",
            "OfferedCourse": "id title kind classes periods capacity taken chooseFrom chooseUntil choices",
            "ChoiceOfStudent": "id person student period chosenAt",
            "ChoiceOfStudentConnection": LIST,
            "ChoiceOfStudentEdge": EDGE,
            "Mutation": "formCourseGroup",
            "FormCourseGroupPayload": "group students userErrors",
        },
    ),
    Row(
        "absence notices",
        frozenset({P, C}),
        {
            "DaysRange": "first last",
            **listed(
                "absenceNotices",
                "AbsenceNotice",
                "id kind days dates lessons reason state version sentBy sentAt confirmedBy confirmedAt",
            ),
        },
    ),
    Row(
        "the acknowledgement of a week",
        frozenset({P, C}),
        {"DiaryWeek": "acknowledgement", "Acknowledgement": "acknowledgedAt by"},
    ),
    Row(
        "attestation debts",
        frozenset({P, C, A}),
        {"Student": "attestationDebts", "AttestationDebt": "id subject period since resitOn state"},
    ),
    Row(
        "the student's own submission",
        frozenset({S}),
        {"Homework": "submission"},
    ),
    Row(
        "work that was handed in: one's own, or what one has to check",
        frozenset({S, T, C}),
        {"Submission": "id student homework submittedAt text attachments isLate state answer doneItems version"},
    ),
    Row(
        "the list of work to check",
        frozenset({T, C}),
        {"Viewer": "submissions", "SubmissionConnection": LIST, "SubmissionEdge": EDGE},
    ),
    Row(
        "files that the viewer uploaded",
        frozenset({S, P, T, C, A}),
        {
            "Viewer": "files",
            "Query": "file",
            "File": "id name sizeBytes mediaType purpose state createdAt url thumbnailUrl upload",
            "FileConnection": LIST,
            "FileEdge": EDGE,
            "Upload": "url method headers expiresAt",
            "UploadHeader": "name value",
            "RequestUploadPayload": "file userErrors",
            "RemoveFilePayload": "removedFileId userErrors",
            "Mutation": "requestUpload removeFile",
        },
    ),
    Row(
        "the teaching side of marks",
        frozenset({T, C, A}),
        {"Mark": "history", "FinalGrade": "history", "MarkChange": "changedAt changedBy oldValue newValue review"},
    ),
    Row(
        "diary, lessons, homework, marks, final grades, dynamics, attendance, comments, missed and control works",
        PEOPLE,
        {
            "Student": "diary homework comments attendance attendanceSummary missedLessons marks performance "
            "finalGrades plannedControlWorks",
            "DiaryWeek": "startsOn endsOn days",
            "DiaryDay": "date holiday lessons",
            "Lesson": "id date number startsAt endsAt subject teachers room status substitution movedTo movedFrom "
            "topic isControlWork isExtended homework classwork marks attendance comments",
            "LessonConnection": LIST,
            "LessonEdge": EDGE,
            "Homework": "id kind subject text items assignedOn dueOn estimatedMinutes isIndividual attachments author "
            "status version conversations",
            "HomeworkConnection": LIST,
            "HomeworkEdge": EDGE,
            "Attachment": "id name url thumbnailUrl mediaType sizeBytes",
            "TeacherComment": "id madeOn text lesson subject author",
            "CommentConnection": LIST,
            "CommentEdge": EDGE,
            "AttendanceRecord": "id date lesson subject status minutesLate reason sourceStatus",
            "AttendanceConnection": LIST,
            "AttendanceEdge": EDGE,
            "AttendanceSummary": "present absent late excused lessons",
            "Mark": "id value numericValue scale weight displayWeight isPoint pointValidUntil isOverdue "
            "countsTowardsAverage isExam comment hasComment givenOn givenBy subject lesson work journal "
            "version reviews",
            "MarkConnection": LIST,
            "MarkEdge": EDGE,
            "Work": "id title kind subject plannedOn isControlWork maxScore",
            "SubjectPerformance": "subject period average averageKind simpleAverage weightedAverage markCount marks "
            "weekly classAverage finalGrade",
            "WeeklyAverage": "weekStartsOn average markCount",
            "FinalGrade": "id subject period academicYear kind value numericValue computedAverage givenBy version",
        },
    ),
    Row(
        "requests to review marks, to a teacher in their own subjects",
        PEOPLE,
        listed(
            "gradeReviews",
            "GradeReview",
            "id mark student subject reason state requestedBy requestedAt answer answeredBy answeredAt oldValue "
            "newValue version",
        ),
    ),
    Row("the requests that a teacher answers", frozenset({T}), {"Viewer": "gradeReviews"}),
    Row("what families ask of a teacher", FAMILY, {"Mutation": "requestGradeReview"}),
    Row("what is answered to families", frozenset({T, A}), {"Mutation": "answerGradeReview"}),
    Row(
        "what became of a request to review a mark",
        frozenset({S, P, T, A}),
        {"GradeReviewPayload": "review mark student userErrors"},
    ),
    Row(
        "portfolio and achievements; of a teacher those to confirm",
        PEOPLE,
        {
            "Student": "portfolio",
            "Portfolio": "academicResults achievements",
            "Achievement": "id type title achievedOn rounds points presencePoints defencePoints status addedBy "
            "confirmedBy attachments student teacher rejectionReason version",
            "AchievementConnection": LIST,
            "AchievementEdge": EDGE,
            "AchievementRound": "name place participated points",
            "AchievementType": "id name kind isLinkedToTeacher scoring",
            "ScoringTable": "pointsByPlace pointsForParticipation maxPresencePoints maxDefencePoints version",
            "School": "achievementTypes",
        },
    ),
    Row(
        "what is done in portfolios",
        PEOPLE - {A},
        {
            "Mutation": "addAchievement editAchievement attachToAchievement deleteAchievement",
            "AchievementPayload": "achievement student userErrors",
            "DeleteAchievementPayload": "deletedAchievementId achievement student userErrors",
        },
    ),
    Row(
        "confirming, and the portfolio of a teacher",
        frozenset({T, C}),
        {
            "Mutation": "confirmAchievement rejectAchievement",
            "Viewer": "achievementsToConfirm preparedAchievements",
            "PreparedAchievement": "id person type title achievedOn rounds points",
            "PreparedAchievementConnection": LIST,
            "PreparedAchievementEdge": EDGE,
        },
    ),
    Row(
        "what achievements are worth",
        frozenset({A}),
        {"Mutation": "setScoringTable", "SetScoringTablePayload": "type userErrors"},
    ),
    Row(
        "the rating, which is not to be confirmed",
        frozenset({S, P, C, A}),
        {
            "Portfolio": "rating sections",
            "PortfolioRating": "score classAverage areas",
            "RatingArea": "name score share",
            "PortfolioSection": "type averageScore share count",
        },
    ),
    Row(
        "curriculum and work programmes, reached from a student",
        PEOPLE,
        {"Student": "curriculum workProgrammes"},
    ),
    Row(
        "curriculum, work programmes, calendar, bells, holidays; the school itself",
        EVERYONE,
        {
            "Curriculum": "id name academicYear items",
            "CurriculumItem": "subject workloadHours hoursPerWeek hoursByMonth passedHours",
            "MonthHours": "month hours",
            "WorkProgramme": "id subject name academicYear topics",
            "CurriculumConnection": LIST,
            "CurriculumEdge": EDGE,
            "WorkProgrammeConnection": LIST,
            "WorkProgrammeEdge": EDGE,
            "Topic": "number title hours section",
            "CalendarPeriod": "name kind startsOn endsOn colour",
            "BellPeriod": "number startsAt endsAt breakMinutes shift",
            "Holiday": "name startsOn endsOn kind",
            "SchoolEvent": "id title startsAt endsAt place",
            "School": "id name shortName timeZone kind averageKind academicYears currentYear gradeScales workKinds "
            "asksForHomeworkTicks "
            "bells holidays calendar attestationPeriods events curricula workProgrammes",
            "AcademicYear": "id name startsOn endsOn",
            "AttestationPeriod": "id name kind ordinal subject classes group startsOn endsOn",
            "WorkKind": "id name abbreviation weight countsTowardsAverage",
            "GradeScale": "id name minValue maxValue values",
            "GradeScaleValue": "value numericValue isPassing",
            "Subject": "id name shortName",
            "Class": "id name gradeLevel school",
            "ClassConnection": LIST,
            "ClassEdge": EDGE,
            "Group": "id name subject class",
            "Query": "viewer node school class classes",
            "Node": "id",
            "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
        },
    ),
    Row(
        "the bare timetable of any class",
        PEOPLE,
        {
            "Student": "timetable",
            "Class": "timetable",
            "TimetableWeek": "startsOn endsOn days",
            "TimetableDay": "date holiday lessons",
            "TimetableLesson": "id date number startsAt endsAt subject teachers room building status substitution "
            "group isExtended movedTo movedFrom",
            "Substitution": "insteadOfSubject originalTeacher substituteTeacher",
        },
    ),
    Row(
        "people: names of the class's students, of parents, of teachers with their subjects",
        PEOPLE,
        {
            "Class": "classTeacher members parents teachers",
            "Group": "teachers",
            "TeacherOfSubject": "teacher subject",
            "PersonConnection": LIST,
            "PersonEdge": EDGE,
            "Query": "people",
        },
    ),
    Row("a name, if only one's own", EVERYONE, {"Person": "id displayName familyName givenName patronymic"}),
    Row("the phone and e-mail of others", frozenset({A}), {"Person": "email phone", "Student": "email phone"}),
    Row("the mandatory contacts that a parent has not entered", frozenset({P}), {"Viewer": "missingFields"}),
    Row(
        "one's own phone and e-mail, and changing one's own data",
        PEOPLE,
        {
            "Viewer": "email emailToConfirm phone version",
            "Mutation": "updateMyProfile confirmEmail",
            "UpdateMyProfilePayload": "viewer userErrors",
        },
    ),
    Row(
        "secret addresses of one's own: of calendars",
        FAMILY,
        {
            "Viewer": "calendarFeeds",
            "CalendarFeed": "id student createdAt lastUsedAt",
            "Mutation": "createCalendarFeed revokeCalendarFeed",
            "CreateCalendarFeedPayload": "feed path userErrors",
            "RevokeCalendarFeedPayload": "feed userErrors",
        },
    ),
    Row(
        "keys of saved queries and exports of one's own",
        EVERYONE,
        {
            "Viewer": "queryKeys exports",
            "Export": "id state format rows failure size path queuedAt endedAt expiresAt",
            "ExportReportPayload": "export userErrors",
            "QueryKey": "id query createdAt expiresAt lastUsedAt",
            "Mutation": "createQueryKey revokeQueryKey exportReport",
            "CreateQueryKeyPayload": "key secret userErrors",
            "RevokeQueryKeyPayload": "key userErrors",
            "UserError": "code message field limit retryAt",
        },
    ),
    Row(
        "who holds which role of staff where, and giving and ending it",
        frozenset({A}),
        {
            "Query": "staff",
            "Person": "heldRoles",
            "HeldRole": "role school startsOn endsOn isInForce",
            "Mutation": "grantRole endRole mergeAccounts",
            "ManagedPersonPayload": "person userErrors",
        },
    ),
    Row(
        "consents of the family: reading, giving and withdrawing them",
        FAMILY,
        {
            "Query": "consents",
            "Consent": "person text version url isRequired mayGive givenBy givenAt",
            "Mutation": "giveConsent withdrawConsent",
            "ConsentsPayload": "consents userErrors",
        },
    ),
    Row(
        "codes by which parents add children: issuing them",
        frozenset({A}),
        {
            "Mutation": "issueInvitationCodes",
            "IssueInvitationCodesPayload": "codes userErrors",
            "InvitationCode": "student audience code",
        },
    ),
    Row(
        "codes by which parents add children: using them",
        frozenset({P}),
        {"Mutation": "addChildByCode", "AddChildByCodePayload": "children userErrors"},
    ),
    Row(
        "linking the account behind a registration number",
        frozenset({C}),
        {
            "Mutation": "enterRegistrationNumber",
            "EnterRegistrationNumberPayload": "account linkedPerson userErrors",
            "RegisteredAccount": "displayName birthDate",
        },
    ),
    Row("the birth date and the guardians", frozenset({S, P, C, A}), {"Student": "birthDate guardians"}),
    Row(
        "guardians",
        frozenset({S, P, C, A}),
        {"Guardianship": "person relation isLegalRepresentative hasDataAccess validFrom validTo"},
    ),
    Row(
        "a student whom the viewer may read",
        PEOPLE,
        {
            "Query": "student",
            "Student": "id displayName familyName givenName patronymic class school groups enrolments",
            "Enrolment": "class className startsOn endsOn isPrimary",
        },
    ),
    Row(
        "lists of students, for those who have many",
        frozenset({T, C, A}),
        {"Query": "students", "Class": "students", "StudentConnection": LIST, "StudentEdge": EDGE},
    ),
    Row(
        "who of the staff read data of the student; students from 18 years on",
        frozenset({S, P}),
        listed("disclosures", "Disclosure", "day person role kinds count"),
    ),
    Row(
        "audit events",
        frozenset({A}),
        {
            "Query": "auditEvents refusedMutations",
            "RefusedMutationConnection": LIST,
            "RefusedMutationEdge": EDGE,
            "RefusedMutation": "id day person role mutation code count",
            "AuditEventConnection": LIST,
            "AuditEventEdge": EDGE,
            "AuditEvent": "id number at action role actor objectId studentId student changes client requestId hash "
            "isErased",
            "AuditChange": "field before after isWithheld",
        },
    ),
    Row(
        "findings of the integrity checks",
        frozenset({A}),
        {
            "Query": "integrityFindings",
            "School": "integrityRun",
            "IntegrityFinding": "id school rule severity state message responsible objectId person studentId "
            "firstSeenAt lastSeenAt fixedAt acceptedAt acceptedBy reason version",
            "IntegrityFindingConnection": LIST,
            "IntegrityFindingEdge": EDGE,
            "IntegrityRun": "id state requestedAt requestedBy startedAt endedAt openCount fixedCount",
            "Mutation": "runIntegrityCheck acceptFinding reopenFinding",
            "RunIntegrityCheckPayload": "run userErrors",
            "AcceptFindingPayload": "finding userErrors",
            "ReopenFindingPayload": "finding userErrors",
        },
    ),
    Row("who asks", EVERYONE, {"Viewer": "role roles person school schools"}),
    Row(
        "lessons given for another teacher",
        frozenset({T}),
        {
            "Viewer": "substitutions",
            "SubstituteLesson": "id date number startsAt endsAt subject room members",
            "SubstituteLessonMember": "person lesson",
        },
    ),
    Row(
        "statistics",
        frozenset({A, N}),
        {
            "Query": "analytics",
            "Analytics": "builtAt asOf marks attendance points families",
            "MarksAggregate": f"{CELL} subject subjectName workKind workKindName marks average quality success "
            "degreeOfLearning distribution",
            "AttendanceAggregate": f"{CELL} subject subjectName lessons absent late excused missedPerStudent "
            "distribution",
            "PointsAggregate": f"{CELL} subject subjectName points overdue overdueShare",
            "FamiliesAggregate": f"{CELL} weeks acknowledged",
            "AnalyticsTerm": "name kind ordinal isCurrent startsOn endsOn",
            "ValueCount": "value count share bound",
            **{f"{statistic}AggregateConnection": LIST for statistic in STATISTICS},
            **{f"{statistic}AggregateEdge": EDGE for statistic in STATISTICS},
        },
    ),
    Row(
        "changes of marks and attendance, of whom one may read them",
        frozenset({S, P, T, C, A}),
        {
            "Subscription": "markChanged attendanceChanged",
            "MarkEvent": "student mark",
            "AttendanceEvent": "student attendance",
        },
    ),
    Row(
        "changes of homework and lessons",
        FAMILY,
        {
            "Subscription": "homeworkChanged lessonChanged",
            "HomeworkEvent": "student homework",
            "LessonEvent": "student lesson",
        },
    ),
    Row(
        "changes of notices of absence",
        frozenset({P, C}),
        {"Subscription": "absenceNoticeStateChanged", "AbsenceNoticeEvent": "student absenceNotice"},
    ),
    Row("the notices of absence of the class led", frozenset({C}), {"Viewer": "absenceNotices"}),
    Row(
        "announcements, and whether one has read them",
        frozenset({S, P, T, C, A}),
        {
            "Query": "announcements banners",
            "Viewer": "unreadAnnouncements",
            "Announcement": "id title body publishedAt editedAt author school classes groups roles validUntil startsOn "
            "endsOn event isBanner isRead isArchived attachments version",
            "AnnouncementConnection": LIST,
            "AnnouncementEdge": EDGE,
            "Mutation": "markAnnouncementRead",
            "Subscription": "announcementAdded",
            "AnnouncementPayload": "announcement viewer userErrors",
        },
    ),
    Row(
        "the inbox of families, and what they are told of",
        FAMILY,
        {
            "Query": "notifications",
            "Viewer": "unreadNotifications notificationSettings",
            "Notification": "id kind at student object isRead",
            "NotificationConnection": LIST,
            "NotificationEdge": EDGE,
            "NotificationSettings": "kinds channels quietHours language timeZone digest",
            "NotificationDigest": "frequency weekday at",
            "QuietHours": "startsAt endsAt",
            "NotificationKindSettings": "kind channels",
            "Mutation": "markNotificationsRead setNotificationSettings",
            "Subscription": "notificationAdded",
            "MarkNotificationsReadPayload": "notifications viewer userErrors",
            "SetNotificationSettingsPayload": "settings userErrors",
        },
    ),
    Row(
        "what class teachers and administrators announce",
        frozenset({C, A}),
        {
            "Mutation": "createAnnouncement editAnnouncement archiveAnnouncement deleteAnnouncement",
            "DeleteAnnouncementPayload": "deletedAnnouncementId announcement viewer userErrors",
        },
    ),
    Row(
        "conversations and messages, of those who take part",
        frozenset({S, P, T, C, A}),
        {
            "Query": "conversations messageRecipients",
            "Viewer": "unreadMessages mailboxSettings",
            "MailboxSettings": "signature officeHours version",
            "OfficeHours": "weekdays startsAt endsAt",
            "MessageRecipient": "id person side officeHours",
            "MessageRecipientConnection": LIST,
            "MessageRecipientEdge": EDGE,
            "Message": "id author sentAt editedAt body signature revisions isDeleted isRead attachments ownReport "
            "version",
            "OwnMessageReport": "reportedAt reason decision answer settledAt",
            "MessageRevision": "text replacedAt",
            "MessageConnection": LIST,
            "MessageEdge": EDGE,
            "Conversation": "id title homework isGroup participants admins hasLeft unreadCount lastMessageAt "
            "lastMessage messages version",
            "ConversationConnection": LIST,
            "ConversationEdge": EDGE,
            "Mutation": "sendMessage editMessage deleteMessage createConversation editConversation leaveConversation "
            "markConversationRead markConversationUnread hideConversation reportMessage setMailboxSettings",
            "Subscription": "messageReceived",
            "MessagePayload": "message conversations notifiedLater viewer userErrors",
            "LaterNotice": "person notifiedAt",
            "MailboxSettingsPayload": "settings userErrors",
            "ConversationPayload": "conversation viewer userErrors",
            "HideConversationPayload": "hiddenConversationId viewer userErrors",
            "ReportMessagePayload": "reportedMessageId userErrors",
        },
    ),
    Row(
        "messages that were reported to the school",
        frozenset({A}),
        {
            "Query": "messageReports",
            "MessageReport": "id reportedBy reportedAt reason messages decision answer settledBy settledAt version",
            "Mutation": "settleMessageReport",
            "SettleMessageReportPayload": "report userErrors",
            "ReportedText": "author sentAt text revisions",
            "MessageReportConnection": LIST,
            "MessageReportEdge": EDGE,
        },
    ),
    Row(
        "services and payments",
        frozenset({P}),
        {
            "Student": "services payments",
            "Service": "id name description price per startsOn endsOn subscription",
            "ServiceSubscription": "id subscribedBy subscribedAt",
            "Payments": "account invoices",
            "Account": "balance asOf",
            "Invoice": "id title amount paid issuedOn dueOn state",
            "InvoiceConnection": LIST,
            "InvoiceEdge": EDGE,
            "Mutation": "subscribeToService unsubscribe",
            "ServicePayload": "service student userErrors",
        },
    ),
    Row("the student himself", frozenset({S}), {"Viewer": "student"}),
    Row("the parent's children", frozenset({P}), {"Viewer": "children"}),
    Row("the classes and groups taught", frozenset({T, C}), {"Viewer": "classes groups"}),
    Row(
        "what parents do",
        frozenset({P}),
        {
            "Mutation": "acknowledgeDiary submitAbsenceNotice cancelAbsenceNotice",
            "AcknowledgeDiaryPayload": "week student userErrors",
        },
    ),
    Row("what class teachers do", frozenset({C}), {"Mutation": "confirmAbsenceNotice rejectAbsenceNotice"}),
    Row(
        "what administrators change in the timetable",
        frozenset({A}),
        {
            "Mutation": "editLesson moveLesson cancelLesson substitute",
            "TimetableLessonPayload": "lesson overlapping userErrors",
            "TimetableLesson": "version classes",
        },
    ),
    Row("what became of a notice of absence", frozenset({P, C}), {"AbsenceNoticePayload": "notice student userErrors"}),
    Row(
        "what students do",
        frozenset({S}),
        {
            "Mutation": "markHomeworkDone submitHomework withdrawSubmission",
            "MarkHomeworkDonePayload": "homework student userErrors",
            "SubmitHomeworkPayload": "homework student userErrors",
            "WithdrawSubmissionPayload": "homework student userErrors",
        },
    ),
    Row(
        "the journal of a teacher, and what they write there",
        frozenset({T, C}),
        {
            "Query": "lessonJournal",
            "LessonJournal": "class group subject lessons works rows",
            "JournalRow": "person student lessons marks",
            "Mutation": "giveMark giveMarks changeMark removeMark setPoint createWork planControlWork",
            "GiveMarkPayload": "mark lesson student warnings userErrors",
            "GiveMarksPayload": "marks students work warnings userErrors",
            "ChangeMarkPayload": "mark lesson student userErrors",
            "RemoveMarkPayload": "deletedMarkId mark lesson student userErrors",
            "SetPointPayload": "mark lesson student userErrors",
            "MarkWarning": "code message field mark",
            "CreateWorkPayload": "work userErrors",
            "PlanControlWorkPayload": "work userErrors",
        },
    ),
    Row(
        "final grades: of open periods by teachers, of closed ones by administrators",
        frozenset({T, C, A}),
        {"Mutation": "setFinalGrade", "SetFinalGradePayload": "finalGrade student userErrors"},
    ),
    Row(
        "what teachers write into the diary",
        frozenset({T}),
        {
            "Mutation": "recordAttendance assignHomework updateHomework",
            "RecordAttendancePayload": "lessons students userErrors",
            "HomeworkPayload": "homework userErrors",
            "Query": "assignedHomework",
            "AssignedHomework": "id version kind subject text items assignedOn dueOn estimatedMinutes isIndividual "
            "attachments author tasks",
        },
    ),
    Row(
        "what staff write about a student, of remarks no more than id and time",
        frozenset({T, C}),
        {
            "Mutation": "addRemark withdrawRemark addComment answerSubmission",
            "AnswerSubmissionPayload": "submission userErrors",
            "AddRemarkPayload": "id madeAt userErrors",
            "WithdrawRemarkPayload": "withdrawnRemarkId userErrors",
            "AddCommentPayload": "comment student lesson userErrors",
        },
    ),
)

WRITTEN: Final = frozenset(
    {
        "Subscription",
        "MarkEvent",
        "RemarkEvent",
        "HomeworkEvent",
        "LessonEvent",
        "AttendanceEvent",
        "AbsenceNoticeEvent",
        "AbsenceNoticePayload",
        "AcceptFindingPayload",
        "AchievementPayload",
        "AcknowledgeDiaryPayload",
        "AddChildByCodePayload",
        "AddCommentPayload",
        "AddRemarkPayload",
        "AnnouncementPayload",
        "AnswerSubmissionPayload",
        "AssignedHomework",
        "ChangeMarkPayload",
        "ConsentsPayload",
        "ConversationPayload",
        "CreateCalendarFeedPayload",
        "CreateQueryKeyPayload",
        "CreateWorkPayload",
        "DeleteAchievementPayload",
        "DeleteAnnouncementPayload",
        "EnterRegistrationNumberPayload",
        "ExportReportPayload",
        "FormCourseGroupPayload",
        "GiveMarkPayload",
        "GiveMarksPayload",
        "GradeReviewPayload",
        "GradeTestPayload",
        "HideConversationPayload",
        "HomeworkPayload",
        "InvitationCode",
        "IssueInvitationCodesPayload",
        "JournalRow",
        "LaterNotice",
        "LessonJournal",
        "MailboxSettingsPayload",
        "ManagedPersonPayload",
        "MarkHomeworkDonePayload",
        "MarkNotificationsReadPayload",
        "MarkWarning",
        "MessagePayload",
        "ModuleCoursePayload",
        "Mutation",
        "PlanControlWorkPayload",
        "PublishTestToJournalPayload",
        "RecordAttendancePayload",
        "RegisteredAccount",
        "RemoveFilePayload",
        "RemoveMarkPayload",
        "ReopenFindingPayload",
        "ReportMessagePayload",
        "RequestUploadPayload",
        "RevokeCalendarFeedPayload",
        "RevokeQueryKeyPayload",
        "RunIntegrityCheckPayload",
        "ServicePayload",
        "SetFinalGradePayload",
        "SetNotificationSettingsPayload",
        "SetPointPayload",
        "SetScoringTablePayload",
        "SettleMessageReportPayload",
        "SubmitHomeworkPayload",
        "TestAttemptPayload",
        "TestMadePayload",
        "TimetableLessonPayload",
        "UpdateMyProfilePayload",
        "UserError",
        "WithdrawRemarkPayload",
        "WithdrawSubmissionPayload",
    }
)
"""The types that only mutations lead to, or `JOURNAL`: no query of these tests asks for them."""

JOURNAL: Final = frozenset({("Query", "lessonJournal"), ("Query", "assignedHomework"), ("Query", "file")})
"""Fields of the root that need an id, or a class and a subject: tests/gateway/writing asks for all of them."""

READERS: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    (named, field): row.roles for row in TABLE for named, fields in row.fields.items() for field in fields.split()
}
"""Who may read each (type, field)."""


def named_twice() -> list[tuple[str, str]]:
    """The fields that stand in more than one row."""
    every = [(named, f) for row in TABLE for named, fields in row.fields.items() for f in fields.split()]
    return sorted({own for own in every if every.count(own) > 1})


def readers_of_type(named: str) -> frozenset[str]:
    """Who may read anything of a type."""
    return frozenset().union(*(roles for (own, _), roles in READERS.items() if own == named))
