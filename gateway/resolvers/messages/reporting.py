"""Reports: a participant hands a message to the school, whose administrators read that copy and nothing else (F121).

An administrator settles a report by a decision, which the person who sent it reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from connectors.messages import MessageReport, ReportDecision, ReportedText
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import Paging, PublicId, mint, version_of
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.messages.mailbox import EDITS, as_read, window_of
from gateway.resolvers.messages.sending import NO_MESSAGE, readable_message
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_NO_REPORT: Final = Text("There is no such report.", "Нет такой жалобы.")
_OWN_MESSAGE: Final = Text(
    "The report is about a message of yours: another administrator settles it.",
    "Жалоба касается вашего сообщения: её рассматривает другой администратор.",
)
_SETTLED: Final = frozenset({"decision", "answer"})

NEIGHBOURS: Final = 2
"""Messages before and after the reported one that are handed over: what it answers, and what came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMessage:
    """A message that the school is to look at."""

    message_id: PublicId
    """The id of the message (`Message.id`)."""

    reason: str
    """The reason, for the administrators of the school."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleMessageReport:
    """A report with the decision of the school."""

    report_id: PublicId
    """The id of the report (`MessageReport.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`MessageReport.version`); null settles it whatever its version is."""

    decision: ReportDecision
    """The decision."""

    answer: str | None = None
    """A word to the person who reported the message."""


async def report_message(input: ReportMessage, info: Info, transaction: Transaction) -> Outcome:
    """Hand a copy of a message and of its neighbours to the school; reported again, it stays as it was."""
    problems, person = Problems(), info.viewer.person_id
    message, row = await readable_message(input.message_id, info, transaction)
    if message is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_MESSAGE, "messageId")
    reason = checked_text(input.reason, problems, "reason", most=info.writing.rules.reason_characters)
    problems.check()
    own = {"message_id": message["_id"], "reported_by_id": person}
    known = await transaction.find_one("reports", own, columns=frozenset({"_id"}))
    if known is not None:
        return Outcome({"reported_message_id": message["_id"]}, is_new=False)
    window = window_of(row)
    first, last = max(window.after + 1, message["seq"] - NEIGHBOURS), min(window.until, message["seq"] + NEIGHBOURS)
    where = {"conversation_id": message["conversation_id"], "seq": {"$gte": first, "$lte": last}}
    columns = EDITS | {"author_id", "sent_at", "text", "seq"}
    near = sorted(await transaction.find("messages", where, columns=columns), key=lambda one: int(one["seq"]))
    report = MessageReport(
        _id=mint("MessageReport", uuid4().hex),
        school_id=message["school_id"],
        message_id=message["_id"],
        reported_by_id=person,
        reported_at=info.now_at(message["school_id"]),
        reason=reason,
        messages=[_copy(as_read(one, window)) for one in near],
    )
    await transaction.insert("reports", [report])
    after = {"message_id": message["_id"], "reason": reason}
    done = fact(info, "reportMessage", report["_id"], message["school_id"], after=after, texts={"reason"})
    return Outcome({"reported_message_id": message["_id"]}, [done])


def _copy(message: Any) -> ReportedText:
    """A copy of a message with its earlier texts, so that no edit takes away what was reported."""
    return ReportedText(
        author_id=message["author_id"],
        sent_at=message["sent_at"],
        text=message["text"],
        revisions=message["revisions"],
    )


async def settle_message_report(input: SettleMessageReport, info: Info, transaction: Transaction) -> Outcome:
    """Settle a report; the conversation and the message stay as they are. A decision may be replaced by another."""
    problems = Problems()
    stored: Any = await transaction.find_one("reports", {"_id": input.report_id}, columns=frozenset())
    if stored is None or stored["school_id"] not in info.viewer.school_ids:
        problems.reject(UserErrorCode.NOT_FOUND, _NO_REPORT, "reportId")
    ids = {"report_id": stored["_id"]}
    columns = frozenset({"author_id"})
    message = await transaction.find_one("messages", {"_id": stored["message_id"]}, columns=columns)
    if message is not None and message["author_id"] == info.viewer.person_id:
        problems.reject(UserErrorCode.NOT_ALLOWED, _OWN_MESSAGE, "reportId", **ids)
    problems.require_version(input.version)
    answer = input.answer
    if answer is not None:
        answer = checked_text(answer, problems, "answer", most=info.writing.rules.reason_characters)
    problems.check(**ids)
    before, after = {key: stored.get(key) for key in _SETTLED}, {"decision": input.decision.value, "answer": answer}
    if after == before:
        return Outcome(ids, is_new=False)
    problems.is_stale(input.version, stored)
    problems.check(**ids)
    settled = {"settled_by_id": info.viewer.person_id, "settled_at": info.now_at(stored["school_id"])}
    change = {**after, **settled, "version": version_of(stored) + 1}
    await transaction.update("reports", {"_id": stored["_id"]}, {"$set": change})
    school = stored["school_id"]
    done = fact(info, "settleMessageReport", stored["_id"], school, before=before, after=after, texts={"answer"})
    return Outcome(ids, [done])


async def message_reports(
    roots: Sequence[object], info: Info, *, open_only: bool = False, page: Paging
) -> list[Connection]:
    """The messages that were reported at the administrator's schools, the latest first; or those not settled yet."""
    read, key = info.connectors.messages.reports_at, info.viewer.school_ids
    columns = info.columns | {"_id", "reported_at"}
    keys, order = [key] * len(roots), ("reported_at", "_id")
    return await info.page(read, keys, page, order=order, columns=columns, open_only=open_only)


async def reports_by_ids(ids: Sequence[str | None], info: Info) -> list[Any]:
    """The reports of ids, of the administrator's schools; `NotFound` in the place of others, None for no id."""
    columns = info.columns_of("MessageReport") | {"school_id"}
    found = await info.read(info.connectors.messages.reports_by_ids, ids, columns=columns)
    schools = info.viewer.school_ids
    return [
        None if own is None else one if one and one["school_id"] in schools else NotFound()
        for own, one in zip(ids, found, strict=True)
    ]


async def own_reports(messages: Sequence[Mapping[str, Any]], info: Info) -> list[MessageReport | None]:
    """The report that the viewer has sent of each message; None where they have sent none."""
    read, ids = info.connectors.messages.reports_of_messages, [message["_id"] for message in messages]
    columns = info.columns_of("OwnMessageReport")
    found = await info.read(read, ids, columns=columns, person=info.viewer.person_id)
    return [next(iter(own or ()), None) for own in found]
