use super::*;
use serde_json::json;

fn head() -> Value {
    json!({"log": Uuid::from_u128(7), "size": 3, "root": "ab".repeat(32)})
}

#[test]
fn a_head_is_read_from_the_route_and_from_what_verify_printed() {
    let expected = Ok(Head { log: Uuid::from_u128(7), size: 3, root: [0xab; 32] });
    let mut of_route = head();
    of_route["as_of"] = 3.into();
    assert_eq!(parse(&of_route.to_string()), expected);
    assert_eq!(parse(&json!({"sound": true, "log": Uuid::nil(), "head": head()}).to_string()), expected);
}

#[test]
fn what_is_wrong_with_a_head_is_named() {
    let with = |name: &str, value: Value| {
        let mut head = head();
        head[name] = value;
        head.to_string()
    };
    for (text, reason) in [
        ("{".to_owned(), "line 1"),
        ("[]".to_owned(), "`log` is missing"),
        (json!({"head": null}).to_string(), "`head` is null"),
        (json!({"sound": false, "faults_total": 1, "head": head()}).to_string(), "`sound` is not true"),
        (json!({"sound": "no", "head": head()}).to_string(), "`sound` is not true"),
        (with("log", "x".into()), "`log` is no UUID"),
        (with("size", (-1).into()), "`size` is no whole number"),
        (with("root", "ab".into()), "`root` is no SHA-256"),
        (with("root", 7.into()), "`root` is no SHA-256"),
    ] {
        let message = parse(&text).unwrap_err();
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn a_file_that_is_not_there_or_holds_no_head_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("head.json");
    assert!(read(&file).unwrap_err().to_string().contains("head.json"));
    std::fs::write(&file, "no JSON").unwrap();
    let error = read(&file).unwrap_err();
    assert!(error.to_string().contains("head.json"), "{error}");
    assert!(error.is::<Usage>());
    std::fs::write(&file, head().to_string()).unwrap();
    assert_eq!(read(&file).unwrap().size, 3);
}
