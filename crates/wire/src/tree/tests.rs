use super::*;

/// The eight leaves that implementations of Certificate Transparency test with, and the roots of their first trees.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// The definition of RFC 6962, word for word.
fn defined(leaves: &[Vec<u8>]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => Sha256::new().chain_update(LEAF).chain_update(leaf).finalize().into(),
        leaves => {
            let k = leaves.len().next_power_of_two() / 2;
            node(&defined(&leaves[..k]), &defined(&leaves[k..]))
        }
    }
}

#[test]
fn the_heads_are_those_of_certificate_transparency() {
    let mut tree = Tree::new();
    assert_eq!(hex::encode(tree.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (leaf, root) in LEAVES.iter().zip(ROOTS) {
        tree.push(&hex::decode(leaf).unwrap());
        assert_eq!(hex::encode(tree.root()), root);
    }
}

#[test]
fn a_tree_that_grows_has_the_root_of_the_definition_at_every_size() {
    let leaves: Vec<Vec<u8>> = (0..131_u8).map(|n| vec![n; usize::from(n) % 7]).collect();
    let mut tree = Tree::new();
    for (size, leaf) in leaves.iter().enumerate() {
        assert_eq!((tree.root(), tree.size()), (defined(&leaves[..size]), size as u64));
        tree = Tree::resume(tree.size(), tree.peaks().to_vec()).unwrap();
        tree.push(leaf);
    }
}

#[test]
fn a_tree_is_not_resumed_with_too_few_peaks() {
    assert_eq!(Tree::resume(3, vec![[0; 32]]), None);
    assert_eq!(Tree::resume(0, vec![[0; 32]]), None);
}
