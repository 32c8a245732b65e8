"""Files: how they are uploaded, and how they are shown where they are attached."""

from typing import Any, Final, TypedDict

import strawberry

from connectors import files as documents
from connectors.attachments import FilePurpose
from connectors.files import FileState
from gateway import writing
from gateway.resolvers import directory, files
from gateway.schema.actions import UserError, mutation
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, column, extends, instant, one, shown, value, view_of
from gateway.schema.node import RootDocument
from gateway.schema.scalars import DateTime
from gateway.schema.visibility import NOT_ANALYST

described_enum(FilePurpose)
described_enum(FileState)

UPLOADING: Final = NOT_ANALYST


class RequestedUpload(TypedDict):
    """A resolver's value for `RequestUploadPayload`: the id by which the file is found, and the user's errors."""

    file_id: str
    user_errors: list[writing.UserError]


class RemovedFile(TypedDict):
    """A resolver's value for `RemoveFilePayload`: the id of the file, and the user's errors."""

    file_id: str
    user_errors: list[writing.UserError]


@view_of(files.SeenAttachment)
class Attachment:
    """A file that is attached to something (прикреплённый файл)."""

    id: strawberry.ID | None = column("file_id")
    """The id of the file, for the list of files of a change; null for a file that another system has."""

    name: str
    """The name of the file."""

    url: str = batch(files.urls_of_attachments, "file_id", "seen_in", "url")
    """Where the file is downloaded from: for the viewer alone, and for ten to twenty minutes unless the gateway is set
    up otherwise. An address that begins with / is one of the gateway."""

    thumbnail_url: str | None = batch(files.thumbnails_of_attachments, "file_id", "seen_in", "media_type")
    """Where a small picture (миниатюра) of the file is downloaded from, of at most 320 pixels, as WebP; null for a file
    that is no picture. The address answers 404 where the picture is damaged or too large to be made smaller."""

    media_type: str | None
    """The media type of the file, such as application/pdf, as its content says; null where it is not known."""

    size_bytes: int | None
    """The size in bytes; null where it is not known."""


def attachments(**options: Any) -> Any:
    """The field `attachments` of an object that has files."""
    return batch(files.attachments_of, "_id", "attachments", list_size=2, **options)


@view_of(files.Header)
class UploadHeader:
    """A header of the request that uploads a file."""

    name: str
    """The name of the header."""

    value: str
    """The value of the header."""


@view_of(documents.StoredFile, visible_to=UPLOADING)
class Upload:
    """How the content of a file is uploaded: by one HTTP request whose body is the content and nothing else."""

    url: str = batch(files.upload_urls, "_id", "expires_at")
    """Where the content is sent to: by the viewer alone, until `expiresAt`. An address that begins with / is one of the
    gateway."""

    method: str = value(files.upload_method)
    """The method of the request."""

    headers: list[UploadHeader] = value(files.upload_headers, list_size=1)
    """The headers of the request."""

    expires_at: DateTime | None = instant("expires_at")
    """When the address ends."""


@view_of(documents.StoredFile, visible_to=UPLOADING)
class File:
    """A file that the viewer uploaded, or is about to upload (файл)."""

    id: strawberry.ID
    """Identifies the file."""

    name: str
    """The name of the file."""

    size_bytes: int
    """The size in bytes."""

    media_type: str | None
    """The media type of the file, such as application/pdf, as its content says; null until the content arrived."""

    purpose: FilePurpose
    """The purpose for which the file was uploaded."""

    state: FileState
    """How far the file is."""

    created_at: DateTime = instant("created_at")
    """When the file was announced."""

    url: str | None = batch(files.urls_of_files, "_id", "state")
    """Where the file is downloaded from; null where the content did not arrive or was rejected."""

    thumbnail_url: str | None = batch(files.thumbnails_of_files, "_id", "state", "media_type")
    """Where a small picture (миниатюра) of the file is downloaded from; null for a file that is no picture."""

    upload: Upload | None = batch(files.uploads_of_files, "_id", "state", "expires_at", "school_id")
    """How the content is uploaded; null once it arrived."""


@view_of(RequestedUpload)
class RequestUploadPayload:
    """The result of announcing a file."""

    file: File | None = one(files.files_by_ids, "file_id")
    """The file with the address for its content; null where it was not announced."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the file was announced."""


@view_of(RemovedFile)
class RemoveFilePayload:
    """The result of removing a file."""

    removed_file_id: strawberry.ID | None = column("file_id")
    """The id of the file that is no longer among the viewer's files; null where it was not removed."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where the file was removed."""


@extends(RootDocument)
class FilesOfMutation:
    """What the files add to the mutations."""

    request_upload: RequestUploadPayload | None = mutation(
        files.request_upload, subsystem="files", visible_to=UPLOADING
    )
    """Announces a file. Its content is then sent to the address in the answer, and its id to the change that attaches
    it; a file that nothing has after a day is deleted. User errors: REQUIRED, INVALID_INPUT, TOO_LONG, OUT_OF_RANGE,
    NOT_ALLOWED, NO_SPACE."""

    remove_file: RemoveFilePayload | None = mutation(files.remove_file, subsystem="files", visible_to=UPLOADING)
    """Removes a file from the viewer's files; what it is attached to keeps it. User errors: NOT_FOUND."""


@extends(RootDocument)
class FilesOfQuery:
    """What the files add to the queries."""

    file: File | None = batch(files.file_of_viewer, visible_to=UPLOADING)
    """One of the files that the viewer uploaded in their role."""


@extends(directory.ViewerDocument)
class FilesOfViewer:
    """What the files add to the viewer."""

    files: Connection[File] | None = batch(files.files_of_viewer, visible_to=UPLOADING, after="absence_notices")
    """The files that the viewer uploaded in their role (личный архив файлов), the latest first."""
