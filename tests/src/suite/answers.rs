//! Writes that answer: which rows they changed, and how; many rows that get values of their own; and the same at once.

use orm::prelude::*;
use orm::query::Outcome;
use orm::{ErrorKind, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::accounts::Account;
use crate::models::keys::Seat;
use crate::models::nodes::Node;
use crate::models::people::Note;

async fn nodes(db: &Database, labels: &[&str]) -> Result<Vec<Node>> {
    Node::bulk_create(labels.iter().map(|label| Node::create().label(*label))).exec(db).await
}

async fn many_rows_get_values_of_their_own_in_one_statement(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    let before = nodes(&db, &["a", "b", "c", "d"]).await?;
    let changes = [
        (before[0].id, Node::update().note("it's a").visits(1)),
        (before[1].id, Node::update().note(None::<String>).visits(Node::WEIGHT + 2)),
        (before[2].id, Node::update().visits(3)),
        (99, Node::update().visits(4)),
        (before[3].id, Node::update()),
    ];
    assert_eq!(Node::bulk_update(changes).exec(&db).await?, 3);
    let after = Node::find_all().order_by(Node::ID).exec(&db).await?;
    let seen: Vec<_> = after.iter().map(|n| (n.note.as_deref(), n.visits, n.version)).collect();
    assert_eq!(seen, [(Some("it's a"), 1, 1), (None, 9, 1), (None, 3, 1), (None, 0, 0)]);
    assert!(after[0].updated_at >= before[0].updated_at && after[3].updated_at == before[3].updated_at);

    let changes = [(before[2].id, Node::update().visits(5)), (before[0].id, Node::update().visits(6))];
    let rows = Node::bulk_update(changes).silent().returning(&db).await?;
    assert_eq!(rows.iter().map(|n| (n.id, n.visits)).collect::<Vec<_>>(), [(before[2].id, 5), (before[0].id, 6)]);
    assert_eq!(rows[1].updated_at, after[0].updated_at);
    let none: [(i64, _); 0] = [];
    let none = none.map(|(key, ()): (i64, ())| (key, Node::update()));
    assert_eq!(Node::bulk_update(none).exec(&db).await?, 0);
    Ok(())
}

async fn a_bulk_update_of_more_rows_than_a_statement_takes_is_whole(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    let labels: Vec<String> = (0..450).map(|n| format!("n{n}")).collect();
    let rows = nodes(&db, &labels.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let changes = rows.iter().map(|row| (row.id, Node::update().label(format!("m{}", row.id)).visits(row.id as i32)));
    assert_eq!(Node::bulk_update(changes).exec(&db).await?, 450);
    let right = Node::VISITS.cast::<i64>().eq(Node::ID).and(Node::LABEL.starts_with("m"));
    assert_eq!(Node::count().filter(right).exec(&db).await?, 450);
    // One that cannot be written undoes all.
    let changes = rows.iter().map(|row| (row.id, Node::update().label(format!("k{}", row.id.min(440)))));
    let error = Node::bulk_update(changes).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    assert_eq!(Node::count().filter(Node::LABEL.starts_with("k")).exec(&db).await?, 0);
    Ok(())
}

async fn a_bulk_update_refuses_what_is_not_clear(test: Test) -> Result<()> {
    let db = test.with::<(Node, Account)>().await?;
    let id = nodes(&db, &["a"]).await?[0].id;
    let twice = Node::bulk_update([(id, Node::update().visits(1)), (id, Node::update().visits(2))]);
    let key = Node::bulk_update([(id, Node::update().id(7))]);
    let filtered = Node::bulk_update([(id, Node::update().visits(1).filter_if(Some(1), |n| Node::VISITS.eq(n)))]);
    for (what, update) in [("twice", twice), ("key", key), ("filtered", filtered)] {
        let error = update.exec(&db).await.unwrap_err();
        assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Node")), "{what}: {error}");
    }
    // The rules of all rows are asked before one is written.
    for email in ["a@b.c", "d@e.f"] {
        Account::create().email(email).name("Ada").password("pass").exec(&db).await?;
    }
    let changes = [(1, Account::update().email(" NEW@B.C ").age(20)), (2, Account::update().email("none").age(200))];
    let error = Account::bulk_update(changes).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    let violations = error.violations().unwrap();
    assert_eq!(violations.iter().map(|v| v.path().to_owned()).collect::<Vec<_>>(), ["[1].email", "[1].age"]);
    Account::bulk_update([(1, Account::update().email(" NEW@B.C "))]).exec(&db).await?;
    assert_eq!(Account::find_by_pk(1).required(&db).await?.email, "new@b.c");
    Ok(())
}

async fn rows_at_hand_are_saved_together(test: Test) -> Result<()> {
    let db = test.with::<(Node, Seat)>().await?;
    let mut rows = nodes(&db, &["a", "b", "c"]).await?;
    for (i, row) in (1..).zip(&mut rows) {
        row.note = Some(format!("note {i}"));
        row.visits = 7;
    }
    Node::bulk_save(&mut rows).exec(&db).await?;
    assert_eq!(rows, Node::find_all().order_by(Node::ID).exec(&db).await?);
    assert!(rows.iter().all(|row| row.version == 1 && row.visits == 7));

    // One of them was changed by somebody else: none is written.
    Node::find_by_pk(rows[1].id).required(&db).await?.update().visits(8).exec(&db).await?;
    rows.iter_mut().for_each(|row| row.visits = 9);
    let error = Node::bulk_save(&mut rows).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.expected_version(), error.found_version()), (ErrorKind::Stale, Some(1), Some(2)));
    assert_eq!(Node::count().filter(Node::VISITS.eq(9)).exec(&db).await?, 0);

    rows[1].reload(&db).await?;
    rows.iter_mut().for_each(|row| (row.visits, row.note) = (10, None));
    Node::bulk_save(&mut rows).only(Node::VISITS).exec(&db).await?;
    let notes = Node::find_all().filter(Node::VISITS.eq(10).and(Node::NOTE.is_not_null())).count(&db).await?;
    assert_eq!((notes, rows[0].note.as_deref()), (3, Some("note 1")));
    let error = Node::bulk_save(&mut rows).only(Node::ID).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["id"]));
    rows[0].destroy().exec(&db).await?;
    assert_eq!(Node::bulk_save(&mut rows).exec(&db).await.unwrap_err().kind(), ErrorKind::Stale);
    Ok(())
}

async fn upserts_of_many_rows_say_what_they_did(test: Test) -> Result<()> {
    use Outcome::{Inserted, Skipped, Updated};
    let db = test.with::<Node>().await?;
    nodes(&db, &["a", "b"]).await?;
    let row = |label: &'static str| Node::create().label(label);
    let rows = [row("c").visits(1), row("a").visits(2), row("b"), row("d").note("x"), row("c").visits(5)];
    let done = Node::bulk_create(rows).on_conflict(Node::LABEL).update_all().returning(&db).await?;
    let seen: Vec<_> = done.iter().map(|(n, what)| (n.label.as_str(), n.visits, n.version, *what)).collect();
    let first = [("c", 1, 0, Inserted), ("a", 2, 1, Updated), ("b", 0, 0, Skipped), ("d", 0, 0, Inserted)];
    assert_eq!((&seen[..4], seen[4]), (&first[..], ("c", 5, 1, Updated)));
    assert!(done.iter().all(|(n, _)| n.id > 0 && n.weight == 7));

    let rows = [row("e"), row("a").visits(9)];
    let done = Node::bulk_create(rows).on_conflict(Node::LABEL).do_nothing().returning(&db).await?;
    assert_eq!(done.iter().map(|(n, what)| (n.visits, *what)).collect::<Vec<_>>(), [(0, Inserted), (2, Skipped)]);
    assert_eq!(Node::count().exec(&db).await?, 5);

    // Rolled back with the transaction around it.
    let undone = db
        .transaction(async |tx| {
            Node::bulk_create([row("f"), row("a").visits(3)])
                .on_conflict(Node::LABEL)
                .update_all()
                .returning(tx)
                .await?;
            Err::<(), _>(orm::Error::new(ErrorKind::Unsupported, "enough"))
        })
        .await;
    assert_eq!(undone.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!((Node::count().exec(&db).await?, done[1].0.visits), (5, 2));
    // Another unique key is in the way.
    let id = done[0].0.id;
    let error = Node::bulk_create([row("z").id(id)]).on_conflict(Node::LABEL).update_all().returning(&db).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::UniqueViolation);
    Ok(())
}

async fn upserts_of_many_rows_know_composite_keys_and_deleted_rows(test: Test) -> Result<()> {
    let db = test.with::<(Seat, Note)>().await?;
    Note::create().title("a").stars(1).exec(&db).await?.destroy().exec(&db).await?;
    let rows = ["a", "b"].map(|title| Note::create().title(title).stars(2));
    let done = Note::bulk_create(rows).on_conflict(Note::TITLE).update_all().returning(&db).await?;
    // The deleted row is in nobody's way.
    assert!(done.iter().all(|(note, what)| *what == Outcome::Inserted && note.stars == 2));
    assert_eq!(Note::count().with_deleted().exec(&db).await?, 3);
    let rows = || [("x", 1), ("x", 2), ("y", 1)].map(|(hall, number)| Seat::create().hall(hall).number(number));
    let first = rows().into_iter().take(1);
    Seat::bulk_create(first).exec(&db).await?;
    let done = Seat::bulk_create(rows()).on_conflict((Seat::HALL, Seat::NUMBER)).do_nothing().returning(&db).await?;
    let seen: Vec<_> = done.iter().map(|(_, what)| *what).collect();
    assert_eq!(seen, [Outcome::Skipped, Outcome::Inserted, Outcome::Inserted]);
    Ok(())
}

/// Runs many tasks at once, all of which must succeed, and gives what they gave.
async fn at_once<T: Send + 'static, F: Future<Output = Result<T>> + Send + 'static>(
    tasks: usize,
    task: impl Fn(usize) -> F,
) -> Vec<T> {
    let tasks: Vec<_> = (0..tasks).map(|number| tokio::spawn(task(number))).collect();
    let mut given = Vec::new();
    for task in tasks {
        given.push(task.await.unwrap().unwrap_or_else(|error| panic!("{error:?}")));
    }
    given
}

async fn a_hundred_at_once_make_one_row(test: Test) -> Result<()> {
    test.with::<Node>().await?.close().await?;
    let db = test.connect_with(orm::PoolOptions::new()).await?;
    let created = at_once(100, |_| {
        let db = db.clone();
        async move {
            let defaults = Node::create().label("a").visits(1);
            let count = Node::update().visits(Node::VISITS + 1);
            let one = Node::update_or_create().filter(Node::LABEL.eq("a")).values(count).defaults(defaults);
            Ok(one.exec(&db).await?.1)
        }
    })
    .await;
    assert_eq!(created.iter().filter(|created| **created).count(), 1);
    let row = Node::find_one().filter(Node::LABEL.eq("a")).required(&db).await?;
    assert_eq!((row.visits, row.version, Node::count().exec(&db).await?), (100, 99, 1));
    let created = at_once(100, |_| {
        let db = db.clone();
        async move {
            let find = Node::find_or_create().filter(Node::LABEL.eq("b")).defaults(Node::draft());
            Ok(find.exec(&db).await?.1)
        }
    });
    assert_eq!(created.await.iter().filter(|created| **created).count(), 1);
    let done = at_once(20, |number| {
        let db = db.clone();
        async move {
            let rows = (0..4).map(|label| Node::create().label(format!("c{label}")).visits(number as i32));
            let done = Node::bulk_create(rows).on_conflict(Node::LABEL).update(Node::VISITS).returning(&db).await?;
            Ok(done.iter().filter(|(_, what)| *what == Outcome::Inserted).count())
        }
    });
    assert_eq!((done.await.iter().sum::<usize>(), Node::count().exec(&db).await?), (4, 6));
    Ok(())
}

async fn update_or_create_gives_the_row_as_it_is_then(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    let one = |label: &str, values| {
        Node::update_or_create().filter(Node::LABEL.eq(label)).values(values).defaults(Node::draft().weight(3))
    };
    let (made, created) = one("a", Node::update().visits(1)).exec(&db).await?;
    assert_eq!((made.label.as_str(), made.visits, made.weight, made.version, created), ("a", 0, 3, 0, true));
    let (row, created) = one("a", Node::update().visits(Node::VISITS + 4).note("n")).exec(&db).await?;
    assert_eq!((row.id, row.visits, row.note.as_deref(), row.version, created), (made.id, 4, Some("n"), 1, false));
    let (row, _) = one("a", Node::update()).exec(&db).await?;
    assert_eq!(row.version, 1);
    // Inside of a transaction, which goes on.
    let (row, created) = db
        .transaction(async |tx| {
            one("b", Node::update()).exec(tx).await?;
            one("b", Node::update().id(77)).exec(tx).await
        })
        .await?;
    assert_eq!((row.id, created), (77, false));
    // Another row is in the way of the one to create.
    let blocked = Node::update_or_create().filter(Node::NOTE.eq("none")).values(Node::update().visits(1));
    let error = blocked.defaults(Node::create().label("a")).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    let filtered = Node::update().visits(1).filter_if(Some(1), |n| Node::VISITS.eq(n));
    assert_eq!(one("a", filtered).exec(&db).await.unwrap_err().kind(), ErrorKind::InvalidStatement);
    Ok(())
}

async fn numbers_are_changed_together_by_different_amounts(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    let mut rows = nodes(&db, &["a", "b"]).await?;
    // A struct that is behind changes nothing of what others did.
    Node::update().visits(10).all_rows().exec(&db).await?;
    rows[0].adjust().increment(Node::VISITS, 2).decrement(Node::WEIGHT, 5).exec(&db).await?;
    assert_eq!((rows[0].visits, rows[0].weight, rows[0].version), (12, 2, 2));
    rows[0].adjust().increment(Node::VISITS, 2).increment(Node::VISITS, 3).exec(&db).await?;
    assert_eq!(rows[0].visits, 17);
    let changed = Node::update().increment(Node::VISITS, 1).decrement(Node::WEIGHT, 1).filter(Node::VISITS.ge(10));
    assert_eq!(changed.exec(&db).await?, 2);
    let all = Node::find_all().order_by(Node::ID).select((Node::VISITS, Node::WEIGHT)).exec(&db).await?;
    assert_eq!(all, [(18, 1), (11, 6)]);
    rows[1].destroy().exec(&db).await.unwrap_err();
    Node::destroy().filter(Node::ID.eq(rows[1].id)).exec(&db).await?;
    assert_eq!(rows[1].adjust().increment(Node::VISITS, 1).exec(&db).await.unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

async fn removed_rows_are_given_back(test: Test) -> Result<()> {
    let db = test.with::<(Node, Note)>().await?;
    nodes(&db, &["a", "b", "c"]).await?;
    let mut gone = Node::destroy().filter(Node::LABEL.ne("b")).returning(&db).await?;
    gone.sort_by_key(|node| node.id);
    assert_eq!(gone.iter().map(|node| node.label.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(Node::count().exec(&db).await?, 1);
    assert!(Node::destroy().filter(Node::LABEL.eq("none")).returning(&db).await?.is_empty());
    for title in ["a", "b"] {
        Note::create().title(title).exec(&db).await?;
    }
    let marked = Note::destroy().all_rows().order_by(Note::ID.desc()).limit(1).returning(&db).await?;
    assert!(marked.len() == 1 && marked[0].title == "b" && marked[0].deleted_at.is_some());
    let gone = Note::destroy().all_rows().force().returning(&db).await?;
    assert_eq!((gone.len(), Note::count().with_deleted().exec(&db).await?), (2, 0));
    Ok(())
}

cases! { $ answers:
    many_rows_get_values_of_their_own_in_one_statement,
    a_bulk_update_of_more_rows_than_a_statement_takes_is_whole,
    a_bulk_update_refuses_what_is_not_clear,
    rows_at_hand_are_saved_together,
    upserts_of_many_rows_say_what_they_did,
    upserts_of_many_rows_know_composite_keys_and_deleted_rows,
    a_hundred_at_once_make_one_row,
    update_or_create_gives_the_row_as_it_is_then,
    numbers_are_changed_together_by_different_amounts,
    removed_rows_are_given_back,
}
