"""Counts for Prometheus: requests by route and status, how long they took, batches, the queue.

Each process has its own registry and answers for itself alone.
"""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class Metrics:
    """The counts of one process; also watches its intake."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "entrepot_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "entrepot_http_request_seconds",
            "How long requests took.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._batch_size = Histogram(
            "entrepot_batch_size",
            "Acts decided in one batch.",
            buckets=_SIZES,
            registry=self._registry,
        )
        self._batch_seconds = Histogram(
            "entrepot_batch_seconds",
            "How long batches took.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._queue = Gauge(
            "entrepot_intake_queue", "Acts that wait for a batch.", registry=self._registry
        )
        self._answered: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def batch_done(self, size: int, left: int, seconds: float) -> None:
        """Count a batch; how many wait is asked for when it is wanted."""
        del left
        self._batch_size.observe(size)
        self._batch_seconds.observe(seconds)

    def watch_queue(self, length: Callable[[], int]) -> None:
        """Report the length of the intake's queue from now on."""
        self._queue.set_function(length)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        key = (method, route, status)
        found = self._answered.get(key)
        if found is None:
            found = self._answered[key] = (
                self._requests.labels(method, route, str(status)),
                self._seconds.labels(method, route),
            )
        found[0].inc()
        found[1].observe(seconds)

    def page(self) -> bytes:
        """Everything counted so far, as Prometheus reads it."""
        return generate_latest(self._registry)
