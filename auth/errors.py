"""Why a viewer is not let in.

    AuthError
    ├── Unauthenticated    401  UNAUTHENTICATED
    ├── TokenExpired       401  TOKEN_EXPIRED
    ├── RoleNotHeld        401  UNAUTHENTICATED
    ├── UserNotFound       403  USER_NOT_FOUND
    └── AmbiguousUser      403  AMBIGUOUS_USER

401 says that another token will help, 403 that only the school can. A role that is not held is the first kind: the
role stands in the token.
"""

from typing import ClassVar


class AuthError(Exception):
    """A viewer is not let in. Its text is the public message; the *reason* is for the log alone."""

    code: ClassVar[str]
    message: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, reason: str | None = None) -> None:
        super().__init__(self.message)
        self.reason = reason


class Unauthenticated(AuthError):
    """There is no token, or it is not one that this gateway trusts."""

    code = "UNAUTHENTICATED"
    message = "Sign in: a valid bearer token is required."
    status = 401


class TokenExpired(AuthError):
    """The token was good once."""

    code = "TOKEN_EXPIRED"
    message = "The token has expired: sign in again."
    status = 401


class RoleNotHeld(AuthError):
    """The token names no active role, an unknown one, or one that its person does not hold."""

    code = "UNAUTHENTICATED"
    message = "The role of this sign-in is not held by the user: sign in again in a role that is."
    status = 401


class UserNotFound(AuthError):
    """Nobody in the directory is known under the token's subject (F34)."""

    code = "USER_NOT_FOUND"
    message = (
        "User not found: the school knows nobody under this account. Give the class teacher your full name, "
        "your birth date and the e-mail address of the account."
    )
    status = 403


class AmbiguousUser(AuthError):
    """Several people in the directory are known under the token's subject (F35)."""

    code = "AMBIGUOUS_USER"
    message = (
        "More than one user found: the school knows several people under this account. Give the class teacher your "
        "full name, your birth date and the e-mail address of the account."
    )
    status = 403


class DeveloperIssuerOff(Exception):
    """Developer tokens are not issued here."""

    def __init__(self) -> None:
        super().__init__("The developer issuer is switched off: it needs a development secret in the settings.")
