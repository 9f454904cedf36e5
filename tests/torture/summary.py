"""What a session of runs prints: figures, faults met, and a failing run's steps."""

from dataclasses import fields

from tests.torture.plan import DAMAGES, HOST_STRIKES, POST_STRIKES, SHAPES, STORAGE_STRIKES, WEATHERS, Plan
from tests.torture.runs import Total
from tests.torture.world import Ran

STRUCK = (
    *HOST_STRIKES,
    *STORAGE_STRIKES,
    *POST_STRIKES,
    *WEATHERS,
    "deletion",
    "deployment",
    "poison",
    "ack-deadline",
)
DRAWN = (
    *(f"chunk {shape}" for shape in SHAPES),
    *(f"damage {damage}" for damage in DAMAGES),
    "chunk flawed", "chunk refused in part", "chunk mended", "chunk with shared ids", "chunk poison",
    "upload of equal content", "upload of other content", "delivery doubled", "delivery late by days",
    "older generation after a newer", "clocks apart", "deadlines at once", "quota of our own",
    "switch body_bytes", "switch records_per_second", "switch failed_records strings",
    "switch failed_records absent", "switch failed_index absent", "switch failed_index wrong",
    "switch failed_id_key absent", "switch failed_most", "switch count_in_400", "switch too_large_form html",
)  # fmt: skip


def never_struck(total: Total) -> list[str]:
    return [name for name in STRUCK if not total.struck[name]] + [
        name for name in DRAWN if not total.drawn[name]
    ]


def show_summary(total: Total) -> str:
    each = total.cpu_seconds / max(1, total.runs)
    verdict = f"VIOLATION in seed {total.failed_seed}" if total.violation else "no violation"
    return (
        f"{total.runs} runs, {verdict}; {total.cpu_seconds:.1f} CPU seconds, {each * 1000:.1f} ms a run; "
        f"{total.calls:,} calls to doors, {total.virtual_seconds / 86_400:,.0f} days of virtual time"
    )


def show_table(total: Total) -> str:
    rows = [f"{name} {total.struck[name]}" for name in STRUCK]
    rows += [f"{name} {total.drawn[name]}" for name in DRAWN]
    width = max(map(len, rows)) + 2
    columns = 3
    lines = [
        "  " + "".join(row.ljust(width) for row in rows[at : at + columns]).rstrip()
        for at in range(0, len(rows), columns)
    ]
    return "how often each was met:\n" + "\n".join(lines)


def show_failure(total: Total, plan: Plan, ran: Ran, smaller: tuple[Plan, Ran] | None) -> str:
    parts = [
        f"\nseed {total.failed_seed}: {ran.violation}",
        f"again: python -m tests.torture --only {plan.seed}",
    ]
    if not ran.violation:
        parts.append(f"(not met again when replayed; it was: {total.violation})")
    if smaller is not None:
        parts += [f"\nshrunk from {plan.size} to {smaller[0].size} things in the plan:", show_steps(*smaller)]
    else:
        parts.append(show_steps(plan, ran))
    return "\n".join(parts)


def show_steps(plan: Plan, ran: Ran) -> str:
    lines = [
        f"  {field.name}: {getattr(plan, field.name)}" for field in fields(plan) if getattr(plan, field.name)
    ]
    lines += [f"{step.seconds:14.3f} s  {step.host:<10} {step.what}: {step.told}" for step in ran.steps]
    lines.append(f"{ran.seconds:14.3f} s  {ran.violation or 'all is well'}")
    return "\n".join(lines)
