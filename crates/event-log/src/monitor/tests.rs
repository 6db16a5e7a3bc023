use super::*;

#[test]
fn a_disk_without_space_is_told_from_a_broken_one() {
    let full = "JetStream stream '$G > S' write error: write /data/1.blk: no space left on device";
    assert!(WriteError(full.to_owned()).is_full());
    let broken = "JetStream stream '$G > S' write error: write /data/1.blk: input/output error";
    assert!(!WriteError(broken.to_owned()).is_full());
}

#[tokio::test]
async fn a_server_that_is_away_has_no_write_error() {
    assert_eq!(Monitor::new("http://127.0.0.1:1/").unwrap().write_error().await, None);
}
