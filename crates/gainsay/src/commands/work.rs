//! Working through tasks at a terminal or through a pipe: a text is read, what is found in it is asked for and recorded,
//! and the task is submitted.
//!
//! Every answer is complete before anything is written, and a claim is one write: no session leaves half of one behind.
//! What was recorded is the reader's own whatever becomes of the session, and a later one finds it again.

mod answers;
mod claim;
pub(crate) mod input;
mod keeper;
mod names;
mod service;
mod summary;
mod text;

use domain::claim::Target;
use domain::id::{ActorId, IncidentId, RelationId, SourceId};
use runtime::ExitCode;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;
use wire::view;

use self::claim::{Complaint, Draft, Ground, Terms};
use self::input::{Asker, Question, Stop, say};
use self::keeper::{Keeper, Lease};
use self::names::{Names, is_absent};
use self::service::Service;
use self::summary::sentence;
use self::text::Text;
use super::in_project;
use crate::cli::Work;
use crate::client::{Client, Error};
use crate::table::count;
use crate::terminal::{Terminal, plain};

/// What the reader is asked between claims.
const MENU: &str = "what next";

/// What a reader may do with a task.
#[derive(Clone, Copy)]
enum Order {
    Claim,
    NoClaim,
    Text,
    List,
    Undo,
    Submit,
    Skip,
    Leave,
}

/// Each order by what is typed, with what it does.
const ORDERS: [(Order, &str, &str); 8] = [
    (Order::Claim, "claim", "record a claim"),
    (Order::NoClaim, "none", "record that a passage holds no claim"),
    (Order::Text, "text", "show the text again"),
    (Order::List, "list", "list what you recorded in this text"),
    (Order::Undo, "undo", "take back what you recorded last"),
    (Order::Submit, "submit", "submit what you recorded: the task is done"),
    (Order::Skip, "skip", "do not read this text: your place is free again"),
    (Order::Leave, "leave", "stop here; the lease is kept, and `gainsay work` goes on"),
];

pub(crate) async fn run(arguments: &Work) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let client = Client::from_settings(&settings)?;
    // Whoever named a wrong service or project hears of it at once, and not after repetitions.
    let _: Value = client.get_json(&format!("/v1/projects/{project}"), &[]).await?;
    let service = Service::new(client, project);
    match work(&service, &mut Asker::new()?).await {
        Ok(()) | Err(Stop::Dropped | Stop::Ended(_)) => Ok(ExitCode::Ok),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Works through one task after the other.
async fn work(service: &Service, asker: &mut Asker) -> Result<(), Stop> {
    loop {
        let Some(lease) = Lease::next(service).await? else {
            return Ok(say("There is no task for you now: all are read, or taken, or are not yours.")?);
        };
        // For its whole time, whenever it was taken; and the record of that comes after all that was written before.
        let lease = lease.renewed(service).await?;
        let is_done = sit(service, asker, &lease).await?;
        if !is_done || !asker.ask_whether("next task", Some(true)).await? {
            return Ok(());
        }
    }
}

/// Works on one task. Whether it is done.
async fn sit(service: &Service, asker: &mut Asker, lease: &Lease) -> Result<bool, Stop> {
    let task: view::Task = service.get(&format!("tasks/{}", lease.id)).await?;
    let (notices, heard) = mpsc::channel(1);
    asker.heed(heard);
    let keeper = Keeper::start(service, lease, task.lease_seconds, notices);
    let is_done = match Sitting::begin(service, lease).await {
        Ok(mut sitting) => sitting.work(asker, &keeper).await,
        Err(error) => Err(error.into()),
    };
    keeper.end().await;
    // A renewal that came after the submission finds no lease, and that is no news.
    if matches!(is_done, Ok(true)) {
        asker.heed_nothing();
    }
    is_done
}

/// Something that was recorded in the text.
struct Recorded {
    id: Uuid,
    position: u64,
    is_claim: bool,
    /// Where it stands and what it says.
    told: String,
}

/// Somebody who reads a text.
struct Sitting<'a> {
    service: &'a Service,
    lease: &'a Lease,
    document: view::Document,
    source: SourceId,
    text: Text,
    terms: Terms,
    names: Names,
    /// In the order in which it was recorded.
    recorded: Vec<Recorded>,
    /// What the last claim is about.
    before: Option<Target>,
}

impl<'a> Sitting<'a> {
    /// Fetches all that is needed to read, and what an earlier session recorded.
    async fn begin(service: &'a Service, lease: &'a Lease) -> Result<Self, Error> {
        let path = format!("documents/{}", lease.document);
        let document: view::Document = service.get(&path).await?;
        let source: Uuid = service.understood(&path, json!(document.source))?;
        let text = Text::new(&service.text(lease.document, lease.document_revision).await?);
        let codebooks: Vec<view::Codebook> = service.list("codebooks", &[]).await?;
        let terms = Terms::new(codebooks.into_iter().max_by_key(|codebook| codebook.version));
        let publisher: view::Source = service.get(&format!("sources/{source}")).await?;
        let mut names = Names::new(service);
        names.note(source, &publisher.name);
        let source = SourceId::new(source);
        let (recorded, before) = (Vec::new(), None);
        let mut sitting = Self { service, lease, document, source, text, terms, names, recorded, before };
        sitting.find_recorded().await?;
        Ok(sitting)
    }

    /// Asks what to do until the task is left. Whether it is done.
    async fn work(&mut self, asker: &mut Asker, keeper: &Keeper) -> Result<bool, Stop> {
        self.show_head(keeper)?;
        self.show_text()?;
        if !self.recorded.is_empty() {
            say(format!("\nYou recorded {} here before; `list` shows it.", self.amount()))?;
        }
        loop {
            let order = match order(asker).await {
                Err(Stop::Dropped | Stop::Ended(_)) => Order::Leave,
                order => order?,
            };
            let done = match order {
                Order::Leave => {
                    leave(keeper)?;
                    return Ok(false);
                }
                Order::Text => self.show_text().map(|()| false)?,
                Order::List => self.show_recorded().map(|()| false)?,
                Order::Claim => settled(self.record_claim(asker).await)?,
                Order::NoClaim => settled(self.record_no_claim(asker).await)?,
                Order::Undo => settled(self.undo(asker).await)?,
                Order::Submit => settled(self.submit(asker).await)?,
                Order::Skip => settled(self.skip(asker).await)?,
            };
            if done {
                return Ok(true);
            }
        }
    }

    fn show_head(&self, keeper: &Keeper) -> std::io::Result<()> {
        let terminal = Terminal::stdout();
        let source = Some(self.names.called(self.source.uuid()));
        let published = self.document.published.as_ref().map(|date| format!("published {}", plain(date)));
        let revision = Some(format!("revision {}", self.lease.document_revision));
        let until = keeper.until().map(|until| format!("yours until {until}"));
        let facts: Vec<_> = [source, published, revision, until].into_iter().flatten().collect();
        say(format!("{}\n{}\n", terminal.bold(plain(&self.document.title)), facts.join(" · ")))
    }

    fn show_text(&self) -> std::io::Result<()> {
        say(self.text.numbered(Terminal::stdout().width.into()).join("\n"))
    }

    fn show_recorded(&self) -> std::io::Result<()> {
        if self.recorded.is_empty() {
            return say("Nothing is recorded in this text.");
        }
        let lines = self.recorded.iter().enumerate().map(|(at, recorded)| format!("{:>3}  {}", at + 1, recorded.told));
        say(lines.collect::<Vec<_>>().join("\n"))
    }

    /// How much was recorded.
    fn amount(&self) -> String {
        let of = |is_claim: bool| self.recorded.iter().filter(|recorded| recorded.is_claim == is_claim).count();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        format!("{} and {}", count(number(of(true)), "claim"), count(number(of(false)), "no-claim"))
    }

    async fn record_claim(&mut self, asker: &mut Asker) -> Result<bool, Stop> {
        asker.begin();
        let recorded = self.answer_and_record(asker).await;
        // Actors that only a dropped claim names are not registered.
        self.names.forget_new();
        recorded
    }

    /// Asks for a claim, until one is recorded or dropped.
    async fn answer_and_record(&mut self, asker: &mut Asker) -> Result<bool, Stop> {
        loop {
            let Self { text, terms, source, before, names, .. } = self;
            let ground = Ground { text, terms, source: *source, before: *before };
            let draft = claim::ask(asker, names, &ground).await?;
            // What the rules refuse by themselves is refused before an actor is registered for it.
            let complaint = match draft.claim.check() {
                Err(rejection) => rejection.into(),
                Ok(()) => match self.send(asker, &draft).await? {
                    None => return Ok(false),
                    Some(complaint) => complaint,
                },
            };
            asker.refuse_all(&complaint.questions, &complaint.why)?;
        }
    }

    /// Records a claim, unless the service has something against it.
    async fn send(&mut self, asker: &mut Asker, draft: &Draft) -> Result<Option<Complaint>, Stop> {
        let shown = wire::view::claim(&draft.claim);
        // Names that cannot be had now are told as ids.
        let _ = self.names.learn(&shown).await;
        let told = format!("{} — {}", self.text.describe(&draft.evidence[0].0), sentence(&shown, &self.names));
        let body = draft.body(self.lease.document, self.lease.document_revision);
        // The same for every repetition, also when somebody asks for it after a while: it is recorded once.
        let command = Uuid::now_v7();
        let answer = loop {
            match self.write_reading(command, &body).await {
                Ok(answer) => break answer,
                Err(Error::Problem(problem)) if problem.status().is_client_error() => return Ok(Some(problem.into())),
                Err(error) => asker.fail("claim", error)?,
            }
            if !self.is_sent_again(asker).await? {
                return Ok(None);
            }
        };
        say(&told)?;
        say(format!("recorded as reading {}{}", answer["id"].as_str().unwrap_or_default(), warnings(&answer)))?;
        self.before = Some(draft.claim.proposition.target);
        self.note(&answer, true, told)?;
        Ok(None)
    }

    /// Whether to repeat what was not answered. It may have been recorded all the same, which is then looked for.
    async fn is_sent_again(&mut self, asker: &mut Asker) -> Result<bool, Stop> {
        match asker.ask_whether("send it again", Some(true)).await {
            Ok(true) => return Ok(true),
            Ok(false) | Err(Stop::Dropped) => {}
            Err(stop) => return Err(stop),
        }
        match self.find_recorded().await {
            Ok(()) => say("  `list` shows whether it was recorded")?,
            Err(error) => {
                asker.fail(MENU, error)?;
                say("  It may have been recorded: leave, and begin again to see.")?;
            }
        }
        Ok(false)
    }

    /// Sends a command, again and again under the same id if it is not answered; the answer, unless it was refused.
    async fn write(
        &mut self,
        asker: &mut Asker,
        question: &str,
        path: &str,
        body: &Value,
    ) -> Result<Option<Value>, Stop> {
        let command = Uuid::now_v7();
        loop {
            match self.service.write(command, path, Some(body)).await {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) => {
                    let is_refused = matches!(&error, Error::Problem(problem) if problem.status().is_client_error());
                    asker.fail(question, error)?;
                    if is_refused || !self.is_sent_again(asker).await? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    async fn write_reading(&mut self, command: Uuid, body: &Value) -> Result<Value, Error> {
        self.names.register().await?;
        self.service.write(command, "readings", Some(body)).await
    }

    async fn record_no_claim(&mut self, asker: &mut Asker) -> Result<bool, Stop> {
        let passage = claim::passage(asker, &self.text).await?;
        let (document, revision) = (self.lease.document, self.lease.document_revision);
        let body = json!({ "document": document, "revision": revision, "start": passage.start, "end": passage.end });
        if let Some(answer) = self.write(asker, "passage", "no-claims", &body).await? {
            let told = format!("{} — no claim", self.text.describe(&passage));
            say(&told)?;
            self.note(&answer, false, told)?;
        }
        Ok(false)
    }

    /// Notes what the service says that it recorded.
    fn note(&mut self, answer: &Value, is_claim: bool, told: String) -> Result<(), Error> {
        let id = self.service.understood("readings", answer["id"].clone())?;
        let position = self.service.understood("readings", answer["sequence"].clone())?;
        self.recorded.push(Recorded { id, position, is_claim, told });
        Ok(())
    }

    async fn undo(&mut self, asker: &mut Asker) -> Result<bool, Stop> {
        let Some(last) = self.recorded.last() else {
            asker.refuse(MENU, "nothing is recorded in this text")?;
            return Ok(false);
        };
        let (body, told) = (json!({ "position": last.position }), last.told.clone());
        if self.write(asker, MENU, "me/undo", &body).await?.is_some() {
            say(format!("taken back: {told}"))?;
            self.recorded.pop();
        }
        Ok(false)
    }

    async fn submit(&mut self, asker: &mut Asker) -> Result<bool, Stop> {
        let ids = |is_claim: bool| -> Vec<Uuid> {
            self.recorded.iter().filter(|recorded| recorded.is_claim == is_claim).map(|recorded| recorded.id).collect()
        };
        let nothing_found = self.recorded.is_empty();
        if nothing_found && !asker.ask_whether("is there nothing in this text", None).await? {
            return Ok(false);
        }
        let body = json!({ "readings": ids(true), "no_claims": ids(false), "nothing_found": nothing_found });
        let told = if nothing_found { "that nothing was found".to_owned() } else { self.amount() };
        self.finish(asker, "submit", &body, &format!("submitted {told}")).await
    }

    async fn skip(&mut self, asker: &mut Asker) -> Result<bool, Stop> {
        let help = vec!["Curators read why you do not read this text.".to_owned()];
        let question = Question { name: "reason", hint: String::new(), help };
        let reason = asker.ask(&question, async |answer| Ok(answers::text(answers::given(answer)?)?)).await?;
        self.finish(asker, "skip", &json!({ "reason": reason }), "skipped").await
    }

    /// Ends the task for this reader, if the service agrees.
    async fn finish(&mut self, asker: &mut Asker, part: &str, body: &Value, told: &str) -> Result<bool, Stop> {
        let path = format!("tasks/{}/{part}", self.lease.id);
        let Some(answer) = self.write(asker, MENU, &path, body).await? else { return Ok(false) };
        let closed = if answer["closed"] == true { "; the task is closed, for nobody else is to read it" } else { "" };
        say(format!("{told}{closed}"))?;
        Ok(true)
    }

    /// Finds what this reader recorded in this document, in this session or before.
    async fn find_recorded(&mut self) -> Result<(), Error> {
        let mine = [("document", self.lease.document.to_string()), ("author", self.lease.annotator.to_string())];
        let readings: Vec<view::Reading> =
            self.service.list("readings", &[&mine[..], &[("status", "live".to_owned())]].concat()).await?;
        self.recorded.clear();
        for reading in readings {
            let told = match (&reading.claim, &reading.passage) {
                (Some(claim), _) => self.told_of(claim).await?,
                (None, Some(passage)) => {
                    let place = self.quoted(passage).unwrap_or_else(|| "not in this revision".to_owned());
                    format!("{place} — no claim")
                }
                (None, None) => continue,
            };
            self.before = reading.claim.as_ref().and_then(target).or(self.before);
            let id = self.service.understood("readings", json!(reading.id))?;
            let (position, is_claim) = (reading.position, reading.claim.is_some());
            self.recorded.push(Recorded { id, position, is_claim, told });
        }
        Ok(())
    }

    /// What a claim says. Its marks may have gone on to a newer revision, and others' may be hidden: then it has no place in
    /// this text, and is submitted all the same.
    async fn told_of(&mut self, claim: &view::Claim) -> Result<String, Error> {
        let mut place = None;
        for id in &claim.evidence {
            let mark: view::Annotation = match self.service.get(&format!("annotations/{id}")).await {
                Ok(mark) => mark,
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(error),
            };
            let view::Annotation { document, document_revision: revision, start, end, role, .. } = mark;
            let quote = self.quoted(&view::Passage { document, revision, start, end });
            if place.is_none() || role == "content" {
                place = quote.or(place);
            }
        }
        let place = place.unwrap_or_else(|| "not in this revision".to_owned());
        self.names.learn(claim).await?;
        Ok(format!("{place} — {}", sentence(claim, &self.names)))
    }

    /// A passage of this revision as it is told.
    fn quoted(&self, passage: &view::Passage) -> Option<String> {
        let view::Passage { document, revision, start, end } = passage;
        let is_here = *document == self.document.id && *revision == self.lease.document_revision;
        let passage = self.text.passage(*start, *end).filter(|_| is_here)?;
        Some(self.text.describe(&passage))
    }
}

/// Asks what to do.
async fn order(asker: &mut Asker) -> Result<Order, Stop> {
    let words = ORDERS.map(|(_, word, _)| word);
    let hint = format!("{}; ? explains", words.join(", "));
    let help = ORDERS.map(|(_, word, does)| format!("{word:<7} {does}")).to_vec();
    let question = Question { name: MENU, hint, help };
    say("")?;
    asker.ask(&question, async |answer| Ok(ORDERS[answers::pick(answer, &words)?].0)).await
}

/// Whether the task is done after an order. One that was dropped is not, and one of which the input ends is refused.
fn settled(done: Result<bool, Stop>) -> Result<bool, Stop> {
    match done.map_err(Stop::within) {
        Err(Stop::Dropped) => say("  dropped: nothing was recorded").map(|()| Ok(false))?,
        done => done,
    }
}

fn leave(keeper: &Keeper) -> std::io::Result<()> {
    match keeper.until() {
        Some(until) => say(format!("The task stays yours until {until}; `gainsay work` goes on with it.")),
        None => say("What you recorded stays yours."),
    }
}

/// What is odd about a claim that was recorded.
fn warnings(answer: &Value) -> String {
    let warnings = answer["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let warnings: Vec<_> = warnings.map(|warning| format!("; note: {}", plain(&warning.replace('_', " ")))).collect();
    warnings.concat()
}

/// What a claim is about.
fn target(claim: &view::Claim) -> Option<Target> {
    let view::Proposition { incident, class, relation, actor, .. } = claim.proposition.as_ref()?;
    let parsed = |id: &Option<String>| id.as_ref().and_then(|id| id.parse::<Uuid>().ok());
    let incident = parsed(incident).map(|id| Target::Incident(IncidentId::new(id)));
    let class = || parsed(class).map(|id| Target::Class(IncidentId::new(id)));
    let relation = || parsed(relation).map(|id| Target::Relation(RelationId::new(id)));
    let actor = || parsed(actor).map(|id| Target::Actor(ActorId::new(id)));
    incident.or_else(class).or_else(relation).or_else(actor)
}
