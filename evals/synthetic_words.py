"""Words that a catalog may be made of where no other catalog is given: what APIs are about, do, and take."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.models import Api, Parameter, Tool

THEMES = {
    "Advertising": "campaign banner audience impression keyword bid click sponsor placement budget creative conversion",
    "Books": "book author chapter publisher edition library review quote shelf isbn novel magazine",
    "Business": "company invoice contract customer supplier employee branch meeting lead report registry brand",
    "Cooking": "recipe ingredient dish menu diet calorie wine cocktail meal nutrient chef allergen",
    "Databases": "table record dataset query schema backup column snapshot index archive field import",
    "Education": "course lesson student teacher exam university grade lecture campus certificate quiz classroom",
    "Email": "address mailbox message newsletter attachment domain spam recipient folder template bounce signature",
    "Entertainment": "movie series actor episode trailer joke trivia cinema streaming award cast horoscope",
    "Events": "concert ticket venue festival calendar holiday speaker seat conference registration lineup artist",
    "Finance": "stock price exchange currency dividend portfolio bond ratio earnings forex option market",
    "Food delivery": "restaurant order courier basket tip driver cuisine kitchen voucher rating slot pickup",
    "Gaming": "player match tournament leaderboard weapon level guild skin champion server quest achievement",
    "Geography": "city country coordinate elevation border timezone postcode street region river island map",
    "Government": "law permit tax election parliament census tender ministry passport court statute district",
    "Health": "patient symptom medicine hospital vaccine allergy dose clinic therapy diagnosis doctor exercise",
    "Jobs": "vacancy salary applicant resume recruiter interview skill career employer internship shift payroll",
    "Language": "translation word sentence synonym grammar dialect dictionary pronunciation text summary sentiment",
    "Logistics": "shipment parcel warehouse container route carrier pallet customs delivery vessel manifest label",
    "Messaging": "chat channel contact group sticker reaction number verification code sender inbox thread",
    "Music": "song album playlist lyrics genre chart radio melody chord podcast concert band",
    "News": "article headline source topic journalist feed story press editor briefing archive region",
    "Payments": "card transaction refund wallet subscription checkout merchant fee payout receipt balance fraud",
    "Photos": "image background face filter thumbnail caption gallery color barcode logo resolution watermark",
    "Real estate": "house apartment rent mortgage listing agent neighborhood valuation floor garden tenant bedroom",
    "Science": "planet molecule element experiment telescope paper formula orbit species gene constant equation",
    "Security": "password certificate vulnerability breach firewall token malware login scan threat key hash",
    "Shopping": "product category discount offer seller stock cart brand barcode review variant wish",
    "Social media": "post follower hashtag profile comment story like share influencer mention timeline video",
    "Sports": "team fixture score league season standings referee goal injury transfer stadium coach",
    "Transport": "flight train station airport timetable delay airline bus vehicle parking charger fare",
    "Travel": "hotel room booking destination visa itinerary tour cruise guest luggage resort attraction",
    "Weather": "forecast temperature wind rain humidity storm snow pollen sunrise tide station climate",
}

ACTIONS = (
    ("Get {0}", "Returns a {0} by its id, with the {1} that belongs to it.", "id"),
    ("List {0}s", "All {0}s of a {1}, page by page, the latest first.", "page limit"),
    ("Search {0}s", "Find {0}s by free text, and narrow them down by {1} and {2}.", "query page language"),
    ("{0} details", "Everything that is known of one {0}: its {1}, its {2} and how they changed.", "id language"),
    ("{0} statistics", "Counts and averages of {0}s in a period, for each {1}.", "from to"),
    ("Popular {0}s", "The {0}s that most people look at right now, by country and {1}.", "country limit"),
    ("{0} history", "How a {0} was on each day between two dates.", "id from to"),
    ("Compare {0}s", "Puts two {0}s side by side, with the {1} and {2} of both.", "first second"),
    ("Random {0}", "A {0} drawn at random, if you like from one {1}.", ""),
    ("Validate {0}", "Checks whether a {0} is written correctly and exists.", "value"),
    ("Nearby {0}s", "{0}s around a place, the nearest first, with the {1} of each.", "latitude longitude radius"),
    ("{0} recommendations", "{0}s that suit a {1}, judged by earlier ones.", "id limit"),
)

PARAMETERS = {
    "id": "Identifier, as the list returns it",
    "page": "Number of the page, from 1",
    "limit": "How many at most",
    "query": "Free text to look for",
    "language": "Language of the answer as a two-letter code",
    "from": "First day, YYYY-MM-DD",
    "to": "Last day, YYYY-MM-DD",
    "country": "Country as an ISO code",
    "first": "Identifier of the first one",
    "second": "Identifier of the second one",
    "value": "What is to be checked",
    "latitude": "Degrees north",
    "longitude": "Degrees east",
    "radius": "Kilometres around the place",
}


def patterns() -> Iterator[Tool]:
    """A tool for each thing of each theme, to be varied."""
    for category, words in THEMES.items():
        things = words.split()
        for place, thing in enumerate(things):
            others = things[(place + 3) % len(things)], things[(place + 7) % len(things)]
            yield _tool(category, (thing, *others), place)


def _tool(category: str, things: tuple[str, str, str], place: int) -> Tool:
    tool_id = f"{category}/{things[0]}"
    name = f"{things[0]} {('desk', 'hub', 'data', 'finder', 'service')[place % 5]}".title()
    apis = tuple(_api(category, tool_id, name, things, (place + step) % len(ACTIONS)) for step in range(3 + place % 5))
    description = f"{category}: every {things[0]} with its {things[1]} and {things[2]}."
    return Tool(id=tool_id, name=name, description=description, category=category, apis=apis)


def _api(category: str, tool_id: str, tool_name: str, things: tuple[str, str, str], action: int) -> Api:
    name, description, takes = ACTIONS[action]
    parameters = tuple(
        Parameter(name=one, description=PARAMETERS[one], required=place == 0) for place, one in enumerate(takes.split())
    )
    return Api(
        id=f"{tool_id}/{action}",
        name=name.format(*things).capitalize(),
        description=description.format(*things).capitalize(),
        category=category,
        tool_id=tool_id,
        tool_name=tool_name,
        parameters=parameters,
    )
