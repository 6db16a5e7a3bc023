//! The command line.

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use event_log::control::Instance;
use runtime::ExitCode;
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// Who says who did it: an event-sourced annotation engine for contested attribution.
#[derive(Debug, Parser)]
#[command(name = "gainsay", version, propagate_version = true, after_long_help = after_help(), max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process: the log, ingest, projector and query.
    ///
    /// A nats-server is started along and ended with it. The first start writes a token for the operator to
    /// `<data>/operator.token`.
    Serve(Serve),
    /// Run the write side alone; any number of them may run.
    ///
    /// The first start writes a token for the operator to `<data>/operator.token`.
    Ingest(Ingest),
    /// Run a projector alone, or work on its views.
    ///
    /// It follows the log into the views in its data folder and answers questions about them over NATS. Several of them,
    /// each with a data folder of its own, are several full copies.
    Projector(Box<Projector>),
    /// Run the read side alone; any number of them may run.
    Query(Query),
    /// Issue and revoke tokens.
    #[command(subcommand)]
    Token(Token),
    /// Create projects.
    #[command(subcommand)]
    Project(Project),
    /// Import lines of NDJSON: `{"resource": "readings", "key": "...", "body": {...}}`.
    ///
    /// A line that is refused does not stop the rest; it is named with its fields on standard error, and the exit code
    /// is then 3. To import twice is safe: what is there already is counted and not stored again. The lines are one batch,
    /// which `import revert` takes back.
    Import(Import),
    /// List the batches that were imported, and what became of them.
    Imports(Imports),
    /// Take back your own last change in a project; again, the one before that.
    Undo(Undo),
    /// Erase the text of a document's revision, for good and as of every moment. Admins alone may.
    ///
    /// The log keeps that there was a text, its length, and who erased it when and why. What was marked and read in it stays, and
    /// is quoted no more. Archives that were exported before have the text still: delete them, and export anew.
    Erase(Erase),
    /// Show the dispute board of an incident: who says who did it.
    Board(Board),
    /// Show from which documents an incident's attribution comes, and who copies whom.
    Origins(OfIncident),
    /// Show what is said about an incident in the order in which it was said, and what replaces or withdraws what.
    Timeline(Timeline),
    /// Step through an incident's history, record by record, with what each changed on its board.
    Replay(Replay),
    /// Show how far annotators agree on what the same passages say.
    Agreement(Agreement),
    /// Show who says that a relation between two actors holds, and who says that it does not.
    Relation(OfRelation),
    /// Show what an actor says and what is said of it, or what a source reports and passes on.
    #[command(subcommand)]
    Ledger(Ledger),
    /// List the readings that take no part in any board, and what they lack.
    Orphans(Worklist),
    /// List what asks for attention: speakers who say both that it is so and that it is not.
    Inbox(Worklist),
    /// Show what was ruled on your own readings.
    Feedback(Worklist),
    /// Open tasks, and lease, submit and skip them.
    #[command(subcommand)]
    Task(Task),
    /// Work through tasks in the terminal: read a text, record the claims in it, and submit.
    ///
    /// It leases the next task, shows the text with numbered lines and asks for each claim by prompts; `?` explains a
    /// prompt. What was recorded stays if the session breaks off, and the next session goes on with it. The lease is renewed
    /// meanwhile. Where standard input is no terminal, each line answers one question; a refused answer ends the session with
    /// code 3 and names its line.
    Work(Work),
    /// Show who has which document open now.
    Presence(Presence),
    /// Show which actors, incidents or readings are judged to be one, and what else may be; with two ids, what a
    /// judgement on these would change.
    Identity(Identity),
    /// Suggest what people then confirm or reject.
    #[command(subcommand)]
    Suggest(Suggest),
    /// Show every record about a subject, in order.
    History(History),
    /// Print the project's records as NDJSON, whole and in order.
    Events(Events),
    /// Print the project's records as they come, one a line, until interrupted; goes on by itself after a break.
    Changes(Changes),
    /// Write an archive, to be kept elsewhere.
    #[command(subcommand)]
    Export(Export),
    /// Read the whole log and prove that nothing is missing, changed or out of order.
    ///
    /// Uses the nats-server of a running `serve`, or starts one on a data folder that no process serves. With `--archive` it
    /// reads an archive, and needs no server.
    Verify(Verify),
    /// Check what gainsay needs and say what to do where something is amiss.
    Doctor(Doctor),
    /// Ask a service whether it is ready, as health checks of containers do.
    ///
    /// Exits with 0 when it is and with 1 when it is not, and then says which check fails.
    Health(Health),
}

/// Settings of every command.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Common {
    /// File of settings (TOML); a flag or the environment overrides it [env: `GAINSAY_CONFIG`]
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Folder of data [env: `GAINSAY_DATA`] [default: `~/.local/share/gainsay`]
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
}

/// What is logged.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Logging {
    /// Form of log lines: auto, human or json [env: `GAINSAY_LOG_FORMAT`] [default: auto]
    #[arg(long, value_name = "FORM", value_parser = ["auto", "human", "json"])]
    pub log_format: Option<String>,
    /// What is logged, such as `info,projector=debug` [env: `GAINSAY_LOG_FILTER`] [default: info for services, else warn]
    #[arg(long, value_name = "FILTER")]
    pub log_filter: Option<String>,
}

/// Which nats-server holds the log.
#[derive(Debug, Args, Serialize)]
pub(crate) struct LogServer {
    /// A nats-server that runs already, or the nodes of a cluster, separated by commas; without it `serve` and commands on
    /// the log start one along, and the other services use `nats://127.0.0.1:4222` [env: `GAINSAY_NATS_URL`]
    #[arg(long, value_name = "URL")]
    pub nats_url: Option<String>,
    /// Its monitoring endpoint, where its durability is observed; those of all nodes, separated by commas
    /// [env: `GAINSAY_NATS_MONITOR_URL`]
    #[arg(long, value_name = "URL")]
    pub nats_monitor_url: Option<String>,
    /// User at that server [env: `GAINSAY_NATS_USER`]
    #[arg(long, value_name = "NAME")]
    pub nats_user: Option<String>,
    /// Password of that user; better in a file [env: `GAINSAY_NATS_PASSWORD`]
    #[arg(long, value_name = "PASSWORD")]
    pub nats_password: Option<String>,
    /// File with that password, such as a secret of a container [env: `GAINSAY_NATS_PASSWORD_FILE`]
    #[arg(long, value_name = "FILE")]
    pub nats_password_file: Option<PathBuf>,
    /// A `.creds` file for that server [env: `GAINSAY_NATS_CREDENTIALS`]
    #[arg(long, value_name = "FILE")]
    pub nats_credentials: Option<PathBuf>,
    /// Copies of the log, the texts and the credentials: 3 or more in a cluster [env: `GAINSAY_LOG_REPLICAS`] [default: 1]
    #[arg(long, value_name = "NUMBER")]
    pub log_replicas: Option<NonZero<u8>>,
    /// Accept a server that may lose acknowledged records in a power loss [env: `GAINSAY_ALLOW_UNSAFE_LOG`]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub allow_unsafe_log: Option<bool>,
}

/// A nats-server that is started along.
#[derive(Debug, Args, Serialize)]
pub(crate) struct OwnServer {
    /// Memory of the own nats-server above which it is ended [env: `GAINSAY_NATS_MEMORY_LIMIT_MIB`] [default: 2048]
    #[arg(long, value_name = "MIB")]
    pub nats_memory_limit_mib: Option<u64>,
}

/// Settings of everything that works on the log.
#[derive(Debug, Args, Serialize)]
pub(crate) struct OnLog {
    #[command(flatten)]
    #[serde(flatten)]
    pub common: Common,
    #[command(flatten)]
    #[serde(flatten)]
    pub logging: Logging,
    #[command(flatten)]
    #[serde(flatten)]
    pub log: LogServer,
}

/// Settings of every service.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Service {
    #[command(flatten)]
    #[serde(flatten)]
    pub on_log: OnLog,
    /// Where to listen; port 0 takes a free one [env: `GAINSAY_LISTEN`] [default: 127.0.0.1 and port 7180 for `serve`, 7181
    /// for `ingest`, 7182 for `query`, 7183 for `projector`]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Write the address to this file once requests are taken [env: `GAINSAY_PORT_FILE`]
    #[arg(long, value_name = "FILE")]
    pub port_file: Option<PathBuf>,
}

/// OpenID Connect providers whose tokens are heard beside those of the installation.
#[derive(Debug, Args, Serialize)]
#[expect(clippy::struct_field_names, reason = "a flag has the name of its setting")]
pub(crate) struct Oidc {
    /// An issuer, as its tokens write it in `iss`: an https URL, or an http URL on loopback; repeatable. Its user is the one
    /// that `token user` tells [env: `GAINSAY_OIDC_ISSUER`]
    #[arg(long, value_name = "URL")]
    #[serde(serialize_with = "given")]
    pub oidc_issuer: Vec<String>,
    /// What tokens for this service name in `aud`; needed with an issuer [env: `GAINSAY_OIDC_AUDIENCE`]
    #[arg(long, value_name = "AUDIENCE")]
    pub oidc_audience: Option<String>,
    /// Where the keys of the one issuer are [env: `GAINSAY_OIDC_JWKS_URI`] [default: as
    /// `<issuer>/.well-known/openid-configuration` says]
    #[arg(long, value_name = "URL")]
    pub oidc_jwks_uri: Option<String>,
    /// Algorithms that tokens may be signed with, separated by commas: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384
    /// or EdDSA [env: `GAINSAY_OIDC_ALGORITHMS`] [default: RS256,ES256,EdDSA]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    #[serde(serialize_with = "given")]
    pub oidc_algorithms: Vec<String>,
    /// The claim with roles, such as `realm_access.roles`, or a JSON pointer: `gainsay:<project>:<role>` gives a role beside
    /// those of the project, `gainsay:operator` everything; other roles are passed over [env: `GAINSAY_OIDC_ROLES_CLAIM`]
    /// [default: none, and only projects give roles]
    #[arg(long, value_name = "CLAIM")]
    pub oidc_roles_claim: Option<String>,
}

/// Who may read, and from where.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Readers {
    /// A project that anybody may read without a token; on loopback only, repeatable [env: `GAINSAY_ANONYMOUS_READER`]
    #[arg(long, value_name = "PROJECT")]
    #[serde(serialize_with = "given")]
    pub anonymous_reader: Vec<Uuid>,
    /// An origin whose pages may call the service; repeatable [env: `GAINSAY_CORS_ORIGINS`]
    #[arg(long, value_name = "ORIGIN")]
    #[serde(serialize_with = "given")]
    pub cors_origins: Vec<String>,
}

/// Arguments of `serve`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Serve {
    #[command(flatten)]
    #[serde(flatten)]
    pub service: Service,
    #[command(flatten)]
    #[serde(flatten)]
    pub own_server: OwnServer,
    #[command(flatten)]
    #[serde(flatten)]
    pub readers: Readers,
    #[command(flatten)]
    #[serde(flatten)]
    pub oidc: Oidc,
    /// Create the demo project, readable without a token, and say where to look
    #[arg(long)]
    #[serde(skip)]
    pub demo: bool,
}

/// Arguments of `ingest`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Ingest {
    #[command(flatten)]
    #[serde(flatten)]
    pub service: Service,
    #[command(flatten)]
    #[serde(flatten)]
    pub oidc: Oidc,
}

/// Arguments of `query`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Query {
    #[command(flatten)]
    #[serde(flatten)]
    pub service: Service,
    #[command(flatten)]
    #[serde(flatten)]
    pub readers: Readers,
    #[command(flatten)]
    #[serde(flatten)]
    pub oidc: Oidc,
}

/// How to reach the service.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Client {
    #[command(flatten)]
    #[serde(flatten)]
    pub common: Common,
    /// The service [env: `GAINSAY_SERVER`] [default: the one that serves the data folder, or `http://127.0.0.1:7180`]
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// The token; better in the environment, for other users see the command line
    /// [env: `GAINSAY_TOKEN`] [default: the content of `operator.token` in the data folder]
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,
}

/// A project of the service.
#[derive(Debug, Args, Serialize)]
pub(crate) struct InProject {
    #[command(flatten)]
    #[serde(flatten)]
    pub client: Client,
    /// The project [env: `GAINSAY_PROJECT`]
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<Uuid>,
}

/// Run a projector, or work on its views.
#[derive(Debug, Args, Serialize)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Projector {
    #[command(subcommand)]
    #[serde(skip)]
    pub command: Option<ProjectorCommand>,
    #[command(flatten)]
    #[serde(flatten)]
    pub service: Service,
    /// Its name for operators, of `a-z0-9-`; one that is kept in the data folder when absent [env: `GAINSAY_INSTANCE`]
    #[arg(long, value_name = "NAME")]
    pub instance: Option<Instance>,
}

/// Work on the views of a projector: of the one that runs on the data folder or is named, else in the folder itself.
#[derive(Debug, Subcommand)]
pub(crate) enum ProjectorCommand {
    /// Say how far the views are.
    Status(ProjectorStatus),
    /// Build the views anew from the log. A projector that runs goes on answering meanwhile.
    Rebuild(Rebuild),
    /// Print the views as logical rows, sorted: two stores with the same rows print the same bytes.
    Dump(Dump),
    /// Build the views anew beside those there are and compare both; exits with 5 when they differ.
    Compare(Compare),
    /// Have the engine open a store and close it again, for a projector that is about to open it
    #[command(hide = true)]
    TryStore {
        /// The store's folder
        folder: PathBuf,
    },
}

/// Which views to work on.
#[derive(Debug, Args, Serialize)]
pub(crate) struct OnViews {
    #[command(flatten)]
    #[serde(flatten)]
    pub on_log: OnLog,
    #[command(flatten)]
    #[serde(flatten)]
    pub own_server: OwnServer,
    /// A projector that runs, by name; else the one on the data folder
    #[arg(long, value_name = "NAME")]
    #[serde(skip)]
    pub instance: Option<Instance>,
}

/// Arguments of `projector status`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct ProjectorStatus {
    #[command(flatten)]
    #[serde(flatten)]
    pub views: OnViews,
    /// Ask every projector that runs
    #[arg(long, conflicts_with = "instance")]
    #[serde(skip)]
    pub all: bool,
    /// Print it as JSON
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `projector dump`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Dump {
    #[command(flatten)]
    #[serde(flatten)]
    pub views: OnViews,
    /// As of this position; the newest when absent
    #[arg(long, value_name = "POSITION")]
    #[serde(skip)]
    pub at: Option<u64>,
}

/// Arguments of `projector rebuild`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Rebuild {
    #[command(flatten)]
    #[serde(flatten)]
    pub views: OnViews,
    /// From the first record of the log on, and from nothing else: so every rebuild is, and the flag says it
    #[arg(long)]
    #[serde(skip)]
    pub from_zero: bool,
    /// Compare what is built with the views there are, which stay: they differ where this exits with 5, as `projector compare`
    /// does
    #[arg(long)]
    #[serde(skip)]
    pub compare: bool,
    /// Print both digests as JSON
    #[arg(long, requires = "compare")]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `projector compare`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Compare {
    #[command(flatten)]
    #[serde(flatten)]
    pub views: OnViews,
    /// Print both digests as JSON
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Issue and revoke tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Issue a token and print it: it is shown this once.
    Create(TokenCreate),
    /// Make a token worthless.
    Revoke(TokenRevoke),
    /// Print the id under which a user of an OpenID Connect provider is known here, as `members/{user}` takes it.
    User(TokenUser),
}

/// Arguments of `token create`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct TokenCreate {
    #[command(flatten)]
    #[serde(flatten)]
    pub client: Client,
    /// Whom it speaks for: a UUID, or a handle of `a-z0-9._-`
    #[arg(long)]
    #[serde(skip)]
    pub user: String,
    /// Days that it is valid
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    #[serde(skip)]
    pub ttl_days: u32,
    /// Its bearer operates the installation
    #[arg(long)]
    #[serde(skip)]
    pub operator: bool,
    /// Print the whole answer
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `token revoke`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct TokenRevoke {
    #[command(flatten)]
    #[serde(flatten)]
    pub client: Client,
    /// The token's public id, as its creation answered it
    #[serde(skip)]
    pub id: Uuid,
}

/// Arguments of `token user`.
#[derive(Debug, Args)]
pub(crate) struct TokenUser {
    /// The issuer, as its tokens write it in `iss`
    #[arg(long, value_name = "URL")]
    pub issuer: String,
    /// Whom the issuer's tokens name in `sub`
    #[arg(long, value_name = "SUBJECT")]
    pub subject: String,
}

/// Create projects.
#[derive(Debug, Subcommand)]
pub(crate) enum Project {
    /// Create a project and print its id.
    Create(ProjectCreate),
}

/// Arguments of `project create`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct ProjectCreate {
    #[command(flatten)]
    #[serde(flatten)]
    pub client: Client,
    /// Its name
    #[serde(skip)]
    pub name: String,
    /// Its id; a new one when absent
    #[arg(long, value_name = "UUID")]
    #[serde(skip)]
    pub id: Option<Uuid>,
    /// Let annotators see each other's open work
    #[arg(long)]
    #[serde(skip)]
    pub not_blind: bool,
    /// Print the whole answer
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Import lines, or take a batch back.
#[derive(Debug, Args, Serialize)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Import {
    #[command(subcommand)]
    #[serde(skip)]
    pub command: Option<ImportCommand>,
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// The file, NDJSON
    #[arg(required = true)]
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// Go on with this batch, or give a new one this id; a fresh one when absent
    #[arg(long, value_name = "ID")]
    #[serde(skip)]
    pub batch: Option<Uuid>,
    /// What to call the batch
    #[arg(long, value_name = "NAME")]
    #[serde(skip)]
    pub name: Option<String>,
    /// Print the result of each line as NDJSON on standard output
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// What to do with tasks: each is a revision of a document that is to be read by several people.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// List tasks.
    List(TaskList),
    /// Open a task; curators may.
    Open(TaskOpen),
    /// Lease the next task for yourself: the highest priority first, of these the least covered.
    Next(TaskNext),
    /// Hold your lease of a task for longer.
    Renew(OneTask),
    /// Submit what you found in the document of a task.
    Submit(TaskSubmit),
    /// Do not read a task: your place is free again.
    Skip(TaskSkip),
    /// Close a task: nobody reads it any more; curators may.
    Close(OneTask),
}

/// Arguments of `task list`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct TaskList {
    #[command(flatten)]
    #[serde(flatten)]
    pub list: Worklist,
    /// Those of this status: open or closed
    #[arg(long)]
    #[serde(skip)]
    pub status: Option<String>,
    /// Those of this document
    #[arg(long, value_name = "UUID")]
    #[serde(skip)]
    pub document: Option<Uuid>,
}

/// Arguments of `task open`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct TaskOpen {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// The document
    #[serde(skip)]
    pub document: Uuid,
    /// The number of the revision that is to be read
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    #[serde(skip)]
    pub revision: u32,
    /// By how many it is to be read, or `everyone`
    #[arg(long, value_name = "NUMBER", default_value = "2")]
    #[serde(skip)]
    pub overlap: String,
    /// How long a lease is, in seconds; an hour when absent
    #[arg(long, value_name = "SECONDS")]
    #[serde(skip)]
    pub lease_seconds: Option<u32>,
    /// Higher ones are leased first, -1000 to 1000
    #[arg(long, value_name = "NUMBER", default_value_t = 0, allow_negative_numbers = true)]
    #[serde(skip)]
    pub priority: i32,
    /// Who may lease it; may be given several times; anybody who annotates when absent
    #[arg(long = "assignee", value_name = "USER")]
    #[serde(skip)]
    pub assignees: Vec<String>,
    /// Print the whole answer
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Work on batches that were imported, or import something else than lines.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Take back what a batch recorded. What others built on is kept, and named.
    Revert(RevertImport),
    /// Restore a log and its texts from an archive, into an installation that has no records.
    ///
    /// The installation must be down, except for a nats-server that `--nats-url` names. The archive is checked as a whole
    /// first. An import that breaks off goes on when it is repeated; until it has ended, nothing else opens the log. A file
    /// of lines that is called `log` is imported as `./log`.
    Log(Box<ImportLog>),
}

/// Arguments of `import revert`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct RevertImport {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// The batch
    #[serde(skip)]
    pub batch: Uuid,
    /// Print what became of each record as NDJSON on standard output
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `imports`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Imports {
    #[command(flatten)]
    #[serde(flatten)]
    pub list: Worklist,
    /// Only those that are `started`, `completed` or `reverted`
    #[arg(long, value_name = "STATUS")]
    #[serde(skip)]
    pub status: Option<String>,
}

/// Arguments of `undo`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Undo {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// The change at this position; the newest that still stands when absent
    #[arg(long, value_name = "POSITION")]
    #[serde(skip)]
    pub position: Option<u64>,
    /// Print the answer as it came
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `erase`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Erase {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// The document
    #[serde(skip)]
    pub document: Uuid,
    /// The number of its revision
    #[arg(long, default_value_t = 1)]
    #[serde(skip)]
    pub revision: u32,
    /// Why; it is recorded, so it must not repeat what is to be erased
    #[arg(long)]
    #[serde(skip)]
    pub reason: String,
    /// Print the answer as it came
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `task next`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct TaskNext {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// Print the whole answer
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Which task.
#[derive(Debug, Args, Serialize)]
pub(crate) struct OneTask {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// The task
    #[serde(skip)]
    pub task: Uuid,
    /// Print the whole answer
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `task submit`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct TaskSubmit {
    #[command(flatten)]
    #[serde(flatten)]
    pub task: OneTask,
    /// A reading of yours; may be given several times
    #[arg(long = "reading", value_name = "UUID")]
    #[serde(skip)]
    pub readings: Vec<Uuid>,
    /// A span without a claim; may be given several times
    #[arg(long = "no-claim", value_name = "UUID")]
    #[serde(skip)]
    pub no_claims: Vec<Uuid>,
    /// Say that there is nothing to read
    #[arg(long, conflicts_with_all = ["readings", "no_claims"])]
    #[serde(skip)]
    pub nothing_found: bool,
}

/// Arguments of `task skip`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct TaskSkip {
    #[command(flatten)]
    #[serde(flatten)]
    pub task: OneTask,
    /// Why
    #[arg(long)]
    #[serde(skip)]
    pub reason: String,
}

/// Arguments of `work`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Work {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
}

/// Whose ledger to show.
#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// What an actor says, and what is said of it, of its parts and of its fronts.
    Actor(OfLedger),
    /// What a source reports, adopts, relays and distances itself from.
    Source(OfLedger),
}

/// Arguments of `ledger`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct OfLedger {
    /// The actor or the source
    #[serde(skip)]
    pub id: Uuid,
    #[command(flatten)]
    #[serde(flatten)]
    pub list: Worklist,
    /// Quotes shown for each utterance
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    #[serde(skip)]
    pub quotes: u32,
    /// As if this were not known: source, actor, annotator, document or judgement, a colon and its id; may be repeated
    #[arg(long, value_name = "KIND:ID")]
    #[serde(skip)]
    pub without: Vec<String>,
}

/// A page of a list in a project.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Worklist {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// Entries shown, 1 to 1000
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    #[serde(skip)]
    pub limit: u32,
    /// Continue where the page ended that named this cursor
    #[arg(long, value_name = "CURSOR")]
    #[serde(skip)]
    pub cursor: Option<String>,
    /// As of this position in the log, or of this time: `2021-05-04T10:00:00Z`
    #[arg(long, value_name = "POSITION|TIME")]
    #[serde(skip)]
    pub as_of: Option<String>,
    /// Under this version of the policy
    #[arg(long, value_name = "VERSION")]
    #[serde(skip)]
    pub policy: Option<u32>,
    /// Print the answer as it came
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `agreement`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Agreement {
    #[command(flatten)]
    #[serde(flatten)]
    pub list: Worklist,
    /// Only on this document
    #[arg(long, value_name = "ID")]
    #[serde(skip)]
    pub document: Option<Uuid>,
    /// Only by what was read under this version of the codebook
    #[arg(long, value_name = "VERSION")]
    #[serde(skip)]
    pub codebook: Option<u32>,
    /// Only passages that annotators read otherwise (`differing`), or that two or more read the same (`unanimous`)
    #[arg(long, value_name = "STATUS")]
    #[serde(skip)]
    pub status: Option<String>,
}

/// Arguments of `relation`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct OfRelation {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// The relation
    #[serde(skip)]
    pub id: Uuid,
    /// Quotes shown for each utterance
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    #[serde(skip)]
    pub quotes: u32,
    /// As of this position in the log, or of this time: `2021-05-04T10:00:00Z`
    #[arg(long, value_name = "POSITION|TIME")]
    #[serde(skip)]
    pub as_of: Option<String>,
    /// Under this version of the policy
    #[arg(long, value_name = "VERSION")]
    #[serde(skip)]
    pub policy: Option<u32>,
    /// As if this were not known: source, actor, annotator, document or judgement, a colon and its id; may be repeated
    #[arg(long, value_name = "KIND:ID")]
    #[serde(skip)]
    pub without: Vec<String>,
    /// Print the answer as it came
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `board`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Board {
    #[command(flatten)]
    #[serde(flatten)]
    pub about: OfIncident,
    /// Quotes shown for each utterance
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    #[serde(skip)]
    pub quotes: u32,
    /// Show the difference from the board as of this position or time, and by which records it came about
    #[arg(long, value_name = "POSITION|TIME")]
    #[serde(skip)]
    pub diff_to: Option<String>,
    /// Show on which single sources, documents or annotators the statuses hang, and what they would be without each; of one
    /// kind alone with `--hangs-on=source`
    #[arg(long, value_name = "KIND", num_args = 0..=1, require_equals = true, conflicts_with = "diff_to")]
    #[arg(default_missing_value = "source,document,annotator", value_delimiter = ',')]
    #[serde(skip)]
    pub hangs_on: Vec<String>,
}

/// Arguments of `timeline`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Timeline {
    #[command(flatten)]
    #[serde(flatten)]
    pub about: OfIncident,
    /// Quotes shown for each utterance
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    #[serde(skip)]
    pub quotes: u32,
}

/// Suggest what people then confirm or reject.
#[derive(Debug, Subcommand)]
pub(crate) enum Suggest {
    /// Suggest which passages are near-duplicates of earlier ones.
    ///
    /// Passages are alike that share four fifths of their shingles of five words. The one that was published later, or else
    /// marked later, is suggested to derive from the earliest that is like it. What was recorded before is not suggested
    /// again, confirmed, rejected or not.
    Derivations(SuggestDerivations),
}

/// Arguments of `suggest derivations`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct SuggestDerivations {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// Print what would be suggested and write nothing
    #[arg(long)]
    #[serde(skip)]
    pub dry_run: bool,
    /// Print the suggestions as JSON
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Which view of which incident.
#[derive(Debug, Args, Serialize)]
pub(crate) struct OfIncident {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// The incident; that of the demo when absent and the data folder has one
    #[serde(skip)]
    pub incident: Option<Uuid>,
    /// As of this position in the log, or of this time: `2021-05-04T10:00:00Z`
    #[arg(long, value_name = "POSITION|TIME")]
    #[serde(skip)]
    pub as_of: Option<String>,
    /// Under this version of the policy
    #[arg(long, value_name = "VERSION")]
    #[serde(skip)]
    pub policy: Option<u32>,
    /// As if this were not known: source, actor, annotator, document or judgement, a colon and its id; may be repeated
    #[arg(long, value_name = "KIND:ID")]
    #[serde(skip)]
    pub without: Vec<String>,
    /// Print the answer as it came
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `replay`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Replay {
    #[command(flatten)]
    #[serde(flatten)]
    pub about: OfIncident,
    /// Begin after this position; where the incident is registered, when absent
    #[arg(long, value_name = "POSITION")]
    #[serde(skip)]
    pub after: Option<u64>,
    /// Show records that change nothing on the board, too
    #[arg(long)]
    #[serde(skip)]
    pub all: bool,
    /// Wait for Enter before each step
    #[arg(long)]
    #[serde(skip)]
    pub step: bool,
}

/// Arguments of `identity`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Identity {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// What is judged: actor, incident or reading
    #[serde(skip)]
    pub kind: String,
    /// Two of the kind: show what would change if they were judged to be one
    #[serde(skip)]
    #[arg(value_name = "ID", num_args = 0..=2)]
    pub pair: Vec<Uuid>,
    /// Entries of each part, or boards of a preview
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    #[serde(skip)]
    pub limit: u32,
    /// As of this position in the log, or of this time: `2021-05-04T10:00:00Z`
    #[arg(long, value_name = "POSITION|TIME")]
    #[serde(skip)]
    pub as_of: Option<String>,
    /// Under this version of the policy
    #[arg(long, value_name = "VERSION")]
    #[serde(skip)]
    pub policy: Option<u32>,
    /// Print the answer as it came
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `history`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct History {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// The kind: project, user, source, document, incident, actor, relation, annotation, reading, derivation, identity,
    /// assessment, adjudication or task
    #[serde(skip)]
    pub kind: String,
    /// The subject
    #[serde(skip)]
    pub id: Uuid,
    /// As of this position in the log, or of this time: `2021-05-04T10:00:00Z`
    #[arg(long, value_name = "POSITION|TIME")]
    #[serde(skip)]
    pub as_of: Option<String>,
    /// Print the records as NDJSON
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `events`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Events {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// Only records after this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    #[serde(skip)]
    pub after: u64,
    /// Only records up to this position in the log, or up to the last that was known at this time: `2021-05-04T10:00:00Z`
    #[arg(long, value_name = "POSITION|TIME")]
    #[serde(skip)]
    pub as_of: Option<String>,
}

/// Arguments of `changes`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Changes {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// Also the records that are there already, after this position
    #[arg(long, value_name = "POSITION")]
    #[serde(skip)]
    pub after: Option<u64>,
    /// Only records about this incident; may be repeated
    #[arg(long, value_name = "INCIDENT")]
    #[serde(skip)]
    pub incident: Vec<Uuid>,
    /// Only records about this document; may be repeated
    #[arg(long, value_name = "DOCUMENT")]
    #[serde(skip)]
    pub document: Vec<Uuid>,
}

/// Arguments of `presence`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Presence {
    #[command(flatten)]
    #[serde(flatten)]
    pub project: InProject,
    /// Only on this document; may be repeated
    #[arg(long, value_name = "DOCUMENT")]
    #[serde(skip)]
    pub document: Vec<Uuid>,
    /// Print the answer as it came
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Write an archive.
#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// Write the log and its texts to a folder, or bring the archive there up to the log's end.
    ///
    /// Uses the nats-server of a running `serve`, or starts one on a data folder that no process serves. Until it is done, the
    /// folder is the archive that it was. `verify --archive` checks it, `import log` restores it. A text that is missing is
    /// left out and named; the exit code is then 5.
    Log(ExportLog),
}

/// Arguments of `export log`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct ExportLog {
    #[command(flatten)]
    #[serde(flatten)]
    pub on_log: OnLog,
    #[command(flatten)]
    #[serde(flatten)]
    pub own_server: OwnServer,
    /// The folder of the archive
    #[arg(long, value_name = "FOLDER")]
    #[serde(skip)]
    pub to: PathBuf,
    /// Begin a new archive after this position; an archive that is there goes on from its end
    #[arg(long, value_name = "POSITION")]
    #[serde(skip)]
    pub after: Option<u64>,
    /// Leave out the texts of documents
    #[arg(long)]
    #[serde(skip)]
    pub without_texts: bool,
    /// File with the seed of an Ed25519 key (`SU…`, as `nk -gen user` makes it) to sign the archive with; one that
    /// is there has to be signed by it
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub sign_key: Option<PathBuf>,
    /// Print what was written as JSON
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `import log`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct ImportLog {
    #[command(flatten)]
    #[serde(flatten)]
    pub on_log: OnLog,
    #[command(flatten)]
    #[serde(flatten)]
    pub own_server: OwnServer,
    /// The folder of the archive
    #[arg(long, value_name = "FOLDER")]
    #[serde(skip)]
    pub from: PathBuf,
    /// Take only an archive that this public key signed (`U…`)
    #[arg(long, value_name = "KEY")]
    #[serde(skip)]
    pub signed_by: Option<String>,
    /// Print what was restored as JSON
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `verify`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Verify {
    #[command(flatten)]
    #[serde(flatten)]
    pub on_log: OnLog,
    #[command(flatten)]
    #[serde(flatten)]
    pub own_server: OwnServer,
    /// Compare the log with an earlier head: a file with the JSON of `log/head` or of `verify --json`, or `-` for the standard
    /// input
    #[arg(long, value_name = "HEAD")]
    #[serde(skip)]
    pub since: Option<PathBuf>,
    /// Check the texts of documents too
    #[arg(long)]
    #[serde(skip)]
    pub texts: bool,
    /// Remove texts that no record names
    #[arg(long, requires = "texts")]
    #[serde(skip)]
    pub repair_orphans: bool,
    /// Check an archive in this folder, with its texts, instead of a log
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["texts", "repair_orphans", "since"])]
    #[serde(skip)]
    pub archive: Option<PathBuf>,
    /// Find fault with an archive that this public key did not sign (`U…`)
    #[arg(long, value_name = "KEY", requires = "archive")]
    #[serde(skip)]
    pub signed_by: Option<String>,
    /// Print the findings as JSON
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `doctor`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Doctor {
    #[command(flatten)]
    #[serde(flatten)]
    pub client: Client,
    /// Where `serve` would listen [env: `GAINSAY_LISTEN`] [default: 127.0.0.1:7180]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Print the checks as JSON
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
}

/// Arguments of `health`.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Health {
    #[command(flatten)]
    #[serde(flatten)]
    pub common: Common,
    /// The service; the one that listens on this machine when absent
    #[arg(long, value_name = "URL", conflicts_with = "listen")]
    #[serde(skip)]
    pub url: Option<String>,
    /// Where the service listens [env: `GAINSAY_LISTEN`] [default: 127.0.0.1:7180]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Ask whether it is alive, not whether it is ready
    #[arg(long)]
    #[serde(skip)]
    pub live: bool,
}

/// A list that was not given leaves the setting to the environment and the file.
fn given<T: Serialize, S: Serializer>(list: &Vec<T>, serializer: S) -> Result<S::Ok, S::Error> {
    if list.is_empty() { serializer.serialize_none() } else { list.serialize(serializer) }
}

fn after_help() -> String {
    let codes = ExitCode::ALL.map(|code| format!("  {:>3}  {}", code.number(), code.describe()));
    format!(
        "Settings: a flag comes before the environment, the environment before the file that `--config` or \
         `GAINSAY_CONFIG` names. In the file a setting has the name of its flag, with `_` for `-`.\n\n\
         Exit codes:\n{}",
        codes.join("\n")
    )
}

#[cfg(test)]
mod tests;
