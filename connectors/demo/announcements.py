"""The announcements of the demo's schools: of the office to everybody, and of class teachers to their classes."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple

from connectors.announcements import EVERYWHERE, Announcement, AnnouncementRead, audience_keys, read_id
from connectors.demo.directory import ADMINISTRATORS, administrator
from connectors.demo.plan import SchoolPlan
from connectors.demo.register import Register
from connectors.vocabulary import AnnouncementId, ClassId, PersonId

EVERYBODY: Final = ("STUDENT", "PARENT", "TEACHER", "CLASS_TEACHER", "ADMINISTRATOR")


class Notice(NamedTuple):
    """An announcement: the days between it and today, and the days for which it is current."""

    title: str
    body: str
    roles: tuple[str, ...]
    ago: int
    valid: int | None = None
    is_banner: bool = False


MAINTENANCE: Final = Notice(
    "Технические работы",
    "В субботу с 22:00 до 24:00 дневник будет недоступен.",
    EVERYBODY,
    ago=1,
    valid=5,
    is_banner=True,
)
"""The banner that whoever operates the gateway shows at all schools."""

OF_SCHOOL: Final = (
    Notice("Вакцинация от гриппа", "Согласия сдаются медсестре до пятницы.", ("PARENT",), ago=3, valid=10),
    Notice("Педсовет", "Педсовет пройдёт в четверг в 15:30 в актовом зале.", EVERYBODY[2:], ago=2, valid=7),
    Notice("Набор в школьный хор", "Первое занятие — в среду в 16:00, кабинет 12.", ("STUDENT", "PARENT"), ago=9),
)
OF_CLASS: Final = (
    Notice("Родительское собрание", "Ждём вас в четверг в 18:30 в кабинете класса.", ("PARENT",), ago=2, valid=7),
    Notice("Экскурсия в музей", "Сбор в 9:00 у входа. Возьмите сменную обувь и воду.", ("STUDENT",), ago=1, valid=6),
    Notice("Дежурство по школе", "На этой неделе дежурит наш класс.", ("STUDENT", "PARENT"), ago=6),
    Notice("Сбор макулатуры", "Спасибо всем: собрали 120 килограммов!", ("STUDENT", "PARENT"), ago=20, valid=-14),
)


def of_school(plan: SchoolPlan) -> dict[str, Iterable[object]]:
    """The announcements of a school as a whole, by its director; with those of the first school, the banner of all."""
    director, _ = administrator(plan, ADMINISTRATORS[0])
    own = [_announcement(plan, notice, director) for notice in OF_SCHOOL]
    return {"announcements": own if plan.index else [_banner(plan), *own]}


def _banner(plan: SchoolPlan) -> Announcement:
    """The banner at all schools, which has no school and no author."""
    audience = audience_keys([EVERYWHERE], MAINTENANCE.roles)
    return {**_announcement(plan, MAINTENANCE, None), "school_id": None, "audience": audience}


def of_class(register: Register) -> dict[str, Iterable[object]]:
    """The announcements of a class, and that its students have read the oldest two."""
    plan, one = register.plan, register.one
    own = [_announcement(plan, notice, one.leader.person_id, one.class_id) for notice in OF_CLASS]
    reads = [_read(announcement, student.person_id) for announcement in own[2:] for student in register.own]
    return {"announcements": own, "reads": reads}


def _announcement(
    plan: SchoolPlan, notice: Notice, author: PersonId | None, class_id: ClassId | None = None
) -> Announcement:
    published = plan.now - timedelta(days=notice.ago)
    audience = audience_keys([class_id or plan.school_id], notice.roles)
    return {
        "_id": AnnouncementId(plan.mint("Announcement", class_id or "", notice.title)),
        "school_id": plan.school_id,
        "title": notice.title,
        "body": notice.body,
        "author_id": author,
        "class_ids": [class_id] if class_id else [],
        "group_ids": [],
        "roles": list(notice.roles),
        "audience": [*audience, *audience_keys([class_id], ["CLASS_TEACHER"])] if class_id else audience,
        "published_at": published,
        "valid_until": (plan.today + timedelta(days=notice.valid)).isoformat() if notice.valid is not None else None,
        "starts_on": None,
        "ends_on": None,
        "event_id": None,
        "is_banner": notice.is_banner,
        "attachments": [],
        "archived_at": None,
        "edited_at": None,
    }


def _read(announcement: Announcement, person: PersonId) -> AnnouncementRead:
    return {
        "_id": read_id(announcement["_id"], person),
        "school_id": announcement["school_id"],
        "announcement_id": announcement["_id"],
        "person_id": person,
        "read_at": announcement["published_at"] + timedelta(hours=5),
    }
