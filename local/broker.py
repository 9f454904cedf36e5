"""The embedded topic: a process that takes Publish calls over gRPC, as Pub/Sub does, and pushes to one
address.

`python -m local.broker --help`. Beside gRPC it listens for its own administration over HTTP:

    GET  /topic              counts and switches (pusher.Pusher.state)
    POST /topic/redeliver    every message ever published is delivered once more
    PUT  /topic/switches     {"doubled": true, "shuffled": true, "held": true}, any of them
"""

import json
import logging
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import click
import grpc
from google.pubsub_v1.types import GetTopicRequest, PublishRequest, PublishResponse, Topic

from local.backlog import read_settings
from local.messages import Messages
from local.pusher import Pusher

PUBLISHER = "google.pubsub.v1.Publisher"
log = logging.getLogger("topic")


def publisher(pusher: Pusher) -> grpc.GenericRpcHandler:
    """What a publishing client needs of google.pubsub.v1.Publisher; there is one topic, under any name."""

    def publish(request: Any, _: grpc.ServicerContext) -> Any:
        ids = [pusher.publish(message.data, dict(message.attributes)) for message in request.messages]
        log.info("published %s", ", ".join(m.attributes.get("objectId", "") for m in request.messages))
        return PublishResponse(message_ids=ids)

    def name_topic(request: Any, _: grpc.ServicerContext) -> Any:
        return Topic(name=request.topic if isinstance(request, GetTopicRequest) else request.name)

    def method(
        behaviour: Callable[..., Any], request: Any, response: Any
    ) -> "grpc.RpcMethodHandler[Any, Any]":
        return grpc.unary_unary_rpc_method_handler(behaviour, request.deserialize, response.serialize)

    methods = {
        "Publish": method(publish, PublishRequest, PublishResponse),
        "CreateTopic": method(name_topic, Topic, Topic),
        "GetTopic": method(name_topic, GetTopicRequest, Topic),
    }
    return grpc.method_handlers_generic_handler(PUBLISHER, methods)


class Administration(BaseHTTPRequestHandler):
    pusher: ClassVar[Pusher]

    def do_GET(self) -> None:
        self._answer({"/topic": self.pusher.state})

    def do_POST(self) -> None:
        self._answer({"/topic/redeliver": lambda: {"redelivered": self.pusher.redeliver()}})

    def do_PUT(self) -> None:
        self._answer({"/topic/switches": self._switch})

    def _switch(self) -> dict[str, Any]:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.pusher.switch(json.loads(content))
        return self.pusher.state()

    def _answer(self, paths: dict[str, Callable[[], dict[str, Any]]]) -> None:
        path = paths.get(self.path)
        try:
            status, answer = (
                (200, path()) if path else (404, {"error": f"no {self.command} {self.path} here"})
            )
        except ValueError as error:
            status, answer = 400, {"error": str(error)}
        body = json.dumps(answer).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (the base class's name)
        log.debug(format, *arguments)


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Where messages are kept.")
@click.option("--push-to", required=True, help="The address that every message is posted to.")
@click.option("--port", type=int, required=True, help="gRPC, on loopback.")
@click.option("--admin-port", type=int, required=True, help="Administration over HTTP, on loopback.")
@click.option("--settings", type=click.Path(path_type=Path, exists=True), help="Instead of delivery.json.")
@click.option("--seed", type=int, help="For the same order again.")
def main(
    folder: Path, push_to: str, port: int, admin_port: int, settings: Path | None, seed: int | None
) -> None:
    """Runs the embedded topic until it is ended."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    messages = Messages(folder / "messages.sqlite")
    pusher = Pusher(messages, read_settings(settings) if settings else read_settings(), push_to, seed=seed)
    server = grpc.server(
        ThreadPoolExecutor(4), handlers=[publisher(pusher)], options=[("grpc.so_reuseport", 0)]
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    handler = type("Bound", (Administration,), {"pusher": pusher})
    administration = ThreadingHTTPServer(("127.0.0.1", admin_port), handler)
    signal.signal(
        signal.SIGTERM, lambda *_: threading.Thread(target=administration.shutdown, daemon=True).start()
    )
    log.info("publish to 127.0.0.1:%d, pushing to %s", port, push_to)
    administration.serve_forever(poll_interval=0.1)
    server.stop(grace=None)
    pusher.close()


if __name__ == "__main__":
    main()
