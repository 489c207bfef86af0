//! Handles on the row that a row belongs to, and on the one row that belongs to it.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Post, PostTag, Profile, Tag, blog};
use crate::models::keys::{Booking, Seat};
use crate::models::links::{Links, Member, Task};
use crate::models::reviews::{Artist, Bookmark, Film, Review, Reviews, Song};

async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    Ok(db)
}

async fn the_row_it_belongs_to_is_set(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(1).required(&db).await?;
    let cat = Author::find_by_pk(3).required(&db).await?;
    let moved = post.author().set(&cat).exec(&db).await?;
    assert_eq!(moved, Post { author_id: 3, ..post.clone() });
    // The handle borrows the row, which is as it was.
    assert_eq!(post.author_id, 1);
    assert_eq!(Post::find_by_pk(1).required(&db).await?, moved);
    let moved = moved.author().set(2).exec(&db).await?;
    assert_eq!((moved.author_id, Post::count().filter(Post::AUTHOR_ID.eq(2)).exec(&db).await?), (2, 2));
    Ok(())
}

async fn the_row_it_may_belong_to_is_unset(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(1).required(&db).await?;
    let alone = post.reviewer().unset().exec(&db).await?;
    assert_eq!((alone.reviewer_id, alone.reviewer().exec(&db).await?), (None, None));
    assert_eq!(Post::find_by_pk(1).required(&db).await?.reviewer_id, None);
    let again = alone.reviewer().set(3).exec(&db).await?;
    assert_eq!(again.reviewer_id, Some(3));
    Ok(())
}

async fn setting_a_row_that_is_not_there_is_an_error(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(1).required(&db).await?;
    let error = post.author().set(99).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::ForeignKeyViolation, Some("Post")));
    Post::destroy().filter(Post::ID.eq(3)).exec(&db).await?;
    let gone = Post { id: 3, ..post };
    let error = gone.author().set(2).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::NotFound, Some("Post")));
    Ok(())
}

async fn setting_checks_and_counts_up_the_version(test: Test) -> Result<()> {
    let db = test.with::<Links>().await?;
    let member = Member::create().name("Ann").exec(&db).await?;
    let task = Task::create().title("t").exec(&db).await?;
    let owned = task.owner().set(&member).exec(&db).await?;
    assert_eq!((owned.owner_id, owned.version), (Some(member.id), 1));
    assert_eq!(task.owner().unset().exec(&db).await.unwrap_err().kind(), ErrorKind::Stale);
    let error = task.owner().create().name("Ben").exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), Member::count().exec(&db).await?), (ErrorKind::Stale, 1));
    let free = owned.owner().unset().exec(&db).await?;
    assert_eq!((free.owner_id, free.version), (None, 2));
    Ok(())
}

async fn the_row_it_belongs_to_is_created(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let post = Post::find_by_pk(2).required(&db).await?;
    let dan = post.reviewer().create().name("Dan").exec(&db).await?;
    assert_eq!(Post::find_by_pk(2).required(&db).await?.reviewer_id, Some(dan.id));
    assert_eq!(post.reviewer_id, None);
    let gone = Post { id: 99, ..post };
    assert_eq!(gone.reviewer().create().name("Eve").exec(&db).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(Author::count().filter(Author::NAME.eq("Eve")).exec(&db).await?, 0);
    Ok(())
}

async fn keys_of_two_columns_are_set(test: Test) -> Result<()> {
    let db = test.with::<(Seat, Booking)>().await?;
    Seat::bulk_create([1, 2].map(|number| Seat::create().hall("a").number(number))).count(&db).await?;
    let booking = Booking::create().hall("a").seat_number(1).guest("Ann").exec(&db).await?;
    let moved = booking.seat().set(("a", 2)).exec(&db).await?;
    assert_eq!((moved.hall.as_str(), moved.seat_number), ("a", 2));
    let seat = moved.seat().create().hall("b").number(7).exec(&db).await?;
    let booking = Booking::find_by_pk(booking.id).required(&db).await?;
    assert_eq!((booking.hall.as_str(), booking.seat_number), ("b", 7));
    assert_eq!(booking.seat().required(&db).await?, seat);
    Ok(())
}

async fn a_key_that_is_part_of_the_primary_key_is_set(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let between = PostTag::find_by_pk((1, 1)).required(&db).await?;
    let moved = between.tag().set(3).exec(&db).await?;
    assert_eq!((moved.tag_id, PostTag::find_by_pk((1, 1)).exec(&db).await?), (3, None));
    let tag = moved.tag().create().label("new").exec(&db).await?;
    assert!(PostTag::find_by_pk((1, tag.id)).exec(&db).await?.is_some());
    assert_eq!(Tag::count().exec(&db).await?, 4);
    Ok(())
}

async fn a_row_belongs_to_one_of_several_models_at_a_time(test: Test) -> Result<()> {
    let db = test.with::<Reviews>().await?;
    let artist = Artist::create().name("Ann").exec(&db).await?;
    let song = Song::create().artist_id(artist.id).title("La").exec(&db).await?;
    let film = Film::create().title("Alien").year(1979).exec(&db).await?;
    let review = Review::create().subject(&song).stars(1).exec(&db).await?;
    let review = review.film().set(&film).exec(&db).await?;
    assert_eq!((review.song_id, review.film_year), (None, Some(1979)));
    song.reviews().add(&review).exec(&db).await?;
    let review = Review::find_by_pk(review.id).required(&db).await?;
    assert_eq!((review.song_id, review.film_year), (Some(song.id), None));
    let film = review.film().create().title("Brazil").year(1985).exec(&db).await?;
    let review = Review::find_by_pk(review.id).required(&db).await?;
    assert_eq!((review.song_id, review.film_year), (None, Some(1985)));
    // It must have a subject.
    let error = film.reviews().remove(&review).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Review")));
    let mark = Bookmark::create().place(&artist).exec(&db).await?;
    let mark = mark.song().set(&song).exec(&db).await?;
    assert_eq!((mark.singer_id, mark.song_id), (None, Some(song.id)));
    assert_eq!(mark.song().unset().exec(&db).await?.song_id, None);
    Ok(())
}

async fn reading_a_to_one_relation_gives_a_row_or_none(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let (ann, cat) = (Author::find_by_pk(1).required(&db).await?, Author::find_by_pk(3).required(&db).await?);
    assert_eq!(ann.profile().exec(&db).await?.map(|profile| profile.bio).as_deref(), Some("about Ann"));
    assert_eq!(cat.profile().exec(&db).await?, None);
    assert_eq!(cat.profile().required(&db).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!((cat.profile().count(&db).await?, ann.profile().count(&db).await?), (0, 1));
    let post = Post::find_by_pk(2).required(&db).await?;
    assert_eq!((post.author().required(&db).await?, post.reviewer().exec(&db).await?), (ann, None));
    assert!(post.author().has(1, &db).await? && !post.author().has(2, &db).await?);
    Ok(())
}

async fn the_row_that_belongs_to_it_is_set_and_created(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let cat = Author::find_by_pk(3).required(&db).await?;
    // Nothing has to go.
    assert_eq!(cat.profile().set(1).exec(&db).await?, 1);
    assert_eq!(cat.profile().required(&db).await?.id, 1);
    // The foreign key is never NULL, so the row that would have to go keeps its place.
    let error = cat.profile().set(2).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Profile")));
    assert_eq!(error.columns(), ["author_id"]);
    assert_eq!(cat.profile().unset().exec(&db).await.unwrap_err().kind(), ErrorKind::InvalidStatement);
    assert_eq!(cat.profile().set(1).exec(&db).await?, 1);
    assert_eq!(cat.profile().set(2).or_destroy().exec(&db).await?, 2);
    assert_eq!(Profile::find_all().select((Profile::ID, Profile::AUTHOR_ID)).exec(&db).await?, [(2, 3)]);
    assert_eq!(cat.profile().unset().or_destroy().exec(&db).await?, 1);
    let profile = cat.profile().create().bio("b").exec(&db).await?;
    assert_eq!(cat.profile().required(&db).await?, profile);
    assert!(cat.profile().has(profile.id, &db).await?);
    Ok(())
}

async fn rows_left_without_a_parent_are_destroyed_when_asked(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let ann = Author::find_by_pk(1).required(&db).await?;
    PostTag::destroy().all_rows().exec(&db).await?;
    assert_eq!(ann.posts().set([3, 4]).or_destroy().exec(&db).await?, 4);
    let left = Post::find_all().select((Post::ID, Post::AUTHOR_ID)).order_by(Post::ID).exec(&db).await?;
    assert_eq!(left, [(3, 1), (4, 1)]);
    assert_eq!(ann.posts().remove(4).or_destroy().exec(&db).await?, 1);
    Ok(())
}

async fn rows_of_a_soft_deleting_model_are_marked_when_left_without_a_parent(test: Test) -> Result<()> {
    let db = test.with::<Links>().await?;
    let member = Member::create().name("Ann").exec(&db).await?;
    let task = member.tasks().create().title("t").exec(&db).await?;
    member.tasks().remove(&task).or_destroy().exec(&db).await?;
    assert!(Task::find_by_pk(task.id).with_deleted().required(&db).await?.deleted_at.is_some());
    Ok(())
}

cases! { $ owner:
    the_row_it_belongs_to_is_set,
    the_row_it_may_belong_to_is_unset,
    setting_a_row_that_is_not_there_is_an_error,
    setting_checks_and_counts_up_the_version,
    the_row_it_belongs_to_is_created,
    keys_of_two_columns_are_set,
    a_key_that_is_part_of_the_primary_key_is_set,
    a_row_belongs_to_one_of_several_models_at_a_time,
    reading_a_to_one_relation_gives_a_row_or_none,
    the_row_that_belongs_to_it_is_set_and_created,
    rows_left_without_a_parent_are_destroyed_when_asked,
    rows_of_a_soft_deleting_model_are_marked_when_left_without_a_parent,
}
