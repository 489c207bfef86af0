//! What the servers need of the operating system: packages, an unprivileged user.
//! Nothing here knows a particular database.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use nix::unistd::{Uid, User};

use crate::process::{Outcome, copy_settings, program, run_logged, scratch};

pub(super) fn is_root() -> bool {
    Uid::effective().is_root()
}

pub(super) fn is_debian() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=debian"))
}

/// The user to become when a server refuses to run as root; `None` when we are not root.
pub(super) fn unprivileged() -> Option<User> {
    let user = |name| User::from_name(name).ok().flatten();
    if is_root() { user("postgres").or_else(|| user("nobody")) } else { None }
}

/// The same command as another user, by `setpriv`.
pub(super) fn as_user(user: &User, command: &Command) -> Command {
    let mut wrapped = program("setpriv");
    wrapped.arg(format!("--reuid={}", user.uid)).arg(format!("--regid={}", user.gid)).arg("--clear-groups");
    wrapped.arg(command.get_program()).args(command.get_args());
    copy_settings(command, &mut wrapped);
    wrapped
}

/// Gives a directory and everything in it to `user`.
pub(super) fn give_to(user: &User, dir: &Path) -> Outcome<()> {
    let mut chown = program("chown");
    chown.arg("-R").arg(format!("{}:{}", user.uid, user.gid)).arg(dir);
    run_logged(&mut chown, &scratch()?.join("chown.log"))
}

/// Installs Debian packages, as root.
pub(crate) fn apt_install(packages: &[&str]) -> Outcome<()> {
    static ONE_AT_A_TIME: Mutex<bool> = Mutex::new(false);
    let names = packages.join(" ");
    if !is_debian() || !is_root() {
        return Err(format!("installing `{names}` needs root on Debian"));
    }
    let mut updated = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    eprintln!("xtask: installing {names}");
    let log = scratch()?.join(format!("apt-{}.log", packages.join("-")));
    if !*updated {
        // A third party's source that does not answer must not stand in the way; the installation will tell.
        let _ = run_logged(apt_get().arg("update"), &log);
        *updated = true;
    }
    let mut install = apt_get();
    install.env("DEBIAN_FRONTEND", "noninteractive");
    run_logged(install.args(["install", "-y", "--no-install-recommends"]).args(packages), &log)
}

fn apt_get() -> Command {
    let mut apt = program("apt-get");
    apt.args(["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]);
    apt
}
