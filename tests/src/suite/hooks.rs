//! Hooks: which run when, in which order and in which transaction, and that an error undoes all.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::hooked::{Article, Articles, COMMITTED, Note, Seen, Veto};

async fn filled(test: &Test) -> Result<(Database, Seen)> {
    let seen = Seen::default();
    let db = test.with::<Articles>().await?.with(seen.clone());
    Ok((db, seen))
}

const VALIDATED: [&str; 2] = ["before_validate", "after_validate"];
const CREATED: [&str; 4] = ["before_create", "before_save", "after_create", "after_save"];
const UPDATED: [&str; 4] = ["before_update", "before_save", "after_update", "after_save"];

fn lines(parts: &[&[&str]]) -> Vec<String> {
    parts.concat().into_iter().map(str::to_owned).collect()
}

async fn hooks_run_around_a_new_row(test: Test) -> Result<()> {
    let (db, seen) = filled(&test).await?;
    let article = Article::create().title(" One ").text("two words").exec(&db).await?;
    assert_eq!((article.title.as_str(), article.words), ("One", 2));
    assert_eq!(seen.take(), lines(&[&VALIDATED, &CREATED, &["committed One"]]));
    let note = Note::find_one().required(&db).await?;
    assert_eq!((note.article_id, note.text.as_str()), (article.id, "created"));
    assert_eq!(Article::find_by_pk(article.id).required(&db).await?, article);
    Ok(())
}

async fn hooks_run_around_a_change(test: Test) -> Result<()> {
    let (db, seen) = filled(&test).await?;
    let mut article = Article::create().title("One").exec(&db).await?;
    seen.take();
    article.update().text("now three words").exec(&db).await?;
    assert_eq!(article.words, 3);
    assert_eq!(seen.take(), lines(&[&VALIDATED, &UPDATED]));
    article.text = Some("four words are here".into());
    article.save(&db).await?;
    assert_eq!(article.words, 4);
    assert_eq!(seen.take(), lines(&[&VALIDATED, &UPDATED]));
    // The hook sees that the text stays what it was.
    article.words = 9;
    article.save(&db).await?;
    assert_eq!(Article::find_by_pk(article.id).required(&db).await?.words, 9);
    let mut tracked = orm::Tracked::new(article.clone());
    tracked.text = None;
    tracked.save(&db).await?;
    assert_eq!((tracked.words, Article::find_by_pk(article.id).required(&db).await?.words), (0, 0));
    Ok(())
}

async fn hooks_run_around_removing_and_restoring(test: Test) -> Result<()> {
    let (db, seen) = filled(&test).await?;
    let mut article = Article::create().title("One").exec(&db).await?;
    seen.take();
    article.destroy().exec(&db).await?;
    article.restore(&db).await?;
    assert_eq!(seen.take(), ["before_destroy", "after_destroy", "before_restore", "after_restore"]);
    assert_eq!(Article::destroy().all_rows().exec(&db).await?, 1);
    assert_eq!(Article::restore().all_rows().exec(&db).await?, 1);
    assert_eq!(seen.take(), ["before_destroy", "after_destroy", "before_restore", "after_restore"]);
    Note::destroy().all_rows().exec(&db).await?;
    article.destroy().force().exec(&db).await?;
    assert_eq!((seen.take().len(), Article::count().with_deleted().exec(&db).await?), (2, 0));
    Ok(())
}

async fn many_new_rows_are_one_statement_with_the_hooks_of_each(test: Test) -> Result<()> {
    let (db, seen) = filled(&test).await?;
    let rows = ["One", "Two"].map(|title| Article::create().title(title).text("a b"));
    let articles = Article::bulk_create(rows).exec(&db).await?;
    assert!(articles.iter().all(|article| article.words == 2));
    let before = ["before_create", "before_save"];
    let after = ["after_create", "after_save"];
    let expected = lines(&[
        &["before_validate"; 2],
        &["after_validate"],
        &before,
        &["after_validate"],
        &before,
        &after,
        &after,
        &["committed One", "committed Two"],
    ]);
    assert_eq!(seen.take(), expected);
    assert_eq!(Note::count().exec(&db).await?, 2);
    let rows = ["One", "", "Four"].map(|title| Article::create().title(title));
    let error = Article::bulk_create(rows).exec(&db).await.unwrap_err();
    assert_eq!(error.violations().unwrap().to_string(), "`[1].title` must not be empty");
    Ok(())
}

async fn changes_of_many_rows_have_the_hooks_of_each(test: Test) -> Result<()> {
    let (db, seen) = filled(&test).await?;
    let rows = ["One", "Two", "Three"].map(|title| Article::create().title(title));
    Article::bulk_create(rows).exec(&db).await?;
    seen.take();
    let changed = Article::update().text("a b c").filter(Article::TITLE.ne("Two")).exec(&db).await?;
    assert_eq!((changed, seen.take()), (2, lines(&[&VALIDATED, &UPDATED, &VALIDATED, &UPDATED])));
    let words: Vec<i32> = Article::find_all().order_by(Article::ID).select(Article::WORDS).exec(&db).await?;
    assert_eq!(words, [3, 0, 3]);
    let rows = Article::update().words(Article::WORDS + 1).all_rows().returning(&db).await?;
    assert_eq!(rows.iter().map(|row| row.words).collect::<Vec<_>>(), [4, 1, 4]);
    let mut article = Article::find_one().filter(Article::TITLE.eq("Two")).required(&db).await?;
    seen.take();
    article.update().words(Article::WORDS + 5).exec(&db).await?;
    assert_eq!((article.words, seen.take()), (6, lines(&[&VALIDATED, &UPDATED])));
    Ok(())
}

async fn an_error_of_a_hook_undoes_the_statement(test: Test) -> Result<()> {
    let (db, seen) = filled(&test).await?;
    let mut article = Article::create().title("One").exec(&db).await?;
    seen.take();
    for event in VALIDATED.iter().chain(&CREATED) {
        let error = Article::create().title("Two").exec(&db.with(Veto(event))).await.unwrap_err();
        assert_eq!((error.kind(), error.model()), (ErrorKind::Permission, Some("Article")), "{event}");
        assert_eq!(seen.take().last().map(String::as_str), Some(*event));
    }
    for event in VALIDATED.iter().chain(&UPDATED) {
        let db = db.with(Veto(event));
        assert!(article.update().title("Other").exec(&db).await.is_err(), "{event}");
        assert_eq!(article.title, "One");
        assert!(Article::update().title("Other").all_rows().exec(&db).await.is_err(), "{event}");
    }
    for event in ["before_destroy", "after_destroy"] {
        let db = db.with(Veto(event));
        assert!(article.destroy().exec(&db).await.is_err());
        assert!(Article::destroy().all_rows().exec(&db).await.is_err());
    }
    assert_eq!((Article::count().exec(&db).await?, Note::count().exec(&db).await?), (1, 1));
    assert_eq!(Article::find_one().required(&db).await?, article);
    Ok(())
}

async fn an_error_of_a_hook_leaves_the_transaction_around_it_usable(test: Test) -> Result<()> {
    let (db, _) = filled(&test).await?;
    db.transaction(async |tx| {
        Article::create().title("One").exec(tx).await?;
        let error = Article::create().title("Two").exec(&tx.with(Veto("after_save"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Permission);
        Article::create().title("Three").exec(tx).await.map(|_| ())
    })
    .await?;
    let titles: Vec<String> = Article::find_all().order_by(Article::ID).select(Article::TITLE).exec(&db).await?;
    assert_eq!((titles, Note::count().exec(&db).await?), (vec!["One".to_owned(), "Three".to_owned()], 2));
    Ok(())
}

async fn what_comes_after_the_commit_waits_for_the_outermost_one(test: Test) -> Result<()> {
    let (db, seen) = filled(&test).await?;
    let title = |name: &str| format!("{name} on {}", test.backend);
    let committed = |name: &str| COMMITTED.lock().unwrap().iter().filter(|known| **known == title(name)).count();
    db.transaction(async |tx| {
        Article::create().title(title("A")).exec(tx).await?;
        let undone = tx
            .transaction(async |savepoint| {
                Article::create().title(title("B")).exec(savepoint).await?;
                Err::<(), _>(Error::new(ErrorKind::Permission, "no"))
            })
            .await;
        assert!(undone.is_err());
        assert_eq!((committed("A"), seen.take().iter().any(|line| line.starts_with("committed"))), (0, false));
        Ok(())
    })
    .await?;
    assert_eq!((committed("A"), committed("B")), (1, 0));
    assert_eq!(seen.take(), [format!("committed {}", title("A"))]);
    let undone = db
        .transaction(async |tx| {
            Article::create().title(title("C")).exec(tx).await?;
            Err::<(), _>(Error::new(ErrorKind::Permission, "no"))
        })
        .await;
    assert!(undone.is_err() && committed("C") == 0);
    Article::create().title(title("D")).exec(&db).await?;
    assert_eq!(committed("D"), 1);
    Ok(())
}

async fn rules_may_ask_the_database(test: Test) -> Result<()> {
    let (db, seen) = filled(&test).await?;
    let mut article = Article::create().title("One").exec(&db).await?;
    seen.take();
    let error = Article::create().title("One ").exec(&db).await.unwrap_err();
    assert_eq!(error.violations().unwrap().to_string(), "`title` is taken");
    assert_eq!(seen.take(), ["before_validate"]);
    // They are asked once the others have found nothing.
    let error = Article::create().title("forbidden").exec(&db).await.unwrap_err();
    assert_eq!(error.violations().unwrap().to_string(), "`title` is forbidden");
    article.save(&db).await?;
    Article::create().title("Two").exec(&db).await?;
    assert!(article.update().title("Two").exec(&db).await.is_err());
    Article::create().title("Two").exec(&db.without_validation()).await?;
    Ok(())
}

async fn rows_created_together_have_their_hooks(test: Test) -> Result<()> {
    let (db, seen) = filled(&test).await?;
    let note = Note::create().text("first").with_article(Article::create().title("One").text("a b"));
    let note = note.exec(&db).await?;
    assert_eq!(note.article.get()?.map(|article| article.words), Some(2));
    assert_eq!(seen.take(), lines(&[&VALIDATED, &CREATED, &["committed One"]]));
    let article = Article::create().title("Two").with_notes(|new| [new.create().text("second")]).exec(&db).await?;
    assert_eq!((article.notes.get()?.len(), article.notes().count(&db).await?), (1, 2));
    Ok(())
}

async fn upserts_have_the_hooks_of_what_they_do(test: Test) -> Result<()> {
    let (db, seen) = filled(&test).await?;
    let row = || Article::create().title("One").id(7).text("a b");
    assert!(Article::upsert(row()).on_conflict(Article::ID).exec(&db).await?.1);
    assert_eq!(seen.take(), lines(&[&VALIDATED, &CREATED, &["committed One"]]));
    let (article, created) = Article::upsert(row().text("a b c")).on_conflict(Article::ID).exec(&db).await?;
    assert_eq!((article.words, created, seen.take()), (3, false, lines(&[&VALIDATED, &UPDATED])));
    let many = [row().text("a"), Article::create().title("Two").id(8).text("a b")];
    assert_eq!(Article::bulk_create(many).on_conflict(Article::ID).update_all().exec(&db).await?, 2);
    assert_eq!(seen.take(), lines(&[&VALIDATED, &UPDATED, &VALIDATED, &CREATED, &["committed Two"]]));
    let many = Article::bulk_create([row().text("quiet")]).on_conflict(Article::ID).update_all();
    assert!(many.exec(&db.without_hooks()).await? >= 1);
    assert_eq!(seen.take(), Vec::<String>::new());
    Ok(())
}

async fn a_handle_may_leave_hooks_out(test: Test) -> Result<()> {
    let (db, seen) = filled(&test).await?;
    let quiet = db.without_hooks();
    let mut article = Article::create().title("One").text("a b").exec(&quiet).await?;
    article.update().text("a").exec(&quiet).await?;
    article.save(&quiet).await?;
    Article::update().text("b").all_rows().exec(&quiet).await?;
    article.destroy().exec(&quiet).await?;
    db.transaction(async |tx| {
        article.restore(&tx.without_hooks()).await?;
        Article::bulk_create([Article::create().title("Two")]).exec(&tx.without_hooks()).await
    })
    .await?;
    assert_eq!((seen.take().len(), article.words, Note::count().exec(&db).await?), (0, 0, 0));
    assert_eq!(Article::create().title("").exec(&quiet).await.unwrap_err().kind(), ErrorKind::Validation);
    Ok(())
}

cases! {$ hooks:
    hooks_run_around_a_new_row, hooks_run_around_a_change, hooks_run_around_removing_and_restoring,
    many_new_rows_are_one_statement_with_the_hooks_of_each, changes_of_many_rows_have_the_hooks_of_each,
    an_error_of_a_hook_undoes_the_statement, an_error_of_a_hook_leaves_the_transaction_around_it_usable,
    what_comes_after_the_commit_waits_for_the_outermost_one, rules_may_ask_the_database,
    rows_created_together_have_their_hooks, upserts_have_the_hooks_of_what_they_do, a_handle_may_leave_hooks_out,
}
