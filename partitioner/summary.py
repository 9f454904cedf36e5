"""Sums up a run: what is said of it, and its manifest."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from function.records import Added
from partitioner.copy_search import Copies
from partitioner.jobs import Finished, Recipe
from partitioner.manifest import (
    VERSION,
    WINDOWS_VERSION,
    Manifest,
    ManifestReason,
    ManifestRule,
    ManifestTracking,
)
from partitioner.paths import Skipped
from partitioner.report import Report
from partitioner.tally import Tally
from partitioner.tracking.tracked import Tracked
from partitioner.tracking.verdict import verdict
from partitioner.window_split import Layout


@dataclass(frozen=True, slots=True)
class Ran:
    report: Report
    layout: Layout


def report_of(
    recipe: Recipe,
    skipped: tuple[Skipped, ...],
    finished: Mapping[int, Finished],
    layout: Layout,
    copies: Copies,
) -> Report:
    in_order = [each for _, each in sorted(finished.items())]
    tally = Tally()
    asides: Counter[str] = Counter()
    for each in in_order:
        tally.add_all(each.reasons)
        asides.update(each.asides)
    chunks = layout.chunks
    records = sum(chunk.records for chunk in chunks)
    are_kept, plan = recipe.keep_copies, recipe.tracking
    return Report(
        name=recipe.name,
        as_of=recipe.as_of,
        records=records,
        chunks=len(chunks),
        bytes=sum(chunk.bytes for chunk in chunks),
        json_bytes=sum(chunk.json_bytes for chunk in chunks),
        rejected=tally.total,
        reasons=tally.commonest(),
        damages=tuple(damage for each in in_order for damage in each.damages),
        skipped=skipped,
        added=sum((each.added for each in in_order), Added()),
        copies=copies.count,
        copies_kept=are_kept,
        shows=records if are_kept else records - copies.count,
        asides=dict(sorted(asides.items())),
        not_finite=sum(each.not_finite for each in in_order),
        tracking=verdict(plan, sum((each.tracked for each in in_order), Tracked())) if plan else None,
        outside=sum(each.outside for each in in_order),
        canary=layout.chunks[0].records if layout.canary else 0,
        windows=layout.reports,
    )


def manifest_of(ran: Ran, max_rejected: float) -> Manifest:
    report, layout = ran.report, ran.layout
    return Manifest(
        version=WINDOWS_VERSION if layout.windows else VERSION,
        name=report.name,
        as_of=report.as_of,
        records=report.records,
        rejected=report.rejected,
        copies=report.copies,
        shows=report.shows,
        over_max_rejected=report.rejected_share > max_rejected,
        tracking=_tracking_of(report),
        outside=report.outside,
        canary=layout.canary,
        windows=layout.windows,
        reasons=tuple(ManifestReason(each.field, each.message, each.count) for each in report.reasons),
        chunks=layout.chunks,
    )


def _tracking_of(report: Report) -> ManifestTracking | None:
    tracking = report.tracking
    if tracking is None:
        return None
    rules = tuple(ManifestRule(each.rule, each.count) for each in tracking.counts)
    return ManifestTracking(tracking.sha256, rules)
