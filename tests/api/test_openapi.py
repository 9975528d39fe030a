"""The API's own description: whatever schemathesis makes of it, nothing answers with 500."""

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from playground.backends.scripted import ScriptedBackend, says
from playground.settings import Settings
from tests.api.conftest import serving

STEADY = settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""The same requests each time, however slow the machine is."""


@pytest.fixture(scope="module")
def patient_site():
    with serving(Settings()) as site:
        site.backend = ScriptedBackend(says("Yes."), repeat=True)
        yield site


def test_the_page_of_the_routes_lists_every_field(site):
    page = httpx.get(f"{site.url}/docs").text
    for word in ("/v1/responses", "previous_response_id", "/v1/messages", "repetition_penalty", "/metrics"):
        assert word in page


def test_nothing_that_the_description_allows_or_forbids_breaks_the_server(patient_site):
    schema = schemathesis.openapi.from_url(f"{patient_site.url}/v1/openapi.json")
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @STEADY
        @given(case=operation.as_strategy())
        def answers(case):
            nonlocal asked
            asked += 1
            response = case.call()
            assert response.status_code < 500, (case.method, case.path, case.body, response.text)

        answers()
    assert asked > 100
