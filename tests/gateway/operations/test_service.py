"""An operation is run without a socket."""

import asyncio

from auth.scope import Viewers
from auth.tokens import Claims
from auth.viewer import Role
from gateway.app import open_clients, operation_service
from gateway.context import zone
from gateway.operations.request import OperationRequest
from tests.gateway import school
from tests.gateway.served import ISSUER, settings_of


async def test_an_operation_runs_for_a_viewer_without_http(mongo_uri: str) -> None:
    built = school.build("operations")
    await built.write(mongo_uri, "operations")
    settings = settings_of(mongo_uri, None, prefix="operations", today=school.TODAY)
    deadline = asyncio.get_running_loop().time() + 30
    async with open_clients(settings) as clients:
        service = operation_service(settings, clients.connectors, None)
        claims = Claims(ISSUER, built.subject_of_token("ivan"), Role.STUDENT, None, 0)
        viewer = await Viewers(clients.connectors.directory, None).viewer(
            claims, today=lambda name: service.clock.day(zone(name)), deadline=deadline
        )
        good = OperationRequest(query="query Me { viewer { role student { displayName } } }", variables={})
        result = await service.run(viewer, good, deadline)
        assert result.answer["data"]["viewer"]["role"] == "STUDENT"
        assert (result.kind, result.status, result.estimated > 0) == ("query", 200, True)
        bad = OperationRequest(query="{ nothing }", variables={}, request_id="r1")
        refused = await service.run(viewer, bad, deadline)
        assert (refused.status, refused.legacy_status) == (400, 200)
        assert refused.answer["errors"][0]["extensions"]["requestId"] == "r1"
