//! The name of the projector of a data folder.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use event_log::control::Instance;
use uuid::Uuid;

use crate::private;
use crate::settings::Settings;

/// Random hexadecimal digits of a name that nobody has chosen: the projectors of one log are few.
const DIGITS: usize = 8;

/// The name that the settings give, or the one that is kept in the data folder, or a new one. It is kept.
pub(crate) fn ensure(settings: &Settings) -> anyhow::Result<Instance> {
    let before = kept(settings);
    let instance = settings.instance.clone().or_else(|| before.clone()).unwrap_or_else(new);
    if before.as_ref() != Some(&instance) {
        let path = path(settings);
        private::write(&path, instance.to_string().as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(instance)
}

/// The name that is kept in the data folder.
pub(crate) fn kept(settings: &Settings) -> Option<Instance> {
    fs::read_to_string(path(settings)).ok()?.trim().parse().ok()
}

fn path(settings: &Settings) -> PathBuf {
    settings.data.join("instance")
}

fn new() -> Instance {
    let digits = Uuid::new_v4().simple().to_string();
    let name = format!("projector-{}", &digits[..DIGITS]);
    name.parse().expect("letters, digits and a hyphen make a name")
}

#[cfg(test)]
mod tests;
