"""Answers of independent packages, against which the crate's tests compare.

    python make.py           writes cases.json beside this file
    python make.py --check   computes all answers again and compares them with cases.json

Numbers may differ by 1e-9 relative, everything else must be equal. What a package has is asked of the package; the rest is
written from the formula of its source in another way than in the crate, as each function says.
"""

import json
import math
import sys
from pathlib import Path

import mpmath
import networkx
import numpy
import pandas
from scipy import stats
from statsmodels.stats.multitest import multipletests

FILE = Path(__file__).parent / "cases.json"
RELATIVE = 1e-9


def seeded(number):
    return numpy.random.Generator(numpy.random.PCG64(number))


def plain(values):
    """Numbers as JSON has them; NaN and infinity as null."""
    return [float(x) if math.isfinite(x) else None for x in values]


def rounded(values, digits=3):
    """Inputs of few digits keep the file small and are the same number on both sides."""
    return [round(float(x), digits) for x in values]


def histories(rng, number):
    """Series of several kinds: counts, overdispersed counts, measures, ties, a single value."""
    made = []
    for at in range(number):
        n = int(rng.integers(2, 60))
        kind = at % 5
        if kind == 0:
            made.append([float(x) for x in rng.poisson(rng.uniform(0.05, 30), n)])
        elif kind == 1:
            made.append([float(x) for x in rng.negative_binomial(2, 0.1, n)])
        elif kind == 2:
            made.append(rounded(rng.normal(rng.uniform(-50, 50), 7, n)))
        elif kind == 3:
            made.append([float(x) for x in numpy.where(rng.random(n) < 0.7, 4, rng.integers(0, 90, n))])
        else:
            made.append(rounded(rng.lognormal(2, 1.5, n)))
    return made


def spread(values):
    """MAD by scipy, and what stands in its place where it is 0."""
    mad = stats.median_abs_deviation(values)
    deviation = float(numpy.mean(numpy.abs(values - numpy.median(values))))
    return mad, deviation, 1.4826 * mad if mad > 0 else 1.2533 * deviation


def reference():
    """numpy, scipy.stats.median_abs_deviation."""
    cases = []
    for values in histories(seeded(1), 40):
        array = numpy.array(values)
        mad, deviation, scale = spread(array)
        variance = float(numpy.var(array, ddof=1))
        x = float(numpy.round(array[0] * 1.7 + 3, 3))
        cases.append({
            "values": values, "mean": float(array.mean()), "variance": variance, "median": float(numpy.median(array)),
            "mad": float(mad), "mean_deviation": deviation, "x": x,
            "z": float((x - array.mean()) / math.sqrt(variance)) if variance > 0 else None,
            "robust_z": float((x - numpy.median(array)) / scale) if scale > 0 else None,
            "change": float(x / array.mean() - 1) if array.mean() > 0 else None,
        })
    return cases


def poisson():
    """scipy.stats.poisson, and its terms summed with 40 digits where tails are far out or counts are large."""
    rng, cases = seeded(2), []
    for at in range(40):
        mean = round(float(10 ** rng.uniform(-2, 4)), 3)
        x = float(max(0, round(mean + rng.normal() * 4 * math.sqrt(mean))))
        cases.append({"x": x, "mean": mean, "upper": float(stats.poisson.sf(x - 1, mean)),
                      "lower": float(stats.poisson.cdf(x, mean))})
    with mpmath.workdps(40):
        for x, mean in [(40, 0.5), (200, 20), (900, 100), (3, 100), (100_000, 99_000), (1_000_000, 1_003_000), (1, 1e-9),
                        (30_000_000, 30_010_000), (60_000_000, 60_010_000), (200_000_000, 199_950_000)]:
            cases.append({"x": float(x), "mean": float(mean), "upper": far_poisson(x, mean, 1),
                          "lower": far_poisson(x, mean, -1)})
    return cases


def far_poisson(x, mean, step):
    """P(X >= x) for step 1, P(X <= x) for step -1, from the terms of the tail that x lies in."""
    if (x <= mean) if step == 1 else (x >= mean):
        return float(1 - poisson_terms(x - step, mean, -step))
    return float(poisson_terms(x, mean, step))


def poisson_terms(k, mean, step):
    if k < 0:
        return mpmath.mpf(0)
    mean, k = mpmath.mpf(mean), mpmath.mpf(k)
    term = mpmath.exp(k * mpmath.log(mean) - mean - mpmath.loggamma(k + 1))
    total, least = mpmath.mpf(0), term * mpmath.mpf(10) ** -18
    while term > least and k >= 0:
        total += term
        term = term * mean / (k + 1) if step == 1 else term * k / mean
        k += step
    return total


def negative_binomial():
    """scipy.stats.nbinom, and its terms summed with 40 digits where tails are far out or counts are large."""
    rng, cases = seeded(3), []
    for at in range(40):
        mean = round(float(10 ** rng.uniform(-1, 3.5)), 3)
        variance = round(mean * float(1 + 10 ** rng.uniform(-2, 1.5)), 3)
        x = float(max(0, round(mean + rng.normal() * 3 * math.sqrt(variance))))
        size, success = mean ** 2 / (variance - mean), mean / variance
        cases.append({"x": x, "mean": mean, "variance": variance,
                      "upper": float(stats.nbinom.sf(x - 1, size, success)),
                      "lower": float(stats.nbinom.cdf(x, size, success))})
    with mpmath.workdps(40):
        for x, mean, variance in [(60, 2, 5), (400, 10, 60), (0, 500, 4000), (5000, 1000, 9000), (7, 0.01, 0.03),
                                  (1_010_000, 1_000_000, 5_000_000), (990_000, 1_000_000, 1_000_001), (140, 90, 90.000001),
                                  (2000, 5, 5000), (30_020_000, 30_000_000, 31_000_000), (1, 1e-6, 2e-6)]:
            exact = [mpmath.mpf(number) for number in (mean, variance)]
            cases.append({"x": float(x), "mean": float(mean), "variance": float(variance),
                          "upper": far_negative_binomial(x, *exact, 1), "lower": far_negative_binomial(x, *exact, -1)})
    return cases


def far_negative_binomial(x, mean, variance, step):
    """P(X >= x) for step 1, P(X <= x) for step -1, from the terms of the tail that x lies in."""
    if (x <= mean) if step == 1 else (x >= mean):
        return float(1 - negative_binomial_terms(x - step, mean, variance, -step))
    return float(negative_binomial_terms(x, mean, variance, step))


def negative_binomial_terms(k, mean, variance, step):
    size, success, failure = mean ** 2 / (variance - mean), mean / variance, (variance - mean) / variance
    if k < 0:
        return mpmath.mpf(0)
    term = mpmath.exp(mpmath.loggamma(k + size) - mpmath.loggamma(size) - mpmath.loggamma(k + 1)
                      + size * mpmath.log(success) + k * mpmath.log(failure))
    total, least = mpmath.mpf(0), term * mpmath.mpf(10) ** -16
    while term > least and k >= 0:
        total += term
        term = term * failure * (k + size) / (k + 1) if step == 1 else term * k / (failure * (k + size - 1))
        k += step
    return total


def predictive():
    """The predictive count by integration over the mean's posterior, Gamma(sum + 1/2, n); the widened one by nbinom."""
    rng, cases = seeded(4), []
    for at in range(30):
        n = int(rng.integers(2, 30))
        mean = rng.uniform(0.2, 12)
        draw = rng.poisson(mean, n) if at % 2 else rng.negative_binomial(1.5, 1.5 / (1.5 + mean), n)
        values = [float(v) for v in draw]
        x = float(rng.integers(0, 30))
        shape, total = sum(values) + 0.5, sum(values)
        mixed = mpmath.quad(
            lambda m: m ** (shape - 1) * mpmath.exp(-n * m) * mpmath.gammainc(x + 1, m, regularized=True),
            sorted({0, shape / n / 2, shape / n, shape / n * 2, shape / n * 4, shape / n * 12}) + [mpmath.inf],
        ) * mpmath.mpf(n) ** shape / mpmath.gamma(shape)
        expected = (total + 0.5) / n
        wide = max(expected, float(numpy.var(values, ddof=1))) * (1 + 1 / n)
        size, success = expected ** 2 / (wide - expected), expected / wide
        alpha = round(float(rng.uniform(0.01, 1)), 3)
        apart = (expected + alpha * expected ** 2) * (1 + 1 / n)
        pooled = stats.nbinom(expected ** 2 / (apart - expected), expected / apart)
        cases.append({"values": values, "x": x, "predictive_lower": float(mixed),
                      "alpha": alpha, "dispersed_upper": float(pooled.sf(x - 1)), "dispersed_lower": float(pooled.cdf(x)),
                      "predictive_upper": float(stats.nbinom.sf(x - 1, shape, n / (n + 1))),
                      "count_upper": float(stats.nbinom.sf(x - 1, size, success)),
                      "count_lower": float(stats.nbinom.cdf(x, size, success))})
    return cases


def dispersion():
    """Moments with weights by numpy: what variances exceed means by, over squared means without their own error."""
    rng, cases = seeded(15), []
    for at in range(10):
        means = rng.uniform(0.5, 40, 12)
        cells = [[float(x) for x in rng.negative_binomial(6, 6 / (6 + mean), rng.integers(3, 12))] for mean in means]
        sizes = [len(cell) for cell in cells]
        variances, averages = [numpy.var(cell, ddof=1) for cell in cells], [numpy.mean(cell) for cell in cells]
        excess = numpy.average(variances, weights=sizes) - numpy.average(averages, weights=sizes)
        squares = numpy.average(numpy.square(averages), weights=sizes) - sum(variances) / sum(sizes)
        cases.append({"cells": cells, "dispersion": float(max(0, excess) / squares)})
    return cases


def ewma():
    """pandas' ewm with times, a value missing here and there."""
    rng, cases = seeded(5), []
    for at in range(12):
        n = int(rng.integers(2, 40))
        elapsed = [0.0] + rounded(rng.exponential(0.4, n - 1))
        values = rng.normal(20, 9, n).round(3)
        values[rng.random(n) < 0.2] = math.nan
        day = 86_400 * 10 ** 9
        times = pandas.to_datetime(numpy.round(numpy.cumsum(elapsed) * day).astype("int64"), unit="ns")
        means = pandas.Series(values).ewm(halflife="1D", times=times).mean()
        cases.append({"values": plain(values), "elapsed": elapsed, "means": plain(means)})
    return cases


def charts():
    """Closed forms in the place of recursions: weighted sums, running minima, logarithms of likelihood ratios."""
    rng, cases = seeded(6), []
    for at in range(20):
        n = int(rng.integers(5, 40))
        residuals = rounded(rng.normal(0.4 if at % 2 else 0, 1, n))
        weight, slack, ratio = round(rng.uniform(0.05, 1), 3), round(rng.uniform(0, 1), 3), [1.5, 2.0, 0.5, 3.0][at % 4]
        statistics = []
        for t in range(1, n + 1):
            weights = weight * (1 - weight) ** numpy.arange(t - 1, -1, -1, dtype=float)
            statistics.append(float(weights @ numpy.array(residuals[:t]) / math.sqrt((weights ** 2).sum())))
        means = rounded(rng.uniform(0.5, 20, n))
        counts = [float(x) for x in rng.poisson(means)]
        ratios = (stats.poisson.logpmf(counts, ratio * numpy.array(means)) - stats.poisson.logpmf(counts, means))
        cases.append({
            "residuals": residuals, "lambda": weight, "ewma": statistics, "slack": slack,
            "up": above_least(numpy.array(residuals) - slack), "down": above_least(-numpy.array(residuals) - slack),
            "counts": counts, "means": means, "ratio": ratio, "sums": above_least(ratios / abs(math.log(ratio))),
        })
    return cases


def above_least(steps):
    """How far a sum of steps lies above its least value so far, 0 at the start included."""
    walk = numpy.concatenate([[0.0], numpy.cumsum(steps)])
    return [float(x) for x in (walk - numpy.minimum.accumulate(walk))[1:]]


def burst():
    """A shortest path through the lattice of levels by Bellman and Ford (networkx), with whole probabilities by scipy."""
    rng, cases = seeded(7), []
    for at in range(25):
        n = int(rng.integers(4, 30))
        totals = rng.integers(5, 400, n)
        rate = numpy.full(n, rng.uniform(0.01, 0.1))
        start = int(rng.integers(0, n))
        rate[start:start + int(rng.integers(1, 6))] *= rng.uniform(2, 9)
        hits = rng.binomial(totals, numpy.minimum(rate, 1))
        scale, gamma = round(rng.uniform(1.5, 3), 2), round(rng.uniform(0.2, 2), 2)
        share, count = round(rng.uniform(0.01, 0.1), 4), round(rng.uniform(1, 20), 3)
        rates = [share]
        while len(rates) < 9 and rates[-1] < 0.9999:
            rates.append(min(scale * rates[-1], 0.9999))
        means = [count * scale ** level for level in range(9)]
        cases.append({
            "batches": [[int(r), int(d)] for r, d in zip(hits, totals)], "scale": scale, "gamma": gamma,
            "share": share, "levels": ends([stats.binom.logpmf(hits, totals, p) for p in rates], gamma),
            "count": count, "levels_of_counts": ends([stats.poisson.logpmf(hits, mean) for mean in means], gamma),
        })
    return cases


def ends(likelihoods, gamma):
    """The level in which the cheapest path ends, for each beginning of the series; a row of logarithms for each level."""
    n = len(likelihoods[0])
    lattice = networkx.DiGraph()
    for t in range(n):
        for level, row in enumerate(likelihoods):
            # The path's costs stand on the way into a level.
            for before in ([0] if t == 0 else range(len(likelihoods))):
                cost = max(0, level - before) * gamma * math.log(n) - float(row[t])
                lattice.add_edge((t - 1, before), (t, level), weight=cost)
    costs = networkx.single_source_bellman_ford_path_length(lattice, (-1, 0))
    return [min(range(len(likelihoods)), key=lambda level: costs[t, level]) for t in range(n)]


def esd():
    """Medians of the others by numpy.delete, outliers taken out one at a time, Student's quantile by scipy."""
    rng, cases = seeded(8), []
    for at in range(30):
        shape = rng.uniform(10, 90, int(rng.integers(5, 12)))
        cells = [numpy.array(rounded(middle + rng.normal(0, 4, int(rng.integers(4, 8))))) for middle in shape]
        for _ in range(int(rng.integers(0, 6))):
            cell = cells[int(rng.integers(0, len(cells)))]
            cell[int(rng.integers(0, len(cell)))] += rng.choice([-1, 1]) * round(rng.uniform(15, 60), 3)
        place = int(rng.integers(0, len(cells)))
        newest = round(float(shape[place] + rng.normal(0, 4) + [0, 0, 30, -25][at % 4]), 3)
        rest = [float(x - numpy.median(numpy.delete(cell, i))) for cell in cells for i, x in enumerate(cell)]
        own = newest - float(numpy.median(cells[place]))
        cases.append({"cells": [cell.tolist() for cell in cells], "newest": newest, "cell": place, "alpha": 0.05,
                      "over_critical": over_critical(own, rest, 0.05)})
    return cases


def over_critical(newest, rest, alpha):
    """Grubbs' critical value as a fraction under one root."""
    left = numpy.array([newest, *rest])
    for _ in range(int(len(left) * 0.1)):
        out = numpy.abs(left - numpy.median(left))
        if out.argmax() == 0:
            break
        left = numpy.delete(left, out.argmax())
    n = len(left)
    t = stats.t.ppf(1 - alpha / (2 * n), n - 2)
    critical = (n - 1) / math.sqrt(n) * math.sqrt(t ** 2 / (n - 2 + t ** 2))
    return float((newest - numpy.median(left)) / spread(left)[2] / critical)


def fdr():
    """statsmodels' multipletests, method fdr_bh."""
    rng, cases = seeded(9), []
    for at in range(20):
        n = int(rng.integers(1, 50))
        p = rounded(numpy.where(rng.random(n) < 0.3, rng.uniform(0, 0.01, n), rng.random(n)), 6)
        q = round(rng.uniform(0.01, 0.3), 3)
        told, adjusted, _, _ = multipletests(p, alpha=q, method="fdr_bh")
        cases.append({"p": p, "q": q, "rejected": [bool(x) for x in told], "adjusted": plain(adjusted)})
    return cases


def coordination():
    """All pairs of sharings by brute force, components by networkx."""
    rng, cases = seeded(14), []
    for at in range(15):
        rows = [[f"a{rng.integers(0, 12)}", f"o{rng.integers(0, 6)}", int(rng.integers(0, 600))] for _ in range(70)]
        within, objects_min, accounts_min = int(rng.integers(5, 60)), int(rng.integers(1, 4)), int(rng.integers(2, 5))
        together = {}
        for a, o, t in rows:
            for b, p, u in rows:
                if a < b and o == p and abs(t - u) <= within:
                    objects = together.setdefault((a, b), {})
                    objects[o] = min(objects.get(o, within), abs(t - u))
        graph = networkx.Graph(pair for pair, objects in together.items() if len(objects) >= objects_min)
        groups = []
        for accounts in sorted(sorted(c) for c in networkx.connected_components(graph)):
            if len(accounts) >= accounts_min:
                pairs = sorted(tuple(sorted(pair)) for pair in graph.subgraph(accounts).edges)
                groups.append([accounts, [[a, b, sorted(map(list, together[a, b].items()))] for a, b in pairs]])
        cases.append({"edges": rows, "within": within, "objects_min": objects_min, "accounts_min": accounts_min,
                      "groups": groups})
    return cases


PARTS = [reference, poisson, negative_binomial, predictive, dispersion, ewma, charts, burst, esd, fdr, coordination]


def differences(a, b, place):
    """Where two answers differ by more than rounding."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [d for key in a for d in differences(a[key], b[key], f"{place}.{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for at, (x, y) in enumerate(zip(a, b)) for d in differences(x, y, f"{place}[{at}]")]
    if isinstance(a, float) and isinstance(b, (int, float)) and not isinstance(b, bool):
        return [] if math.isclose(a, b, rel_tol=RELATIVE, abs_tol=1e-300) else [f"{place}: {a!r}, {b!r}"]
    return [] if a == b and type(a) is type(b) else [f"{place}: {a!r}, {b!r}"]


def main():
    answers = {part.__name__: part() for part in PARTS}
    text = "{\n" + ",\n".join(
        f'"{name}": [\n' + ",\n".join(json.dumps(case, allow_nan=False) for case in cases) + "\n]"
        for name, cases in answers.items()) + "\n}\n"
    told = ", ".join(f"{name} {len(cases)}" for name, cases in answers.items())
    if sys.argv[1:] == ["--check"]:
        found = differences(json.loads(text), json.loads(FILE.read_text()), "")
        if found:
            sys.exit("the packages say otherwise than cases.json:\n" + "\n".join(found[:40]))
        print(f"the packages agree with cases.json: {told}")
    else:
        FILE.write_text(text)
        print(f"{len(text)} bytes: {told}")


if __name__ == "__main__":
    main()
