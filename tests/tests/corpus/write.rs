//! Cases of `write`, `errors`, `locking`, `instance` and `transactions`.

use std::sync::{Arc, Mutex};

use orm::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::chinook::{Album, Artist, Customer, Employee, Genre, InvoiceLine, PlaylistTrack, Track};
use crate::data::Backend;
use crate::extras::{Account, Folder, Member, Note, Owner, Slot, Task};
use crate::json::{AsText, as_text, attempt, sequelize_name};
use crate::sakila::Film;
use crate::{Case, DOES_NOT_COMPILE, camel_rows, case, chinook_rows};

/// The cases.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = creates();
    cases.extend(changes());
    cases.extend(soft_deletes());
    cases.extend(errors());
    cases.extend(instances());
    cases.extend(transactions());
    cases
}

async fn tasks(db: &Database) -> Result<Vec<Task>> {
    Task::find_all().with_deleted().order_by(Task::ID.asc()).exec(db).await
}

async fn slots(db: &Database) -> Result<Vec<Slot>> {
    Slot::find_all().order_by(Slot::ID.asc()).exec(db).await
}

fn creates() -> Vec<Case> {
    vec![
        case!("write-001", |db| {
            let made = Artist::create().name("New Artist").exec(db).await?;
            let rows = Artist::find_all().filter(Artist::ARTIST_ID.ge(275)).order_by(Artist::ARTIST_ID.asc());
            json!({ "made": made, "isNew": Value::Null, "rows": rows.exec(db).await? })
        })
        .differs(&["/isNew"], "a struct does not say whether it was written: a builder becomes a row by `exec`"),
        case!("write-002", |db| {
            let made = Film::create().title("TEST FILM").language_id(1).exec(db).await?;
            let row = Film::find_all().filter(Film::FILM_ID.eq(made.film_id)).exec(db).await?;
            json!({ "made": made, "row": row })
        }),
        case!("write-003", |db| {
            let made =
                Customer::create().first_name("A").last_name("B").email("a@b.c").country("Kept").exec(db).await?;
            Customer::find_all().filter(Customer::CUSTOMER_ID.eq(made.customer_id)).exec(db).await?
        }),
        case!("write-004", |db| {
            chinook_rows!(AlbumRow of Album { title: String, artist_id: i32, });
            chinook_rows!(TrackRow of Track {
                name: String,
                milliseconds: i32,
                #[serde(serialize_with = "as_text")]
                unit_price: Decimal,
                genre_id: Option<i32>,
            });
            let artist = Artist::create().name("Nest").with_albums(|album| {
                let one = album.create().title("One").with_tracks(|track| {
                    let track = |name, length, cents| {
                        let price = Decimal::new(cents, 2);
                        track.create().name(name).media_type_id(1).milliseconds(length).unit_price(price)
                    };
                    [track("t1", 1000, 99), track("t2", 2000, 199)]
                });
                [one, album.create().title("Two")]
            });
            let artist = artist.exec(db).await?;
            let albums = Album::find_all().filter(Album::ARTIST_ID.eq(artist.artist_id)).order_by(Album::TITLE.asc());
            let tracks = Track::find_all().filter(Track::NAME.in_(["t1", "t2"])).order_by(Track::NAME.asc());
            let titles = albums.clone().select(Album::TITLE).exec(db).await?;
            json!({
                "made": { "name": artist.name, "albums": titles },
                "albums": albums.project::<AlbumRow>().exec(db).await?,
                "tracks": tracks.project::<TrackRow>().exec(db).await?,
            })
        }),
        case!("write-005", |db| {
            let genres = [Some("g1"), Some("g2"), None].map(|name| Genre::create().name(name.map(str::to_owned)));
            let made = Genre::bulk_create(genres).exec(db).await?;
            let rows = Genre::find_all().filter(Genre::GENRE_ID.gt(25)).order_by(Genre::GENRE_ID.asc());
            let names: Vec<_> = made.into_iter().map(|genre| genre.name).collect();
            json!({ "names": names, "rows": rows.exec(db).await? })
        }),
        case!("write-006", |db| {
            camel_rows!(Rank of Owner { name: String, rank: Option<i32>, });
            let rows = [("Ada", 100), ("Brook", 200), ("New", 300)];
            let rows = rows.map(|(name, rank)| Owner::create().name(name).rank(rank));
            Owner::bulk_create(rows).on_conflict(Owner::NAME).update(Owner::RANK).exec(db).await?;
            Owner::find_all().project::<Rank>().order_by(Owner::NAME.asc()).exec(db).await?
        }),
        case!("write-007", |db| {
            camel_rows!(Booking of Slot { room: String, hour: i32, booked: Option<String>, });
            let rows = [9, 11].map(|hour| Slot::create().room("east").hour(hour).booked("zed"));
            Slot::bulk_create(rows).on_conflict((Slot::ROOM, Slot::HOUR)).do_nothing().exec(db).await?;
            let slots = Slot::find_all().project::<Booking>().order_by((Slot::ROOM.asc(), Slot::HOUR.asc()));
            slots.exec(db).await?
        }),
        case!("write-009", |db| {
            let new = Member::create().email("new@example.com").nick("new").visits(1);
            Member::bulk_create([new]).on_conflict(Member::EMAIL).update_all().exec(db).await?;
            let old = Member::create().id(1).email("ann@example.com").nick("changed").visits(4);
            Member::bulk_create([old]).on_conflict(Member::ID).update_all().exec(db).await?;
            let rows = Member::find_all().order_by(Member::EMAIL.asc()).exec(db).await?;
            json!({ "created": Value::Null, "rows": rows })
        })
        .differs(&["/created"], "an upsert gives the number of rows: no database but MySQL says which were created"),
        case!("write-010", |db| {
            let slot = Slot::create().room("east").hour(10).booked("late");
            Slot::bulk_create([slot]).on_conflict((Slot::ROOM, Slot::HOUR)).update_all().exec(db).await?;
            slots(db).await?
        }),
    ]
}

fn changes() -> Vec<Case> {
    vec![
        case!("write-011", |db| {
            chinook_rows!(TrackRow of Track {
                track_id: i32,
                #[serde(serialize_with = "as_text")]
                unit_price: Decimal,
                composer: Option<String>,
            });
            let changed = Track::update()
                .set(Track::UNIT_PRICE, Decimal::new(149, 2))
                .set(Track::COMPOSER, None)
                .filter(Track::ALBUM_ID.eq(1).and(Track::TRACK_ID.lt(8)))
                .exec(db)
                .await?;
            let rows = Track::find_all().project::<TrackRow>().filter(Track::ALBUM_ID.eq(1));
            json!({ "r": [changed], "rows": rows.order_by(Track::TRACK_ID.asc()).limit(4).exec(db).await? })
        }),
        case!("write-012", |db| {
            chinook_rows!(TrackRow of Track { track_id: i32, milliseconds: i32, });
            let these = Track::TRACK_ID.in_([1, 2]);
            let longer = Track::update().set(Track::MILLISECONDS, Track::MILLISECONDS + 1).filter(these.clone());
            let changed = longer.exec(db).await?;
            let rows = Track::find_all().project::<TrackRow>().filter(these).order_by(Track::TRACK_ID.asc());
            json!({ "expr": [changed], "rows": rows.exec(db).await?, "noWhere": DOES_NOT_COMPILE })
        })
        .differs(&["/noWhere"], "an update without a filter does not compile"),
        case!("write-013", |db| {
            let mut rows = Owner::update().set(Owner::RANK, 77).filter(Owner::ID.lt(3)).returning(db).await?;
            rows.sort_by_key(|owner| owner.id);
            json!({ "n": rows.len(), "rows": rows })
        }),
        case!("write-014", |db| {
            let mut member = Member::find_by_pk(3).required(db).await?;
            for by in [1, 4, -2] {
                member.increment(Member::VISITS, by, db).await?;
            }
            let others = Member::update().set(Member::VISITS, Member::VISITS + 10);
            others.filter(Member::ID.in_([1, 2])).exec(db).await?;
            Member::find_all().order_by(Member::ID.asc()).select((Member::ID, Member::VISITS)).exec(db).await?
        }),
        case!("write-015", |db| {
            chinook_rows!(EmployeeRow of Employee { employee_id: i32, title: Option<String>, city: Option<String>, });
            let mut employee = Employee::find_by_pk(5).required(db).await?;
            employee.update().title("Lead").exec(db).await?;
            employee.save(db).await?;
            let row = Employee::find_all().project::<EmployeeRow>().filter(Employee::EMPLOYEE_ID.eq(5));
            json!({ "same": employee.title, "row": row.exec(db).await? })
        }),
        case!("write-016", |db| {
            chinook_rows!(EmployeeRow of Employee { title: Option<String>, city: Option<String>, state: Option<String>, });
            let mut employee = Employee::find_by_pk(7).required(db).await?;
            employee.update().city("B").exec(db).await?;
            employee.update().state("D").exec(db).await?;
            Employee::find_all().project::<EmployeeRow>().filter(Employee::EMPLOYEE_ID.eq(7)).exec(db).await?
        }),
        case!("write-017", |db| {
            chinook_rows!(Name of Genre { name: Option<String>, });
            Genre::create().name("tmp").exec(db).await?.destroy().exec(db).await?;
            let genres = ["a1", "a2", "b1"].map(|name| Genre::create().name(name));
            Genre::bulk_create(genres).count(db).await?;
            let destroyed = Genre::destroy().filter(Genre::NAME.like("a_")).exec(db).await?;
            let rows = Genre::find_all().project::<Name>().filter(Genre::GENRE_ID.gt(25)).exec(db).await?;
            json!({ "n": destroyed, "rows": rows, "noWhere": DOES_NOT_COMPILE })
        })
        .differs(&["/noWhere"], "a destroy without a filter does not compile"),
        // A destroy has no limit, which PostgreSQL and most SQLite lack: the rows are found first.
        case!("write-018", |db| {
            let links = PlaylistTrack::destroy().filter(PlaylistTrack::PLAYLIST_ID.eq(18)).exec(db).await?;
            let of_first = InvoiceLine::INVOICE_ID.eq(1);
            let some = InvoiceLine::find_all().filter(of_first.clone()).select(InvoiceLine::INVOICE_LINE_ID).limit(1);
            let some = InvoiceLine::INVOICE_LINE_ID.in_(some.exec(db).await?);
            json!({
                "n": links,
                "lines": InvoiceLine::destroy().filter(some).exec(db).await?,
                "left": InvoiceLine::count().filter(of_first).exec(db).await?,
            })
        }),
        case!("write-023", |db| {
            Account::truncate().exec(db).await?;
            Slot::truncate().exec(db).await?;
            json!({ "a": Account::count().exec(db).await?, "s": Slot::count().exec(db).await? })
        }),
        case!("write-024", |db| {
            Folder::find_by_pk(1).required(db).await?.destroy().exec(db).await?;
            json!({
                "folders": Folder::find_all().order_by(Folder::ID.asc()).exec(db).await?,
                "notes": Note::find_all().order_by(Note::ID.asc()).exec(db).await?,
            })
        }),
    ]
}

fn soft_deletes() -> Vec<Case> {
    vec![
        case!("write-019", |db| {
            let mut task = Task::find_by_pk(1).required(db).await?;
            task.destroy().exec(db).await?;
            task.reload(db).await?;
            let all: Vec<_> = tasks(db).await?.iter().map(|task| json!([task.id, task.deleted_at.is_some()])).collect();
            json!({
                "soft": task.deleted_at.is_some(),
                "at": task.deleted_at.text(),
                "found": Task::find_by_pk(1).exec(db).await?,
                "all": all,
                "count": Task::count().exec(db).await?,
            })
        }),
        case!("write-020", |db| {
            let mut task = Task::find_by_pk(4).with_deleted().required(db).await?;
            task.restore(db).await?;
            let restore = Task::update().with_deleted().set(Task::DELETED_AT, None).filter(Task::ID.eq(6));
            restore.exec(db).await?;
            let rows: Vec<_> = tasks(db).await?.iter().map(|task| json!([task.id, task.deleted_at.text()])).collect();
            json!({ "t": task.deleted_at.text(), "rows": rows })
        }),
        case!("write-021", |db| {
            Task::find_by_pk(2).required(db).await?.destroy().force().exec(db).await?;
            let destroyed = Task::destroy().filter(Task::DONE.eq(true)).exec(db).await?;
            let row = |task: &Task| json!([task.id, task.deleted_at.map(|_| "deleted")]);
            json!({ "n": destroyed, "rows": tasks(db).await?.iter().map(row).collect::<Vec<_>>() })
        }),
        case!("write-022", |db| {
            camel_rows!(TaskKey of Task { id: i32, });
            camel_rows!(Default of Owner {
                id: i32,
                #[orm(nested = tasks)]
                tasks: Vec<TaskKey>,
            });
            camel_rows!(All of Owner {
                id: i32,
                #[orm(nested = Owner::TASKS.with_deleted())]
                tasks: Vec<TaskKey>,
            });
            json!({
                "def": Owner::find_all().project::<Default>().order_by(Owner::ID.asc()).exec(db).await?,
                "all": Owner::find_all().project::<All>().order_by(Owner::ID.asc()).exec(db).await?,
            })
        }),
    ]
}

fn errors() -> Vec<Case> {
    vec![
        case!("errors-001", |db| {
            let error = Owner::create().name("Ada").exec(db).await.expect_err("the name is taken");
            json!({ "name": sequelize_name(&error), "items": Value::Null, "fields": error.columns() })
        })
        .differs(&["/items"], "the facts of an error are its kind, columns and constraint, not a list of messages"),
        case!("errors-002", |db| {
            let error = Note::create().body("x").folder_id(999).exec(db).await.expect_err("there is no such folder");
            json!({ "name": sequelize_name(&error), "isDb": std::error::Error::source(&error).is_some() })
        }),
        case!("errors-003", |db| {
            let error = Slot::create().room("east").hour(9).exec(db).await.expect_err("the slot is taken");
            json!({ "name": sequelize_name(&error), "n": error.columns().len() })
        })
        .differs_on(
            &[Backend::Mariadb, Backend::Mysql],
            &["/n"],
            "the error names the columns of the index; Sequelize names the index where the database names no columns",
        ),
        case!("errors-004", |_db| DOES_NOT_COMPILE).differs(&[""], "a row without a required column does not compile"),
        case!("locking-001", |db| {
            let mut account = Account::find_by_pk(1).required(db).await?;
            account.update().balance(90).exec(db).await?;
            account.update().exec(db).await?;
            account.update().balance(80).exec(db).await?;
            let row = Account::find_all().filter(Account::ID.eq(1)).exec(db).await?;
            json!({ "v": account.version, "row": row })
        }),
        case!("locking-002", |db| {
            let mut first = Account::find_by_pk(2).required(db).await?;
            let mut second = first.clone();
            first.balance += 1;
            first.save(db).await?;
            second.balance += 100;
            let save = attempt(second.save(db).await);
            let destroyed = second.destroy().exec(db).await;
            assert_eq!(destroyed.map_err(|error| error.kind()), Err(ErrorKind::Stale));
            let row = Account::find_all().filter(Account::ID.eq(2)).exec(db).await?;
            json!({ "save": save, "del": Value::Null, "row": row })
        })
        .differs(&["/del"], "destroying a stale row is an error, as saving it is"),
        case!("locking-003", |db| {
            let made = Account::create().holder("new").exec(db).await?;
            Account::update().set(Account::BALANCE, 5).filter(Account::ID.eq(3)).exec(db).await?;
            let more = Account::update().set(Account::BALANCE, Account::BALANCE + 1);
            more.set(Account::VERSION, Account::VERSION + 1).filter(Account::ID.eq(1)).exec(db).await?;
            Account::find_by_pk(2).required(db).await?.increment(Account::BALANCE, 1, db).await?;
            json!({ "made": made, "rows": Account::find_all().order_by(Account::ID.asc()).exec(db).await? })
        })
        .differs(
            &["/rows/2/version"],
            "changing rows by a filter increments their versions too, so that a stale struct does not undo it",
        ),
    ]
}

fn instances() -> Vec<Case> {
    vec![
        case!("instance-002", |db| {
            let mut genre = Genre::find_by_pk(25).required(db).await?;
            genre.name = Some("local".into());
            genre.reload(db).await?;
            let mut short = Genre::create().name("short").exec(db).await?;
            Genre::destroy().filter(Genre::GENRE_ID.eq(short.genre_id)).exec(db).await?;
            let gone = short.reload(db).await;
            assert_eq!(gone.map_err(|error| error.kind()), Err(ErrorKind::NotFound));
            json!({ "name": genre.name, "gone": Value::Null })
        })
        .differs(&["/gone"], "a row that is gone is `ErrorKind::NotFound`, whatever the method that misses it"),
        case!("instance-004", |db| {
            let album = async |key| Album::find_one().filter(Album::ALBUM_ID.eq(key)).required(db).await;
            let loaded = Album::find_by_pk(1).include(Album::ARTIST).required(db).await?;
            let (first, second) = (album(1).await?, album(2).await?);
            let same = |other: &Album| loaded.album_id == other.album_id;
            let one_of = [second.album_id, loaded.album_id].contains(&first.album_id);
            json!({ "json": loaded, "eq": [same(&first), same(&second)], "oneOf": one_of })
        }),
        case!("instance-005", |db| {
            let silent = Member::update().silent().set(Member::NICK, "q").filter(Member::ID.eq(1));
            silent.exec(db).await?;
            let mut member = Member::find_by_pk(1).required(db).await?;
            let before = member.updated_at;
            member.nick = Some("r".into());
            member.created_at = "2000-01-01T00:00:00Z".parse().unwrap();
            member.save(db).await?;
            json!({ "silent": before.text(), "row": Member::find_all().filter(Member::ID.eq(1)).exec(db).await? })
        }),
    ]
}

fn transactions() -> Vec<Case> {
    async fn genres(names: &[&'static str], db: &Database) -> Result<Vec<Genre>> {
        let names = names.iter().copied();
        Genre::find_all().filter(Genre::NAME.in_(names)).order_by(Genre::NAME.asc()).exec(db).await
    }
    vec![
        case!("transactions-001", |db| {
            let done = db.transaction(async |tx| {
                Genre::create().name("in tx").exec(tx).await?;
                Ok("done")
            });
            json!({ "r": done.await?, "rows": genres(&["in tx"], db).await? })
        }),
        case!("transactions-002", |db| {
            let failed: std::result::Result<(), Box<dyn std::error::Error>> = db
                .try_transaction(async |tx| {
                    Genre::create().name("gone").exec(tx).await?;
                    Err("stop".into())
                })
                .await;
            json!({ "err": failed.unwrap_err().to_string(), "n": genres(&["gone"], db).await?.len() })
        }),
        case!("transactions-003", |db| {
            let both = ["kept", "lost"];
            let tx = db.begin().await?;
            Genre::create().name("kept").exec(&tx).await?;
            tx.commit().await?;
            let tx = db.begin().await?;
            Genre::create().name("lost").exec(&tx).await?;
            let inside = Genre::count().filter(Genre::NAME.in_(both)).exec(&tx).await?;
            tx.rollback().await?;
            let after: Vec<_> = genres(&both, db).await?.into_iter().map(|genre| genre.name).collect();
            json!({ "inside": inside, "after": after, "states": null, "again": DOES_NOT_COMPILE, "used": DOES_NOT_COMPILE })
        })
        .differs(
            &["/states", "/again", "/used"],
            "committing and rolling back take the transaction: using it afterwards does not compile",
        ),
        case!("transactions-004", |db| {
            db.transaction(async |tx| {
                Genre::create().name("outer").exec(tx).await?;
                let inner = tx.try_transaction(async |savepoint| {
                    Genre::create().name("inner").exec(savepoint).await?;
                    Err::<(), Box<dyn std::error::Error>>("inner only".into())
                });
                inner.await.unwrap_err();
                tx.transaction(async |savepoint| Genre::create().name("inner2").exec(savepoint).await).await
            })
            .await?;
            let rows = Genre::find_all().filter(Genre::GENRE_ID.gt(25)).order_by(Genre::NAME.asc());
            rows.select(Genre::NAME).exec(db).await?
        }),
        case!("transactions-005", |db| {
            let log = Arc::new(Mutex::new(Vec::new()));
            let write = |text| {
                let log = Arc::clone(&log);
                move || log.lock().unwrap().push(text)
            };
            db.transaction(async |tx| {
                let committed = write("committed");
                tx.after_commit(async move || committed());
                Genre::create().name("x").exec(tx).await?;
                write("work")();
                Ok(())
            })
            .await?;
            let failed = db.try_transaction(async |tx| {
                let never = write("never");
                tx.after_commit(async move || never());
                Err::<(), Box<dyn std::error::Error>>("x".into())
            });
            failed.await.unwrap_err();
            log.lock().unwrap().clone()
        }),
        case!("transactions-006", |db| {
            let options = TransactionOptions::new().isolation(Isolation::RepeatableRead);
            let read = db.transaction_with(options, async |tx| {
                let first = Artist::find_by_pk(1).for_update().required(tx).await?;
                let second = Artist::find_one().filter(Artist::ARTIST_ID.eq(2)).for_share().required(tx).await?;
                let both = Artist::find_all().filter(Artist::ARTIST_ID.in_([1, 2])).order_by(Artist::ARTIST_ID.asc());
                let both = both.for_update().skip_locked().exec(tx).await?;
                Ok(json!([first.name, second.name, both.len()]))
            });
            read.await?
        }),
    ]
}
