//! A user of the installation, and the tokens issued to it. Secrets are never recorded.

use crate::aggregate::aggregate_of;
use crate::id::{CredentialId, UserId};
use crate::text::Text;
use crate::{Aggregate, Rejection};
use std::collections::BTreeMap;

/// What happened to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The user became known.
    UserRegistered {
        /// The name that others see.
        display_name: Text,
    },
    /// A token was issued.
    TokenIssued {
        /// Its public id.
        token: CredentialId,
        /// When it ends, in microseconds since 1970.
        expires_at_us: i64,
        /// Whether its bearer runs the installation.
        operator: bool,
    },
    /// A token was revoked.
    TokenRevoked {
        /// Its public id.
        token: CredentialId,
    },
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::UserRegistered { .. } => "UserRegistered",
            Self::TokenIssued { .. } => "TokenIssued",
            Self::TokenRevoked { .. } => "TokenRevoked",
        }
    }
}

/// What is asked of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Issue a token, registering the user if need be.
    IssueToken {
        /// The name to register the user with.
        display_name: Text,
        /// The token's public id.
        token: CredentialId,
        /// When it ends, in microseconds since 1970.
        expires_at_us: i64,
        /// Whether its bearer runs the installation.
        operator: bool,
    },
    /// Revoke a token.
    RevokeToken {
        /// Its public id.
        token: CredentialId,
    },
}

/// A user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum User {
    /// Not known.
    #[default]
    Absent,
    /// Known.
    Registered {
        /// The name that others see.
        display_name: Text,
        /// Tokens that were not revoked, with their ends in microseconds since 1970.
        tokens: BTreeMap<CredentialId, i64>,
    },
}

impl User {
    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::IssueToken { display_name, token, expires_at_us, operator } => {
                let issued = Event::TokenIssued { token, expires_at_us, operator };
                match self {
                    Self::Absent => Ok(vec![Event::UserRegistered { display_name }, issued]),
                    Self::Registered { tokens, .. } if tokens.contains_key(&token) => {
                        Err(Rejection::conflict("id_taken", "there is a token with this id"))
                    }
                    Self::Registered { .. } => Ok(vec![issued]),
                }
            }
            Command::RevokeToken { token } => match self {
                Self::Registered { tokens, .. } if tokens.contains_key(&token) => {
                    Ok(vec![Event::TokenRevoked { token }])
                }
                Self::Registered { .. } | Self::Absent => {
                    Err(Rejection::absent("not_found", "there is no such token, or it was revoked before"))
                }
            },
        }
    }
}

impl Aggregate for User {
    aggregate_of!(User);

    fn evolve(self, event: &Event, _author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::UserRegistered { display_name }) => {
                Self::Registered { display_name: display_name.clone(), tokens: BTreeMap::new() }
            }
            (Self::Registered { display_name, mut tokens }, event) => {
                match event {
                    Event::UserRegistered { .. } => {}
                    Event::TokenIssued { token, expires_at_us, operator: _ } => {
                        tokens.insert(*token, *expires_at_us);
                    }
                    Event::TokenRevoked { token } => {
                        tokens.remove(token);
                    }
                }
                Self::Registered { display_name, tokens }
            }
            (Self::Absent, Event::TokenIssued { .. } | Event::TokenRevoked { .. }) => Self::Absent,
        }
    }
}

#[cfg(test)]
mod tests;
