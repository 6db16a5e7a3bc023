use super::*;

const REPORT: &str = "the army said on Tuesday that the militia had fired nine rockets at the base from a lorry";

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn documents(published: &[Option<&str>]) -> BTreeMap<Uuid, Document> {
    let document = |(number, published): (u128, Option<&str>)| Document {
        id: id(number),
        title: format!("Report {number}"),
        published: published.map(str::to_owned),
    };
    (1..).zip(published.iter().copied()).map(document).map(|document| (document.id, document)).collect()
}

/// A passage in each document, marked in this order: annotation 11 in document 1, and so on.
fn suggested(published: &[Option<&str>], recorded: &[(u128, u128, &str)]) -> Vec<(Uuid, Uuid)> {
    let documents = documents(published);
    let mark = |number: u128| Annotation {
        id: id(number + 10),
        position: u64::try_from(number).unwrap(),
        document: id(number),
        status: "live".to_owned(),
        exact: Some(REPORT.to_owned()),
    };
    let count = published.len() as u128;
    let mut passages: Vec<_> = (1..=count).filter_map(|number| passage(mark(number), &documents)).collect();
    passages.sort_by_key(|passage| (passage.since, passage.annotation));
    let derivation = |(from, to, status): &(u128, u128, &str)| Derivation {
        from: Some(id(*from)),
        to: Some(id(*to)),
        status: (*status).to_owned(),
    };
    let recorded: Vec<_> = recorded.iter().map(derivation).collect();
    suggestions(&passages, &recorded, &documents).into_iter().map(|found| (found.from, found.to)).collect()
}

#[test]
fn what_was_published_later_derives_from_what_was_first() {
    let published = [Some("2021-05-05"), Some("2021-05-04"), Some("2021-05-06")];
    assert_eq!(suggested(&published, &[]), [(id(11), id(12)), (id(13), id(12))]);
}

#[test]
fn where_no_date_tells_what_was_marked_later_derives_from_what_was_marked_first() {
    assert_eq!(suggested(&[None, None], &[]), [(id(12), id(11))]);
    assert_eq!(suggested(&[None, Some("2021")], &[]), [(id(11), id(12))], "what is dated comes first");
}

#[test]
fn what_is_recorded_is_not_suggested_again() {
    for status in ["suggested", "confirmed"] {
        assert_eq!(suggested(&[None, None], &[(12, 11, status)]), []);
        assert_eq!(suggested(&[None, None], &[(11, 12, status)]), [], "nor the other way about");
        assert_eq!(suggested(&[None, None, None], &[(13, 11, status)]), [(id(12), id(11))]);
    }
    assert_eq!(suggested(&[None, None], &[(12, 11, "rejected")]), []);
    assert_eq!(suggested(&[None, None, None], &[(13, 11, "rejected")]), [(id(12), id(11)), (id(13), id(12))]);
}

#[test]
fn what_was_retracted_or_has_lost_its_text_is_no_passage() {
    let mark = |status: &str, exact: Option<&str>| Annotation {
        id: id(1),
        position: 1,
        document: id(2),
        status: status.to_owned(),
        exact: exact.map(str::to_owned),
    };
    let none = BTreeMap::new();
    assert!(passage(mark("retracted", Some(REPORT)), &none).is_none());
    assert!(passage(mark("live", None), &none).is_none());
    assert!(passage(mark("lost", Some(REPORT)), &none).is_some(), "it stands in an older text");
}
