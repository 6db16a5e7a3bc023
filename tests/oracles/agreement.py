#!/usr/bin/env python3
"""Writes what PyPI `krippendorff`, `statsmodels` and `crowd-kit` make of made-up ratings, as the fixture of a test of `domain`.

A line is a case. It has `units`: for each unit a string with a character for each rater, `.` for none; and the answers, null
where the package has none: `nominal`, `ordinal` (Krippendorff's alpha), `cohen` (by pair of raters, "0 1"), `fleiss`,
`posteriors` (crowd-kit's Dawid and Skene after 100 rounds, category by category for each unit) and `begun` (the same after
3 rounds).
"""

import itertools
import json
import math
import random
import sys

import krippendorff
import numpy
import pandas
from crowdkit.aggregation import DawidSkene
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

SEED = 20210504
CATEGORIES = "abcd"


def main():
    generator = random.Random(SEED)
    shapes = [(2, 40, 0.0), (3, 40, 0.0), (3, 60, 0.3), (4, 30, 0.5), (6, 50, 0.2), (6, 50, 0.0)]
    cases = [case(draw(generator, *shape)) for shape in shapes for _ in range(2)]
    for one in cases:
        sys.stdout.write(json.dumps(one, sort_keys=True) + "\n")


def draw(generator, raters, units, missing):
    """Each rater errs at a rate of their own; a unit keeps one rating at least."""
    errs = [0.05 + 0.3 * generator.random() for _ in range(raters)]
    drawn = []
    for _ in range(units):
        truth = CATEGORIES[int(generator.random() * len(CATEGORIES))]
        said = []
        for err in errs:
            other = CATEGORIES[int(generator.random() * len(CATEGORIES))]
            says = other if generator.random() < err else truth
            said.append("." if generator.random() < missing else says)
        drawn.append("".join(said) if set(said) != {"."} else truth + "." * (raters - 1))
    return drawn


def case(units):
    return {
        "units": units,
        "nominal": alpha(units, "nominal"),
        "ordinal": alpha(units, "ordinal"),
        "cohen": {f"{one} {other}": cohen(units, one, other) for one, other in pairs(units)},
        "fleiss": fleiss(units),
        "posteriors": posteriors(units, 100),
        "begun": posteriors(units, 3),
    }


def pairs(units):
    return itertools.combinations(range(len(units[0])), 2)


def alpha(units, level):
    rows = [[math.nan if said == "." else CATEGORIES.index(said) for said in rater] for rater in zip(*units)]
    return krippendorff.alpha(reliability_data=rows, level_of_measurement=level)


def cohen(units, one, other):
    table = numpy.zeros((len(CATEGORIES), len(CATEGORIES)))
    for unit in units:
        if "." not in (unit[one], unit[other]):
            table[CATEGORIES.index(unit[one])][CATEGORIES.index(unit[other])] += 1
    return float(cohens_kappa(table).kappa) if table.any() else None


def fleiss(units):
    if any("." in unit for unit in units):
        return None
    counts, _ = aggregate_raters([[CATEGORIES.index(said) for said in unit] for unit in units])
    return float(fleiss_kappa(counts))


def posteriors(units, rounds):
    rows = [(task, rater, said) for task, unit in enumerate(units) for rater, said in enumerate(unit) if said != "."]
    data = pandas.DataFrame(rows, columns=["task", "worker", "label"])
    # A tolerance that nothing meets: its stop counts the evidence otherwise, so that all rounds are gone through.
    found = DawidSkene(n_iter=rounds, tol=-math.inf).fit_predict_proba(data).sort_index()
    found = found.reindex(columns=list(CATEGORIES), fill_value=0.0)
    return found.round(7).values.tolist()


if __name__ == "__main__":
    main()
