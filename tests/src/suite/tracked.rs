//! Rows that know what was changed in them, and rows that are not in the database yet.

use orm::prelude::*;
use orm::{Json, Result, Snapshot};

use crate::Test;
use crate::cases::cases;
use crate::models::tracked::{Article, ArticleNote, Articles, Stamp};

async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Articles>().await?;
    for title in ["one", "two"] {
        let article = Article::create().title(title).tags(Json(vec!["a".to_owned()])).exec(&db).await?;
        ArticleNote::create().article_id(article.id).text("note").exec(&db).await?;
    }
    Ok(db)
}

async fn finders_give_rows_that_know_what_was_changed(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut one = Article::find_by_pk(1).tracked().required(&db).await?;
    assert!(!one.is_new() && one.changed().is_empty());
    one.title = "first".to_owned();
    assert_eq!((one.changed()[0].name, one.previous(Article::TITLE)?), ("title", "one".to_owned()));
    // Somebody else changes another column meanwhile, which is kept.
    Article::update().visits(9).filter(Article::ID.eq(1)).exec(&db).await?;
    one.save(&db).await?;
    let now = Article::find_by_pk(1).required(&db).await?;
    assert_eq!((&*now.title, now.visits), ("first", 9));

    let mut all = Article::find_all().include(Article::NOTES).order_by(Article::ID).tracked().exec(&db).await?;
    assert_eq!((all.len(), all[1].notes.get()?.len()), (2, 1));
    all[1].visits = 3;
    all[1].save(&db).await?;
    assert_eq!(all[1].notes.get()?.len(), 1);
    let found = Article::find_one().filter(Article::VISITS.eq(3)).tracked().required(&db).await?;
    assert_eq!(found.id, 2);
    let page = Article::find_and_count_all().limit(1).tracked().exec(&db).await?;
    assert_eq!((page.rows.len(), page.count), (1, 2));
    let mut rows = Article::find_all().tracked().stream(&db);
    while let Some(row) = rows.next().await {
        assert!(row?.changed().is_empty());
    }
    Ok(())
}

async fn a_tracked_model_saves_what_was_changed(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut one = Article::find_by_pk(1).required(&db).await?;
    Article::update().visits(9).filter(Article::ID.eq(1)).exec(&db).await?;
    one.title = "first".to_owned();
    one.save(&db).await?;
    let now = Article::find_by_pk(1).required(&db).await?;
    assert_eq!((&*now.title, now.visits), ("first", 9));

    let log = db.watch();
    one.save(&db).await?;
    assert!(log.texts().is_empty(), "{:?}", log.texts());
    // A change inside of a document is one as well.
    one.tags.push("b".to_owned());
    one.save(&db).await?;
    assert!(log.texts()[0].contains("tags") && !log.texts()[0].contains("title"), "{:?}", log.texts());
    assert_eq!(*Article::find_by_pk(1).required(&db).await?.tags, ["a", "b"]);

    // What was created or updated is known as well.
    let mut two = Article::create().title("x").tags(Json(Vec::new())).exec(&db).await?;
    two.update().title("y").exec(&db).await?;
    two.reload(&db).await?;
    let log = db.watch();
    two.save(&db).await?;
    assert!(log.texts().is_empty());
    Ok(())
}

async fn a_tracked_row_that_was_put_together_is_saved_whole(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut one = Article::find_by_pk(1).required(&db).await?;
    one.read = Snapshot::default();
    Article::update().visits(9).filter(Article::ID.eq(1)).exec(&db).await?;
    one.save(&db).await?;
    assert_eq!(Article::find_by_pk(1).required(&db).await?.visits, 0);
    Ok(())
}

async fn tracked_rows_are_saved_together(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut all = Article::find_all().order_by(Article::ID).exec(&db).await?;
    Article::update().visits(9).all_rows().exec(&db).await?;
    all[1].title = "second".to_owned();
    Article::bulk_save(&mut all).exec(&db).await?;
    let now = Article::find_all().order_by(Article::ID).select((Article::TITLE, Article::VISITS)).exec(&db).await?;
    assert_eq!(now, [("one".to_owned(), 9), ("second".to_owned(), 9)]);
    assert_eq!(all[1].visits, 9);
    let log = db.watch();
    Article::bulk_save(&mut all).exec(&db).await?;
    assert!(log.texts().is_empty(), "{:?}", log.texts());
    Ok(())
}

async fn the_version_and_the_rules_of_a_tracked_row_hold(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut note = ArticleNote::find_by_pk(1).required(&db).await?;
    let mut other = note.clone();
    note.text = "changed".to_owned();
    note.save(&db).await?;
    assert_eq!(note.version, 1);
    other.save(&db).await?; // nothing to write
    other.text = "late".to_owned();
    assert_eq!(other.save(&db).await.unwrap_err().kind(), ErrorKind::Stale);
    note.text = "x".to_owned();
    assert_eq!(note.save(&db).await.unwrap_err().kind(), ErrorKind::Validation);
    note.text = "changed".to_owned();
    note.version = 0; // as a form that was filled in before might say
    assert_eq!(note.save(&db).await.unwrap_err().kind(), ErrorKind::Stale);
    Ok(())
}

async fn a_row_is_built_and_created_when_it_is_saved(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut built = Article::build(Article::create().title("new").tags(Json(Vec::new())))?;
    assert!(built.is_new() && built.id == 0 && built.visits == 0);
    let code = built.code;
    built.visits = 5;
    assert_eq!(built.changed().iter().map(|column| column.name).collect::<Vec<_>>(), ["visits"]);
    assert_eq!(Article::count().exec(&db).await?, 2);
    built.save(&db).await?;
    assert!(!built.is_new() && built.changed().is_empty() && built.id == 3);
    let read = Article::find_by_pk(3).required(&db).await?;
    assert_eq!((&*read.title, read.visits, read.code), ("new", 5, code));
    built.visits = 6;
    built.save(&db).await?;
    assert_eq!(Article::find_by_pk(3).required(&db).await?.visits, 6);

    let mut note = ArticleNote::build(ArticleNote::create().article_id(3).text("x"))?;
    assert_eq!(note.save(&db).await.unwrap_err().kind(), ErrorKind::Validation);
    assert!(note.is_new());
    note.text = "long enough".to_owned();
    note.save(&db).await?;
    assert!(!note.is_new());
    Ok(())
}

async fn what_only_the_database_knows_is_no_value_of_a_built_row(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let error = Stamp::build(Stamp::create()).unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["number"]));
    let error = Article::build(Article::draft()).unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["title"]));
    let mut stamp = Stamp::build(Stamp::create().number(3))?;
    assert_eq!(stamp.text, None);
    stamp.save(&db).await?;
    assert_eq!(Stamp::find_by_pk(stamp.id).required(&db).await?.number, 3);
    Ok(())
}

async fn a_row_is_found_or_built(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let find = |title: &'static str| {
        Article::find_or_create()
            .filter(Article::TITLE.eq(title))
            .defaults(Article::create().title(title).tags(Json(Vec::new())))
    };
    let one = find("one").build(&db).await?;
    assert!(!one.is_new() && one.id == 1);
    let mut three = find("three").build(&db).await?;
    assert!(three.is_new() && three.title == "three");
    assert_eq!(Article::count().exec(&db).await?, 2);
    three.save(&db).await?;
    assert!(!find("three").build(&db).await?.is_new());
    Ok(())
}

cases! {$ tracked:
    finders_give_rows_that_know_what_was_changed, a_tracked_model_saves_what_was_changed,
    a_tracked_row_that_was_put_together_is_saved_whole, tracked_rows_are_saved_together,
    the_version_and_the_rules_of_a_tracked_row_hold, a_row_is_built_and_created_when_it_is_saved,
    what_only_the_database_knows_is_no_value_of_a_built_row, a_row_is_found_or_built,
}
