//! Answers as of a time: in `as_of`, and by content negotiation as Memento has it (RFC 7089).

use crate::pipeline::Scene;
use crate::support::people::{Answer, Person};
use crate::support::system::System;
use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcDateTime, UtcOffset};

/// Records after which the clock has certainly come to another second.
const BYSTANDERS_MAX: usize = 10_000;

/// A scene with an accusation and, in a later second, a denial, and when each position of its log was known.
struct Past {
    scene: Scene,
    /// The position after the last record of the installation, which the project does not tell of.
    first: u64,
    /// Of the positions from there on.
    known_at: Vec<OffsetDateTime>,
    /// The positions of the two.
    accused: u64,
    denied: u64,
    system: System,
}

impl Past {
    async fn make() -> anyhow::Result<Self> {
        let system = System::start().await?;
        let scene = Scene::set(&system, 1).await?;
        let annotator = &scene.project.annotators[0];
        let readings = scene.project.path("readings");
        let accused = annotator.post(&readings, &scene.accusation()).await?.expect(201)?.sequence();
        let (first, known) = known_at(&scene, accused).await?;
        let begun = *known.last().context("a record")?;
        let mut last = begun;
        for number in 0..BYSTANDERS_MAX {
            if last.unix_timestamp() > begun.unix_timestamp() {
                break;
            }
            let body = json!({"name": format!("Bystander {number}"), "kind": "person"});
            let at = annotator.post(&scene.project.path("actors"), &body).await?.expect(201)?.sequence();
            last = *known_at(&scene, at).await?.1.last().context("a record")?;
        }
        ensure!(last.unix_timestamp() > begun.unix_timestamp(), "the clock stands");
        let denied = annotator.post(&readings, &scene.denial()).await?.expect(201)?.sequence();
        let (_, known_at) = known_at(&scene, denied).await?;
        Ok(Self { scene, first, known_at, accused, denied, system })
    }

    fn annotator(&self) -> &Person {
        &self.scene.project.annotators[0]
    }

    fn board(&self) -> String {
        self.scene.project.path(&format!("incidents/{}/board", self.scene.incident))
    }

    fn known_at(&self, position: u64) -> OffsetDateTime {
        let at = usize::try_from(position - self.first).expect("the log is short");
        self.known_at[at]
    }

    /// The last position that was known at a time, since the first of them.
    fn position_at(&self, time: OffsetDateTime) -> u64 {
        self.first - 1 + self.known_at.iter().filter(|known_at| **known_at <= time).count() as u64
    }

    async fn as_of(&self, moment: impl ToString) -> anyhow::Result<Answer> {
        let moment = moment.to_string().replace('+', "%2B");
        self.annotator().get(&format!("{}?as_of={moment}", self.board())).await
    }

    async fn negotiate(&self, path: &str, date: &str) -> anyhow::Result<Answer> {
        self.annotator().ask(Method::GET, path, &[("accept-datetime", date)], None).await
    }
}

/// The position after which all are the project's, and when each from there up to this one was known, as it follows from the
/// records.
async fn known_at(scene: &Scene, position: u64) -> anyhow::Result<(u64, Vec<OffsetDateTime>)> {
    let path = scene.project.path(&format!("events?at_least={position}&wait_ms=5000"));
    let events = scene.project.operator.get(&path).await?.expect(200)?;
    let (mut first, mut known_at, mut last) = (1, Vec::new(), OffsetDateTime::UNIX_EPOCH);
    for line in events.text.lines() {
        let record: serde_json::Value = serde_json::from_str(line)?;
        let position = record["position"].as_u64().context("a position")?;
        if position != first + known_at.len() as u64 {
            (first, known_at) = (position, Vec::new());
        }
        let recorded_at = OffsetDateTime::parse(record["recorded_at"].as_str().context("a time")?, &Rfc3339)?;
        last = recorded_at.max(last);
        known_at.push(last);
    }
    ensure!(known_at.len() > 3, "the scene was set after its people came");
    Ok((first, known_at))
}

fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).expect("a year of four digits")
}

/// The second of a time as HTTP writes it.
fn http_date(time: OffsetDateTime) -> String {
    const HTTP_DATE: time::format_description::StaticFormatDescription = format_description!(
        version = 2,
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    UtcDateTime::from(time).format(HTTP_DATE).expect("a year of four digits")
}

/// All of an answer but what is another one each time.
fn whole(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date" && *name != "x-request-id");
    let headers =
        headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let headers = headers.collect();
    // Each problem has a name of its own in the log.
    let text = if answer.status.is_success() { answer.text.clone() } else { answer.code() };
    (answer.status.as_u16(), headers, text)
}

/// What an answer says that it varies by.
fn varies(answer: &Answer) -> Vec<String> {
    let values = answer.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn varies_by_time(answer: &Answer) -> bool {
    varies(answer).iter().any(|name| name == "accept-datetime")
}

/// Where an answer links to.
fn link(answer: &Answer, rel: &str) -> Option<String> {
    let links = answer.header("link")?.split(", ");
    let link = links.into_iter().find_map(|link| link.strip_suffix(&format!(">; rel=\"{rel}\"")))?;
    link.strip_prefix('<').map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_as_of_a_time_is_that_as_of_the_last_position_known_by_then() -> anyhow::Result<()> {
    let past = Past::make().await?;
    let mut boards = 0;
    for position in past.first..=past.denied {
        let known_at = past.known_at(position);
        // Records of one command are known at once.
        let last = past.position_at(known_at);
        let expected = past.as_of(last).await?;
        assert_eq!(whole(&past.as_of(rfc3339(known_at)).await?), whole(&expected), "{position}");
        if position < past.denied && past.known_at(position + 1) > known_at {
            let between = known_at + (past.known_at(position + 1) - known_at) / 2;
            assert_eq!(whole(&past.as_of(rfc3339(between)).await?), whole(&expected), "{position}");
            let before_next = past.known_at(position + 1) - Duration::NANOSECOND;
            assert_eq!(whole(&past.as_of(rfc3339(before_next)).await?), whole(&expected), "{position}");
        }
        if expected.status.as_u16() == 404 {
            assert!(expected.header("memento-datetime").is_none() && expected.header("link").is_none());
            continue;
        }
        boards += 1;
        assert_eq!(expected.json()["as_of"], last);
        assert_eq!(expected.header("gainsay-as-of"), Some(&*last.to_string()));
        assert_eq!(expected.header("memento-datetime"), Some(&*http_date(known_at)));
        assert_eq!(expected.header("link"), Some(&*format!("<{}>; rel=\"original timegate\"", past.board())));
        assert!(expected.header("content-location").is_none() && !varies_by_time(&expected));
    }
    assert!(boards > 2, "boards of several positions were compared");
    let status = async |position: u64| {
        let answer = past.as_of(rfc3339(past.known_at(position))).await?.expect(200)?;
        anyhow::Ok(answer.json()["status"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(
        (status(past.accused).await?, status(past.denied).await?),
        ("officially_attributed".into(), "disputed".into())
    );

    // In another offset it is the same time.
    let accused = past.known_at(past.accused);
    for (hours, minutes) in [(2, 0), (-5, -30), (14, 0)] {
        let elsewhere = rfc3339(accused.to_offset(UtcOffset::from_hms(hours, minutes, 0)?));
        assert_eq!(whole(&past.as_of(elsewhere).await?), whole(&past.as_of(rfc3339(accused)).await?));
    }
    // A time that has not come means the newest position, and is not waited for.
    let newest = past.as_of(past.denied).await?.expect(200)?;
    assert_eq!(whole(&past.as_of("9999-12-31T23:59:59Z").await?), whole(&newest));
    for before in ["0000-01-01T00:00:00Z".to_owned(), rfc3339(past.known_at(past.first) - Duration::MICROSECOND)] {
        let answer = past.as_of(&before).await?;
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "not_found".to_owned()), "{before}");
    }

    // Records, texts and histories have it too.
    let project = &past.scene.project;
    let time = rfc3339(accused);
    let events = past.annotator().get(&project.path(&format!("events?as_of={time}"))).await?.expect(200)?;
    let expected = project.path(&format!("events?as_of={}", past.position_at(accused)));
    assert_eq!(events.text, past.annotator().get(&expected).await?.expect(200)?.text);
    let text = format!("documents/{}/revisions/1/text", past.scene.document);
    let history = format!("history/incident/{}", past.scene.incident);
    for path in [text, history, "actors".to_owned(), format!("actors/{}", past.scene.brigade), "orphans".to_owned()] {
        let path = project.path(&path);
        let then = past.annotator().get(&format!("{path}?as_of={time}")).await?.expect(200)?;
        assert_eq!(then.header("memento-datetime"), Some(&*http_date(accused)), "{path}");
        assert_eq!(link(&then, "original timegate"), Some(path.clone()));
        let now = past.annotator().get(&path).await?.expect(200)?;
        assert!(varies_by_time(&now) && now.header("memento-datetime").is_none(), "{path}");
    }

    // And people in a terminal.
    let printed = |command: &[&str]| {
        let ran = past.system.run(&[command, &["--project", &project.id, "--as-of", &time]].concat())?;
        ensure!(ran.code == 0, "{}", ran.stderr);
        Ok(ran.stdout)
    };
    let board: serde_json::Value =
        serde_json::from_str(&printed(&["board", &past.scene.incident, "--json", "--quotes", "20"])?)?;
    assert_eq!(board, past.as_of(past.position_at(accused)).await?.json());
    assert_eq!(printed(&["events"])?, events.text);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_without_a_moment_chooses_one_by_accept_datetime() -> anyhow::Result<()> {
    let past = Past::make().await?;
    let board = past.board();
    let now = past.annotator().get(&board).await?.expect(200)?;
    assert!(varies_by_time(&now));
    for absent in ["memento-datetime", "link", "content-location"] {
        assert!(now.header(absent).is_none(), "{absent}");
    }
    // The second of the denial, which means its beginning: later than the accusation, and than nothing that came in it.
    let denied = past.known_at(past.denied);
    let second = denied.replace_nanosecond(0)?;
    let position = past.position_at(second);
    assert!((past.accused..past.denied).contains(&position));
    for (path, location) in [
        (board.clone(), format!("{board}?as_of={position}")),
        (format!("{board}?quotes=3&policy=0"), format!("{board}?quotes=3&policy=0&as_of={position}")),
    ] {
        let then = past.negotiate(&path, &http_date(denied)).await?.expect(200)?;
        assert_eq!(then.json()["as_of"], position);
        assert_eq!(then.json()["status"], "officially_attributed");
        assert_eq!(then.header("memento-datetime"), Some(&*http_date(past.known_at(position))));
        assert_eq!(then.header("content-location"), Some(&*location));
        assert_eq!(then.header("link"), Some(&*format!("<{path}>; rel=\"original timegate\"")));
        assert!(varies_by_time(&then));
        let stays = past.annotator().get(&location).await?.expect(200)?;
        assert_eq!((&stays.text, stays.header("etag")), (&then.text, then.header("etag")));
        assert_eq!(stays.header("memento-datetime"), then.header("memento-datetime"));

        // A copy is told by its own tag, and not by that of another time.
        let tag = |answer: &Answer| answer.header("etag").unwrap_or_default().to_owned();
        let known = async |tag: &str| {
            let headers = [("accept-datetime", &*http_date(denied)), ("if-none-match", tag)];
            past.annotator().ask(Method::GET, &path, &headers, None).await
        };
        assert_eq!(known(&tag(&now)).await?.status.as_u16(), 200);
        let unchanged = known(&tag(&then)).await?;
        assert_eq!(unchanged.status.as_u16(), 304);
        for same in ["memento-datetime", "content-location", "link", "etag", "gainsay-as-of"] {
            assert_eq!(unchanged.header(same), then.header(same), "{same}");
        }
        assert!(varies_by_time(&unchanged));
        let headers = [("accept-datetime", &*http_date(denied))];
        let head = past.annotator().ask(Method::HEAD, &path, &headers, None).await?;
        assert_eq!((head.status.as_u16(), head.header("content-location")), (200, Some(&*location)));
    }

    // Past the newest record, and before the first.
    let far = past.negotiate(&board, "Fri, 31 Dec 9999 23:59:59 GMT").await?.expect(200)?;
    assert_eq!((&far.text, far.header("memento-datetime")), (&now.text, Some(&*http_date(denied))));
    let before = past.negotiate(&board, &http_date(past.known_at(past.first))).await?;
    assert_eq!((before.status.as_u16(), before.code()), (404, "not_found".to_owned()));
    assert!(varies_by_time(&before) && before.header("content-location").is_none());

    for malformed in ["yesterday", "", "2021-05-04T10:00:00Z", "Mon, 04 May 2021 10:00:00 GMT", "1620122400"] {
        let refused = past.negotiate(&board, malformed).await?;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (400, "invalid_accept_datetime".to_owned()),
            "{malformed}"
        );
        assert!(refused.json()["detail"].as_str().is_some_and(|detail| detail.contains("Accept-Datetime")));
    }
    // The moment of the URL counts; what answers as of now alone does not look at the header.
    let named = format!("{board}?as_of={}", past.accused);
    let expected = past.annotator().get(&named).await?.expect(200)?;
    for date in [&*http_date(denied), "yesterday"] {
        assert_eq!(whole(&past.negotiate(&named, date).await?), whole(&expected));
    }
    let projects = past.negotiate("/v1/projects", "yesterday").await?.expect(200)?;
    assert!(!varies_by_time(&projects));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_list_as_of_a_time_are_all_of_the_position_that_it_meant_first() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 0).await?;
    let project = &scene.project;
    let mut newest = 0;
    for number in 0..5 {
        let body = json!({"name": format!("Bystander {number}"), "kind": "person"});
        newest = project.curator.post(&project.path("actors"), &body).await?.expect(201)?.sequence();
    }
    let until = project.path(&format!("events?after={newest}&at_least={newest}&wait_ms=5000"));
    project.curator.get(&until).await?.expect(200)?;
    let list = project.path("actors?kind=person&limit=2");
    let future = [("accept-datetime", "Fri, 31 Dec 9999 23:59:59 GMT")];
    for (first, headers) in [(format!("{list}&as_of=9999-12-31T23:59:59Z"), &[][..]), (list.clone(), &future[..])] {
        let mut page = project.curator.ask(Method::GET, &first, headers, None).await?.expect(200)?;
        let as_of = page.header("gainsay-as-of").unwrap_or_default().to_owned();
        let known_at = page.header("memento-datetime").context("a date")?.to_owned();
        let mut seen = page.json()["items"].as_array().map_or(0, Vec::len);
        let expected = as_of.parse::<u64>()? - newest + 5;
        let mut pages = 1;
        while let Some(next) = link(&page, "next") {
            // Now the time means another position.
            project.create("actors", &json!({"name": format!("Latecomer {pages}"), "kind": "person"})).await?;
            page = project.curator.get(&next).await?.expect(200)?;
            pages += 1;
            seen += page.json()["items"].as_array().map_or(0, Vec::len);
            assert_eq!(
                (page.header("gainsay-as-of"), page.header("memento-datetime")),
                (Some(&*as_of), Some(&*known_at))
            );
            assert_eq!(link(&page, "original timegate").as_ref(), Some(&list));
        }
        assert!(pages > 2, "one list had {pages} pages");
        assert_eq!(seen as u64, expected, "each that was there, and nobody who came later");
    }
    // A list that began without a moment goes on as of its own, whatever the header says.
    let first = project.curator.get(&list).await?.expect(200)?;
    let next = link(&first, "next").context("a next page")?;
    let past = [("accept-datetime", "Tue, 04 May 2021 10:00:00 GMT")];
    let second = project.curator.ask(Method::GET, &next, &past, None).await?.expect(200)?;
    assert_eq!(second.header("gainsay-as-of"), first.header("gainsay-as-of"));
    assert!(second.header("memento-datetime").is_none() && varies_by_time(&second));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_moment_is_refused_with_its_parameter() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 0).await?;
    let project = &scene.project;
    let paths = [
        project.path(&format!("incidents/{}/board", scene.incident)),
        project.path("actors"),
        project.path("events"),
        project.path(&format!("actors/{}/ledger", scene.brigade)),
    ];
    for path in &paths {
        for moment in [
            "",
            "-1",
            "now",
            "1.5",
            "2021-05-04",
            "2021-05-04T10:00:00",
            "2021-13-04T10:00:00Z",
            "2021-05-04T10:00:00+02:00",
            "99999999999999999999",
            "Tue,%2004%20May%202021%2010:00:00%20GMT",
        ] {
            let refused = project.curator.get(&format!("{path}?as_of={moment}")).await?;
            let problem = refused.json();
            assert_eq!(
                (refused.status.as_u16(), refused.code()),
                (400, "invalid_parameter".to_owned()),
                "{moment}: {problem}"
            );
            assert_eq!(problem["errors"][0]["parameter"], "as_of", "{moment}: {problem}");
        }
    }
    Ok(())
}
