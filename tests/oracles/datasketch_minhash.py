#!/usr/bin/env python3
"""Writes what PyPI `datasketch` makes of made-up texts, as the fixture of a test of `domain`.

Columns: shared, all, estimate, a, b. `shared` and `all` count shingles of five words that both texts have, and that they
have together; `estimate` is the package's, from 128 permutations. Words are separated by spaces, lower case and in NFC.
"""

import random

from datasketch import MinHash

SEED = 20210504
PAIRS = 320
PERMUTATIONS = 128
SHINGLE_LEN = 5
COLUMNS = ["shared", "all", "estimate", "a", "b"]
# Letters of several scripts: words are compared as bytes of UTF-8 here, and as words of Unicode there.
WORDS = [f"{stem}{end}" for stem in ["rocket", "army", "base", "брат", "عين", "état"] for end in "abcdefghij"]


def main():
    choose = random.Random(SEED)
    print("\t".join(COLUMNS))
    for number in range(PAIRS):
        a = [choose.choice(WORDS) for _ in range(choose.randrange(16, 40))]
        b = edited(choose, a, number % 8)
        own, other = shingles(a), shingles(b)
        shared, all_of_them = len(own & other), len(own | other)
        estimate = signature(own).jaccard(signature(other))
        print(shared, all_of_them, estimate, " ".join(a), " ".join(b), sep="\t")


def edited(choose, words, edits):
    """The same words with some of them replaced; the seventh of a kind is another text."""
    if edits == 7:
        return [choose.choice(WORDS) for _ in words]
    words = list(words)
    for _ in range(edits):
        words[choose.randrange(len(words))] = choose.choice(WORDS)
    return words


def shingles(words):
    return {" ".join(words[at : at + SHINGLE_LEN]) for at in range(len(words) - SHINGLE_LEN + 1)}


def signature(found):
    minhash = MinHash(num_perm=PERMUTATIONS, seed=SEED)
    for shingle in sorted(found):
        minhash.update(shingle.encode())
    return minhash


if __name__ == "__main__":
    main()
