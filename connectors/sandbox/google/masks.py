"""Field masks: which members of a message are read or written.

``sheets(properties(sheetId,title),data.rowData),namedRanges`` for reading, ``userEnteredValue,note`` for writing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.sandbox.google.errors import ApiError, Json, bad_fields, invalid
from connectors.sandbox.google.shapes import FieldType, shapes

Mask = Mapping[str, "Mask"]
"""Names of members, each with the mask inside it. An empty mask means everything."""

_Tree = dict[str, "_Tree | None"]
_TOKEN = re.compile(r"[A-Za-z0-9_]+|\*|[(),./]")
_MASK_CHARACTERS_MAX = 10_000
_NESTING_MAX = 30


def read_mask(text: str, message: str) -> Mask:
    """Return the mask of a ``fields`` parameter. Raises `ApiError` for a field that the message does not have."""
    mask = _Parser(text).whole()
    for path in _paths(mask):
        if not _is_known(path, message):
            words = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{'.'.join(path)}'."
            raise bad_fields([(".".join(path), words)], "Request contains an invalid argument.")
    return mask


def write_mask(text: str, message: str) -> Mask:
    """Return the mask of an update. Raises `ApiError` if it is empty or names a field that is not there."""
    if not text.strip():
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    mask = _Parser(text).whole()
    for path in _paths(mask):
        if not _is_known(path, message):
            raise invalid(f"Invalid field: {'.'.join(path)}")
    return mask


def _paths(mask: Mask) -> list[tuple[str, ...]]:
    return [(name, *rest) for name, inner in mask.items() for rest in (_paths(inner) if inner else [()])]


def _is_known(path: tuple[str, ...], message: str) -> bool:
    kind = FieldType(message)
    for name in path:
        if name == "*":
            continue
        fields = shapes().messages.get(kind.name, {})
        if kind.is_map or name not in fields:
            return kind.is_map
        kind = fields[name]
    return True


class _Parser:
    """A recursive-descent parser over the tokens of a mask."""

    def __init__(self, text: str) -> None:
        if len(text) > _MASK_CHARACTERS_MAX:
            raise invalid("Request contains an invalid argument.")
        squeezed = re.sub(r"\s", "", text)
        self.tokens = _TOKEN.findall(squeezed)
        self.text = text
        self.at = 0
        if "".join(self.tokens) != squeezed:
            raise self._refusal()

    def whole(self) -> Mask:
        tree = self._list(0)
        if self.at != len(self.tokens):
            raise self._refusal()
        return _frozen(tree)

    def _list(self, depth: int) -> _Tree:
        tree: _Tree = {}
        self._path(tree, depth)
        while self._take(","):
            self._path(tree, depth)
        return tree

    def _path(self, tree: _Tree, depth: int) -> None:
        if depth > _NESTING_MAX:
            raise self._refusal()
        name = self._name()
        inner: _Tree | None = None
        is_separated = self._take(".") or self._take("/")
        if self._take("("):
            inner = self._list(depth + 1)
            if not self._take(")"):
                raise self._refusal()
        elif is_separated:
            inner = {}
            self._path(inner, depth + 1)
        _merge(tree, name, inner)

    def _name(self) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at] in "(),./":
            raise self._refusal()
        self.at += 1
        return str(self.tokens[self.at - 1])

    def _take(self, token: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == token:
            self.at += 1
            return True
        return False

    def _refusal(self) -> ApiError:
        words = f"Error expanding 'fields' parameter. Cannot parse '{self.text[:200]}'."
        return bad_fields([("fields", words)], "Request contains an invalid argument.")


def _merge(tree: _Tree, name: str, inner: _Tree | None) -> None:
    """Add a member. None stands for all of it, and swallows what is named inside it."""
    held = tree.get(name, inner)
    if held is None or inner is None:
        tree[name] = None
        return
    for key, value in list(inner.items()):
        _merge(held, key, value)
    tree[name] = held


def _frozen(tree: _Tree) -> Mask:
    if "*" in tree and tree["*"] is None:
        return {}
    return {name: {} if inner is None else _frozen(inner) for name, inner in tree.items()}


def selected(value: Json, mask: Mask) -> Json:
    """Return the members that the mask names; lists are followed into."""
    if not mask:
        return value
    if "*" in mask:
        return {name: _inside(item, mask["*"]) for name, item in value.items()}
    return {name: _inside(value[name], inner) for name, inner in mask.items() if name in value}


def _inside(value: object, mask: Mask) -> object:
    if isinstance(value, list):
        return [_inside(item, mask) for item in value]
    return selected(value, mask) if isinstance(value, dict) else value


def written(old: Json, new: Json, mask: Mask) -> Json:
    """Return the old message with the members of the mask taken from the new one, or cleared where it has none."""
    if not mask or "*" in mask:
        return dict(new)
    result = dict(old)
    for name, inner in mask.items():
        value = new.get(name)
        if inner and isinstance(old.get(name, {}), dict) and isinstance(value if value is not None else {}, dict):
            value = written(old.get(name, {}), value or {}, inner) or None
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def names(mask: Mask, *path: str) -> bool:
    """Return whether the mask reaches this path or something in it."""
    for name in path:
        if not mask:
            return True
        if name not in mask and "*" not in mask:
            return False
        mask = mask.get(name, mask.get("*", {}))
    return True
