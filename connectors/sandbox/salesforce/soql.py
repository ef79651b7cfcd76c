"""The words of SOQL, and the parser that makes a tree of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.syntax import (
    Call,
    Comparison,
    Condition,
    Expression,
    Item,
    Junction,
    Literal,
    Name,
    Negation,
    Order,
    Select,
    refusal,
)

Part = TypeVar("Part")

QUERY_CHARACTERS_MAX = 100_000
_DEPTH_MAX = 20

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<moment>\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d))
    |(?P<date>\d{4}-\d\d-\d\d)(?![\w-])
    |(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])
    |(?P<word>[A-Za-z_]\w*(?:\.\w+)*(?::\d+)?)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<sign><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE,
)
_ESCAPES = {
    "n": "\n",
    "N": "\n",
    "r": "\r",
    "R": "\r",
    "t": "\t",
    "T": "\t",
    "b": "\b",
    "B": "\b",
    "f": "\f",
    "F": "\f",
}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_COMPARISONS = {"=", "!=", "<>", "<", "<=", ">", ">="}
_CLAUSES = frozenset({"from", "where", "group", "having", "order", "limit", "offset", "for", "with", "using", "all"})
_RESERVED = _CLAUSES | {"and", "or", "not", "in", "like", "asc", "desc", "nulls", "by", "select"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            what = "line breaks not allowed in string literals" if text[start] == "'" else ""
            raise refusal(text, start, what or f"unexpected token: '{text[start]}'", "MALFORMED_QUERY")
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind], match.start(kind)))
        place = match.end()
    found.append(_Token("end", "<EOF>", end))
    return found


def parse(text: str) -> Select:
    """Return the tree of a query. Raises `ApiError` MALFORMED_QUERY, pointing at what is not understood."""
    if len(text) > QUERY_CHARACTERS_MAX:
        raise ApiError("MALFORMED_QUERY", f"SOQL statements cannot be longer than {QUERY_CHARACTERS_MAX} characters.")
    parser = _Parser(text)
    select = parser.select()
    parser.expect_end()
    return select


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.place]

    def word(self) -> str:
        return self.token.text.lower() if self.token.kind == "word" else ""

    def step(self) -> _Token:
        token = self.token
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token

    def unexpected(self, token: _Token | None = None, hint: str = "") -> ApiError:
        found = token or self.token
        message = hint or f"unexpected token: '{found.text}'"
        return refusal(self.text, found.position, message, "MALFORMED_QUERY")

    def accept(self, *words: str) -> bool:
        """Step over these words, or over none of them."""
        ahead = self.tokens[self.place : self.place + len(words)]
        if [token.text.lower() for token in ahead if token.kind in {"word", "sign"}] != list(words):
            return False
        self.place += len(words)
        return True

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise self.unexpected()

    def expect_end(self) -> None:
        if self.token.kind != "end":
            raise self.unexpected()

    def select(self) -> Select:
        self.depth += 1
        if self.depth > _DEPTH_MAX:
            raise self.unexpected(hint="the query is nested too deeply")
        self.expect("select")
        items = self.listed(self.item)
        self.expect("from")
        source, alias = self.source()
        select = Select(
            self.text,
            tuple(items),
            source,
            alias,
            where=self.condition() if self.accept("where") else None,
            groups=tuple(self.listed(self.expression)) if self.accept("group", "by") else (),
            having=self.condition() if self.accept("having") else None,
            orders=tuple(self.listed(self.order)) if self.accept("order", "by") else (),
            limit=self.count() if self.accept("limit") else None,
            offset=self.count() if self.accept("offset") else 0,
        )
        self.depth -= 1
        return select

    def listed(self, one: Callable[[], Part]) -> Sequence[Part]:
        parts = [one()]
        while self.accept(","):
            parts.append(one())
        return parts

    def item(self) -> Item:
        if self.token.text == "(":
            raise self.unexpected(hint="sub-queries of child records are not supported here; query the child object")
        if self.word() in {"typeof", "fields"}:
            raise self.unexpected(hint=f"{self.token.text} is not supported here; name the fields")
        expression = self.expression()
        is_alias = self.token.kind == "word" and self.word() not in _RESERVED
        return Item(expression, self.step().text if is_alias else "")

    def expression(self) -> Expression:
        token = self.step()
        if token.kind != "word" or token.text.lower() in _RESERVED or ":" in token.text:
            raise self.unexpected(token)
        if self.token.text != "(":
            return Name(token.text, token.position)
        self.step()
        argument: Name | None = None
        if self.token.text != ")":
            inner = self.expression()
            if isinstance(inner, Call):
                raise self.unexpected(token, f"{inner.function}() cannot stand within {token.text}()")
            argument = inner
        self.expect(")")
        return Call(token.text, argument, token.position)

    def source(self) -> tuple[Name, str]:
        token = self.step()
        if token.kind != "word" or token.text.lower() in _RESERVED:
            raise self.unexpected(token)
        self.accept("as")
        has_alias = self.token.kind == "word" and self.word() not in _RESERVED
        alias = self.step().text if has_alias else ""
        if self.token.text == "," or self.word() in {"for", "with", "using", "all"}:
            raise self.unexpected()
        return Name(token.text, token.position), alias

    def condition(self) -> Condition:
        """Parse one kind of junction: AND and OR mix only with parentheses, as in the real language."""
        self.depth += 1
        if self.depth > _DEPTH_MAX:
            raise self.unexpected(hint="the conditions are nested too deeply")
        parts = [self.negatable()]
        word = self.word()
        while word in {"and", "or"} and self.accept(word):
            parts.append(self.negatable())
        if self.word() in {"and", "or"}:
            raise self.unexpected()
        self.depth -= 1
        if len(parts) == 1:
            return parts[0]
        return Junction("and" if word == "and" else "or", tuple(parts))

    def negatable(self) -> Condition:
        if self.accept("not"):
            return Negation(self.negatable())
        if self.accept("("):
            inner = self.condition()
            self.expect(")")
            return inner
        return self.comparison()

    def comparison(self) -> Comparison:
        left = self.expression()
        if self.accept("not", "in"):
            return Comparison(left, "not in", self.members())
        if self.accept("in"):
            return Comparison(left, "in", self.members())
        if self.accept("like"):
            return Comparison(left, "like", self.literal())
        if self.word() in {"includes", "excludes"} or self.token.text not in _COMPARISONS:
            raise self.unexpected()
        sign = self.step().text
        return Comparison(left, "!=" if sign == "<>" else sign, self.literal())

    def members(self) -> tuple[Literal, ...] | Select:
        self.expect("(")
        inner = self.select() if self.word() == "select" else tuple(self.listed(self.literal))
        self.expect(")")
        return inner

    def literal(self) -> Literal:
        token = self.step()
        kind, text, position = token.kind, token.text, token.position
        if kind == "string":
            return Literal("string", _unescaped(self.text, token), position, raw=text[1:-1])
        if kind == "number":
            return Literal("number", text, position)
        if kind == "date":
            return Literal("date", text, position)
        if kind == "moment":
            return Literal("moment", text, position)
        if kind == "word" and text.lower() in {"true", "false"}:
            return Literal("boolean", text.lower(), position)
        if kind == "word" and text.lower() == "null":
            return Literal("null", "", position)
        if kind == "word" and "." not in text and text.lower() not in _RESERVED:
            return Literal("word", text.upper(), position)
        raise self.unexpected(token)

    def order(self) -> Order:
        expression = self.expression()
        descending = self.accept("desc")
        if not descending:
            self.accept("asc")
        if self.accept("nulls", "last"):
            return Order(expression, descending, nulls_last=True)
        self.accept("nulls", "first")
        return Order(expression, descending)

    def count(self) -> int:
        token = self.step()
        if token.kind != "number" or not token.text.isdecimal() or len(token.text) > 9:
            raise self.unexpected(token)
        return int(token.text)


def _unescaped(query: str, token: _Token) -> str:
    def one(match: re.Match[str]) -> str:
        code, character = match.groups()
        if code is not None:
            return chr(int(code, 16))
        if character in "\\'\"_%":
            return str(character)
        if character not in _ESCAPES:
            raise refusal(query, token.position, f"Illegal string literal: \\{character}", "MALFORMED_QUERY")
        return _ESCAPES[character]

    return _ESCAPE.sub(one, token.text[1:-1])
