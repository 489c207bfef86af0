//! Derives on structs that a macro of the user writes: names of fields and of the code around them differ in hygiene.

use orm::prelude::*;

macro_rules! model {
    ($name:ident { $($fields:tt)* }) => {
        #[derive(Debug, Clone, Model)]
        struct $name { $($fields)* }
    };
}

macro_rules! rows {
    ($name:ident of $model:ident { $($fields:tt)* }) => {
        #[derive(Debug, Clone, Projection)]
        #[orm(model = $model)]
        struct $name { $($fields)* }
    };
}

model!(Author {
    #[orm(primary_key)]
    id: i64,
    name: String,
    #[orm(has_many)]
    books: HasMany<Book>,
});

model!(Book {
    #[orm(primary_key)]
    id: i64,
    author_id: i64,
    title: String,
    #[orm(belongs_to)]
    author: BelongsTo<Author>,
});

rows!(BookTitle of Book { title: String });
rows!(AuthorBooks of Author {
    name: String,
    #[orm(nested = Author::BOOKS.order_by(Book::TITLE.asc()))]
    books: Vec<BookTitle>,
});

#[tokio::test]
async fn fields_may_come_from_a_macro() -> Result<()> {
    let db = orm::connect("sqlite::memory:").await?;
    db.create_tables::<(Author, Book)>().await?;
    let ada = Author::create().name("Ada").exec(&db).await?;
    ada.books().create().title("Notes").exec(&db).await?;
    let book = Book::find_one().include(Book::AUTHOR).required(&db).await?;
    assert_eq!((&*book.title, book.author_id, book.id), ("Notes", ada.id, 1));
    assert_eq!(book.author.get()?.map(|author| &*author.name), Some("Ada"));
    assert!(!ada.books.is_loaded());
    let authors = Author::find_all().project::<AuthorBooks>().exec(&db).await?;
    assert_eq!(authors[0].name, "Ada");
    assert_eq!(authors[0].books[0].title, "Notes");
    Ok(())
}

macro_rules! table {
    ($name:ident, $table:literal, $length:expr, $column:ident: $type:ty = $default:expr) => {
        #[derive(Debug, Clone, Model)]
        #[orm(table = $table)]
        struct $name {
            #[orm(primary_key)]
            id: i64,
            #[orm(length = $length)]
            name: String,
            #[orm(default = $default)]
            $column: $type,
        }
    };
}

table!(Shelf, "shelves of books", 40, rank: i32 = -1);

#[test]
fn values_of_attributes_may_come_from_a_macro() {
    assert_eq!(Shelf::DEF.table.name, "shelves of books");
    assert_eq!(Shelf::NAME.def().length, Some(40));
    let _ = Shelf::create().name("s").rank(2);
}
