"""What can go wrong below the graph."""


class ConnectorError(Exception):
    """A connector could not answer."""


class SourceUnavailable(ConnectorError):
    """The subsystem's database gave no answer in time, or refused one."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source


class Overloaded(ConnectorError):
    """This process, not a database, has too much to do: a read did not get its turn in time."""
