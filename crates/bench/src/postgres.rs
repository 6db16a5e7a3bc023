//! The other peer of writes: a `PostgreSQL` table with a unique (stream, version), filled by pgbench.

use crate::machine;
use crate::report::{Bound, Report};
use crate::run::{Run, clients_of};
use anyhow::{Context, bail, ensure};
use rustix::process::geteuid;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

const CLIENTS: [usize; 3] = [1, 8, 64];
/// Bytes of a payload: about those of an annotation's record.
const PAYLOAD_BYTES: usize = 290;
/// `PostgreSQL` does not run as root; these users are there on most machines.
const USERS: [&str; 2] = ["postgres", "nobody"];
const TABLE: &str = "CREATE TABLE events (position bigserial PRIMARY KEY, stream uuid NOT NULL, version int NOT NULL, \
                     payload bytea NOT NULL, UNIQUE (stream, version))";

/// Measures inserts at each number of clients, where there is a `PostgreSQL`.
pub async fn run(run: &Run, report: &mut Report) -> anyhow::Result<()> {
    let Some(tools) = Tools::find() else {
        println!("         no PostgreSQL found");
        return Ok(());
    };
    let cluster = Cluster::start(&run.parent, &tools).await?;
    cluster.psql(TABLE).await?;
    let script = cluster.folder.path().join("insert.sql");
    let payload = "5a".repeat(PAYLOAD_BYTES);
    fs::write(
        &script,
        format!("INSERT INTO events (stream, version, payload) VALUES (gen_random_uuid(), 1, '\\x{payload}');\n"),
    )?;
    for clients in CLIENTS {
        let mut pgbench = cluster.command(&tools.pgbench);
        pgbench.args(["--no-vacuum", "--protocol", "prepared", "--jobs", "1", "--client", &clients.to_string()]);
        pgbench.args(["--time", &run.whole().as_secs().max(1).to_string()]).arg("--file").arg(&script).arg("postgres");
        let output = cluster.output(&mut pgbench).await?;
        let rate = number(&output, "tps = ").with_context(|| format!("pgbench tells no rate: {output}"))?;
        let latency = number(&output, "latency average = ").unwrap_or_default();
        let how = format!(
            "mean latency {latency:.2} ms, closed loop of {clients}, {:?}, {PAYLOAD_BYTES} bytes each, fsync on, {}",
            run.whole(),
            tools.version
        );
        let name = format!("PostgreSQL inserts with a unique (stream, version), {}", clients_of(clients));
        report.figure(&name, rate, "/s", Bound::None, &how);
    }
    Ok(())
}

/// The programs of an installation.
struct Tools {
    initdb: PathBuf,
    pg_ctl: PathBuf,
    psql: PathBuf,
    pgbench: PathBuf,
    version: String,
}

impl Tools {
    /// Looks on the PATH and where Debian puts what is not on it.
    fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        folders.extend(versions.map(|version| version.path().join("bin")));
        let find = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file());
        let (initdb, pg_ctl, psql, pgbench) = (find("initdb")?, find("pg_ctl")?, find("psql")?, find("pgbench")?);
        let version = std::process::Command::new(&initdb).arg("--version").output().ok()?;
        let version = String::from_utf8_lossy(&version.stdout).trim().replace("initdb (PostgreSQL)", "PostgreSQL");
        Some(Self { initdb, pg_ctl, psql, pgbench, version })
    }
}

/// A server on a folder of its own, reached by a socket in it.
struct Cluster<'a> {
    tools: &'a Tools,
    user: Option<User>,
    folder: tempfile::TempDir,
}

/// A user that is not root.
struct User {
    id: u32,
    group: u32,
}

impl<'a> Cluster<'a> {
    async fn start(parent: &Path, tools: &'a Tools) -> anyhow::Result<Self> {
        let folder = machine::folder(parent)?;
        let user = if geteuid().is_root() { Some(other_user()?) } else { None };
        if let Some(User { id, group }) = user {
            chown(folder.path(), Some(id), Some(group))?;
        }
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700))?;
        let cluster = Self { tools, user, folder };
        let data = cluster.data();
        let init = ["--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "--no-sync"];
        cluster.output(cluster.command(&tools.initdb).args(init).arg("--pgdata").arg(&data)).await?;
        let socket = cluster.folder.path().display();
        let settings = format!("-c listen_addresses='' -c unix_socket_directories='{socket}' -c fsync=on");
        let log = File::create(cluster.folder.path().join("log"))?;
        // The server inherits the output of who starts it, so that must not be a pipe that is read to its end.
        let started = cluster
            .command(&tools.pg_ctl)
            .args(["start", "--wait", "--pgdata"])
            .arg(&data)
            .args(["--options", &settings])
            .stdout(log.try_clone()?)
            .stderr(log)
            .status()
            .await?;
        ensure!(started.success(), "PostgreSQL does not start: {}", cluster.log());
        Ok(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// A program, run as the cluster's user and told where the cluster is.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env("PGHOST", self.folder.path()).env("PGUSER", "postgres");
        command.stdin(Stdio::null()).kill_on_drop(true);
        if let Some(User { id, group }) = self.user {
            command.uid(id).gid(group);
        }
        command
    }

    async fn psql(&self, statement: &str) -> anyhow::Result<()> {
        let arguments = ["--no-psqlrc", "--quiet", "--dbname", "postgres", "--command", statement];
        self.output(self.command(&self.tools.psql).args(arguments)).await.map(drop)
    }

    /// What a program prints, if it succeeds.
    async fn output(&self, command: &mut Command) -> anyhow::Result<String> {
        let output = command.output().await;
        let program = command.as_std().get_program().display();
        let output = output.with_context(|| format!("cannot run {program}"))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{program} failed: {errors}{}", self.log());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Cluster<'_> {
    fn drop(&mut self) {
        let mut stop = self.command(&self.tools.pg_ctl);
        stop.args(["stop", "--mode", "immediate", "--wait", "--pgdata"]).arg(self.data());
        // One that never started is not to be stopped.
        let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).as_std_mut().status();
    }
}

/// A user of this machine that `PostgreSQL` may run as.
fn other_user() -> anyhow::Result<User> {
    let users = fs::read_to_string("/etc/passwd")?;
    for wanted in USERS {
        let line = users.lines().find_map(|line| line.strip_prefix(wanted)?.strip_prefix(':'));
        let mut fields = line.into_iter().flat_map(|line| line.split(':')).skip(1);
        if let (Some(id), Some(group)) = (fields.next(), fields.next()) {
            return Ok(User { id: id.parse()?, group: group.parse()? });
        }
    }
    bail!("PostgreSQL does not run as root, and there is no other user")
}

/// The number after these words.
fn number(text: &str, words: &str) -> Option<f64> {
    let (_, rest) = text.split_once(words)?;
    rest.split_whitespace().next()?.parse().ok()
}
