//! An earlier head of the log, as somebody kept it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;
use uuid::Uuid;
use wire::tree::Head;

use crate::failure::Usage;

/// Bytes of a file that are read: what `verify --json` prints of a log with many faults is smaller.
const BYTES_MAX: u64 = 1024 * 1024;
/// The file that stands for the standard input.
const STDIN: &str = "-";

/// Reads a head from a file, or from the standard input.
pub(super) fn read(file: &Path) -> anyhow::Result<Head> {
    let name = if file == Path::new(STDIN) { "the standard input".to_owned() } else { file.display().to_string() };
    let mut text = String::new();
    let read = || format!("cannot read the earlier head from {name}");
    let input: Box<dyn Read> = if file == Path::new(STDIN) {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(file).with_context(read)?)
    };
    input.take(BYTES_MAX).read_to_string(&mut text).with_context(read)?;
    parse(&text).map_err(|reason| Usage(format!("{name} holds no head of a log: {reason}")).into())
}

/// Reads the JSON of `log/head`, or what `verify --json` printed.
fn parse(text: &str) -> Result<Head, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    // What `verify` reports of a log with faults has a head too: that of what it found, and not of what was there.
    if value.get("sound").is_some_and(|sound| *sound != Value::Bool(true)) {
        return Err("`sound` is not true: faults were found in the log then, and its head is that of the faulty log; \
                    take one of an earlier report"
            .to_owned());
    }
    let head = match value.get("head") {
        Some(Value::Null) => return Err("`head` is null: the log that was verified then was not whole".to_owned()),
        Some(head) => head,
        None => &value,
    };
    let field = |name: &str| head.get(name).ok_or_else(|| format!("`{name}` is missing"));
    let log = field("log")?.as_str().and_then(|log| Uuid::try_parse(log).ok()).ok_or("`log` is no UUID")?;
    let size = field("size")?.as_u64().ok_or("`size` is no whole number of at least 0")?;
    let root = field("root")?.as_str().and_then(|root| hex::decode(root).ok()?.try_into().ok());
    let root = root.ok_or("`root` is no SHA-256: it has 64 hexadecimal digits")?;
    Ok(Head { log, size, root })
}

#[cfg(test)]
mod tests;
