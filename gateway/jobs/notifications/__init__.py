"""The job that notifies students and parents of what was changed."""

from typing import Final

from connectors.notifications import LEASE
from gateway.jobs.job import Job
from gateway.jobs.notifications.derived import Reminders
from gateway.jobs.notifications.digests import Digests
from gateway.jobs.notifications.inboxes import Inboxes
from gateway.jobs.notifications.notifier import Notifier
from gateway.jobs.notifications.sender import LetterSender
from gateway.jobs.notifications.stopping import StopAddresses

NOTIFY: Final = "notifications-make"
SEND: Final = "notifications-mail"
REMIND: Final = "notifications-remind"
_SEND_S: Final = 5.0
_REMIND_S: Final = 3_600.0
"""Safe to repeat; a control work that is planned at short notice is announced within the hour."""


def notification_jobs(
    notifier: Notifier, reminders: Reminders, *, look_s: float, sender: LetterSender | None = None
) -> list[Job]:
    """The job that makes notifications of the facts that wait, looking for new ones every *look_s* seconds.

    And the one that reminds of what is near, and the one that sends letters about them, where there is a *sender*.
    """
    jobs = [
        Job(name=NOTIFY, run=notifier.notify, period_s=look_s, deadline_s=60),
        Job(name=REMIND, run=reminders.remind, period_s=_REMIND_S, deadline_s=300),
    ]
    if sender is not None:
        jobs.append(Job(name=SEND, run=sender.run, period_s=_SEND_S, deadline_s=LEASE.total_seconds()))
    return jobs


__all__ = [
    "NOTIFY",
    "REMIND",
    "SEND",
    "Digests",
    "Inboxes",
    "LetterSender",
    "Notifier",
    "Reminders",
    "StopAddresses",
    "notification_jobs",
]
