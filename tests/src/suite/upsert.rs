//! Many rows at once: what a row does not give stays as it is, and the outcome is that of one row after the other.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::nodes::Node;

async fn node(db: &Database, label: &str) -> Result<Node> {
    Node::find_one().filter(Node::LABEL.eq(label)).required(db).await
}

async fn an_upsert_writes_no_defaults_over_existing_rows(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    let before = Node::create().label("a").visits(5).weight(9).exec(&db).await?;
    let rows = || [Node::create().label("a").note("new")];
    Node::bulk_create(rows()).on_conflict(Node::LABEL).update_all().exec(&db).await?;
    let all = (Node::NOTE, Node::VISITS, Node::WEIGHT, Node::CREATED_AT);
    Node::bulk_create(rows()).on_conflict(Node::LABEL).update(all).exec(&db).await?;
    let after = node(&db, "a").await?;
    assert_eq!((after.note.as_deref(), after.visits, after.weight), (Some("new"), 5, 9));
    assert_eq!((after.created_at, after.version), (before.created_at, 2));
    assert!(after.updated_at >= before.updated_at);
    Ok(())
}

async fn a_row_of_an_upsert_does_not_depend_on_what_others_give(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    for label in ["a", "b", "c"] {
        Node::create().label(label).note("old").visits(5).exec(&db).await?;
    }
    let rows = [
        Node::create().label("a").visits(6),
        Node::create().label("b").note("new"),
        Node::create().label("c"),
        Node::create().label("d").note("made"),
    ];
    Node::bulk_create(rows).on_conflict(Node::LABEL).update_all().exec(&db).await?;
    let rows =
        Node::find_all().order_by(Node::LABEL).select((Node::NOTE, Node::VISITS, Node::VERSION)).exec(&db).await?;
    let some = |note: &str| Some(note.to_owned());
    assert_eq!(rows, [(some("old"), 6, 1), (some("new"), 5, 1), (some("old"), 5, 0), (some("made"), 0, 0)]);
    Ok(())
}

async fn the_last_of_equal_rows_of_an_upsert_wins(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    let rows =
        [("a", 1), ("b", 2), ("a", 3), ("a", 4)].map(|(label, visits)| Node::create().label(label).visits(visits));
    Node::bulk_create(rows).on_conflict(Node::LABEL).update(Node::VISITS).exec(&db).await?;
    assert_eq!((node(&db, "a").await?.visits, node(&db, "b").await?.visits), (4, 2));
    let rows = [Node::create().label("c").note("first").visits(1), Node::create().label("c").visits(2)];
    Node::bulk_create(rows).on_conflict(Node::LABEL).update_all().exec(&db).await?;
    let last = node(&db, "c").await?;
    assert_eq!((last.note.as_deref(), last.visits), (Some("first"), 2));
    Ok(())
}

async fn rows_created_together_are_inserted_in_their_order(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    // Each has other columns than its neighbours, and points at the one before it.
    let rows = [
        Node::create().label("a").weight(1),
        Node::create().label("b").parent_id(1),
        Node::create().label("c").parent_id(2).weight(3),
        Node::create().label("d").parent_id(3).note("x"),
    ];
    let made = Node::bulk_create(rows).exec(&db).await?;
    assert_eq!(made.iter().map(|node| node.weight).collect::<Vec<_>>(), [1, 7, 3, 7]);
    let rows = (0..9).map(|n| {
        let node = Node::create().label(format!("n{n}"));
        if n % 2 == 0 { node.weight(n) } else { node }
    });
    let made = Node::bulk_create(rows).exec(&db).await?;
    assert!(made.is_sorted_by_key(|node| node.id));
    assert_eq!(
        made.iter().map(|node| node.label.clone()).collect::<Vec<_>>(),
        (0..9).map(|n| format!("n{n}")).collect::<Vec<_>>()
    );
    Ok(())
}

async fn a_column_that_a_row_leaves_out_has_the_databases_default_whatever_others_give(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    // The default is not the model's: the table is somebody else's.
    let note = if db.dialect().name() == "postgresql" { "text" } else { "varchar(40)" };
    db.execute("ALTER TABLE nodes DROP COLUMN note", ()).await?;
    db.execute(&*format!("ALTER TABLE nodes ADD COLUMN note {note} DEFAULT 'own'"), ()).await?;
    let rows = [Node::create().label("a"), Node::create().label("b").note("given"), Node::create().label("c")];
    Node::bulk_create(rows).count(&db).await?;
    let notes = Node::find_all().order_by(Node::LABEL).select(Node::NOTE).exec(&db).await?;
    assert_eq!(notes, ["own", "given", "own"].map(|note| Some(note.to_owned())));
    Ok(())
}

#[derive(Debug, Clone, Model)]
struct Reader {
    #[orm(primary_key)]
    id: i64,
    #[orm(through = Reading)]
    papers: BelongsToMany<Paper>,
}

#[derive(Debug, Clone, Model)]
struct Paper {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Debug, Clone, Model)]
struct Reading {
    #[orm(primary_key)]
    id: i64,
    reader_id: i64,
    paper_id: i64,
    page: i32,
    reader: BelongsTo<Reader>,
    paper: BelongsTo<Paper>,
}

async fn an_upsert_names_the_unique_key_of_a_join_model(test: Test) -> Result<()> {
    let db = test.with::<(Reader, Paper, Reading)>().await?;
    let (reader, paper) = (Reader::create().exec(&db).await?, Paper::create().exec(&db).await?);
    for page in [3, 7] {
        let row = Reading::create().reader(&reader).paper(&paper).page(page);
        let key = (Reading::PAPER_ID, Reading::READER_ID);
        Reading::bulk_create([row]).on_conflict(key).update(Reading::PAGE).exec(&db).await?;
    }
    let pages = Reading::find_all().select(Reading::PAGE).exec(&db).await?;
    assert_eq!(pages, [7]);
    let row = Reading::create().reader(&reader).paper(&paper).page(8);
    let error = Reading::bulk_create([row]).on_conflict(Reading::PAPER_ID).do_nothing().exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["paper_id"]));
    Ok(())
}

async fn an_upsert_of_one_row_gives_it_and_whether_it_was_created(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    let (made, created) = Node::upsert(Node::create().label("a").visits(1).note("x")).exec(&db).await?;
    assert_eq!((made.visits, made.weight, made.version, created), (1, 7, 0, true));
    let upsert = Node::upsert(Node::create().label("a").visits(2));
    for version in [1, 2] {
        // The same statement again: unchanged values do not make it a created row.
        let (row, created) = upsert.clone().exec(&db).await?;
        assert_eq!((row.id, row.visits, row.note.as_deref(), row.version), (made.id, 2, Some("x"), version));
        assert!(!created && row.created_at == made.created_at);
    }
    let row = || Node::create().label("a").visits(9).note("y");
    let (row1, _) = Node::upsert(row()).on_conflict(Node::LABEL).update(Node::NOTE).exec(&db).await?;
    assert_eq!((row1.visits, row1.note.as_deref()), (2, Some("y")));
    let (row2, created) = Node::upsert(row()).do_nothing().exec(&db).await?;
    assert_eq!((row2.visits, row2.version, created), (2, 3, false));
    let (other, created) = db.transaction(async |tx| Node::upsert(Node::create().label("b")).exec(tx).await).await?;
    assert!(created && other.id != made.id);
    Ok(())
}

async fn upserts_of_one_row_at_once_create_it_once(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    let upserts = (0..8).map(|n| {
        let db = db.clone();
        tokio::spawn(async move { Node::upsert(Node::create().label("a").visits(n)).exec(&db).await })
    });
    let mut created = 0;
    for upsert in upserts.collect::<Vec<_>>() {
        created += u64::from(upsert.await.unwrap()?.1);
    }
    let row = node(&db, "a").await?;
    assert_eq!((created, Node::count().exec(&db).await?, row.version), (1, 1, 7));
    Ok(())
}

async fn an_upsert_of_one_row_says_when_its_key_is_not_clear(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    Node::create().label("a").exec(&db).await?;
    let twice = Node::upsert(Node::draft().id(1).label("b")).exec(&db).await.unwrap_err();
    let none = Node::upsert(Node::draft().visits(1)).exec(&db).await.unwrap_err();
    let wrong = Node::upsert(Node::create().label("b")).on_conflict(Node::VISITS).exec(&db).await.unwrap_err();
    for error in [twice, none, wrong] {
        assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Node")));
    }
    let (row, created) = Node::upsert(Node::create().id(1).label("b")).on_conflict(Node::ID).exec(&db).await?;
    assert_eq!((row.label.as_str(), created), ("b", false));
    // Another unique key than the one that was named is in the way.
    Node::create().id(2).label("c").exec(&db).await?;
    let error = Node::upsert(Node::create().id(3).label("c")).on_conflict(Node::ID).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    Ok(())
}

async fn find_or_create_gives_the_row_what_the_filter_asks_for(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    let find = || {
        let filter = Node::LABEL.eq("a").and(Node::VISITS.eq(3)).and(Node::NOTE.is_null());
        Node::find_or_create().filter(filter).defaults(Node::create().label("a").weight(2))
    };
    let (made, created) = find().exec(&db).await?;
    assert_eq!((made.visits, made.weight, created), (3, 2, true));
    let (found, created) = find().exec(&db).await?;
    assert_eq!((found.id, created), (made.id, false));
    Ok(())
}

async fn find_or_create_refuses_a_row_that_its_filter_would_not_find(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    let find = Node::find_or_create().filter(Node::LABEL.eq("a")).defaults(Node::create().label("b"));
    let error = find.exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Node")));
    assert_eq!(error.columns(), ["label"]);
    assert_eq!(Node::count().exec(&db).await?, 0);
    Ok(())
}

cases! { $ upsert:
    an_upsert_writes_no_defaults_over_existing_rows,
    a_row_of_an_upsert_does_not_depend_on_what_others_give,
    the_last_of_equal_rows_of_an_upsert_wins,
    rows_created_together_are_inserted_in_their_order,
    a_column_that_a_row_leaves_out_has_the_databases_default_whatever_others_give,
    an_upsert_names_the_unique_key_of_a_join_model,
    an_upsert_of_one_row_gives_it_and_whether_it_was_created,
    upserts_of_one_row_at_once_create_it_once,
    an_upsert_of_one_row_says_when_its_key_is_not_clear,
    find_or_create_gives_the_row_what_the_filter_asks_for,
    find_or_create_refuses_a_row_that_its_filter_would_not_find,
}
