"""What schemathesis is told beyond its configuration."""

import os
import re
import uuid

import schemathesis

# As the description has it.
KEY = re.compile(r"[!-~]{1,255}")
ID = re.compile(r"[A-Za-z0-9._:-]{1,96}")
# What is there, by the fields by which requests about many name it.
THERE = {"email_id": os.environ["DRIPR_EMAIL"], "campaign_id": os.environ["DRIPR_CAMPAIGN"]}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Exchanges keys that may be taken for new ones: no description can say that a key was not used for another call before.

    The first item of a request about many names what is there, so that more is seen than that it is not.
    """
    key = (case.headers or {}).get("Idempotency-Key")
    # HTTP takes spaces around it away.
    if isinstance(key, str) and KEY.fullmatch(key.strip()):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    items = case.body.get("items") if isinstance(case.body, dict) else None
    first = items[0] if isinstance(items, list) and items else None
    if isinstance(first, dict):
        known = {field: id for field, id in THERE.items() if is_id(first.get(field))}
        if known:
            case.body = {**case.body, "items": [{**first, **known}, *items[1:]]}


def is_id(value):
    """Whether a text can be an id: what cannot stays as it is, and is refused."""
    return isinstance(value, str) and ID.fullmatch(value) is not None
