"""One request and its answer, within a time and a size that hold for all of it.

The time limit of a socket is for each wait alone, so that a server that sends a byte now and
then is never too slow. Here every read gets only what is left of the time for the whole
answer. Bytes are counted as they come and again as they are unpacked.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from carbonplan.providers.addresses import Address

CHUNK_BYTES = 65_536
ERROR_BYTES = 4096  # of an answer that is an error
OK = 200
GZIP = 16 + zlib.MAX_WBITS


class TooSlow(Exception):
    """The whole answer did not come in time."""


class TooLarge(Exception):
    """The answer is larger than any that is expected."""


class Dropped(Exception):
    """The connection ended before the answer did."""


@dataclass(frozen=True)
class Reply:
    """An answer as it came, unpacked."""

    status: int
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    body: bytes = field(repr=False)


def exchange(
    address: Address,
    target: str,
    headers: Mapping[str, str],
    *,
    remaining_s: Callable[[], float],
    most_bytes: int,
) -> Reply:
    """Ask with GET, and read the answer.

    Parameters
    ----------
    remaining_s
        Seconds left for all of it; raises ``TooSlow`` once there are none.

    Raises
    ------
    TooSlow, TooLarge, Dropped, OSError, http.client.HTTPException
        Their texts may hold the target: they are for the caller alone.
    """
    connection = http.client.HTTPConnection(address.host, address.port)
    connection.set_debuglevel(0)  # else the request with its secrets is printed
    timed = None
    try:
        timed = connection.sock = _TimedSocket(_connected(address, remaining_s), remaining_s)
        connection.request("GET", target, headers=dict(headers))
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        if response.status != OK:
            return Reply(response.status, found, _beginning(response))
        return Reply(response.status, found, _whole_body(response, found, most_bytes))
    except (
        http.client.IncompleteRead,
        http.client.RemoteDisconnected,
        ConnectionError,
    ) as error:
        if isinstance(error, ConnectionRefusedError):
            raise
        raise Dropped from None
    except TimeoutError:
        raise TooSlow from None
    finally:
        if timed:
            timed.really_close()


def _connected(address: Address, remaining_s: Callable[[], float]) -> socket.socket:
    plain = _reached(address, remaining_s)
    if address.scheme == "http":
        return plain
    try:
        plain.settimeout(remaining_s())
        return ssl.create_default_context().wrap_socket(plain, server_hostname=address.host)
    except BaseException:
        plain.close()
        raise


def _reached(address: Address, remaining_s: Callable[[], float]) -> socket.socket:
    """The first of the host's places that answers, within the time for all of them."""
    failure = OSError("no place to connect to")
    for *_, place in socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM):
        try:
            return socket.create_connection(place[:2], timeout=remaining_s())
        except OSError as error:
            failure = error
    raise failure


class _TimedSocket:
    """As much of a socket as ``http.client`` uses; every wait is for what is left."""

    def __init__(self, plain: socket.socket, remaining_s: Callable[[], float]) -> None:
        self._socket = plain
        self._remaining_s = remaining_s

    def sendall(self, content: bytes) -> None:
        self._socket.settimeout(self._remaining_s())
        self._socket.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._socket, self._remaining_s))

    def close(self) -> None:
        """The connection asks for this once the headers are read; the body is still to come."""

    def really_close(self) -> None:
        self._socket.close()


class _TimedReader(io.RawIOBase):
    def __init__(self, plain: socket.socket, remaining_s: Callable[[], float]) -> None:
        self._socket = plain
        self._remaining_s = remaining_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        self._socket.settimeout(self._remaining_s())
        return self._socket.recv_into(buffer)


def _beginning(response: http.client.HTTPResponse) -> bytes:
    """What is shown of an error; it need not be whole."""
    if response.getheader("Content-Encoding", "identity").lower() not in ("", "identity"):
        return b""
    return response.read1(ERROR_BYTES)


def _whole_body(
    response: http.client.HTTPResponse, headers: Mapping[str, str], most_bytes: int
) -> bytes:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise http.client.HTTPException("an encoding that was not asked for")
    unpack = zlib.decompressobj(GZIP) if "gzip" in encoding else None
    body, came = io.BytesIO(), 0
    while chunk := response.read1(CHUNK_BYTES):
        came += len(chunk)
        if came > most_bytes:
            raise TooLarge
        room = most_bytes - body.tell() + 1
        body.write(_unpacked(unpack, chunk, room) if unpack else chunk)
        if body.tell() > most_bytes:
            raise TooLarge
    if response.length or (unpack and not unpack.eof):
        raise Dropped
    return body.getvalue()


def _unpacked(unpack: zlib._Decompress, chunk: bytes, room: int) -> bytes:
    """At most ``room`` bytes; a bomb is left where it is."""
    try:
        return unpack.decompress(chunk, room)
    except zlib.error:
        raise http.client.HTTPException("packed with gzip, and damaged") from None
