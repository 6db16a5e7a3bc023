use crate::claim::Act;

codes! {
    /// A vocabulary.
    enum Colour as "colour" {
        /// One.
        Red = "red",
        /// Another.
        DarkBlue = "dark_blue",
    }
}

#[test]
fn a_code_is_read_and_written_as_itself() {
    for (colour, code) in [(Colour::Red, "red"), (Colour::DarkBlue, "dark_blue")] {
        assert_eq!(colour.to_string(), code);
        assert_eq!(code.parse(), Ok(colour));
        let json = serde_json::to_string(&colour).unwrap();
        assert_eq!(json, format!("\"{code}\""));
        assert_eq!(serde_json::from_str::<Colour>(&json).unwrap(), colour);
    }
}

#[test]
fn an_unknown_code_is_answered_with_the_vocabulary() {
    for code in ["", "Red", " red", "blue"] {
        let unknown = code.parse::<Colour>().unwrap_err();
        assert_eq!(unknown.to_string(), format!("`{code}` is no colour; known: red, dark_blue"));
    }
    let error = serde_json::from_str::<Colour>("\"blue\"").unwrap_err();
    assert!(error.to_string().starts_with("`blue` is no colour; known: red, dark_blue"), "{error}");
}

#[test]
fn an_unknown_code_is_repeated_only_in_part() {
    let unknown = "é".repeat(10_000).parse::<Act>().unwrap_err();
    assert_eq!(unknown.code, "é".repeat(64));
}

#[test]
fn escapes_in_json_are_read() {
    assert_eq!(serde_json::from_str::<Colour>("\"\\u0072ed\"").unwrap(), Colour::Red);
}
