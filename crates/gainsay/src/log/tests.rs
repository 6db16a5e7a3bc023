use std::num::NonZero;

use super::*;

fn three_copies() -> Settings {
    Settings { log_replicas: NonZero::new(3).unwrap(), ..Settings::default() }
}

#[test]
fn a_log_in_a_cluster_has_as_many_copies_as_the_settings_say() {
    let log_settings = given(&three_copies(), "nats://one:4222,nats://two:4222").unwrap();
    assert_eq!((log_settings.replicas, log_settings.servers.as_str()), (3, "nats://one:4222,nats://two:4222"));
}

#[tokio::test]
async fn several_copies_on_a_server_of_our_own_are_refused_before_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let error = Opened::alone(&Settings { data: data.clone(), ..three_copies() }).await.err().unwrap();
    assert!(error.is::<Usage>(), "{error}");
    assert!(!data.exists());
}

#[test]
fn the_password_may_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, "s3cret \n").unwrap();
    let settings = Settings {
        nats_user: Some("gainsay".to_owned()),
        nats_password_file: Some(path.clone()),
        ..Settings::default()
    };
    let expected = Login::Password { user: "gainsay".to_owned(), password: "s3cret".to_owned() };
    assert_eq!(login(&settings).unwrap(), expected);
    let both = Settings { nats_password: Some("other".to_owned()), ..settings.clone() };
    assert!(login(&both).unwrap_err().to_string().contains("not both"));
    std::fs::write(&path, "\n").unwrap();
    assert!(login(&settings).unwrap_err().to_string().contains("no password in"));
    std::fs::remove_file(&path).unwrap();
    assert!(login(&settings).unwrap_err().to_string().contains("cannot read the password"));
    assert!(login(&Settings { nats_user: Some("gainsay".to_owned()), ..Settings::default() }).is_err());
}
