"""Letters about notifications, by a real SMTP server: when they are written and sent, and when not, or not yet.

Today is Wednesday 18 November 2026; Ivan's mother Olga and his father Igor live in Perm (UTC+5).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from auth.scope import Viewers
from auth.viewer import Role
from connectors.assembly import Clients
from connectors.mail import Letter, Mailer, Sending
from connectors.notifications import (
    LEASE,
    Digest,
    DigestFrequency,
    LetterLanguage,
    LetterState,
    Outbox,
    QuietHours,
    days_of,
    due_after,
)
from connectors.vocabulary import Day, Days
from gateway.app import operation_service
from gateway.context import Clock
from gateway.jobs.notifications import Digests, Inboxes, LetterSender, Notifier, StopAddresses
from gateway.jobs.notifications.sender import LONGEST_PAUSE, MOST_ATTEMPTS, pause_after, quiet_until
from gateway.settings import MailSettings
from tests.connectors.mail.smtp_servers import SENDER, Inbox, smtp, smtp_server
from tests.gateway.writing.acting import acting, codes_of
from tests.gateway.writing.test_notifications import FAMILY, People, change, give
from tests.gateway.writing.test_remarks import commented, remarked

DAY: Final = date(2026, 11, 18)
PERM: Final = ZoneInfo("Asia/Yekaterinburg")
NOON: Final = datetime.now(UTC).astimezone(PERM).replace(hour=12, minute=0, second=0, microsecond=0)
ORIGIN: Final = "https://diary.example"
KEY: Final = "a secret key of addresses in letters"
BOTH: Final = ["INBOX", "EMAIL"]


class Posted(People):
    """The people of the school, and the post between the gateway and them."""

    mail: Inbox
    mailer: Mailer

    async def wants(self, who: str, *kinds: str, **more: Any) -> Any:
        """The payload of somebody's choice to be told of these kinds by letter."""
        sent = {"kinds": [{"kind": kind, "channels": BOTH} for kind in kinds], **more}
        fields = "settings { channels quietHours { startsAt endsAt } digest { frequency weekday at } }"
        payload = await self.acts.act(who, FAMILY[who], "setNotificationSettings", sent, fields)
        assert payload["userErrors"] == []
        return payload["settings"]

    async def post(self, at: datetime = NOON, mailer: Mailer | None = None, day: date = DAY) -> list[EmailMessage]:
        """The letters that arrive when the job runs at that moment, until it has nothing to do."""
        while await self.notifier.notify():
            pass
        before = len(self.mail.taken)
        sender = LetterSender(
            connectors=self.connectors,
            viewers=Viewers(self.connectors.directory, None),
            outbox=self.outbox,
            mailer=mailer or self.mailer,
            today_in=Clock(day).day_in,
            addresses=StopAddresses(ORIGIN, KEY.encode()),
            digests=Digests(operation_service(self.acts.served.settings, self.connectors, None)),
            now=lambda: at.astimezone(UTC),
        )
        while await sender.run():
            pass
        return self.mail.taken[before:]

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.connectors.notifications.source)

    async def digest_due(self, at: datetime = NOON) -> None:
        """Have the digests of everybody be due then."""
        place = self.connectors.notifications.source.database["settings"]
        await place.update_many({"digest": {"$exists": True}}, {"$set": {"digest_due_at": at}})

    async def states(self) -> list[str]:
        return [one["state"] for one in await self.acts.found("notifications.letters")]


@pytest.fixture(scope="module")
async def _posted(mongo_uri: str) -> AsyncIterator[Posted]:
    prefix = f"posted_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    mail = MailSettings(host="127.0.0.1", sender=SENDER, key=SecretStr(KEY), public_url=ORIGIN)
    async with (
        acting(mongo_uri, None, prefix, mail=mail) as acts,
        Clients(mongo_uri, prefix=prefix, timeout_s=30) as clients,
    ):
        yield Posted(acts, clients.connectors)


@pytest.fixture
async def posted(_posted: Posted) -> AsyncIterator[Posted]:
    await _posted.acts.restore()
    await _posted.connectors.notifications.source.database["notifications"].delete_many({})
    _posted.connectors.notifications.sends_letters = True
    _posted.connectors.notifications.letter_language = LetterLanguage.RU
    inboxes = Inboxes(_posted.connectors, Clock(DAY).day_in, timedelta(days=1), timedelta(0))
    # Letters are written of what was due by noon of today, by the clock of the machine.
    _posted.notifier = Notifier(inboxes)
    _posted.mail = Inbox()
    async with smtp_server(_posted.mail) as port:
        _posted.mailer = smtp(port)
        yield _posted


async def due(posted: Posted) -> None:
    """Have all that waits for a letter be due at noon."""
    while await posted.notifier.notify():
        pass
    place = posted.connectors.notifications.source.database["notifications"]
    await place.update_many({"letter_due_at": {"$type": "date"}}, {"$set": {"letter_due_at": NOON - LEASE}})


async def test_a_letter_says_that_there_is_something_new_and_no_more(posted: Posted) -> None:
    await posted.wants("olga", "MARK", "COMMENT")
    await give(posted.acts)
    await commented(posted.acts)
    await remarked(posted.acts)
    await due(posted)
    [letter] = await posted.post()
    assert (letter["To"], letter["Subject"]) == ("olga@example.org", "Школьный дневник: новое (3)")
    text = letter.get_content().replace("\r\n", "\n")
    assert "— оценки: 1\n— записи учителей: 2\n" in text
    assert not [word for word in ("Иван", "Молодец", "перемены", "3\n\n") if word in text]
    assert await posted.states() == ["SENT"]
    assert await posted.post() == []
    assert await posted.kinds("olga") != []  # what was told by letter is in the inbox, unread


async def test_nobody_gets_a_letter_who_has_not_chosen_so(posted: Posted) -> None:
    await posted.wants("olga", "COMMENT")
    await give(posted.acts)
    await due(posted)
    assert await posted.post() == []
    assert await posted.states() == []


async def test_a_corrected_mark_makes_one_letter_and_a_later_change_another(posted: Posted) -> None:
    await posted.wants("olga", "MARK")
    mark = await give(posted.acts)
    await change(posted.acts, mark, value="5")
    await due(posted)
    assert len(await posted.post()) == 1
    await change(posted.acts, mark, value="4")
    await due(posted)
    assert len(await posted.post()) == 1


async def test_a_full_batch_is_known_by_its_notifications_however_few_letters_they_make(posted: Posted) -> None:
    await posted.wants("olga", "MARK")
    await give(posted.acts)
    await due(posted)
    [one] = await posted.acts.found("notifications.notifications", letter_due_at={"$exists": True})
    await posted.acts.insert("notifications.notifications", {**one, "_id": f"{one['_id']}2"})
    assert await posted.outbox.write_due(NOON.astimezone(UTC), most=2) == 2
    assert await posted.states() == ["WAITING"]


@pytest.mark.parametrize("reason", ["read", "removed", "ended", "unwanted", "no address"])
async def test_nothing_is_sent_that_is_true_no_longer(posted: Posted, reason: str) -> None:
    acts = posted.acts
    await posted.wants("olga", "MARK")
    mark = await give(acts)
    await due(posted)
    await posted.outbox.write_due(NOON.astimezone(UTC), most=10)
    assert await posted.states() == ["WAITING"]
    sent: dict[str, Any]
    match reason:
        case "read":
            sent = {"until": "2036-01-01T00:00:00Z"}
            await acts.act("olga", Role.PARENT, "markNotificationsRead", sent)
        case "removed":
            await acts.act("smirnov", Role.TEACHER, "removeMark", {"markId": mark, "version": None})
        case "ended":
            own = {"person_id": acts.id("Person", "olga"), "student_id": acts.id("Student", "ivan")}
            await acts.change("directory.guardianships", own, {"$set": {"valid_to": "2026-11-17"}})
        case "unwanted":
            sent = {"kinds": [{"kind": "MARK", "channels": ["INBOX"]}]}
            await acts.act("olga", Role.PARENT, "setNotificationSettings", sent)
        case _:
            await acts.change("directory.people", {"_id": acts.id("Person", "olga")}, {"$set": {"email": None}})
    assert await posted.post() == []
    assert await posted.states() == ["DROPPED"]


async def test_a_letter_waits_until_quiet_hours_are_over(posted: Posted) -> None:
    shown = await posted.wants("ivan", "MARK")  # whose only school is in Perm
    assert shown["quietHours"] == {"startsAt": "21:00", "endsAt": "07:00"}
    assert shown["channels"] == BOTH
    await give(posted.acts)
    await due(posted)
    evening = NOON.replace(hour=23)
    assert await posted.post(evening) == []
    morning = NOON.replace(hour=7) + timedelta(days=1)
    assert await posted.post(morning - timedelta(minutes=1)) == []
    assert len(await posted.post(morning)) == 1


async def test_whoever_wants_no_quiet_hours_gets_letters_at_night(posted: Posted) -> None:
    assert (await posted.wants("olga", "MARK", quietHours=None))["quietHours"] is None
    await give(posted.acts)
    await due(posted)
    assert len(await posted.post(NOON.replace(hour=23))) == 1


class Killed(Exception):
    """Stands for the end of a process."""


class Fatal:
    """A mailer whose process ends when the server has taken the letters, before it can say so."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    async def send(self, letters: Sequence[Letter]) -> list[Sending]:
        if letters:
            await self._mailer.send(letters)
            raise Killed
        return []


async def test_a_letter_is_repeated_once_under_its_id_when_the_process_ends_before_it_noted_it(posted: Posted) -> None:
    await posted.wants("olga", "MARK")
    await give(posted.acts)
    await due(posted)
    with pytest.raises(Killed):
        await posted.post(mailer=Fatal(posted.mailer))
    assert await posted.post() == []  # it still belongs to the process that was killed
    later = NOON + LEASE
    [again] = await posted.post(later)
    assert again["Message-ID"] == posted.mail.taken[0]["Message-ID"]
    assert await posted.post(later + LEASE) == []
    assert len(posted.mail.taken) == 2


async def test_nothing_is_lost_while_the_mail_server_is_away(posted: Posted) -> None:
    await posted.wants("olga", "MARK")
    await give(posted.acts)
    await due(posted)
    nowhere = smtp(1)
    assert await posted.post(mailer=nowhere) == []
    for minutes in range(2, 60, 4):
        assert await posted.post(NOON + timedelta(minutes=minutes), mailer=nowhere) == []
    [letter] = await posted.acts.found("notifications.letters")
    assert (letter["state"], letter["attempts"] > 3) == ("WAITING", True)
    assert len(await posted.post(NOON + timedelta(hours=3))) == 1


async def test_a_letter_that_no_server_takes_is_dead_at_last(posted: Posted) -> None:
    acts = posted.acts
    await posted.wants("olga", "MARK")
    await acts.change("directory.people", {"_id": acts.id("Person", "olga")}, {"$set": {"email": "nobody@example.org"}})
    mark = await give(acts)
    await due(posted)
    assert await posted.post() == []
    assert await posted.outbox.counts_by_state() == {LetterState.DEAD: 1}
    await acts.change("directory.people", {"_id": acts.id("Person", "olga")}, {"$set": {"email": "full@example.org"}})
    await change(acts, mark, value="5")
    await due(posted)
    at = NOON
    for _ in range(MOST_ATTEMPTS):
        assert await posted.post(at) == []
        at = (at + 2 * LONGEST_PAUSE).replace(hour=12)
    assert await posted.outbox.counts_by_state() == {LetterState.DEAD: 2}


async def test_two_processes_send_each_letter_once(posted: Posted) -> None:
    for who in ("olga", "ivan"):
        await posted.wants(who, "MARK")
    await give(posted.acts)
    await due(posted)
    await asyncio.gather(*(posted.post() for _ in range(3)))
    assert sorted(str(one["To"]) for one in posted.mail.taken) == ["ivan@example.org", "olga@example.org"]


async def test_a_process_whose_lease_is_over_changes_no_letter_that_another_has_taken(posted: Posted) -> None:
    await posted.wants("olga", "MARK")
    await give(posted.acts)
    await due(posted)
    noon = NOON.astimezone(UTC)
    await posted.outbox.write_due(noon, most=10)
    [late] = await posted.outbox.take(noon, most=10)
    [held] = await posted.outbox.take(noon + LEASE, most=10)
    await posted.outbox.postpone(late, noon + timedelta(days=1), has_failed=True)
    assert (await posted.acts.found("notifications.letters")) == [held]
    await posted.outbox.finish(held, LetterState.SENT)
    await posted.outbox.finish(late, LetterState.DEAD, "too late")
    await posted.outbox.postpone(held, noon)
    [letter] = await posted.acts.found("notifications.letters")
    assert (letter["state"], letter["failure"], letter["attempts"]) == (LetterState.SENT, None, 0)


async def test_it_is_said_what_cannot_be_chosen_about_letters(posted: Posted) -> None:
    acts = posted.acts
    same = {"startsAt": "21:00", "endsAt": "21:00"}
    for sent, expected in (
        ({"kinds": [{"kind": "MARK", "channels": ["EMAIL"]}]}, ("INVALID_INPUT", ["kinds", "0", "channels"])),
        ({"quietHours": same}, ("INVALID_INPUT", ["quietHours", "endsAt"])),
    ):
        assert codes_of(await acts.act("olga", Role.PARENT, "setNotificationSettings", sent)) == [expected]
    assert await acts.found("notifications.settings") == []


async def test_letters_are_in_the_language_that_the_person_has_chosen(posted: Posted) -> None:
    await posted.wants("olga", "MARK", language="EN")
    await posted.wants("ivan", "MARK")
    await give(posted.acts)
    await due(posted)
    subjects = {str(one["To"]): str(one["Subject"]) for one in await posted.post()}
    assert subjects == {"olga@example.org": "School diary: new (1)", "ivan@example.org": "Школьный дневник: новое (1)"}


async def test_quiet_hours_count_by_the_clocks_of_the_chosen_time_zone(posted: Posted) -> None:
    await posted.wants("ivan", "MARK", timeZone="Europe/Kaliningrad")  # three hours behind Perm
    await give(posted.acts)
    await due(posted)
    morning = NOON.replace(hour=7) + timedelta(days=1)
    assert await posted.post(morning) == []
    assert len(await posted.post(morning + timedelta(hours=3))) == 1
    shown = "settings { timeZone language }"
    payload = await posted.acts.act("ivan", Role.STUDENT, "setNotificationSettings", {"timeZone": None}, shown)
    assert payload["settings"] == {"timeZone": "Asia/Yekaterinburg", "language": "EN"}  # those of school and gateway


async def test_a_time_zone_has_to_exist(posted: Posted) -> None:
    for name in ("Europe/Nowhere", "../../etc/passwd", ""):
        sent = {"timeZone": name}
        expected = [("INVALID_INPUT", ["timeZone"])]
        assert codes_of(await posted.acts.act("olga", Role.PARENT, "setNotificationSettings", sent)) == expected


async def letter_of(posted: Posted, *who: str) -> list[str]:
    """The path in the letter to each of these people at which letters are stopped."""
    for one in who:
        await posted.wants(one, "MARK", "HOMEWORK")
    await give(posted.acts)
    await due(posted)
    letters = {str(one["To"]).partition("@")[0]: one for one in await posted.post()}
    for letter in letters.values():
        address = str(letter["List-Unsubscribe"]).strip("<>")
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert address.startswith(f"{ORIGIN}/letters/stop/")
        assert address in letter.get_content()
        assert posted.acts.id("Person", "olga") not in address
    return [str(letters[one]["List-Unsubscribe"]).strip("<>").removeprefix(ORIGIN) for one in who]


async def test_letters_are_stopped_by_one_post_and_those_of_one_person_alone(posted: Posted) -> None:
    olga, _ = await letter_of(posted, "olga", "ivan")
    client = posted.acts.served.client
    response = await client.post(olga, data={"List-Unsubscribe": "One-Click"}, headers={"Accept-Language": "ru"})
    page = await response.text()
    assert (response.status, "не отправляет вам писем" in page) == (200, True)
    assert not [word for word in ("Ольга", "olga", "Иван", "оценки") if word in page]
    settings = {one["_id"]: one["channels"] for one in await posted.acts.found("notifications.settings")}
    inbox, both = {"MARK": ["INBOX"], "HOMEWORK": ["INBOX"]}, {"MARK": BOTH, "HOMEWORK": BOTH}
    ids = [f"{posted.acts.id('Person', own)}.{FAMILY[own]}" for own in ("olga", "ivan")]
    assert settings == {ids[0]: inbox, ids[1]: both}
    again = await client.get(olga, headers={"Accept-Language": "en"})
    assert "sends you no letters" in await again.text()


async def test_opening_an_address_changes_nothing(posted: Posted) -> None:
    [path] = await letter_of(posted, "olga")
    before = await posted.acts.found("notifications.settings")
    assert (await posted.acts.served.client.head(path)).status == 200
    response = await posted.acts.served.client.get(path)
    page = await response.text()
    assert '<form method="post">' in page
    assert "form-action 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    assert await posted.acts.found("notifications.settings") == before


async def test_an_address_that_was_changed_or_has_expired_stops_nothing(posted: Posted) -> None:
    [path] = await letter_of(posted, "olga")
    [letter] = await posted.acts.found("notifications.letters")
    before = await posted.acts.found("notifications.settings")
    start, until, signature = path.rsplit(".", 2)
    over = StopAddresses("", KEY.encode()).of({**letter, "expires_at": NOON - timedelta(days=2)})  # type: ignore[typeddict-item] # a stored letter
    foreign = StopAddresses("", b"another key").of(letter)  # type: ignore[arg-type] # likewise
    unknown = StopAddresses("", KEY.encode()).of({**letter, "_id": "ntl_nothing"})  # type: ignore[typeddict-item] # likewise
    pages = set()
    longer, bare = f"{start}.{int(until) + 1}.{signature}", f"{start}.{until}."
    for wrong in (longer, bare, over, foreign, unknown, f"{start}x", "/letters/stop/ж"):
        for method in ("GET", "POST"):
            response = await posted.acts.served.client.request(method, wrong)
            assert response.status == 404
            pages.add(await response.text())
    assert len(pages) == 1  # it is not said why
    assert await posted.acts.found("notifications.settings") == before


# ── digests ──

OF_THE_WEEK: Final = """query ($days: Days!) { viewer { children { class { name } ...Child } student { ...Child } } }
fragment Child on Student {
  marks(days: $days, first: 100) { nodes { id } }
  attendance(days: $days, statuses: [ABSENT, LATE, EXCUSED], first: 100) { nodes { id } }
  homework(days: $days, first: 100) { nodes { id } }
  remarks(days: $days, first: 100) { nodes { id } }
  comments(days: $days, first: 100) { nodes { id } }
  diary { days { lessons { topic } } }
}"""
WEEKLY: Final = {"frequency": "WEEKLY", "weekday": "SUNDAY", "at": "18:00"}
WEEK: Final = {"first": "2026-11-16", "last": "2026-11-22"}


def lines_of(child: Any) -> list[str]:
    """The lines of a digest about one student, counted from the single objects that the graph shows the viewer."""
    topics = [lesson for day in child["diary"]["days"] for lesson in day["lessons"] if lesson["topic"] is not None]
    entries = [*(child["remarks"] or {"nodes": []})["nodes"], *child["comments"]["nodes"]]
    counts = {
        "оценки": child["marks"]["nodes"],
        "пропуски и опоздания": child["attendance"]["nodes"],
        "темы уроков": topics,
        "задания": child["homework"]["nodes"],
        "записи учителей": entries,
    }
    return [f"— {what}: {len(those)}" for what, those in counts.items() if those]


async def test_a_digest_says_how_much_the_graph_shows_the_same_viewer(posted: Posted) -> None:
    acts = posted.acts
    await give(acts)
    await commented(acts)
    await remarked(acts)
    for who in ("olga", "ivan"):
        await posted.wants(who, digest=WEEKLY)
    await posted.digest_due()
    # The school's today is a Wednesday: these are the days of a digest that is sent on the Sunday of its week.
    found = await posted.post(NOON.replace(hour=18), day=date(2026, 11, 22))
    letters = {str(one["To"]).partition("@")[0]: one for one in found}
    assert set(letters) == {"olga", "ivan"}
    for who, letter in letters.items():
        answer = await acts.answer(who, FAMILY[who], OF_THE_WEEK, {"days": WEEK})
        viewer, text = answer["data"]["viewer"], letter.get_content().replace("\r\n", "\n")
        assert letter["Subject"] == "Школьный дневник: сводка за 16.11.2026 – 22.11.2026"
        if who == "ivan":
            expected = "\n".join(lines_of(viewer["student"]))
            assert viewer["student"]["remarks"] is None
        else:
            named = {child["class"]["name"]: lines_of(child) for child in viewer["children"]}
            expected = "\n\n".join(f"Класс {name}:\n" + "\n".join(lines) for name, lines in named.items() if lines)
            assert viewer["children"][1]["remarks"]["nodes"] or viewer["children"][0]["remarks"]["nodes"]
        assert f"16.11.2026 – 22.11.2026:\n\n{expected}\n\nПодробности" in text
        assert not [word for word in ("Иван", "Анна", "Молодец", "перемены") if word in text]


async def test_a_digest_is_sent_once_and_the_next_one_is_due_at_its_time(posted: Posted) -> None:
    await give(posted.acts)
    shown = await posted.wants("olga", digest={"frequency": "DAILY", "at": "18:00"}, timeZone="Asia/Yekaterinburg")
    assert shown["digest"] == {"frequency": "DAILY", "weekday": None, "at": "18:00"}
    await posted.digest_due(NOON - timedelta(days=3))  # as after a server that was away
    at = NOON.replace(hour=19)
    await asyncio.gather(*(posted.post(at) for _ in range(2)))
    assert len(posted.mail.taken) == 1
    [settings] = await posted.acts.found("notifications.settings")
    assert settings["digest_due_at"] == NOON.replace(hour=18) + timedelta(days=1)
    [letter] = await posted.acts.found("notifications.letters")
    assert letter["digest_days"] == {"first": "2026-11-18", "last": "2026-11-18"}


async def test_there_is_no_digest_of_nothing_and_none_of_what_was_lost(posted: Posted) -> None:
    acts = posted.acts
    own = {"person_id": acts.id("Person", "olga")}
    await posted.wants("olga", digest={"frequency": "DAILY", "at": "18:00"})
    await posted.digest_due()
    assert await posted.post(NOON.replace(hour=18), day=date(2031, 7, 6)) == []
    assert await posted.states() == ["DROPPED"]
    await give(acts)
    for student in ("ivan", "anna"):
        right = {**own, "student_id": acts.id("Student", student)}
        await acts.change("directory.guardianships", right, {"$set": {"valid_to": "2026-11-17"}})
    await posted.digest_due(NOON + timedelta(hours=1))
    assert await posted.post(NOON.replace(hour=18)) == []
    assert await posted.states() == ["DROPPED", "DROPPED"]


async def test_a_digest_that_is_late_waits_for_the_end_of_quiet_hours_and_one_chosen_within_them_does_not(
    posted: Posted,
) -> None:
    await give(posted.acts)
    night = NOON.replace(hour=23)
    await posted.wants("olga", digest={"frequency": "DAILY", "at": "18:00"}, timeZone="Asia/Yekaterinburg")
    await posted.digest_due()
    assert await posted.post(night) == []
    assert len(await posted.post(NOON.replace(hour=7) + timedelta(days=1))) == 1
    await posted.wants("olga", digest={"frequency": "DAILY", "at": "22:30"})
    await posted.digest_due(NOON + timedelta(hours=1))
    assert len(await posted.post(night)) == 1


async def test_one_post_stops_digests_too(posted: Posted) -> None:
    await give(posted.acts)
    await posted.wants("olga", digest={"frequency": "DAILY", "at": "18:00"})
    await posted.digest_due()
    [letter] = await posted.post(NOON.replace(hour=18))
    path = str(letter["List-Unsubscribe"]).strip("<>").removeprefix(ORIGIN)
    client = posted.acts.served.client
    assert "<form" in await (await client.get(path)).text()
    assert (await client.post(path)).status == 200
    assert "<form" not in await (await client.get(path)).text()
    [settings] = await posted.acts.found("notifications.settings")
    assert not settings.keys() & {"digest", "digest_due_at"}


async def test_a_digest_needs_a_day_where_it_is_weekly_alone(posted: Posted) -> None:
    for digest, expected in (
        ({"frequency": "WEEKLY", "at": "18:00"}, ("REQUIRED", ["digest", "weekday"])),
        ({**WEEKLY, "frequency": "DAILY"}, ("INVALID_INPUT", ["digest", "weekday"])),
    ):
        found = codes_of(await posted.acts.act("olga", Role.PARENT, "setNotificationSettings", {"digest": digest}))
        assert found == [expected]
    shown = await posted.wants("olga", digest=WEEKLY)
    assert shown["digest"] == WEEKLY
    assert (await posted.wants("olga", digest=None))["digest"] is None
    [settings] = await posted.acts.found("notifications.settings")
    assert not settings.keys() & {"digest", "digest_due_at"}


@pytest.mark.parametrize(
    ("frequency", "weekday", "after", "due", "days"),
    [
        ("DAILY", None, "2026-11-18T17:59", "2026-11-18T18:00", ("2026-11-18", "2026-11-18")),
        ("DAILY", None, "2026-11-18T18:00", "2026-11-19T18:00", ("2026-11-19", "2026-11-19")),
        ("WEEKLY", 7, "2026-11-18T12:00", "2026-11-22T18:00", ("2026-11-16", "2026-11-22")),
        ("WEEKLY", 3, "2026-11-18T18:00", "2026-11-25T18:00", ("2026-11-19", "2026-11-25")),
    ],
)
def test_a_digest_is_due_by_the_clocks_of_its_zone(
    frequency: str, weekday: int | None, after: str, due: str, days: tuple[str, str]
) -> None:
    for name in ("Asia/Yekaterinburg", "Europe/Kaliningrad"):
        place = ZoneInfo(name)
        digest = Digest(frequency=DigestFrequency(frequency), weekday=weekday, at="18:00", time_zone=name)
        found = due_after(digest, datetime.fromisoformat(after).replace(tzinfo=place))
        assert found == datetime.fromisoformat(due).replace(tzinfo=place)
        assert days_of(digest, found, Day(due[:10])) == Days(*days)
        morning = found - timedelta(hours=4)  # 14:00: the day is not over
        last = date.fromisoformat(due[:10]) - timedelta(days=1)
        assert days_of(digest, morning, Day(due[:10])).last == last.isoformat()


@pytest.mark.parametrize(
    ("hours", "now", "expected"),
    [
        ("21:00-07:00", "2026-11-18T20:59", None),
        ("21:00-07:00", "2026-11-18T21:00", "2026-11-19T07:00"),
        ("21:00-07:00", "2026-11-19T00:00", "2026-11-19T07:00"),
        ("21:00-07:00", "2026-11-19T06:59", "2026-11-19T07:00"),
        ("21:00-07:00", "2026-11-19T07:00", None),
        ("12:00-14:00", "2026-11-18T13:00", "2026-11-18T14:00"),
        ("12:00-14:00", "2026-11-18T14:00", None),
        ("00:00-07:00", "2026-11-18T23:59", None),
    ],
)
def test_quiet_hours_end_by_the_clocks_of_the_school(hours: str, now: str, expected: str | None) -> None:
    starts_at, ends_at = hours.split("-")
    for place in (PERM, ZoneInfo("Europe/Kaliningrad")):
        moment = datetime.fromisoformat(now).replace(tzinfo=place)
        found = quiet_until(QuietHours(starts_at=starts_at, ends_at=ends_at), moment.astimezone(UTC), place)
        assert found == (datetime.fromisoformat(expected).replace(tzinfo=place) if expected else None)


def test_pauses_grow_up_to_the_longest() -> None:
    pauses = [pause_after(attempts) for attempts in range(MOST_ATTEMPTS)]
    assert timedelta(seconds=48) <= pauses[0] <= timedelta(seconds=72)
    assert all(pause <= LONGEST_PAUSE * 1.2 for pause in pauses)
    assert sum(pauses, timedelta()) > timedelta(days=1)
