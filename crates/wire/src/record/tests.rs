mod arbitrary;

use super::*;
use crate::{json, proto::event as proto};
use arbitrary::record;
use domain::actor;
use domain::policy::Policy;
use domain::project;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The same records at every run, so that a failure is one of this code and not of the day.
fn config() -> ProptestConfig {
    ProptestConfig { cases: 512, rng_seed: RngSeed::Fixed(20_210_504), failure_persistence: None, ..Default::default() }
}

fn sample() -> Record {
    let envelope = Envelope {
        record_id: Uuid::from_u128(1),
        log_id: Uuid::from_u128(2),
        project: Uuid::from_u128(3),
        kind: Kind::Actor,
        id: Uuid::from_u128(4),
        revision: 1,
        previous: None,
        author: Uuid::from_u128(5).into(),
        credential: Uuid::from_u128(6).into(),
        command_id: Uuid::from_u128(7),
        request_sha256: [7; 32],
        correlation_id: Uuid::from_u128(8),
        causation_id: None,
        recorded_at_us: 1_620_129_600_000_000,
        batch: None,
        relied_on: Vec::new(),
        schema_version: SCHEMA_VERSION,
    };
    Record { envelope, events: vec![actor::Event::PlaceholderActorIntroduced.into()] }
}

/// The bytes of the sample after a change that the domain's types would not let one make.
fn changed(change: impl FnOnce(&mut proto::Record)) -> Vec<u8> {
    let mut message = proto::Record::decode(encode(&sample())).unwrap();
    change(&mut message);
    message.encode_to_vec()
}

fn with_event(of: proto::event::Of) -> Vec<u8> {
    changed(|message| message.events = vec![proto::Event { of: Some(of) }])
}

/// The name of the field that is refused.
fn refused_field(payload: &[u8]) -> &'static str {
    match decode(payload) {
        Err(Error::Field { field }) => field,
        other => panic!("no field is refused: {other:?}"),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_record_is_read_back_from_its_bytes(record in record()) {
        let payload = encode(&record);
        prop_assert_eq!(decode_envelope(&payload).unwrap(), record.envelope.clone());
        prop_assert_eq!(decode(&payload).unwrap(), record);
    }

    #[test]
    fn equal_records_have_equal_bytes(record in record()) {
        let payload = encode(&record);
        prop_assert_eq!(encode(&decode(&payload).unwrap()), payload);
    }

    #[test]
    fn any_bytes_become_a_record_or_an_error(payload in any::<Vec<u8>>()) {
        read(&payload);
    }

    #[test]
    fn a_cut_record_becomes_a_record_or_an_error(record in record(), at in any::<prop::sample::Index>()) {
        let payload = encode(&record);
        read(&payload[..at.index(payload.len())]);
    }

    #[test]
    fn a_record_with_flipped_bits_becomes_a_record_or_an_error(
        record in record(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..4),
    ) {
        let mut payload = encode(&record).to_vec();
        for (at, bit) in flips {
            let at = at.index(payload.len());
            payload[at] ^= 1 << bit;
        }
        read(&payload);
    }
}

/// Does with hostile bytes all that is done with a record; what is read at all is read alike once more.
fn read(payload: &[u8]) {
    let _ = decode_envelope(payload);
    let Ok(record) = decode(payload) else { return };
    assert!(json::record(1, &digest(payload), &record).is_object());
    assert!(record.headers(None).iter().all(|(_, value)| value.bytes().all(|byte| byte.is_ascii_graphic())));
    let _ = texts(&record);
    assert_eq!(decode(&encode(&record)).unwrap(), record);
}

#[test]
fn an_event_of_a_newer_version_is_an_error_and_its_envelope_is_read() {
    // Field 18 of the record, an event, with field 999 of it: a message of three bytes.
    let newer = [0x92, 0x01, 0x06, 0xba, 0x3e, 0x03, 0x0a, 0x01, b'x'];
    let payload = [encode(&sample()).as_ref(), &newer].concat();
    let error = decode(&payload).unwrap_err();
    assert!(matches!(error, Error::UnknownEvent { index: 1 }), "{error}");
    assert_eq!(decode_envelope(&payload).unwrap(), sample().envelope);
}

#[test]
fn a_field_of_a_newer_version_is_passed_over() {
    // Field 100 of the record: a number.
    let payload = [encode(&sample()).as_ref(), &[0xa0, 0x06, 0x2a]].concat();
    assert_eq!(decode(&payload).unwrap(), sample());
}

#[test]
fn a_record_without_events_is_refused() {
    assert_eq!(refused_field(&changed(|message| message.events.clear())), "events");
    assert_eq!(refused_field(&[]), "record_id");
}

#[test]
fn what_the_types_cannot_hold_is_refused_by_its_name() {
    use proto::event::Of;
    assert_eq!(refused_field(&changed(|message| message.log_id = Bytes::from_static(b"short"))), "log_id");
    assert_eq!(refused_field(&changed(|message| message.request_sha256.clear())), "request_sha256");
    assert_eq!(refused_field(&changed(|message| message.previous_sha256 = vec![0; 31].into())), "previous_sha256");
    assert_eq!(refused_field(&changed(|message| message.kind = 0)), "kind");
    assert_eq!(refused_field(&changed(|message| message.kind = 999)), "kind");
    let batch = proto::Batch { id: Bytes::new(), index: 0, count: 1 };
    assert_eq!(refused_field(&changed(|message| message.batch = Some(batch))), "batch.id");

    let unknown = proto::ActorRegistered { kind: "robot".to_owned() };
    assert_eq!(refused_field(&with_event(Of::ActorRegistered(unknown))), "ActorRegistered.kind");
    assert_eq!(refused_field(&with_event(Of::ClaimRead(proto::ClaimRead { claim: None }))), "Claim");
    let nameless = proto::SourceRegistered { name: None, kind: "agency".to_owned() };
    assert_eq!(refused_field(&with_event(Of::SourceRegistered(nameless))), "SourceRegistered.name");
}

#[test]
fn a_chain_has_a_speaker_and_stances_before_it() {
    let claim = |speakers| {
        proto::event::Of::ClaimRead(proto::ClaimRead { claim: Some(proto::Claim { speakers, ..Default::default() }) })
    };
    let link = |stance: &str| proto::Link {
        who: Some(proto::link::Who::Actor(vec![1; 16].into())),
        stance: stance.to_owned(),
    };
    assert_eq!(refused_field(&with_event(claim(Vec::new()))), "Claim.speakers");
    assert_eq!(refused_field(&with_event(claim(vec![link("relays")]))), "Link.stance");
    assert_eq!(refused_field(&with_event(claim(vec![link(""), link("")]))), "Link.stance");
    assert_eq!(refused_field(&with_event(claim(vec![proto::Link::default()]))), "Link.who");
    // The chain is read, and the next field is the first to be missed.
    assert_eq!(refused_field(&with_event(claim(vec![link("relays"), link("")]))), "Claim.act");
}

#[test]
fn a_policy_has_finite_numbers() {
    let published = project::Event::PolicyPublished { version: 1, policy: Policy::default() };
    let payload = encode(&Record { events: vec![published.into()], ..sample() });
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut message = proto::Record::decode(payload.as_ref()).unwrap();
        let Some(proto::event::Of::PolicyPublished(policy)) = &mut message.events[0].of else { unreachable!() };
        policy.opinions[0].r = number;
        assert_eq!(refused_field(&message.encode_to_vec()), "PolicyPublished.opinions.r");
    }
}

#[test]
fn sealed_text_is_told_apart_from_missing_text() {
    let sealed = proto::Sealed { nonce: Bytes::new(), ciphertext: Bytes::new() };
    let name = proto::Text { form: Some(proto::text::Form::Sealed(sealed)) };
    let created = proto::ProjectCreated { name: Some(name), blind: true };
    let error = decode(&with_event(proto::event::Of::ProjectCreated(created))).unwrap_err();
    assert!(matches!(error, Error::Sealed { field: "ProjectCreated.name" }), "{error}");
}

#[test]
fn the_digest_is_sha_256() {
    // FIPS 180-2, appendix B.1.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hex::encode(digest(b"abc")), abc);
}

#[test]
fn a_record_names_the_texts_that_it_captured() {
    let revision = document::Revision {
        number: 2,
        salt: Some([1; 16]),
        sha256: [2; 32],
        bytes: 300,
        code_points: 299,
        captured_at: None,
    };
    let events = vec![
        document::Event::DocumentWithdrawnByPublisher.into(),
        document::Event::DocumentRevisionCaptured(revision).into(),
    ];
    let record = Record { events, ..sample() };
    let named = TextRef {
        project: record.envelope.project,
        document: record.envelope.id,
        revision: 2,
        sha256: [2; 32],
        salt: Some([1; 16]),
        bytes: 300,
    };
    assert_eq!(texts(&record), [named]);
    assert_eq!(texts(&sample()), []);
}

#[test]
fn a_record_stands_under_project_kind_and_aggregate() {
    let expected = Address { project: Uuid::from_u128(3), kind: Kind::Actor, id: Uuid::from_u128(4) };
    assert_eq!(address(&sample().envelope), expected);
}

#[test]
fn the_headers_are_those_of_cloud_events_in_binary_mode() {
    let headers = sample().headers(None);
    let expected = [
        ("ce-specversion", "1.0"),
        ("ce-id", "00000000-0000-0000-0000-000000000001"),
        ("ce-type", "org.gainsay.PlaceholderActorIntroduced.v1"),
        ("ce-source", "/logs/00000000-0000-0000-0000-000000000002/projects/00000000-0000-0000-0000-000000000003"),
        ("ce-subject", "actor/00000000-0000-0000-0000-000000000004"),
        ("ce-time", "2021-05-04T12:00:00.000000Z"),
    ];
    assert_eq!(headers.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>(), expected);
}

#[test]
fn the_trace_context_travels_under_its_own_name() {
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = sample().headers(Some(traceparent));
    assert_eq!(headers.last(), Some(&("traceparent", traceparent.to_owned())));
}
