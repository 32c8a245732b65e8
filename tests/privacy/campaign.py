"""Compares two worlds that a viewer cannot tell apart, answer by answer, and makes a difference as small as it gets."""

import difflib
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import orjson
from pymongo.errors import BulkWriteError

from connectors.assembly import SUBSYSTEMS
from tests.privacy.addresses import add_addresses
from tests.privacy.coverage import Coverage
from tests.privacy.gateways import Observed, Pair, Request, ids_in_metrics, serving
from tests.privacy.low import Low
from tests.privacy.mutations import Mutations, is_hidden, is_possible
from tests.privacy.questions import LISTS, Question, corpus, hidden_names, mutations
from tests.privacy.requests import PATH, ROLES, Requests, write_manifest
from tests.privacy.valid_inputs import ValidInput, valid_inputs
from tests.privacy.values import Values, last_week
from tests.privacy.worlds import Mutation, Person, World, inverse

MUTATIONS: Final = 60
"""How many hidden changes the second world has; when an answer differs, the one that caused it is searched for."""
COMPARISONS: Final = 100
"""Comparisons of one viewer in one pair of worlds."""
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTED: Final = re.compile(r"[\"']([A-Za-z_][A-Za-z0-9_]*)[\"']")
_AGAIN: Final = 4
"""A difference counts when it is there each time of so many."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many documents of each kind a campaign asks in a role."""

    grown: int = 60
    hypotheses: int = 12
    tours: bool = True
    """Whether all fields of each type are asked for."""
    everything: float = 0.1
    """The share of requests that ask for everything there is."""
    writes: float = 0.12
    """The share of requests that are mutations."""
    valid: float = 0.3
    """The share of sequences in which a mutation is sent with an input that is known to be valid."""
    others: float = 0.12
    """The share of sequences before which others have read and changed something in the second world."""


@dataclass(slots=True)
class Difference:
    """Two answers to one request that should have been equal, and what alone makes them differ."""

    person: Person
    requests: Sequence[Request]
    mutations: Sequence[Mutation]
    dead: Sequence[tuple[str, str]]
    slow: Sequence[tuple[str, str]]
    others: Sequence[Request]
    first: Observed
    second: Observed
    where: str

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.person} can tell two worlds apart"]
        lines += [f"  asked {request}" for request in self.requests]
        lines += [f"  world two: {change}" for mutation in self.mutations for change in mutation[:3]]
        lines += [f"  world two: {'.'.join(place)} does not answer" for place in self.dead]
        lines += [f"  world two: {'.'.join(place)} answers late" for place in self.slow]
        lines += [f"  world two: others asked before {request}" for request in self.others]
        lines += [f"  {line}" for line in _difference(self.first, self.second)]
        return "\n".join(lines)


def _difference(first: Observed, second: Observed) -> list[str]:
    found = []
    if first.status != second.status:
        found.append(f"status {first.status}, {second.status}")
    found += [f"headers {sorted(set(first.headers) ^ set(second.headers))}"] if first.headers != second.headers else []
    if first.sent_bytes != second.sent_bytes:
        found.append(f"bytes sent {first.sent_bytes}, {second.sent_bytes}")
    if first.waited != second.waited:
        found.append(f"reads of slow sources {first.waited}, {second.waited}")
    if first.commands != second.commands:
        found.append(f"commands {sorted(set(first.commands) ^ set(second.commands))}")
    before, after = (_lines(one.observable[2]) for one in (first, second))
    changed = list(difflib.unified_diff(before, after, "world one", "world two", n=2, lineterm=""))
    return found + changed[:60]


def _lines(body: object) -> list[str]:
    """A body, or the answer in it that was made comparable, line by line."""
    try:
        answer = orjson.loads(body) if isinstance(body, bytes) else body
    except orjson.JSONDecodeError:
        return str(body).splitlines()
    return orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode().splitlines()


def _words(value: object) -> Iterator[str]:
    """The words of an answer, its keys left out."""
    if isinstance(value, str):
        yield from _WORD.findall(value)
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _words(inner)


@dataclass(slots=True)
class Campaign:
    """A campaign over one data set; the same seed and round ask the same."""

    pair: Pair
    seed: int
    sizes: Sizes = field(default_factory=Sizes)
    compared: int = 0
    unsteady: int = 0
    """Differences that were gone when the same was asked again: MongoDB's answers arrived in another order."""
    differences: list[Difference] = field(default_factory=list)
    by_transport: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The comparisons of each role and transport."""
    coverage: Coverage = field(default_factory=Coverage)
    inputs: Mapping[str, ValidInput] = field(default_factory=dict)
    """Inputs with which mutations are carried out, by the names of these."""
    _corpora: dict[str, Sequence[Question]] = field(default_factory=dict)
    _written: dict[str, Sequence[Question]] = field(default_factory=dict)
    _lows: dict[Person, Low] = field(default_factory=dict)

    @property
    def world(self) -> World:
        """The first world, which stays as it is."""
        return self.pair.worlds[0]

    def person_of(self, number: int) -> Person:
        """Who asks in a round: role after role, and in each role person after person."""
        role = ROLES[number % len(ROLES)]
        own = [person for person in self.world.people if person.role == role]
        return own[number // len(ROLES) % len(own)]

    async def round(self, number: int, *, comparisons: int = COMPARISONS, shrinks: bool = True) -> None:
        """One viewer, one second world, many requests until there is a difference, which is made small if *shrinks*."""
        await _Round(self, self.person_of(number), number).run(comparisons, shrinks=shrinks)

    def low(self, person: Person) -> Low:
        """What a person may see of the first world."""
        if person not in self._lows:
            self._lows[person] = Low(self.world, person)
        return self._lows[person]

    def written(self, role: str) -> Sequence[Question]:
        """The mutations that are sent in a role, each in some documents."""
        if role not in self._written:
            self._written[role] = mutations(role, Random(f"{self.seed} {role} writes"))
        return self._written[role]

    def corpus(self, role: str) -> Sequence[Question]:
        """The documents that are asked in a role."""
        if role not in self._corpora:
            random = Random(f"{self.seed} {role}")
            sizes = self.sizes
            self._corpora[role] = corpus(role, random, size=sizes.grown, hypotheses=sizes.hypotheses, tours=sizes.tours)
        return self._corpora[role]


@dataclass(slots=True)
class _Sequence:
    """Requests in their order, what both worlds need for them, and what others asked of the second world before."""

    requests: list[Request]
    others: list[tuple[Person, Request]] = field(default_factory=list)
    needs: Mutation = ()

    def __len__(self) -> int:
        return len(self.requests) + len(self.others)

    @property
    def writes(self) -> bool:
        """Whether data may be changed."""
        return any(request.is_write for request in self.requests) or bool(self.others or self.needs)

    def only(self, requests: Sequence[Request], *, others: bool) -> "_Sequence":
        """Some of the requests, with what they need."""
        return _Sequence([*requests], self.others if others else [], self.needs)


class _Round:
    """One round of a campaign."""

    def __init__(self, campaign: Campaign, person: Person, number: int) -> None:
        self._campaign = campaign
        self._pair = campaign.pair
        self._person = person
        self._number = number
        self._random = random = Random(f"{campaign.seed} {number} {campaign.world.name}")
        low = campaign.low(person)
        other, self._mutations = Mutations(campaign.world, low, random).some(MUTATIONS)
        values = Values([campaign.world, other], low, random, self._mutations)
        self._requests = Requests(self._pair.bearer(person), person, campaign.world, values, random)
        self._others = [one for one in campaign.world.people if one != person]
        hidden = self._hidden_places(low)
        self._dead = [place for place in hidden if random.random() < 0.5]
        self._slow = [place for place in hidden if place not in self._dead]
        self._inputs: dict[str, bool] = {}
        """Whether the worlds stay alike to the viewer with what the valid input of a mutation needs."""

    def _hidden_places(self, low: Low) -> list[tuple[str, str]]:
        """Collections of which the viewer's role sees nothing, and which answer late or not in the second world."""
        if self._random.random() < 0.6:
            return []
        every = [(name, one.name) for name, connector in SUBSYSTEMS.items() for one in connector.collections]
        return [place for place in every if low.hides(".".join(place))]

    async def run(self, comparisons: int, *, shrinks: bool) -> None:
        campaign, pair = self._campaign, self._pair
        until = campaign.compared + comparisons
        questions = campaign.corpus(self._person.role)
        written = campaign.written(self._person.role)
        await pair.change(self._mutations)
        await pair.forget()
        pair.second.dead, pair.second.slow = set(self._dead), set(self._slow)
        try:
            while campaign.compared < until:
                sequence = self._next(questions, written)
                if self._random.random() < 0.3:
                    await pair.forget()
                difference = await self._compared(sequence)
                if sequence.writes:
                    await pair.restore()
                    await pair.forget()
                if difference is not None:
                    found = await self._smallest(difference) if shrinks else self._as_it_is(*difference)
                    campaign.differences.append(found)
                    break
        finally:
            pair.second.dead, pair.second.slow = set(), set()
            if labels := ids_in_metrics():
                raise AssertionError(f"labels of the metrics name {labels}, in round {self._number}")
            await pair.restore()
            await pair.change(inverse(self._mutations))
            await pair.forget()

    def _next(self, questions: Sequence[Question], written: Sequence[Question]) -> _Sequence:
        random, sizes = self._random, self._campaign.sizes
        requests: list[Request] = []
        for _ in range(random.randint(1, 5)):
            chance = random.random()
            if chance < 0.08:
                requests += self._requests.batch(random.sample(questions, 2))
            elif chance < 0.13:
                requests.append(self._requests.of_address())
            elif chance < 0.13 + sizes.writes:
                requests += self._requests.of(random.choice(written))
            else:
                some = questions[:4] if chance < 0.13 + sizes.writes + sizes.everything else questions
                requests += self._requests.of(random.choice(some))
        others = self._of_others() if random.random() < sizes.others else []
        valid = self._valid(written) if random.random() < sizes.valid else None
        if valid is None:
            return _Sequence(requests, others)
        question, valid_input = valid
        requests.insert(random.randint(0, len(requests)), self._requests.of_valid(question, valid_input.values))
        return _Sequence(requests, others, valid_input.needs)

    def _valid(self, written: Sequence[Question]) -> tuple[Question, ValidInput] | None:
        """A mutation and an input with which it is carried out for somebody.

        None where what the input needs would show the viewer how the worlds differ.
        """
        inputs = self._campaign.inputs
        known = [question for question in written if question.mutation in inputs]
        if not known:
            return None
        question = self._random.choice(known)
        valid_input = inputs[question.mutation]
        if question.mutation not in self._inputs:
            fits = is_possible(valid_input.needs, self._pair.worlds[1])
            self._inputs[question.mutation] = fits and self._are_hidden(self._mutations, valid_input.needs)
        return (question, valid_input) if self._inputs[question.mutation] else None

    def _of_others(self) -> list[tuple[Person, Request]]:
        """What others do in the second world before: they read, and they send changes that the viewer cannot see."""
        same = [one for one in self._others if one.subject == self._person.subject]
        random = self._random
        found = []
        for person in [*same, *random.sample(self._others, 2)]:
            body = orjson.dumps({"query": LISTS, "variables": {}})
            found.append((person, self._by(person, body, [LISTS])))
        return found + self._hidden_changes()

    def _hidden_changes(self) -> list[tuple[Person, Request]]:
        """A parent acknowledges the diary of a child whom the viewer does not know, by a key that all use."""
        mine = self._campaign.low(self._person)
        for person in self._others:
            if person.role != "PARENT" or self._person.role in {"CLASS_TEACHER", "ADMINISTRATOR"}:
                continue  # a class teacher sees the acknowledgement, an administrator the audit of it
            theirs = self._campaign.low(person).students
            if theirs and not mine.students.keys() & theirs.keys():
                text = """mutation Seen($input: AcknowledgeDiaryInput!) {
                  acknowledgeDiary(input: $input) { userErrors { code } } }"""
                sent = {"studentId": min(theirs), "weekStart": last_week(self._campaign.world.today)}
                body = orjson.dumps({"query": text, "variables": {"input": sent}})
                return [(person, self._by(person, body, [text], **{"Idempotency-Key": "k1"}))]
        return []

    def _by(self, person: Person, body: bytes, texts: Sequence[str], **more: str) -> Request:
        bearer = {"Authorization": f"Bearer {self._pair.bearer(person)}", "Content-Type": "application/json"}
        return Request("POST", PATH, {**bearer, **more}, body, texts)

    async def _compared(self, sequence: _Sequence) -> tuple[_Sequence, Observed, Observed] | None:
        """The first difference in a sequence that is there each time, with the requests up to it."""
        for place, answers in enumerate([one async for one in self._answers(sequence)]):
            first, second = answers
            self._campaign.compared += 1
            self._campaign.by_transport[self._person.role, sequence.requests[place].transport] += 1
            self._campaign.coverage.note(self._person.role, sequence.requests[place], first)
            self._requests.learn(first)
            if names := self._hidden_names(sequence.requests[place], first):
                named = replace(first, headers=(*first.headers, ("names of other roles", " ".join(sorted(names)))))
                return sequence.only([sequence.requests[place]], others=False), first, named
            if first.is_like(second):
                continue
            up_to_here = sequence.only(sequence.requests[: place + 1], others=True)
            found = await self._each_time(up_to_here)
            if found is not None:
                return up_to_here, *found
            self._campaign.unsteady += 1
        return None

    def _hidden_names(self, request: Request, observed: Observed) -> set[str]:
        """The names of the schemas of other roles that an answer tells and the request did not say."""
        introspects = any("__schema" in text or "__type(" in text for text in request.documents)
        if not observed.is_json or (b'"errors"' not in observed.body and not introspects):
            return set()
        words: set[str] = set()
        for one in observed.answer if isinstance(observed.answer, list) else [observed.answer]:
            # An error with a path is one of fields that the document asks for.
            for error in one.get("errors", ()):
                words.update(() if "path" in error else _QUOTED.findall(error["message"]))
            data = one.get("data") or {}
            words.update(_words([data.get(name) for name in ("__schema", "__type")]))
        said = {word for text in request.documents for word in _WORD.findall(text)}
        return words & hidden_names(self._person.role) - said

    async def _answers(self, sequence: _Sequence) -> AsyncIterator[tuple[Observed, Observed]]:
        if sequence.needs:
            await self._pair.prepare(sequence.needs)
        for person, request in sequence.others:
            await self._pair.second.ask(request, 0)
            assert person != self._person
        for request in sequence.requests:
            first, second = await self._pair.ask(request, self._person)
            after_others = bool(sequence.others)
            yield replace(first, after_others=after_others), replace(second, after_others=after_others)

    async def _each_time(self, sequence: _Sequence, times: int = _AGAIN) -> tuple[Observed, Observed] | None:
        """The answers to the last request, where they differ each time that all is asked anew."""
        firsts, seconds = [], []
        for _ in range(times):
            await self._pair.restore()
            await self._pair.forget()
            [*_, (first, second)] = [one async for one in self._answers(sequence)]
            firsts.append(first)
            seconds.append(second)
            if first.is_like(second):
                return None
        differs = all(first.observable != second.observable for first, second in zip(firsts, seconds, strict=True))
        if not differs and {one.commands for one in firsts} & {one.commands for one in seconds}:
            return None
        return firsts[-1], seconds[-1]

    # ── as small as it gets ──

    def _as_it_is(self, sequence: _Sequence, first: Observed, second: Observed) -> Difference:
        where = f"data {self._campaign.world.name}, seed {self._campaign.seed}, round {self._number}"
        others = [request for _, request in sequence.others]
        person, requests, mutations_ = self._person, sequence.requests, self._mutations
        return Difference(person, requests, mutations_, self._dead, self._slow, others, first, second, where)

    def _are_hidden(self, some: Sequence[Mutation], needs: Mutation = ()) -> bool:
        """Whether the viewer may not see any of these mutations where they are the only ones.

        Both worlds have what *needs* changes, too.
        """
        world = self._campaign.world
        low = self._campaign.low(self._person)
        if needs:
            world = world.copy()
            world.apply(needs)
            low = Low(world, self._person)
        needed = {(change.place, change.id) for change in needs}
        changes = [change for mutation in some for change in mutation if (change.place, change.id) not in needed]
        other = world.copy()
        other.apply(changes)
        return is_hidden(tuple(changes), low, low.beside(other))

    async def _smallest(self, difference: tuple[_Sequence, Observed, Observed]) -> Difference:
        """The difference with no request, no mutation and no dead source that it does not need."""
        sequence, first, second = difference
        pair = self._pair

        async def still(smaller: _Sequence, some: Sequence[Mutation], dead: Sequence[tuple[str, str]]) -> bool:
            nonlocal first, second
            left_out = [mutation for mutation in self._mutations if mutation not in some]
            if not self._are_hidden(some, smaller.needs):
                return False  # some were hidden only beside others
            await pair.restore()
            pair.second.dead = set(dead)
            try:
                await pair.change(inverse(left_out))
                found = await self._each_time(smaller, 2)
            except BulkWriteError:  # what is left of the mutations breaks a unique index
                found = None
            await pair.restore()
            await pair.change(left_out)
            if found is not None:
                first, second = found
            return found is not None

        every, dead = list(self._mutations), list(self._dead)
        requests = sequence.requests
        alone, last = (sequence.only(requests[-1:], others=others) for others in (False, True))
        for candidate in (alone, sequence.only(requests, others=False), last):
            if len(candidate) < len(sequence) and await still(candidate, every, dead):
                sequence = candidate
                break
        if dead and await still(sequence, every, []):
            dead = []
        elif dead and await still(sequence, [], dead):
            every = []
        every = await _fewest(every, lambda rest: still(sequence, rest, dead))
        pair.second.dead = set(self._dead)
        found = self._as_it_is(sequence, first, second)
        found.mutations, found.dead = every, dead
        return found


async def _fewest(
    mutations_: Sequence[Mutation], still: Callable[[Sequence[Mutation]], Awaitable[bool]]
) -> list[Mutation]:
    """The mutations without those that are not needed for *still* to hold."""
    every = list(mutations_)
    size = max(1, len(every) // 2)
    while every:
        for start in range(0, len(every), size):
            rest = every[:start] + every[start + size :]
            if await still(rest):
                every = rest
                break
        else:
            if size == 1:
                break
            size = max(1, size // 2)
    return every


@asynccontextmanager
async def campaign(
    world: World, mongo_uri: str, redis_uris: tuple[str, str], *, seed: int, sizes: Sizes | None = None
) -> AsyncIterator[Campaign]:
    """A campaign over two copies of a world, to which the addresses of its people are added."""
    add_addresses(world)
    with TemporaryDirectory(prefix="privacy-") as directory:
        manifests = write_manifest(Path(directory))
        async with serving(world, mongo_uri, redis_uris, manifests=manifests) as pair:
            yield Campaign(pair, seed, sizes or Sizes(), inputs=await valid_inputs(world, mongo_uri))
