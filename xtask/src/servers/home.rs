//! The directory all servers of one run live in. It is gone when the run is, and what a killed run left behind is
//! removed by the next one. What the servers put into it is theirs.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{env, process};

use nix::sys::statvfs::statvfs;

use crate::process::Outcome;

const PREFIX: &str = "orm-xtask-";
/// The least free memory, in bytes, that makes a memory file system worth using.
const ROOMY: u64 = 2 << 30;

/// A fresh directory, deleted on drop. Its `lock` file is locked for as long as the owner lives.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    _lock: File,
}

impl Home {
    /// One for servers of a kind, whose name is a part of its own.
    pub(super) fn new(kind: &str) -> Outcome<Self> {
        let parent = parent();
        remove_abandoned(&parent);
        let path = parent.join(format!("{PREFIX}{kind}-{}", process::id()));
        let failed = |e| format!("cannot make {}: {e}", path.display());
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).map_err(failed)?;
        let lock = File::create(path.join("lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let home = Self { path: path.clone(), _lock: lock };
        // A server that gives up being root must be able to pass through.
        fs::set_permissions(&path, Permissions::from_mode(0o755)).map_err(failed)?;
        Ok(home)
    }

    /// The directory of that name in this one.
    pub(super) fn dir(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A new directory in this one.
    pub(super) fn make(&self, name: &str) -> Outcome<PathBuf> {
        let dir = self.dir(name);
        fs::create_dir(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
        Ok(dir)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Memory when there is plenty, otherwise the system's temporary directory.
fn parent() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let free = statvfs(memory).map_or(0, |s| s.blocks_available() * s.fragment_size());
    if free >= ROOMY { memory.to_owned() } else { env::temp_dir() }
}

/// Removes homes whose lock nobody holds. One without a lock file is being made at this moment, or is not ours.
fn remove_abandoned(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_home = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_home && File::open(entry.path().join("lock")).is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
