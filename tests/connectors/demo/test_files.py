import zipfile
import zlib
from io import BytesIO

from connectors.demo.files import files
from tests.connectors.demo.generated import Generated, generated


def test_every_file_is_of_the_type_it_is_said_to_be() -> None:
    generated_files = files()
    assert generated_files["pdf"].content.startswith(b"%PDF-")
    assert generated_files["pdf"].content.endswith(b"%%EOF\n")
    at = int(generated_files["pdf"].content.rsplit(b"startxref\n", 1)[1].split()[0])
    assert generated_files["pdf"].content[at:].startswith(b"xref\n")
    assert generated_files["png"].content.startswith(b"\x89PNG\r\n\x1a\n")
    data = generated_files["png"].content.split(b"IDAT", 1)[1]
    assert len(zlib.decompressobj().decompress(data)) == 240 * (1 + 240 * 3)
    with zipfile.ZipFile(BytesIO(generated_files["docx"].content)) as archive:
        assert archive.testzip() is None
        assert "демонстрационной" in archive.read("word/document.xml").decode()


def test_attachments_tell_type_and_size_of_their_files(demo: Generated) -> None:
    attachments = [
        file
        for collection in ("diary.homework", "diary.submissions", "portfolio.achievements")
        for row in demo[collection]
        for file in row["attachments"]
    ]
    assert len(attachments) > 500
    for attachment in attachments:
        file = files()[attachment["url"].rpartition(".")[2]]
        assert (attachment["media_type"], attachment["size_bytes"]) == (file.media_type, len(file.content))
        assert attachment["name"].endswith(attachment["url"][-4:])


async def test_attachments_lead_where_they_are_told_to() -> None:
    small = await generated(students=40, weeks_back=2, weeks_ahead=1, files="http://127.0.0.1:1/files/")
    urls = [file["url"] for row in small["diary.submissions"] for file in row["attachments"]]
    assert urls
    assert all(url.startswith("http://127.0.0.1:1/files/answer-") for url in urls)
