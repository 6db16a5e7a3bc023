//! Opinions beside those of the Python package `subjective-logic`, and where its rules are others.
//!
//! `tests/oracles/subjective_logic_opinions.py` writes the answers, and says how they are written. The package has the
//! formulas of domain.md, section 9, with these differences, of which none moves a number on a board:
//!
//! - It fuses base rates too. A policy has one, and equal ones stay as they are.
//! - It trusts by an opinion, of which the probability counts. A trust of a policy is an opinion without uncertainty.
//! - It takes whole evidence only. Fractions arise from discounts, and are compared there.
//! - It fuses nothing that is certain (u = 0 on both sides). An opinion here has some uncertainty always.
//! - It averages two. Averaged in pairs, pairs of pairs and so on, 4, 8 or 16 have the same weight each; for other numbers
//!   n, n times their average is compared with the package's sum. Averaged in turn, as a caller of the package may
//!   do, the last of n has half of the weight and the first has least: [`IN_TURN`].

use super::*;

/// The answers, one case a line.
const ANSWERS: &str = include_str!("oracle.tsv");

/// How far the two may be apart.
const TOLERANCE: f64 = 1e-6;

/// The operation whose answers deviate from the n-ary average (Jøsang, chapter 12: averaging is not associative).
const IN_TURN: &str = "average in turn";

/// `x,y,..` as numbers.
fn numbers<const N: usize>(text: &str) -> [f64; N] {
    let numbers: Vec<_> = text.split(',').map(|number| number.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

/// `b,d,u*t*t..`: an opinion, discounted by each trust.
fn operand(text: &str, base_rate: f64) -> Opinion {
    let mut parts = text.split('*');
    let [belief, disbelief, uncertainty] = numbers(parts.next().unwrap());
    let said = Opinion { belief, disbelief, uncertainty, base_rate };
    parts.fold(said, |opinion, trust| opinion.discounted(trust.parse().unwrap()))
}

/// The evidence of each operand, by origin.
fn origins(operands: &str, base_rate: f64) -> Vec<Vec<Evidence>> {
    let of = |origin: &str| origin.split(' ').map(|text| operand(text, base_rate).evidence()).collect();
    operands.split(" | ").map(of).collect()
}

fn distance(found: Opinion, answer: &str) -> f64 {
    let expected = numbers::<4>(answer);
    let found = [found.belief, found.disbelief, found.uncertainty, found.expectation()];
    found.into_iter().zip(expected).fold(0.0, |most, (found, expected)| most.max((found - expected).abs()))
}

/// How far the package is from what is worked out here.
fn difference(operation: &str, base_rate: f64, operands: &str, answer: &str) -> f64 {
    let fused = |evidence: Evidence| Opinion::from_evidence(evidence, base_rate);
    match operation {
        "evidence" => {
            let [r, s] = numbers(operands);
            distance(fused(evidence(r, s)), answer)
        }
        "conflict" => {
            let (one, other) = operands.split_once(' ').unwrap();
            let [expected] = numbers(answer);
            (operand(one, base_rate).conflict(operand(other, base_rate)) - expected).abs()
        }
        IN_TURN => {
            let members = origins(operands, base_rate).remove(0);
            let all_at_once = distance(fused(average(members.iter().copied())), answer);
            assert!(all_at_once > TOLERANCE, "{operands} are no deviation");
            let in_turn = members.into_iter().reduce(|so_far, next| average([so_far, next])).unwrap();
            distance(fused(in_turn), answer)
        }
        "discount" | "average" | "sum" | "board" => {
            let averages: Vec<_> = origins(operands, base_rate).into_iter().map(average).collect();
            let found = distance(fused(sum(averages.iter().copied())), answer);
            // So many times their average are as much as all of them.
            let mean = average(averages.iter().copied());
            found.max(distance(fused(sum(averages.iter().map(|_| mean))), answer))
        }
        _ => panic!("`{operation}` is an operation"),
    }
}

#[test]
fn opinions_are_those_of_the_oracle() {
    let mut by_operation: BTreeMap<_, (usize, f64)> = BTreeMap::new();
    for line in ANSWERS.lines().skip(1) {
        let fields: Vec<_> = line.split('\t').collect();
        let [operation, base_rate, operands, answer] = fields[..] else { panic!("`{line}` has four fields") };
        let difference = difference(operation, base_rate.parse().unwrap(), operands, answer);
        assert!(difference <= TOLERANCE, "{line} is {difference} away");
        let (count, most) = by_operation.entry(operation).or_default();
        *count += 1;
        *most = most.max(difference);
    }
    println!("cases and largest difference: {by_operation:#?}");
    let operations = ["average", IN_TURN, "board", "conflict", "discount", "evidence", "sum"];
    assert!(by_operation.keys().eq(&operations), "each operation has cases: {by_operation:#?}");
}
