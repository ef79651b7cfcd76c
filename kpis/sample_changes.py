"""Changes of samples: what rows that went and rows that came make of them together, mostly nothing."""

from __future__ import annotations

import numpy as np

from kpis.blocks import Integers, days_of, is_unchanged, members_of
from kpis.cube import CubeData
from kpis.memberships import Membership
from kpis.samples import (
    DistinctSample,
    QuantileSample,
    changed_distinct,
    changed_quantiles,
    placed_distinct,
    placed_quantiles,
)
from kpis.stays import StaySample, changed_stays, placed_stays

Sample = QuantileSample | DistinctSample | StaySample


def changed(old: Sample, gone: Sample, came: Sample) -> Sample:
    """Return the sample without the rows that went, which must be in it, and with those that came."""
    match old, gone, came:
        case QuantileSample(), QuantileSample(), QuantileSample():
            return changed_quantiles(old, gone, came)
        case DistinctSample(), DistinctSample(), DistinctSample():
            return changed_distinct(old, gone, came)
        case StaySample(), StaySample(), StaySample():
            return changed_stays(old, gone, came)
    raise TypeError(f"{type(gone).__name__} and {type(came).__name__} cannot change a {type(old).__name__}.")


def recoded(sample: Sample, codes: Integers) -> Sample:
    """Return the sample with each member under its new code."""
    return sample if is_unchanged(codes) else _placed(sample, codes[members_of(sample.keys)])


def rolled_up(sample: Sample, membership: Membership) -> Sample:
    """Return the sample in which each member's entries count for its group of the entry's day."""
    if membership.is_fixed:
        return recoded(sample, membership.first)
    return _placed(sample, membership.of(members_of(sample.keys), days_of(sample.keys)))


def _placed(sample: Sample, members: Integers) -> Sample:
    if isinstance(sample, QuantileSample):
        return placed_quantiles(sample, members)
    if isinstance(sample, StaySample):
        return placed_stays(sample, members)
    return placed_distinct(sample, members)


def cancelled(gone: Sample, came: Sample) -> bool:
    """Tell whether the rows that went and those that came are the same in this sample: it stays as it is."""
    if not np.array_equal(gone.keys, came.keys):
        return False
    if isinstance(gone, DistinctSample) and isinstance(came, DistinctSample):
        return bool(np.array_equal(gone.values, came.values) and np.array_equal(gone.rows, came.rows))
    if isinstance(gone, StaySample) and isinstance(came, StaySample):
        return bool(np.array_equal(gone.values, came.values) and np.array_equal(gone.ends, came.ends))
    return bool(np.array_equal(gone.values, came.values))


def rows_of(sample: Sample) -> tuple[Integers, Integers]:
    """Return the keys of a sample, and how many rows each entry stands for."""
    return sample.keys, sample.rows if isinstance(sample, DistinctSample) else np.ones_like(sample.keys)


def keep(data: CubeData, name: str, sample: Sample) -> None:
    """Put the sample into the cube that is made."""
    match sample:
        case QuantileSample():
            data.quantiles[name] = sample
        case DistinctSample():
            data.distincts[name] = sample
        case StaySample():
            data.stays[name] = sample
