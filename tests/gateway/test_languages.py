"""Every public message has both languages, and an answer is in the one that its client asks for."""

import ast
import copy
import importlib
import inspect
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Final

import pytest

from auth.errors import AuthError, DeveloperIssuerOff
from gateway.errors import PublicError
from gateway.languages import Language, Text, in_language

ROOT: Final = Path(__file__).parents[2]
CYRILLIC: Final = re.compile(r"[А-Яа-яЁё]")
PROTOCOL: Final = {"PersistedQueryNotFound", "PersistedQueryNotSupported"}
"""Messages that clients compare with: they are part of a protocol."""

BY_GRAPHQL_CORE: Final = {
    "gateway/engine/execute.py",
    "gateway/engine/plan/abstract_types.py",
    "gateway/engine/plan/code_generation.py",
    "gateway/engine/plan/compile_input.py",
    "gateway/engine/plan/complete_value.py",
    "gateway/engine/plan/plan.py",
    "gateway/schema/scalars.py",
}
"""Modules that raise what graphql-core would raise, word for word, or what it quotes in errors of its own."""
WORD_FOR_WORD: Final = {"gateway/engine/prepare/limits.py": "Cannot spread fragment"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("auth", "connectors", "gateway"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            within = path.relative_to(ROOT)
            if "demo" not in within.parts and "imports" not in within.parts:
                yield within.as_posix(), ast.parse(path.read_text())


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield f"{path}:{node.lineno}", node


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


TEXTS: Final = [
    pytest.param(*(ast.literal_eval(argument) for argument in call.args), id=place)
    for place, call in calls("Text")
    if all(isinstance(argument, ast.Constant) for argument in call.args)
]


@pytest.mark.parametrize(("english", "russian"), TEXTS)
def test_a_message_has_both_languages_and_the_same_parameters_in_both(english: str, russian: str) -> None:
    assert not CYRILLIC.search(english)
    assert CYRILLIC.search(russian) or english == russian in PROTOCOL
    assert fields(english) == fields(russian)


def test_there_are_messages_at_all() -> None:
    others = [place.partition(":")[0] for place, call in calls("Text") if isinstance(call.args[0], ast.Attribute)]
    assert len(TEXTS) > 50
    assert others == ["gateway/operations/errors.py"]  # the two strings of an AuthError


def family(root: type[Exception]) -> Iterator[type[Exception]]:
    for own in root.__subclasses__():
        yield own
        yield from family(own)


def test_every_public_class_has_a_code_and_a_message_in_both_languages() -> None:
    for path, _ in modules():
        if path.startswith(("auth", "gateway")) and path.endswith("errors.py"):
            importlib.import_module(path.removesuffix(".py").replace("/", "."))
    public = [*family(PublicError), *family(AuthError)]
    assert len(public) >= 8
    for own in public:
        assert re.fullmatch(r"[A-Z_]+", own.code), own  # type: ignore[attr-defined] # a class of one of the families
        if issubclass(own, AuthError):
            assert own.status in {400, 401, 403}, own
            assert CYRILLIC.search(own.message_in_russian), own
            assert not CYRILLIC.search(own.message), own
        else:
            assert isinstance(own.message, Text), own  # type: ignore[attr-defined]


def test_no_exception_of_auth_is_outside_of_the_family() -> None:
    module = importlib.import_module("auth.errors")
    own = [c for _, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, Exception)]
    assert [c for c in own if not issubclass(c, AuthError)] == [DeveloperIssuerOff]  # the command line's alone


def test_no_error_is_raised_with_a_message_in_one_language() -> None:
    bare = []
    for name in ("GraphQLError", "Refused", "InvalidInput"):
        for place, call in calls(name):
            path = place.partition(":")[0]
            if path in BY_GRAPHQL_CORE:
                continue
            for argument in [*call.args, *(k.value for k in call.keywords if k.arg in {"message", "reason"})]:
                is_name = name == "InvalidInput" and argument in call.args  # the path of the argument
                if isinstance(argument, ast.JoinedStr) or (
                    isinstance(argument, ast.Constant) and isinstance(argument.value, str) and not is_name
                ):
                    bare.append(place)
    assert bare == [], "write gateway.languages.Text"


def test_a_filled_in_message_is_one_in_both_languages() -> None:
    part = Text("nothing", "ничего")
    text = Text("{n} of {what}", "{n} из {what}").format(n=7, what=part)
    assert (str(text), text.russian) == ("7 of nothing", "7 из ничего")
    assert pickle.loads(pickle.dumps(text)).russian == copy.deepcopy(text).russian == "7 из ничего"  # noqa: S301


def test_every_text_of_an_answer_is_translated() -> None:
    text = Text("Not found", "Не найдено")
    answer = {"errors": [{"message": text, "extensions": {"reason": text, "path": ["a", 1]}}]}
    assert in_language(answer, Language.RUSSIAN) == {
        "errors": [{"message": "Не найдено", "extensions": {"reason": "Не найдено", "path": ["a", 1]}}]
    }
    assert in_language(answer, Language.ENGLISH)["errors"][0]["message"] == "Not found"
