"""`make mutants`: drops or adds one role, one condition, one bound of a date, and asks whether a test notices.

The modules that decide who may see what are compiled with all their mutants inside, each behind a switch. The tests run
once, to learn which of them reach which switch; then each mutant runs in a process of its own, until the first of these
tests fails. No file is changed. A mutant that lives and has no reason in `mutants_that_live.py` is a failure.
"""

import argparse
import ast
import asyncio
import builtins
import copy
import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

from connectors.embedded import mongod, redis_server
from tests.privacy.mutants_that_live import REASONS

ROOT: Final = Path(__file__).parents[2]
MODULES: Final = (
    "auth.identity",
    "auth.scope",
    "auth.viewer",
    "connectors.audience",
    "connectors.directory.people_filter",
    "gateway.context",
    "gateway.engine.prepare.pruning",
    "gateway.engine.prepare.visibility",
    "gateway.homework",
    "gateway.membership",
    "gateway.recipients",
    "gateway.resolvers.announcements.reading",
    "gateway.resolvers.audit",
    "gateway.resolvers.diary.lessons",
    "gateway.resolvers.directory.known_people",
    "gateway.resolvers.directory.scope",
    "gateway.resolvers.messages.mailbox",
    "gateway.schema.visibility",
    "gateway.teaching",
)
"""The modules that decide who may see what."""
TESTS: Final = (
    "tests/auth",
    "tests/connectors/test_audience.py",
    "tests/gateway/schema",
    "tests/gateway/test_membership.py",
    "tests/gateway/test_recipients.py",
    "tests/gateway/test_teaching.py",
    "tests/gateway/engine/prepare",
    "tests/gateway/resolvers/test_announcements.py",
    "tests/gateway/resolvers/test_audit.py",
    "tests/gateway/resolvers/test_diary.py",
    "tests/gateway/resolvers/test_attendance.py",
    "tests/gateway/resolvers/test_directory.py",
    "tests/gateway/resolvers/test_disclosures.py",
    "tests/gateway/resolvers/test_grades.py",
    "tests/gateway/resolvers/test_messages.py",
    "tests/gateway/resolvers/test_node.py",
    "tests/gateway/resolvers/test_paging.py",
    "tests/gateway/resolvers/test_portfolio.py",
    "tests/gateway/resolvers/test_summer.py",
    "tests/gateway/resolvers/test_today.py",
    "tests/connectors/directory",
    "tests/gateway/writing/test_announcements.py",
    "tests/gateway/writing/test_homework_comments.py",
    "tests/gateway/writing/test_lesson_journal.py",
    "tests/gateway/writing/test_messages.py",
    "tests/gateway/writing/test_roles.py",
    "tests/gateway/writing/test_talking_rights.py",
)
"""The fast tests that belong to them; those that are not there are left out."""
WITHIN_S: Final = 300
"""How long the tests of one mutant may take; one that hangs is noticed by that."""

_OPPOSITE: Final[Mapping[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_OPERATORS: Final = {"$lt": "$lte", "$lte": "$lt", "$gt": "$gte", "$gte": "$gt"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one expression. *what* says what was changed into what."""

    module: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.what}"

    @property
    def place(self) -> tuple[str, str]:
        """The key of a reason: the module, and the change."""
        return self.module, self.what


class Switch:
    """Which mutant is at work; *reached* collects the switches that were passed."""

    def __init__(self) -> None:
        self.active: int | None = None
        self.reached: set[int] = set()

    def __call__(self, number: int) -> bool:
        self.reached.add(number)
        return number == self.active


class _Mutating(ast.NodeTransformer):
    """Puts every mutant of a module behind its switch; what runs at import stays as it is."""

    def __init__(self, module: str, found: list[Mutant]) -> None:
        self._module = module
        self._found = found
        self._depth = 0

    def _function(self, node: Any) -> Any:
        self._depth += 1
        node.body = [self.visit(one) for one in node.body]
        self._depth -= 1
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function  # noqa: N815 - names of `ast`

    def _either(self, node: Any, mutants: Sequence[tuple[ast.expr, str]]) -> ast.expr:
        result: ast.expr = node
        for changed, what in mutants if self._depth else ():
            self._found.append(Mutant(self._module, node.lineno, what))
            switch = ast.Call(ast.Name("__mutant__", ast.Load()), [ast.Constant(len(self._found) - 1)], [])
            result = ast.copy_location(ast.IfExp(switch, changed, result), node)
        ast.fix_missing_locations(result)
        return result

    def visit_Compare(self, node: ast.Compare) -> Any:
        plain = ast.unparse(node)
        mutants: list[tuple[ast.expr, str]] = []
        for place, operator in enumerate(node.ops):
            if type(operator) in _OPPOSITE:
                other = copy.deepcopy(node)
                other.ops[place] = _OPPOSITE[type(operator)]()
                mutants.append((other, f"{plain} → {ast.unparse(other)}"))
        if "role" in plain.lower():
            mutants += [(ast.Constant(value=own), f"{plain} → {own}") for own in (True, False)]
        return self._either(self.generic_visit(node), mutants)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        plain = ast.unparse(node)
        mutants: list[tuple[ast.expr, str]] = []
        for place in range(len(node.values)):
            rest = [copy.deepcopy(own) for number, own in enumerate(node.values) if number != place]
            other = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            mutants.append((other, f"{plain} → {ast.unparse(other)}"))
        return self._either(self.generic_visit(node), mutants)

    def visit_Constant(self, node: ast.Constant) -> Any:
        if not isinstance(node.value, str) or node.value not in _OPERATORS:
            return node
        other = _OPERATORS[node.value]
        return self._either(node, [(ast.Constant(other), f"{node.value} → {other}")])

    def visit_comprehension(self, node: ast.comprehension) -> Any:
        plain = [ast.unparse(own) for own in node.ifs]
        self.generic_visit(node)
        dropped = [[(ast.Constant(value=True), f"for … if {text} → for …")] for text in plain]
        node.ifs = [self._either(own, one) for own, one in zip(node.ifs, dropped, strict=True)]
        return node

    def visit_If(self, node: ast.If) -> Any:
        plain = ast.unparse(node.test)
        self.generic_visit(node)
        node.test = self._either(node.test, [(ast.Constant(value=False), f"if {plain} → never")])
        return node


class _Loader(SourceFileLoader):
    """Loads a module with its mutants."""

    found: list[Mutant]

    def get_code(self, fullname: str) -> CodeType:
        tree = ast.parse(self.get_data(self.path))
        return compile(_Mutating(fullname, self.found).visit(tree), self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, found: list[Mutant]) -> None:
        self._found = found

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in MODULES else None
        if spec is None or spec.origin is None:
            return None
        spec.loader = _Loader(fullname, spec.origin)
        spec.loader.found = self._found
        return spec


def _declared() -> Iterator[tuple[str, Callable[[], None]]]:
    """One role more or less on each field and type of the graph that has a rule, and how to make it so."""
    from auth.viewer import Role  # noqa: PLC0415 - not before the mutants are in their modules
    from gateway.engine.declarations import BACKREF, declaration_of, type_roles  # noqa: PLC0415
    from gateway.schema.query import graphql_schema  # noqa: PLC0415

    def setting(owner: Any, name: str, roles: frozenset[Any]) -> Callable[[], None]:
        return lambda: (setattr if isinstance(owner, type) else object.__setattr__)(owner, name, roles)

    for named in graphql_schema().type_map.values():
        own = type_roles(named)
        rules = [(named.name, own, named.extensions[BACKREF].origin, "__visible_to__")] if own is not None else []
        for name, field in getattr(named, "fields", {}).items():
            declaration = declaration_of(field) if hasattr(field, "extensions") else None
            if declaration is not None and declaration.visible_to is not None:
                rules.append((f"{named.name}.{name}", declaration.visible_to, declaration, "visible_to"))
        for coordinate, roles, owner, attribute in rules:
            for role in Role:
                other = frozenset(roles ^ {role})
                verb = "without" if role in roles else "with"
                yield f"{coordinate} {verb} {role}", setting(owner, attribute, other)


class Loop:
    """Runs the tests once, then those of each mutant; a plugin of pytest in the place of its own loop."""

    def __init__(self, uris: Mapping[str, str], switch: Switch, found: list[Mutant], only: Sequence[str]) -> None:
        self._uris = uris
        self._switch = switch
        self._found = found
        self._only = only
        self.living: list[str] = []
        self._kills: Counter[str] = Counter()
        """How many mutants each test has killed: it is the first to run for the next ones."""
        self.explained = 0
        self.killed = 0
        self.unreached = 0

    def pytest_configure(self, config: Any) -> None:
        config.workerinput = {"uris": self._uris}  # as a worker of xdist has it: the servers run already

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = session.items
        report = self._in_child(lambda: self._measured(items), within_s=3_600)
        tests = [json.loads(line) for line in report.splitlines()]
        failed = [own["test"] for own in tests if not own["passed"]]
        _say(f"{len(tests)} tests, {sum(own['took'] for own in tests):.0f} s; {len(failed)} fail without a mutant")
        by_id = {item.nodeid: item for item in items}
        good = sorted((own for own in tests if own["passed"]), key=lambda own: own["took"])
        for number, mutant in enumerate(self._found):
            if not self._is_asked_for(str(mutant)):
                continue
            own = [by_id[one["test"]] for one in good if number in one["reached"]]
            self._judge(str(mutant), mutant.place, own, partial(setattr, self._switch, "active", number))
        of_schema = [by_id[one["test"]] for one in good if one["test"].startswith("tests/gateway/schema")]
        for name, change in _declared():
            if self._is_asked_for(name):
                self._judge(name, ("visible_to", name), of_schema, change)
        return True

    def _is_asked_for(self, name: str) -> bool:
        return any(one in name for one in self._only)

    def _judge(self, name: str, place: tuple[str, str], items: Sequence[Any], change: Callable[[], None]) -> None:
        def run() -> Iterator[str]:
            change()
            for number, item in enumerate(by_kills):
                following = by_kills[number + 1] if number + 1 < len(by_kills) else None
                if not _passes(item, following):
                    yield item.nodeid
                    return
            yield "lives"

        by_kills = sorted(items, key=lambda item: -self._kills[item.nodeid])
        outcome = self._in_child(run, within_s=WITHIN_S) if items else "lives"
        if outcome != "lives":
            self.killed += 1
            self._kills[outcome] += 1
        elif place in REASONS:
            self.explained += 1
        else:
            self.unreached += not items
            self.living.append(name + ("" if items else " (no test reaches it)"))
            _say(f"lives: {self.living[-1]}")
        if (done := self.killed + self.explained + len(self.living)) % 25 == 0:
            _say(f"{done} mutants: {self.killed} killed, {self.explained} explained, {len(self.living)} live")

    def _measured(self, items: Sequence[Any]) -> Iterator[str]:
        for number, item in enumerate(items):
            self._switch.reached.clear()
            began = time.perf_counter()
            passed = _passes(item, items[number + 1] if number + 1 < len(items) else None)
            took = time.perf_counter() - began
            yield json.dumps(
                {"test": item.nodeid, "passed": passed, "took": took, "reached": sorted(self._switch.reached)}
            )

    def _in_child(self, run: Callable[[], Iterator[str]], *, within_s: float) -> str:
        """The lines that *run* yields in a process of its own; it ends without cleaning up."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            signal.alarm(int(within_s))
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            try:
                for line in run():
                    os.write(writing, line.encode() + b"\n")
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as lines:
            text = lines.read()
        os.waitpid(pid, 0)
        return text.strip()


def _passes(item: Any, following: Any) -> bool:
    return all(report.passed or report.skipped for report in runtestprotocol(item, log=False, nextitem=following))


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", action="append", help="only mutants whose line has this text, or another such one")
    parser.add_argument("--test", action="append", help="only these tests")
    options = parser.parse_args()
    switch, found = Switch(), list[Mutant]()
    builtins.__mutant__ = switch  # type: ignore[attr-defined] # for the mutants
    for name in [own for own in sys.modules if own.partition(".")[0] in {"auth", "gateway"} or own in MODULES]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(found))
    with tempfile.TemporaryDirectory(prefix="school-gateway-") as directory, asyncio.Runner() as runner:
        servers = mongod(Path(directory, "mongo")), redis_server(Path(directory, "redis"))
        uris = {name: runner.run(own.__aenter__()) for name, own in zip(("mongo", "redis"), servers, strict=True)}
        loop = Loop(uris, switch, found, options.only or [""])
        tests = options.test or list(TESTS)
        if missing := [own for own in tests if not Path(ROOT, own.partition("::")[0]).exists()]:
            parser.error(f"There are no such tests: {', '.join(missing)}.")
        own_options = "addopts=-p no:valkey -p no:schemathesis --import-mode=importlib --strict-markers"
        flags = [
            "-q",
            "-o",
            own_options,
            "-p",
            "no:xdist",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            "-m",
            "not slow",
        ]
        try:
            pytest.main([*flags, *tests], plugins=[loop])
        finally:
            for own in servers:
                runner.run(own.__aexit__(None, None, None))
    total = loop.killed + loop.explained + len(loop.living)
    _say(f"{total} mutants: {loop.killed} killed, {loop.explained} live for a reason, {len(loop.living)} live")
    for name in loop.living:
        _say(f"  {name}")
    return 1 if loop.living else 0


if __name__ == "__main__":
    sys.exit(main())
