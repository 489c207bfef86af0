//! Relations to a row of one of several models.

use orm::prelude::*;
use orm::{Result, load};

use crate::Test;
use crate::cases::cases;
use crate::models::reviews::{Artist, Bookmark, Film, Place, Review, Reviews, Song, Subject};

/// Reviews 1 and 3 are about the song, 2 is about the film.
async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Reviews>().await?;
    let artist = Artist::create().name("Ann").exec(&db).await?;
    let song = Song::create().artist_id(artist.id).title("La").exec(&db).await?;
    let film = Film::create().title("Alien").year(1979).exec(&db).await?;
    Review::create().subject(&song).stars(1).exec(&db).await?;
    Review::create().subject(&film).stars(2).exec(&db).await?;
    song.reviews().create().stars(3).exec(&db).await?;
    Ok(db)
}

fn names(reviews: &[Review]) -> Vec<Option<&str>> {
    let name = |review: &'_ Review| match review.subject.get() {
        Ok(Some(Subject::Song(_))) => Some("song"),
        Ok(Some(Subject::Film(_))) => Some("film"),
        Ok(None) => Some("none"),
        Err(_) => None,
    };
    reviews.iter().map(name).collect()
}

async fn a_row_is_created_under_its_row(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let keys: Vec<(Option<i64>, Option<String>, Option<i32>)> = Review::find_all()
        .select((Review::SONG_ID, Review::FILM_TITLE, Review::FILM_YEAR))
        .order_by(Review::ID.asc())
        .exec(&db)
        .await?;
    assert_eq!(keys, [(Some(1), None, None), (None, Some("Alien".into()), Some(1979)), (Some(1), None, None)]);
    let by_key = Review::create().song_id(1).stars(4).exec(&db).await?;
    assert_eq!(by_key.song_id, Some(1));
    let nested = Review::create().stars(5).with_film(Film::create().title("Brazil").year(1985)).exec(&db).await?;
    assert_eq!((nested.song_id, nested.film_title.as_deref()), (None, Some("Brazil")));
    let song = Song::create()
        .artist_id(1)
        .title("Lu")
        .with_reviews(|review| [review.create().stars(6), review.create().stars(7)])
        .exec(&db)
        .await?;
    assert_eq!(song.reviews().count(&db).await?, 2);
    Ok(())
}

async fn the_last_subject_given_is_the_one(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let (song, film) = (Song::find_by_pk(1).required(&db).await?, Film::find_one().required(&db).await?);
    let mut review = Review::create().subject(&song).subject(&film).stars(1).exec(&db).await?;
    assert_eq!((review.song_id, review.film_year), (None, Some(1979)));
    review.update().subject(&song).stars(2).exec(&db).await?;
    assert_eq!((review.song_id, &review.film_title, review.film_year, review.stars), (Some(1), &None, None, 2));
    Ok(())
}

async fn the_database_refuses_none_and_two(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let none = Review::create().song_id(None).stars(0).exec(&db).await.unwrap_err();
    let two = Review::create().song_id(1).film_title("Alien").film_year(1979).stars(0).exec(&db).await.unwrap_err();
    for error in [none, two] {
        assert_eq!(error.kind(), ErrorKind::CheckViolation, "{error}");
        assert_eq!(error.columns(), ["song_id", "film_title", "film_year"]);
    }
    Bookmark::create().exec(&db).await?;
    let two = Bookmark::create().singer_id(1).song_id(1).exec(&db).await.unwrap_err();
    assert_eq!(two.kind(), ErrorKind::CheckViolation);
    Ok(())
}

async fn include_loads_the_row_whatever_its_model(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let reviews = Review::find_all().include(Review::SUBJECT).order_by(Review::ID.asc()).exec(&db).await?;
    assert_eq!(log.take().len(), 1);
    assert_eq!(names(&reviews), [Some("song"), Some("film"), Some("song")]);
    let Some(Subject::Song(song)) = reviews[0].subject.get()? else { return Err(Error::decode("a song", "another")) };
    assert_eq!(song.title, "La");
    let mut rows = Review::find_all().order_by(Review::ID.asc()).exec(&db).await?;
    load(&mut rows, (Review::SONG.separate(), Review::FILM.separate()), &db).await?;
    assert_eq!(log.count(), 3);
    assert_eq!(rows, reviews);
    Ok(())
}

async fn a_row_without_any_is_loaded_as_none(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let song = Song::find_by_pk(1).required(&db).await?;
    let artist = Artist::find_by_pk(1).required(&db).await?;
    Bookmark::create().exec(&db).await?;
    Bookmark::create().place(&song).exec(&db).await?;
    Bookmark::create().place(&artist).exec(&db).await?;
    let marks = Bookmark::find_all().include(Bookmark::PLACE).order_by(Bookmark::ID.asc()).exec(&db).await?;
    let places: Vec<_> = marks.iter().map(|mark| mark.place.get().unwrap()).collect();
    assert_eq!(places, [None, Some(&Place::Song(song)), Some(&Place::Singer(artist))]);
    Ok(())
}

async fn include_of_one_model_leaves_rows_of_others_unloaded(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let nested = Review::SONG.include(Song::ARTIST);
    let reviews = Review::find_all().include(nested).order_by(Review::ID.asc()).exec(&db).await?;
    assert_eq!(names(&reviews), [Some("song"), None, Some("song")]);
    let error = reviews[1].subject.get().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotLoaded);
    assert!(error.to_string().contains("`.include(Review::SUBJECT)`"), "{error}");
    let Some(Subject::Song(song)) = reviews[2].subject.get()? else { return Err(Error::decode("a song", "another")) };
    assert_eq!(song.artist.get()?.map(|artist| artist.name.as_str()), Some("Ann"));
    Ok(())
}

async fn a_row_that_cannot_be_seen_is_none(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    Film::find_one().required(&db).await?.destroy().exec(&db).await?;
    let reviews = Review::find_all().include(Review::SUBJECT).order_by(Review::ID.asc()).exec(&db).await?;
    assert_eq!(names(&reviews), [Some("song"), Some("none"), Some("song")]);
    let all = (Review::SONG, Review::FILM.with_deleted());
    let reviews = Review::find_all().include(all).order_by(Review::ID.asc()).exec(&db).await?;
    assert_eq!(names(&reviews), [Some("song"), Some("film"), Some("song")]);
    Ok(())
}

async fn questions_are_asked_per_model(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let stars = async |condition: Condition<Review>| {
        Review::find_all().filter(condition).select(Review::STARS).order_by(Review::ID.asc()).exec(&db).await
    };
    assert_eq!(stars(Review::SUBJECT.is::<Song>()).await?, [1, 3]);
    assert_eq!(stars(!Review::SUBJECT.is::<Song>()).await?, [2]);
    assert_eq!(stars(Review::SUBJECT.is::<Film>()).await?, [2]);
    assert_eq!(stars(Review::SONG.any(Song::TITLE.eq("La"))).await?, [1, 3]);
    assert_eq!(stars(Review::FILM.col(Film::YEAR).lt(1980)).await?, [2]);
    assert_eq!(Song::count().filter(Song::REVIEWS.count().eq(2)).exec(&db).await?, 1);
    let films = Film::find_all().include(Film::REVIEWS).exec(&db).await?;
    assert_eq!(films[0].reviews.get()?.iter().map(|review| review.stars).collect::<Vec<_>>(), [2]);
    let review = Review::find_by_pk(2).required(&db).await?;
    assert_eq!(review.film().find_one().required(&db).await?.year, 1979);
    assert_eq!(review.song().find_one().exec(&db).await?, None);
    Ok(())
}

async fn foreign_keys_hold_for_each_model(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let error = Review::create().song_id(9).stars(0).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    Song::destroy().filter(Song::ID.eq(1)).exec(&db).await?;
    let left: Vec<i32> = Review::find_all().select(Review::STARS).exec(&db).await?;
    assert_eq!(left, [2]);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Song)]
struct Titled {
    title: String,
}

async fn a_deleted_row_is_loaded_where_it_is_asked_for(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    Film::find_one().required(&db).await?.destroy().exec(&db).await?;
    let reviews = || Review::find_all().order_by(Review::ID);
    assert_eq!(names(&reviews().include(Review::SUBJECT).exec(&db).await?), [Some("song"), Some("none"), Some("song")]);
    let all = reviews().include(Review::SUBJECT.with_deleted()).exec(&db).await?;
    assert_eq!(names(&all), [Some("song"), Some("film"), Some("song")]);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Projection)]
#[orm(model = Review)]
struct Card {
    stars: i32,
    #[orm(nested = song)]
    song: Option<Titled>,
}

async fn projections_nest_the_relation_to_one_model(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let cards: Vec<Card> = Review::find_all().project::<Card>().order_by(Review::ID.asc()).exec(&db).await?;
    let song = Some(Titled { title: "La".into() });
    assert_eq!(cards, [Card { stars: 1, song: song.clone() }, Card { stars: 2, song: None }, Card { stars: 3, song }]);
    Ok(())
}

cases! { $ one_of:
    a_row_is_created_under_its_row,
    the_last_subject_given_is_the_one,
    the_database_refuses_none_and_two,
    include_loads_the_row_whatever_its_model,
    a_row_without_any_is_loaded_as_none,
    include_of_one_model_leaves_rows_of_others_unloaded,
    a_row_that_cannot_be_seen_is_none,
    a_deleted_row_is_loaded_where_it_is_asked_for,
    questions_are_asked_per_model,
    foreign_keys_hold_for_each_model,
    projections_nest_the_relation_to_one_model,
}
