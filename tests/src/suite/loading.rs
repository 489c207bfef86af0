//! Loading relations for rows in memory: by `load`, by a row's own `load`, and lazily for all rows of a batch.

use std::collections::BTreeMap;

use orm::prelude::*;
use orm::{LazyBatch, Result, load};

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Country, Post, blog};

async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    Ok(db)
}

async fn load_fills_rows_in_hand(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut authors = Author::find_all().order_by(Author::ID.asc()).exec(&db).await?;
    let log = db.watch();
    load(&mut authors, Author::POSTS.order_by(Post::ID.asc()).include(Post::COMMENTS), &db).await?;
    assert_eq!(log.count(), 2);
    assert_eq!(authors[0].posts.get()?[0].comments.get()?.len(), 3);
    let mut none: Vec<Author> = Vec::new();
    load(&mut none, Author::POSTS, &db).await?;
    assert_eq!(log.count(), 2);
    Ok(())
}

async fn rows_are_loaded_wherever_they_are(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let all = Author::find_all().order_by(Author::ID).exec(&db).await?;
    let log = db.watch();

    let mut slice = all.clone();
    load(&mut slice[..2], Author::POSTS, &db).await?;
    assert_eq!(slice.iter().map(|author| author.posts.is_loaded()).collect::<Vec<_>>(), [true, true, false]);
    load(slice.iter_mut().filter(|author| author.posts.not_loaded()), Author::POSTS, &db).await?;
    assert!(slice[2].posts.get()?.is_empty());
    assert_eq!(log.take().len(), 2);

    let mut maybe = all.first().cloned();
    load(&mut maybe, (Author::POSTS, Author::COUNTRY), &db).await?;
    let ann = maybe.as_ref().unwrap();
    assert_eq!((ann.posts.get()?.len(), ann.country.get()?.map(|country| country.id)), (3, Some(1)));
    load(&mut None::<Author>, Author::POSTS, &db).await?;
    assert_eq!(log.take().len(), 2);

    let mut boxed: Vec<Box<Author>> = all.iter().cloned().map(Box::new).collect();
    load(boxed.iter_mut().map(|author| &mut **author), Author::POSTS, &db).await?;
    let mut by_name: BTreeMap<String, Author> = all.into_iter().map(|author| (author.name.clone(), author)).collect();
    load(by_name.values_mut(), Author::POSTS, &db).await?;
    assert_eq!(log.take().len(), 2);
    let counts = |authors: &mut dyn Iterator<Item = &Author>| {
        authors.map(|author| author.posts.get().unwrap().len()).collect::<Vec<_>>()
    };
    assert_eq!(counts(&mut boxed.iter().map(|author| &**author)), [3, 1, 0]);
    assert_eq!(counts(&mut by_name.values()), [3, 1, 0]);
    Ok(())
}

async fn one_row_loads_its_relations(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut ann = Author::find_by_pk(1).required(&db).await?;
    let log = db.watch();
    ann.load((Author::POSTS.order_by(Post::ID.desc()).limit(2).include(Post::TAGS), Author::COUNTRY), &db).await?;
    assert_eq!(log.take().len(), 3);
    let posts: Vec<_> = ann.posts.get()?.iter().map(|post| (post.id, post.tags.get().unwrap().len())).collect();
    assert_eq!(posts, [(3, 0), (2, 1)]);
    assert!(ann.country.is_loaded() && ann.profile.not_loaded());
    Ok(())
}

async fn rows_in_hand_are_not_left_out(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut authors = Author::find_all().order_by(Author::ID).exec(&db).await?;
    let error = load(&mut authors, Author::POSTS.required(), &db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Author")));
    assert!(error.to_string().contains("load `posts` without `required`"), "{error}");
    load(&mut authors, Author::POSTS.include(Post::REVIEWER.required()), &db).await?;
    assert_eq!(authors.iter().map(|author| author.posts.get().unwrap().len()).collect::<Vec<_>>(), [2, 1, 0]);
    Ok(())
}

async fn a_load_that_fails_leaves_the_rows(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut countries = Country::find_all().exec(&db).await?;
    db.execute("DROP TABLE profiles", ()).await?;
    let error = load(&mut countries, (Country::AUTHORS, Country::PROFILE), &db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownTable);
    assert!(countries.iter().all(|country| country.authors.is_loaded() && country.profile.not_loaded()));
    Ok(())
}

async fn lazy_batches_load_a_relation_for_all_rows_at_once(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let authors = Author::find_all().order_by(Author::ID).exec(&db).await?;
    let log = db.watch();
    let mut batch = LazyBatch::new(authors, &db);
    let mut counts = Vec::new();
    for row in 0..batch.len() {
        counts.push(batch.with(row, Author::POSTS).await?.posts.get()?.len());
    }
    assert_eq!((counts, log.take().len()), (vec![3, 1, 0], 1));
    assert!(batch.rows().iter().all(|author| author.posts.is_loaded() && !author.profile.is_loaded()));
    batch.with(2, Author::PROFILE).await?;
    assert_eq!(log.take().len(), 1);
    let authors = batch.into_rows();
    assert!(authors.iter().all(|author| author.posts.is_loaded() && author.profile.is_loaded()));
    Ok(())
}

async fn lazy_batches_ask_nothing_for_what_was_included(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let authors = Author::find_all().include(Author::POSTS.limit(1)).order_by(Author::ID).exec(&db).await?;
    let log = db.watch();
    let mut batch = LazyBatch::new(authors, &db);
    assert_eq!(batch.with(0, Author::POSTS).await?.posts.get()?.len(), 1);
    assert_eq!(log.count(), 0);
    Ok(())
}

async fn lazy_batches_read_in_their_transaction(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let tx = db.begin().await?;
    Post::create().author_id(3).title("new").exec(&tx).await?;
    let mut batch = LazyBatch::new(Author::find_all().order_by(Author::ID).exec(&tx).await?, &tx);
    assert_eq!(batch.with(2, Author::POSTS).await?.posts.get()?.len(), 1);
    tx.rollback().await?;
    Ok(())
}

async fn lazy_batches_know_how_many_rows_they_are(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut batch = LazyBatch::new(Author::find_all().exec(&db).await?, &db);
    assert_eq!(batch.with(3, Author::POSTS).await.unwrap_err().kind(), ErrorKind::NotFound);
    let mut none = LazyBatch::new(Vec::<Author>::new(), &db);
    assert!(none.is_empty());
    assert_eq!(none.with(0, Author::POSTS).await.unwrap_err().kind(), ErrorKind::NotFound);
    db.execute("DROP TABLE profiles", ()).await?;
    assert_eq!(batch.with(0, Author::PROFILE).await.unwrap_err().kind(), ErrorKind::UnknownTable);
    assert_eq!(batch.rows().len(), 3);
    Ok(())
}

cases! { $ loading:
    load_fills_rows_in_hand,
    rows_are_loaded_wherever_they_are,
    one_row_loads_its_relations,
    rows_in_hand_are_not_left_out,
    a_load_that_fails_leaves_the_rows,
    lazy_batches_load_a_relation_for_all_rows_at_once,
    lazy_batches_ask_nothing_for_what_was_included,
    lazy_batches_read_in_their_transaction,
    lazy_batches_know_how_many_rows_they_are,
}
