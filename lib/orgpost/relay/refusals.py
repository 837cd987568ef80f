"""What the relay and its clients refuse; the branch of `orgpost.errors` for them.

Each says what a person needs to go on:

    OrgpostError
    ├──  1  PortTaken
    ├──  3  NoRelay
    ├── 75  RelayRuns
    └── 78  BadSecret, ExposedToken, OpenAddress
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.errors import OrgpostError, fact

if TYPE_CHECKING:
    from orgpost.errors import Place


class PortTaken(OrgpostError, exit_code=1):
    """Another program listens there."""

    sentence = "port {port} of {bind} cannot be had: {reason}"
    advice = "--port 0 takes a free one"
    bind: str
    port: int
    reason: str


class NoRelay(OrgpostError, exit_code=3):
    """Nothing serves this space."""

    sentence = "no relay serves {space}"
    advice = "orgpost relay serve"
    space: Place


class RelayRuns(OrgpostError, exit_code=75):
    """One space has one relay."""

    sentence = "a relay serves this space already: {url}"
    advice = "use that one: orgpost relay status"
    url: str


class BadSecret(OrgpostError, exit_code=78):
    """A secret that is set and good for nothing; what it is, is never told."""

    sentence = "the relay's secret in {source} {why}"
    source: str
    why: str
    remedy: str = fact(default="", kw_only=True)

    def advise(self) -> str:
        """Give the command that makes a good one."""
        return self.remedy or "make one: openssl rand -hex 32"


class ExposedToken(OrgpostError, exit_code=78):
    """A token in a file that is not its owner's alone: whoever reads it is whom it names."""

    sentence = "others can read the token in {path}"
    advice = "chmod 600 {path}"
    path: Place


class OpenAddress(OrgpostError, exit_code=78):
    """An address that others can reach, and nothing that encrypts."""

    sentence = "{bind} can be reached from elsewhere, and nothing encrypts what is said there"
    advice = (
        "--tls-cert F --tls-key F speaks TLS, --behind-proxy says that something in front does, "
        "--bind 127.0.0.1 stays on this host"
    )
    bind: str
