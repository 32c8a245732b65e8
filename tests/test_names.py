"""Names and habits that the code has left behind do not come back."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("auth", "connectors", "gateway")

MODULES: Final = [
    "account",
    "adapter",
    "around",
    "batches",
    "changes",
    "circles",
    "commands",
    "cursors",
    "explaining",
    "first_reading",
    "guard",
    "ids",
    "journal",
    "leaves",
    "life",
    "loading",
    "merging",
    "printing",
    "process",
    "refusal",
    "second_reading",
    "settings_table",
    "shared",
    "shared_redis",
    "showcase",
    "spots",
    "stock",
    "watch",
    "waves",
]
"""Modules by names that only their writers understood."""
ENGINE_MODULES: Final = ["amounts", "caching", "counting", "fields", "pricing", "weights"]
"""Names that modules of the engine gave up; elsewhere some of these words are the right ones."""
CLASSES: Final = [
    "Box",
    "Circle",
    "FrontDoor",
    "Kept",
    "Linking",
    "Shape",
    "Sharing",
    "Spot",
    "Standing",
    "Tags",
    "Target",
    "_One",
]
FUNCTIONS: Final = ["_paid", "behind", "failed", "given", "kept", "shared", "together", "told_to_stop"]
"""Functions that no module defines; a method may be called so where it is the method's usual word."""
NOUNS: Final = frozenset({"asked", "behind", "given", "kept", "made", "told"})
"""Participles and the like that say nothing of what a variable, an attribute, a parameter or a function holds."""
OPENINGS: Final = ("As ", "Likewise", "So many", "The same", "What ", "Whether it ")
"""Beginnings of docstrings that leave their reader to guess the subject."""
FOR_CLIENTS: Final = ("gateway/schema/", "gateway/settings.py")
"""Their docstrings are shown beside the name that they describe, in the schema and in a table."""
PAGE_FILES: Final = ["copying.tsx", "ledger.ts", "told.ts"]


@cache
def sources() -> dict[str, ast.Module]:
    """Each module of the packages, by its path."""
    paths = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths}


@cache
def modules_of_tests() -> dict[str, ast.Module]:
    """Each module of the tests, by its path."""
    paths = (path for path in sorted((ROOT / "tests").rglob("*.py")) if "node_modules" not in path.parts)
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths}


def defined(kinds: type | tuple[type, ...]) -> Iterator[tuple[str, str]]:
    """Path and name of what modules define at their top level, or their classes where *kinds* are classes."""
    for path, module in sources().items():
        for node in ast.walk(module) if kinds is ast.ClassDef else module.body:
            if isinstance(node, kinds):
                yield path, node.name  # type: ignore[attr-defined] # definitions have names


def test_no_module_has_a_name_that_was_given_up() -> None:
    found = [path for path in sources() if _word(path) in MODULES]
    found += [path for path in sources() if path.startswith("gateway/engine/") and _word(path) in ENGINE_MODULES]
    assert found == []


def _word(path: str) -> str:
    own = Path(path)
    return own.parent.name if own.stem == "__init__" else own.stem


def test_no_class_has_a_name_that_was_given_up() -> None:
    assert [(path, name) for path, name in defined(ast.ClassDef) if name in CLASSES] == []


def test_no_function_has_a_name_that_was_given_up() -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert [(path, name) for path, name in defined(kinds) if name in FUNCTIONS] == []


def test_no_file_of_the_page_has_a_name_that_was_given_up() -> None:
    assert [path.name for path in (ROOT / "gateway/graphiql/src").iterdir() if path.name in PAGE_FILES] == []


def test_no_context_variable_carries_data_between_layers() -> None:
    assert [path for path, module in sources().items() if "ContextVar" in _names(module)] == []


def test_fragments_are_spread_in_few_modules_of_the_engine() -> None:
    found = [
        path
        for path, module in sources().items()
        if path.startswith("gateway/engine/") and "FragmentSpreadNode" in _names(module)
    ]
    assert len(found) <= 3, found


def test_fields_are_collected_in_one_place() -> None:
    users = [path for path, module in sources().items() if "FieldCollector" in _names(module)]
    assert users == ["gateway/engine/prepare/collect_fields.py", "gateway/engine/prepare/operation_tree.py"]
    calls = [
        node
        for node in ast.walk(sources()[users[1]])
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "FieldCollector"
    ]
    assert len(calls) == 1


def test_no_name_is_a_bare_participle() -> None:
    found = {
        (path, name)
        for path, module in {**sources(), **modules_of_tests()}.items()
        for node in ast.walk(module)
        for name in _bound(node)
        if name.strip("_") in NOUNS
    }
    assert sorted(found) == []


def test_docstrings_stand_alone() -> None:
    found = [
        (path, opening, text.partition("\n")[0])
        for path, module in sources().items()
        if not path.startswith(FOR_CLIENTS)
        for text in _docstrings(module)
        for opening in OPENINGS
        if text.startswith(opening)
    ]
    assert found == []


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a node defines or assigns to."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.arg(arg=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            yield name


def _docstrings(module: ast.Module) -> Iterator[str]:
    """The docstrings of a module, its classes and functions, and those under their attributes."""
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in node.body:
                match statement:
                    case ast.Expr(value=ast.Constant(value=str(text))):
                        yield text


@cache
def _names(module: ast.Module) -> frozenset[str]:
    """The names that a module imports, defines or uses."""
    found = set()
    for node in ast.walk(module):
        match node:
            case ast.alias(name=name) | ast.Name(id=name) | ast.Attribute(attr=name) | ast.ClassDef(name=name):
                found.add(name)
    return frozenset(found)
