"""The parts of the gateway follow its settings in whichever process they work."""

from pydantic import SecretStr

from gateway.app import connectors_of, jobs_of, open_clients
from gateway.jobs.files import SCAN
from gateway.settings import FileSettings, MongoSettings, Settings


async def test_files_follow_the_settings_where_nothing_is_served(mongo_uri: str) -> None:
    rules = FileSettings(base_url="https://files.school.example", unclaimed_hours=3, clamd="clamav:3310")
    settings = Settings(mongo=MongoSettings(uri=SecretStr(mongo_uri)), files=rules)
    async with open_clients(settings) as clients:
        connectors = connectors_of(settings, clients)
        assert connectors.files.rules.base_url == "https://files.school.example"
        assert connectors.files.rules.unclaimed.total_seconds() == 3 * 3_600
        assert SCAN in {job.name for job in jobs_of(settings, connectors)}
