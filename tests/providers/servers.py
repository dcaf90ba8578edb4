"""Local servers that stand in for providers, and answers of the shapes that they document."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CANARIES = {
    "electricity-maps": {"CARBONPLAN_ELECTRICITY_MAPS_TOKEN": "canary+em/7f3a"},
    "watttime": {
        "CARBONPLAN_WATTTIME_USER": "someone",
        "CARBONPLAN_WATTTIME_PASSWORD": "canary%wt&51c0",
    },
    "uk": {},
    "entsoe": {"CARBONPLAN_ENTSOE_TOKEN": "canary-en+tso/e9d2"},
}
WATTTIME_TOKEN = "canary.jwt.b81e"
SECRETS = (
    "canary+em/7f3a",
    "canary%2Bem%2F7f3a",
    "canary%wt&51c0",
    "c29tZW9uZTpjYW5hcnkld3QmNTFjMA",  # the same in base64, with its user
    WATTTIME_TOKEN,
    "canary-en+tso/e9d2",
    "canary-en%2Btso%2Fe9d2",
    "canary",
)
VARIABLE = {
    "electricity-maps": "CARBONPLAN_ELECTRICITY_MAPS_URL",
    "watttime": "CARBONPLAN_WATTTIME_URL",
    "uk": "CARBONPLAN_UK_URL",
    "entsoe": "CARBONPLAN_ENTSOE_URL",
}
ZONE = {
    "electricity-maps": "SE-SE3",
    "watttime": "CAISO_NORTH",
    "uk": "GB",
    "entsoe": "SE3",
}
PROVIDERS = tuple(VARIABLE)


@dataclass(frozen=True)
class Answer:
    """What a server says; ``raw`` writes to the connection by itself."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Callable[[Any], None] | None = None


@dataclass(frozen=True)
class Asked:
    """What a server was asked."""

    path: str
    headers: Mapping[str, str]


class Server:
    """Serves answers in their order, the last again and again; remembers what was asked."""

    def __init__(self, *answers: Answer | Callable[[Asked], Answer]) -> None:
        self.answers = list(answers)
        self.asked: list[Asked] = []
        self.url = ""

    def next(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        return answer(asked) if callable(answer) else answer


@contextmanager
def serving(
    *answers: Answer | Callable[[Asked], Answer], context: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """A server on this machine for as long as the block lasts."""
    server = Server(*answers)
    httpd = _Quiet(("127.0.0.1", 0), _handler(server))
    if context:
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    host = "localhost" if context else "127.0.0.1"
    server.url = f"{'https' if context else 'http'}://{host}:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what is tested."""


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = server.next(Asked(self.path, dict(self.headers)))
            if answer.raw:
                answer.raw(self.wfile)
                return
            self.send_response(answer.status)
            headers = {"Content-Length": str(len(answer.body)), **answer.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Nothing to stderr."""

    return Handler


def as_json(document: object) -> Answer:
    """A JSON answer."""
    return Answer(json.dumps(document).encode(), headers={"Content-Type": "application/json"})


def packed(answer: Answer) -> Answer:
    """The same, packed."""
    body = gzip.compress(answer.body)
    return Answer(body, answer.status, {**answer.headers, "Content-Encoding": "gzip"})


def time(hour: float) -> str:
    """An hour after the start of 2025."""
    minutes = round(hour * 60)
    return f"2025-01-{1 + minutes // 1440:02d}T{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def em_document(values: list[float | None], key: str = "data", **row: object) -> dict:
    """Electricity Maps: past-range, history or forecast."""
    return {
        "zone": "SE-SE3",
        key: [
            {
                "zone": "SE-SE3",
                "carbonIntensity": value,
                "datetime": f"{time(hour)}:00.000Z",
                "updatedAt": f"2025-02-{1 + hour % 20:02d}T06:07:08.002Z",
                "createdAt": "2025-01-20T01:02:03.000Z",
                "emissionFactorType": "lifecycle",
                "isEstimated": hour == 1,
                "estimationMethod": "TIME_SLICER_AVERAGE" if hour == 1 else None,
                **row,
            }
            for hour, value in enumerate(values)
        ],
    }


def watttime_document(hours: int, pounds: float = 1000.0, **meta: object) -> dict:
    """WattTime: twelve points an hour, the n-th hour n pounds more."""
    return {
        "data": [
            {
                "point_time": f"{time(cell / 12)}:00+00:00",
                "value": pounds + cell // 12,
                "imputed_data_used": cell < 12,
                "last_updated": "2025-01-09T00:00:00+00:00",
            }
            for cell in range(hours * 12)
        ],
        "meta": {
            "data_point_period_seconds": 300,
            "region": "CAISO_NORTH",
            "warnings": [],
            "signal_type": "co2_moer",
            "model": {"date": "2023-03-01"},
            "units": "lbs_co2_per_mwh",
            **meta,
        },
    }


def uk_rows(hours: int) -> list[dict]:
    """Half hours: 100 and 102, 110 and 112, ...; forecast ten more."""
    return [
        {
            "from": f"{time(half / 2)}Z",
            "to": f"{time(half / 2 + 0.5)}Z",
            "intensity": {
                "forecast": 110 + half // 2 * 10 + half % 2 * 2,
                "actual": 100 + half // 2 * 10 + half % 2 * 2,
                "index": "moderate",
            },
        }
        for half in range(hours * 2)
    ]


def uk_document(hours: int) -> dict:
    """Great Britain."""
    return {"data": uk_rows(hours)}


def uk_region(hours: int, region: int = 13) -> dict:
    """A region: an object inside ``data``, without ``actual``."""
    rows = uk_rows(hours)
    for row in rows:
        del row["intensity"]["actual"]
        row["generationmix"] = [{"fuel": "gas", "perc": 100}]
    inner = {"regionid": region, "dnoregion": "UKPN", "shortname": "London", "data": rows}
    return {"data": inner}


GENERATION = "urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0"
PUBLICATION = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"
ACKNOWLEDGED = "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0"
SE3 = "10Y1001A1001A46L"


def period(
    start: str, end: str, resolution: str, points: Mapping[int, object], value: str = "quantity"
) -> str:
    """A Period with its points."""
    inner = "".join(
        f"<Point><position>{position}</position><{value}>{found}</{value}></Point>"
        for position, found in points.items()
    )
    return (
        f"<Period><timeInterval><start>{start}</start><end>{end}</end></timeInterval>"
        f"<resolution>{resolution}</resolution>{inner}</Period>"
    )


def generation_series(
    kind: str, *periods: str, curve: str = "A01", eic: str = SE3, taken: bool = False
) -> str:
    """A TimeSeries of A75, or of what is taken."""
    domain = "outBiddingZone_Domain" if taken else "inBiddingZone_Domain"
    return (
        "<TimeSeries><mRID>1</mRID><businessType>A01</businessType>"
        f'<{domain}.mRID codingScheme="A01">{eic}</{domain}.mRID>'
        "<quantity_Measure_Unit.name>MAW</quantity_Measure_Unit.name>"
        f"<curveType>{curve}</curveType><MktPSRType><psrType>{kind}</psrType></MktPSRType>"
        f"{''.join(periods)}</TimeSeries>"
    )


def price_series(*periods: str, curve: str = "A03", auction: int | None = None) -> str:
    """A TimeSeries of A44."""
    name = "classificationSequence_AttributeInstanceComponent.position"
    place = "" if auction is None else f"<{name}>{auction}</{name}>"
    return (
        "<TimeSeries><mRID>1</mRID><businessType>A62</businessType>"
        f'<in_Domain.mRID codingScheme="A01">{SE3}</in_Domain.mRID>'
        f'<out_Domain.mRID codingScheme="A01">{SE3}</out_Domain.mRID>'
        "<contract_MarketAgreement.type>A01</contract_MarketAgreement.type>"
        "<currency_Unit.name>EUR</currency_Unit.name>"
        f"<price_Measure_Unit.name>MWH</price_Measure_Unit.name>{place}"
        f"<curveType>{curve}</curveType>{''.join(periods)}</TimeSeries>"
    )


def market_document(root: str, namespace: str, kind: str, *series: str) -> bytes:
    """A market document."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="{namespace}"><mRID>m</mRID>'
        f"<type>{kind}</type><createdDateTime>2025-01-09T10:11:12Z</createdDateTime>"
        f"{''.join(series)}</{root}>"
    ).encode()


def generation_document(*series: str) -> bytes:
    """A75."""
    return market_document("GL_MarketDocument", GENERATION, "A75", *series)


def price_document(*series: str) -> bytes:
    """A44."""
    return market_document("Publication_MarketDocument", PUBLICATION, "A44", *series)


def acknowledgement(text: str) -> bytes:
    """What comes instead of data."""
    return (
        f'<?xml version="1.0"?><Acknowledgement_MarketDocument xmlns="{ACKNOWLEDGED}">'
        f"<mRID>m</mRID><Reason><code>999</code><text>{text}</text></Reason>"
        "</Acknowledgement_MarketDocument>"
    ).encode()


def hourly_generation(hours: int) -> bytes:
    """Gas and wind, half and half."""
    end = f"{time(hours)}Z"
    points = dict.fromkeys(range(1, hours + 1), 100)
    return generation_document(
        *(
            generation_series(kind, period("2025-01-01T00:00Z", end, "PT60M", points))
            for kind in ("B04", "B19")
        )
    )


def good(provider: str, hours: int = 2) -> Callable[[Asked], Answer]:
    """A server's behaviour when all is well."""
    documents = {
        "electricity-maps": lambda: as_json(em_document([20.0 + h for h in range(hours)])),
        "watttime": lambda: as_json(watttime_document(hours)),
        "uk": lambda: as_json(uk_document(hours)),
        "entsoe": lambda: Answer(hourly_generation(hours)),
    }

    def answer(asked: Asked) -> Answer:
        if asked.path.startswith("/login"):
            return as_json({"token": WATTTIME_TOKEN})
        return documents[provider]()

    return answer


def after_login(answer: Answer | Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """The same, but a login is answered."""

    def behaviour(asked: Asked) -> Answer:
        if asked.path.startswith("/login"):
            return as_json({"token": WATTTIME_TOKEN})
        return answer(asked) if callable(answer) else answer

    return behaviour
