use super::*;
use crate::testing::TestServer;

fn key(text: &[u8]) -> Key {
    Key { project: Uuid::new_v4(), document: Uuid::new_v4(), revision: 1, sha256: digest(b"salt", text) }
}

fn text(len: usize) -> Vec<u8> {
    (0..len).map(|index| u8::try_from(index % 251).unwrap()).collect()
}

#[tokio::test]
async fn a_text_comes_back_as_it_was_put() {
    let server = TestServer::start().await;
    let texts = server.log().await.texts().await.unwrap();
    for len in [0, 1, 128 * 1024, 5 * 1024 * 1024 + 1] {
        let text = text(len);
        let key = key(&text);
        assert_eq!(texts.get(&key).await.unwrap(), None);
        texts.put(&key, &text).await.unwrap();
        assert_eq!(texts.get(&key).await.unwrap().unwrap(), text);
        let opened = texts.open(&key).await.unwrap().unwrap();
        assert_eq!(opened.bytes, len as u64);
        let chunks: Vec<Bytes> = opened.chunks.try_collect().await.unwrap();
        assert_eq!(chunks.concat(), text);
    }
}

#[tokio::test]
async fn putting_a_text_twice_keeps_it() {
    let server = TestServer::start().await;
    let texts = server.log().await.texts().await.unwrap();
    let key = key(b"text");
    texts.put(&key, b"text").await.unwrap();
    texts.put(&key, b"text").await.unwrap();
    assert_eq!(texts.get(&key).await.unwrap().unwrap(), "text");
}

#[tokio::test]
async fn two_texts_of_one_revision_stand_side_by_side() {
    let server = TestServer::start().await;
    let texts = server.log().await.texts().await.unwrap();
    let ours = key(b"ours");
    let theirs = Key { sha256: digest(b"salt", b"theirs"), ..ours };
    texts.put(&ours, b"ours").await.unwrap();
    texts.put(&theirs, b"theirs").await.unwrap();
    assert_eq!(texts.get(&ours).await.unwrap().unwrap(), "ours");
    assert_eq!(texts.get(&theirs).await.unwrap().unwrap(), "theirs");
}

#[tokio::test]
async fn a_removed_text_is_gone_and_can_be_put_again() {
    let server = TestServer::start().await;
    let texts = server.log().await.texts().await.unwrap();
    let key = key(b"text");
    texts.remove(&key).await.unwrap();
    texts.put(&key, b"text").await.unwrap();
    texts.remove(&key).await.unwrap();
    assert!(!texts.exists(&key).await.unwrap());
    assert_eq!(texts.get(&key).await.unwrap(), None);
    assert_eq!(list(&texts).await, []);
    texts.put(&key, b"text").await.unwrap();
    assert!(texts.exists(&key).await.unwrap());
}

async fn list(texts: &Texts) -> Vec<Object> {
    texts.list().await.unwrap().try_collect().await.unwrap()
}

#[tokio::test]
async fn the_list_has_every_text_and_foreign_objects_too() {
    let server = TestServer::start().await;
    let texts = server.log().await.texts().await.unwrap();
    assert_eq!(list(&texts).await, []);
    let keys: Vec<_> = (0..20).map(|_| key(b"text")).collect();
    for key in &keys {
        texts.put(key, b"text").await.unwrap();
    }
    texts.store.put("foreign", &mut &b"object"[..]).await.unwrap();
    let objects = list(&texts).await;
    let listed: Vec<_> = objects.iter().filter_map(|object| object.key).collect();
    assert_eq!(listed, keys);
    let foreign: Vec<_> = objects.iter().filter(|object| object.key.is_none()).collect();
    assert_eq!((foreign.len(), foreign[0].name.as_str(), foreign[0].bytes), (1, "foreign", 6));
    assert!(objects.iter().all(|object| object.stored_at.is_some()));
}

#[tokio::test]
async fn texts_survive_a_crash_of_the_server() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let texts = log.texts().await.unwrap();
    let text = text(300_000);
    let key = key(&text);
    texts.put(&key, &text).await.unwrap();
    server.restart().await;
    server.reconnected(&log).await;
    assert_eq!(texts.get(&key).await.unwrap().unwrap(), text);
}

#[test]
fn only_the_canonical_name_is_a_key() {
    let key = key(b"text");
    assert_eq!(Key::parse(&key.to_string()), Some(key));
    let upper = key.to_string().to_uppercase();
    let padded = key.to_string().replace("/1/", "/01/");
    for name in ["", "a/b/c/d", &upper, &padded, &format!("{key}/")] {
        assert_eq!(Key::parse(name), None, "{name}");
    }
}

#[test]
fn the_digest_covers_salt_and_text() {
    let digests = [digest(b"salt", b"text"), digest(b"other", b"text"), digest(b"salt", b"other")];
    assert!(digests[0] != digests[1] && digests[0] != digests[2]);
}
