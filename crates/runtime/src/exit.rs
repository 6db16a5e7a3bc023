//! Exit codes of the program: few, stable, and documented in its help.

use std::process::{ExitCode, Termination};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// Done.
    Ok = 0,
    /// An unexpected failure: a fault of the program or of the machine.
    Failure = 1,
    /// The command line or a setting is wrong.
    Usage = 2,
    /// The input breaks a rule, or the token may not do this; nothing of what was refused is
    /// stored.
    Refused = 3,
    /// A service or the log cannot be reached; the command may be repeated.
    Unavailable = 4,
    /// A verification ran to its end and found damage.
    VerificationFailed = 5,
    /// Ended by a second interrupt, without waiting for what was under way.
    Interrupted = 130,
}

impl Code {
    /// Every code, in ascending order.
    pub const ALL: [Self; 7] = [
        Self::Ok,
        Self::Failure,
        Self::Usage,
        Self::Refused,
        Self::Unavailable,
        Self::VerificationFailed,
        Self::Interrupted,
    ];

    /// What the code means, in one line of help.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Ok => "done",
            Self::Failure => "an unexpected failure",
            Self::Usage => "the command line or a setting is wrong",
            Self::Refused => "the input breaks a rule, or the token may not do this",
            Self::Unavailable => "a service or the log cannot be reached; try again",
            Self::VerificationFailed => "a verification found damage",
            Self::Interrupted => "ended by a second interrupt",
        }
    }

    /// The number that the operating system sees.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.number())
    }
}

impl Termination for Code {
    fn report(self) -> ExitCode {
        self.into()
    }
}

#[cfg(test)]
mod tests;
