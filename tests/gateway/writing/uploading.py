"""Uploading files as one of the people of a school written by hand."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from auth.viewer import Role
from tests.gateway.writing.acting import Acting

FILE: Final = """file { id name sizeBytes mediaType purpose state url
  upload { url method headers { name value } expiresAt } }"""


async def announced(
    acts: Acting, who: str, role: Role, content: bytes, *, name: str = "Задача 5.txt", **sent: Any
) -> dict[str, Any]:
    """The file that `requestUpload` announced."""
    purposes = {Role.STUDENT: "SUBMISSION", Role.TEACHER: "MATERIAL"}
    values = {
        "name": name,
        "sizeBytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "purpose": purposes.get(role, "ACHIEVEMENT"),
        **sent,
    }
    payload = await acts.act(who, role, "requestUpload", values, FILE)
    assert payload["userErrors"] == []
    file: dict[str, Any] = payload["file"]
    return file


async def put(acts: Acting, url: str, content: Any, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """The status and the answer of a content sent to *url*."""
    response = await acts.served.client.put(url, data=content, headers=headers)
    return response.status, await response.json()


async def uploaded(
    acts: Acting, who: str, role: Role, content: bytes, *, name: str = "Задача 5.txt", **sent: Any
) -> str:
    """The id of a file that was uploaded."""
    file = await announced(acts, who, role, content, name=name, **sent)
    status, answer = await put(acts, file["upload"]["url"], content)
    assert (status, answer["state"]) == (200, "STORED")
    return str(file["id"])


async def seen(acts: Acting, who: str, role: Role, file_id: str) -> dict[str, Any]:
    """A file as its owner sees it."""
    query = "query ($id: ID!) { file(id: $id) { id name state mediaType url upload { url } } }"
    answer = await acts.answer(who, role, query, {"id": file_id})
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"]["file"]
    return found
