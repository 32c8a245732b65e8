"""Each mutation has an input with which it is carried out in both worlds, so that its payload is compared."""

from tests.gateway.writing.acting import mutation
from tests.gateway.writing.test_roles import MAY, PAYLOAD
from tests.privacy.gateways import serving
from tests.privacy.requests import request_for
from tests.privacy.valid_inputs import valid_inputs
from tests.privacy.worlds import of_hand


async def test_every_mutation_is_carried_out_in_both_worlds(mongo_uri: str, redis_uris: tuple[str, str]) -> None:
    world = await of_hand()
    inputs = await valid_inputs(world, mongo_uri)
    assert inputs.keys() == MAY.keys()
    carried_out = set()
    async with serving(world, mongo_uri, redis_uris) as pair:
        for name, valid_input in inputs.items():
            await pair.prepare(valid_input.needs)
            for person in (one for one in world.people if one.role == MAY[name][0]):
                text = mutation(name, PAYLOAD[name])
                request = request_for(pair.bearer(person), text, {"input": valid_input.values}, key="k")
                first, second = await pair.ask(request, person)
                assert first.observable == second.observable
                payload = first.answer["data"][name]
                if payload["userErrors"] == []:
                    carried_out.add(name)
                    break
            await pair.restore()
            await pair.forget()
    assert MAY.keys() - carried_out == set()
