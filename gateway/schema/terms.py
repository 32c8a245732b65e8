"""The Russian terms of the graph, which stand at the end of descriptions: those of `docs/glossary.md`, for clients.

A key is a type, a field of one type (`Student.remarks`), a field of whatever type (`average`), or an enum value, of one
enum or of any. A school speaks Russian: by these words people find in the graph what they know from paper.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

TERMS: Final[Mapping[str, str]] = {
    "AbsenceNotice": "записка, уведомление об отсутствии",
    "AcademicYear": "учебный год",
    "Achievement": "достижение",
    "AchievementRound": "тур",
    "AchievementStatus.UNCONFIRMED": "«н/п», не подтверждено",
    "addChildByCode": "код приглашения",
    "ADMINISTRATOR": "администратор, завуч, директор",
    "ANALYST": "аналитик",
    "analytics": "статистика",
    "Announcement": "объявление",
    "announcements": "объявление",
    "Attachment.thumbnailUrl": "миниатюра",
    "attendance": "посещаемость",
    "AttendanceStatus": "посещаемость",
    "AttestationDebt.resitOn": "пересдача",
    "attestationDebts": "академическая задолженность",
    "AttestationPeriod": "аттестационный период",
    "AuditEvent": "журнал аудита, журнал событий",
    "auditEvents": "журнал аудита, журнал событий",
    "average": "средний балл",
    "averageKind": "средний балл",
    "BellPeriod.breakMinutes": "перемена",
    "BellPeriod.shift": "смена",
    "CalendarFeed": "подписка на календарь",
    "children": "родитель, законный представитель",
    "Class": "класс; группа (колледж)",
    "CLASS_TEACHER": "классный руководитель; куратор (колледж)",
    "classTeacher": "классный руководитель; куратор (колледж)",
    "CLASSWORK": "классная работа",
    "confirmEmail": "подтверждение почты",
    "Consent": "согласие",
    "consents": "согласие",
    "Conversation": "беседа, переписка, диалог",
    "conversations": "беседа, переписка, диалог",
    "Curriculum": "учебный план",
    "degreeOfLearning": "СОУ, степень обученности учащихся",
    "DiaryWeek.acknowledgement": "«Ознакомлен»",
    "Disclosure": "обращение к данным, журнал обращений",
    "displayWeight": "вес",
    "ELECTIVE": "курс по выбору, факультатив",
    "enrolments": "зачисление",
    "enterRegistrationNumber": "регистрационный номер",
    "Export": "выгрузка",
    "exportReport": "выгрузка",
    "EXTENDED": "журнал ДО, дополнительное образование, внеурочка",
    "File.thumbnailUrl": "миниатюра",
    "FinalGrade": "итоговая отметка, промежуточная аттестация",
    "FinalGradeKind.EXAM": "экзамен",
    "giveConsent": "согласие",
    "gradeLevel": "параллель, год обучения",
    "GradeReview": "запрос на пересмотр оценки",
    "GradeScale": "шкала оценивания",
    "grantRole": "роль сотрудника, назначение",
    "Group": "подгруппа, группа",
    "guardians": "представительство, опека",
    "Guardianship": "представительство, опека",
    "HeldRole": "роль сотрудника, назначение",
    "holidays": "каникулы, праздничный день",
    "Homework": "домашнее задание (ДЗ)",
    "Homework.submission": "сдача работы, выполненное ДЗ",
    "runIntegrityCheck": "проверка данных, замечание проверки",
    "integrityFindings": "проверка данных, замечание проверки",
    "IntegrityFinding": "проверка данных, замечание проверки",
    "IntegrityRun": "проверка данных, замечание проверки",
    "isControlWork": "контрольная работа",
    "isExtended": "журнал ДО, дополнительное образование, внеурочка",
    "isLegalRepresentative": "законный представитель",
    "issueInvitationCodes": "код приглашения",
    "isSuppressed": "скрытая ячейка",
    "Lesson": "урок, пара (колледж)",
    "Lesson.classwork": "классная работа",
    "Lesson.topic": "тема урока",
    "lessonJournal": "классный журнал, журнал",
    "LessonStatus.CANCELLED": "отмена урока",
    "LessonStatus.MOVED": "перенос урока",
    "Mark": "оценка, отметка",
    "Mark.comment": "комментарий",
    "Mark.isExam": "экзамен",
    "Mark.isPoint": "«точка», «•»",
    "Mark.journal": "журнал ДО, дополнительное образование, внеурочка",
    "Mark.weight": "вес",
    "Message": "сообщение",
    "MailboxSettings.signature": "подпись",
    "Message.signature": "подпись",
    "MessageReport": "жалоба на сообщение",
    "OfficeHours": "часы приёма",
    "messageReports": "жалоба на сообщение",
    "missingFields": "обязательное поле",
    "missedLessons": "пропущенные уроки",
    "moduleCourses": "модульный курс",
    "movedFrom": "перенос урока",
    "movedTo": "перенос урока",
    "municipality": "муниципалитет, муниципальный округ",
    "Notification": "уведомление",
    "notifications": "уведомление",
    "PARENT": "родитель, законный представитель",
    "patronymic": "отчество",
    "performance": "табель",
    "plannedControlWorks": "контрольная работа",
    "pointValidUntil": "«точка», «•»",
    "Portfolio": "портфолио",
    "PortfolioRating": "рейтинг",
    "quality": "качество знаний",
    "QueryKey": "ключ сохранённого запроса",
    "refusedMutations": "отклонённое изменение",
    "Remark": "замечание",
    "room": "кабинет, аудитория",
    "School.bells": "звонки, режим пребывания",
    "School.calendar": "период календарного учебного графика",
    "staff": "роль сотрудника, назначение",
    "STUDENT": "ученик, обучающийся, студент",
    "Student": "ученик, обучающийся, студент",
    "Student.absenceNotices": "записка, уведомление об отсутствии",
    "Student.comments": "комментарий",
    "Student.diary": "дневник, электронный дневник (ЭД)",
    "Student.disclosures": "обращение к данным, журнал обращений",
    "Student.groups": "состав группы",
    "Student.remarks": "замечание",
    "STUDY": "учебный период",
    "Subject": "предмет, дисциплина",
    "Substitution": "замена",
    "success": "успеваемость",
    "suppression": "скрытая ячейка",
    "TEACHER": "учитель, преподаватель",
    "TeacherComment": "комментарий",
    "Test": "тест",
    "TestAttempt": "тест",
    "timetable": "расписание",
    "TimetableLesson": "урок, пара (колледж)",
    "Topic": "тема урока",
    "updateMyProfile": "личные данные",
    "Viewer": "личные данные",
    "viewer": "пользователь",
    "withdrawConsent": "согласие",
    "Work": "работа",
    "WorkKind": "работа",
    "workloadHours": "трудоёмкость",
    "WorkProgramme": "рабочая программа",
}


def described_in_russian(schema: GraphQLSchema) -> GraphQLSchema:
    """Add the Russian terms to the descriptions of *schema*, which is returned; not those that stand there already."""
    for element, term in terms_in(schema):
        text = element.description or ""
        missing = [word for word in re.split("[,;] ", term) if word.lower() not in text.lower()]
        if missing:
            element.description = f"{text}\n\nПо-русски: {', '.join(missing)}.".strip()
    return schema


def terms_in(schema: GraphQLSchema) -> Iterator[tuple[Any, str]]:
    """The types, fields and enum values that have a Russian term, each with it."""
    for name, named in schema.type_map.items():
        if name in TERMS:
            yield named, TERMS[name]
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            parts: Mapping[str, Any] = named.fields
        elif isinstance(named, GraphQLEnumType):
            parts = named.values
        else:
            continue
        for part, definition in parts.items():
            term = TERMS.get(f"{name}.{part}", TERMS.get(part))
            if term is not None:
                yield definition, term
