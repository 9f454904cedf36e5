"""`cost`: what an import would cost, as a table, as JSON, and as a goal beside its references."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from benchmarks.goals import Goal
from benchmarks.measured import measure
from benchmarks.sending import PLAIN
from partitioner.cost_model import MEGABYTES_PER_MINUTE, RECORDS_PER_SECOND, Estimate, Import, estimate
from partitioner.measured import Measured, read_measured, write_measured
from partitioner.prices import Price

COMMAND = "python -m benchmarks cost"
A_BILLION = Import(records=1e9, bytes=500)
MOST_USD = 12.0
EPILOG = """\b
Examples:
  python -m benchmarks cost --records 1e9 --bytes 500
  python -m benchmarks cost --records 2e10 --bytes 380 --measured partitioner/measured.json
"""


def goals(*, small: bool = False) -> Iterator[Goal]:
    measured = measure(small=small)
    ours = estimate(A_BILLION, measured)
    others = {
        "the same, plain chunks": estimate(A_BILLION, measure(small=small, form=PLAIN)),
        "posted uncompressed": estimate(A_BILLION, replace(measured, inflation=1.0)),
        "ten instances at the same rate": estimate(replace(A_BILLION, instances=10), measured),
    }
    yield Goal(
        name="cost: a billion 500-byte events",
        figure=f"${ours.usd:.2f}, of it {ours.largest.name} ${ours.largest.usd:.2f}",
        goal=f"at most ${MOST_USD:.0f}",
        met=ours.usd <= MOST_USD,
        references={name: f"${other.usd:.2f}" for name, other in others.items()},
        command=COMMAND,
    )


def table_of(what: Import, measured: Measured, found: Estimate) -> str:
    """Each term with its price, where that stands and since when."""
    width = max(len(term.name) for term in found.terms)
    head = f"{what.records:,.0f} records of {what.bytes:,.0f} bytes in {measured.form} chunks"
    lines = [f"{head}; US dollars, list prices of us-central1, no free allotments"]
    for term in found.terms:
        price = f"{rates_of(term.price)} a {term.price.unit} ({term.price.source}, {term.price.date})"
        lines.append(f"{term.name:{width}} {term.usd:>8.3f}   {term.units:>14,.3f} at {price}")
    share = f"{found.largest.name}: {found.largest.usd / found.usd:.0%}"
    posted = f"{measured.inflation} bytes of JSON a byte posted"
    lines += [
        f"{'total':{width}} {found.usd:>8.3f}   {share}",
        f"It runs for {found.seconds / 3600:,.1f} h and needs {found.cpu_share:.1%} of its CPU meanwhile",
        f"Measured on {measured.date}: {measured.cpu_seconds_a_million} CPU-s a million records, {posted}",
        summary_of(what, found),
    ]
    return "\n".join(lines)


def summary_of(what: Import, found: Estimate) -> str:
    """The sentence that the README has, for a billion of its records."""
    return f"about ${found.usd / what.records * 1e9:.0f} a billion {what.bytes:.0f}-byte events"


def rates_of(price: Price) -> str:
    tiers = [f"{usd:.8f}".rstrip("0") + f" up to {end:,.0f}, then" for end, usd in price.tiers]
    return " ".join([*tiers, f"{price.usd:.8f}".rstrip("0").rstrip(".")])


def json_of(what: Import, measured: Measured, found: Estimate) -> str:
    terms = [{**asdict(term), "usd": term.usd} for term in found.terms]
    content = {
        "import": asdict(what),
        "usd": found.usd,
        "largest": found.largest.name,
        "seconds": found.seconds,
        "cpu_share": found.cpu_share,
        "terms": terms,
        "measured": asdict(measured),
    }
    return json.dumps(content, indent=2)


@click.command(epilog=EPILOG)
@click.option("--records", type=float, default=1e9, show_default=True, help="How many (1e9 is a billion).")
@click.option("--bytes", type=float, default=500, show_default=True, help="Of one, as JSON.")
@click.option(
    "--records-per-second",
    type=click.FloatRange(min=1),
    default=RECORDS_PER_SECOND,
    show_default=True,
    help="What the project is allowed, over all instances.",
)
@click.option(
    "--megabytes-per-minute",
    type=click.FloatRange(min=1),
    default=MEGABYTES_PER_MINUTE,
    show_default=True,
    help="The same, of JSON.",
)
@click.option(
    "--instances", type=click.IntRange(min=1), default=1, show_default=True, help="Billed all along."
)
@click.option(
    "--measured", "measured_file", type=click.Path(path_type=Path, exists=True), help="Don't measure anew."
)
@click.option("--save", type=click.Path(path_type=Path), help="Write what was measured, for --measured.")
@click.option("--small", is_flag=True, help="Measure little, to see that it works.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write this too.")
def command(
    *, measured_file: Path | None, save: Path | None, small: bool, json_file: Path | None, **what: Any
) -> None:
    """What an import costs at Google, term by term, from measured CPU and bytes and dated list prices."""
    asked = Import(**what)
    measured = read_measured(measured_file) if measured_file else measure(small=small)
    found = estimate(asked, measured)
    click.echo(table_of(asked, measured, found))
    if save:
        write_measured(measured, save)
    if json_file:
        json_file.write_text(json_of(asked, measured, found) + "\n", encoding="utf-8")
