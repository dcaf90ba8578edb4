"""WattTime: marginal emissions of a region, in slots of five minutes.

``/login`` gives a token for half an hour to who shows a name and a password; with it,
``/v3/historical`` holds years and ``/v3/forecast`` the next days, in pounds per MWh.
"""

from __future__ import annotations

import base64

from carbonplan.catalogue.series import utc_text
from carbonplan.providers.answers import (
    flag,
    instant,
    number,
    parsed,
    rows,
    said_at,
    same,
    section,
    word,
)
from carbonplan.providers.client import Client
from carbonplan.providers.failures import UnusableAnswer
from carbonplan.providers.records import (
    Credentials,
    Meaning,
    Points,
    Provider,
    Question,
    Rate,
    Source,
    Span,
    Window,
    points,
)
from carbonplan.units import G_PER_POUND, KW_PER_MW

PROVIDER = Provider(
    key="watttime",
    label="WattTime",
    base_url="https://api.watttime.org",
    variable="CARBONPLAN_WATTTIME",
    licence="by the terms of your WattTime plan",
    secrets=("USER", "PASSWORD"),
    rate=Rate(3000, 300.0),
)
LOGIN = Question("/login")
LOGIN_RATE = Rate(100, 300.0)
LONGEST_TOKEN = 8192
SIGNAL, UNITS = "co2_moer", "lbs_co2_per_mwh"
MOST_HOURS = 30 * 24  # as in WattTime's own client
LARGEST_POUNDS_PER_MWH = 20_000.0
PERIODS_S = frozenset({300, 900, 1800, 3600})


class Login:
    """Access by a token that a name and a password are exchanged for."""

    def __init__(self, user: str, password: str) -> None:
        shown = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        self._shown = Credentials({"Authorization": f"Basic {shown}"})
        self._token: str | None = None

    def credentials(self, client: Client) -> Credentials:
        """The token in a header; asks for one where there is none."""
        if self._token is None:
            self._token = self._asked(client)
        return Credentials({"Authorization": f"Bearer {self._token}"})

    def renew(self) -> bool:
        """A token that was refused has probably grown old: the next is another."""
        self._token = None
        return True

    def _asked(self, client: Client) -> str:
        content = client.get_with(LOGIN, self._shown, LOGIN_RATE)
        try:
            token = word(parsed(content), "token")
            if not (token.isascii() and token.isprintable()) or " " in token:
                raise UnusableAnswer("the token has characters that no token has")
            if len(token) > LONGEST_TOKEN:
                raise UnusableAnswer("the token is longer than any is")
        except UnusableAnswer as unusable:
            raise client.failed(f"the login gave no token: {unusable.reason}") from None
        client.redactor.learn(token)
        return token


def source(window: Window) -> Source:
    """Marginal intensity of the past or of the next days."""

    def questions(zone: str, span: Span | None) -> list[Question]:
        return _questions(zone, span, window)

    meaning = Meaning(
        series="intensity_g_per_kwh",
        unit="gCO2/kWh",
        kind="marginal",
        scope="location",
        basis="direct",
        note="of the power stations that answer a change of load (MOER)",
    )
    return Source(PROVIDER, meaning, questions, read)


def _questions(zone: str, span: Span | None, window: Window) -> list[Question]:
    common = (("region", zone), ("signal_type", SIGNAL))
    if window == "forecast" or span is None:
        return [Question("/v3/forecast", common, span)]
    return [
        Question(
            "/v3/historical",
            (
                *common,
                ("start", utc_text(part.first)),
                ("end", utc_text(part.last)),
                ("include_imputed_marker", "true"),
            ),
            part,
        )
        for part in span.parts(MOST_HOURS)
    ]


def read(content: bytes, zone: str | None) -> Points:
    """Values of an answer, brought from lb/MWh to gCO2/kWh; they may be negative."""
    document = parsed(content)
    meta = section(document, "meta")
    found = same(meta.get("region"), zone, "region")
    same(meta.get("signal_type"), SIGNAL, "signal")
    same(meta.get("units"), UNITS, "unit")
    period_s = meta.get("data_point_period_seconds")
    if not isinstance(period_s, int) or period_s not in PERIODS_S:
        raise UnusableAnswer("data_point_period_seconds: expected 300, 900, 1800 or 3600")
    entries = rows(document, "data")
    limit = LARGEST_POUNDS_PER_MWH
    revised = [
        *said_at(meta.get("generated_at")),
        *(time for row in entries for time in said_at(row.get("last_updated"))),
    ]
    return points(
        found,
        [instant(word(row, "point_time")) for row in entries],
        int(period_s) // 60,
        [number(row, "value", -limit, limit) * G_PER_POUND / KW_PER_MW for row in entries],
        [flag(row, "imputed_data_used") for row in entries],
        revised,
        _notes(meta.get("warnings")),
    )


def _notes(warnings: object) -> list[str]:
    """That there are warnings; their words are the provider's and are not passed on."""
    count = len(warnings) if isinstance(warnings, list) else 0
    return [f"{count} warnings by WattTime in one answer"] if count else []
