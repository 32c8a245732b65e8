"""The page speaks Russian and English, each in whole."""

import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.gateway.http.conftest import DemoViewer
from tests.requiring import built, node_for

PAGE: Final = Path(__file__).parents[3] / "gateway" / "graphiql"

# Functions are called with whatever they take; what they say is compared as text.
READ: Final = """
import { createServer } from 'vite';
const server = await createServer({
  server: { middlewareMode: true, ws: false }, logLevel: 'error', appType: 'custom',
  optimizeDeps: { noDiscovery: true },
});
globalThis.localStorage = { getItem: () => null };
globalThis.document = { documentElement: {} };
const load = (file) => server.ssrLoadModule(file);
const shape = (value) => typeof value === 'function' ? value.length : Array.isArray(value) ? value.map(shape)
  : typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shape(one)]))
  : value;
const [{ ENGLISH }, { RUSSIAN }, { RUSSIAN_TITLES }, examples, { GALLERY }, { ROLES }] = await Promise.all([
  load('/src/words/en.ts'), load('/src/words/ru.ts'), load('/src/editor/exampleTitles.ts'),
  load('/src/editor/examples.ts'), load('/src/questions/gallery.ts'), load('/src/roles.ts')]);
console.log(JSON.stringify({
  english: shape(ENGLISH), russian: shape(RUSSIAN), titles: RUSSIAN_TITLES,
  examples: ROLES.flatMap((role) => examples.examplesOf(role).map(({ title }) => title)),
  questions: Object.values(GALLERY).flat().map(({ title }) => title),
}));
await server.close();
"""

FOREIGN: Final = re.compile(r"[A-Za-z]{2,}")
NAMES: Final = {
    "II",
    "III",
    "IV",
    "JSON",
    "Redis",
    "CSV",
    "ICS",
    "PDF",
    "Excel",
    "TSV",
    "English",
    "GraphiQL",
    "curl",
    "SDL",
    "TypeScript",
}
"""Words that are the same in both languages."""


@pytest.fixture(scope="module")
def words() -> Mapping[str, Any]:
    built("gateway/graphiql/dist/index.html")
    said = subprocess.run(
        [node_for("gateway/graphiql"), "--input-type=module", "--eval", READ],
        cwd=PAGE,
        capture_output=True,
        check=True,
        text=True,
    )
    read: dict[str, Any] = json.loads(said.stdout)
    return read


def leaves(words: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(words, dict):
        for key, below in words.items():
            yield from leaves(below, f"{path}.{key}")
    elif isinstance(words, list):
        for index, below in enumerate(words):
            yield from leaves(below, f"{path}.{index}")
    else:
        yield path, words


def test_both_dictionaries_have_the_same_keys(words: Mapping[str, Any]) -> None:
    english, russian = dict(leaves(words["english"])), dict(leaves(words["russian"]))
    assert list(english) == list(russian)
    assert [key for key, said in russian.items() if isinstance(said, int) and said > english[key]] == []


def test_no_text_is_left_in_the_other_language(words: Mapping[str, Any]) -> None:
    same = {key for key, said in leaves(words["english"]) if said == dict(leaves(words["russian"]))[key]}
    said = dict(leaves(words["english"]))
    assert {said[key] for key in same if isinstance(said[key], str)} <= {*NAMES, "–"}
    assert [said for _, said in leaves(words["english"]) if re.search("[а-яё]", str(said))] == []


def test_every_example_and_question_has_a_title_in_both_languages(words: Mapping[str, Any]) -> None:
    assert set(words["examples"]) == set(words["titles"])
    assert [title for title in words["questions"] if not (title["en"] and re.search("[а-яё]", title["ru"]))] == []


@pytest.fixture
async def russian(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="ru-RU")
    yield await context.new_page()
    await context.close()


async def foreign_words(page: Page) -> set[str]:
    """The words in Latin letters that the page shows or says to a screen reader."""
    texts: list[str] = await page.evaluate(
        """() => [document.body.innerText, ...[...document.querySelectorAll('[aria-label], [title], [placeholder]')]
            .filter((one) => !one.closest('[aria-hidden=true]'))
            .flatMap((one) => [one.ariaLabel, one.title, one.placeholder]).filter(Boolean)]"""
    )
    return {word for text in texts for word in FOREIGN.findall(text)} - NAMES


async def test_the_gallery_is_russian_where_the_browser_is(russian: Page, viewers: Mapping[str, DemoViewer]) -> None:
    for role in ("PARENT", "CLASS_TEACHER", "ANALYST"):
        await russian.goto(viewers[role]["graphiql"])
        await russian.reload()
        await expect(russian.locator(".answer-status")).to_contain_text("мс")
        await expect(russian.locator("html")).to_have_attribute("lang", "ru")
        # The keys of columns stand in their hints, for those who know the graph.
        await russian.evaluate("document.querySelectorAll('th[title]').forEach((one) => one.removeAttribute('title'))")
        assert await foreign_words(russian) == set()


async def test_a_message_follows_the_language(russian: Page, demo_url: str) -> None:
    await russian.goto(f"{demo_url}/graphql#section=dictionary")
    await expect(russian.get_by_role("region", name="Query", exact=True)).to_be_visible()
    for address in ("**/schema.graphql", "**/graphql"):
        await russian.route(address, lambda route: route.abort("connectionrefused"))
    notices = russian.locator(".notice[role=alert]")
    await russian.get_by_role("button", name="SDL").click()
    await expect(notices).to_contain_text(["Шлюз недоступен."])
    await russian.get_by_role("button", name="Вопросы").click()
    await expect(notices).to_contain_text(["Шлюз недоступен.", "Шлюз недоступен."])
    await russian.get_by_label("Язык").select_option("en")
    await expect(notices).to_contain_text(["The gateway cannot be reached.", "The gateway cannot be reached."])


async def test_the_language_is_switched_without_losing_the_answer(russian: Page, demo_url: str) -> None:
    await russian.goto(f"{demo_url}/graphql")
    await expect(russian.locator(".answer-status")).to_contain_text("мс")
    await russian.get_by_label("Язык").select_option("en")
    await expect(russian.locator(".answer-status")).to_contain_text("ms")
    await expect(russian.locator("html")).to_have_attribute("lang", "en")
    await russian.reload()
    await expect(russian.get_by_label("Language")).to_have_value("en")
