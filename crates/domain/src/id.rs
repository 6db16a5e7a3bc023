//! Identifiers: UUIDs, one type for each kind of thing, so that an actor is never passed where a source is meant.

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The identifier with these bits.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self { Self(uuid) }
            /// The bare UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid { self.0 }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self { Self(uuid) }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
    )+};
}

ids! {
    /// A project.
    ProjectId,
    /// A user: the opaque author of records.
    UserId,
    /// A token, the credential that a request came with.
    CredentialId,
    /// A source: an organisation that publishes.
    SourceId,
    /// A document.
    DocumentId,
    /// An incident or a class of incidents.
    IncidentId,
    /// An actor.
    ActorId,
    /// One asserted name of an actor.
    NameId,
    /// A possible edge between two actors.
    RelationId,
    /// A marked passage.
    AnnotationId,
    /// One annotator's reading of one passage.
    ReadingId,
    /// A derivation of one passage from another, or an origin.
    DerivationId,
    /// A judgement on whether two are one.
    JudgementId,
    /// An adjudication.
    AdjudicationId,
    /// An assessment.
    AssessmentId,
    /// A task.
    TaskId,
}

/// The namespace of user ids that are made from handles.
const USER_NAMESPACE: Uuid = Uuid::from_u128(0x7d0c_52b1_3a54_5d2e_9c41_6b7f_4f1e_a201);

/// The namespace of user ids that are made from an issuer and its subject.
const SUBJECT_NAMESPACE: Uuid = Uuid::from_u128(0x2f6d_8e07_41b9_5c3a_a7d4_90e1_5b28_cc63);

/// The project segment of aggregates that belong to the whole installation (users).
pub const INSTALLATION: ProjectId = ProjectId::new(Uuid::nil());

impl UserId {
    /// The user with this handle: the same handle names the same user in every installation, without a look-up.
    #[must_use]
    pub fn from_handle(handle: &Handle) -> Self {
        Self(Uuid::new_v5(&USER_NAMESPACE, handle.as_str().as_bytes()))
    }

    /// The user whom an OpenID Connect issuer calls by this subject: the name is the length of the issuer in bytes, a
    /// colon, the issuer and the subject, so that no two pairs have one name.
    #[must_use]
    pub fn from_subject(issuer: &str, subject: &str) -> Self {
        Self(Uuid::new_v5(&SUBJECT_NAMESPACE, format!("{}:{issuer}{subject}", issuer.len()).as_bytes()))
    }
}

/// A user's short name, `[a-z0-9._-]{1,64}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(String);

impl Handle {
    /// Parses a handle; `None` when it is empty, longer than 64 or has another character.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len());
        let plain = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
        (fits && plain).then(|| Self(text.to_owned()))
    }

    /// The handle as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of the n-th thing that a command creates: n = 0 is the resource, 1… what it creates along with it.
///
/// A retry with the same key arrives at the same id, is refused by the log's expectation, and finds itself there.
#[must_use]
pub fn derived(project: ProjectId, user: UserId, key: Uuid, n: usize) -> Uuid {
    Uuid::new_v5(&project.uuid(), format!("{user}/{key}/{n}").as_bytes())
}

#[cfg(test)]
mod tests;
