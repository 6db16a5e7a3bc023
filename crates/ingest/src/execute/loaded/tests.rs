use bytes::Bytes;
use domain::Kind;
use domain::id::{CredentialId, UserId};
use domain::source::{Event, Source, SourceKind};
use domain::text::Text;
use event_log::Stored;
use uuid::Uuid;
use wire::record::{self, Envelope, Record};
use wire::subject::Address;

use super::Loaded;

const LOG: Uuid = Uuid::from_u128(1);
const ADDRESS: Address = Address { project: Uuid::from_u128(2), kind: Kind::Source, id: Uuid::from_u128(3) };

fn stored(position: u64, change: impl FnOnce(&mut Envelope)) -> Stored {
    let mut envelope = Envelope {
        record_id: Uuid::from_u128(4),
        log_id: LOG,
        project: ADDRESS.project,
        kind: ADDRESS.kind,
        id: ADDRESS.id,
        revision: 1,
        previous: None,
        author: UserId::new(Uuid::from_u128(5)),
        credential: CredentialId::new(Uuid::from_u128(6)),
        command_id: Uuid::from_u128(7),
        request_sha256: [8; 32],
        correlation_id: Uuid::from_u128(9),
        causation_id: None,
        recorded_at_us: 0,
        batch: None,
        relied_on: Vec::new(),
        schema_version: record::SCHEMA_VERSION,
    };
    change(&mut envelope);
    let name = Text::recorded("Agency".to_owned());
    let event = Event::SourceRegistered { name, kind: SourceKind::Agency };
    let payload = record::encode(&Record { envelope, events: vec![event.into()] });
    Stored { position, payload }
}

#[test]
fn records_that_name_each_other_are_folded() {
    let mut loaded = Loaded::<Source>::default();
    let first = stored(10, |_| {});
    let answered = loaded.apply(LOG, &ADDRESS, &first).expect("it is the first");
    assert_eq!(answered.command, (UserId::new(Uuid::from_u128(5)), Uuid::from_u128(7)));
    assert_eq!(answered.result.position, 10);
    let digest = record::digest(&first.payload);
    let second = stored(14, |envelope| {
        envelope.revision = 2;
        envelope.previous = Some(digest);
        envelope.author = UserId::new(Uuid::from_u128(50));
    });
    loaded.apply(LOG, &ADDRESS, &second).expect("it names the first");
    assert_eq!((loaded.revision, loaded.last), (2, 14));
    assert_eq!(loaded.creator, Some(UserId::new(Uuid::from_u128(5))), "the creator is the first author");
}

#[test]
fn a_record_that_does_not_fit_is_damage() {
    let bad: [(&str, Stored); 6] = [
        ("another log", stored(10, |envelope| envelope.log_id = Uuid::from_u128(99))),
        ("another aggregate", stored(10, |envelope| envelope.id = Uuid::from_u128(99))),
        ("another project", stored(10, |envelope| envelope.project = Uuid::from_u128(99))),
        ("a gap", stored(10, |envelope| envelope.revision = 2)),
        ("a broken chain", stored(10, |envelope| envelope.previous = Some([0; 32]))),
        ("no record", Stored { position: 10, payload: Bytes::from_static(b"\xff\xff") }),
    ];
    for (what, record) in bad {
        let damage = Loaded::<Source>::default().apply(LOG, &ADDRESS, &record);
        assert!(damage.is_err(), "{what}");
    }
}
