use super::*;
use crate::testing::TestServer;

const SALT: [u8; SALT_LEN] = *b"sixteen of bytes";

/// A text as a record names it.
fn named(text: &[u8]) -> TextRef {
    TextRef {
        project: Uuid::new_v4(),
        document: Uuid::new_v4(),
        revision: 1,
        sha256: digest(&SALT, text),
        salt: None,
        bytes: text.len() as u64,
    }
}

fn key(text: &[u8]) -> Key {
    Key::from(&named(text))
}

fn whole(text: impl Into<Bytes>) -> Found {
    Found::Whole(Salted { salt: SALT, text: text.into() })
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
        let named = named(&text);
        assert_eq!(texts.get(&named).await.unwrap(), Found::Missing);
        texts.put(&Key::from(&named), &SALT, &text).await.unwrap();
        assert_eq!(texts.get(&named).await.unwrap(), whole(text.clone()));
        let opened = texts.open(&named).await.unwrap().unwrap();
        assert_eq!((opened.salt, opened.bytes), (SALT, len as u64));
        let chunks: Vec<Bytes> = opened.chunks.try_collect().await.unwrap();
        assert_eq!(chunks.concat(), text);
    }
}

#[tokio::test]
async fn putting_a_text_twice_keeps_it() {
    let server = TestServer::start().await;
    let texts = server.log().await.texts().await.unwrap();
    let named = named(b"text");
    texts.put(&Key::from(&named), &SALT, b"text").await.unwrap();
    texts.put(&Key::from(&named), &SALT, b"text").await.unwrap();
    assert_eq!(texts.get(&named).await.unwrap(), whole("text"));
}

#[tokio::test]
async fn two_texts_of_one_revision_stand_side_by_side() {
    let server = TestServer::start().await;
    let texts = server.log().await.texts().await.unwrap();
    let ours = named(b"ours");
    let theirs = TextRef { sha256: digest(&SALT, b"theirs"), bytes: 6, ..ours };
    texts.put(&Key::from(&ours), &SALT, b"ours").await.unwrap();
    texts.put(&Key::from(&theirs), &SALT, b"theirs").await.unwrap();
    assert_eq!(texts.get(&ours).await.unwrap(), whole("ours"));
    assert_eq!(texts.get(&theirs).await.unwrap(), whole("theirs"));
}

#[tokio::test]
async fn an_erased_text_is_gone_and_can_be_put_again() {
    let server = TestServer::start().await;
    let texts = server.log().await.texts().await.unwrap();
    let named = named(b"text");
    let key = Key::from(&named);
    texts.erase(&key).await.unwrap();
    texts.put(&key, &SALT, b"text").await.unwrap();
    texts.erase(&key).await.unwrap();
    assert!(!texts.exists(&key).await.unwrap());
    assert_eq!(texts.get(&named).await.unwrap(), Found::Missing);
    assert_eq!(list(&texts).await, []);
    texts.put(&key, &SALT, b"text").await.unwrap();
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
        texts.put(key, &SALT, b"text").await.unwrap();
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
    let named = named(&text);
    texts.put(&Key::from(&named), &SALT, &text).await.unwrap();
    server.restart().await;
    server.reconnected(&log).await;
    assert_eq!(texts.get(&named).await.unwrap(), whole(text));
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

#[tokio::test]
async fn a_text_from_before_stands_alone_and_its_record_has_the_salt() {
    let server = TestServer::start().await;
    let texts = server.log().await.texts().await.unwrap();
    let before = TextRef { salt: Some(SALT), ..named(b"a text") };
    let name = Key::from(&before).to_string();
    texts.store.put(name.as_str(), &mut &b"a text"[..]).await.unwrap();
    assert_eq!(texts.get(&before).await.unwrap(), whole("a text"));
    let opened = texts.open(&before).await.unwrap().unwrap();
    assert_eq!((opened.salt, opened.bytes), (SALT, 6));
    let chunks: Vec<Bytes> = opened.chunks.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"a text");
    // Without that salt nobody knows which text it is.
    let unsalted = TextRef { salt: None, ..before };
    assert_eq!(texts.get(&unsalted).await.unwrap(), Found::Changed);
    assert!(texts.open(&unsalted).await.is_err());
    let other = TextRef { salt: Some([0; SALT_LEN]), ..before };
    assert_eq!(texts.get(&other).await.unwrap(), Found::Changed);
}

/// Files below a folder that have these bytes in them.
fn with(folder: &std::path::Path, bytes: &[u8]) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(with(&path, bytes));
        } else if std::fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes) {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn no_byte_of_an_erased_text_stays_and_every_byte_of_the_others() {
    let server = TestServer::start().await;
    let texts = server.log().await.texts().await.unwrap();
    let mut all = Vec::new();
    for n in 0..10_u32 {
        // Longer than a chunk, and each block of a thousand bytes is told apart.
        let blocks: Vec<_> = (0..300).map(|block| format!("<text {n} block {block:03}>{:a>970}", "")).collect();
        let text = blocks.concat();
        let named = named(text.as_bytes());
        texts.put(&Key::from(&named), &SALT, text.as_bytes()).await.unwrap();
        all.push((named, text));
    }
    assert!(!with(server.folder(), b"<text 7 block 000>").is_empty());
    let key = Key::from(&all[7].0);
    texts.erase(&key).await.unwrap();
    for block in [0, 1, 150, 299] {
        assert_eq!(
            with(server.folder(), format!("<text 7 block {block:03}>").as_bytes()),
            [] as [std::path::PathBuf; 0]
        );
    }
    // Nor its digest without a salt, by which a guess could be confirmed.
    assert_eq!(with(server.folder(), key.to_string().as_bytes()), [] as [std::path::PathBuf; 0]);
    for (n, (named, text)) in all.iter().enumerate() {
        let expected = if n == 7 { Found::Missing } else { whole(text.clone()) };
        assert_eq!(texts.get(named).await.unwrap(), expected, "{n}");
    }
    server.restart().await;
    assert!(with(server.folder(), b"<text 7 block").is_empty());
}
