"""The entry point: one CloudEvent, one chunk."""

import logging
import os
import threading
from functools import cache

import functions_framework
from cloudevents.http.event import CloudEvent
from werkzeug.exceptions import ServiceUnavailable

from .clock import Clock
from .cloud_event import Skipped, parse_chunk_ref
from .config import Config, read_config
from .doors import Doors, open_doors
from .errors import ConfigRefused, Transient
from .governor import Governor
from .importer import import_chunk
from .log_handler import attach_handler
from .logs import Line, Reason, log
from .mixpanel import Mixpanel
from .sender import Sender
from .storage import GoogleBucket, LazyClient

_opening = threading.Lock()


@functions_framework.cloud_event
def on_finalize(cloud_event: CloudEvent) -> None:
    """Returns to acknowledge. A planned nack is a 503, which is quiet; 500 is for the unforeseen alone."""
    try:
        doors = _doors()
        chunk = parse_chunk_ref(cloud_event)
        if isinstance(chunk, Skipped):
            _log_skipped(chunk)
        else:
            import_chunk(chunk, doors)
    except Transient as error:
        raise ServiceUnavailable(str(error)) from error


def _doors() -> Doors:
    with _opening:
        config = _read_config_once()
        if isinstance(config, ConfigRefused):
            raise ConfigRefused(config.variable, config.shape, config.allowed) from config
        return _open_doors(config)


@cache
def _read_config_once() -> Config | ConfigRefused:
    """What can't be used is logged once: it stays so until another deployment."""
    attach_handler()
    try:
        return read_config(os.environ)
    except ConfigRefused as error:
        log(
            Line.CONFIG_REFUSED,
            logging.ERROR,
            variable=error.variable,
            shape=error.shape,
            allowed=error.allowed,
            detail=f"{error}. Set it right and deploy again: until then nothing is claimed or lost",
        )
        return error


@cache
def _open_doors(config: Config) -> Doors:
    """On the first request: the worker is forked after import, which no thread or client survives."""
    clock, connect = Clock(), LazyClient()
    mixpanel = Mixpanel(config.import_url, config.auth, pool_size=config.batches_in_flight)
    governor = Governor(config.max_records_per_second, config.max_megabytes_per_minute)
    return open_doors(
        config,
        clock,
        Sender(mixpanel, governor, clock, threads=config.batches_in_flight),
        chunks_bucket=lambda name: GoogleBucket(name, connect),
        state_bucket=GoogleBucket(config.state_bucket, connect),
    )


def _log_skipped(skipped: Skipped) -> None:
    is_fault = skipped.reason in (Reason.UNREADABLE_CLOUD_EVENT, Reason.NAME_TOO_LONG)
    level = logging.ERROR if is_fault else logging.INFO
    log(Line.CHUNK_SKIPPED, level, chunk=skipped.name, reason=skipped.reason)
