//! The JSON bodies of commands: what clients send, as the OpenAPI document describes it, on its way to the domain.

pub(crate) mod actor;
pub(crate) mod adjudication;
pub(crate) mod annotation;
pub(crate) mod assessment;
pub(crate) mod derivation;
pub(crate) mod document;
pub(crate) mod incident;
pub(crate) mod judgement;
pub(crate) mod object;
pub(crate) mod patch;
pub(crate) mod project;
pub(crate) mod reading;
pub(crate) mod relation;
pub(crate) mod source;
pub(crate) mod task;
pub(crate) mod token;

use std::borrow::Cow;

use domain::text::Text;
use domain::{Code, Fact, Rejection, access, claim, policy};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Names the schemas of vocabularies: a vocabulary is the domain's, which knows nothing of schemas.
macro_rules! vocabularies {
    ($($schema:ident = $code:ty, $name:literal);+ $(;)?) => {$(
        #[doc = concat!("The schema `", $name, "`.")]
        pub(crate) enum $schema {}

        impl PartialSchema for $schema {
            fn schema() -> RefOr<Schema> {
                let codes = <$code as Code>::ALL.iter().map(|value| value.as_str());
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).into()
            }
        }

        impl ToSchema for $schema {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    )+};
}

vocabularies! {
    ActCode = claim::Act, "Act";
    ActorKindCode = domain::actor::ActorKind, "ActorKind";
    CertaintyCode = claim::Certainty, "Certainty";
    ConfidenceCode = domain::assessment::Confidence, "Confidence";
    DerivationTypeCode = domain::derivation::DerivationType, "DerivationType";
    FacetCode = claim::Facet, "Facet";
    GenericCode = policy::Generic, "GenericTreatment";
    IdentityVerdictCode = domain::identity::Verdict, "IdentityVerdict";
    LetterCode = domain::assessment::Letter, "AdmiraltyLetter";
    LikelihoodCode = domain::assessment::Likelihood, "Likelihood";
    MemberRoleCode = access::Role, "MemberRole";
    OutcomeCode = domain::adjudication::Outcome, "FindingOutcome";
    PolarityCode = claim::Polarity, "Polarity";
    ReadingsCode = policy::Readings, "ReadingSet";
    RelationStanceCode = domain::relation::RelationStance, "RelationStance";
    RelationTypeCode = domain::relation::RelationType, "RelationType";
    RoleCode = claim::Role, "Role";
    ScaleCode = domain::assessment::Scale, "Scale";
    ScopeCode = claim::Scope, "Scope";
    SourceKindCode = domain::source::SourceKind, "SourceKind";
    SourceRelationCode = domain::source::SourceRelation, "SourceRelationType";
    SpanRoleCode = domain::annotation::SpanRole, "SpanRole";
    StanceCode = claim::Stance, "Stance";
    StandardCode = domain::adjudication::Standard, "StandardOfProof";
    StrictnessCode = domain::anchor::Strictness, "AnchorStrictness";
    SubjectCode = domain::identity::Subject, "IdentityKind";
    UnidentifiedKindCode = claim::UnidentifiedKind, "UnidentifiedKind";
    VerdictCode = domain::derivation::Verdict, "DerivationVerdict";
}

/// Parses each text of a list.
fn texts(list: Vec<String>, len_max: usize, pointer: &str) -> Result<Vec<Text>, Rejection> {
    check_len(list.len(), len_max, pointer)?;
    let parse = |(at, text): (usize, String)| Text::parse(text, &format!("{pointer}/{at}"));
    list.into_iter().enumerate().map(parse).collect()
}

fn plain(texts: &[Text]) -> Vec<String> {
    texts.iter().map(|text| text.as_str().to_owned()).collect()
}

/// Refuses a list that is too long, before anything that it names is looked up.
fn check_len(len: usize, len_max: usize, pointer: &str) -> Result<(), Rejection> {
    if len <= len_max {
        return Ok(());
    }
    Err(Rejection::invalid("list_too_long", format!("at most {len_max} entries are taken"))
        .at(pointer)
        .with("len_max", Fact::Number(len_max as u64)))
}

/// Refuses a list that names something twice.
fn check_distinct<T: PartialEq>(list: &[T], pointer: &str) -> Result<(), Rejection> {
    match (1..list.len()).find(|&at| list[..at].contains(&list[at])) {
        None => Ok(()),
        Some(at) => {
            let detail = "the entry stands twice in the list";
            Err(Rejection::invalid("list_repeats", detail).at(format!("{pointer}/{at}")))
        }
    }
}

/// A language tag has the form of BCP 47: letters and digits in groups of up to eight, joined by hyphens.
fn language(tag: Option<String>, pointer: &str) -> Result<Option<Text>, Rejection> {
    let Some(tag) = tag else { return Ok(None) };
    let fits = |group: &str| (1..=8).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if tag.len() <= LANGUAGE_LEN_MAX && tag.split('-').all(fits) {
        return Text::parse(tag, pointer).map(Some);
    }
    Err(Rejection::invalid("language_invalid", "a language is a BCP 47 tag, such as `en` or `ar-IQ`").at(pointer))
}

/// The longest language tag taken, in bytes: RFC 5646, 4.4.1 recommends 35, and extensions are rare.
const LANGUAGE_LEN_MAX: usize = 64;
