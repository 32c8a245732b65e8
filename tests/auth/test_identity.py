import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from auth.cache import Today
from auth.errors import AmbiguousUser, AuthError, RoleNotHeld, UserNotFound
from auth.scope import Viewers
from auth.viewer import Role, Viewer
from connectors import mongo
from connectors.directory import Directory
from connectors.errors import SourceUnavailable
from connectors.mongo import Source
from tests.auth.conftest import World

Sign = Callable[..., Any]


@pytest.fixture
def sign_in(world: World, today: Today, soon: Callable[[], float]) -> Sign:
    viewers = Viewers(world.directory, None)

    async def viewer(role: Role = Role.ADMINISTRATOR, **who: str) -> Viewer:
        return await viewers.viewer(world.claims(role, **who), today=today, deadline=soon())

    return viewer


async def refusal(sign_in: Sign, *role: Role, **who: str) -> AuthError:
    with pytest.raises(AuthError) as caught:
        await sign_in(*role, **who)
    return caught.value


async def test_a_person_is_found_when_he_alone_is_known_under_the_subject(world: World, sign_in: Sign) -> None:
    me, other = await world.person(Role.ADMINISTRATOR), await world.person(Role.ADMINISTRATOR)
    await world.known_as(me)
    await world.known_as(other, "other")
    assert (await sign_in()).person_id == me


async def test_the_user_is_not_found_when_nobody_is_known_under_the_subject(world: World, sign_in: Sign) -> None:
    await world.known_as(await world.person(Role.ADMINISTRATOR), "other")
    refused = await refusal(sign_in)
    assert (type(refused), refused.code, refused.status) == (UserNotFound, "USER_NOT_FOUND", 403)


async def test_the_user_is_not_found_when_another_issuer_knows_the_subject(world: World, sign_in: Sign) -> None:
    await world.known_as(await world.person(Role.ADMINISTRATOR), issuer="https://another.example")
    assert isinstance(await refusal(sign_in), UserNotFound)


async def test_the_user_is_not_found_when_the_known_person_does_not_exist(world: World, sign_in: Sign) -> None:
    await world.known_as(world.name("Person"))
    assert isinstance(await refusal(sign_in), UserNotFound)


async def test_the_user_is_ambiguous_when_two_are_known_under_the_subject(world: World, sign_in: Sign) -> None:
    await world.known_as(await world.person(Role.ADMINISTRATOR))
    await world.known_as(await world.person(Role.STUDENT))
    refused = await refusal(sign_in)
    assert (type(refused), refused.code, refused.status) == (AmbiguousUser, "AMBIGUOUS_USER", 403)


async def test_a_person_is_found_once_when_two_names_lead_to_him(world: World, sign_in: Sign) -> None:
    me = await world.person(Role.ADMINISTRATOR)
    await world.known_as(me)
    await world.known_as(me)
    assert (await sign_in()).person_id == me


async def test_the_survivor_is_found_when_the_person_was_merged(world: World, sign_in: Sign) -> None:
    last = await world.person(Role.ADMINISTRATOR)
    middle = await world.person(Role.STUDENT, merged_to=last)
    await world.known_as(await world.person(Role.STUDENT, merged_to=middle))
    await world.known_as(last)
    assert (await sign_in()).person_id == last


async def test_the_roles_of_the_survivor_count_when_the_person_was_merged(world: World, sign_in: Sign) -> None:
    survivor = await world.person(Role.PARENT)
    await world.known_as(await world.person(Role.ADMINISTRATOR, merged_to=survivor))
    assert isinstance(await refusal(sign_in, Role.ADMINISTRATOR), RoleNotHeld)


async def test_the_user_is_ambiguous_when_two_names_lead_to_two_survivors(world: World, sign_in: Sign) -> None:
    for _ in range(2):
        survivor = await world.person(Role.ADMINISTRATOR)
        await world.known_as(await world.person(merged_to=survivor))
    assert isinstance(await refusal(sign_in), AmbiguousUser)


async def test_the_user_is_not_found_when_merges_lead_to_nobody(world: World, sign_in: Sign) -> None:
    first = await world.person(Role.ADMINISTRATOR)
    second = await world.person(Role.ADMINISTRATOR, merged_to=first)
    await world.change("people", first, merged_to=second)
    await world.known_as(first)
    await world.known_as(await world.person(Role.ADMINISTRATOR, merged_to=world.name("Person")))
    await world.known_as(itself := await world.person(Role.ADMINISTRATOR))
    await world.change("people", itself, merged_to=itself)
    assert isinstance(await refusal(sign_in), UserNotFound)


async def test_the_user_is_not_found_when_the_chain_of_merges_has_no_end(world: World, sign_in: Sign) -> None:
    person = await world.person(Role.ADMINISTRATOR)
    for _ in range(20):
        person = await world.person(Role.ADMINISTRATOR, merged_to=person)
    await world.known_as(person)
    world.commands.sent.clear()
    assert isinstance(await refusal(sign_in), UserNotFound)
    assert len(world.commands.sent) <= 10


@pytest.mark.parametrize("role", list(Role))
async def test_nobody_is_let_in_when_the_role_is_not_his(world: World, sign_in: Sign, role: Role) -> None:
    await world.known_as(await world.person(*(set(Role) - {role})))
    refused = await refusal(sign_in, role)
    assert (type(refused), refused.code, refused.status) == (RoleNotHeld, "UNAUTHENTICATED", 401)


async def test_who_acts_for_a_person_without_a_token_has_the_rights_of_the_survivor(
    world: World, today: Today, soon: Callable[[], float]
) -> None:
    survivor = await world.person(Role.ANALYST)
    merged = await world.person(Role.ADMINISTRATOR, merged_to=survivor)
    viewers = Viewers(world.directory, None)
    for own in (merged, survivor):
        viewer = await viewers.of_person(own, Role.ANALYST, today=today, deadline=soon())
        assert (viewer.person_id, viewer.role) == (survivor, Role.ANALYST)
    with pytest.raises(RoleNotHeld):
        await viewers.of_person(merged, Role.ADMINISTRATOR, today=today, deadline=soon())


async def test_nobody_acts_for_a_person_who_is_gone(world: World, today: Today, soon: Callable[[], float]) -> None:
    gone = world.name("Person")
    broken = await world.person(Role.PARENT, merged_to=gone)
    for own in (gone, broken):
        with pytest.raises(UserNotFound):
            await Viewers(world.directory, None).of_person(own, Role.PARENT, today=today, deadline=soon())


async def test_nobody_is_let_in_when_the_directory_is_down(world: World, today: Today) -> None:
    client: Any = mongo.connect("mongodb://127.0.0.1:1", timeout_s=0.1)
    viewers = Viewers(Directory(Source("directory", client["nowhere"])), None)
    with pytest.raises(SourceUnavailable):
        await viewers.viewer(
            world.claims(Role.ADMINISTRATOR), today=today, deadline=asyncio.get_running_loop().time() + 0.2
        )
    client.close()
