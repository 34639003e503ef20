"""What a schema can only name: texts of our own formats, as callers really send them."""

import base64
import uuid

import schemathesis
from hypothesis import strategies as st

NUMBERS = ["+44 7400 123456", "+447911123456", "+1 415 555 2671", "+49 151 23456789", "+33 6 12 34 56 78"]

schemathesis.openapi.format("phone-number", st.sampled_from(NUMBERS))
schemathesis.openapi.format("campaign-name", st.sampled_from(["spring-2027", "a_b"]))
schemathesis.openapi.format("line", st.sampled_from(["Acme", "We can halve your cloud bill.", "Wie viele seid ihr?"]))
schemathesis.openapi.format("region", st.sampled_from(["GB", "US", "DE", "fr"]))
schemathesis.openapi.format("https-url", st.sampled_from(["https://receiver.example/hook", "https://example.com/a?b=c"]))


def cursor(number: int) -> str:
    return base64.urlsafe_b64encode(f"{number} lead_{number:032x}".encode()).decode().rstrip("=")


schemathesis.openapi.format("lead-cursor", st.integers(min_value=0, max_value=4102444800000).map(cursor))


@schemathesis.hook
def before_call(context, case, kwargs):
    """A key belongs to one request. Generated ones repeat, with other bodies, which is refused as it should be."""
    if case.meta.generation.mode.is_negative:
        return
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    # A campaign must exist, which no schema can say, and other cases take them away.
    if isinstance(case.body, dict):
        for lead in [case.body, *(case.body.get("leads") or [])]:
            if isinstance(lead, dict):
                lead.pop("campaign", None)
