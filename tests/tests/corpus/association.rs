//! Cases of `belongsToMany` and `mixins`: a row's handles on its related rows.

use chrono::{DateTime, Utc};
use orm::prelude::*;
use serde_json::{Value, json};

use crate::chinook::{self, Album, Artist, Employee, Playlist, PlaylistTrack, Track};
use crate::extras::{Owner, Task};
use crate::json::sequelize_name;
use crate::sakila::{Actor, Address, Category, Film, FilmActor, FilmCategory, Rating, Staff};
use crate::{Case, camel_rows, case, chinook_rows};

/// The tracks with these keys.
async fn tracks(keys: &[i32], db: &Database) -> Result<Vec<Track>> {
    Track::find_all().filter(Track::TRACK_ID.in_(keys)).order_by(Track::TRACK_ID.asc()).exec(db).await
}

/// The links of a playlist.
async fn links(playlist: i32, db: &Database) -> Result<Vec<PlaylistTrack>> {
    let links = PlaylistTrack::find_all().filter(PlaylistTrack::PLAYLIST_ID.eq(playlist));
    links.order_by(PlaylistTrack::TRACK_ID.asc()).exec(db).await
}

camel_rows!(TaskOwner of Task { id: i32, owner_id: Option<i32>, });

async fn owners(db: &Database) -> Result<Vec<TaskOwner>> {
    Task::find_all().with_deleted().project::<TaskOwner>().order_by(Task::ID.asc()).exec(db).await
}

async fn tasks(keys: &[i32], db: &Database) -> Result<Vec<Task>> {
    Task::find_all().filter(Task::ID.in_(keys)).exec(db).await
}

/// The cases.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("belongsToMany-001", |db| {
            chinook_rows!(TrackRow of Track { track_id: i32, name: String, });
            let playlist = Playlist::find_by_pk(9).required(db).await?;
            let track = Track::find_by_pk(3402).required(db).await?;
            let first = Track::find_by_pk(1).required(db).await?;
            let others = track.playlists().order_by(Playlist::PLAYLIST_ID.asc()).select(Playlist::PLAYLIST_ID);
            json!({
                "get": playlist.tracks().find().project::<TrackRow>().exec(db).await?,
                "count": playlist.tracks().count(db).await?,
                "hasInst": playlist.tracks().has([&track], db).await?,
                "hasKey": playlist.tracks().has([&first], db).await?,
                "hasAll": playlist.tracks().has([&track, &first], db).await?,
                "other": others.exec(db).await?,
            })
        }),
        case!("belongsToMany-002", |db| {
            let playlist = Playlist::find_by_pk(9).required(db).await?;
            for keys in [&[1][..], &[2, 3], &[1, 2]] {
                playlist.tracks().add(&tracks(keys, db).await?).exec(db).await?;
            }
            links(9, db).await?
        }),
        case!("belongsToMany-003", |db| {
            let playlist = Playlist::find_by_pk(9).required(db).await?;
            playlist.tracks().set(&tracks(&[3402, 10, 11], db).await?).exec(db).await?;
            let one = links(9, db).await?;
            playlist.tracks().set(&tracks(&[11, 12], db).await?).exec(db).await?;
            let two = links(9, db).await?;
            playlist.tracks().set([]).exec(db).await?;
            json!({ "one": one, "two": two, "three": links(9, db).await? })
        }),
        case!("belongsToMany-004", |db| {
            let playlist = Playlist::find_by_pk(18).required(db).await?;
            playlist.tracks().add(&tracks(&[1, 2, 3], db).await?).exec(db).await?;
            playlist.tracks().remove(&tracks(&[2], db).await?).exec(db).await?;
            playlist.tracks().remove(&tracks(&[1, 999], db).await?).exec(db).await?;
            links(18, db).await?
        }),
        case!("belongsToMany-005", |db| {
            let film = Film::find_by_pk(1).required(db).await?;
            let category = Category::find_by_pk(2).required(db).await?;
            let time: DateTime<Utc> = "2010-01-01T00:00:00Z".parse().unwrap();
            film.categories().add([&category]).with(FilmCategory::LAST_UPDATE, time).exec(db).await?;
            let categories = Film::CATEGORIES.order_by(Category::CATEGORY_ID.asc());
            let film = Film::find_by_pk(1).include(categories).required(db).await?;
            let pair = |(category, link): (&Category, &FilmCategory)| {
                let link = json!({ "filmId": link.film_id });
                json!({ "categoryId": category.category_id, "name": category.name, "FilmCategory": link })
            };
            let rows = FilmCategory::find_all().filter(FilmCategory::FILM_ID.eq(1));
            json!({
                "got": film.categories.pairs()?.map(pair).collect::<Vec<Value>>(),
                "rows": rows.order_by(FilmCategory::CATEGORY_ID.asc()).exec(db).await?,
            })
        }),
        case!("belongsToMany-006", |db| {
            let film = Film::find_by_pk(5).required(db).await?;
            let actor = db
                .transaction(async |tx| {
                    let actor = Actor::create().first_name("NEW").last_name("FACE").exec(tx).await?;
                    film.actors().add([&actor]).exec(tx).await?;
                    Ok(actor)
                })
                .await?;
            let link = FilmActor::find_all().filter(FilmActor::ACTOR_ID.eq(actor.actor_id)).exec(db).await?;
            json!({ "actor": actor, "link": link, "count": film.actors().count(db).await? })
        }),
        case!("belongsToMany-007", |db| {
            camel_rows!(FilmRow of Film { film_id: i32, title: String, });
            let actor = Actor::find_by_pk(107).required(db).await?;
            let films = actor.films().filter(Film::LENGTH.gt(150)).order_by(Film::TITLE.asc()).limit(3);
            json!({
                "films": films.project::<FilmRow>().exec(db).await?,
                "count": actor.films().filter(Film::RATING.eq(Rating::Pg)).count(db).await?,
            })
        }),
        case!("belongsToMany-008", |db| {
            let actor = Actor::find_by_pk(1).required(db).await?;
            let error = actor.destroy().exec(db).await.expect_err("films have the actor");
            let still = Actor::count().filter(Actor::ACTOR_ID.eq(1)).exec(db).await?;
            json!({ "name": sequelize_name(&error), "still": still })
        }),
        case!("mixins-001", |db| {
            let artist = Artist::find_by_pk(90).required(db).await?;
            let album = async |key: i32| Album::find_by_pk(key).required(db).await;
            let live = artist.albums().filter(Album::TITLE.like("Live%")).order_by(Album::ALBUM_ID.asc());
            json!({
                "get": live.exec(db).await?,
                "count": artist.albums().count(db).await?,
                "has": artist.albums().has([&album(94).await?], db).await?,
                "hasNot": artist.albums().has([&album(1).await?], db).await?,
                "hasAll": artist.albums().has([&album(94).await?, &album(95).await?], db).await?,
            })
        }),
        case!("mixins-002", |db| {
            let owner = Owner::find_by_pk(1).required(db).await?;
            let created = owner.tasks().create().title("made").priority(6).exec(db).await?;
            owner.tasks().add(&tasks(&[5], db).await?).exec(db).await?;
            owner.tasks().remove(&tasks(&[1], db).await?).exec(db).await?;
            let mid = owners(db).await?;
            owner.tasks().set(&tasks(&[2, 3], db).await?).exec(db).await?;
            json!({ "created": created, "mid": mid, "end": owners(db).await? })
        }),
        case!("mixins-003", |db| {
            use chinook::Customer;
            chinook_rows!(EmployeeKey of Employee { employee_id: i32, });
            chinook_rows!(CustomerRow of Customer { customer_id: i32, support_rep_id: Option<i32>, });
            let mut customer = Customer::find_by_pk(1).required(db).await?;
            let rep = customer.support_rep().find_one().project::<EmployeeKey>().exec(db).await?;
            let employee = Employee::find_by_pk(4).required(db).await?;
            customer.update().support_rep_id(employee.employee_id).exec(db).await?;
            let a = customer.support_rep_id;
            customer.update().support_rep_id(5).exec(db).await?;
            let b = customer.support_rep_id;
            customer.update().support_rep_id(None).exec(db).await?;
            let row = Customer::find_all().project::<CustomerRow>().filter(Customer::CUSTOMER_ID.eq(1));
            json!({ "rep": rep, "a": a, "b": b, "row": row.exec(db).await? })
        }),
        case!("mixins-004", |db| {
            camel_rows!(AddressRow of Address { address: String, district: String, });
            let staff = Staff::find_by_pk(2).required(db).await?;
            json!({
                "store": staff.managed_store().find_one().exec(db).await?,
                "addr": staff.address().find_one().project::<AddressRow>().exec(db).await?,
            })
        }),
        case!("mixins-005", |db| {
            let mut album = Album::create().title("Fresh").artist_id(1).exec(db).await?;
            let artist = Artist::create().name("Fresh Band").exec(db).await?;
            album.update().artist_id(artist.artist_id).exec(db).await?;
            let row = Album::find_all().filter(Album::TITLE.eq("Fresh")).exec(db).await?;
            json!({ "album": album, "artist": artist, "row": row })
        }),
    ]
}
