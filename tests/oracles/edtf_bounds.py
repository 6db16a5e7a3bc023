#!/usr/bin/env python3
"""Writes what PyPI `edtf` says of the first and the last day of made-up dates, as the fixture of a test of `domain`.

Dates come in families, the same ones for the same seed. A family is a form of writing, and all its dates are either of no
class or of one class of deviation. A class is told by the form alone, never by what was answered. For a deviation the
package is also asked about a plainer date that means the same (`meant`), or the first and the last of two, one by one;
`-` stands where gainsay refuses the date.

Columns: date, class, lower, upper, meant, lower and upper of that. `refused`: the package takes no such date; `failed`: it
takes it, or begins to, and then raises an error of its own.
"""

import calendar
import contextlib
import io
import math
import random
import sys

from edtf import parse_edtf
from edtf.parser.edtf_exceptions import EDTFParseException

SEED = 20210504
COLUMNS = ["date", "class", "lower", "upper", "meant", "lower_meant", "upper_meant"]
# How often a family is asked again for a date that it has not given yet.
TRIES = 50

QUALIFIERS = "?~%"
# First and last month; a winter ends in the next year.
SEASONS = {
    # Spring to winter, wherever that is; then in the north, then in the south.
    21: (3, 5), 22: (6, 8), 23: (9, 11), 24: (12, 14),
    25: (3, 5), 26: (6, 8), 27: (9, 11), 28: (12, 14),
    29: (9, 11), 30: (12, 14), 31: (3, 5), 32: (6, 8),
    # Quarters, thirds, halves.
    33: (1, 3), 34: (4, 6), 35: (7, 9), 36: (10, 12),
    37: (1, 4), 38: (5, 8), 39: (9, 12),
    40: (1, 6), 41: (7, 12),
}  # fmt: skip
WINTERS = [24, 28, 30]
MILD = [code for code in SEASONS if code not in WINTERS]
# Only these may stand in an interval that the package takes.
MILD_LEVEL_1 = [21, 22, 23]


def main():
    generator = random.Random(SEED)
    seen = set()
    rows = [row for family, wanted in FAMILIES for row in rows_of(family, wanted, Pick(generator), seen)]
    sys.stdout.write("".join("\t".join(row) + "\n" for row in [COLUMNS, *rows]))


def rows_of(family, wanted, pick, seen):
    name = CLASSES.get(family, "")
    for _ in range(wanted * TRIES):
        if not wanted:
            return
        made = family(pick)
        date, meant = made if name else (made, "")
        if date in seen:
            continue
        seen.add(date)
        wanted -= 1
        yield [date, name, *ask(date), meant, *(ask_ends(meant) if meant else ["", ""])]
    if wanted:
        raise SystemExit(f"{family.__name__} gives {wanted} dates too few")


def ask_ends(meant):
    """The first day of the first date and the last day of the last one."""
    if meant == "-":
        return ["refused", "refused"]
    first, _, last = meant.partition("/")
    return [
        "-inf" if first == ".." else ask(first)[0],
        "inf" if last == ".." else ask(last or first)[1],
    ]


def ask(date):
    """The first and the last day, as words."""
    # The package prints what it then fails on.
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            parsed = parse_edtf(date)
        except EDTFParseException:
            return ["refused", "refused"]
        except Exception:
            return ["failed", "failed"]
        return [word(parsed.lower_strict), word(parsed.upper_strict)]


def word(bound):
    try:
        day = bound()
    except Exception:
        return "failed"
    if day in (math.inf, -math.inf):
        return str(day)
    return ymd(*day[:3])


class Pick:
    """Draws by `random()` alone, the one method whose numbers are the same in every release of Python."""

    def __init__(self, generator):
        self.generator = generator

    def number(self, first, last):
        return first + int(self.generator.random() * (last - first + 1))

    def one(self, choices):
        return choices[self.number(0, len(choices) - 1)]

    def chance(self, share):
        return self.generator.random() < share

    def year(self, first=-9999, last=9999):
        """Mostly one of the last centuries; first and last year, leap years and the turn of the eras are drawn often."""
        pools = [(1400, 2100)] * 5 + [(1, 99), (100, 1399), (2101, 9999), (-9999, -1), (-5, 5)]
        edges = [-9999, -400, -100, -4, -1, 0, 1, 4, 100, 400, 1600, 1700, 1900, 2000, 2020, 2100, 9999]
        while True:
            year = self.one(edges) if self.chance(0.2) else self.number(*self.one(pools))
            if first <= year <= last:
                return year

    def years(self):
        """Two years in order."""
        early, late = sorted([self.year(), self.year()])
        return (early, late) if early < late else self.years()

    def month(self):
        return self.number(1, 12)

    def day(self, year, month):
        """A day of the month, the last one often."""
        last = last_day(year, month)
        return last if self.chance(0.3) else self.number(1, last)

    def date(self, year):
        """A date of level 0 in that year."""
        month = 2 if self.chance(0.2) else self.month()
        return self.one([y(year), ym(year, month), ymd(year, month, self.day(year, month))])

    def qualified(self, date):
        return date + self.one(QUALIFIERS)

    def masked_year(self):
        """A year of four digits of which some are not told."""
        return self.mask(y(self.year(0)), self.number(1, 4))

    def mask(self, digits, count):
        if not count:
            return digits
        at = self.number(0, len(digits) - 1)
        if digits[at] == "X":
            return self.mask(digits, count)
        return self.mask(digits[:at] + "X" + digits[at + 1 :], count - 1)

    def masked_two(self, numbers):
        """Two places with one `X` that some of the numbers fit, and those that do."""
        place, digit = self.number(0, 1), self.number(0, 9)
        mask = f"X{digit}" if place == 0 else f"{digit}X"
        fitting = [number for number in numbers if fits(mask, f"{number:02}")]
        return (mask, fitting) if fitting else self.masked_two(numbers)


def y(year):
    return f"-{-year:04}" if year < 0 else f"{year:04}"


def ym(year, month):
    return f"{y(year)}-{month:02}"


def ymd(year, month, day):
    return f"{ym(year, month)}-{day:02}"


def last_day(year, month):
    return 29 if month == 2 and calendar.isleap(year) else [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]


def fits(mask, digits):
    return all(place in ("X", digit) for place, digit in zip(mask, digits, strict=True))


def lowest(mask):
    return mask.replace("X", "0")


def highest(mask):
    return mask.replace("X", "9")


def months_of(first, last, code):
    """The months of a season of the years from first to last."""
    start, end = SEASONS[code]
    return f"{ym(first, start)}/{ym(last + (end - 1) // 12, (end - 1) % 12 + 1)}"


# Families on which there is nothing to explain: a date each.


def year(pick):
    return y(pick.year())


def year_and_month(pick):
    return ym(pick.year(), pick.month())


def february(pick):
    return ym(pick.year(), 2)


def day(pick):
    year, month = pick.year(), pick.month()
    return ymd(year, month, pick.day(year, month))


def leap_day(pick):
    year = pick.year()
    return ymd(year, 2, 29) if calendar.isleap(year) else leap_day(pick)


def date_and_time(pick):
    year, month = pick.year(0), pick.month()
    time = f"{pick.number(0, 23):02}:{pick.number(0, 59):02}:{pick.number(0, 59):02}"
    zone = pick.one(["", "Z", f"+{pick.number(1, 13):02}", f"-{pick.number(1, 13):02}:{pick.number(0, 59):02}"])
    return f"{ymd(year, month, pick.day(year, month))}T{time}{zone}"


def interval(pick):
    early, late = pick.years()
    return f"{pick.date(early)}/{pick.date(late)}"


def interval_within_a_year(pick):
    year, months = pick.year(), sorted([pick.month(), pick.month()])
    days = sorted([pick.number(1, 28), pick.number(1, 28)])
    return pick.one([
        f"{ym(year, months[0])}/{ym(year, months[1])}",
        f"{ymd(year, months[0], days[0])}/{ymd(year, months[1], days[1])}",
        f"{ymd(year, months[0], days[0])}/{y(year)}",
        f"{y(year)}/{y(year)}",
    ])


def qualified_date(pick):
    return pick.qualified(pick.date(pick.year()))


def qualified_part(pick):
    """Each of the three parts with a qualifier on its left or on its right, or without; one of them inside."""
    year, month = pick.year(), pick.month()
    q, r = pick.one(QUALIFIERS), pick.one(QUALIFIERS)
    parts = y(year), f"{month:02}", f"{pick.day(year, month):02}"
    form = pick.one([
        "{q}{0}", "{q}{0}-{1}", "{0}-{q}{1}", "{0}{q}-{1}", "{q}{0}-{1}-{2}", "{0}{q}-{1}-{2}", "{0}-{q}{1}-{2}",
        "{0}-{1}{q}-{2}", "{0}-{1}-{q}{2}", "{q}{0}-{r}{1}-{2}", "{q}{0}-{1}-{r}{2}", "{0}{q}-{1}-{r}{2}",
        "{0}-{q}{1}-{r}{2}", "{q}{0}-{r}{1}-{r}{2}",
    ])  # fmt: skip
    return form.format(*parts, q=q, r=r)


def qualified_interval(pick):
    early, late = pick.years()
    dates = [pick.date(early), pick.date(late)]
    at = pick.number(0, 2)
    dates = [pick.qualified(date) if at in (index, 2) else date for index, date in enumerate(dates)]
    return "/".join(dates)


def interval_of_a_qualified_part(pick):
    early, late = pick.years()
    inner = f"-{pick.one(QUALIFIERS)}{pick.month():02}-{pick.number(1, 28):02}"
    return pick.one([
        f"{y(early)}{inner}/{pick.date(late)}",
        f"{pick.date(early)}/{y(late)}{inner}",
        f"{y(early)}{inner}/{y(late)}{inner}",
    ])


def open_interval(pick):
    date = pick.date(pick.year())
    date = pick.qualified(date) if pick.chance(0.3) else date
    return pick.one([f"{date}/..", f"../{date}"])


def long_year(pick):
    return f"Y{pick.one(['', '-'])}{pick.number(10_000, 10 ** pick.number(5, 12) - 1)}"


def exponential_year(pick):
    return f"Y{pick.one(['', '-'])}{pick.number(1, 99)}E{pick.number(4, 16)}"


def masked_year(pick):
    year = pick.masked_year()
    # A qualifier may follow where the digits that are not told are the last ones.
    trailing = year.rstrip("X")
    return pick.qualified(year) if trailing and "X" not in trailing and pick.chance(0.3) else year


def masked_year_and_month(pick):
    return f"{pick.masked_year()}-{pick.month():02}{pick.one(['', '-XX'])}"


def masked_year_and_day(pick):
    month = pick.month()
    last = 28 if month == 2 else last_day(2021, month)
    return f"{pick.masked_year()}-{month:02}-{pick.number(1, last):02}"


def masked_month(pick):
    date = f"{y(pick.year(0))}-XX"
    return pick.qualified(date) if pick.chance(0.3) else date


def masked_day(pick):
    date = f"{ym(pick.year(0), pick.one([2, pick.month()]))}-XX"
    return pick.qualified(date) if pick.chance(0.3) else date


def masked_month_and_day(pick):
    return f"{pick.one([y(pick.year(0)), pick.masked_year()])}-XX-XX"


def masked_month_alone(pick):
    return f"{pick.one([y(pick.year(0)), pick.masked_year()])}-XX-{pick.number(1, 31):02}"


def masked_interval(pick):
    early, late = pick.years()
    if early < 0:
        return masked_interval(pick)
    start = pick.one([f"{y(early)[:3]}X", f"{ym(early, pick.month())}-XX", f"{y(early)}-XX-XX"])
    end = pick.one([f"{y(late)[:3]}X", f"{ym(late, pick.month())}-XX", f"{y(late)}-XX-XX"])
    return pick.one([f"{start}/{pick.date(late)}", f"{pick.date(early)}/{end}", f"{start}/{end}"])


def mild_season(pick):
    return f"{y(pick.year())}-{pick.one(MILD)}"


def interval_of_seasons(pick):
    early, late = pick.years()
    start = f"{y(early)}-{pick.one([*MILD_LEVEL_1, 24])}"
    end = f"{y(late)}-{pick.one(MILD_LEVEL_1)}"
    return pick.one([f"{start}/{end}", f"{start}/{pick.date(late)}", f"{pick.date(early)}/{end}", f"{start}/..", f"../{end}"])


def member(pick):
    date = pick.date(pick.year(0))
    return pick.one([date, date, pick.qualified(date), f"{y(pick.year(0))[:3]}X", f"{ym(pick.year(0), pick.month())}-XX"])


def consecutive(pick):
    """Dates in a row, of the same precision."""
    early, late = pick.years()
    parts = pick.number(1, 3)
    return "..".join("-".join([y(year), *[f"{pick.month():02}" for _ in range(parts - 1)]]) for year in (early, late))


def set_of_some(pick):
    members = [pick.one([member, member, consecutive])(pick) for _ in range(pick.number(2, 5))]
    return pick.one(["{{{}}}", "[{}]"]).format(",".join(members))


def set_of_one_run(pick):
    edge = pick.date(pick.year())
    run = pick.one([consecutive(pick), f"..{edge}", f"{edge}.."])
    return pick.one(["{{{}}}", "[{}]"]).format(run)


def choice_with_an_open_end(pick):
    members = [member(pick) for _ in range(pick.number(0, 2))]
    edge = pick.date(pick.year())
    return f"[{','.join(pick.one([[f'..{edge}', *members], [*members, f'{edge}..']]))}]"


# Families of one class of deviation: a date, and a plainer one that means the same.


def winter(pick):
    year = pick.year(last=9998)
    code = pick.one(WINTERS)
    return f"{y(year)}-{code}", months_of(year, year, code)


def interval_until_winter(pick):
    early, late = pick.years()
    if late == 9999:
        return interval_until_winter(pick)
    start = pick.one(["..", pick.date(early)])
    return f"{start}/{y(late)}-24", f"{start}/{ym(late + 1, 2)}"


def unknown_end(pick):
    date = pick.date(pick.year())
    qualified = pick.qualified(date) if pick.chance(0.3) else date
    return pick.one([(f"{qualified}/", f"{date}/.."), (f"/{qualified}", f"../{date}")])


def significant_digits(pick):
    year = pick.year(first=1000)
    count = pick.number(1, 3)
    swept = 10 ** (4 - count)
    first = year // swept * swept
    date = f"{y(year)}S{count}"
    return pick.one([date, pick.qualified(date)]), f"{y(first)}/{y(first + swept - 1)}"


def significant_digits_before_year_0(pick):
    date, meant = significant_digits(pick)
    first, last = meant.split("/")
    return f"-{date}", f"-{last}/-{first}"


def significant_digits_of_a_long_year(pick):
    year, count = pick.number(10_000, 9_999_999), pick.number(1, 4)
    swept = 10 ** (len(str(year)) - count)
    first = year // swept * swept
    return f"Y{year}S{count}", f"Y{first}/Y{first + swept - 1}"


def leap_day_of_a_masked_year(pick):
    mask = pick.masked_year()
    leap = [year for year in range(10_000) if calendar.isleap(year) and fits(mask, f"{year:04}")]
    # A mask whose outermost years are leap years is no deviation.
    if not leap or (leap[0] == int(lowest(mask)) and leap[-1] == int(highest(mask))):
        return leap_day_of_a_masked_year(pick)
    return f"{mask}-02-29", f"{ymd(leap[0], 2, 29)}/{ymd(leap[-1], 2, 29)}"


def masked_part_before_year_0(pick):
    year, month, day = pick.year(last=-1), pick.month(), pick.number(1, 31)
    return pick.one([
        (f"{y(year)}-XX", y(year)),
        (f"{y(year)}-XX-XX", y(year)),
        (f"{ym(year, month)}-XX", ym(year, month)),
        (f"{y(year)}-XX-{day:02}", f"{ymd(year, 1, day)}/{ymd(year, 12, day)}"),
    ])


def masked_digit_of_a_month(pick):
    mask, months = pick.masked_two(range(1, 13))
    year = pick.year()
    return f"{y(year)}-{mask}", f"{ym(year, months[0])}/{ym(year, months[-1])}"


def masked_digit_of_a_day(pick):
    year, month = pick.year(), pick.month()
    mask, days = pick.masked_two(range(1, last_day(year, month) + 1))
    return f"{ym(year, month)}-{mask}", f"{ymd(year, month, days[0])}/{ymd(year, month, days[-1])}"


def masked_month_in_company(pick):
    early, late = pick.years()
    return pick.one([
        (f"{y(early)}-XX/{y(late)}", f"{y(early)}/{y(late)}"),
        (f"{y(early)}/{y(late)}-XX", f"{y(early)}/{y(late)}"),
        (f"[{y(early)}-XX,{y(late)}]", f"{y(early)}/{y(late)}"),
        (f"{{{y(early)},{y(late)}-XX}}", f"{y(early)}/{y(late)}"),
    ])


def season_in_company(pick):
    early, late = pick.years()
    if late == 9999:
        return season_in_company(pick)
    code = pick.one([code for code in SEASONS if code >= 25])
    mild, any_code = pick.one(MILD_LEVEL_1), pick.one(list(SEASONS))
    mask = f"{pick.number(0, 998):03}X"
    start, end = months_of(early, early, code).split("/")[0], months_of(late, late, code).split("/")[1]
    return pick.one([
        (pick.qualified(f"{y(late)}-{any_code}"), months_of(late, late, any_code)),
        (f"{mask}-{mild}", months_of(int(lowest(mask)), int(highest(mask)), mild)),
        (f"{y(early)}-{code}/{y(late)}", f"{start}/{y(late)}"),
        (f"{y(early)}/{y(late)}-{code}", f"{y(early)}/{end}"),
        (f"[{y(early)}-{code},{y(late)}-{code}]", f"{start}/{end}"),
    ])


def open_end_of_all_members(pick):
    early, late = pick.years()
    first, last = pick.date(early), pick.date(late)
    return pick.one([
        (f"{{{first},{last}..}}", f"{first}/.."),
        (f"{{..{first},{last}}}", f"../{last}"),
        (f"{{..{first},{last}..}}", "../.."),
    ])


def set_of_one(pick):
    date = pick.date(pick.year())
    return pick.one(["{{{}}}", "[{}]"]).format(date), date


def leap_second(pick):
    year, month = pick.year(0), pick.month()
    date = ymd(year, month, pick.day(year, month))
    return f"{date}T23:59:60{pick.one(['', 'Z', '+00:00'])}", date


def long_year_in_company(pick):
    year = f"Y{pick.number(10_000, 9_999_999)}"
    plain = y(pick.year())
    return pick.one([
        (pick.qualified(year), year),
        (f"{plain}/{year}", f"{plain}/{year}"),
        (f"[{plain},{year}]", f"{plain}/{year}"),
        (f"../{year}", f"../{year}"),
    ])


def on_or_before_or_after(pick):
    early, late = pick.years()
    first, last = pick.date(early), pick.date(late)
    return pick.one([
        (f"..{first}/{last}", f"../{last}"),
        (f"{first}/{last}..", f"{first}/.."),
        (f"../{last}..", "../.."),
        (f"..{first}/", "../.."),
    ])


def qualified_whole_and_part(pick):
    early, late = pick.years()
    whole = pick.date(early)
    month, day = pick.month(), pick.number(1, 28)
    inner = f"{y(late)}-{month:02}-{pick.one(QUALIFIERS)}{day:02}"
    return f"{pick.qualified(whole)}/{inner}", f"{whole}/{ymd(late, month, day)}"


def year_beyond_counting(pick):
    return f"Y{pick.one(['', '-'])}{pick.number(1, 99)}E{pick.number(19, 99)}", "../.."


def no_such_day(pick):
    year = pick.year()
    date = ymd(year, 2, 29)
    return no_such_day(pick) if calendar.isleap(year) else (pick.one([date, pick.qualified(date)]), "-")


def masked_year_before_year_0(pick):
    masked = pick.number(1, 3)
    return y(pick.year(last=-1000))[:-masked] + "X" * masked, "-"


def reversed_interval(pick):
    early, late = pick.years()
    return f"{pick.date(late)}/{pick.date(early)}", "-"


def midnight_as_24(pick):
    year, month = pick.year(0), pick.month()
    return f"{ymd(year, month, pick.day(year, month))}T24:00:00{pick.one(['', 'Z'])}", "-"


# How many dates of which family.
FAMILIES = [
    (year, 60),
    (year_and_month, 60),
    (february, 30),
    (day, 80),
    (leap_day, 30),
    (date_and_time, 40),
    (interval, 80),
    (interval_within_a_year, 50),
    (qualified_date, 60),
    (qualified_part, 100),
    (qualified_interval, 60),
    (interval_of_a_qualified_part, 40),
    (open_interval, 60),
    (long_year, 30),
    (exponential_year, 30),
    (masked_year, 60),
    (masked_year_and_month, 30),
    (masked_year_and_day, 30),
    (masked_month, 20),
    (masked_day, 30),
    (masked_month_and_day, 20),
    (masked_month_alone, 20),
    (masked_interval, 40),
    (mild_season, 60),
    (interval_of_seasons, 40),
    (set_of_some, 100),
    (set_of_one_run, 40),
    (choice_with_an_open_end, 40),
    (winter, 20),
    (interval_until_winter, 10),
    (unknown_end, 30),
    (significant_digits, 15),
    (significant_digits_before_year_0, 10),
    (significant_digits_of_a_long_year, 10),
    (leap_day_of_a_masked_year, 20),
    (masked_part_before_year_0, 20),
    (masked_digit_of_a_month, 20),
    (masked_digit_of_a_day, 30),
    (masked_month_in_company, 15),
    (season_in_company, 30),
    (open_end_of_all_members, 20),
    (set_of_one, 10),
    (leap_second, 10),
    (long_year_in_company, 20),
    (on_or_before_or_after, 20),
    (qualified_whole_and_part, 10),
    (year_beyond_counting, 10),
    (no_such_day, 10),
    (masked_year_before_year_0, 10),
    (reversed_interval, 10),
    (midnight_as_24, 5),
]

# The classes, by family; the test says why for each.
CLASSES = {
    winter: "winter",
    interval_until_winter: "winter",
    unknown_end: "unknown end",
    significant_digits: "significant digits",
    significant_digits_before_year_0: "significant digits",
    significant_digits_of_a_long_year: "significant digits",
    leap_day_of_a_masked_year: "leap day of a masked year",
    masked_part_before_year_0: "masked part before year 0",
    masked_digit_of_a_month: "masked digit of a month",
    masked_digit_of_a_day: "masked digit of a day",
    masked_month_in_company: "masked month in company",
    season_in_company: "season in company",
    open_end_of_all_members: "open end of all members",
    set_of_one: "set of one",
    leap_second: "leap second",
    long_year_in_company: "long year in company",
    on_or_before_or_after: "on or before or after",
    qualified_whole_and_part: "qualified whole and part",
    year_beyond_counting: "year beyond counting",
    no_such_day: "no such day",
    masked_year_before_year_0: "masked year before year 0",
    reversed_interval: "reversed",
    midnight_as_24: "midnight as 24",
}


if __name__ == "__main__":
    main()
