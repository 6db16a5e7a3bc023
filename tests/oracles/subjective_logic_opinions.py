#!/usr/bin/env python3
"""Writes what PyPI `subjective-logic` makes of made-up opinions, as the fixture of a test of `domain`.

Columns: operation, base rate, operands, answer. An operand is `b,d,u`, followed by `*t` for each trust it is discounted by;
operands of one origin are separated by spaces, origins by ` | `. An answer is `b,d,u,P`.

- `evidence`: the operand is `r,s` instead.
- `discount`, `average`, `sum`, `board`: opinions are discounted, averaged inside origins, summed across them.
- `average in turn`: the package averages two; here the average so far with the next one.
- `conflict`: a number, of the probabilities and uncertainties that the package gives.

The package rounds every opinion to 6 digits when it makes it. One step is left as it is; where several follow each other
the rounding is lifted, or it would grow beyond what is compared.
"""

import contextlib
import random
import sys
from decimal import Decimal
from functools import reduce

from subjective_logic import BinomialOpinion

SEED = 20210504
COLUMNS = ["operation", "base_rate", "operands", "answer"]
# Rounded b and u can then not put P wrong by a millionth.
BASE_RATES = ["0", "0.1", "0.25", "0.5", "0.75", "0.9"]
TRUSTS = ["0", "0.05", "0.25", "0.5", "0.8", "0.9", "0.99", "1"]
MILLION = 1_000_000
# An opinion has an uncertainty of 0.001 at least (domain.md, invariant 9), in millionths.
UNCERTAINTY_MIN = 1_000


def main():
    pick = Pick(random.Random(SEED))
    rows = [COLUMNS]
    rows += [evidence(pick) for _ in range(120)]
    rows += [board("discount", pick, origins=1, members=1, trusts=1) for _ in range(80)]
    rows += [board("average", pick, origins=1, members=2) for _ in range(80)]
    rows += [board("sum", pick, origins=2, members=1) for _ in range(80)]
    rows += [conflict(pick) for _ in range(80)]
    with unrounded():
        rows += [board("discount", pick, origins=1, members=1, trusts=count) for count in (2, 3, 8) for _ in range(20)]
        rows += [board("average", pick, origins=1, members=count) for count in (4, 8, 16) for _ in range(15)]
        rows += [board("sum", pick, origins=count, members=1) for count in (3, 5, 7, 20) for _ in range(12)]
        rows += [board("board", pick, origins=3, members=4, trusts=2) for _ in range(40)]
        rows += [average_in_turn(pick, count) for count in (3, 4, 5) for _ in range(20)]
    sys.stdout.write("".join("\t".join(row) + "\n" for row in rows))


class Pick:
    """Draws by `random()` alone, the one method whose numbers are the same in every release of Python."""

    def __init__(self, generator):
        self.generator = generator

    def number(self, first, last):
        return first + int(self.generator.random() * (last - first + 1))

    def one(self, choices):
        return choices[self.number(0, len(choices) - 1)]

    def opinion(self):
        """Belief, disbelief and uncertainty of 6 digits; some are one-sided, some nearly certain."""
        scale = self.one([MILLION, MILLION, 10 * UNCERTAINTY_MIN])
        uncertainty = self.number(UNCERTAINTY_MIN, scale)
        rest = MILLION - uncertainty
        belief = self.one([0, rest, self.number(0, rest), self.number(0, rest)])
        return tuple(f"{Decimal(share) / MILLION:.6f}" for share in (belief, rest - belief, uncertainty))


def evidence(pick):
    most = pick.one([10, 100, 100_000])
    r, s = pick.one([0, pick.number(0, most)]), pick.number(0, most)
    base_rate = pick.one(BASE_RATES)
    return ["evidence", base_rate, f"{r},{s}", answer(BinomialOpinion.from_evidence(r, s, float(base_rate)))]


def board(operation, pick, origins, members, trusts=0):
    base_rate = pick.one(BASE_RATES)
    drawn = [
        [(pick.opinion(), [pick.one(TRUSTS) for _ in range(trusts)]) for _ in range(members)] for _ in range(origins)
    ]
    averages = [average([discounted(*member, base_rate) for member in origin]) for origin in drawn]
    operands = " | ".join(" ".join("*".join([",".join(shares), *by]) for shares, by in origin) for origin in drawn)
    return [operation, base_rate, operands, answer(reduce(BinomialOpinion.cumulative_fusion, averages))]


def average_in_turn(pick, count):
    base_rate = pick.one(BASE_RATES)
    drawn = [pick.opinion() for _ in range(count)]
    averaged = reduce(BinomialOpinion.average_fusion, [BinomialOpinion(*shares, base_rate) for shares in drawn])
    return ["average in turn", base_rate, " ".join(map(",".join, drawn)), answer(averaged)]


def conflict(pick):
    base_rate = pick.one(BASE_RATES)
    drawn = [pick.opinion(), pick.opinion()]
    one, other = (BinomialOpinion(*shares, base_rate) for shares in drawn)
    distance = abs(one.probability() - other.probability())
    value = distance * (1 - one.uncertainty) * (1 - other.uncertainty)
    return ["conflict", base_rate, " ".join(map(",".join, drawn)), decimal(value)]


def discounted(shares, trusts, base_rate):
    """The trust t is an opinion without uncertainty, so that its probability is t."""
    opinion = BinomialOpinion(*shares, base_rate)
    for trust in trusts:
        opinion = BinomialOpinion(trust, 1 - Decimal(trust), 0).trust_discounting(opinion)
    return opinion


def average(opinions):
    """Of 1, 2, 4, 8.. opinions: each pair, then each pair of those, gives all the same weight."""
    while len(opinions) > 1:
        opinions = [one.average_fusion(other) for one, other in zip(opinions[::2], opinions[1::2], strict=True)]
    return opinions[0]


def answer(opinion):
    shares = [opinion._belief, opinion._disbelief, opinion._uncertainty, opinion.probability()]
    return ",".join(map(decimal, shares))


def decimal(number):
    return f"{number:.12f}".rstrip("0").rstrip(".")


@contextlib.contextmanager
def unrounded():
    """Opinions keep what they are given while the block lasts."""
    rounded = BinomialOpinion.set_param
    BinomialOpinion.set_param = lambda opinion, name, value: setattr(opinion, f"_{name}", Decimal(value))
    try:
        yield
    finally:
        BinomialOpinion.set_param = rounded


if __name__ == "__main__":
    main()
