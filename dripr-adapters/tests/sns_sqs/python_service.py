"""What the older services do with boto3: publish events without attributes, ids or versions, and consume queues."""

import json
import os
import sys

import boto3


def publish():
    sns = boto3.client("sns")
    published = {}

    def say(topic, event_type, payload, name):
        message = json.dumps({"event_type": event_type, "payload": payload})
        published[name] = sns.publish(TopicArn=os.environ[topic], Message=message)["MessageId"]

    statuses = [
        "DORMANT",
        "WAITING_FOR_DATA",
        "WAITING_FOR_HOME_ANALYSIS",
        "READY_TO_CREATE_EMAIL",
        "READY_TO_SEND_EMAIL",
        "UNSUBSCRIBED",
        "ERROR",
    ]
    for before, status in zip([None, *statuses], statuses):
        payload = {
            "campaign_id": "3f0c9f6e-1b7d-4b0e-9f0a-0a3c1f1f7c11",
            "zip_code": "78244",
            "from_status": before or "ERROR",
            "to_status": status,
            "timestamp": "2026-01-11T14:00:00Z",
        }
        say("SNS_CAMPAIGN_EVENTS_TOPIC_ARN", "STATUS_CHANGE", payload, status)
    user = {
        "user_id": "7",
        "email": "ana@brokerage.example",
        "first_name": "Ana",
        "last_name": "Ruiz",
        "managed_client_id": None,
        "timestamp": "2026-01-11T14:00:00.123456+00:00",
    }
    say("SNS_USER_EVENTS_TOPIC_ARN", "USER_CREATED", user, "USER_CREATED")
    print(json.dumps(published))


def consume():
    sqs = boto3.client("sqs")
    consumed = {}
    for variable, url in os.environ.items():
        if not variable.startswith("SQS_"):
            continue
        consumed[variable] = []
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            body = json.loads(message["Body"])
            consumed[variable].append(json.loads(body["Message"]) if "Message" in body else body)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    print(json.dumps(consumed))


{"publish": publish, "consume": consume}[sys.argv[1]]()
