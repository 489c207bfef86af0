//! Squashes several migrations into one. The new file lists them, `-- orm:replaces 1 2 3`, and counts as applied in a database that
//! has applied all of them.

use orm_core::dialect::Dialect;
use orm_core::{Error, ErrorKind, Result};

use crate::history::{Entry, Phase};
use crate::migration::{Migration, Migrations, order};
use crate::script::split;

const REPLACES: &str = "-- orm:replaces ";

impl Migration {
    /// The versions of the migrations that it replaces.
    pub fn replaces(&self) -> impl Iterator<Item = &str> {
        self.up.lines().filter_map(|line| line.trim().strip_prefix(REPLACES)).flat_map(str::split_whitespace)
    }
}

impl Migrations {
    /// Returns one migration that replaces all up to and including a version (by default all), and the replaced migrations. It has the
    /// version of the last of them. It can be undone if each of them can.
    ///
    /// ```
    /// # fn show(migrations: orm_migrate::Migrations, dialect: &dyn orm_core::dialect::Dialect) -> orm_core::Result<()> {
    /// let (one, replaced) = migrations.squashed("base", None, dialect)?;
    /// assert_eq!(one.version, replaced.last().unwrap().version);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Migration`] if the version does not exist, if there are fewer than two migrations, or if one has statements that must
    /// not run in a transaction with others.
    pub fn squashed(&self, name: &str, to: Option<&str>, dialect: &dyn Dialect) -> Result<(Migration, Vec<Migration>)> {
        let refused = |message: String| Err(Error::new(ErrorKind::Migration, message));
        if let Some(version) = to.filter(|version| self.get(version).is_none()) {
            return refused(format!("there is no migration {version}"));
        }
        let limit = to.map(order);
        let all = self.iter().filter(|one| limit.as_ref().is_none_or(|limit| order(&one.version) <= *limit));
        let all: Vec<Migration> = all.cloned().collect();
        let [_, .., last] = all.as_slice() else {
            return refused("there are fewer than two migrations to make one of".to_owned());
        };
        if last.name == name {
            return refused(format!("`{name}` is the name of the last of them; give the new one another"));
        }
        for migration in &all {
            let down = migration.down.as_deref().map(|sql| ("down.sql", sql));
            for (file, sql) in [("up.sql", migration.up.as_str())].into_iter().chain(down) {
                let alone = split(sql, dialect)?.iter().any(|statement| {
                    statement.needs_no_transaction()
                        || statement.checks_foreign_keys().is_some()
                        || statement.controls_transaction()
                });
                if alone {
                    return refused(format!(
                        "{}/{file} has a statement that must not be in a transaction with others; squash up to the one before",
                        migration.folder()
                    ));
                }
            }
        }
        let versions: Vec<&str> = all.iter().flat_map(|one| one.replaces().chain([one.version.as_str()])).collect();
        let mut up = format!("{REPLACES}{}\n", versions.join(" "));
        for migration in &all {
            let own = migration.up.lines().filter(|line| !line.trim().starts_with(REPLACES.trim_end()));
            push(&mut up, migration, &own.collect::<Vec<_>>().join("\n"));
        }
        let mut down = Some(String::new());
        for migration in all.iter().rev() {
            match (&mut down, &migration.down) {
                (Some(text), Some(own)) => push(text, migration, own),
                _ => down = None,
            }
        }
        Ok((Migration::new(&last.version, name, up, down)?, all))
    }
}

fn push(text: &mut String, migration: &Migration, sql: &str) {
    let sql = sql.trim();
    let end = if sql.is_empty() || sql.ends_with(';') { "" } else { ";" };
    text.push_str(&format!("\n-- {}\n{sql}{end}\n", migration.folder()));
}

/// A change of the history for a squashed migration: the entries to remove, and the new entry.
pub(crate) struct Adopted {
    pub(crate) gone: Vec<String>,
    pub(crate) new: Entry,
}

/// Replaces entries of the history by those of squashed migrations.
///
/// # Errors
/// [`ErrorKind::Migration`] if the database has applied only some of the replaced migrations.
pub(crate) fn adopt(migrations: &Migrations, entries: &mut Vec<Entry>) -> Result<Vec<Adopted>> {
    let mut adopted = Vec::new();
    for migration in migrations {
        let replaced: Vec<&str> = migration.replaces().collect();
        let own = |entry: &Entry| entry.version == migration.version && entry.checksum == migration.checksum();
        if replaced.is_empty() || entries.iter().any(own) {
            continue;
        }
        let had = |version: &str| entries.iter().any(|e| e.version == version && e.phase == Phase::Applied);
        // A newer database has only the entry of an earlier squash, not of the migrations that it replaced.
        let current: Vec<&str> =
            replaced.iter().copied().filter(|version| entries.iter().any(|entry| entry.version == *version)).collect();
        if current.is_empty() {
            continue;
        }
        if !had(&migration.version) || !current.iter().all(|version| had(version)) {
            let missing = replaced.iter().find(|version| !had(version)).copied().unwrap_or(&migration.version);
            return Err(Error::new(
                ErrorKind::Migration,
                format!(
                    "{} takes the place of migrations of which the database has not had {missing}: run those first, from before they \
                     were squashed",
                    migration.folder()
                ),
            ));
        }
        let Some(last) = entries.iter().find(|entry| entry.version == migration.version) else { continue };
        let new = Entry { name: migration.name.clone(), checksum: migration.checksum(), ..last.clone() };
        let gone: Vec<String> = current.into_iter().map(str::to_owned).collect();
        entries.retain(|entry| !gone.contains(&entry.version));
        entries.push(new.clone());
        entries.sort_by_cached_key(|entry: &Entry| order(&entry.version));
        adopted.push(Adopted { gone, new });
    }
    Ok(adopted)
}
