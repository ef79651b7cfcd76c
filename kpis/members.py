"""Members: the reps, teams, products, ... that numbers can be split by, and how people call them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from kpis.errors import QuestionError, suggest
from kpis.said import Sentence, any_of, said
from kpis.words import fold

UNSPECIFIED: Final = 0
"""The code of the member that takes what belongs to nobody, so that parts always sum to the whole."""
_UNSPECIFIED_NAMES: Final = ("Unspecified", "Non précisé")
_LISTED_CHOICES: Final = 6
_MOST_PIECES: Final = 10
"""How many ``&`` are looked at: names may hold one, but not dozens."""

DIMENSION_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "rep": ("rep", "reps", "representative", "sales rep", "seller", "owner", "vendeur", "vendeurs", "commercial",
            "représentant", "représentants"),
    "team": ("team", "teams", "équipe", "équipes"),
    "region": ("region", "regions", "territory", "territories", "région", "régions", "territoire", "territoires"),
    "product": ("product", "products", "produit", "produits"),
    "market": ("market", "markets", "industry", "sector", "marché", "marchés", "secteur", "secteurs"),
    "source": ("source", "sources", "lead source", "origine"),
    "kind": ("kind", "kinds", "type", "types", "genre"),
    "channel": ("channel", "channels", "canal", "canaux"),
    "campaign": ("campaign", "campaigns", "campagne", "campagnes"),
    "stage": ("stage", "stages", "étape", "étapes"),
    "company": ("company", "total", "all", "everyone", "entreprise", "société", "tous"),
}  # fmt: skip
_DIMENSION_OF: Final = {fold(word): dimension for dimension, words in DIMENSION_WORDS.items() for word in words}


def dimension_called(word: str) -> str:
    """Return the dimension with this English or French name, ``company`` among them, or an empty text."""
    return _DIMENSION_OF.get(fold(word), "")


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a dimension. ``code`` is its place in the cube; ``aliases`` are other words for it (an email).

    Only listed members appear in lists and leaderboards: a manager who owns nothing is no rep, but is found by name.
    """

    code: int
    name: str
    id: str
    aliases: tuple[str, ...] = ()
    is_listed: bool = True


class Members:
    """The members of one dimension, by code; the first is Unspecified."""

    def __init__(self, dimension: str, members: Sequence[Member]) -> None:
        self.dimension = dimension
        self.all = tuple(members)

    def __len__(self) -> int:
        return len(self.all)

    @property
    def listed(self) -> tuple[Member, ...]:
        """The members that lists show, in the order of their names."""
        return tuple(member for member in self.all if member.is_listed)

    def called(self, word: str) -> list[Member]:
        """Return the members that a word may mean: by id, else by exact name, else by folded name or alias."""
        if by_id := self.ids.get(word):
            return [by_id]
        near = self.words.get(fold(word), [])
        exact = [member for member in near if member.name == word.strip()]
        return exact if len(exact) == 1 else near

    def reference(self, member: Member) -> str:
        """Return the words that mean this member and no other, as in ``rep:Ann Lee``."""
        if len(self.called(member.name)) == 1:
            return f"{self.dimension}:{member.name}"
        for alias in member.aliases:
            if len(self.called(alias)) == 1:
                return f"{self.dimension}:{alias}"
        return f"{self.dimension}:{member.id}"

    def names(self) -> list[str]:
        """Return all names, for suggestions."""
        return [member.name for member in self.all]

    @cached_property
    def ids(self) -> Mapping[str, Member]:
        """The members by id; Unspecified has none."""
        return {member.id: member for member in self.all if member.id}

    @cached_property
    def words(self) -> Mapping[str, list[Member]]:
        """The members by each of their folded names and aliases."""
        by_word: dict[str, list[Member]] = {}
        for member in self.all:
            for word in dict.fromkeys(map(fold, (member.name, *member.aliases))):
                by_word.setdefault(word, []).append(member)
        return by_word


class Dimensions(dict[str, Members]):
    """The members of all dimensions by its name, in the order in which lists name them.

    In which dimensions a word may mean a member is looked up once for all: most words mean one in one dimension.
    """

    def called(self, word: str) -> list[tuple[Members, Member]]:
        """Return the members that a word may mean in any dimension (see `Members.called`), and its dimension."""
        places = self._with_word.get(fold(word), ())
        if with_id := self._with_id.get(word, ()):
            places = tuple(members for members in self.values() if members in with_id or members in places)
        return [(members, member) for members in places for member in members.called(word)]

    @cached_property
    def _with_word(self) -> Mapping[str, tuple[Members, ...]]:
        return _holders((word, members) for members in self.values() for word in members.words)

    @cached_property
    def _with_id(self) -> Mapping[str, tuple[Members, ...]]:
        return _holders((key, members) for members in self.values() for key in members.ids)


def _holders(found: Iterable[tuple[str, Members]]) -> Mapping[str, tuple[Members, ...]]:
    holders: dict[str, tuple[Members, ...]] = {}
    for word, members in found:
        holders[word] = (*holders.get(word, ()), members)
    return holders


def unspecified() -> Member:
    """Return the first member of every dimension."""
    return Member(UNSPECIFIED, _UNSPECIFIED_NAMES[0], "", _UNSPECIFIED_NAMES[1:], is_listed=False)


def members_of_words(dimension: str, words: Iterable[str], listed: Iterable[str] | None = None) -> Members:
    """Make the members of a dimension that is no more than words, such as market or team."""
    shown = None if listed is None else set(listed)
    ordered = sorted({word.strip() for word in words} - {""}, key=lambda word: (fold(word), word))
    numbered = [
        Member(code, word, word, (), shown is None or word in shown) for code, word in enumerate(ordered, start=1)
    ]
    return Members(dimension, [unspecified(), *numbered])


@dataclass(frozen=True, slots=True)
class Who:
    """A slice: one member of one dimension, of two crossed ones, or the company (no dimension at all)."""

    dimensions: tuple[str, ...]
    codes: tuple[int, ...]
    label: str


COMPANY_SLICE: Final = Who((), (), "company")


def resolve_who(words: str, dimensions: Dimensions) -> Who:
    """Return the slice that a cell's words mean. Raises `QuestionError`: unknown, ambiguous, or crossed with itself.

    A name may hold ``&`` or ``:``: the whole text is tried as a name before it is taken apart.
    """
    text = words.strip()
    if not text or dimension_called(text) == "company":
        return COMPANY_SLICE
    whole = _candidates(text, dimensions)
    if len(whole) == 1 or "&" not in text:
        return _one(text, whole, dimensions)
    left, right = _sides(text, dimensions)
    if not left or not right or dimension_called(left) == "company" or dimension_called(right) == "company":
        raise QuestionError(said("empty_side", words=text[:80]))
    crossed = [_one(side, _candidates(side, dimensions), dimensions) for side in (left, right)]
    return _crossed(text, *crossed)


def _sides(text: str, dimensions: Dimensions) -> tuple[str, str]:
    """Return the two sides of the ``&`` that has a member on both, or of the first."""
    pieces = text.split("&")[:_MOST_PIECES]
    splits = [("&".join(pieces[:place]).strip(), "&".join(pieces[place:]).strip()) for place in range(1, len(pieces))]
    meant = (sides for sides in splits if all(_candidates(side, dimensions) for side in sides))
    return next(meant, splits[0])


def _crossed(text: str, left: Who, right: Who) -> Who:
    if left.dimensions == right.dimensions:
        raise QuestionError(said("crosses_itself", words=text[:80], dimension=left.dimensions[0]))
    left, right = sorted((left, right), key=lambda who: who.dimensions)
    return Who(left.dimensions + right.dimensions, left.codes + right.codes, f"{left.label} & {right.label}")


def _candidates(text: str, dimensions: Dimensions) -> list[tuple[Members, Member]]:
    """Return the members that the text may mean as a whole: a name in any dimension, or ``dimension:name``.

    Listed members come first: a manager's name means the team that is called by it.
    """
    found = dimensions.called(text)
    if found:
        return [pair for pair in found if pair[1].is_listed] or found
    prefix, mark, name = text.partition(":")
    members = dimensions.get(dimension_called(prefix)) if mark else None
    return [(members, member) for member in members.called(name.strip())] if members else []


def _one(text: str, candidates: list[tuple[Members, Member]], dimensions: Dimensions) -> Who:
    if len(candidates) == 1:
        members, member = candidates[0]
        return Who((members.dimension,), (member.code,), members.reference(member))
    if candidates:
        choices = [members.reference(member) for members, member in candidates[:_LISTED_CHOICES]]
        raise QuestionError(said("ambiguous", words=text[:80], choices=any_of(choices)))
    raise QuestionError(_unknown(text, dimensions))


def _unknown(text: str, dimensions: Dimensions) -> Sentence:
    prefix, mark, name = text.partition(":")
    dimension = dimension_called(prefix) if mark else ""
    if dimension in dimensions:
        members = dimensions[dimension]
        near = suggest(name.strip(), members.names())
        return said("none_of_dimension", dimension=dimension, words=name.strip()[:80], near=near)
    if mark and dimension != "company":
        near = suggest(prefix.strip(), dimensions)
        listed = ", ".join(dimensions)
        return said("no_such_dimension", words=prefix.strip()[:40], near=near, dimensions=listed)
    known = [member.name for members in dimensions.values() for member in members.all]
    return said("nobody", words=text[:80], near=suggest(text, known))
