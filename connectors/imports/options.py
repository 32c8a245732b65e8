"""Options that an import of any format has."""

from dataclasses import dataclass, field
from datetime import date, datetime

from connectors.imports.endings import EndingRules
from connectors.imports.progress import OnProgress
from connectors.imports.runs import OnSkip
from connectors.imports.values import zone
from connectors.vocabulary import Day


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of one run of an import."""

    issuer: str
    """The issuer of the tokens that the imported people sign in with."""
    time_zone: str
    """The schools' IANA time zone."""
    today: date | None = None
    """The day of the import; by default the day that it is in *time_zone*."""
    endings: EndingRules = field(default_factory=EndingRules)
    """How many links may end."""
    on_progress: OnProgress | None = None
    on_skip: OnSkip | None = None

    @property
    def day(self) -> Day:
        """The day of the import.

        Raises:
            ImportFailed: the time zone is unknown.
        """
        local_time = zone(self.time_zone)
        return Day((self.today or datetime.now(local_time).date()).isoformat())
