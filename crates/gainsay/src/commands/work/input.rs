//! Asking questions: at a terminal with line editing, or of a pipe of which each line is an answer.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Lines, StdinLock, Write, stdin, stdout};

use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;
use tokio::sync::mpsc;
use tokio::task::block_in_place;

use super::answers;
use crate::client;
use crate::terminal::plain;

/// Tells the reader something. That nobody reads it any more is a failure: what is written is written for somebody, and a
/// session that ends there was not brought to its end.
pub(super) fn say(text: impl AsRef<str>) -> io::Result<()> {
    let mut output = stdout().lock();
    writeln!(output, "{}", text.as_ref()).and_then(|()| output.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => {
            io::Error::new(error.kind(), "nobody reads the answers: standard output is closed")
        }
        _ => error,
    })
}

/// A question as it is put.
pub(super) struct Question<'a> {
    /// What is asked for; also what a refused answer is told to be of.
    pub name: &'a str,
    /// What may be answered, in a few words.
    pub hint: String,
    /// What `?` tells.
    pub help: Vec<String>,
}

impl Question<'_> {
    fn prompt(&self) -> String {
        if self.hint.is_empty() { format!("{}: ", self.name) } else { format!("{} ({}): ", self.name, self.hint) }
    }
}

/// An answer of a pipe was not taken.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, {question}: {why}")]
pub(crate) struct RefusedAnswer {
    line: usize,
    question: String,
    why: String,
}

/// Why an answer was not understood.
pub(super) enum NotTaken {
    /// It says nothing that can be meant here.
    Refused(String),
    /// It could not be looked up.
    Failed(anyhow::Error),
}

impl From<String> for NotTaken {
    fn from(why: String) -> Self {
        Self::Refused(why)
    }
}

impl From<client::Error> for NotTaken {
    fn from(error: client::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Why questions ended before all were answered.
pub(super) enum Stop {
    /// Whoever answers does not want to answer these.
    Dropped,
    /// The pipe has no more lines.
    Ended(RefusedAnswer),
    /// It cannot go on.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<client::Error> for Stop {
    fn from(error: client::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Stop {
    /// The same where the input must not end: what was begun would be half there.
    pub fn within(self) -> Self {
        match self {
            Self::Ended(refused) => Self::Failed(refused.into()),
            stop => stop,
        }
    }
}

/// Where answers come from.
enum Input {
    /// Somebody at a terminal.
    Terminal(Box<DefaultEditor>),
    /// Lines, and how many were read.
    Pipe(Lines<StdinLock<'static>>, usize),
}

/// What was entered.
enum Entered {
    Answer(String),
    /// Ctrl-C, or Ctrl-D on an empty line.
    Dropped,
    /// A line that is no UTF-8.
    NoText,
    End,
}

/// An answer that was taken.
struct Taken {
    question: String,
    answer: String,
    line: usize,
}

/// Somebody who asks.
pub(super) struct Asker {
    input: Input,
    /// What has to be told before the next question.
    notices: Option<mpsc::Receiver<String>>,
    /// The answers since [`Asker::begin`], in the order of the questions.
    taken: Vec<Taken>,
    /// Answers to be offered for change, by question.
    earlier: BTreeMap<String, String>,
}

impl Asker {
    /// Asks at the terminal if there is one, else reads standard input.
    pub fn new() -> anyhow::Result<Self> {
        let input = if stdin().is_terminal() && stdout().is_terminal() {
            Input::Terminal(Box::new(DefaultEditor::new()?))
        } else {
            Input::Pipe(stdin().lines(), 0)
        };
        Ok(Self { input, notices: None, taken: Vec::new(), earlier: BTreeMap::new() })
    }

    /// Whether somebody sits there and may answer again.
    pub fn is_terminal(&self) -> bool {
        matches!(self.input, Input::Terminal(_))
    }

    /// Tells what comes from there before the next question.
    pub fn heed(&mut self, notices: mpsc::Receiver<String>) {
        self.notices = Some(notices);
    }

    /// Tells nothing more of what was heard.
    pub fn heed_nothing(&mut self) {
        self.notices = None;
    }

    /// Forgets earlier answers.
    pub fn begin(&mut self) {
        self.taken.clear();
        self.earlier.clear();
    }

    /// Asks until the answer is understood. A refused answer is asked again at a terminal and ends everything in a pipe.
    pub async fn ask<T>(
        &mut self,
        question: &Question<'_>,
        mut understand: impl AsyncFnMut(&str) -> Result<T, NotTaken>,
    ) -> Result<T, Stop> {
        let mut initial = self.earlier.remove(question.name).unwrap_or_default();
        loop {
            self.tell_notices()?;
            let answer = match self.read(&question.prompt(), &initial)? {
                Entered::Answer(answer) => answer.trim().to_owned(),
                Entered::Dropped => return Err(Stop::Dropped),
                Entered::NoText => {
                    return Err(Stop::Failed(self.refused(question.name, "the line is no UTF-8").into()));
                }
                Entered::End => return Err(Stop::Ended(self.refused(question.name, "the input ends here"))),
            };
            if answer == "?" {
                question.help.iter().try_for_each(|line| say(format!("  {line}")))?;
                continue;
            }
            match understand(&answer).await {
                Ok(understood) => {
                    let line = self.line();
                    self.taken.push(Taken { question: question.name.to_owned(), answer, line });
                    return Ok(understood);
                }
                Err(NotTaken::Refused(why)) => self.refuse(question.name, &why)?,
                Err(NotTaken::Failed(error)) if self.is_terminal() => say(format!("  {error:#}"))?,
                Err(NotTaken::Failed(error)) => return Err(Stop::Failed(error)),
            }
            initial = answer;
        }
    }

    /// Asks a question to which the answer is yes or no.
    pub async fn ask_whether(&mut self, name: &str, empty: Option<bool>) -> Result<bool, Stop> {
        let hint = match empty {
            Some(empty) => format!("yes, no; empty: {}", if empty { "yes" } else { "no" }),
            None => "yes, no".to_owned(),
        };
        let question = Question { name, hint, help: vec!["Answer yes or no.".to_owned()] };
        self.ask(&question, async |answer| Ok(answers::yes(answer, empty)?)).await
    }

    /// Says why the last answer was refused; with a pipe nothing comes after that.
    pub fn refuse(&self, question: &str, why: &str) -> Result<(), Stop> {
        if self.is_terminal() {
            return Ok(say(format!("  {why}"))?);
        }
        Err(Stop::Failed(self.refused(question, why).into()))
    }

    /// Says why the service did not do what an answer asked for; a session at a terminal goes on.
    pub fn fail(&self, question: &str, error: client::Error) -> Result<(), Stop> {
        match error {
            client::Error::Problem(problem) if problem.status().is_client_error() => {
                self.refuse(question, &plain(problem.detail()))
            }
            error if self.is_terminal() => Ok(say(format!("  {:#}", anyhow::Error::from(error)))?),
            error => Err(error.into()),
        }
    }

    /// Says why the answers since [`Asker::begin`] were refused together, and offers them for change; `questions` are those
    /// whose answers are at fault.
    pub fn refuse_all(&mut self, questions: &[String], why: &str) -> Result<(), Stop> {
        if self.is_terminal() {
            self.earlier = self.taken.drain(..).map(|taken| (taken.question, taken.answer)).collect();
            return Ok(say(format!("  {why}\n  Your answers are offered again; change what is wrong."))?);
        }
        let at_fault = self.taken.iter().find(|taken| questions.contains(&taken.question));
        let (question, line) = match at_fault {
            Some(taken) => (taken.question.clone(), taken.line),
            None => (questions.first().cloned().unwrap_or_else(|| "claim".to_owned()), self.line()),
        };
        Err(Stop::Failed(RefusedAnswer { line, question, why: why.to_owned() }.into()))
    }

    fn refused(&self, question: &str, why: &str) -> RefusedAnswer {
        RefusedAnswer { line: self.line(), question: question.to_owned(), why: why.to_owned() }
    }

    /// The line of a pipe that was read last.
    fn line(&self) -> usize {
        match self.input {
            Input::Terminal(_) => 0,
            Input::Pipe(_, line) => line,
        }
    }

    fn tell_notices(&mut self) -> io::Result<()> {
        while let Some(notice) = self.notices.as_mut().and_then(|notices| notices.try_recv().ok()) {
            say(notice)?;
        }
        Ok(())
    }

    fn read(&mut self, prompt: &str, initial: &str) -> anyhow::Result<Entered> {
        match &mut self.input {
            // Leases are renewed meanwhile, on the other threads.
            Input::Terminal(editor) => block_in_place(|| edit(editor, prompt, initial)),
            Input::Pipe(lines, count) => {
                // Also where the input ends, a message names the line that is missing.
                *count += 1;
                let line = match block_in_place(|| lines.next()) {
                    Some(Ok(line)) => line,
                    Some(Err(error)) if error.kind() == io::ErrorKind::InvalidData => return Ok(Entered::NoText),
                    Some(Err(error)) => return Err(error.into()),
                    None => return Ok(Entered::End),
                };
                // What a terminal would have echoed, so that the transcript reads as a session.
                say(format!("{prompt}{line}"))?;
                Ok(Entered::Answer(line))
            }
        }
    }
}

fn edit(editor: &mut DefaultEditor, prompt: &str, initial: &str) -> anyhow::Result<Entered> {
    match editor.readline_with_initial(prompt, (initial, "")) {
        Ok(line) => {
            editor.add_history_entry(&line)?;
            Ok(Entered::Answer(line))
        }
        Err(ReadlineError::Interrupted | ReadlineError::Eof) => Ok(Entered::Dropped),
        Err(error) => Err(error.into()),
    }
}
