//! Closed vocabularies: enums whose values have one stable code each, used in JSON, in refusals and in subjects.

use std::fmt;

/// A closed vocabulary.
pub trait Code: Copy + Eq + 'static {
    /// What the vocabulary names, as a person reads it ("act", "role").
    const NAME: &'static str;
    /// Every value, in the order in which it is documented.
    const ALL: &'static [Self];
    /// The stable code of this value.
    fn as_str(self) -> &'static str;

    /// The value with this code.
    fn from_code(code: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|value| value.as_str() == code).ok_or_else(|| UnknownCode {
            name: Self::NAME,
            code: code.chars().take(64).collect(),
            known: Self::ALL.iter().map(|value| value.as_str()).collect(),
        })
    }
}

/// A code that its vocabulary does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct UnknownCode {
    /// The vocabulary.
    pub name: &'static str,
    /// What was given, cut to 64 code points.
    pub code: String,
    /// What the vocabulary has.
    pub known: Vec<&'static str>,
}

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no {}; known: {}", self.code, self.name, self.known.join(", "))
    }
}

/// Declares a closed vocabulary: the enum, its codes, and their parsing from and printing to JSON.
macro_rules! codes {
    ($(#[$meta:meta])* $vis:vis enum $name:ident as $label:literal {
        $($(#[$vmeta:meta])* $variant:ident = $code:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[$vmeta])* $variant),+ }

        impl $crate::Code for $name {
            const NAME: &'static str = $label;
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::Code::as_str(*self))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownCode;
            fn from_str(code: &str) -> Result<Self, Self::Err> {
                <Self as $crate::Code>::from_code(code)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::Code::as_str(*self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let code = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                <Self as $crate::Code>::from_code(&code).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use codes;

#[cfg(test)]
mod tests;
