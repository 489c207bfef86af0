//! Derived models on the toy driver: what its author would try first.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use orm::prelude::*;
use orm::{Database, PoolOptions};
use orm_toy_driver::{Toy, ToyDialect};

#[derive(Debug, Clone, PartialEq, Model)]
struct Author {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 40)]
    name: String,
    #[orm(default = true)]
    alive: bool,
    height: Option<f64>,
    books: HasMany<Book>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(index(title))]
struct Book {
    #[orm(primary_key)]
    id: i64,
    author_id: i64,
    title: String,
    #[orm(default = 0)]
    sold: i32,
    cover: Option<Vec<u8>>,
    author: BelongsTo<Author>,
}

/// A column of a type that the database does not have.
#[derive(Debug, Clone, PartialEq, Model)]
struct Sale {
    #[orm(primary_key)]
    id: i64,
    day: DateTime<Utc>,
}

/// A file that is removed with the test.
struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A database in a file of its own, with two authors and their four books.
async fn shelf(test: &str) -> Result<(Database, File)> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let file = File(std::env::temp_dir().join(format!("orm-toy-{test}-{}-{now}", std::process::id())));
    let db = Database::connect_with(Toy::new(&file.0), PoolOptions::new().max_connections(2)).await?;
    db.create_tables::<(Author, Book)>().await?;
    let ada = Author::create().name("Ada").height(1.65).exec(&db).await?;
    let bob = Author::create().name("Bob").alive(false).exec(&db).await?;
    let rows = [(&ada, "Engines", 30), (&ada, "Notes", 20), (&bob, "Bees", 10), (&bob, "Ants", 0)]
        .map(|(author, title, sold)| Book::create().author_id(author.id).title(title).sold(sold));
    Book::bulk_create(rows).exec(&db).await?;
    Ok((db, file))
}

#[tokio::test]
async fn rows_are_created_with_what_the_database_makes() -> Result<()> {
    let (db, _file) = shelf("create").await?;
    let author = Author::create().name("Cy").exec(&db).await?;
    assert_eq!((author.id, author.alive, author.height), (3, true, None));
    let book = author.books().create().title("O'Reilly's \"`b`\" \\").cover(vec![0, 255]).exec(&db).await?;
    assert_eq!(Book::find_by_pk(book.id).required(&db).await?, book);
    Ok(())
}

#[tokio::test]
async fn rows_are_found_by_filter_order_and_limit() -> Result<()> {
    let (db, _file) = shelf("find").await?;
    let found = Book::find_all()
        .filter(Book::SOLD.ge(10).and(Book::AUTHOR.col(Author::NAME).ne("Cy")))
        .order_by((Book::SOLD.desc(), Book::ID.asc()))
        .limit(2)
        .offset(1)
        .exec(&db)
        .await?;
    assert_eq!(found.iter().map(|book| &*book.title).collect::<Vec<_>>(), ["Notes", "Bees"]);
    assert_eq!(Book::count().filter(Book::TITLE.contains("e")).exec(&db).await?, 3);
    assert_eq!(Book::find_all().filter(Book::ID.in_([1, 4, 9])).exec(&db).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn related_rows_are_included_with_a_limit_for_each() -> Result<()> {
    let (db, _file) = shelf("include").await?;
    let authors = Author::find_all()
        .include(Author::BOOKS.order_by(Book::SOLD.desc()).limit(1))
        .order_by(Author::ID.asc())
        .exec(&db)
        .await?;
    let titles: Vec<&str> =
        authors.iter().map(|a| a.books.get().map(|books| &*books[0].title)).collect::<Result<_>>()?;
    assert_eq!(titles, ["Engines", "Bees"]);
    let book = Book::find_by_pk(3).include(Book::AUTHOR).required(&db).await?;
    assert_eq!(book.author.get()?.map(|author| &*author.name), Some("Bob"));
    Ok(())
}

#[tokio::test]
async fn rows_are_changed_and_removed() -> Result<()> {
    let (db, _file) = shelf("change").await?;
    let changed = Book::update().set(Book::SOLD, Book::SOLD + 5).filter(Book::SOLD.gt(0)).exec(&db).await?;
    assert_eq!(changed, 3);
    let mut book = Book::find_by_pk(4).required(&db).await?;
    book.title = "Wasps".to_owned();
    book.save(&db).await?;
    assert_eq!(Book::find_by_pk(4).required(&db).await?.title, "Wasps");
    book.destroy().exec(&db).await?;
    assert_eq!(Book::destroy().filter(Book::SOLD.gt(30)).exec(&db).await?, 1);
    assert_eq!(Book::count().exec(&db).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_row_that_is_there_is_changed_instead() -> Result<()> {
    let (db, _file) = shelf("upsert").await?;
    let rows = [Author::create().name("Ada").height(1.7), Author::create().name("Cy").height(1.8)];
    Author::bulk_create(rows).on_conflict(Author::NAME).update(Author::HEIGHT).exec(&db).await?;
    let ada = Author::find_one().filter(Author::NAME.eq("Ada")).required(&db).await?;
    assert_eq!((ada.id, ada.height), (1, Some(1.7)));
    assert_eq!(Author::count().exec(&db).await?, 3);
    Ok(())
}

#[tokio::test]
async fn transactions_and_savepoints_keep_or_undo() -> Result<()> {
    let (db, _file) = shelf("transaction").await?;
    db.transaction(async |tx| {
        Author::create().name("Cy").exec(tx).await?;
        let refused = tx.transaction(async |sp| {
            Author::create().name("Di").exec(sp).await?;
            Author::create().name("Ada").exec(sp).await
        });
        assert_eq!(refused.await.unwrap_err().kind(), ErrorKind::UniqueViolation);
        Ok(())
    })
    .await?;
    let mut tx = db.begin().await?;
    Author::destroy().all_rows().exec(&tx).await.unwrap_err();
    tx.rollback().await?;
    tx = db.begin().await?;
    Book::destroy().all_rows().exec(&tx).await?;
    drop(tx);
    assert_eq!((Author::count().exec(&db).await?, Book::count().exec(&db).await?), (3, 4));
    Ok(())
}

#[tokio::test]
async fn a_stream_can_be_left() -> Result<()> {
    let (db, _file) = shelf("stream").await?;
    db.transaction(async |tx| {
        let mut books = Book::find_all().order_by(Book::ID.asc()).stream(tx);
        assert_eq!(books.next().await.unwrap()?.title, "Engines");
        drop(books);
        assert_eq!(Book::count().exec(tx).await?, 4);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn errors_have_a_kind_and_name_model_and_columns() -> Result<()> {
    let (db, _file) = shelf("errors").await?;
    let taken = Author::create().name("Ada").exec(&db).await.unwrap_err();
    assert_eq!((taken.kind(), taken.model()), (ErrorKind::UniqueViolation, Some("Author")));
    let orphan = Book::create().author_id(9).title("x").exec(&db).await.unwrap_err();
    assert_eq!(orphan.kind(), ErrorKind::ForeignKeyViolation);
    let missing = Sale::find_all().exec(&db).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::UnknownTable);
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_named() {
    let error = Database::connect_with(Toy::new("/nowhere/shop.toy"), PoolOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(error.message().contains("cannot open `/nowhere/shop.toy`"), "{error}");
}

#[tokio::test]
async fn what_the_database_lacks_is_an_error() -> Result<()> {
    let (db, _file) = shelf("lacks").await?;
    let dates = db.create_tables::<(Sale,)>().await.unwrap_err();
    assert_eq!((dates.kind(), dates.columns()), (ErrorKind::Unsupported, vec!["day"]));
    let locked = Author::find_all().for_update().exec(&db).await.unwrap_err();
    assert_eq!(locked.kind(), ErrorKind::Unsupported);
    Ok(())
}

#[test]
fn the_dialect_has_quotes_and_placeholders_of_its_own() -> Result<()> {
    let dialect = ToyDialect::new((1, 0, 0));
    let query = Author::find_all().filter(Author::NAME.eq("Ada")).limit(1).to_sql(&dialect)?;
    assert_eq!(query.sql, "SELECT `id`, `name`, `alive`, `height` FROM `authors` WHERE `name` = $1 LIMIT 1");
    Ok(())
}
