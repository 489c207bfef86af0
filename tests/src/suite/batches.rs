//! Work in batches: every row once, in the order of the key, whatever happens meanwhile.

use orm::Result;
use orm::prelude::*;
use orm::query::Batches;

use crate::Test;
use crate::cases::cases;
use crate::models::entries::{Entry, EntryNote, entry};

async fn entries(test: &Test, count: u32) -> Result<Database> {
    let db = test.with::<(Entry, EntryNote)>().await?;
    Entry::bulk_create((0..count).map(entry)).exec(&db).await?;
    Ok(db)
}

async fn all(mut batches: Batches<Entry>, db: &Database) -> Result<Vec<Vec<i64>>> {
    let mut found = Vec::new();
    while let Some(rows) = batches.next(db).await? {
        found.push(rows.iter().map(|row| row.id).collect());
    }
    assert!(batches.next(db).await?.is_none());
    Ok(found)
}

async fn batches_have_every_row_once(test: Test) -> Result<()> {
    let db = entries(&test, 10).await?;
    let whole: Vec<i64> = (1..=10).collect();
    for size in [1, 3, 5, 10, 11] {
        let found = all(Entry::find_all().in_batches(size), &db).await?;
        assert!(found.iter().all(|batch| batch.len() <= size as usize));
        assert_eq!(found.concat(), whole);
    }
    assert_eq!(all(Entry::find_all().filter(Entry::ID.gt(99)).in_batches(3), &db).await?, Vec::<Vec<i64>>::new());

    // What is changed on the way comes once; what is created comes; what is removed does not.
    let mut batches = Entry::find_all().filter(Entry::ID.ne(2)).include(Entry::NOTES).in_batches(4);
    assert_eq!(batches.next(&db).await?.unwrap().iter().map(|row| row.id).collect::<Vec<_>>(), [1, 3, 4, 5]);
    Entry::update().grade(99).all_rows().exec(&db).await?;
    Entry::destroy().filter(Entry::ID.in_([3, 6])).exec(&db).await?;
    Entry::bulk_create([entry(1)]).exec(&db).await?;
    let rest = batches.next(&db).await?.unwrap();
    assert_eq!(rest.iter().map(|row| (row.id, row.grade)).collect::<Vec<_>>(), [(7, 99), (8, 99), (9, 99), (10, 99)]);
    assert!(rest[0].notes.get()?.is_empty());
    assert_eq!(batches.next(&db).await?.unwrap()[0].id, 11);
    assert!(batches.next(&db).await?.is_none());
    Ok(())
}

async fn a_function_is_called_with_each_batch(test: Test) -> Result<()> {
    let db = entries(&test, 7).await?;
    let mut seen = Vec::new();
    let names = Entry::find_all().select(Entry::ID).in_batches(3);
    let count = names
        .each(&db, async |ids| {
            seen.push(ids);
            Ok(())
        })
        .await?;
    assert_eq!((count, seen), (7, vec![vec![1, 2, 3], vec![4, 5, 6], vec![7]]));
    let mut calls = 0;
    let error = Entry::find_all().in_batches(3).each(&db, async |_| {
        calls += 1;
        Err(Error::new(ErrorKind::Io, "enough"))
    });
    assert_eq!((error.await.unwrap_err().kind(), calls), (ErrorKind::Io, 1));
    Ok(())
}

async fn rows_are_changed_and_removed_in_batches(test: Test) -> Result<()> {
    let db = entries(&test, 10).await?;
    // The condition does not hold any more for rows that were changed.
    let changed = Entry::update().grade(50).filter(Entry::GRADE.ne(50)).in_batches(3).exec(&db).await?;
    assert_eq!(changed, 10);
    assert_eq!(Entry::count().filter(Entry::GRADE.eq(50)).exec(&db).await?, 10);
    let tx = db.begin().await?;
    assert_eq!(Entry::update().grade(1).filter(Entry::ID.gt(4)).in_batches(2).exec(&tx).await?, 6);
    tx.rollback().await?;
    assert_eq!(Entry::count().filter(Entry::GRADE.eq(50)).exec(&db).await?, 10);

    assert_eq!(Entry::destroy().filter(Entry::ID.le(5)).in_batches(5).exec(&db).await?, 5);
    assert_eq!(Entry::destroy().all_rows().in_batches(2).exec(&db).await?, 5);
    assert_eq!(Entry::count().exec(&db).await?, 0);
    assert_eq!(Entry::count().with_deleted().exec(&db).await?, 10);
    assert_eq!(Entry::destroy().all_rows().force().in_batches(4).exec(&db).await?, 10);
    assert_eq!(Entry::count().with_deleted().exec(&db).await?, 0);
    assert_eq!(Entry::update().grade(1).all_rows().in_batches(4).exec(&db).await?, 0);
    Ok(())
}

async fn batches_of_other_orders_are_refused(test: Test) -> Result<()> {
    let db = entries(&test, 2).await?;
    let refused = [
        Entry::find_all().order_by(Entry::NAME).in_batches(2).next(&db).await.map(drop),
        Entry::find_all().limit(2).in_batches(2).next(&db).await.map(drop),
        Entry::find_all().join(Entry::NOTES).in_batches(2).next(&db).await.map(drop),
        Entry::find_all().in_batches(0).next(&db).await.map(drop),
        Entry::update().grade(1).all_rows().limit(1).in_batches(2).exec(&db).await.map(drop),
        Entry::destroy().all_rows().order_by(Entry::NAME).in_batches(2).exec(&db).await.map(drop),
        Entry::destroy().all_rows().in_batches(0).exec(&db).await.map(drop),
    ];
    for result in refused {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Entry")), "{error}");
    }
    assert_eq!(Entry::count().exec(&db).await?, 2);
    Ok(())
}

cases! { $ batches:
    batches_have_every_row_once,
    a_function_is_called_with_each_batch,
    rows_are_changed_and_removed_in_batches,
    batches_of_other_orders_are_refused,
}
