//! The ORM in one file: `cargo run --example quickstart`. It uses SQLite in memory; set `DATABASE_URL` for another database.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct Author {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 120)]
    email: String,
    name: String,
    born: Option<i32>,
    books: HasMany<Book>,
}

#[derive(Debug, Clone, Model)]
struct Book {
    #[orm(primary_key)]
    id: i64,
    author_id: i64,
    title: String,
    year: i32,
    #[orm(default = 0)]
    sold: i64,
    #[orm(on_delete = cascade)]
    author: BelongsTo<Author>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite::memory:".to_owned());
    let db = connect(&url).await?;
    db.drop_tables::<(Author, Book)>().await?;
    db.create_tables::<(Author, Book)>().await?;

    // Create. A required column that is left out does not compile; `born` may be left out, and `id` is the database's.
    let mut ursula = Author::create().email("ursula@example.com").name("Ursula Le Guin").exec(&db).await?;
    let stanislaw = Author::create().email("lem@example.com").name("Stanisław Lem").born(1921).exec(&db).await?;
    println!("{} is author {}, {} is author {}", ursula.name, ursula.id, stanislaw.name, stanislaw.id);

    // Create under a row: the foreign key is filled in. And many at once.
    let solaris = stanislaw.books().create().title("Solaris").year(1961).exec(&db).await?;
    let by_ursula = [("The Dispossessed", 1974), ("The Lathe of Heaven", 1971), ("The Telling", 2000)];
    let rows = by_ursula.map(|(title, year)| Book::create().author_id(ursula.id).title(title).year(year));
    println!("{} books more beside {}", Book::bulk_create(rows).exec(&db).await?.len(), solaris.title);

    // Find: operands are checked by the compiler, so `Book::YEAR.ge("1970")` is not Rust.
    let seventies =
        Book::find_all().filter(Book::YEAR.between(1970, 1979)).order_by(Book::YEAR.asc()).exec(&db).await?;
    println!("from the seventies: {:?}", seventies.iter().map(|book| &book.title).collect::<Vec<_>>());
    let lem = Author::find_one().filter(Author::EMAIL.starts_with("lem@")).required(&db).await?;
    assert_eq!(Author::find_by_pk(lem.id).exec(&db).await?.map(|author| author.born), Some(Some(1921)));

    // Include: one query for the authors, one for the books of them all, here the two latest of each.
    let latest = Author::BOOKS.order_by(Book::YEAR.desc()).limit(2);
    for author in Author::find_all().include(latest).order_by(Author::NAME.asc()).exec(&db).await? {
        let titles: Vec<_> = author.books.get()?.iter().map(|book| book.title.as_str()).collect();
        println!("{}: {}", author.name, titles.join(", "));
    }

    // Filter by related rows, either way.
    let modern = Author::count().filter(Author::BOOKS.any(Book::YEAR.ge(2000))).exec(&db).await?;
    let lems = Book::count().filter(Book::AUTHOR.col(Author::NAME).eq("Stanisław Lem")).exec(&db).await?;
    println!("{modern} author wrote in this century, {lems} book is Lem's");

    // Update one row, or rows by a filter.
    ursula.update().name("Ursula K. Le Guin").born(1929).exec(&db).await?;
    let changed = Book::update().sold(Book::SOLD + 10).filter(Book::YEAR.lt(1975)).exec(&db).await?;
    println!("{} was born in {}; {changed} books sold ten copies", ursula.name, ursula.born.unwrap_or_default());

    // Select columns and aggregates instead of models.
    let sold = Book::find_all().select((Book::AUTHOR.col(Author::NAME), Book::SOLD.sum().unwrap_or(0)));
    let sold: Vec<(String, i64)> =
        sold.group_by(Book::AUTHOR.col(Author::NAME)).order_by(Book::SOLD.sum().desc()).exec(&db).await?;
    println!("sold: {sold:?}");

    // A transaction is committed on `Ok` and rolled back on `Err`, here that of a unique key.
    let failed = db
        .transaction(async |tx| {
            Author::destroy().filter(Author::ID.eq(stanislaw.id)).exec(tx).await?;
            Author::create().email("ursula@example.com").name("Somebody Else").exec(tx).await
        })
        .await;
    let error = failed.expect_err("the address is taken");
    println!(
        "rolled back: {} of {:?}; still {} authors",
        error.kind(),
        error.columns(),
        Author::count().exec(&db).await?
    );

    // Delete. The books go with their author, by the foreign key.
    stanislaw.destroy().exec(&db).await?;
    println!("{} books are left", Book::count().exec(&db).await?);
    db.drop_tables::<(Author, Book)>().await
}
