use super::document;

#[test]
fn a_description_has_the_bytes_that_were_asked_for() {
    for bytes in [100, 1_000, 65_537] {
        assert_eq!(document(bytes).unwrap().to_json().unwrap().len(), bytes);
    }
    assert!(document(1).is_err());
}
