"""Calendar files (iCalendar, RFC 5545) of a student's lessons, homework, control works and tests.

Every event has an id of its own that stays, a lesson that does not take place stays as cancelled, and all events of a
file have one sequence number and time of change: programs that fetched the calendar before notice whatever changed.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from gateway.context import DEFAULT_ZONE, zone

WEEKS_BEFORE: Final = 1
WEEKS_AHEAD: Final = 6
"""The weeks beside the current one that a calendar shows."""
_WEEKS: Final = WEEKS_BEFORE + 1 + WEEKS_AHEAD
_REFRESH: Final = timedelta(hours=4)
_NOT_HELD: Final = frozenset({"CANCELLED", "MOVED"})

_WEEK: Final = """fragment Week on DiaryWeek {
  days {
    date
    holiday
    lessons {
      id startsAt endsAt status room topic isControlWork
      subject { id name }
      teachers { displayName }
      movedTo { startsAt }
      homework { text }
    }
  }
}"""


def _document() -> str:
    variables = ", ".join(f"$week{place}: Date!" for place in range(_WEEKS))
    diaries = "\n    ".join(f"week{place}: diary(week: $week{place}) {{ ...Week }}" for place in range(_WEEKS))
    return f"""query CalendarFeed($student: ID!, $days: Days!, {variables}) {{
  student(id: $student) {{
    displayName
    school {{ timeZone }}
    {diaries}
    plannedControlWorks(days: $days) {{ id title plannedOn subject {{ id name }} }}
    tests {{ id title closesAt subject {{ name }} }}
  }}
}}
{_WEEK}"""


DOCUMENT: Final = _document()
"""The operation whose answer a calendar is made of; its variables are made by `variables`."""


def variables(student: str, today: date) -> dict[str, Any]:
    """The variables of `DOCUMENT` for the weeks around *today*."""
    monday = today - timedelta(days=today.weekday(), weeks=WEEKS_BEFORE)
    mondays = [monday + timedelta(weeks=place) for place in range(_WEEKS)]
    last = mondays[-1] + timedelta(days=6)
    return {
        "student": student,
        "days": {"first": monday.isoformat(), "last": last.isoformat()},
        **{f"week{place}": week.isoformat() for place, week in enumerate(mondays)},
    }


def digest_of(student: Mapping[str, Any]) -> str:
    """A digest of the events, by which it is known whether any has changed."""
    return hashlib.sha256(_calendar(student, list(_events(student)))).hexdigest()


def calendar_of(student: Mapping[str, Any], *, made_at: datetime, changed_at: datetime) -> bytes:
    """The calendar of a student: *student* is the answer to `DOCUMENT`, whose events last changed at *changed_at*."""
    sequence = max(0, int((changed_at - made_at).total_seconds()))
    events = list(_events(student))
    for event in events:
        event.add("dtstamp", changed_at)
        event.add("last-modified", changed_at)
        event.add("sequence", sequence)
    return _calendar(student, events)


def _calendar(student: Mapping[str, Any], events: Sequence[Event]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//school-gateway//RU")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"Уроки: {student['displayName']}")
    calendar.add("x-wr-timezone", _zone(student).key)
    calendar.add("refresh-interval", _REFRESH)
    calendar.add("x-published-ttl", "PT4H")
    for event in events:
        calendar.add_component(event)
    if days := [date.fromisoformat(day["date"]) for day in _diary(student)]:
        calendar.add_missing_timezones(first_date=min(days), last_date=max(days))
    text: bytes = calendar.to_ical()
    return text


def _zone(student: Mapping[str, Any]) -> ZoneInfo:
    return zone((student.get("school") or {}).get("timeZone") or DEFAULT_ZONE)


def _diary(student: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The days of all weeks, in order."""
    weeks = sorted(key for key in student if key.startswith("week"))
    for week in weeks:
        yield from (student[week] or {}).get("days") or ()


def _events(student: Mapping[str, Any]) -> Iterator[Event]:
    """The events: lessons and holidays by day, then control works without a lesson, then tests."""
    zone = _zone(student)
    shown: set[tuple[str, str]] = set()
    for day in _diary(student):
        if day["holiday"]:
            yield _whole_day(f"holiday-{day['date']}", day["date"], day["holiday"])
        for lesson in day["lessons"]:
            if lesson["isControlWork"] and lesson["subject"] and lesson["status"] not in _NOT_HELD:
                shown.add((day["date"], lesson["subject"]["id"]))
            yield _lesson(lesson, zone)
    for work in student.get("plannedControlWorks") or ():
        subject = work["subject"] or {}
        if (work["plannedOn"], subject.get("id")) not in shown:
            title = f"Контрольная работа: {subject.get('name') or work['title']}"
            yield _whole_day(work["id"], work["plannedOn"], title, work["title"])
    for test in student.get("tests") or ():
        yield _test(test, zone)


def _lesson(lesson: Mapping[str, Any], zone: ZoneInfo) -> Event:
    subject = (lesson["subject"] or {}).get("name") or "Урок"
    event = Event()
    event.add("uid", f"{lesson['id']}@school-gateway")
    event.add("dtstart", datetime.fromisoformat(lesson["startsAt"]).astimezone(zone))
    event.add("dtend", datetime.fromisoformat(lesson["endsAt"]).astimezone(zone))
    event.add("summary", f"Контрольная работа: {subject}" if lesson["isControlWork"] else subject)
    if lesson["room"]:
        event.add("location", f"каб. {lesson['room']}")
    event.add("status", "CANCELLED" if lesson["status"] in _NOT_HELD else "CONFIRMED")
    lines = [f"Тема: {lesson['topic']}"] if lesson["topic"] else []
    lines += [f"Домашнее задание: {task['text']}" for task in lesson["homework"] or ()]
    teachers = ", ".join(teacher["displayName"] for teacher in lesson["teachers"] or ())
    lines += [f"Учитель: {teachers}"] if teachers else []
    if lesson["movedTo"]:
        moved = datetime.fromisoformat(lesson["movedTo"]["startsAt"]).astimezone(zone)
        lines.append(f"Урок перенесён на {moved:%d.%m.%Y %H:%M}")
    if lines:
        event.add("description", "\n".join(lines))
    return event


def _whole_day(name: str, day: str, title: str, text: str = "") -> Event:
    event = Event()
    event.add("uid", f"{name}@school-gateway")
    event.add("dtstart", date.fromisoformat(day))
    event.add("dtend", date.fromisoformat(day) + timedelta(days=1))
    event.add("summary", title)
    event.add("transp", "TRANSPARENT")
    if text:
        event.add("description", text)
    return event


def _test(test: Mapping[str, Any], zone: ZoneInfo) -> Event:
    closes = datetime.fromisoformat(test["closesAt"]).astimezone(zone)
    event = Event()
    event.add("uid", f"{test['id']}@school-gateway")
    event.add("dtstart", closes)
    event.add("dtend", closes)
    event.add("summary", f"Срок теста: {test['title']}")
    if test["subject"]:
        event.add("description", test["subject"]["name"])
    return event
