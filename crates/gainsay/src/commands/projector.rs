//! Work on the views of a data folder that no process serves.

use std::io::{BufWriter, Write, stdout};

use event_log::server::Lock;
use runtime::ExitCode;

use crate::cli::{Dump, Projector, Rebuild};
use crate::log::{Opened, start_logging};
use crate::settings::Settings;

pub(crate) async fn run(command: &Projector) -> anyhow::Result<ExitCode> {
    match command {
        Projector::Rebuild(arguments) => rebuild(arguments).await,
        Projector::Dump(arguments) => dump(arguments),
    }
}

async fn rebuild(arguments: &Rebuild) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.common.config.as_deref())?;
    start_logging(&settings)?;
    let opened = Opened::alone(&settings).await?;
    let figures = projector::rebuild(&projector::Config::new(settings.views()), &opened.log).await;
    opened.close().await;
    let figures = figures?;
    eprintln!(
        "{} records ({} bytes) in {:.1} s, {:.0} records/s",
        figures.records,
        figures.bytes,
        figures.took.as_secs_f64(),
        figures.rate()
    );
    Ok(ExitCode::Ok)
}

fn dump(arguments: &Dump) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.common.config.as_deref())?;
    let _lock = Lock::acquire(&settings.data)?;
    let mut out = BufWriter::new(stdout().lock());
    projector::dump(&projector::Config::new(settings.views()), arguments.at, &mut out)?;
    out.flush()?;
    Ok(ExitCode::Ok)
}
