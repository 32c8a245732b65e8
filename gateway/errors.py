"""The errors of single fields, with their public codes and messages.

PublicError
├── NotFound            the object does not exist, or the viewer may not read it
├── ChildLinkMissing    a parent to whom the school links no child today
├── InvalidInput        an argument cannot be used; names its path
└── Unavailable         a subsystem gave no answer in time
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from gateway.languages import Text

NOT_A_CURSOR: Final = Text("not a cursor of this list", "это не курсор этого списка")


class PublicError(Exception):
    """An error that clients see with a fixed message and a stable code of its class, and nothing else."""

    code: ClassVar[str]
    message: ClassVar[Text]
    instead: ClassVar[Any] = None
    """The value of the failed field in the response."""

    def __init__(self, **extensions: object) -> None:
        super().__init__(self.message)
        self._extensions = extensions

    @property
    def extensions(self) -> Mapping[str, Any]:
        """The `extensions` of the GraphQL error."""
        return {"code": self.code, **self._extensions}


class NotFound(PublicError):
    """The object does not exist, or the viewer may not read it; clients cannot tell the two apart."""

    code = "NOT_FOUND"
    message = Text("Not found", "Не найдено")


class ChildLinkMissing(PublicError):
    """The parent has no child in the school's records today: a link is missing or has ended (F36)."""

    code = "CHILD_LINK_MISSING"
    message = Text(
        "No child is linked to this account today. If this is wrong, give the class teacher your full name, your birth "
        "date and the e-mail address of the account.",
        "К этой учётной записи сегодня не привязан ни один ребёнок. Если это ошибка, сообщите классному руководителю "
        "свои фамилию, имя и отчество, дату рождения и адрес электронной почты учётной записи.",
    )
    instead = ()

    def __init__(self, last_link_ended_on: str | None = None) -> None:
        super().__init__(lastLinkEndedOn=last_link_ended_on)


class NotOfAge(PublicError):
    """The student is not of age, or their birth date is not known: their guardians may read this."""

    code = "NOT_OF_AGE"
    message = Text(
        "Until you are 18 this is shown to your parents or legal representatives",
        "До 18 лет это показывают родителям или законным представителям",
    )


class InvalidInput(PublicError):
    """An argument cannot be used. *argument* is its path, *reason* a public explanation."""

    code = "INVALID_INPUT"
    message = Text("Invalid input", "Недопустимое значение")

    def __init__(self, *argument: str, reason: Text) -> None:
        super().__init__(argument=list(argument), reason=reason)


class Unavailable(PublicError):
    """A subsystem does not answer. Its fields are null; fields of other subsystems are answered."""

    code = "SOURCE_UNAVAILABLE"
    message = Text(
        "The data source does not answer; try again later", "Источник данных не отвечает; повторите попытку позже"
    )

    def __init__(self, connector: str, **extensions: object) -> None:
        super().__init__(connector=connector, **extensions)
