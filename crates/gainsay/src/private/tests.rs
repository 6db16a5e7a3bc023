use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::write;

#[test]
fn a_private_file_is_readable_by_its_owner_alone_and_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/secret.token");
    write(&path, b"first, and longer").unwrap();
    write(&path, b"second").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "second\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}
