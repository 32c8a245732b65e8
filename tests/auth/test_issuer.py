from datetime import timedelta
from typing import Any

import pytest

from auth.errors import DeveloperIssuerOff
from auth.issuer import issue
from auth.viewer import Role

WHAT: dict[str, Any] = {
    "issuer": "school-gateway",
    "audience": "school-gateway",
    "subject": "boris",
    "role": Role.TEACHER,
    "name": "Борис",
    "lifetime": timedelta(hours=1),
}


@pytest.mark.parametrize("secret", [None, ""])
def test_no_token_is_issued_when_the_developer_issuer_is_off(secret: str | None) -> None:
    with pytest.raises(DeveloperIssuerOff, match="switched off"):
        issue(secret=secret, **WHAT)


@pytest.mark.parametrize("changes", [{"subject": ""}, {"lifetime": timedelta()}, {"lifetime": timedelta(days=-1)}])
def test_no_token_is_issued_when_it_would_be_good_for_nothing(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs a subject"):
        issue(secret="x" * 32, **{**WHAT, **changes})
