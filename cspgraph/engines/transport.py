"""One endpoint over HTTP: requests that tell who asks, wait their turn, and never end short without a word.

What may be repeated is repeated: a query reads, and a graph that is replaced twice is replaced once. A redirect to
another host is refused, for the password would go with it; so is a secret over a line that is not encrypted, but to
this machine itself.
"""

from __future__ import annotations

import io
import math
import os
import re
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from cspgraph.errors import EngineError, LimitReached, QueryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from urllib.parse import SplitResult

    from urllib3 import BaseHTTPResponse

# How often, after how many seconds, and on which answers what may be repeated is repeated.
RETRIES = 4
BACKOFF = 0.5
_BUSY = (429, 502, 503, 504)
_PATIENCE = 10  # seconds: a server that asks for a longer wait is not waited for
_ENOUGH = 1_000_000  # bytes: what a server says of something written beyond them is not waited for
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# What the paths of updates and of the graph store are beside that of queries, by the last word of the address:
# Oxigraph, Fuseki and RDF4J, Virtuoso. CSPGRAPH_UPDATE and CSPGRAPH_GRAPHS say it for any other.
_BESIDE = {"query": ("update", "store"), "sparql": ("sparql", "sparql-graph-crud")}


class Failed(EngineError):
    """A request that the server took, and failed on."""


@dataclass(frozen=True)
class Bounds:
    """How long one request may take, in seconds, and how many bytes its answer may have."""

    seconds: float = 600
    size: int = 4_000_000_000


class Deadline(NamedTuple):
    """When an answer must have come, by the monotonic clock, and how many seconds that gave it."""

    end: float
    seconds: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline in so many seconds, or that of `within` where it is sooner."""
        return min(cls(time.monotonic() + seconds, seconds), _WHOLE.get())

    def left(self) -> float:
        """Return the seconds left, less than none when it is over."""
        return self.end - time.monotonic()

    def missed(self, address: str) -> LimitReached:
        """Return the error for an answer that did not come in time."""
        said = f"{address} took longer than {self.seconds:g} s"
        return LimitReached(said, "ask for less; `cspgraph query` allows more with --timeout")


_NEVER = Deadline(math.inf, math.inf)
_WHOLE = ContextVar("_WHOLE", default=_NEVER)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give all that endpoints are asked in this block so many seconds together; without end, each request its own."""
    token = _WHOLE.set(_NEVER if math.isinf(seconds) else Deadline.after(seconds))
    try:
        yield
    finally:
        _WHOLE.reset(token)


class Endpoint:
    """A SPARQL 1.1 endpoint: its three addresses, and how it is spoken to.

    Raises EngineError for an address that is none, or that holds a password.
    """

    def __init__(self, address: str) -> None:
        from cspgraph.engines.line import lines

        parts = _parts(address)
        if parts.username or parts.password:
            raise EngineError(
                "an endpoint is an address without a name and password in it",
                "put them in CSPGRAPH_USER and CSPGRAPH_PASSWORD, or in your netrc file",
            )
        head, _, last = address.rpartition("/")
        update, graphs = _BESIDE.get(last, (last, last))
        self.address = address
        self.update = os.environ.get("CSPGRAPH_UPDATE", f"{head}/{update}")
        self.graphs = os.environ.get("CSPGRAPH_GRAPHS", f"{head}/{graphs}")
        self._secret = _secret(parts.scheme, parts.hostname or "")
        for other in map(_parts, (self.update, self.graphs)):
            if self._secret and (other.scheme, other.netloc) != (parts.scheme, parts.netloc):
                hint = "CSPGRAPH_UPDATE and CSPGRAPH_GRAPHS must lie where queries are asked"
                raise EngineError(f"a password is not sent to {other.netloc} too", hint)
        self._pool = lines()

    @contextmanager
    def post(self, fields: Iterable[tuple[str, str]], accept: str, bounds: Bounds) -> Iterator[Body]:
        """Ask a query, its parameters in a form, and give the body as it comes. Raises what `_request` raises."""
        headers = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        deadline = Deadline.after(bounds.seconds)
        answer = self._request("POST", self.address, urlencode(list(fields)).encode(), headers, deadline)
        try:
            yield Body(self.address, answer, bounds.size, deadline)
        finally:
            answer.close()  # with what was not read: the next answer must not begin with it

    def put_graph(self, graph: str, triples: bytes) -> bool:
        """Replace a named graph by N-Triples, in one step; False where there is no graph store at the address."""
        url = f"{self.graphs}?{urlencode({'graph': graph})}"
        return self._write("PUT", url, triples, "application/n-triples", absent=(404, 405, 501))

    def write(self, update: str) -> None:
        """Run a SPARQL Update that gives the same however often it runs."""
        self._write("POST", self.update, update.encode(), "application/sparql-update")

    def _write(self, method: str, url: str, body: bytes, kind: str, absent: tuple[int, ...] = ()) -> bool:
        deadline = Deadline.after(Bounds().seconds)
        answer = self._request(method, url, body, {"Content-Type": kind}, deadline, absent)
        said = Body(url, answer, Bounds().size, deadline)
        try:
            while answer.status not in absent and said.taken < _ENOUGH and said.read():
                continue
        finally:
            answer.close()
        return answer.status not in absent

    def _request(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        deadline: Deadline,
        absent: tuple[int, ...] = (),
    ) -> BaseHTTPResponse:
        """Return the answer, its body not yet read; a server that is busy or away is asked again, a little later.

        Raises EngineError for a server that cannot be reached, refuses or fails, QueryError for a query that it cannot
        read, LimitReached where the time is over.
        """
        from urllib3.exceptions import HTTPError

        asked, said, wait = 0, "", 0.0
        while asked < RETRIES and deadline.left() > wait:
            time.sleep(wait)
            wait = BACKOFF * 2**asked
            asked += 1
            try:
                answer = self._send(method, url, body, headers, deadline)
            except HTTPError as error:
                said = _reason(error)
                continue
            if answer.status < 300 or answer.status in absent:
                return answer
            if answer.status not in _BUSY:
                raise _refusal(self.address, answer)
            said, wait = f"it answered {answer.status}", _asked_to_wait(answer, wait)
            answer.close()
        if deadline.left() <= 0:  # who is silent until then is at work on it: to ask again would be twice the work
            raise deadline.missed(self.address)
        raise EngineError(
            f"{self.address} cannot be reached: {said}",
            f"asked {'once' if asked == 1 else f'{asked} times'}; is the address right, and the server up?",
        )

    def _send(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], deadline: Deadline
    ) -> BaseHTTPResponse:
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        try:
            return self._pool.request(
                method,
                url,
                body=body,
                headers={**headers, **self._secret},
                preload_content=False,
                redirect=False,
                timeout=Timeout(total=max(0.01, deadline.left())),
            )
        except HTTPError as error:
            if "CERTIFICATE_VERIFY_FAILED" not in (said := _reason(error)):
                raise
            hint = "for a certificate of your own authority, name its file in SSL_CERT_FILE"  # the next try would be the same
            raise EngineError(f"{self.address} is not trusted: {said}", hint) from None


class Body(io.RawIOBase):
    """The body of an answer as a file that is read as it comes, and never ends short, late or too long in silence."""

    def __init__(self, address: str, answer: BaseHTTPResponse, size: int, deadline: Deadline) -> None:
        super().__init__()
        self.address = address
        self.kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self.cap = answer.headers.get("X-SPARQL-MaxRows", "")  # Virtuoso says so where it leaves rows out
        self.failure: Exception | None = None
        self.taken = 0
        self._answer, self._size, self._deadline = answer, size, deadline

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises EngineError or LimitReached, and keeps it as `failure`: a parser tells it badly."""
        from urllib3.exceptions import HTTPError

        found, broken = b"", ""
        try:
            found = self._answer.read1(size if size > 0 else 65_536)
        except HTTPError as error:
            broken = _reason(error)
        self.taken += len(found)
        if self._deadline.left() <= 0:
            self.failure = self._deadline.missed(self.address)
        elif broken:
            self.failure = EngineError(f"the answer broke off after {self.taken:,} bytes: {broken}", "ask again")
        elif self.taken > self._size:
            self.failure = LimitReached(
                f"the result is larger than {self._size // 1_000_000:,} MB", "ask for less with LIMIT"
            )
        if self.failure:
            raise self.failure
        return found


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        known = bool(parts.hostname) and parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is none
        known = False
    if not known or " " in address:
        raise EngineError(
            "this is not the address of an endpoint", "write https://host/path, or https://host:port/path"
        )
    return parts


def _secret(scheme: str, host: str) -> dict[str, str]:
    """Return the header that says who asks: of a token, of a name and password, or of the netrc file; none without."""
    from base64 import b64encode

    token, user = os.environ.get("CSPGRAPH_TOKEN", "").strip(), os.environ.get("CSPGRAPH_USER", "")
    password = os.environ.get("CSPGRAPH_PASSWORD", "")
    if not token and not user:
        user, password = _netrc(host)
    if not token and not user:
        return {}
    if scheme != "https" and host not in _LOOPBACK:
        raise EngineError(f"a password is not sent to {host} over a line that is not encrypted", "use https://")
    if not token:
        return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}
    if not re.fullmatch(r"[!-~]+", token):
        raise EngineError(
            "CSPGRAPH_TOKEN holds what no token can", "letters, digits and signs of ASCII, without blanks"
        )
    return {"Authorization": f"Bearer {token}"}


def _netrc(host: str) -> tuple[str, str]:
    from netrc import NetrcParseError, netrc

    try:
        found = netrc(os.environ.get("NETRC")).authenticators(host)
    except OSError:
        return "", ""
    except UnicodeError:
        raise EngineError("the netrc file is not UTF-8", "save it as UTF-8, or name another in NETRC") from None
    except NetrcParseError as error:
        raise EngineError(f"the netrc file cannot be read: {error.msg}", f"see its line {error.lineno}") from None
    return (found[0], found[2]) if found else ("", "")


def _refusal(address: str, answer: BaseHTTPResponse) -> EngineError | QueryError:
    """Return the error for an answer that is a refusal or a fault; of what it says, what comes first is enough."""
    from urllib3.exceptions import HTTPError

    said = ""
    with suppress(HTTPError):
        said = answer.read1(2_000).decode(errors="replace")
    if "html" in answer.headers.get("Content-Type", ""):
        said = re.sub(r"(?s)<(style|script).*?(</\1>|$)|<[^>]*(>|$)", " ", said)
    said = " ".join(said.split())[:150]
    answer.close()
    status = answer.status
    if 300 <= status < 400:
        place: Any = answer.headers.get("Location", "nowhere")
        return EngineError(f"{address} sends us on to {place}", "if you trust that address, use it instead")
    if status == 400:
        return QueryError.of_engine(said)
    if status in (401, 403):
        hint = "give CSPGRAPH_USER and CSPGRAPH_PASSWORD, or CSPGRAPH_TOKEN, or a line in your netrc file"
        return EngineError(f"{address} does not let us in ({status})", hint)
    if status in (404, 405, 501):
        return EngineError(
            f"{address} is no SPARQL endpoint: it answered {status}", "give the address that takes queries"
        )
    return Failed(f"{address} failed ({status}): {said or 'it does not say why'}")


def _asked_to_wait(answer: BaseHTTPResponse, otherwise: float) -> float:
    said = answer.headers.get("Retry-After", "")
    return min(float(said), _PATIENCE) if re.fullmatch(r"[0-9]+", said) else otherwise


def _reason(error: Exception) -> str:
    """Return what is wrong with a line, without the names of objects that libraries put before it."""
    told = " ".join(str(getattr(error, "reason", None) or error).split())
    return re.sub(r"^\w*Connection\w*\(.*?\): ", "", told).removeprefix("(").partition(", '")[0][:150]
