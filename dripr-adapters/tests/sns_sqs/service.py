"""SNS and SQS as moto imitates them, each region with a clock that can be set and with faults that are asked for.

It listens on a free port, says which on its first line, and ends when its standard input does. Besides AWS it answers
  POST /test/REGION/clock   {"ms": 1773244800000}: what the region's queues take for the time; without it, the real time
  POST /test/REGION/faults  a list of faults, each for one call of an action
  GET  /test/REGION/calls   how often each action was called
  GET  /test/REGION/next    when the next message of each queue is visible, in milliseconds
A fault is {"action": "Publish", ...} with one of
  "status", "code"          the call is refused and does nothing
  "lost"                    the call is done and its answer is not told
  "fail": {"0": "code"}     entries of a batch that are refused, by id; the others are done
  "body"                    the answer, whatever was asked
"""

import io
import json
import os
import re
import sys
import threading
import time
from collections import Counter, defaultdict
from urllib.parse import parse_qsl, urlencode

os.environ["MOTO_ALLOW_NONEXISTENT_REGION"] = "true"

import moto.sqs.models as sqs  # noqa: E402
from moto.core import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

present = threading.local()
clocks = {}
faults = defaultdict(list)
calls = defaultdict(Counter)
lock = threading.Lock()


def now_ms():
    return clocks.get(getattr(present, "region", None)) or int(time.time() * 1000)


sqs.unix_time_millis = now_ms
# Visible is what has reached its instant, and nothing is too old.
sqs.Message.visible = property(lambda self: now_ms() >= self.visible_at)
sqs.SQSBackend.is_message_valid_based_on_retention_period = lambda self, queue, message: True


received = sqs.Message.mark_received
set_attributes = sqs.Queue._set_attributes


def mark_received(self, visibility_timeout=None):
    received(self, visibility_timeout=visibility_timeout)
    self.received_ms = now_ms()


def change_message_visibility(self, queue_name, receipt_handle, visibility_timeout):
    """moto counts the twelve hours from the sending, AWS from the receiving."""
    queue = self.get_queue(queue_name)
    for message in queue._messages:
        if message.had_receipt_handle(receipt_handle):
            if now_ms() + visibility_timeout * 1000 - message.received_ms > 43_200_000:
                raise sqs.InvalidParameterValue("Total VisibilityTimeout is beyond the limit")
            message.change_visibility(visibility_timeout)
            if message.visible and message in queue.pending_messages:
                queue.pending_messages.remove(message)
            return
    raise sqs.ReceiptHandleIsInvalid


def keep_policy(self, attributes, now=None):
    """moto forgets a queue's policy when another attribute is set."""
    if "Policy" not in attributes and getattr(self, "_policy_json", {}).get("Statement"):
        attributes = {**attributes, "Policy": json.dumps(self._policy_json)}
    set_attributes(self, attributes, now)


sqs.Message.mark_received = mark_received
sqs.Queue._set_attributes = keep_policy
sqs.SQSBackend.change_message_visibility = change_message_visibility


class Service:
    def __init__(self):
        self.aws = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        path = environ.get("PATH_INFO", "")
        if path.startswith("/test/"):
            return self.told(path, body, start_response)
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        region = scope.group(1) if scope else None
        present.region = region
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        action = target.split(".")[-1] or dict(parse_qsl(body.decode("utf-8", "replace"))).get("Action", "")
        with lock:
            calls[region][action] += 1
            fault = next((one for one in faults[region] if one["action"] == action), None)
            if fault:
                faults[region].remove(fault)
        if not fault:
            return self.passed(environ, body, start_response)
        if "body" in fault:
            start_response(f"{fault.get('status', 200)} X", [("Content-Type", "application/json")])
            return [fault["body"].encode()]
        if "fail" in fault:
            return self.failing(environ, body, bool(target), fault["fail"], start_response)
        if fault.get("lost"):
            for _ in self.passed(environ, body, lambda *_: None):
                pass
        return refused(fault, bool(target), start_response)

    def passed(self, environ, body, start_response):
        return self.aws({**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}, start_response)

    def failing(self, environ, body, is_json, fail, start_response):
        said = []

        def remember(status, headers, exc_info=None):
            said.append((status, headers))

        if is_json:
            asked = json.loads(body)
            asked["Entries"] = [one for one in asked["Entries"] if one["Id"] not in fail]
            answer = {"Successful": [], "Failed": []}
            if asked["Entries"]:
                answer = json.loads(b"".join(self.passed(environ, json.dumps(asked).encode(), remember)))
            answer["Failed"] = answer.get("Failed", []) + [
                {"Id": one, "Code": code, "SenderFault": False, "Message": "asked for"} for one, code in fail.items()
            ]
            start_response("200 OK", [("Content-Type", "application/x-amz-json-1.0")])
            return [json.dumps(answer).encode()]
        form = parse_qsl(body.decode())
        gone = {name[: -len("Id")] for name, value in form if name.endswith(".Id") and value in fail}
        kept, places = [], {}
        for name, value in form:
            if any(name.startswith(one) for one in gone):
                continue
            member = re.match(r"(PublishBatchRequestEntries\.member\.)(\d+)(\..*)$", name)
            if member:
                # Without gaps, at which moto would stop.
                place = places.setdefault(member.group(2), len(places) + 1)
                name = f"{member.group(1)}{place}{member.group(3)}"
            kept.append((name, value))
        answer = b"".join(self.passed(environ, urlencode(kept).encode(), remember)).decode()
        members = "".join(
            f"<member><Id>{one}</Id><Code>{code}</Code><SenderFault>false</SenderFault></member>"
            for one, code in fail.items()
        )
        answer = re.sub(r"<Failed\s*/>|<Failed>.*</Failed>", f"<Failed>{members}</Failed>", answer, flags=re.S)
        start_response("200 OK", [("Content-Type", "text/xml")])
        return [answer.encode()]

    def told(self, path, body, start_response):
        _, _, region, what = path.split("/")
        answer = None
        with lock:
            if what == "clock":
                clocks[region] = json.loads(body)["ms"]
            elif what == "faults":
                faults[region].extend(json.loads(body))
            elif what == "next":
                answer = next_visible(region)
            else:
                answer = calls[region]
        answer = json.dumps(answer).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
        return [answer]


def next_visible(region):
    queues = sqs.sqs_backends[DEFAULT_ACCOUNT_ID][region].queues
    return {
        name: int(min(max(one.visible_at, one.delayed_until) for one in queue._messages))
        for name, queue in queues.items()
        if queue._messages
    }


def refused(fault, is_json, start_response):
    code, status = fault.get("code", "InternalError"), fault.get("status", 500)
    if is_json:
        headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-query-error", f"{code};Sender")]
        body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": "asked for"})
    else:
        headers = [("Content-Type", "text/xml")]
        body = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>asked for</Message></Error></ErrorResponse>"
    start_response(f"{status} X", headers)
    return [body.encode()]


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes, of which the second would wait for the first one's acknowledgement.
    disable_nagle_algorithm = True

    def log(self, *_):
        pass


def main():
    server = make_server("127.0.0.1", 0, Service(), threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
