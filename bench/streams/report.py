"""What was measured, as tables in Markdown."""

from collections.abc import Callable, Sequence

from bench.streams.measuring import Measured
from bench.streams.scenarios import Results

FIGURES: dict[str, Callable[[Measured], str]] = {
    "target": lambda each: each.target,
    "streams": lambda each: f"{each.streams:,}",
    "deltas a second": lambda each: f"{each.rate:,.0f}",
    "processor, µs a delta": lambda each: f"{each.microseconds:.0f}",
    "added latency p50 / p99, ms": lambda each: pair(each.latency),
    "first delta p50 / p99, ms": lambda each: pair(each.first),
    "lost": lambda each: f"{each.lost}",
    "memory a stream, KB": lambda each: f"{each.memory_per_stream:.0f}" if each.streams >= 1000 else "",
    "provider late, ms": lambda each: f"{each.late_ms}",
}


def report(results: Results) -> str:
    parts = [results.machine, table([list(FIGURES), *map(row, results.all())])]
    if results.fits:
        lines = [(name, f"{fit.turn:.1f}", f"{fit.slope:.0f}") for name, fit in results.fits.items()]
        parts.append(table([("target", "turn, ms (asked: 25)", "slope, µs a delta (asked: 1.7 of bare’s)"), *lines]))
    if results.tried:
        parts.append(held(results))
    return "\n\n".join(parts)


def held(results: Results) -> str:
    bare, site = results.held("bare"), results.held("site")
    if site is None:
        return "Held for a minute: none of what was tried."
    share = f", {100 * site.rate / bare.rate:.0f} % of bare’s (asked: 60)" if bare else ""
    return f"Held for a minute: {site.rate:,.0f} deltas a second{share}. More was not tried for so long."


def row(each: Measured) -> list[str]:
    return [tell(each) for tell in FIGURES.values()]


def table(rows: Sequence[Sequence[str]]) -> str:
    """In Markdown; the first row is the head."""
    head, *lines = rows
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] + ["--:"] * (len(head) - 1), *lines])


def pair(found: dict[str, float]) -> str:
    return f"{found['p50']:.1f} / {found['p99']:.1f}" if found else ""
