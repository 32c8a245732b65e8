"""The messages of an answer in the language that its client asks for."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from gateway.http.writing.outcome import Outcome
from gateway.languages import Language, Text, in_language

VARY: Final = "Accept, Accept-Encoding, Accept-Language, Authorization, Cookie"


def localized(outcome: Outcome, language: Language) -> Outcome:
    """*outcome* with its messages in *language*, and with the headers that say so; itself where it has no errors.

    `Content-Language` names English too where a message has no translation: those of GraphQL's own validation.
    """
    answers = outcome.answer if isinstance(outcome.answer, list) else [outcome.answer]
    messages = [error["message"] for answer in answers for error in answer.get("errors", ())]
    if outcome.has_messages:
        for answer in answers:
            messages += _texts(answer.get("data"))
    if not messages:
        return outcome
    spoken = {language if isinstance(message, Text) else Language.ENGLISH for message in messages}
    headers = {**outcome.headers, "Content-Language": ", ".join(sorted(spoken, reverse=True)), "Vary": VARY}
    if language is Language.ENGLISH:
        return replace(outcome, headers=headers)
    parts = {"errors", "data"} if outcome.has_messages else {"errors"}
    translated = [_translated(answer, language, parts) for answer in answers]
    return replace(outcome, answer=translated if isinstance(outcome.answer, list) else translated[0], headers=headers)


def _texts(value: Any) -> list[Text]:
    """The public messages in a JSON value."""
    if isinstance(value, Text):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


def _translated(answer: Mapping[str, Any], language: Language, parts: Collection[str]) -> dict[str, Any]:
    return {key: in_language(value, language) if key in parts else value for key, value in answer.items()}
