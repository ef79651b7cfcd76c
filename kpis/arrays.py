"""Named arrays in one file that is mapped into memory: opening it reads nothing but the index."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypedDict, cast

import numpy as np
from numpy.typing import NDArray

from kpis.errors import KpiError

_ALIGNMENT: Final = 64
_TYPES: Final = {"int64": np.dtype("<i8"), "float64": np.dtype("<f8")}

Array = NDArray[np.int64] | NDArray[np.float64]


class Place(TypedDict):
    """Where in the file an array lies."""

    type: str
    shape: list[int]
    offset: int


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> dict[str, Place]:
    """Write the arrays one after the other and return where each is. The same arrays give the same bytes."""
    places: dict[str, Place] = {}
    with path.open("wb") as file:
        for name, array in arrays.items():
            file.write(b"\0" * (-file.tell() % _ALIGNMENT))
            type_name = array.dtype.name
            places[name] = {"type": type_name, "shape": list(array.shape), "offset": file.tell()}
            np.ascontiguousarray(array, dtype=_TYPES[type_name]).tofile(file)
    return places


class MappedArrays:
    """The arrays of one file, read only."""

    def __init__(self, path: Path, places: Mapping[str, Place]) -> None:
        self._path = path
        self._places = places
        empty = path.stat().st_size == 0
        self._bytes = np.zeros(0, dtype=np.uint8) if empty else np.memmap(path, dtype=np.uint8, mode="r")

    def __getitem__(self, name: str) -> Array:
        place = self._places[name]
        dtype = _TYPES[place["type"]]
        size = int(np.prod(place["shape"])) * dtype.itemsize
        end = place["offset"] + size
        if end > len(self._bytes):
            raise KpiError(f"{self._path} is shorter than its index says. Run a full sync to write it anew.")
        return cast("Array", np.asarray(self._bytes[place["offset"] : end]).view(dtype).reshape(place["shape"]))

    def __contains__(self, name: str) -> bool:
        return name in self._places
