//! Child processes that never outlive their owner, the interrupt flag, and where the workspace is.
//! Which programs run, and why, is the callers' business.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// A result whose error is a sentence for the person at the terminal.
pub(crate) type Outcome<T> = Result<T, String>;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Turns Ctrl-C, SIGTERM and SIGHUP into a flag, so that the owners of children are dropped in the ordinary way.
pub(crate) fn watch_for_interrupt() -> Outcome<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst)).map_err(|e| format!("no signal handler: {e}"))
}

/// Whether someone asked this program to stop.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// The workspace's root directory.
pub(crate) fn workspace_root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest).parent().map_or_else(|| ".".into(), Path::to_path_buf)
}

/// Where this program keeps what may be deleted: a folder in cargo's target directory.
pub(crate) fn scratch() -> Outcome<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let dir = workspace_root().join(target).join("xtask");
    fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    Ok(dir)
}

/// Where fetched programs are kept between runs and checkouts: `$XDG_CACHE_HOME/orm-xtask`, or below `~/.cache`.
pub(crate) fn cache() -> Outcome<PathBuf> {
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let base = env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()).map(Into::into).or(home);
    let dir = base.map_or_else(scratch, |base| Ok(base.join("orm-xtask")))?;
    fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    Ok(dir)
}

/// `cargo`, in the workspace, without what the cargo that started us says about this crate: build scripts that watch
/// those variables would run again.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|p| text.starts_with(p)) {
            cargo.env_remove(&name);
        }
    }
    cargo.current_dir(workspace_root()).stdin(Stdio::null());
    cargo
}

/// A command with nothing on its standard input.
pub(crate) fn program(path: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(path);
    command.stdin(Stdio::null());
    command
}

/// Finds a program in `PATH`, then in the given directories.
pub(crate) fn find_program(name: &str, more: &[PathBuf]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).chain(more.iter().cloned()).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// The same command, sent `signal` by the kernel when the thread that started it ends, however it ends. Without
/// `setpriv` (macOS) only an orderly end of this program stops the child.
pub(crate) fn dies_with_us(command: &Command, signal: Signal) -> Command {
    let mut wrapped;
    if find_program("setpriv", &[]).is_none() {
        wrapped = program(command.get_program());
    } else {
        wrapped = program("setpriv");
        wrapped.arg("--pdeathsig").arg(signal.as_str().trim_start_matches("SIG"));
        // `setpriv` inside `setpriv` would lose the setting again: the kernel clears it when the user changes.
        if command.get_program() != "setpriv" {
            wrapped.arg(command.get_program());
        }
    }
    wrapped.args(command.get_args());
    copy_settings(command, &mut wrapped);
    wrapped
}

/// Gives one command the environment and the directory of another.
pub(crate) fn copy_settings(from: &Command, to: &mut Command) {
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
    if let Some(dir) = from.get_current_dir() {
        to.current_dir(dir);
    }
}

/// A child in a process group of its own. Dropping it stops the group: first politely, after ten seconds by force.
#[derive(Debug)]
pub(crate) struct Guarded {
    child: Child,
    stop: Signal,
}

impl Guarded {
    /// Starts the child; `stop` is the signal that asks it to end.
    pub(crate) fn spawn(command: &mut Command, stop: Signal) -> Outcome<Self> {
        let child = command.process_group(0).spawn();
        let child = child.map_err(|e| format!("cannot start {}: {e}", command.get_program().display()))?;
        Ok(Self { child, stop })
    }

    /// The process id, which is also the group's.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The exit status when the child has ended.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for the child to end; an interrupt stops it and is the error.
    pub(crate) fn wait(mut self) -> Outcome<ExitStatus> {
        loop {
            match self.exited() {
                Some(status) => return Ok(status),
                None if interrupted() => return Err("interrupted".to_owned()),
                None => sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Asks the child to end and does not wait.
    pub(crate) fn ask_to_stop(&self) {
        self.send(self.stop);
    }

    fn send(&self, signal: Signal) {
        if let Ok(id) = i32::try_from(self.child.id()) {
            // An error means the group is gone, which is what was wanted.
            let _ = killpg(Pid::from_raw(id), signal);
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if self.exited().is_some() {
            return;
        }
        let start = Instant::now();
        let mut asked = 0;
        while self.exited().is_none() {
            let waited = start.elapsed();
            if waited > Duration::from_secs(10) {
                self.send(Signal::SIGKILL);
                let _ = self.child.wait();
            } else if waited >= Duration::from_secs(asked) {
                // Once a second, for a program that has just started may not listen yet.
                self.ask_to_stop();
                asked += 1;
            }
            sleep(Duration::from_millis(10));
        }
    }
}

/// A folder that is removed when this goes.
pub(crate) struct RemoveOnDrop(pub(crate) PathBuf);

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a set-up step to its end with everything it says in `log`; when it fails, the error quotes the log's end.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Outcome<()> {
    log_to(command, log)?;
    let status = Guarded::spawn(command, Signal::SIGTERM)?.wait()?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{} failed ({status}); it said:\n{}", command.get_program().display(), tail(log)))
}

/// Sends a command's output to a fresh log file.
pub(crate) fn log_to(command: &mut Command, log: &Path) -> Outcome<()> {
    let failed = |e| format!("cannot write {}: {e}", log.display());
    let file = File::create(log).map_err(failed)?;
    let twin = file.try_clone().map_err(failed)?;
    command.stdout(file).stderr(twin);
    Ok(())
}

/// The last lines of a log file.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// The standard output of a short command that succeeded.
pub(crate) fn output_of(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
