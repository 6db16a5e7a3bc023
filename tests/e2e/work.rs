//! Annotators who work in the terminal and through a pipe: what they answer is what is stored, and nothing else.

use crate::support::history;
use crate::support::people::{Person, Project, quote};
use crate::support::proxy::Proxy;
use crate::support::system::{Output, System, binary};
use anyhow::{Context, ensure};
use reqwest::Method;
use rexpect::session::{PtySession, spawn_command};
use serde_json::{Value, json};
use std::io::{BufRead as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);

const REPORT: &str = "A bridge at Qasr was blown up on Sunday.\r\n\r\nThe paper Nahr wrote that two officers of the Interior \
                      Ministry had named the “Reed Column” – an unknown band. The Column cafe\u{301} post denied it.\r\n\
                      الفصيل نفى ذلك 🇮🇶.\r\nThe river was high.\r\n";

/// A project with a report, and an annotator who is to read it.
struct Desk {
    system: System,
    project: Project,
    annotator: Person,
    token: String,
    document: String,
    source: String,
    paper: String,
    ministry: String,
    column: String,
    incident: String,
}

impl Desk {
    async fn set() -> anyhow::Result<Self> {
        let system = System::start().await?;
        let project = Project::make(&system, 1).await?;
        let source = project.create("sources", &json!({"name": "Delta Radio", "kind": "outlet"})).await?;
        let paper = project.create("sources", &json!({"name": "Nahr", "kind": "outlet"})).await?;
        project.create("sources", &json!({"name": "Nahr Weekly", "kind": "outlet"})).await?;
        let report =
            json!({"title": "The bridge at Qasr", "source": source, "text": REPORT, "published": "2021-06-14"});
        let document = project.create("documents", &report).await?;
        let bridge = json!({"title": "The bridge at Qasr, 13 June 2021", "when": "2021-06-13"});
        let incident = project.create("incidents", &bridge).await?;
        let ministry = project.create("actors", &json!({"name": "Interior Ministry", "kind": "state_body"})).await?;
        let column = project.create("actors", &json!({"name": "Reed Column", "kind": "organisation"})).await?;
        // The annotator of the project, with a token that a process can be given.
        let ask = json!({"user": "person-1", "ttl_days": 1});
        let token = project.operator.post("/v1/tokens", &ask).await?.expect(201)?.json();
        let token = token["token"].as_str().context("a token")?.to_owned();
        let annotator = project.annotators[0].clone();
        Ok(Self { system, project, annotator, token, document, source, paper, ministry, column, incident })
    }

    async fn open_task(&self, lease_seconds: u32) -> anyhow::Result<String> {
        let document = &self.document;
        let task = json!({"document": document, "revision": 1, "overlap": 1, "lease_seconds": lease_seconds});
        self.project.create("tasks", &task).await
    }

    fn command(&self) -> anyhow::Result<Command> {
        self.command_at(self.system.base())
    }

    fn command_at(&self, server: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(binary()?);
        command.args(["work", "--project", &self.project.id, "--server", server]);
        command.env("GAINSAY_TOKEN", &self.token).env("GAINSAY_DATA", self.system.data()).env("NO_COLOR", "1");
        Ok(command)
    }

    /// Works through a pipe.
    async fn pipe(&self, lines: &[&str]) -> anyhow::Result<Output> {
        Self::piped(self.command()?, lines).await
    }

    async fn piped(mut command: Command, lines: &[&str]) -> anyhow::Result<Output> {
        let input = lines.iter().flat_map(|line| [line, "\n"]).collect::<String>();
        let run = move || -> anyhow::Result<Output> {
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
            child.stdin.take().context("a pipe")?.write_all(input.as_bytes())?;
            let output = child.wait_with_output()?;
            Ok(Output {
                code: output.status.code().unwrap_or(-1),
                stdout: String::from_utf8(output.stdout)?,
                stderr: String::from_utf8(output.stderr)?,
            })
        };
        tokio::task::spawn_blocking(run).await?
    }

    /// Works at a terminal.
    fn terminal(&self) -> anyhow::Result<PtySession> {
        let mut command = self.command()?;
        command.env("TERM", "xterm").env("COLUMNS", "100");
        Ok(spawn_command(command, Some(PATIENCE.as_millis().try_into()?))?)
    }

    async fn records(&self) -> anyhow::Result<Vec<Value>> {
        history::records_up_to_now(&self.project).await
    }

    /// Records of a kind.
    async fn count(&self, kind: &str) -> anyhow::Result<usize> {
        Ok(self.records().await?.iter().filter(|record| record["kind"] == kind).count())
    }

    /// The annotator's readings, oldest first.
    async fn readings(&self, status: &str) -> anyhow::Result<Vec<Value>> {
        let at = history::last(&self.records().await?);
        let path = format!("readings?author=person-1&status={status}&at_least={at}&wait_ms=5000");
        let page = self.annotator.get(&self.project.path(&path)).await?.expect(200)?.json();
        page["items"].as_array().cloned().context("items")
    }

    /// The passages that a reading cites: role, range and words.
    async fn evidence(&self, reading: &Value) -> anyhow::Result<Vec<Value>> {
        let mut all = Vec::new();
        for id in reading["claim"]["evidence"].as_array().context("evidence")? {
            let path = self.project.path(&format!("annotations/{}", id.as_str().context("an id")?));
            let mark = self.annotator.get(&path).await?.expect(200)?.json();
            let fields =
                ["document", "start", "end", "exact", "role"].map(|field| (field.to_owned(), mark[field].clone()));
            let mut mark: serde_json::Map<String, Value> = fields.into_iter().collect();
            mark.insert("revision".to_owned(), json!(1));
            all.push(Value::Object(mark));
        }
        Ok(all)
    }

    fn quote(&self, exact: &str, role: &str) -> Value {
        quote(&self.document, REPORT, exact, role)
    }
}

/// A chain of three with two officers whom nobody names.
const ACCUSATION: [&str; 20] = [
    "claim",
    "3 two officers of the Interior Ministry had named the \"Reed Column\" - an unknown band",
    "relays",
    "source: nahr",
    "distances",
    "officials: two officers",
    "Interior Ministry",
    "",
    "accuses",
    "CT",
    "the bridge at qasr, 13 june 2021",
    "",
    "reed column",
    "perpetrator",
    "others",
    "2021-06",
    "interview",
    "no",
    "two officers",
    "named",
];

/// A denial of the incident that the claim before is about.
const DENIAL: [&str; 17] = [
    "claim",
    "The Column café post denied it.",
    "adopts",
    "Reed Column",
    "",
    "den",
    "PR",
    "",
    "who",
    "Reed Column",
    "involved_in",
    "",
    "",
    "",
    "y",
    "",
    "denied",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_through_a_pipe_is_what_is_stored() -> anyhow::Result<()> {
    let desk = Desk::set().await?;
    let task = desk.open_task(3600).await?;

    // The first session ends after a claim, a passage without one, and one that was taken back.
    let first = desk.pipe(&[&ACCUSATION[..], &["none", "5", "none", "1", "undo"]].concat()).await?;
    ensure!(first.code == 0, "{}\n{}", first.stdout, first.stderr);
    for told in [
        "The bridge at Qasr\n",
        "Delta Radio · published 2021-06-14 · revision 1 · yours until 20",
        "5  The river was high.",
    ] {
        ensure!(first.stdout.contains(told), "{told}: {}", first.stdout);
    }
    let sentence = "Delta Radio relays › Nahr distances › two officers (Interior Ministry): accuses, Reed Column as \
                    perpetrator with others, of “The bridge at Qasr, 13 June 2021”; + CT; uttered 2021-06; interview";
    ensure!(first.stdout.contains(sentence), "{}", first.stdout);
    ensure!(
        first.stdout.contains("taken back: line 1: “A bridge at Qasr was blown up on Sunday.”"),
        "{}",
        first.stdout
    );
    ensure!(first.stdout.contains("The task stays yours until 20"), "{}", first.stdout);

    // The second finds the two, adds a claim about the same incident, and submits all.
    let second = desk.pipe(&[&["list"], &DENIAL[..], &["list", "submit", "no"]].concat()).await?;
    ensure!(second.code == 0, "{}\n{}", second.stdout, second.stderr);
    ensure!(second.stdout.contains("You recorded 1 claim and 1 no-claim here before"), "{}", second.stdout);
    ensure!(second.stdout.matches(sentence).count() == 2, "{}", second.stdout);
    ensure!(second.stdout.contains("submitted 2 claims and 1 no-claim; the task is closed"), "{}", second.stdout);

    let readings = desk.readings("live").await?;
    ensure!(readings.len() == 3, "{readings:?}");
    let expected = json!({
        "speakers": [
            {"actor": null, "source": desk.source, "unidentified": null, "stance": "relays"},
            {"actor": null, "source": desk.paper, "unidentified": null, "stance": "distances"},
            {
                "actor": null, "source": null, "stance": null,
                "unidentified": {"kind": "officials", "label": "two officers", "of": desk.ministry},
            },
        ],
        "act": "accuses",
        "proposition": {
            "incident": desk.incident, "class": null, "relation": null, "facet": "who", "actor": desk.column,
            "role": "perpetrator", "value": null, "with": [], "with_others": true,
        },
        "polarity": "+", "certainty": "CT", "scope": "specific", "presupposed": false, "mode": "interview",
        "uttered": "2021-06", "changes": [], "speaks_for": null, "evidence": readings[0]["claim"]["evidence"],
    });
    assert_eq!(readings[0]["claim"], expected);
    let content = "two officers of the Interior Ministry had named the “Reed Column” – an unknown band";
    let marks = [desk.quote(content, "content"), desk.quote("two officers", "source"), desk.quote("named", "cue")];
    assert_eq!(desk.evidence(&readings[0]).await?, marks);

    let river = desk.quote("The river was high.", "content");
    assert_eq!(readings[1]["kind"], "no_claim");
    let place = json!({"document": desk.document, "revision": 1, "start": river["start"], "end": river["end"]});
    assert_eq!(readings[1]["passage"], place);

    let expected = json!({
        "speakers": [
            {"actor": null, "source": desk.source, "unidentified": null, "stance": "adopts"},
            {"actor": desk.column, "source": null, "unidentified": null, "stance": null},
        ],
        "act": "denies",
        "proposition": {
            "incident": desk.incident, "class": null, "relation": null, "facet": "who", "actor": desk.column,
            "role": "involved_in", "value": null, "with": [], "with_others": false,
        },
        "polarity": "-", "certainty": "PR", "scope": "specific", "presupposed": true, "mode": null,
        "uttered": null, "changes": [], "speaks_for": null, "evidence": readings[2]["claim"]["evidence"],
    });
    assert_eq!(readings[2]["claim"], expected);
    let marks = [desk.quote("The Column cafe\u{301} post denied it.", "content"), desk.quote("denied", "cue")];
    assert_eq!(desk.evidence(&readings[2]).await?, marks);
    assert_eq!(desk.readings("retracted").await?.len(), 1);

    let task = desk.project.curator.get(&desk.project.path(&format!("tasks/{task}"))).await?.expect(200)?.json();
    let submission = &task["submissions"][0];
    assert_eq!(submission["readings"], json!([readings[0]["id"], readings[2]["id"]]));
    assert_eq!(submission["no_claims"], json!([readings[1]["id"]]));
    let none = desk.pipe(&[]).await?;
    ensure!(none.code == 0 && none.stdout.contains("There is no task for you now"), "{}{}", none.stdout, none.stderr);
    history::check(&desk.records().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_answer_names_its_line_and_leaves_no_record() -> anyhow::Result<()> {
    let desk = Desk::set().await?;
    desk.open_task(3600).await?;
    let before = (desk.count("reading").await?, desk.count("annotation").await?);
    let with = |line: usize, answer: &'static str| {
        let mut lines = ACCUSATION.to_vec();
        lines[line - 1] = answer;
        lines
    };
    let refused: [(Vec<&str>, &str); 12] = [
        (vec!["dance"], "line 1, what next: `dance` is none of claim, none, text"),
        (vec!["undo"], "line 1, what next: nothing is recorded in this text"),
        (with(2, "7"), "line 2, passage: there is no line 7; the text has 5"),
        (with(2, "3 the"), "line 2, passage: “the” stands 2 times in line 3; give more words"),
        (with(2, "3 the Interior Office"), "line 2, passage: “the Interior Office” does not stand in line 3"),
        (with(4, "source: nah"), "line 4, speaker 2: `nah` may be Nahr ("),
        (with(4, "Nobody"), "line 4, speaker 2: no actor is called `Nobody`; answer `+Name, kind` to register it"),
        (with(10, ""), "line 10, certainty: an answer is needed"),
        (with(11, ""), "line 11, about: there is no claim before; an answer is needed"),
        (with(16, "last June"), "line 16, uttered: "),
        (ACCUSATION[..12].to_vec(), "line 13, actor: the input ends here"),
        (vec!["none"], "line 2, passage: the input ends here"),
    ];
    for (lines, message) in refused {
        let ended = desk.pipe(&lines).await?;
        ensure!(ended.code == 3, "{message}: {}\n{}", ended.stdout, ended.stderr);
        ensure!(ended.stderr.starts_with(&format!("gainsay: {message}")), "{message}: {}", ended.stderr);
    }
    // What the rules or the service refuse as a whole names a question too.
    let mut repeated = ACCUSATION.to_vec();
    repeated[14] = "Reed Column";
    let ended = desk.pipe(&repeated).await?;
    ensure!(ended.code == 3 && ended.stderr.contains("line 15, jointly with: "), "{}", ended.stderr);
    let claims = [
        &ACCUSATION[..8],
        &[
            "claims_responsibility",
            "CT",
            "The bridge at Qasr, 13 June 2021",
            "",
            "+Reed Command, organisation",
            "ordered",
        ],
        &["", "", "", "", "", "", ""],
    ];
    let ended = desk.pipe(&claims.concat()).await?;
    ensure!(
        ended.code == 3 && ended.stderr.contains("line 3, stance of the source: "),
        "{}\n{}",
        ended.stdout,
        ended.stderr
    );
    assert_eq!((desk.count("reading").await?, desk.count("annotation").await?), before);

    // Only now somebody is registered along with a claim.
    let mut lines = ACCUSATION.to_vec();
    lines[12] = "+Reed Vanguard, placeholder";
    lines[14] = "Reed Column";
    let recorded = desk.pipe(&lines).await?;
    ensure!(recorded.code == 0, "{}", recorded.stderr);
    let reading = &desk.readings("live").await?[0]["claim"]["proposition"];
    let path = desk.project.path(&format!("actors/{}", reading["actor"].as_str().context("an actor")?));
    let vanguard = desk.annotator.get(&path).await?.expect(200)?.json();
    assert_eq!((&vanguard["name"], &vanguard["kind"]), (&json!("Reed Vanguard"), &json!("placeholder")));
    assert_eq!(reading["with"], json!([desk.column]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_nobody_reads_any_more_fails_and_writes_nothing() -> anyhow::Result<()> {
    let desk = Desk::set().await?;
    let task = desk.open_task(600).await?;
    let mut command = desk.command()?;
    let lines = [&DENIAL[..], &["submit", "no"]].concat().join("\n");
    let run = move || -> anyhow::Result<(Option<i32>, String)> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut first = String::new();
        std::io::BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut first)?;
        ensure!(first.contains("The bridge at Qasr"), "{first}");
        child.stdin.take().context("a pipe")?.write_all(lines.as_bytes())?;
        let output = child.wait_with_output()?;
        Ok((output.status.code(), String::from_utf8(output.stderr)?))
    };
    let (code, told) = tokio::task::spawn_blocking(run).await??;
    ensure!(code == Some(1) && told.contains("standard output is closed"), "{code:?}: {told}");
    assert!(desk.readings("live").await?.is_empty(), "a claim that nobody was shown");
    let task = desk.annotator.get(&desk.project.path(&format!("tasks/{task}"))).await?.expect(200)?.json();
    assert_eq!(task["status"], "open", "{task}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_in_which_nothing_is_found_and_one_that_is_not_read_are_told_as_such() -> anyhow::Result<()> {
    let desk = Desk::set().await?;
    let found = desk.open_task(3600).await?;
    let other = json!({"title": "Another", "source": desk.source, "text": "Nothing new.\n"});
    let other = desk.project.create("documents", &other).await?;
    let skipped = json!({"document": other, "revision": 1, "overlap": 1, "priority": -5});
    let skipped = desk.project.create("tasks", &skipped).await?;
    let worked = desk.pipe(&["?", "text", "list", "submit", "yes", "yes", "skip", "I know the author.", ""]).await?;
    ensure!(worked.code == 0, "{}{}", worked.stdout, worked.stderr);
    for told in [
        "take back what you recorded last",
        "submitted that nothing was found",
        "\nAnother\n",
        "There is no task for you",
    ] {
        ensure!(worked.stdout.contains(told), "{told}: {}", worked.stdout);
    }
    desk.records().await?;
    let task = async |id: &str| -> anyhow::Result<Value> {
        Ok(desk.project.curator.get(&desk.project.path(&format!("tasks/{id}"))).await?.expect(200)?.json())
    };
    assert_eq!(task(&found).await?["submissions"][0]["nothing_found"], true);
    assert_eq!(task(&skipped).await?["skips"][0]["reason"], "I know the author.");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_seen_reads_all_the_same() -> anyhow::Result<()> {
    /// As many documents as somebody may have open.
    const OPEN: usize = 16;
    let desk = Desk::set().await?;
    let task = desk.open_task(3600).await?;
    for n in 0..OPEN {
        let other = json!({"title": format!("Another, {n}"), "source": desk.source, "text": "Nothing new.\n"});
        let other = desk.project.create("documents", &other).await?;
        let open = desk.project.path(&format!("documents/{other}/presence"));
        desk.annotator.ask(Method::PUT, &open, &[], None).await?.expect(200)?;
    }
    let open = desk.project.path(&format!("documents/{}/presence", desk.document));
    let refused = desk.annotator.ask(Method::PUT, &open, &[], None).await?.expect(409)?;
    assert_eq!(refused.code(), "too_many_open");
    let worked = desk.pipe(&["submit", "yes"]).await?;
    ensure!(worked.code == 0, "{}{}", worked.stdout, worked.stderr);
    desk.records().await?;
    let task = desk.project.curator.get(&desk.project.path(&format!("tasks/{task}"))).await?.expect(200)?.json();
    assert_eq!(task["submissions"][0]["nothing_found"], true, "{task}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_after_a_lost_answer_is_recorded_once() -> anyhow::Result<()> {
    let desk = Desk::set().await?;
    let task = desk.open_task(3600).await?;
    let target = desk.system.base().trim_start_matches("http://").to_owned();
    let (proxy, lost) = Proxy::cutting_first_answers(target).await?;
    let server = format!("http://{}", proxy.address);
    let parts: [&[&str]; 3] = [&ACCUSATION, &["none", "1"], &[&["list"], &DENIAL[..], &["submit", "no"]].concat()];
    let deadline = Instant::now() + PATIENCE;
    for lines in parts {
        loop {
            ensure!(Instant::now() < deadline, "the first question is never answered");
            let worked = Desk::piped(desk.command_at(&server)?, lines).await?;
            // The very first question is asked once; then nothing has begun.
            if worked.code == 4 && worked.stdout.is_empty() {
                continue;
            }
            ensure!(worked.code == 0, "{}{}", worked.stdout, worked.stderr);
            break;
        }
    }
    let lost = lost.lock().expect("nobody panics with it").clone();
    println!("work: answers lost to {lost:?}");
    for kind in ["POST tasks/next", "POST readings", "POST no-claims", "POST tasks/{id}/submit"] {
        ensure!(lost.contains(kind), "no answer to {kind} was lost: {lost:?}");
    }
    let readings = desk.readings("live").await?;
    let of_readings = desk.count("reading").await?;
    ensure!(readings.len() == 3 && of_readings == 3, "{of_readings} records of {readings:?}");
    let of_task = format!("history/task/{task}");
    let records = desk.project.curator.get(&desk.project.path(&of_task)).await?.expect(200)?.json();
    let submitted = records["items"].to_string().matches("\"TaskSubmitted\"").count();
    assert_eq!(submitted, 1, "{records}");
    Ok(())
}

/// Waits until this many have the document open, as others see it.
async fn present(desk: &Desk, count: usize) -> anyhow::Result<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let now = desk.project.curator.get(&desk.project.path("presence")).await?.json()["items"].clone();
        if now.as_array().is_some_and(|items| items.len() == count) {
            return Ok(now);
        }
        ensure!(Instant::now() < deadline, "{now} instead of {count}");
        tokio::time::sleep(POLL).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_renewed_and_presence_is_seen_while_somebody_reads() -> anyhow::Result<()> {
    let desk = Desk::set().await?;
    let task = desk.open_task(2).await?;
    let mut child = desk.command()?.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut answers = child.stdin.take().context("a pipe")?;
    let there = present(&desk, 1).await?;
    assert_eq!(there[0]["document"], json!(desk.document), "{there}");

    // Longer than the lease: without renewals it would be lost.
    let renewals = |records: &[Value]| {
        let of_task = records.iter().filter(|record| record["id"] == json!(task));
        let events = of_task.filter_map(|record| record["events"].as_array()).flatten();
        events.filter(|event| event["type"] == "LeaseRenewed").count()
    };
    let deadline = Instant::now() + PATIENCE;
    while renewals(&desk.records().await?) < 5 {
        ensure!(Instant::now() < deadline, "the lease is not renewed");
        tokio::time::sleep(POLL).await;
    }
    answers.write_all(b"submit\nyes\nno\n")?;
    drop(answers);
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await??;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    present(&desk, 0).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_is_lost_is_told_at_the_next_prompt() -> anyhow::Result<()> {
    let desk = Desk::set().await?;
    let task = desk.open_task(2).await?;
    let mut command = tokio::process::Command::from(desk.command()?);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut answers = child.stdin.take().context("a pipe")?;
    let mut told = BufReader::new(child.stdout.take().context("a pipe")?).lines();
    present(&desk, 1).await?;
    let path = desk.project.path(&format!("tasks/{task}/close"));
    desk.project.curator.ask(Method::POST, &path, &[], None).await?.expect(200)?;
    let deadline = Instant::now() + PATIENCE;
    let mut lost = 0;
    while lost == 0 {
        ensure!(Instant::now() < deadline, "nothing was told of the lease");
        answers.write_all(b"list\n").await?;
        while let Some(line) = told.next_line().await? {
            lost += usize::from(line.starts_with("Your lease is lost"));
            if line == "Nothing is recorded in this text." {
                break;
            }
        }
    }
    answers.write_all(b"list\nleave\n").await?;
    drop(answers);
    let mut rest = Vec::new();
    while let Some(line) = told.next_line().await? {
        rest.push(line);
    }
    ensure!(child.wait().await?.success(), "{rest:?}");
    ensure!(rest.last().is_some_and(|line| line == "What you recorded stays yours."), "{rest:?}");
    ensure!(!rest.iter().any(|line| line.starts_with("Your lease is lost")), "told twice: {rest:?}");
    Ok(())
}

/// Answers questions at a terminal, each once it is put.
fn answer(terminal: &mut PtySession, dialogue: &[(&str, &str)]) -> anyhow::Result<()> {
    for (question, answer) in dialogue {
        terminal.exp_string(question).with_context(|| format!("waiting for `{question}`"))?;
        terminal.send_line(answer)?;
    }
    Ok(())
}

/// The questions of a claim up to its certainty, and what answers them.
const BEGIN: [(&str, &str); 6] = [
    ("what next (", "claim"),
    ("passage (", "3 The Column café post denied it"),
    ("stance of the source (", "relays"),
    ("speaker 2 (", "Reed Column"),
    ("stance of speaker 2 (", ""),
    ("act (", "denies"),
];

#[tokio::test(flavor = "multi_thread")]
async fn at_a_terminal_answers_are_asked_again_and_claims_are_dropped() -> anyhow::Result<()> {
    let desk = Desk::set().await?;
    desk.open_task(3600).await?;
    let mut terminal = desk.terminal()?;
    let (ended, desk) = tokio::task::spawn_blocking(move || -> anyhow::Result<(String, Desk)> {
        // Ctrl-C in the middle of a claim drops it.
        answer(&mut terminal, &BEGIN)?;
        terminal.exp_string("certainty (")?;
        terminal.send_control('c')?;
        terminal.exp_string("dropped: nothing was recorded")?;

        // A refused answer is asked again, and stands there to be changed.
        terminal.exp_string("what next (")?;
        terminal.send_line("claim")?;
        terminal.exp_string("passage (")?;
        terminal.send_line("9")?;
        terminal.exp_string("there is no line 9; the text has 5")?;
        terminal.exp_string("passage (")?;
        terminal.send_control('u')?;
        terminal.send_line("3 The Column café post denied it")?;
        answer(&mut terminal, &BEGIN[2..])?;
        let rest = [
            ("certainty (", "?"),
            ("certainty (", "ct"),
            ("about (", "The bridge at Qasr, 13 June 2021"),
            ("facet (", ""),
            ("actor (", "Reed Column"),
            ("role (", "perpetrator"),
            // The rules refuse it: then all is asked again, with what was answered.
            ("jointly with (", "Reed Column"),
            ("uttered (", ""),
            ("mode (", ""),
            ("presupposed (", ""),
            ("words that name the speaker (", ""),
            ("words of the act (", "denied"),
            ("Your answers are offered again", ""),
        ];
        answer(&mut terminal, &rest[..12])?;
        terminal.exp_string(rest[12].0)?;
        let again = [
            "passage (",
            "stance of the source (",
            "speaker 2 (",
            "stance of speaker 2 (",
            "act (",
            "certainty (",
            "about (",
            "facet (",
            "actor (",
            "role (",
        ];
        answer(&mut terminal, &again.map(|question| (question, "")))?;
        terminal.exp_string("jointly with (")?;
        terminal.send_control('u')?;
        terminal.send_line("others")?;
        let end = ["uttered (", "mode (", "presupposed (", "words that name the speaker (", "words of the act ("];
        answer(&mut terminal, &end.map(|question| (question, "")))?;
        terminal.exp_string("recorded as reading")?;
        answer(&mut terminal, &[("what next (", "submit")])?;
        terminal.exp_string("submitted 1 claim and 0 no-claims")?;
        terminal.exp_string("next task (")?;
        terminal.send_control('c')?;
        terminal.exp_eof()?;
        Ok((format!("{:?}", terminal.process().wait()?), desk))
    })
    .await??;
    ensure!(ended.starts_with("Exited") && ended.ends_with(", 0)"), "{ended}");
    let readings = desk.readings("live").await?;
    ensure!(readings.len() == 1 && desk.count("reading").await? == 1, "{readings:?}");
    let claim = &readings[0]["claim"];
    assert_eq!((&claim["act"], &claim["certainty"]), (&json!("denies"), &json!("CT")));
    assert_eq!(claim["proposition"]["with_others"], true);
    let marks = [desk.quote("The Column cafe\u{301} post denied it", "content"), desk.quote("denied", "cue")];
    assert_eq!(desk.evidence(&readings[0]).await?, marks);
    Ok(())
}
