"""Starts MiniStack with four repairs that a developer's machine needs.

1. Answers between MiniStack and a function go out at once. Its runtime API writes headers and body
   as two packets; without TCP_NODELAY the second waits about 40 ms for the acknowledgement of the
   first, in every single invocation.
2. Stream positions of event sources are dropped from the saved state. MiniStack saves the position
   of each DynamoDB event source, but not the stream it points into: after a restart the stream
   counts from zero, and every record below the old position would be skipped without a trace.
3. Addresses in the saved state follow the port. Queue URLs contain it; started on another port,
   functions would go on asking the old one.
4. An API has its name as its id. Functions know their own address by a parameter, which must be right
   before there is an API.
"""

import glob
import json
import os
import re
import socketserver
import sys


def drop_stream_positions(state_dir):
    path = os.path.join(state_dir, "lambda.json")
    try:
        with open(path) as f:
            state = json.load(f)
    except FileNotFoundError:
        return
    positions = state.get("payload", {}).get("dynamodb_stream_positions")
    if not positions:
        return
    positions["data"] = {}
    with open(path + ".repaired", "w") as f:
        json.dump(state, f)
    os.replace(path + ".repaired", path)


def follow_port(state_dir, endpoint):
    note = os.path.join(state_dir, "endpoint.txt")
    try:
        with open(note) as f:
            before = f.read()
    except FileNotFoundError:
        before = endpoint
    if before != endpoint:
        for path in glob.glob(os.path.join(state_dir, "*.json")):
            with open(path) as f:
                text = f.read()
            with open(path, "w") as f:
                f.write(re.sub(re.escape(before) + r"(?!\d)", endpoint, text))
    os.makedirs(state_dir, exist_ok=True)
    with open(note, "w") as f:
        f.write(endpoint)


def call_apis_by_name():
    from ministack.services import apigateway_v1

    create = apigateway_v1._create_rest_api

    def named(data):
        if data.get("name"):
            data = {**data, "tags": {**(data.get("tags") or {}), "ms-custom-id": data["name"]}}
        return create(data)

    apigateway_v1._create_rest_api = named


if __name__ == "__main__":
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    drop_stream_positions(os.environ["STATE_DIR"])
    follow_port(os.environ["STATE_DIR"], os.environ["AWS_ENDPOINT_URL"])
    from ministack.app import main

    call_apis_by_name()
    sys.argv = ["ministack"]
    main()
