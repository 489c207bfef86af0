//! MariaDB 10.11 or later, as the system has it. Plain connections, a session time zone that is not UTC, and no care
//! for crashes. `mysql` starts the other product of that name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use super::{DATABASE, PASSWORD, Server, USER, system};
use crate::process::{Outcome, find_program, program, run_logged};

struct Mariadb {
    mariadbd: PathBuf,
    install_db: PathBuf,
    role: Role,
}

/// What a server is to others.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    /// Nothing.
    Alone,
    /// Others follow it.
    Primary,
    /// It follows the server at a port.
    Replica(u16),
}

/// The MariaDB in `PATH` or the usual places.
pub(super) fn find() -> Option<Box<dyn Server>> {
    find_for(Role::Alone)
}

/// The same, with a role.
pub(super) fn find_for(role: Role) -> Option<Box<dyn Server>> {
    let places = ["/usr/sbin", "/usr/local/sbin", "/usr/libexec"].map(PathBuf::from);
    let mariadbd = find_program("mariadbd", &places)?;
    find_program("my_print_defaults", &places)?; // what the next one calls; Debian has it in another package
    let install_db = find_program("mariadb-install-db", &places)?;
    Some(Box::new(Mariadb { mariadbd, install_db, role }))
}

/// The statements that make the tests' database and user; the server runs them at every start.
pub(super) fn init_sql() -> String {
    let mut sql = format!("CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4;\n");
    for host in ["127.0.0.1", "localhost"] {
        sql += &format!("CREATE USER IF NOT EXISTS '{USER}'@'{host}' IDENTIFIED BY '{PASSWORD}';\n");
        sql += &format!("GRANT ALL ON *.* TO '{USER}'@'{host}' WITH GRANT OPTION;\n");
    }
    sql
}

impl Role {
    /// The statements that the server runs at every start.
    fn init_sql(self) -> String {
        /// All but what would let the user write on a replica (READ ONLY ADMIN).
        const RIGHTS: &str = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, REFERENCES, CREATE VIEW, TRIGGER, \
                              PROCESS, LOCK TABLES, CREATE TEMPORARY TABLES, RELOAD, BINLOG MONITOR, REPLICATION SLAVE, \
                              REPLICATION SLAVE ADMIN";
        match self {
            Self::Alone => init_sql(),
            Self::Primary => format!(
                "CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4;\n\
                 CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n\
                 GRANT {RIGHTS} ON *.* TO '{USER}'@'127.0.0.1';\n"
            ),
            // What the primary has written from its beginning on is the replica's too, users included.
            Self::Replica(port) => format!(
                "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={port}, MASTER_USER='{USER}', \
                 MASTER_PASSWORD='{PASSWORD}', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1;\nSTART SLAVE;\n"
            ),
        }
    }

    fn arguments(self, dir: &Path) -> Vec<String> {
        let log = |name: &str| dir.join("data").join(name).display().to_string();
        let id = match self {
            Self::Alone => return vec!["--skip-log-bin".to_owned()],
            Self::Primary => 1,
            Self::Replica(_) => 2,
        };
        let mut arguments = vec![
            format!("--log-bin={}", log("bin")),
            format!("--relay-log={}", log("relay")),
            format!("--server-id={id}"),
            "--binlog-format=ROW".to_owned(),
            "--log-slave-updates".to_owned(),
            "--gtid-strict-mode=1".to_owned(),
            "--sync-binlog=0".to_owned(),
        ];
        if matches!(self, Self::Replica(_)) {
            arguments.push("--read-only=1".to_owned());
        }
        arguments
    }
}

impl Server for Mariadb {
    fn initialise(&self, dir: &Path) -> Outcome<()> {
        let failed = |e| format!("cannot write in {}: {e}", dir.display());
        fs::create_dir_all(dir.join("tmp")).map_err(failed)?;
        fs::write(dir.join("init.sql"), self.role.init_sql()).map_err(failed)?;
        let mut install = program(&self.install_db);
        install.arg("--no-defaults").arg(format!("--datadir={}", dir.join("data").display()));
        if system::is_root() {
            install.arg("--user=root");
        }
        install.args(["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]);
        install.arg("--innodb-log-file-size=8M");
        run_logged(&mut install, &dir.join("install.log"))
    }

    fn command(&self, dir: &Path, port: u16) -> Command {
        let mut command = program(&self.mariadbd);
        command.arg("--no-defaults");
        if system::is_root() {
            command.arg("--user=root");
        }
        let paths = [
            ("datadir", "data"),
            ("tmpdir", "tmp"),
            ("socket", "s.sock"),
            ("pid-file", "pid"),
            ("init-file", "init.sql"),
        ];
        for (option, path) in paths {
            command.arg(format!("--{option}={}", dir.join(path).display()));
        }
        command.arg(format!("--port={port}")).args([
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--default-time-zone=+05:30",
            "--max-connections=300",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-doublewrite=0",
            // MySQL's servers have the default, which is to undo the statement alone.
            "--innodb-rollback-on-timeout=ON",
            "--innodb-log-file-size=8M",
            "--innodb-buffer-pool-size=64M",
        ]);
        command.args(self.role.arguments(dir));
        command
    }

    fn ready_line(&self) -> &'static str {
        "ready for connections"
    }

    fn abrupt_stop(&self) -> Signal {
        Signal::SIGKILL
    }

    fn clean_stop(&self) -> Signal {
        Signal::SIGTERM
    }

    fn facts(&self, dir: &Path) -> Vec<(&'static str, String)> {
        vec![("SOCKET", dir.join("s.sock").display().to_string())]
    }
}
