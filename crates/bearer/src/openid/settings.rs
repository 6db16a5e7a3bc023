//! What an operator says about providers.

use jsonwebtoken::Algorithm;

use super::fetch::Address;
use super::roles::Path;

/// The algorithms that are allowed where nothing is said.
pub const ALGORITHMS_DEFAULT: [&str; 3] = ["RS256", "ES256", "EdDSA"];
/// Every algorithm that may be allowed: those with a key that is public.
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// What an operator says about providers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The issuers, as their tokens write them in `iss`. None: no tokens of providers are heard.
    pub issuers: Vec<String>,
    /// What tokens must name in `aud`.
    pub audience: Option<String>,
    /// Where the keys are, for an issuer without a discovery document.
    pub jwks_uri: Option<String>,
    /// The algorithms that are allowed; [`ALGORITHMS_DEFAULT`] when empty.
    pub algorithms: Vec<String>,
    /// The claim with roles; without it tokens give none.
    pub roles_claim: Option<String>,
}

/// Why settings cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// An issuer that cannot be one.
    #[error("`{0}` is no issuer: an issuer is an https URL without `?` and `#`, or an http URL on loopback")]
    Issuer(String),
    /// An issuer twice.
    #[error("the issuer `{0}` is given twice")]
    Repeated(String),
    /// No audience.
    #[error("an issuer needs `oidc_audience`: what its tokens for this service name in `aud`")]
    Audience,
    /// A setting without the issuer that it is about.
    #[error("`{0}` says something about an issuer, and `oidc_issuer` names none")]
    WithoutIssuer(&'static str),
    /// An address of keys that cannot be one.
    #[error("`{0}` cannot be asked for keys: give an https URL, or an http URL on loopback")]
    JwksUri(String),
    /// One address of keys for several issuers.
    #[error("`oidc_jwks_uri` is for one issuer: several are asked for the addresses of their keys")]
    JwksUriOfSeveral,
    /// An algorithm that is never allowed.
    #[error("`{0}` cannot be allowed; there are: {known}", known = ALGORITHMS.map(|(name, _)| name).join(", "))]
    Algorithm(String),
    /// A claim that names nothing.
    #[error("`{0}` names no claim: write names with `.` between them, or a JSON pointer")]
    RolesClaim(String),
}

/// Settings that can be used.
pub(super) struct Checked {
    pub issuers: Vec<Issuer>,
    pub audience: String,
    pub algorithms: Vec<Algorithm>,
    pub roles: Option<Path>,
}

/// An issuer and where its keys are told.
#[derive(Debug)]
pub(super) struct Issuer {
    pub name: String,
    /// The discovery document.
    pub discovery: Address,
    /// The keys, where the settings say so.
    pub keys: Option<Address>,
}

impl Settings {
    pub(super) fn check(&self) -> Result<Option<Checked>, SettingsError> {
        let keys = self.keys()?;
        let algorithms = self.algorithms()?;
        let roles = self.roles()?;
        let audience = self.audience.as_ref().filter(|audience| !audience.is_empty());
        if self.issuers.is_empty() {
            let orphans = [
                ("oidc_audience", audience.is_some()),
                ("oidc_jwks_uri", keys.is_some()),
                ("oidc_algorithms", !self.algorithms.is_empty()),
                ("oidc_roles_claim", roles.is_some()),
            ];
            let orphan = orphans.into_iter().find(|(_, given)| *given);
            return orphan.map_or(Ok(None), |(name, _)| Err(SettingsError::WithoutIssuer(name)));
        }
        let audience = audience.ok_or(SettingsError::Audience)?.clone();
        if keys.is_some() && self.issuers.len() > 1 {
            return Err(SettingsError::JwksUriOfSeveral);
        }
        let mut issuers: Vec<Issuer> = Vec::new();
        for name in &self.issuers {
            if issuers.iter().any(|issuer| issuer.name == *name) {
                return Err(SettingsError::Repeated(name.clone()));
            }
            let discovery = discovery(name).ok_or_else(|| SettingsError::Issuer(name.clone()))?;
            issuers.push(Issuer { name: name.clone(), discovery, keys: keys.clone() });
        }
        Ok(Some(Checked { issuers, audience, algorithms, roles }))
    }

    fn keys(&self) -> Result<Option<Address>, SettingsError> {
        let given = self.jwks_uri.as_ref();
        given.map(|uri| Address::parse(uri).ok_or_else(|| SettingsError::JwksUri(uri.clone()))).transpose()
    }

    fn algorithms(&self) -> Result<Vec<Algorithm>, SettingsError> {
        let names: Vec<&str> = match &*self.algorithms {
            [] => ALGORITHMS_DEFAULT.to_vec(),
            given => given.iter().map(String::as_str).collect(),
        };
        names.into_iter().map(|name| algorithm(name).ok_or_else(|| SettingsError::Algorithm(name.to_owned()))).collect()
    }

    fn roles(&self) -> Result<Option<Path>, SettingsError> {
        let given = self.roles_claim.as_ref();
        given.map(|claim| Path::parse(claim).ok_or_else(|| SettingsError::RolesClaim(claim.clone()))).transpose()
    }
}

/// The algorithm of this name, in the one spelling that it has.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    ALGORITHMS.into_iter().find(|(known, _)| *known == name).map(|(_, algorithm)| algorithm)
}

/// Where an issuer describes itself: OpenID Connect Discovery 1.0, section 4.
fn discovery(issuer: &str) -> Option<Address> {
    if issuer.contains(['?', '#']) {
        return None;
    }
    Address::parse(issuer)?;
    Address::parse(&format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')))
}
