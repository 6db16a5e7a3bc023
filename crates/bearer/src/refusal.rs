//! Why a token is not heard. For the log alone: to clients all of it is one answer.

/// Why a token is not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("`Authorization` is given more than once")]
    Twice,
    #[error("`Authorization` does not read `Bearer <token>`")]
    NoBearer,
    #[error("the token is not one of this installation, or was revoked, or is expired")]
    Unknown,
    #[error("the token is longer than any is")]
    Long,
    #[error("the token does not have three parts of base64url")]
    Parts,
    #[error("the header is not the JSON of one, or has members that are not accepted")]
    Header,
    #[error("the algorithm is not allowed")]
    Algorithm,
    #[error("the token is of another type")]
    Type,
    #[error("the claims are not the JSON of a token's, or one that is needed is missing")]
    Claims,
    #[error("the issuer is none of those in the settings")]
    Issuer,
    #[error("the keys of the issuer cannot be had now")]
    Away,
    #[error("the issuer has no key of this name, or the token names none among several")]
    Key,
    #[error("the key is not for this algorithm")]
    Confusion,
    #[error("the signature is not that of the key")]
    Signature,
    #[error("the token is for another audience")]
    Audience,
    #[error("the token is expired")]
    Expired,
    #[error("the token is not valid yet")]
    Early,
    #[error("the subject is empty or too long")]
    Subject,
    #[error("the claim with the roles is neither text nor a list of texts")]
    Roles,
}
