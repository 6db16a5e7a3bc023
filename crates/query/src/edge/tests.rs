use super::Origins;

#[test]
fn an_origin_is_a_scheme_and_a_host() {
    let parse = |origin: &str| Origins::parse(&[origin.to_owned()]);
    for origin in ["https://example.org", "http://localhost:5173", "https://a.b.example"] {
        assert!(parse(origin).is_ok(), "{origin}");
    }
    for origin in ["", "*", "example.org", "https://", "https://example.org/", "https://*.example.org", "https://a\nb"]
    {
        assert!(parse(origin).is_err(), "{origin}");
    }
}
