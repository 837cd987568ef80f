"""What the relay counts, and how Prometheus reads it; no label holds an actor, a box or an id.

Counting needs no library; who asks for the text needs the extra `ui`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PREFIX: Final = "orgpost_relay_"
# Each counter, and what tells its values apart.
COUNTERS: Final[Mapping[str, str]] = {
    "logins": "result",
    "frames": "type",
    "bad_frames": "",
    "rate_limited": "",
    "hints": "",
    "hints_folded": "",
    "slow_closes": "",
    "closes": "code",
    "sends": "result",
    "recoveries": "recovered",
    "rescans": "kind",
    "net_catches": "",
}
HISTOGRAMS: Final[Mapping[str, str]] = {
    "hint_delay_seconds": "from what the watcher found to the sockets",
    "send_seconds": "from a send to its answer",
}
_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Histogram:
    """How often something took how long."""

    def __init__(self) -> None:
        self.counts = [0] * (len(_BOUNDS) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        """Note one."""
        self.counts[bisect_left(_BOUNDS, seconds)] += 1
        self.sum += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Give how many took at most so long, for each bound."""
        total, found = 0, []
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), self.counts, strict=True):
            total += count
            found.append((bound, float(total)))
        return found


class Metrics:
    """All counters of one relay."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self.histograms: Final = {name: Histogram() for name in HISTOGRAMS}
        self.queue_high_water = 0

    def count(self, name: str, label: str = "", by: int = 1) -> None:
        """Count something; the name is one of `COUNTERS`."""
        self._counts[name, label] += by

    def counted(self, name: str, label: str = "") -> int:
        """Say how often something was counted."""
        return self._counts[name, label]

    def set(self, name: str, value: int) -> None:
        """Take over what somebody else counted."""
        self._counts[name, ""] = value

    def text(self, connections: Callable[[], int]) -> tuple[bytes, str]:
        """Give what Prometheus reads, and its content type; `ImportError` without the library."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        registry = CollectorRegistry()
        registry.register(_Collector(lambda: self._families(connections())))
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def _families(self, connections: int) -> Iterator[Any]:
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        yield GaugeMetricFamily(f"{_PREFIX}connections", "logged-in connections", connections)
        high = f"{_PREFIX}queue_high_water"
        yield GaugeMetricFamily(high, "the most frames that waited for one", self.queue_high_water)
        for name, label in COUNTERS.items():
            family = CounterMetricFamily(
                _PREFIX + name, name.replace("_", " "), labels=[label] if label else []
            )
            for (counted, value), number in sorted(self._counts.items()):
                if counted == name:
                    family.add_metric([value] if label else [], number)
            if not label and (name, "") not in self._counts:
                family.add_metric([], 0)
            yield family
        for name, about in HISTOGRAMS.items():
            found = self.histograms[name]
            yield HistogramMetricFamily(_PREFIX + name, about, found.buckets(), found.sum)


class _Collector:
    """What the library asks."""

    def __init__(self, families: Callable[[], Iterator[Any]]) -> None:
        self._families = families

    def collect(self) -> Iterator[Any]:
        """Give all that is counted."""
        return self._families()
