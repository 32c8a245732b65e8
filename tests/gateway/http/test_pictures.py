"""Pictures over HTTP: thumbnails, and the picture of somebody else without the place where it was taken."""

import asyncio
import hashlib
import resource
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from auth.viewer import Role
from connectors.assembly import Clients
from connectors.files.sweeping import Sweeper
from tests.connectors.pictures.cameras import DEVICE, MEDIA_TYPES, bomb, endless, opened, photo
from tests.gateway.writing.acting import Acting, acting
from tests.gateway.writing.uploading import uploaded

PLACE = 0x8825
OWN = "query ($id: ID!) { file(id: $id) { url thumbnailUrl } }"
INBOX = "{ viewer { submissions(state: SUBMITTED) { nodes { student { id } attachments { id url thumbnailUrl } } } } }"


@pytest.fixture(scope="module")
async def served(mongo_uri: str, redis_uri: str) -> AsyncIterator[Acting]:
    async with acting(mongo_uri, redis_uri, "http_pictures", files={"picture_pixels": 1_000_000}) as one:
        yield one


@pytest.fixture
async def acts(served: Acting) -> Acting:
    await served.restore()
    return served


async def got(acts: Acting, url: str, **headers: str) -> tuple[int, bytes, Any]:
    response = await acts.served.client.get(url, headers=headers)
    return response.status, await response.read(), response.headers


async def of_owner(acts: Acting, file: str) -> dict[str, Any]:
    answer = await acts.answer("ivan", Role.STUDENT, OWN, {"id": file})
    found: dict[str, Any] = answer["data"]["file"]
    return found


async def of_teacher(acts: Acting, *files: str) -> list[dict[str, Any]]:
    """The files that Ivan handed in, as his teacher sees them."""
    values = {"homeworkId": acts.own("Homework", "today", "ivan"), "attachmentIds": list(files)}
    assert await acts.codes("ivan", Role.STUDENT, "submitHomework", values) == []
    answer = await acts.answer("smirnov", Role.TEACHER, INBOX)
    nodes = answer["data"]["viewer"]["submissions"]["nodes"]
    [work] = [one for one in nodes if one["student"]["id"] == acts.id("Person", "ivan")]
    found: list[dict[str, Any]] = work["attachments"]
    return found


@pytest.mark.parametrize("form", MEDIA_TYPES)
async def test_the_place_of_a_picture_is_its_owner_s_alone(acts: Acting, form: str) -> None:
    content = photo(form, orientation=6)
    file = await uploaded(acts, "ivan", Role.STUDENT, content, name="Тетрадь.jpg")
    status, own, headers = await got(acts, (await of_owner(acts, file))["url"])
    assert (status, own) == (200, content)
    assert headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    [seen] = await of_teacher(acts, file)
    status, clean, headers = await got(acts, seen["url"])
    assert (status, headers["Content-Type"]) == (200, MEDIA_TYPES[form])
    assert opened(clean).tobytes() == opened(content).tobytes()
    assert dict(opened(clean).getexif().get_ifd(PLACE)) == {}
    assert DEVICE.encode() not in clean
    tag = f'"{hashlib.sha256(clean).hexdigest()}"'
    assert (headers["ETag"], headers["Content-Length"]) == (tag, str(len(clean)))
    status, part, headers = await got(acts, seen["url"], Range="bytes=10-19", **{"If-Range": tag})
    assert (status, part, headers["Content-Range"]) == (206, clean[10:20], f"bytes 10-19/{len(clean)}")
    assert (await got(acts, seen["url"], **{"If-None-Match": tag}))[:2] == (304, b"")


async def test_a_picture_without_metadata_and_what_is_no_picture_are_given_as_they_are(acts: Acting) -> None:
    plain = opened(photo("PNG")).convert("RGB")
    written = BytesIO()
    plain.save(written, "PNG")
    files = [await uploaded(acts, "ivan", Role.STUDENT, one) for one in (written.getvalue(), b"%PDF-1.4 a sheet")]
    shown = await of_teacher(acts, *files)
    assert [(await got(acts, one["url"]))[1] for one in shown] == [written.getvalue(), b"%PDF-1.4 a sheet"]
    assert shown[1]["thumbnailUrl"] is None
    assert len(await acts.found("files.content.files")) == 3, "the thumbnail of the picture is new, and nothing else"


async def test_a_thumbnail_is_small_turned_and_without_metadata(acts: Acting) -> None:
    file = await uploaded(acts, "ivan", Role.STUDENT, photo(orientation=6, size=(800, 400)), name="Фото.jpg")
    [seen] = await of_teacher(acts, file)
    for url in (seen["thumbnailUrl"], (await of_owner(acts, file))["thumbnailUrl"]):
        status, small, headers = await got(acts, url)
        assert (status, headers["Content-Type"]) == (200, "image/webp")
        assert headers["Content-Disposition"].startswith("inline; ")
        picture = opened(small)
        assert (picture.format, picture.size) == ("WEBP", (160, 320))
        # The red quarter at the upper left is at the upper right once the picture is turned by a quarter.
        pixel: Any = picture.convert("RGB").getpixel((150, 10))
        red, green, blue = pixel
        assert red > 150 > max(green, blue)
        assert dict(picture.getexif()) == {}
        assert DEVICE.encode() not in small
        assert (await got(acts, url, **{"If-None-Match": headers["ETag"]}))[0] == 304


async def test_a_bomb_and_a_damaged_picture_have_no_thumbnail_and_are_given(acts: Acting) -> None:
    damaged = photo(size=(300, 200))[:900]
    contents = [bomb(), damaged, b"\x89PNG\r\n\x1a\n" + b"\0" * 60, b"GIF89a=1;/*<script>alert(1)</script>*/"]
    files = [await uploaded(acts, "ivan", Role.STUDENT, content) for content in contents]
    shown = await of_teacher(acts, *files)
    for one, content in zip(shown, contents, strict=True):
        status, body, _ = await got(acts, one["thumbnailUrl"])
        assert (status, b"NOT_FOUND" in body) == (404, True)
        status, body, _ = await got(acts, one["url"])
        assert status == 200
        assert len(body) <= len(content)
    assert [file["copies"]["thumbnail"] for file in await acts.found("files.files")] == [None] * 4


def time_of_ended_processes() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


async def test_a_picture_that_cannot_be_read_is_attempted_once_an_hour(acts: Acting) -> None:
    content = endless("JPEG", 100_000)
    file = await uploaded(acts, "ivan", Role.STUDENT, content)
    [seen] = await of_teacher(acts, file)
    own = await of_owner(acts, file)

    async def refused(url: str) -> None:
        status, body, _ = await got(acts, url)
        assert (status, b'"PICTURE_UNREADABLE"' in body) == (409, True)

    await refused(seen["url"])
    before = time_of_ended_processes()
    for url in (seen["url"], seen["thumbnailUrl"], own["thumbnailUrl"]):
        await refused(url)
    assert time_of_ended_processes() == before, "a process was started"
    assert (await got(acts, own["url"]))[:2] == (200, content)
    earlier = datetime.now(UTC) - timedelta(hours=2)
    await acts.change("files.files", {"_id": file}, {"$set": {"copies_failed_at": earlier}})
    await refused(seen["url"])
    assert time_of_ended_processes() > before


async def test_copies_are_made_once_however_many_ask(acts: Acting) -> None:
    file = await uploaded(acts, "ivan", Role.STUDENT, photo())
    [seen] = await of_teacher(acts, file)
    urls = [seen["url"], seen["thumbnailUrl"]] * 4
    assert {status for status, _, _ in await asyncio.gather(*(got(acts, url) for url in urls))} == {200}
    [stored] = await acts.found("files.files")
    keys = {stored["content"], stored["copies"]["thumbnail"]["key"], stored["copies"]["cleaned"]["key"]}
    assert set(stored["content_keys"]) == keys
    assert {one["_id"] for one in await acts.found("files.content.files")} == keys


async def test_an_address_of_a_thumbnail_is_one_of_a_thumbnail_alone(acts: Acting) -> None:
    file = await uploaded(acts, "ivan", Role.STUDENT, photo())
    own = await of_owner(acts, file)
    for url in (own["thumbnailUrl"].replace("/thumbnail?", "?"), own["url"].replace("?", "/thumbnail?", 1)):
        assert (await got(acts, url))[0] == 404
    [seen] = await of_teacher(acts, file)
    ended = {"person_id": acts.id("Person", "smirnov")}
    await acts.client[f"{acts.prefix}_directory"].staff_assignments.update_many(
        ended, {"$set": {"ends_on": "2026-11-17"}}
    )
    assert (await got(acts, seen["thumbnailUrl"]))[0] == 404


async def test_copies_go_with_their_file_and_stay_with_one_that_is_attached(acts: Acting, mongo_uri: str) -> None:
    attached, other = [await uploaded(acts, "ivan", Role.STUDENT, photo(size=(60, side))) for side in (40, 50)]
    await of_teacher(acts, attached)
    for file in (attached, other):
        assert (await got(acts, (await of_owner(acts, file))["thumbnailUrl"]))[0] == 200
    assert len(await acts.found("files.content.files")) == 6
    await acts.client[f"{acts.prefix}_files"].files.update_many(
        {}, {"$set": {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}}
    )
    async with Clients(mongo_uri, prefix=acts.prefix, timeout_s=30) as clients:
        await Sweeper(clients.connectors.files, clients.connectors.sources).sweep()
    [left] = await acts.found("files.files")
    assert left["_id"] == attached
    assert {one["_id"] for one in await acts.found("files.content.files")} == set(left["content_keys"])
    assert len(left["content_keys"]) == 3
    assert (await got(acts, (await of_owner(acts, attached))["thumbnailUrl"]))[0] == 200
