use super::Code;

#[test]
fn every_code_has_a_number_of_its_own_and_a_description() {
    assert!(Code::ALL.is_sorted_by(|left, right| left.number() < right.number()));
    assert!(Code::ALL.iter().all(|code| !code.describe().is_empty()));
}
