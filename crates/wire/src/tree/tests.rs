use super::*;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use std::convert::Infallible;

type Oracle = MemoryBackedTree<Sha256, Vec<u8>>;

fn payloads(len: u64) -> Vec<Vec<u8>> {
    (0..len).map(|n| format!("payload {n}").into_bytes()).collect()
}

/// The definition, word for word.
fn defined(payloads: &[Vec<u8>]) -> Hash {
    match payloads {
        [] => Sha256::digest([]).into(),
        [one] => leaf(one),
        more => {
            let (left, right) = more.split_at(usize::try_from(split(more.len() as u64)).unwrap());
            node(&defined(left), &defined(right))
        }
    }
}

/// The complete subtrees over payloads.
fn subtrees(payloads: &[Vec<u8>]) -> impl FnMut(u32, u64) -> Result<Hash, Infallible> {
    |height, index| {
        let (from, len) = (usize::try_from(index << height).unwrap(), 1 << height);
        Ok(defined(&payloads[from..from + len]))
    }
}

fn oracle(payloads: &[Vec<u8>]) -> Oracle {
    let mut oracle = Oracle::new();
    for payload in payloads {
        oracle.push(payload.clone());
    }
    oracle
}

fn root_hash(hash: Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new(hash.into(), size)
}

fn includes(root: Hash, size: u64, payload: &[u8], index: u64, path: &[Hash]) -> bool {
    let proof = InclusionProof::from_bytes(path.concat());
    root_hash(root, size).verify_inclusion(&payload, index, &proof).is_ok()
}

fn continues(older: (Hash, u64), newer: (Hash, u64), path: &[Hash]) -> bool {
    let Ok(proof) = ConsistencyProof::try_from_bytes(path.concat()) else { return false };
    root_hash(newer.0, newer.1).verify_consistency(&root_hash(older.0, older.1), &proof).is_ok()
}

/// A hash with one bit changed.
fn flipped(hash: Hash, bit: usize) -> Hash {
    let mut hash = hash;
    hash[bit / 8 % 32] ^= 1 << (bit % 8);
    hash
}

#[test]
fn the_roots_are_those_of_the_test_vectors_of_certificate_transparency() {
    // The leaves and roots of the reference implementation's own test.
    let leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    assert_eq!(hex::encode(frontier.root()), roots[0]);
    for (payload, root) in leaves.iter().zip(&roots[1..]) {
        frontier.push(leaf(&hex::decode(payload).unwrap()));
        assert_eq!(hex::encode(frontier.root()), *root);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_root_is_that_of_the_definition_and_of_other_peoples_code(size in 0..300_u64) {
        let payloads = payloads(size);
        let mut frontier = Frontier::default();
        for payload in &payloads {
            frontier.push(leaf(payload));
        }
        let defined = defined(&payloads);
        let Ok(root) = root(size, subtrees(&payloads));
        prop_assert_eq!((frontier.size(), frontier.root(), root), (size, defined, defined));
        let theirs = oracle(&payloads).root();
        prop_assert_eq!(&theirs.as_bytes()[..], &defined[..]);
    }

    #[test]
    fn a_path_proves_its_record_and_no_altered_bit_does(
        (size, index) in (1..200_u64).prop_flat_map(|size| (Just(size), 0..size)),
        (at, bit) in (any::<prop::sample::Index>(), 0..256_usize),
    ) {
        let payloads = payloads(size);
        let payload = &payloads[usize::try_from(index).unwrap()];
        let root = defined(&payloads);
        let Ok(path) = inclusion(index, size, subtrees(&payloads));
        let theirs = oracle(&payloads).prove_inclusion(usize::try_from(index).unwrap());
        prop_assert_eq!(path.concat(), theirs.as_bytes());
        prop_assert!(includes(root, size, payload, index, &path));
        prop_assert!(!includes(flipped(root, bit), size, payload, index, &path));
        let mut other = payload.clone();
        let byte = at.index(other.len());
        other[byte] ^= 1 << (bit % 8);
        prop_assert!(!includes(root, size, &other, index, &path));
        if !path.is_empty() {
            let mut altered = path.clone();
            let changed = at.index(path.len());
            altered[changed] = flipped(altered[changed], bit);
            prop_assert!(!includes(root, size, payload, index, &altered));
            prop_assert!(!includes(root, size, payload, index, &path[1..]));
        }
    }

    #[test]
    fn a_proof_shows_that_a_log_only_grew_and_no_altered_bit_does(
        (from, to) in (1..200_u64).prop_flat_map(|to| (1..=to, Just(to))),
        (at, bit) in (any::<prop::sample::Index>(), 0..256_usize),
    ) {
        let payloads = payloads(to);
        let (older, newer) = (defined(&payloads[..usize::try_from(from).unwrap()]), defined(&payloads));
        let Ok(path) = consistency(from, to, subtrees(&payloads));
        let added = usize::try_from(to - from).unwrap();
        if added == 0 {
            prop_assert!(path.is_empty());
            return Ok(());
        }
        let theirs = oracle(&payloads).prove_consistency(added);
        prop_assert_eq!(path.concat(), theirs.as_bytes());
        prop_assert!(continues((older, from), (newer, to), &path));
        prop_assert!(!continues((flipped(older, bit), from), (newer, to), &path));
        prop_assert!(!continues((older, from), (flipped(newer, bit), to), &path));
        let mut altered = path.clone();
        let changed = at.index(path.len());
        altered[changed] = flipped(altered[changed], bit);
        prop_assert!(!continues((older, from), (newer, to), &altered));
    }
}

#[test]
fn a_tree_goes_on_from_its_complete_subtrees_and_from_no_other_number_of_them() {
    let mut whole = Frontier::default();
    for (size, payload) in payloads(131).iter().enumerate() {
        assert_eq!(whole.size(), size as u64);
        whole = Frontier::resume(whole.size(), whole.peaks().to_vec()).unwrap();
        whole.push(leaf(payload));
    }
    assert_eq!(whole.root(), defined(&payloads(131)));
    assert_eq!(Frontier::resume(3, vec![[0; 32]]), None);
    assert_eq!(Frontier::resume(0, vec![[0; 32]]), None);
}
