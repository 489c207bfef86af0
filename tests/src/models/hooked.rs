//! Hooks: each writes down that it ran, in the transaction of its statement.

use std::sync::{Arc, Mutex};

use orm::prelude::*;
use orm::{Draft, Tx, Violations};

/// What hooks said, for a test that gave it to its handle.
#[derive(Debug, Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    /// Adds a line.
    pub fn say(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    /// Takes what was said since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Every event has a hook.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(
    table = "articles",
    paranoid,
    validate = Article::check,
    validate_async = Article::title_is_free,
    hooks(
        before_validate = Article::before_validate,
        after_validate = Article::after_validate,
        before_create = Article::before_create,
        before_update = Article::before_update,
        before_save = Article::count_words,
        before_save = Article::before_save,
        after_create = Article::after_create,
        after_update = Article::after_update,
        after_save = Article::after_save,
        before_destroy = Article::before_destroy,
        after_destroy = Article::after_destroy,
        before_restore = Article::before_restore,
        after_restore = Article::after_restore,
        after_commit = committed,
    )
)]
pub struct Article {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40, normalize(trim), validate(not_empty))]
    pub title: String,
    pub text: Option<String>,
    #[orm(default = 0)]
    pub words: i32,
    pub deleted_at: Option<DateTime<Utc>>,
    pub notes: HasMany<Note>,
}

/// Written by hooks of articles.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "article_notes")]
pub struct Note {
    #[orm(primary_key)]
    pub id: i64,
    pub article_id: i64,
    pub text: String,
    pub article: BelongsTo<Article>,
}

/// Both.
pub type Articles = (Article, Note);

fn say(tx: &Tx<'_>, line: impl Into<String>) {
    if let Some(seen) = tx.get::<Seen>() {
        seen.say(line);
    }
}

/// What a test wants to fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Veto(pub &'static str);

fn veto(tx: &Tx<'_>, event: &'static str) -> Result<()> {
    say(tx, event);
    match tx.get::<Veto>() {
        Some(Veto(vetoed)) if *vetoed == event => Err(Error::new(ErrorKind::Permission, "vetoed")),
        _ => Ok(()),
    }
}

macro_rules! drafts {
    ($($name:ident),+) => {$(
        async fn $name(_row: &mut Draft<'_, Article>, tx: &Tx<'_>) -> Result<()> {
            veto(tx, stringify!($name))
        }
    )+};
}

macro_rules! rows {
    ($($name:ident),+) => {$(
        async fn $name(row: &Article, tx: &Tx<'_>) -> Result<()> {
            assert!(row.id > 0);
            veto(tx, stringify!($name))
        }
    )+};
}

impl Article {
    drafts!(before_validate, after_validate, before_create, before_update, before_save);
    rows!(after_update, after_save, before_destroy, after_destroy, before_restore, after_restore);

    fn check(row: &Draft<'_, Article>, found: &mut Violations) -> Result<()> {
        if row.get(Article::TITLE)?.is_some_and(|title| title == "forbidden") {
            found.add("title", "forbidden", "is forbidden");
        }
        Ok(())
    }

    async fn title_is_free(row: &Draft<'_, Article>, found: &mut Violations, tx: &Tx<'_>) -> Result<()> {
        if row.changes(Article::TITLE)
            && let Some(title) = row.get(Article::TITLE)?
            && Article::exists().filter(Article::TITLE.eq(title)).exec(tx).await?
        {
            found.add("title", "taken", "is taken");
        }
        Ok(())
    }

    async fn count_words(row: &mut Draft<'_, Article>, _tx: &Tx<'_>) -> Result<()> {
        if row.changes(Article::TEXT) {
            let words = row.get(Article::TEXT)?.flatten().map_or(0, |text| text.split_whitespace().count());
            row.set(Article::WORDS, i32::try_from(words).unwrap_or(i32::MAX));
        }
        Ok(())
    }

    async fn after_create(row: &Article, tx: &Tx<'_>) -> Result<()> {
        Note::create().article_id(row.id).text("created").exec(tx).await?;
        let (seen, title) = (tx.get::<Seen>().cloned(), row.title.clone());
        tx.after_commit(async move || {
            if let Some(seen) = seen {
                seen.say(format!("committed {title}"));
            }
        })?;
        veto(tx, "after_create")
    }
}

/// Rows whose creation was committed, by title; tests look for their own.
pub static COMMITTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

async fn committed(row: Article) {
    COMMITTED.lock().unwrap().push(row.title);
}
