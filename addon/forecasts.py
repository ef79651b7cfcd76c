"""Forecasts of a pinned snapshot as rows of a sheet, as JSON, and as lines of an explanation."""

from __future__ import annotations

from statistics import fmean

from addon.formats import format_change, format_share, format_value
from addon.functions import Json
from addon.reader import Desk
from addon.spills import Cell, Rows
from addon.words import say
from kpis.answers import Answerer
from kpis.definitions import Language
from kpis.forecast import Forecast, Outlook, PastForecast, Season, Track, forecast
from kpis.periods import date_of, period_title

_COLUMNS = ("item", "value", "show_low", "show_high", "actual", "forecast_error", "note")


def forecast_of(desk: Desk, who: str, period: str) -> Forecast:
    """Return the forecasts of a slice's revenue, with the past pipelines that are known. Raises `QuestionError`."""

    def history(day: int) -> Answerer | None:
        past = desk.past(date_of(day))
        return past.answerer if past else None

    return forecast(desk.answerer, who, period, history)


def forecast_rows(desk: Desk, who: str, period: str, *, language: Language = "en") -> Rows:
    """Return a row for the revenue so far, each method, and each of its earlier forecasts. Raises `QuestionError`."""
    found = forecast_of(desk, who, period)
    rows: Rows = [[say(key, language) for key in _COLUMNS]]
    rows.append([say("forecast_so_far", language), _cell(found.so_far), "", "", "", "", ""])
    rows += [_outlook_row(one, found, language) for one in found.outlooks]
    for track in found.tracks:
        rows.append(_track_row(track, language))
        rows += [_past_row(past, track, language) for past in track.pasts]
    return rows


def forecast_document(desk: Desk, who: str, period: str) -> dict[str, Json]:
    """Return the same as JSON."""
    found = forecast_of(desk, who, period)
    return {
        "period": found.period.label,
        "so_far": found.so_far,
        "by_season": found.by_season,
        "seasons": [{"period": one.period.label, "share": one.share} for one in found.seasons],
        "methods": [
            {"method": one.method, "value": one.value, "low": one.low, "high": one.high, "reason": one.reason}
            for one in found.outlooks
        ],
        "tracks": [_track_document(one) for one in found.tracks],
    }


def forecast_lines(
    desk: Desk, who: str, period: str, *, language: Language = "en"
) -> list[tuple[str, float | None, str]]:
    """Return for each method what it is called, its value, and in words between which ends and how wrong."""
    found = forecast_of(desk, who, period)
    currency = desk.snapshot.manifest.company.currency
    lines: list[tuple[str, float | None, str]] = []
    for outlook, track in zip(found.outlooks, found.tracks, strict=True):
        title = method_title(outlook.method, language)
        lines.append(
            (title, outlook.value, f"{_ends_text(outlook, currency, language)} {note_on(outlook, found, language)}")
        )
        _, *_, note = _track_row(track, language)
        error = "" if track.mean_error is None else f"{format_share(track.mean_error, language)}: "
        lines.append((f"{title}, {say('forecast_mean_error', language)}", None, f"{error}{note}"))
    return [(item, value, said.strip()) for item, value, said in lines]


def _ends_text(outlook: Outlook, currency: str, language: Language) -> str:
    if outlook.low is None or outlook.high is None:
        return ""
    low, high = (format_value(end, "money", currency, language) for end in (outlook.low, outlook.high))
    return say("between", language, low=low, high=high) + ":"


def note_on(outlook: Outlook, found: Forecast, language: Language) -> str:
    """Return how a forecast is made, or why there is none."""
    reason = say("forecast_" + outlook.reason.replace(" ", "_"), language) if outlook.reason else ""
    if outlook.value is None:
        return reason
    if outlook.method == "weighted pipeline":
        return say("forecast_by_chances", language)
    return ". ".join(filter(None, (_seasons_text(found.seasons, language, by_season=found.by_season), reason)))


def method_title(method: str, language: Language) -> str:
    """Return what a method is called."""
    return say("forecast_" + method.replace(" ", "_"), language)


def _seasons_text(seasons: tuple[Season, ...], language: Language, *, by_season: bool) -> str:
    usual = fmean(season.share for season in seasons)
    key = "forecast_by_season" if by_season else "forecast_by_before"
    return say(key, language, share=format_share(usual, language), count=str(len(seasons)))


def _outlook_row(outlook: Outlook, found: Forecast, language: Language) -> list[Cell]:
    ends = [_cell(outlook.value), _cell(outlook.low), _cell(outlook.high)]
    return [method_title(outlook.method, language), *ends, "", "", note_on(outlook, found, language)]


def _track_row(track: Track, language: Language) -> list[Cell]:
    item = f"{method_title(track.method, language)}, {say('forecast_mean_error', language)}"
    if track.mean_error is None or track.bias is None:
        reason = say("forecast_" + (track.reason or "no_history").replace(" ", "_"), language)
        return [item, "", "", "", "", "", reason]
    count, bias = str(len(track.pasts)), format_change(track.bias, language)
    return [item, "", "", "", "", track.mean_error, say("forecast_errors", language, count=count, bias=bias)]


def _past_row(past: PastForecast, track: Track, language: Language) -> list[Cell]:
    item = f"{method_title(track.method, language)}, {period_title(past.period, language)}"
    return [item, past.forecast, "", "", past.actual, _cell(past.error), ""]


def _track_document(track: Track) -> dict[str, Json]:
    return {
        "method": track.method,
        "mean_error": track.mean_error,
        "bias": track.bias,
        "reason": track.reason,
        "pasts": [
            {"period": one.period.label, "forecast": one.forecast, "actual": one.actual, "error": one.error}
            for one in track.pasts
        ],
    }


def _cell(value: float | None) -> Cell:
    return "" if value is None else value
