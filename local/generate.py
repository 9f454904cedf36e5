"""An export to try things with: realistic records, with known numbers of flaws and of exact copies in it.

The same seed, count and day give the same bytes. About 380 bytes a record, as in Mixpanel's own exports of
web shops. Each line is put together from one random number and ready-made text (m: 3 microseconds).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import click
from isal import igzip

DAYS = 30
# One line in so many.
FLAWED, COPIED, REFUSED, WITHOUT_ID, ANONYMOUS = 1_000, 500, 10_000, 20, 8
HEADS = 4_096
MASK = (1 << 128) - 1
BLOCK_LINES = 2_000
SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC835  # odd, so that n * SPREAD differs for every n below 2 ** 128
# The simulator is told to refuse records with this property, which no rule of Mixpanel's forbids.
REFUSED_WHERE = {"consent": "withdrawn"}

EVENTS = {
    "Page Viewed": 30, "Product Viewed": 18, "Search Performed": 8, "Product List Filtered": 5,
    "Product Added": 6, "Product Removed": 2, "Cart Viewed": 5, "Checkout Started": 3, "Coupon Entered": 1,
    "Payment Info Entered": 2, "Order Completed": 2, "Order Refunded": 1, "Wishlist Product Added": 2,
    "Review Submitted": 1, "Video Started": 2, "Video Completed": 1, "Email Opened": 3, "Email Clicked": 1,
    "Push Received": 3, "App Opened": 4, "App Backgrounded": 3, "Sign Up Started": 1, "Sign Up Completed": 1,
    "Log In": 2, "Log Out": 1, "Profile Edited": 1, "Support Ticket Opened": 1, "Experiment Started": 2,
    "Größe gewählt": 1, "商品を共有": 1,
}  # fmt: skip
PATHS = (
    "/",
    "/products",
    "/products/42?ref=mail",
    "/cart",
    "/checkout/payment",
    "/blog/größentabelle",
    "/help",
)
CITIES = ("Berlin", "San Francisco", "São Paulo", "東京", "Nairobi", "Kraków", "Montréal", "Hyderabad")
SYSTEMS = ("iOS", "Android", "Windows", "Mac OS X", "Linux", "Chrome OS")
BROWSERS = ("Chrome", "Safari", "Firefox", "Microsoft Edge", "Samsung Internet")
CAMPAIGNS = ("summer-sale", "newsletter-31", "retargeting", "brand", "none")
CATEGORIES = ("shoes", "outdoor", "kitchen", "books & maps", "toys", "garden", "bike parts", 'say "hi" mugs')


@dataclass(slots=True)
class Generated:
    """What is in an export. `copies` are exact ones of a good record before them; `shows` is what Mixpanel
    will show: `lines` without the flawed, those that only Mixpanel refuses, and the copies.
    """

    lines: int = 0
    flawed: int = 0
    refused: int = 0
    copies: int = 0
    bytes: int = 0

    @property
    def accepted(self) -> int:
        return self.lines - self.flawed - self.refused

    @property
    def shows(self) -> int:
        return self.accepted - self.copies


def generate(output: Path, count: int, *, seed: int = 1, until: datetime | None = None) -> Generated:
    """Writes `count` lines of the 30 days before `until` (today 0:00 UTC), gzip if the name ends in .gz."""
    until = until or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    generated = Generated()
    lines = _lines(count, seed, int(until.timestamp()), generated)
    with output.open("wb") as file:
        if output.suffix == ".gz":
            compressed: Any = igzip.IGzipFile("", "wb", 1, file, mtime=0)  # type: ignore[no-untyped-call]
            with compressed:
                _write(compressed, lines, generated)
        else:
            _write(file, lines, generated)
    return generated


def _write(file: BinaryIO, lines: Iterator[str], generated: Generated) -> None:
    block: list[str] = []
    for line in lines:
        block.append(line)
        if len(block) == BLOCK_LINES:
            generated.bytes += file.write("".join(block).encode())
            block.clear()
    generated.bytes += file.write("".join(block).encode())


def _lines(count: int, seed: int, until_seconds: int, generated: Generated) -> Iterator[str]:
    random = Random(seed)  # noqa: S311 (made-up records)
    heads = _heads(random)
    people = max(1, count // 40)
    start, step = until_seconds - DAYS * 86_400, DAYS * 86_400 / max(count, 1)
    insert_id = random.getrandbits(127)
    last = ""
    for number in range(count):
        bits = random.getrandbits(96)
        generated.lines += 1
        if last and bits % COPIED == 0:
            generated.copies += 1
            yield last
            continue
        if bits % FLAWED == 1:
            generated.flawed += 1
            yield _flawed(number, start)
            continue
        head = heads[bits >> 8 & 0xFFF]
        # The square has the few write much and the many little.
        share = (bits >> 20 & 0xFFFF) / 0x10000
        person = int(share * share * people)
        seconds = min(int(start + number * step) + (bits >> 36 & 0x3FF), until_seconds - 1)
        who = f'"$device_id":"{person:x}-dev"' if bits >> 46 & 7 == 0 else f'"distinct_id":"user-{person}"'
        insert_id += SPREAD
        identity = "" if bits % WITHOUT_ID == 3 else f',"$insert_id":"{insert_id & MASK:032x}"'
        line = f'{head},"time":{seconds},{who}{identity}}}}}\n'
        if bits % REFUSED == 17:
            generated.refused += 1
            yield line.replace('"properties":{', '"properties":{"consent":"withdrawn",', 1)
            continue
        last = line
        yield line


def _flawed(number: int, start_seconds: int) -> str:
    """A line that can't be a record, of one kind after the other."""
    kinds = (
        '{{"event":"Cut Off","properties":{{"time":{time},"distinct_id":"user-{number}","city":"Ber',
        '{{"event":"No Time","properties":{{"distinct_id":"user-{number}","city":"Berlin"}}}}',
        '{{"event":"Time In Words","properties":{{"time":"yesterday","distinct_id":"user-{number}"}}}}',
        '{{"properties":{{"time":{time},"distinct_id":"user-{number}","note":"no event name"}}}}',
        '["An Array",{time},{number}]',
        "time,event,distinct_id {time} {number}",
    )
    return kinds[number % len(kinds)].format(time=start_seconds + number, number=number) + "\n"


def _heads(random: Random) -> list[str]:
    """The beginnings of records, up to where time and identity are added: as often as their events are."""
    names = random.choices(list(EVENTS), weights=list(EVENTS.values()), k=HEADS)
    return [
        f'{{"event":{_text(name)},"properties":{{{_text(_properties(name, random))[1:-1]}' for name in names
    ]


def _properties(name: str, random: Random) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "$os": random.choice(SYSTEMS),
        "$city": random.choice(CITIES),
        "$browser": random.choice(BROWSERS),
        "$screen_width": random.choice((360, 390, 414, 1280, 1440, 1920, 2560)),
        "$current_url": "https://shop.example.com" + random.choice(PATHS),
        "session": f"{random.getrandbits(48):012x}",
        "campaign": random.choice(CAMPAIGNS),
        "logged_in": random.random() < 0.6,
    }
    if "Product" in name or "Cart" in name:
        properties["price"] = round(random.uniform(1, 400), 2)
        properties["category"] = random.choice(CATEGORIES)
    if name.startswith(("Order", "Checkout", "Cart")):
        properties["items"] = [
            {"sku": f"sku-{random.randrange(10_000)}", "quantity": random.randint(1, 3)}
            for _ in range(random.randint(1, 3))
        ]
    if name == "Search Performed":
        properties["query"] = random.choice(("running shoes", "größe 42", "gift", "“kaffee”", "c++ book"))
        properties["results"] = random.randrange(500)
    if name.startswith(("Email", "Push")):
        properties["subject"] = (
            "Your order is on its way 📦" if random.random() < 0.5 else "We miss you\n\nreally"
        )
        properties["opened_before"] = None
    if random.random() < 0.3:
        properties["experiments"] = random.sample(["blue-button", "one-page", "free-returns", "chat"], 2)
    return properties


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@click.command(
    short_help="Made-up records to try things with.",
    epilog="\b\nExample:\n  python -m local generate --records 1000000 --output events.ndjson.gz",
)
@click.option("--records", default=500_000, show_default=True, type=click.IntRange(min=1), help="Lines.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="With .gz: compressed."
)
@click.option("--seed", default=1, show_default=True, help="Another seed, other records.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="The day after the last one (UTC); by default today."
)
def command(records: int, output: Path, seed: int, until: datetime | None) -> None:
    """Write an export of made-up records, with flaws and exact copies in it, and say how many."""
    generated = generate(output, records, seed=seed, until=until and until.replace(tzinfo=UTC))
    click.echo(f"{output}: {generated.lines:,} lines, {generated.bytes / 1e6:,.1f} MB of JSON")
    click.echo(describe(generated))
    shows = generated.shows + generated.refused
    click.echo(f"Mixpanel will show {shows:,}; {generated.shows:,} of them if told to refuse those")


def describe(generated: Generated) -> str:
    return (
        f"In it: {generated.flawed:,} lines with a flaw, {generated.copies:,} exact copies, and "
        f"{generated.refused:,} records (consent: withdrawn) for Mixpanel to refuse"
    )
