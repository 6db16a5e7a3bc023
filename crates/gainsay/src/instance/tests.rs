use super::*;

#[test]
fn a_name_is_kept_in_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { data: folder.path().join("data"), ..Settings::default() };
    assert_eq!(kept(&settings), None);
    let first = ensure(&settings).unwrap();
    assert_eq!(ensure(&settings).unwrap(), first);
    let named = Settings { instance: Some("first".parse().unwrap()), ..settings.clone() };
    assert_eq!(ensure(&named).unwrap().to_string(), "first");
    assert_eq!(ensure(&settings).unwrap().to_string(), "first");
}

#[test]
fn projectors_that_nobody_named_have_different_names() {
    assert_ne!(new(), new());
}
