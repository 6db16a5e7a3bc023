//! What a run prints: a line for each figure, with its bound and how it was measured.

/// What the acceptance asks of a figure.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    /// Nothing: it stands beside another one.
    None,
    /// At least this much.
    AtLeast(f64),
    /// At most this much.
    AtMost(f64),
}

/// The figures of a run.
#[derive(Debug, Default)]
pub struct Report {
    missed: Vec<String>,
}

impl Report {
    /// Prints a figure; `unit` comes right after the number, `how` says how it was measured.
    pub fn figure(&mut self, name: &str, value: f64, unit: &str, bound: Bound, how: &str) {
        let (met, bound) = match bound {
            Bound::None => (None, String::new()),
            Bound::AtLeast(least) => (Some(value >= least), format!(" (at least {}{unit})", number(least))),
            Bound::AtMost(most) => (Some(value <= most), format!(" (at most {}{unit})", number(most))),
        };
        if met == Some(false) {
            self.missed.push(name.to_owned());
        }
        let mark = match met {
            None => "      ",
            Some(true) => "ok    ",
            Some(false) => "MISSED",
        };
        println!("  {mark} {name}: {}{unit}{bound}; {how}", number(value));
    }

    /// Begins a part of the run.
    pub fn part(&mut self, name: &str) -> &mut Self {
        println!("{name} (load average {})", crate::machine::load_average());
        self
    }

    /// Takes over what another process of the run missed, which printed it itself.
    pub fn missed_elsewhere(&mut self, name: &str) {
        self.missed.push(name.to_owned());
    }

    /// Says what was missed.
    pub fn finish(&self) {
        match &self.missed[..] {
            [] => println!("every bound was met"),
            missed => println!("bounds missed: {}", missed.join("; ")),
        }
    }

    /// Whether a bound was missed.
    pub fn is_missed(&self) -> bool {
        !self.missed.is_empty()
    }
}

/// As many digits as a figure deserves.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
