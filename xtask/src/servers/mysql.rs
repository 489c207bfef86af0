//! MySQL 9.7 or later: the system's `mysqld`, or Debian sid's unpacked into a cache folder with every library it needs
//! and run by its own dynamic loader, so the system stays as it is. Deleting the folder makes the next `--install`
//! fetch what sid has by then. A data directory takes four seconds to make, so a packed one is kept beside the program.

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use super::{Server, mariadb, system};
use crate::process::{Outcome, RemoveOnDrop, cache, find_program, output_of, program, run_logged, tail};

struct Mysql {
    /// The unpacked root, or `None` for the system's own `mysqld`.
    root: Option<PathBuf>,
    mysqld: PathBuf,
}

const FAST: [&str; 8] = [
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-doublewrite=OFF",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-writer-threads=OFF",
    "--innodb-redo-log-capacity=8M",
    "--innodb-use-native-aio=0",
    "--performance-schema=OFF",
];

/// The system's MySQL (not MariaDB's program of the same name), or the one fetched earlier.
pub(super) fn find() -> Option<Box<dyn Server>> {
    if let Some(mysqld) = find_program("mysqld", &["/usr/sbin".into()]) {
        let version = output_of(program(&mysqld).arg("--version"));
        if version.is_some_and(|version| !version.contains("MariaDB")) {
            return Some(Box::new(Mysql { root: None, mysqld }));
        }
    }
    let root = unpacked_root().ok()?;
    let mysqld = root.join("usr/sbin/mysqld");
    mysqld.is_file().then(|| Box::new(Mysql { root: Some(root), mysqld }) as Box<dyn Server>)
}

fn unpacked_root() -> Outcome<PathBuf> {
    Ok(cache()?.join("mysql/root"))
}

/// The dynamic loader and library directory inside an unpacked Debian root.
fn loader() -> (String, String) {
    let loader = match ARCH {
        "x86_64" => "usr/lib64/ld-linux-x86-64.so.2".to_owned(),
        other => format!("usr/lib/ld-linux-{other}.so.1"),
    };
    (loader, format!("usr/lib/{ARCH}-linux-gnu"))
}

/// Downloads `mysql-server-core` and all it depends on from Debian sid, and unpacks them into the cache folder. Uses
/// the mirror of the system's own sources, but package lists, an archive cache and a (blank) package state of its own.
///
/// # Errors
/// Not Debian, no mirror, or sid cannot install MySQL today.
pub(super) fn fetch() -> Outcome<()> {
    const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
    /// Parts of the closure the server runs without.
    const UNUSED: [&str; 4] = ["perl", "libperl", "debconf", "mysql-common"];

    if !system::is_debian() {
        return Err("MySQL is fetched from Debian's archive, and this is not Debian".to_owned());
    }
    let mirror = debian_mirror().ok_or("the system's package sources name no Debian mirror")?;
    eprintln!("xtask: fetching MySQL from Debian sid");
    // Made beside the final place and renamed at the end: a run that was stopped leaves nothing half done.
    let cache = cache()?;
    let work = cache.join(format!("mysql-{}", std::process::id()));
    let failed = |e| format!("cannot write in {}: {e}", work.display());
    for dir in ["lists/partial", "archives/archives/partial", "root"] {
        fs::create_dir_all(work.join(dir)).map_err(failed)?;
    }
    let _cleanup = RemoveOnDrop(work.clone());
    fs::write(work.join("status"), "").map_err(failed)?;
    fs::write(work.join("sources.list"), format!("deb [signed-by={KEYS}] {mirror} sid main\n")).map_err(failed)?;

    let log = cache.join("mysql-fetch.log");
    let apt = |args: &[&str]| {
        let mut apt = program("apt-get");
        let own = [
            ("Dir::Etc::SourceList", "sources.list"),
            ("Dir::State::Lists", "lists"),
            ("Dir::State::status", "status"),
            ("Dir::Cache", "archives"),
        ];
        for (option, path) in own {
            apt.arg("-o").arg(format!("{option}={}", work.join(path).display()));
        }
        for option in [
            "Dir::Etc::SourceParts=/dev/null",
            "APT::Sandbox::User=root",
            "Debug::NoLocking=1",
            "Acquire::Languages=none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
            "Acquire::Retries=3",
            "APT::Install-Recommends=false",
            "APT::Get::List-Cleanup=false",
        ] {
            apt.arg("-o").arg(option);
        }
        run_logged(apt.arg("-qq").args(args), &log)
    };
    apt(&["update"])?;
    apt(&["-y", "--download-only", "install", "mysql-server-core"])?;
    for entry in fs::read_dir(work.join("archives/archives")).map_err(failed)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".deb") && !UNUSED.iter().any(|prefix| name.starts_with(prefix)) {
            run_logged(program("dpkg").arg("-x").arg(entry.path()).arg(work.join("root")), &log)?;
        }
    }
    let place = unpacked_root()?;
    fs::create_dir_all(place.parent().unwrap_or(&cache)).map_err(failed)?;
    // Another run may have been faster; its result is as good.
    if fs::rename(work.join("root"), &place).is_err() && !place.is_dir() {
        return Err(format!("cannot move the unpacked MySQL to {}", place.display()));
    }
    Ok(())
}

/// The first source of the system that looks like Debian's main archive.
fn debian_mirror() -> Option<String> {
    let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten().map(|entry| entry.path());
    parts.chain(["/etc/apt/sources.list".into()]).find_map(|file| mirror_in(&fs::read_to_string(file).ok()?))
}

fn mirror_in(sources: &str) -> Option<String> {
    let lines = sources.lines().filter(|line| line.starts_with("deb ") || line.starts_with("URIs:"));
    let mut words = lines.flat_map(str::split_whitespace);
    words.find(|w| w.contains("://") && w.trim_end_matches('/').ends_with("/debian")).map(str::to_owned)
}

impl Mysql {
    fn program(&self) -> Command {
        let Some(root) = &self.root else {
            let mut command = program(&self.mysqld);
            command.arg("--no-defaults");
            return command;
        };
        let (loader, libraries) = loader();
        let mut command = program(root.join(loader));
        command.arg("--library-path").arg(root.join(libraries)).arg(&self.mysqld).arg("--no-defaults");
        for (option, path) in [
            ("basedir", "usr"),
            ("lc-messages-dir", "usr/share/mysql"),
            ("character-sets-dir", "usr/share/mysql/charsets"),
            ("plugin-dir", "usr/lib/mysql/plugin"),
        ] {
            command.arg(format!("--{option}={}", root.join(path).display()));
        }
        command
    }

    fn server(&self, dir: &Path) -> Command {
        let mut command = self.program();
        if system::is_root() {
            command.arg("--user=root");
        }
        command.arg(format!("--datadir={}", dir.join("data").display()));
        command.arg(format!("--tmpdir={}", dir.join("tmp").display()));
        command.arg("--secure-file-priv=NULL").args(FAST);
        command
    }

    /// The packed data directory for exactly this version.
    fn seed(&self) -> Option<PathBuf> {
        let version = output_of(self.program().arg("--version"))?;
        let version = version.split_whitespace().skip_while(|word| *word != "Ver").nth(1)?.to_owned();
        Some(cache().ok()?.join(format!("mysql-data-{version}.tar.gz")))
    }
}

impl Server for Mysql {
    fn initialise(&self, dir: &Path) -> Outcome<()> {
        let failed = |e| format!("cannot write in {}: {e}", dir.display());
        fs::create_dir_all(dir.join("tmp")).map_err(failed)?;
        fs::write(dir.join("init.sql"), mariadb::init_sql()).map_err(failed)?;
        let seed = self.seed();
        let log = dir.join("tar.log");
        if let Some(seed) = seed.as_ref().filter(|seed| seed.is_file()) {
            if run_logged(program("tar").arg("-xzf").arg(seed).arg("-C").arg(dir), &log).is_ok() {
                return Ok(());
            }
            let _ = fs::remove_dir_all(dir.join("data"));
        }
        let log_error = dir.join("initialise.log");
        let mut initialise = self.server(dir);
        initialise.arg("--initialize-insecure").arg(format!("--log-error={}", log_error.display()));
        run_logged(&mut initialise, &dir.join("initialise.out"))
            .map_err(|e| format!("{e}\nand its log ends:\n{}", tail(&log_error)))?;
        if let Some(seed) = seed {
            // Failing to keep it costs time later and nothing else.
            let fresh = seed.with_extension(format!("{}", std::process::id()));
            let packed = run_logged(program("tar").arg("-czf").arg(&fresh).arg("-C").arg(dir).arg("data"), &log);
            let _ = if packed.is_ok() { fs::rename(&fresh, &seed) } else { fs::remove_file(&fresh) };
        }
        Ok(())
    }

    fn command(&self, dir: &Path, port: u16) -> Command {
        let mut command = self.server(dir);
        for (option, path) in [("socket", "s.sock"), ("pid-file", "pid"), ("init-file", "init.sql")] {
            command.arg(format!("--{option}={}", dir.join(path).display()));
        }
        command.arg(format!("--port={port}")).args([
            "--bind-address=127.0.0.1",
            "--mysqlx=OFF",
            "--default-time-zone=+05:30",
            "--max-connections=300",
        ]);
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
        let path = |name| dir.join(name).display().to_string();
        vec![("SOCKET", path("s.sock")), ("CA", path("data/ca.pem"))]
    }
}

#[cfg(test)]
mod tests {
    use super::mirror_in;

    #[test]
    fn the_mirror_is_the_archive_not_its_neighbours() {
        let old = "# deb http://old.example/debian\ndeb [arch=amd64] http://mirror.example/debian/ bookworm main\n";
        assert_eq!(mirror_in(old).as_deref(), Some("http://mirror.example/debian/"));
        let new = "Types: deb\nURIs: http://mirror.example/debian-security\n\nTypes: deb\nURIs: http://mirror.example/debian\n";
        assert_eq!(mirror_in(new).as_deref(), Some("http://mirror.example/debian"));
        assert_eq!(mirror_in("URIs: https://packages.example/apt\n"), None);
    }
}
