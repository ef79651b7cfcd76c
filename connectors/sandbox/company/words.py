"""Names and phrases that the demo company is written in. All invented."""

from __future__ import annotations

import re
import unicodedata
from random import Random
from typing import Final

ORGANISATION: Final = "Lumenfield Robotics"

_COMPANY_FIRST: Final = (
    "Alder", "Amberly", "Anvil", "Aster", "Basalt", "Birchway", "Bluepeak", "Brightwater", "Cedar", "Cobalt",
    "Copperline", "Corvid", "Crestview", "Delphin", "Driftwood", "Eastgate", "Elmhurst", "Emberly",
    "Fairhaven", "Falconer", "Fernhill", "Flintlock", "Foxglove", "Glenmore", "Granite", "Greywood", "Halcyon",
    "Harbor", "Hawthorn", "Hazelton", "Heron", "Highfield", "Indigo", "Ironbridge", "Juniper", "Kestrel",
    "Kingsway", "Lakeshore", "Larkspur", "Linden", "Lodestar", "Maplewood", "Marlow", "Meridian", "Millbrook",
    "Moorland", "Northgate", "Oakridge", "Obsidian", "Orchard", "Osprey", "Pinecrest", "Quarry", "Ravenhill",
    "Redstone", "Ridgeway", "Rowan", "Saffron", "Sandhurst", "Silverlake", "Sparrow", "Stonebridge",
    "Sycamore", "Tamarind", "Thornbury", "Tidewater", "Umber", "Valewood", "Verdant", "Walnut", "Westmark",
    "Whitcombe", "Willowby", "Wolds", "Yarrow", "Zephyr",
)  # fmt: skip
_COMPANY_SECOND: Final = (
    "Analytics", "Bank", "Biotech", "Capital", "Clinics", "Components", "Dynamics", "Electric", "Foods",
    "Freight", "Group", "Health", "Industries", "Instruments", "Labs", "Logistics", "Media", "Motors",
    "Networks", "Outfitters", "Partners", "Pharma", "Retail", "Software", "Steel", "Systems", "Textiles",
    "Tools", "University", "Utilities",
)  # fmt: skip
_FIRST_NAMES: Final = (
    "Aisha", "Alice", "Amara", "Andre", "Beatriz", "Benoit", "Carmen", "Chen", "Clara", "Daniel", "Deepa",
    "Elena", "Emil", "Erik", "Farah", "Felix", "Gabriel", "Greta", "Hassan", "Helena", "Hugo", "Ibrahim",
    "Irene", "Ivan", "Jasmin", "Jonas", "Julia", "Karim", "Keiko", "Lara", "Leon", "Linh", "Luca", "Magda",
    "Malik", "Marta", "Milan", "Naomi", "Nils", "Omar", "Paula", "Quentin", "Rafael", "Rosa", "Samir", "Sara",
    "Stefan", "Tara", "Teresa", "Thabo", "Tomas", "Uma", "Vera", "Viktor", "Wei", "Yara", "Yusuf", "Zara",
)  # fmt: skip
_LAST_NAMES: Final = (
    "Abe", "Adeyemi", "Almeida", "Andersen", "Baker", "Bauer", "Becker", "Bianchi", "Blanc", "Castro",
    "Clarke", "Costa", "Cruz", "Dubois", "Dumont", "Eriksen", "Evans", "Fischer", "Fontaine", "Garcia",
    "Gupta", "Hall", "Hughes", "Ito", "Jansen", "Jensen", "Keller", "Khan", "Kumar", "Lambert", "Larsen",
    "Lopez", "Mahmoud", "Mensah", "Meyer", "Moreau", "Moretti", "Nakamura", "Novak", "Okafor", "Olsen", "Park",
    "Pereira", "Popov", "Reyes", "Ricci", "Roux", "Santos", "Sato", "Silva", "Simmons", "Singh", "Sousa",
    "Suzuki", "Takahashi", "Torres", "Turner", "Vargas", "Weber", "Werner", "Wright", "Yilmaz", "Young",
    "Zhang",
)  # fmt: skip
JOB_TITLES: Final = (
    "Head of Operations", "IT Director", "Chief Financial Officer", "Procurement Manager", "Plant Manager",
    "Head of Engineering", "Operations Analyst", "Chief Technology Officer",
)  # fmt: skip
CALL_SUBJECTS: Final = ("Call", "Intro call", "Follow-up call", "Check-in call", "Pricing call")
EMAIL_SUBJECTS: Final = (
    "Email: Next steps", "Email: Your questions", "Email: Introduction", "Email: Case study", "Email: Summary",
)  # fmt: skip
MEETING_SUBJECTS: Final = ("Discovery meeting", "Review meeting", "On-site visit", "Kick-off", "Quarterly review")


def company_names(random: Random, count: int) -> list[str]:
    """Return ``count`` different company names."""
    pairs = [f"{first} {second}" for first in _COMPANY_FIRST for second in _COMPANY_SECOND]
    random.shuffle(pairs)
    # Beyond the pairs there are (a scaled-up company), the same names come again with a number.
    return [
        pairs[number] if number < len(pairs) else f"{pairs[number % len(pairs)]} {number // len(pairs) + 1}"
        for number in range(count)
    ]


def company_name(random: Random) -> str:
    """Return some company's name; the same may come again."""
    return f"{random.choice(_COMPANY_FIRST)} {random.choice(_COMPANY_SECOND)}"


def person_name(random: Random) -> tuple[str, str]:
    """Return a first and a last name; the same may come twice, as with people."""
    return random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)


def address(first_name: str, last_name: str, company: str) -> str:
    """Return an e-mail address under the domain that is kept for examples."""
    host = _plain(company)
    return f"{_plain(first_name)}.{_plain(last_name)}@{host}.example"


def _plain(text: str) -> str:
    """Return the text in lower-case ASCII letters and digits."""
    decomposed = unicodedata.normalize("NFKD", text)
    return re.sub("[^a-z0-9]", "", decomposed.lower())
