"""Errors of the connectors."""


class ConnectorError(Exception):
    """A connector could not answer."""


class SourceUnavailable(ConnectorError):
    """The subsystem's database gave no answer in time, or refused one."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source


class Overloaded(ConnectorError):
    """This process, not a database, has too much to do: a read did not get its turn in time."""


class WritesUnsupported(ConnectorError):
    """The subsystem's database has no transactions: its MongoDB is no replica set."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source


class OutcomeUnknown(ConnectorError):
    """A change was sent to the subsystem's database, and whether it was made is not known."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source
