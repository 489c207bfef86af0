//! Policies: which rows a viewer sees and changes, in every place where a table is read or written.

use orm::driver::Executor as _;
use orm::prelude::*;
use orm::{Action, As, Result, Tracked};

use crate::Test;
use crate::cases::cases;
use crate::models::docs::{Also, Doc, DocLabel, DocRemark, Docs, Folder, Label, Robot, Viewer};

/// Two tenants with two documents each, one of which is public; and one of nobody.
async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Docs>().await?;
    let all = db.bypass("the rows of the test");
    for (id, tenant, name) in [(1, 1, "open"), (2, 2, "closed")] {
        let folder = Folder::create().tenant(tenant).name(name).exec(&all).await?;
        assert_eq!(folder.id, id);
    }
    for (id, tenant, author, public, folder) in [
        (1, Some(1), 11, false, Some(1)),
        (2, Some(1), 12, true, Some(1)),
        (3, Some(2), 21, false, Some(2)),
        (4, Some(2), 22, true, None),
        (5, None, 11, false, None),
    ] {
        let doc = Doc::create().tenant(tenant).author(author).title(format!("doc {id}")).public(public);
        doc.note(format!("note {id}")).folder_id(folder).exec(&all).await?;
        DocRemark::create().doc_id(id).text(format!("remark {id}")).exec(&all).await?;
    }
    Label::create().id(1).name("red").exec(&db).await?;
    for id in 1..=5 {
        DocLabel::create().doc_id(id).label_id(1).exec(&all).await?;
    }
    Ok(db)
}

async fn ids(db: &As<Viewer>) -> Result<Vec<i64>> {
    Doc::find_all().select(Doc::ID).order_by(Doc::ID).exec(db).await
}

#[track_caller]
fn denied<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
}

async fn a_viewer_sees_the_rows_that_the_policy_allows(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    assert_eq!(ids(&one).await?, [1, 2, 4]);
    assert_eq!(Doc::find_all().order_by(Doc::ID).exec(&one).await?.len(), 3);
    assert_eq!(Doc::count().exec(&one).await?, 3);
    assert!(Doc::exists().filter(Doc::ID.eq(1)).exec(&one).await?);
    assert!(!Doc::exists().filter(Doc::ID.eq(3)).exec(&one).await?);
    assert!(Doc::find_by_pk(3).exec(&one).await?.is_none());
    assert!(Doc::find_one().filter(Doc::TITLE.eq("doc 3")).exec(&one).await?.is_none());
    let page = Doc::find_and_count_all().order_by(Doc::ID).limit(2).exec(&one).await?;
    assert_eq!((page.rows.len(), page.count), (2, 3));
    assert_eq!(Doc::aggregate(Doc::ID.max()).exec(&one).await?, Some(4));
    let two = db.as_viewer(Viewer::of(2, 21));
    assert_eq!(ids(&two).await?, [2, 3, 4]);
    assert_eq!(ids(&db.as_viewer(Viewer::default())).await?, [2, 4]);
    assert_eq!(ids(&db.as_viewer(Viewer::admin())).await?, [1, 2, 3, 4, 5]);
    assert_eq!(Folder::count().exec(&db.as_viewer(Viewer::default())).await?, 0);
    assert_eq!(Doc::count().exec(&db.as_viewer(Robot)).await?, 2);
    Ok(())
}

async fn the_rows_of_nobody_are_seen_by_nobody(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let none = db.as_viewer(Viewer { tenant: None, id: 11, ..Viewer::default() });
    assert!(!ids(&none).await?.contains(&5));
    assert!(!ids(&db.as_viewer(Viewer::of(1, 11))).await?.contains(&5));
    Ok(())
}

async fn conditions_about_related_rows_tell_nothing_of_hidden_ones(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let with = |title: &'static str| DocRemark::find_all().filter(DocRemark::DOC.any(Doc::TITLE.eq(title)));
    assert_eq!(with("doc 1").exec(&one).await?.len(), 1);
    assert_eq!(with("doc 3").exec(&one).await?.len(), 0);
    // What is not seen is not there: all remarks that have no document are those whose document is hidden.
    let without =
        DocRemark::find_all().filter(DocRemark::DOC.none(Doc::ID.gt(0))).select(DocRemark::DOC_ID).exec(&one).await?;
    assert_eq!(without.len(), 2);
    assert_eq!(DocRemark::find_all().filter(DocRemark::DOC.col(Doc::TITLE).eq("doc 3")).exec(&one).await?.len(), 0);
    let inside = DocRemark::DOC_ID.in_(Doc::find_all().filter(Doc::ID.ge(3)).select(Doc::ID));
    assert_eq!(DocRemark::find_all().filter(inside).select(DocRemark::DOC_ID).exec(&one).await?, [4]);
    let joined = DocRemark::find_all().join(DocRemark::DOC).select((DocRemark::ID, Doc::TITLE)).exec(&one).await?;
    assert_eq!(joined.len(), 3);
    let left = DocRemark::find_all().left_join(DocRemark::DOC).select((DocRemark::DOC_ID, Doc::TITLE.nullable()));
    let mut left = left.exec(&one).await?;
    left.sort_unstable();
    assert_eq!(left.iter().filter(|(_, title)| title.is_none()).map(|(id, _)| *id).collect::<Vec<_>>(), [3, 5]);
    assert_eq!(left.len(), 5);
    let counts = Label::find_all().select(Label::DOCS.count()).exec(&one).await?;
    assert_eq!(counts, [3]);
    Ok(())
}

async fn includes_leave_hidden_rows_out_and_keep_their_parents(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let remarks = DocRemark::find_all().include(DocRemark::DOC).order_by(DocRemark::ID).exec(&one).await?;
    assert_eq!(remarks.len(), 5);
    let seen: Vec<Option<i64>> =
        remarks.iter().map(|remark| Ok(remark.doc.get()?.map(|doc| doc.id))).collect::<Result<_>>()?;
    assert_eq!(seen, [Some(1), Some(2), None, Some(4), None]);
    let labels = Label::find_all().include(Label::DOCS).exec(&one).await?;
    let mut docs: Vec<i64> = labels[0].docs.get()?.iter().map(|doc| doc.id).collect();
    docs.sort_unstable();
    assert_eq!(docs, [1, 2, 4]);
    let folders = Folder::find_all().include(Folder::DOCS).exec(&db.as_viewer(Viewer::of(2, 21))).await?;
    assert_eq!((folders.len(), folders[0].docs.get()?.len()), (1, 1));
    Ok(())
}

async fn a_handle_without_a_viewer_reads_nothing_of_a_model_with_a_policy(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let error = DocRemark::find_all().include(DocRemark::DOC).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::Permission, Some("Doc")));
    denied(DocRemark::find_all().filter(DocRemark::DOC.any(Doc::ID.eq(1))).exec(&db).await);
    denied(DocRemark::count().join(DocRemark::DOC).exec(&db).await);
    let robot = db.as_viewer(Robot);
    denied(DocRemark::find_all().include(DocRemark::DOC.include(Doc::FOLDER)).exec(&robot).await);
    Ok(())
}

async fn two_viewers_share_a_statement(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    for viewer in [Viewer { admin: false, ..Viewer::of(1, 11) }, Viewer::of(2, 21)] {
        let folders = Folder::find_all().filter(Folder::ID.le(2)).exec(&db.as_viewer(viewer)).await?;
        assert_eq!(folders.len(), 1);
    }
    let texts = log.texts();
    assert_eq!(texts[0], texts[1]);
    Ok(())
}

async fn what_a_viewer_does_not_see_of_a_row_is_null_everywhere(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let notes = Doc::find_all().order_by(Doc::ID).exec(&one).await?;
    let notes: Vec<Option<&str>> = notes.iter().map(|doc| doc.note.as_deref()).collect();
    assert_eq!(notes, [Some("note 1"), None, None]);
    assert_eq!(Doc::count().filter(Doc::NOTE.eq("note 2")).exec(&one).await?, 0);
    assert_eq!(Doc::count().filter(Doc::NOTE.is_null()).exec(&one).await?, 2);
    assert_eq!(Doc::aggregate(Doc::NOTE.max()).exec(&one).await?.as_deref(), Some("note 1"));
    assert_eq!(Doc::find_by_pk(2).required(&one).await?.note, None);
    let first = Doc::find_all().order_by(Doc::NOTE.desc().nulls_last()).limit(1).select(Doc::ID).exec(&one).await?;
    assert_eq!(first, [1]);
    let joined = DocRemark::find_all().join(DocRemark::DOC).filter(Doc::NOTE.eq("note 4")).select(DocRemark::ID);
    assert_eq!(joined.exec(&one).await?.len(), 0);
    let remarks = DocRemark::find_all().include(DocRemark::DOC).order_by(DocRemark::ID).exec(&one).await?;
    assert_eq!(remarks[1].doc.get()?.unwrap().note, None);
    assert_eq!(remarks[0].doc.get()?.unwrap().note.as_deref(), Some("note 1"));
    // Neither does changing rows tell.
    let other = db.as_viewer(Viewer { id: 12, also: Also::AnyPostUpdate, ..Viewer::of(1, 12) });
    assert_eq!(Doc::update().reads(1).filter(Doc::NOTE.eq("note 1")).exec(&other).await?, 0);
    assert_eq!(Doc::update().reads(1).filter(Doc::NOTE.eq("note 2")).exec(&other).await?, 1);
    denied(Doc::update().title(Doc::NOTE).filter(Doc::ID.eq(2)).exec(&other).await);
    assert_eq!(Doc::find_by_pk(2).required(&db.as_viewer(Viewer::admin())).await?.note.as_deref(), Some("note 2"));
    Ok(())
}

async fn saving_a_row_keeps_what_the_viewer_does_not_see(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    Doc::update().note("kept").filter(Doc::ID.eq(2)).exec(&db.bypass("set up")).await?;
    // Who may change the row is not who sees the note.
    let admin = db.as_viewer(Viewer::admin());
    let mut doc = Doc::find_by_pk(2).required(&db.as_viewer(Viewer::of(1, 11))).await?;
    assert_eq!(doc.note, None);
    doc.reads = 5;
    denied(doc.save(&db.as_viewer(Viewer::of(1, 11))).await);
    doc.note = Some("kept".to_owned());
    doc.save(&admin).await?;
    assert_eq!(Doc::find_by_pk(2).required(&admin).await?.note.as_deref(), Some("kept"));
    Ok(())
}

async fn rows_are_created_with_the_values_that_the_policy_allows(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let new = |tenant: Option<i64>, author: i64, title: &str| {
        Doc::create().tenant(tenant).author(author).title(title.to_owned())
    };
    new(Some(1), 11, "first").exec(&one).await?;
    let log = db.watch();
    let made = new(Some(1), 11, "mine").exec(&one).await?;
    assert_eq!((made.tenant, log.count()), (Some(1), 1));
    denied(new(Some(2), 11, "theirs").exec(&one).await);
    denied(new(None, 11, "nobody's").exec(&one).await);
    denied(new(Some(1), 12, "another's").exec(&one).await);
    denied(Doc::bulk_create([new(Some(1), 11, "a"), new(Some(2), 11, "b")]).exec(&one).await);
    denied(Doc::bulk_create([new(Some(1), 11, "a"), new(Some(2), 11, "b")]).count(&one).await);
    denied(
        Doc::create()
            .tenant(1)
            .author(11)
            .title("x")
            .exec(&db.as_viewer(Viewer { tenant: None, ..Viewer::of(1, 11) }))
            .await,
    );
    denied(Folder::create().tenant(1).name("new").exec(&one).await);
    let all = db.bypass("count");
    assert_eq!(Doc::count().exec(&all).await?, 7);
    assert_eq!(Doc::bulk_create([new(Some(1), 11, "a"), new(Some(1), 11, "b")]).exec(&one).await?.len(), 2);
    Ok(())
}

async fn what_only_the_database_knows_is_asked_in_the_same_transaction(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let all = db.bypass("set up");
    Folder::create().id(3).tenant(1).name("shut").exec(&all).await?;
    let one = db.as_viewer(Viewer { also: Also::ByFolder, ..Viewer::of(1, 11) });
    let new = |folder: i64, title: &str| Doc::create().tenant(1).author(11).title(title.to_owned()).folder_id(folder);
    new(1, "open").exec(&one).await?;
    denied(new(3, "shut").exec(&one).await);
    denied(Doc::bulk_create([new(1, "c"), new(3, "d")]).exec(&one).await);
    denied(Doc::bulk_create([new(1, "c"), new(3, "d")]).count(&one).await);
    let inside = one.transaction(async |tx| {
        new(1, "in a transaction").exec(tx).await?;
        denied(new(3, "e").exec(tx).await);
        Ok(())
    });
    inside.await?;
    assert_eq!(Doc::count().exec(&all).await?, 7);
    Ok(())
}

async fn rows_point_at_rows_that_the_viewer_sees(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let error = DocRemark::create().doc_id(3).text("x").exec(&one).await.unwrap_err();
    let none = DocRemark::create().doc_id(99).text("x").exec(&one).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string()), (none.kind(), none.to_string()));
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    let mut remark = DocRemark::create().doc_id(1).text("x").exec(&one).await?;
    assert_eq!(remark.update().doc_id(3).exec(&one).await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
    let error = DocRemark::update().doc_id(3).filter(DocRemark::ID.eq(remark.id)).exec(&one).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    let error = Doc::create().tenant(1).author(11).title("t").folder_id(2).exec(&one).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    let rows = [DocRemark::create().doc_id(2).text("y"), DocRemark::create().doc_id(5).text("z")];
    assert_eq!(DocRemark::bulk_create(rows).count(&one).await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
    remark.update().doc_id(4).exec(&one).await?;
    Ok(())
}

async fn a_viewer_changes_the_rows_that_the_policy_allows(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    assert_eq!(Doc::update().reads(7).all_rows().exec(&one).await?, 1);
    assert_eq!(Doc::update().reads(8).filter(Doc::ID.eq(3)).exec(&one).await?, 0);
    let mut mine = Doc::find_by_pk(1).required(&one).await?;
    let log = db.watch();
    mine.update().title("changed").exec(&one).await?;
    assert_eq!(log.count(), 1);
    mine.increment(Doc::READS, 1, &one).await?;
    assert_eq!((mine.title.as_str(), mine.reads), ("changed", 8));
    let mut theirs = Doc::find_by_pk(2).required(&one).await?;
    denied(theirs.update().title("x").exec(&one).await);
    denied(theirs.increment(Doc::READS, 1, &one).await);
    let mut tracked = Tracked::new(theirs);
    tracked.title = "y".to_owned();
    denied(tracked.save(&one).await);
    // A row that is not seen is not there.
    let mut hidden = Doc::find_by_pk(3).required(&db.bypass("a row that leaked")).await?;
    assert_eq!(hidden.update().title("x").exec(&one).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(hidden.destroy().exec(&one).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(hidden.reload(&one).await.unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

async fn nobody_moves_a_row_to_where_they_could_not_change_it(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let mut mine = Doc::find_by_pk(1).required(&one).await?;
    denied(mine.update().author(12).title("given away").exec(&one).await);
    denied(Doc::update().author(12).filter(Doc::ID.eq(1)).exec(&one).await);
    denied(Doc::update().author(Doc::AUTHOR + 1).filter(Doc::ID.eq(1)).exec(&one).await);
    mine.reload(&one).await?;
    assert_eq!((mine.author, mine.title.as_str()), (11, "doc 1"));
    let error = Doc::update().set(Doc::ID, 77).filter(Doc::ID.eq(1)).exec(&one).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Permission, vec!["id"]));
    let free = db.as_viewer(Viewer { also: Also::AnyPostUpdate, ..Viewer::of(1, 11) });
    mine.update().author(12).exec(&free).await?;
    denied(mine.update().author(11).exec(&free).await);
    Ok(())
}

async fn columns_have_rules_of_their_own(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let all = db.bypass("set up");
    let none = db.as_viewer(Viewer { also: Also::NoTitles, ..Viewer::of(1, 11) });
    let mut mine = Doc::find_by_pk(1).required(&none).await?;
    mine.update().reads(3).exec(&none).await?;
    let error = mine.update().title("x").exec(&none).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Permission, vec!["title"]));
    denied(Doc::update().title("x").all_rows().exec(&none).await);
    let own = db.as_viewer(Viewer { also: Also::OwnTitles, ..Viewer::of(1, 11) });
    denied(mine.update().title("x").exec(&own).await);
    denied(Doc::update().title("x").filter(Doc::ID.eq(1)).exec(&own).await);
    assert_eq!(Doc::find_by_pk(1).required(&all).await?.title, "doc 1");
    Ok(())
}

async fn a_viewer_removes_the_rows_that_the_policy_allows(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let mine = Doc::find_by_pk(1).required(&one).await?;
    let theirs = Doc::find_by_pk(2).required(&one).await?;
    denied(theirs.destroy().exec(&one).await);
    denied(theirs.destroy().force().exec(&one).await);
    assert_eq!(Doc::destroy().all_rows().exec(&one).await?, 1);
    assert_eq!(Doc::count().exec(&db.bypass("count")).await?, 4);
    assert_eq!(mine.destroy().exec(&one).await.unwrap_err().kind(), ErrorKind::NotFound);
    // Deleted rows are subject to the policy like others.
    assert_eq!(Doc::find_all().with_deleted().exec(&db.as_viewer(Viewer::of(2, 21))).await?.len(), 3);
    assert_eq!(Doc::find_all().with_deleted().exec(&one).await?.len(), 3);
    assert_eq!(Doc::restore().all_rows().exec(&db.as_viewer(Viewer::of(2, 21))).await?, 0);
    assert_eq!(Doc::restore().all_rows().exec(&one).await?, 1);
    DocRemark::destroy().filter(DocRemark::DOC_ID.eq(1)).exec(&one).await?;
    DocLabel::destroy().filter(DocLabel::DOC_ID.eq(1)).exec(&one).await?;
    mine.destroy().force().exec(&one).await?;
    Ok(())
}

async fn upserts_are_creates_or_updates(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let row = |tenant: i64, title: &str| Doc::create().tenant(tenant).author(11).title(title.to_owned()).reads(9);
    let (mine, created) = Doc::upsert(row(1, "doc 1")).exec(&one).await?;
    assert_eq!((mine.id, mine.reads, created), (1, 9, false));
    let (new, created) = Doc::upsert(row(1, "doc 9")).exec(&one).await?;
    assert!(created && new.id > 5);
    denied(Doc::upsert(row(2, "doc 10")).exec(&one).await);
    denied(Doc::upsert(row(1, "doc 2")).exec(&one).await);
    denied(Doc::upsert(row(1, "doc 3")).exec(&one).await);
    let error = Doc::bulk_create([row(1, "doc 1")]).on_conflict(Doc::TITLE).update_all().exec(&one).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let all = db.bypass("look");
    assert_eq!(Doc::find_by_pk(3).required(&all).await?.reads, 0);
    Ok(())
}

async fn raw_sql_and_what_copies_hidden_values_are_refused(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let raw = || orm::raw::<bool>("1 = 1", ());
    denied(Doc::find_all().filter(raw()).exec(&one).await);
    denied(Doc::count().filter(Doc::ID.eq(1).or(raw())).exec(&one).await);
    denied(DocRemark::find_all().filter(orm::raw::<bool>("1 = 1", ())).exec(&one).await);
    denied(Doc::update().reads(1).filter(raw()).exec(&one).await);
    assert_eq!(Doc::count().filter(raw()).exec(&db.bypass("look")).await?, 5);
    assert_eq!(DocRemark::count().filter(orm::raw::<bool>("1 = 1", ())).exec(&db).await?, 5);
    let remark = DocRemark::find_all().filter(DocRemark::ID.eq(1)).select(DocRemark::TEXT).limit(1);
    denied(Doc::update().note(remark).filter(Doc::ID.eq(1)).exec(&one).await);
    Ok(())
}

async fn a_soft_delete_timestamp_cannot_be_masked(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let none = db.as_viewer(Viewer { also: Also::NoDeletions, ..Viewer::of(1, 11) });
    let error = Doc::count().exec(&none).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["deleted_at"]));
    Ok(())
}

async fn whole_tables_are_out_of_reach(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    denied(Folder::truncate().exec(&db.as_viewer(Viewer::admin())).await);
    assert_eq!(Folder::count().exec(&db.bypass("count")).await?, 2);
    Ok(())
}

async fn links_are_changes_of_both_ends(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let blue = Label::create().id(2).name("blue").exec(&db).await?;
    let mine = Doc::find_by_pk(1).required(&one).await?;
    mine.labels().add(blue.id).exec(&one).await?;
    assert_eq!(mine.labels().count(&one).await?, 2);
    let theirs = Doc::find_by_pk(2).required(&one).await?;
    denied(theirs.labels().add(blue.id).exec(&one).await);
    denied(theirs.labels().remove(1).exec(&one).await);
    denied(blue.docs().add(2).exec(&one).await);
    denied(blue.docs().set([1, 2]).exec(&one).await);
    assert_eq!(DocLabel::count().exec(&db).await?, 6);
    Ok(())
}

async fn streams_and_transactions_have_the_viewer(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let mut rows = Doc::find_all().order_by(Doc::ID).stream(&one);
    let mut seen = Vec::new();
    while let Some(doc) = rows.next().await {
        seen.push(doc?.id);
    }
    drop(rows);
    assert_eq!(seen, [1, 2, 4]);
    let counted = one.transaction(async |tx| {
        Doc::create().tenant(1).author(11).title("t").exec(tx).await?;
        assert_eq!(tx.viewer().tenant, Some(1));
        Doc::count().exec(tx).await
    });
    assert_eq!(counted.await?, 4);
    let tx = one.begin().await?;
    assert_eq!(Doc::count().exec(&tx).await?, 4);
    tx.rollback().await?;
    let inside = db.transaction(async |tx| Doc::count().exec(&tx.as_viewer(Viewer::of(2, 21))).await);
    assert_eq!(inside.await?, 3);
    Ok(())
}

async fn a_viewer_asks_what_they_may_do(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let one = db.as_viewer(Viewer::of(1, 11));
    let (mine, theirs) = (Doc::find_by_pk(1).required(&one).await?, Doc::find_by_pk(2).required(&one).await?);
    assert!(one.can(Action::Read, &mine).await? && one.can(Action::Update, &mine).await?);
    assert!(one.can(Action::Delete, &mine).await?);
    assert!(one.can(Action::Read, &theirs).await? && !one.can(Action::Update, &theirs).await?);
    let rules = one.explain_policy::<Doc>()?;
    let names: Vec<&str> = rules.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["read", "create", "update", "post_update", "delete", "read_field(note)"]);
    assert!(rules[0].1.contains("OR") && rules[3].1 == "as update", "{rules:?}");
    assert!(!format!("{one:?} {:?}", one.context()).contains("Viewer"));
    Ok(())
}

async fn writes_that_answer_show_what_the_viewer_sees(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let free = db.as_viewer(Viewer { also: Also::AnyPostUpdate, ..Viewer::of(1, 11) });
    let given = Doc::update().author(12).filter(Doc::ID.eq(1)).returning(&free).await?;
    assert_eq!((given.len(), given[0].author, given[0].note.as_deref()), (1, 12, None));
    assert_eq!(Doc::update().reads(1).filter(Doc::ID.eq(2)).returning(&free).await?.len(), 0);

    let one = db.as_viewer(Viewer::of(1, 12));
    let mut docs = Doc::find_all().filter(Doc::AUTHOR.eq(12)).order_by(Doc::ID).exec(&one).await?;
    assert_eq!(docs.iter().map(|doc| doc.id).collect::<Vec<_>>(), [1, 2]);
    docs.iter_mut().for_each(|doc| (doc.reads, doc.note) = (5, None));
    Doc::bulk_save(&mut docs).exec(&one).await?;
    let all = db.bypass("look");
    assert_eq!(Doc::find_by_pk(1).required(&all).await?.note.as_deref(), Some("note 1"));
    assert_eq!(Doc::find_by_pk(1).required(&all).await?.reads, 5);
    let changes = [(1, Doc::update().reads(6)), (3, Doc::update().reads(6))];
    assert_eq!(Doc::bulk_update(changes).exec(&one).await?, 1);
    let mut hidden = vec![Doc::find_by_pk(4).required(&one).await?];
    denied(Doc::bulk_save(&mut hidden).exec(&one).await);

    let row = |title: &str| Doc::create().tenant(1).author(12).title(title.to_owned()).reads(9);
    let rows = [row("doc 1"), row("doc 8")];
    let done = Doc::bulk_create(rows).on_conflict(Doc::TITLE).update(Doc::READS).returning(&one).await?;
    assert_eq!(done.iter().map(|(doc, _)| doc.reads).collect::<Vec<_>>(), [9, 9]);
    denied(Doc::bulk_create([row("doc 4")]).on_conflict(Doc::TITLE).update(Doc::READS).returning(&one).await);
    denied(Doc::bulk_create([row("doc 3")]).on_conflict(Doc::TITLE).do_nothing().returning(&one).await);

    let gone = Doc::destroy().filter(Doc::READS.eq(9)).returning(&one).await?;
    assert_eq!(gone.len(), 2);
    assert_eq!(Doc::destroy().all_rows().returning(&one).await?.len(), 0);
    Ok(())
}

cases! {$ policy:
    a_viewer_sees_the_rows_that_the_policy_allows, the_rows_of_nobody_are_seen_by_nobody,
    conditions_about_related_rows_tell_nothing_of_hidden_ones, includes_leave_hidden_rows_out_and_keep_their_parents,
    a_handle_without_a_viewer_reads_nothing_of_a_model_with_a_policy, two_viewers_share_a_statement,
    what_a_viewer_does_not_see_of_a_row_is_null_everywhere, saving_a_row_keeps_what_the_viewer_does_not_see,
    rows_are_created_with_the_values_that_the_policy_allows,
    what_only_the_database_knows_is_asked_in_the_same_transaction, rows_point_at_rows_that_the_viewer_sees,
    a_viewer_changes_the_rows_that_the_policy_allows, nobody_moves_a_row_to_where_they_could_not_change_it,
    columns_have_rules_of_their_own, a_viewer_removes_the_rows_that_the_policy_allows, upserts_are_creates_or_updates,
    a_soft_delete_timestamp_cannot_be_masked, raw_sql_and_what_copies_hidden_values_are_refused, whole_tables_are_out_of_reach, links_are_changes_of_both_ends, streams_and_transactions_have_the_viewer,
    a_viewer_asks_what_they_may_do, writes_that_answer_show_what_the_viewer_sees,
}
