"""The errors of signing in, with their public codes, HTTP statuses and messages.

    AuthError
    ├── Unauthenticated    401  UNAUTHENTICATED
    ├── TokenExpired       401  TOKEN_EXPIRED
    ├── RoleNotHeld        401  UNAUTHENTICATED
    ├── SignInFailed       400  SIGN_IN_FAILED
    ├── SignInDeclined     403  SIGN_IN_DECLINED
    ├── ConsentMissing     403  CONSENT_MISSING
    ├── UserNotFound       403  USER_NOT_FOUND
    └── AmbiguousUser      403  AMBIGUOUS_USER

401 says that another token helps, 403 that only the school or the family can help. A role that the person does not
hold is a 401, because the token names the role.
"""

from typing import ClassVar


class AuthError(Exception):
    """The viewer cannot be signed in. Clients read *message* in their language; *reason* goes to the log only.

    *registration_number* is what the person tells the class teacher, where their account has one.
    """

    code: ClassVar[str]
    message: ClassVar[str]
    message_in_russian: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, reason: str | None = None, *, registration_number: str | None = None) -> None:
        super().__init__(self.message)
        self.reason = reason
        self.registration_number = registration_number


class Unauthenticated(AuthError):
    """There is no token, or it is not one that this gateway trusts."""

    code = "UNAUTHENTICATED"
    message = "Sign in: a valid bearer token is required."
    message_in_russian = "Войдите: нужен действительный токен доступа."
    status = 401


class TokenExpired(AuthError):
    """The token was valid, and has expired."""

    code = "TOKEN_EXPIRED"
    message = "The token has expired: sign in again."
    message_in_russian = "Срок действия токена истёк: войдите снова."
    status = 401


class RoleNotHeld(AuthError):
    """The token names no active role, an unknown one, or one that its person does not hold."""

    code = "UNAUTHENTICATED"
    message = "The user does not hold the role of this sign-in: sign in again in a role that they hold."
    message_in_russian = "У пользователя нет роли, с которой выполнен вход: войдите снова с другой ролью."
    status = 401


class SignInFailed(AuthError):
    """A browser came back from a provider with an answer that does not belong to a sign-in which it began."""

    code = "SIGN_IN_FAILED"
    message = (
        "Signing in did not come to its end: it took too long, or was begun in another window. Begin again; if that "
        "fails too, delete the cookies of this site."
    )
    message_in_russian = (
        "Вход не завершён: прошло слишком много времени или он начат в другом окне. Начните вход заново; если не "
        "поможет, удалите cookie этого сайта."
    )
    status = 400


class SignInDeclined(AuthError):
    """The person did not allow the gateway to use their account, or the provider did not let them in (F13)."""

    code = "SIGN_IN_DECLINED"
    message = (
        "The sign-in service did not let you in, or you did not allow the school to use the account. Begin again and "
        "allow the access."
    )
    message_in_russian = (
        "Служба входа не подтвердила вход, или вы не разрешили школе доступ к учётной записи. Начните вход заново и "
        "разрешите доступ."
    )
    status = 403


class ConsentMissing(AuthError):
    """A consent that the school requires of the viewer, or for a child of theirs, is not in force (F13, F30)."""

    code = "CONSENT_MISSING"
    message = (
        'A consent that the school requires is missing. Read the texts under "Consents" and give it there. For a child '
        "a legal representative gives it; if you may not give it, ask the representative, or the student who is of age."
    )
    message_in_russian = (
        "Нет согласия, которое требует школа. Прочитайте тексты в разделе «Согласия» и дайте согласие там. За ребёнка "
        "его даёт законный представитель; если вы не можете дать его сами, обратитесь к представителю или к "
        "совершеннолетнему ученику."
    )
    status = 403


class UserNotFound(AuthError):
    """Nobody in the directory is known under the token's subject (F34)."""

    code = "USER_NOT_FOUND"
    message = (
        "User not found: the school knows nobody under this account. Give the class teacher your full name, "
        "your birth date and the e-mail address of the account."
    )
    message_in_russian = (
        "Пользователь не найден: школа никого не знает под этой учётной записью. Сообщите классному руководителю "
        "фамилию, имя, отчество, дату рождения и адрес электронной почты учётной записи."
    )
    status = 403


class AmbiguousUser(AuthError):
    """Several people in the directory are known under the token's subject (F35)."""

    code = "AMBIGUOUS_USER"
    message = (
        "More than one user found: the school knows several people under this account. Give the class teacher your "
        "full name, your birth date and the e-mail address of the account."
    )
    message_in_russian = (
        "Нашлось больше одного пользователя: школа знает под этой учётной записью нескольких людей. Сообщите "
        "классному руководителю фамилию, имя, отчество, дату рождения и адрес электронной почты учётной записи."
    )
    status = 403


class DeveloperIssuerOff(Exception):
    """A developer token was requested while the developer issuer is switched off."""

    def __init__(self) -> None:
        super().__init__("The developer issuer is switched off: it needs a development secret in the settings.")
