"""What schemathesis is told beyond its configuration."""

import re
import uuid

import schemathesis

# As the description has it.
KEY = re.compile(r"[!-~]{1,255}")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Exchanges keys that may be taken for new ones: no description can say that a key was not used for another call before."""
    key = (case.headers or {}).get("Idempotency-Key")
    # HTTP takes spaces around it away.
    if isinstance(key, str) and KEY.fullmatch(key.strip()):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
