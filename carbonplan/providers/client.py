"""Asks one provider: tries again where that may help, and fails in words without secrets.

Built on the standard library. A total deadline and a limit on unpacked bytes have to be made by
hand with any client, redirects and retries have to be switched off in all of them, and the
usual ones forward a token to another host or put it into the texts of their errors.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from carbonplan.providers.addresses import Address, same_origin
from carbonplan.providers.exchange import Dropped, Reply, TooLarge, TooSlow, exchange
from carbonplan.providers.failures import READ_CHARACTERS, ProviderFailed, excerpt
from carbonplan.providers.records import Credentials, Provider, Question, Rate
from carbonplan.providers.redaction import Redactor
from carbonplan.providers.waiting import Budget, Timing, pause_s

OK, UNAUTHORISED, FORBIDDEN, NOT_FOUND = 200, 401, 403, 404
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PASSING = frozenset({429, 500, 502, 503, 504})  # may be over at the next try
WAY_OUT = "--offline uses what was fetched before, --file what was downloaded by hand"


@dataclass(frozen=True)
class NetworkLimits:
    """How long and how much one question may take."""

    answer_s: float = 60.0  # of one try, from the connection to the last byte
    waiting_s: float = 120.0  # for all pauses between tries together
    answer_bytes: int = 50_000_000  # unpacked
    tries: int = 4
    redirects: int = 1


class Access(Protocol):
    """How a provider is shown who asks."""

    def credentials(self, client: Client) -> Credentials:
        """What goes with a request; may ask the provider for it first."""

    def renew(self) -> bool:
        """Forget what was refused; whether there is another way to get it."""


@dataclass(frozen=True)
class FixedAccess:
    """A token that is as it is."""

    given: Credentials = field(default_factory=Credentials)

    def credentials(self, _client: Client) -> Credentials:
        """The same each time."""
        return self.given

    def renew(self) -> bool:
        """A token that was refused stays refused."""
        return False


class Client:
    """Asks one provider at one address.

    Parameters
    ----------
    redactor
        Knows every secret of ``access``; all texts of failures pass it.
    """

    def __init__(
        self,
        provider: Provider,
        address: Address,
        access: Access,
        redactor: Redactor,
        *,
        limits: NetworkLimits,
        timing: Timing,
    ) -> None:
        self.provider = provider
        self.redactor = redactor
        self.timing = timing
        self._address = address
        self._access = access
        self._limits = limits
        self._budgets: dict[Rate | None, Budget] = {}

    def get(self, question: Question) -> bytes:
        """Body of the answer; a refused token is renewed once, where there is a way.

        Raises
        ------
        ProviderFailed
            There is no answer, or it says that there is none.
        """
        reply = self._tried(question, self._access.credentials(self), self.provider.rate)
        if reply.status == UNAUTHORISED and self._access.renew():
            reply = self._tried(question, self._access.credentials(self), self.provider.rate)
        return self._body(reply)

    def get_with(self, question: Question, credentials: Credentials, rate: Rate) -> bytes:
        """Body of an answer to a question that has its own credentials: a login."""
        return self._body(self._tried(question, credentials, rate))

    def failed(self, reason: str) -> ProviderFailed:
        """A failure in words, without secrets."""
        text = f"{self.provider.label} at {self._address}: {reason}"
        return ProviderFailed(self.redactor.clean(text))

    def answered(self, content: bytes, reason: str) -> ProviderFailed:
        """A failure that shows the beginning of the answer."""
        shown = excerpt(self._readable(content))
        return self.failed(f'the provider answered "{shown}": {self.redactor.clean(reason)}')

    def _readable(self, content: bytes) -> str:
        return self.redactor.clean(content[:READ_CHARACTERS].decode("utf-8", "replace"))

    def _body(self, reply: Reply) -> bytes:
        if reply.status == OK:
            return reply.body
        shown = excerpt(self._readable(reply.body))
        said = f'; the provider answered "{shown}"' if shown else ""
        raise self.failed(f"{self._refusal(reply.status)}{said}")

    def _refusal(self, status: int) -> str:
        if status in (UNAUTHORISED, FORBIDDEN) and self.provider.secrets:
            return (
                f"token refused (HTTP {status}); it may be wrong, or not be for this zone or "
                "this kind of data"
            )
        if status == NOT_FOUND:
            return "not found (HTTP 404); is there such a zone?"
        if status in PASSING:
            return f"HTTP {status}, {self._limits.tries} times; {WAY_OUT}"
        return f"HTTP {status}"

    def _tried(self, question: Question, credentials: Credentials, rate: Rate | None) -> Reply:
        """The answer, or the last of several that say: not now."""
        waited_s = 0.0
        last = self._limits.tries - 1
        for attempt in range(self._limits.tries):
            is_last = attempt == last
            self._budgets.setdefault(rate, Budget(rate, self.timing)).take()
            try:
                reply = self._redirected(question, credentials)
            except Dropped:
                if is_last:
                    raise self.failed(
                        f"the connection ended within the answer, {last + 1} times; {WAY_OUT}"
                    ) from None
                asked = None
            else:
                if reply.status not in PASSING or is_last:
                    return reply
                asked = reply.headers.get("retry-after")
            pause = pause_s(attempt, asked, self.timing)
            waited_s += pause
            if waited_s > self._limits.waiting_s:
                raise self.failed(
                    f"asks to come back in {pause:.0f} s, longer than is waited for; {WAY_OUT}"
                )
            self.timing.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _redirected(self, question: Question, credentials: Credentials) -> Reply:
        """The answer, after a redirect at most, which may not leave the address."""
        secret = Question(question.path, (*question.query, *credentials.query))
        target = f"{self._address.path}{secret.target}"
        for _ in range(1 + self._limits.redirects):
            reply = self._exchanged(target, credentials)
            if reply.status not in REDIRECTS:
                return reply
            found = same_origin(self._address, target, reply.headers.get("location", ""))
            if found is None:
                raise self.failed("redirects elsewhere, which is not followed")
            target = found
        raise self.failed("redirects again and again")

    def _exchanged(self, target: str, credentials: Credentials) -> Reply:
        headers = {
            "Accept-Encoding": "gzip",
            "User-Agent": "carbonplan",
            "Connection": "close",
            **credentials.headers,
        }
        remaining_s = self._deadline()
        limits = self._limits
        try:
            return exchange(
                self._address,
                target,
                headers,
                remaining_s=remaining_s,
                most_bytes=limits.answer_bytes,
            )
        except (TooSlow, TooLarge, OSError, http.client.HTTPException) as error:
            reason = _words(error, limits)
        raise self.failed(f"{reason}; {WAY_OUT}")  # outside: the cause may hold the target

    def _deadline(self) -> Callable[[], float]:
        end = self.timing.clock() + self._limits.answer_s

        def remaining_s() -> float:
            rest = end - self.timing.clock()
            if rest <= 0:
                raise TooSlow
            return rest

        return remaining_s


def _words(error: BaseException, limits: NetworkLimits) -> str:
    """What happened, in words of our own: those of the library may hold a secret."""
    match error:
        case TooSlow() | TimeoutError():
            return f"no whole answer within {limits.answer_s:g} s"
        case TooLarge():
            return f"an answer of more than {limits.answer_bytes / 1e6:g} MB"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not to be trusted ({error.verify_message})"
        case ssl.SSLError():
            return f"no secure connection ({error.reason})"
        case ConnectionRefusedError():
            return "the connection is refused"
        case socket.gaierror():
            return "there is no such host, or no network"
        case OSError():
            return f"no connection ({error.strerror or type(error).__name__})"
    return "the provider answered with something that is no HTTP answer"
