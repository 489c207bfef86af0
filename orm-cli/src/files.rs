//! Files that commands write: names of migrations, new files that overwrite nothing.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::Utc;
use heck::ToSnakeCase;
use orm::migrate::{Migration, Migrations};
use serde_json::json;

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::report::Report;

/// Writes a file that is not there yet, with the folders it is in.
///
/// # Errors
/// When it is there, or cannot be written.
pub(crate) fn create(path: &Path, text: &str) -> Outcome<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Failure::file("create", folder, &error))?;
    }
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| Failure::file("write", path, &error))
}

/// Writes a file anew: beside it first, so that it is the old one or the new one whatever happens.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn replace(path: &Path, text: &str) -> Outcome<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|error| Failure::file("write", path, &error))
}

/// A version for a folder in which there are migrations: the time, or a second after the newest one.
pub(crate) fn version(folder: &Path) -> String {
    let mut time = Utc::now();
    loop {
        let version = time.format("%Y%m%d_%H%M%S").to_string();
        let taken = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .any(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(&version)));
        if !taken {
            return version;
        }
        time += chrono::Duration::seconds(1);
    }
}

/// The name of a migration, as the folder has it.
///
/// # Errors
/// When nothing of it is left.
pub(crate) fn plain_name(name: &str) -> Outcome<String> {
    let plain = name.to_snake_case();
    let plain = plain.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    if plain.is_empty() {
        return Err(Failure::new(format!("`{name}` is no name: it has a letter at least, as in `add_email`")));
    }
    Ok(plain.to_owned())
}

/// Writes a migration, and gives its folder.
///
/// # Errors
/// For a name that is none, and when the files cannot be written.
pub(crate) fn migration(folder: &Path, name: &str, up: &str, down: Option<&str>) -> Outcome<PathBuf> {
    let migration = Migration::new(&version(folder), &plain_name(name)?, up, down.map(str::to_owned))?;
    let place = folder.join(migration.folder());
    if let Some(down) = down {
        create(&place.join("down.sql"), down)?;
    }
    // Last: a folder without it is no migration, and says so.
    create(&place.join("up.sql"), up)?;
    if folder.join(SUM).is_file() {
        sum(folder)?;
    }
    Ok(place)
}

/// The file by which it is seen that two branches have added migrations.
const SUM: &str = "orm.sum";

/// Writes `orm.sum` for the migrations of a folder, and gives its path.
///
/// # Errors
/// When the folder cannot be read, or the file not be written.
pub(crate) fn sum(folder: &Path) -> Outcome<PathBuf> {
    let migrations = Migrations::from_folder_unchecked(folder)?;
    let path = folder.join(SUM);
    replace(&path, &migrations.sum())?;
    Ok(path)
}

/// Replaces migrations by a squashed one, and returns its folder. It is written to an ignored folder first, so a failure loses nothing.
///
/// # Errors
/// When a file cannot be written or removed.
pub(crate) fn squashed(folder: &Path, one: &Migration, replaced: &[Migration]) -> Outcome<PathBuf> {
    let (place, beside) = (folder.join(one.folder()), folder.join(format!(".{}", one.folder())));
    let moved =
        |what: &str, path: &Path, done: std::io::Result<()>| done.map_err(|error| Failure::file(what, path, &error));
    if beside.exists() {
        moved("remove", &beside, fs::remove_dir_all(&beside))?;
    }
    if let Some(down) = &one.down {
        create(&beside.join("down.sql"), down)?;
    }
    create(&beside.join("up.sql"), &one.up)?;
    for old in replaced.iter().map(|old| folder.join(old.folder())) {
        moved("remove", &old, fs::remove_dir_all(&old))?;
    }
    moved("create", &place, fs::rename(&beside, &place))?;
    if folder.join(SUM).is_file() {
        sum(folder)?;
    }
    Ok(place)
}

/// `orm migrate new`, `orm generate migration`.
///
/// # Errors
/// As [`migration`].
pub(crate) fn new_migration(context: &Context, name: &str) -> Outcome<Report> {
    let up = "-- What this migration does.\n";
    let down = "-- What undoes it. Without this file the migration cannot be undone.\n";
    wrote(context, &migration(&context.config.migrations, name, up, Some(down))?)
}

/// `orm seed new`, `orm generate seed`.
///
/// # Errors
/// As [`migration`].
pub(crate) fn new_seed(context: &Context, name: &str) -> Outcome<Report> {
    let up = "-- Rows to begin with. Seeds may run again and again, so write each row in a way that may be repeated:\n\
              -- INSERT INTO users (id, email) VALUES (1, 'ada@example.com') ON CONFLICT (id) DO NOTHING;\n";
    let down = "-- What takes them away again:\n-- DELETE FROM users WHERE id = 1;\n";
    wrote(context, &migration(&context.config.seeds, name, up, Some(down))?)
}

fn wrote(context: &Context, place: &Path) -> Outcome<Report> {
    let shown = context.config.shown(place);
    let files = [format!("{shown}/up.sql"), format!("{shown}/down.sql")];
    Ok(Report::new(format!("wrote {} and {}", files[0], files[1]), json!({ "wrote": files })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_of_folders() {
        assert_eq!(plain_name("AddEmail to-users").unwrap(), "add_email_to_users");
        assert_eq!(plain_name("2nd step").unwrap(), "nd_step");
        assert!(plain_name("  ").is_err() && plain_name("../..").is_err());
    }

    #[test]
    fn what_is_there_is_not_overwritten() {
        let folder = std::env::temp_dir().join(format!("orm-cli-files-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let first = migration(&folder, "a", "SELECT 1", None).unwrap();
        let second = migration(&folder, "a", "SELECT 2", None).unwrap();
        assert_ne!(first, second);
        assert!(create(&first.join("up.sql"), "").is_err());
        assert_eq!(fs::read_to_string(first.join("up.sql")).unwrap(), "SELECT 1");
        replace(&first.join("up.sql"), "SELECT 3").unwrap();
        assert_eq!(fs::read_to_string(first.join("up.sql")).unwrap(), "SELECT 3");
    }
}
