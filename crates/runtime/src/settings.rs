//! Settings from flags, the environment, a file and defaults: the first of these that names a
//! setting holds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider, Source};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What every environment variable of the program starts with.
pub const ENV_PREFIX: &str = "GAINSAY_";

/// The environment variable that names the file of settings, where no flag does.
pub const ENV_FILE: &str = "GAINSAY_CONFIG";

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file was named and cannot be read.
    #[error("cannot read the settings file `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file names a setting that does not exist.
    #[error("`{}` names a setting that does not exist, `{key}`; there are: {known}", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The setting.
        key: String,
        /// The settings that do exist, separated by commas.
        known: String,
    },
    /// A value does not fit its setting, or the file is not TOML.
    #[error("{0}")]
    Invalid(String),
}

/// Where settings come from.
///
/// The environment is handed in, so that reading settings is a function of its arguments.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    flags: Value,
    environment: Vec<(String, String)>,
    file: Option<PathBuf>,
}

impl Sources {
    /// The environment of this process, and the file it names.
    #[must_use]
    pub fn from_environment() -> Self {
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::default().environment(environment)
    }

    /// These environment variables, and the file they name; variables without the prefix, empty
    /// ones and ones that name no setting are passed over. (Orchestrators inject variables named
    /// after services, such as `GAINSAY_SERVICE_HOST`.)
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment = variables.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        self
    }

    /// The file named by a flag.
    #[must_use]
    pub fn file(mut self, file: Option<PathBuf>) -> Self {
        self.file = file;
        self
    }

    /// The flags given on the command line: a struct with the names of the settings, `None` where a
    /// flag was not given.
    #[must_use]
    pub fn flags(mut self, flags: &impl Serialize) -> Self {
        self.flags = serde_json::to_value(flags).expect("flags are plain values with string keys");
        self
    }

    /// Reads the settings `T`.
    ///
    /// `T` must serialise every setting it has, `None` included, and flatten nothing: its default
    /// is the list of names that exist. In the environment a setting is `GAINSAY_` and its name in
    /// capitals; a list is separated by commas.
    pub fn read<T: Default + Serialize + DeserializeOwned>(&self) -> Result<T, Error> {
        let defaults = serde_json::to_value(T::default()).expect("settings are plain values with string keys");
        let mut figment = Figment::from(Layer::new("default", without_nulls(defaults.clone())));
        if let Some(path) = self.file_path() {
            figment = figment.merge(read_file(&path, &defaults)?);
        }
        for layer in self.environment_layers(&defaults) {
            figment = figment.merge(layer);
        }
        figment = figment.merge(Layer::new("command line flag", without_nulls(self.flags.clone())));
        figment.extract_lossy().map_err(|error| invalid(&error))
    }

    fn file_path(&self) -> Option<PathBuf> {
        let named = self.environment.iter().find(|(name, _)| name == ENV_FILE);
        self.file.clone().or_else(|| named.map(|(_, path)| PathBuf::from(path)))
    }

    fn environment_layers(&self, defaults: &Value) -> Vec<Layer> {
        let settings = defaults.as_object().into_iter().flatten();
        settings
            .filter_map(|(key, default)| {
                let variable = format!("{ENV_PREFIX}{}", key.to_uppercase());
                let (_, text) = self.environment.iter().find(|(name, _)| *name == variable)?;
                let value = if default.is_array() {
                    text.split(',').map(str::trim).collect()
                } else {
                    Value::from(text.as_str())
                };
                let one: serde_json::Map<_, _> = [(key.clone(), value)].into_iter().collect();
                Some(Layer::new(format!("environment variable `{variable}`"), one.into()))
            })
            .collect()
    }
}

fn read_file(path: &Path, defaults: &Value) -> Result<impl Provider + use<>, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
    let layer = FileLayer { path: path.to_owned(), text };
    let data = layer.data().map_err(|error| invalid(&error.with_path("")))?;
    let known: BTreeSet<&str> = defaults.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    match data.values().flat_map(Dict::keys).find(|key| !known.contains(key.as_str())) {
        Some(key) => Err(Error::Unknown {
            path: path.to_owned(),
            key: key.clone(),
            known: known.into_iter().collect::<Vec<_>>().join(", "),
        }),
        None => Ok(layer),
    }
}

/// One message for each value that does not fit, naming the setting and where the value comes from.
fn invalid(error: &figment::Error) -> Error {
    let lines = error.clone().into_iter().map(|error| {
        let source = error.metadata.as_ref().map(|metadata| match &metadata.source {
            Some(source @ Source::File(_)) => format!("{} `{source}`", metadata.name),
            _ => metadata.name.to_string(),
        });
        let key = error.path.join(".");
        match (key.is_empty(), source) {
            (false, Some(source)) => format!("setting `{key}` from {source}: {}", error.kind),
            (false, None) => format!("setting `{key}`: {}", error.kind),
            (true, Some(source)) => format!("{source}: {}", error.kind),
            (true, None) => error.kind.to_string(),
        }
    });
    Error::Invalid(lines.collect::<Vec<_>>().join("; "))
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(key, member)| (key, without_nulls(member)))
            .collect(),
        other => other,
    }
}

/// Values with the name of the place they come from.
struct Layer {
    name: String,
    values: Value,
}

impl Layer {
    fn new(name: impl Into<String>, values: Value) -> Self {
        Self { name: name.into(), values }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        match &self.values {
            Value::Null => Ok(Map::new()),
            values => Serialized::defaults(values).data(),
        }
    }
}

struct FileLayer {
    path: PathBuf,
    text: String,
}

impl Provider for FileLayer {
    fn metadata(&self) -> Metadata {
        Metadata::from("settings file", Source::File(self.path.clone()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Toml::string(&self.text).data().map_err(|error| {
            let mut error = error;
            error.metadata = Some(self.metadata());
            error
        })
    }
}

#[cfg(test)]
mod tests;
