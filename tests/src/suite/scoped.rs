//! Handles and nested rows of relations that have a filter: what is written through them is inside it, and nothing outside
//! is touched.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::gallery::{Galleries, Gallery, Mark, Photo, Word};

/// Gallery 1.
async fn filled(test: &Test) -> Result<(Database, Gallery)> {
    let db = test.with::<Galleries>().await?;
    let gallery = Gallery::create().name("g").exec(&db).await?;
    Ok((db, gallery))
}

async fn created_rows_meet_the_filter(test: Test) -> Result<()> {
    let (db, gallery) = filled(&test).await?;
    let cover = gallery.covers().create().likes(3).exec(&db).await?;
    assert_eq!((cover.gallery_id, cover.kind.as_str(), cover.hidden, cover.likes), (Some(1), "cover", false, 3));
    let main = gallery.main().create().exec(&db).await?;
    assert_eq!((main.kind.as_str(), main.hidden), ("main", true));
    let word = gallery.english().with(Mark::WEIGHT, 2).create().text("sea").exec(&db).await?;
    assert_eq!((word.lang.as_str(), Mark::find_one().required(&db).await?.weight), ("en", 2));
    assert_eq!((gallery.covers().count(&db).await?, gallery.english().count(&db).await?), (1, 1));
    let given = gallery.covers().create().kind("cover").exec(&db).await?;
    assert_eq!(given.kind, "cover");
    let rows = [1, 2].map(|likes| gallery.covers().create().likes(likes));
    assert!(Photo::bulk_create(rows).exec(&db).await?.iter().all(|photo| photo.kind == "cover" && !photo.hidden));
    Ok(())
}

async fn one_insert_creates_a_row_inside_a_filter(test: Test) -> Result<()> {
    let (db, gallery) = filled(&test).await?;
    // The first insert of a model may ask how the database makes its keys.
    gallery.covers().create().exec(&db).await?;
    let log = db.watch();
    gallery.covers().create().exec(&db).await?;
    assert_eq!(log.count(), 1);
    Ok(())
}

async fn a_value_outside_the_filter_is_an_error(test: Test) -> Result<()> {
    let (db, gallery) = filled(&test).await?;
    let error = gallery.covers().create().kind("plain").exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Photo")));
    assert_eq!(error.columns(), ["kind"]);
    assert!(error.message().contains("`covers` of `Gallery`"), "{error}");
    assert_eq!(Photo::count().exec(&db).await?, 0);
    Ok(())
}

async fn a_row_that_does_not_meet_the_rest_of_the_filter_is_not_created(test: Test) -> Result<()> {
    let (db, gallery) = filled(&test).await?;
    let error = gallery.popular().create().likes(10).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Photo")));
    assert!(error.message().contains("`popular` of `Gallery`"), "{error}");
    assert_eq!(Photo::count().exec(&db).await?, 0);
    assert_eq!(gallery.popular().create().likes(11).exec(&db).await?.likes, 11);
    Ok(())
}

async fn rows_created_together_meet_the_filter(test: Test) -> Result<()> {
    let (db, _) = filled(&test).await?;
    let gallery = Gallery::create()
        .name("h")
        .with_covers(|new| [new.create().likes(1)])
        .with_main(|new| [new.create()])
        .with_english(|new| [new.with(Mark::WEIGHT, 3).create().text("sea")])
        .with_heavy(|new| [new.create().text("rock")])
        .exec(&db)
        .await?;
    assert_eq!(gallery.covers.get()?.iter().map(|photo| photo.kind.as_str()).collect::<Vec<_>>(), ["cover"]);
    assert_eq!(gallery.main().required(&db).await?.kind, "main");
    let english = gallery.english.pairs()?.map(|(word, mark)| (word.lang.as_str(), mark.weight)).collect::<Vec<_>>();
    assert_eq!(english, [("en", 3)]);
    assert_eq!(gallery.heavy.between()?[0].weight, 5);
    let photo = Photo::create().with_home(Gallery::create().name("home")).exec(&db).await?;
    assert_eq!(photo.home().required(&db).await?.name, "home");
    let refused = Photo::create().with_home(Gallery::create().name("away")).exec(&db).await.unwrap_err();
    assert_eq!((refused.kind(), Gallery::count().exec(&db).await?), (ErrorKind::InvalidStatement, 3));
    let refused = Gallery::create().name("i").with_popular(|new| [new.create().likes(1)]).exec(&db).await.unwrap_err();
    assert_eq!((refused.kind(), Gallery::count().exec(&db).await?), (ErrorKind::InvalidStatement, 3));
    Ok(())
}

async fn added_rows_are_given_the_values_of_the_filter(test: Test) -> Result<()> {
    let (db, gallery) = filled(&test).await?;
    let photo = Photo::create().exec(&db).await?;
    gallery.covers().add(&photo).exec(&db).await?;
    let found = Photo::find_by_pk(photo.id).required(&db).await?;
    assert_eq!((found.gallery_id, found.kind.as_str(), found.hidden), (Some(1), "cover", false));
    gallery.main().set(&photo).exec(&db).await?;
    assert_eq!(Photo::find_by_pk(photo.id).required(&db).await?.kind, "main");
    Ok(())
}

async fn rows_that_do_not_meet_the_filter_are_not_added(test: Test) -> Result<()> {
    let (db, gallery) = filled(&test).await?;
    let few = Photo::create().likes(1).exec(&db).await?;
    let many = Photo::create().likes(20).exec(&db).await?;
    let error = gallery.popular().add([&few, &many]).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Photo")));
    assert_eq!(gallery.photos().count(&db).await?, 0);
    assert_eq!(gallery.popular().add(&many).exec(&db).await?, 1);
    let error = gallery.popular().set([&few, &many]).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), gallery.popular().count(&db).await?), (ErrorKind::InvalidStatement, 1));
    let german = Word::create().text("meer").exec(&db).await?;
    let english = Word::create().text("sea").lang("en").exec(&db).await?;
    let error = gallery.english().add([&german, &english]).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Word")));
    assert_eq!(gallery.english().set([&german]).exec(&db).await.unwrap_err().kind(), ErrorKind::InvalidStatement);
    assert_eq!(Mark::count().exec(&db).await?, 0);
    assert_eq!(gallery.english().add([english.id]).exec(&db).await?, 1);
    let home = Gallery::create().name("home").exec(&db).await?;
    let error = few.home().set(&gallery).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Gallery")));
    assert_eq!(few.home().set(&home).exec(&db).await?.gallery_id, Some(home.id));
    Ok(())
}

async fn rows_outside_the_filter_are_left_alone(test: Test) -> Result<()> {
    let (db, gallery) = filled(&test).await?;
    let plain = gallery.photos().create().exec(&db).await?;
    let cover = gallery.covers().create().exec(&db).await?;
    let main = gallery.main().create().exec(&db).await?;
    assert!(gallery.covers().has(&cover, &db).await? && !gallery.covers().has(&plain, &db).await?);
    assert_eq!(gallery.covers().remove([&plain, &main]).exec(&db).await?, 0);
    assert_eq!(gallery.covers().set([]).exec(&db).await?, 1);
    assert_eq!(gallery.main().unset().exec(&db).await?, 1);
    assert_eq!(gallery.photos().exec(&db).await?, std::slice::from_ref(&plain));
    assert_eq!(gallery.covers().set([&cover]).or_destroy().exec(&db).await?, 1);
    assert_eq!(gallery.covers().remove([&plain, &cover]).or_destroy().exec(&db).await?, 1);
    assert_eq!(Photo::count().exec(&db).await?, 2);
    Ok(())
}

async fn links_outside_the_filter_are_left_alone(test: Test) -> Result<()> {
    let (db, gallery) = filled(&test).await?;
    let german = gallery.words().create().text("meer").exec(&db).await?;
    let english = gallery.english().create().text("sea").exec(&db).await?;
    assert!(!gallery.english().has(&german, &db).await?);
    assert_eq!(gallery.english().remove([&german]).exec(&db).await?, 0);
    let other = Word::create().text("tree").lang("en").exec(&db).await?;
    gallery.english().set([&other]).exec(&db).await?;
    let mut words: Vec<i64> = gallery.words().find().select(Word::ID).exec(&db).await?;
    words.sort_unstable();
    assert_eq!(words, [german.id, other.id]);
    assert_eq!(gallery.english().remove([german.id, english.id, other.id]).exec(&db).await?, 1);
    assert_eq!(gallery.words().count(&db).await?, 1);
    Ok(())
}

async fn a_filter_of_the_model_in_between_is_written_to_it(test: Test) -> Result<()> {
    let (db, gallery) = filled(&test).await?;
    let light = gallery.words().create().text("feather").exec(&db).await?;
    let heavy = gallery.heavy().create().text("rock").exec(&db).await?;
    let marks = async || Mark::find_all().select((Mark::WORD_ID, Mark::WEIGHT)).order_by(Mark::WORD_ID).exec(&db).await;
    assert_eq!(marks().await?, [(light.id, 1), (heavy.id, 5)]);
    assert_eq!(gallery.heavy().exec(&db).await?, std::slice::from_ref(&heavy));
    let included = Gallery::find_all().include(Gallery::HEAVY).exec(&db).await?;
    assert_eq!(included[0].heavy.get()?, std::slice::from_ref(&heavy));
    assert_eq!(gallery.heavy().remove(&light).exec(&db).await?, 0);
    let other = Word::create().text("stone").exec(&db).await?;
    gallery.heavy().set(&other).exec(&db).await?;
    assert_eq!(marks().await?, [(light.id, 1), (other.id, 5)]);
    let error = gallery.heavy().with(Mark::WEIGHT, 6).create().text("iron").exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["weight"]));
    gallery.heavy().add(&light).exec(&db).await?;
    assert_eq!(marks().await?, [(light.id, 5), (other.id, 5)]);
    Ok(())
}

cases! { $ scoped:
    created_rows_meet_the_filter,
    one_insert_creates_a_row_inside_a_filter,
    a_value_outside_the_filter_is_an_error,
    a_row_that_does_not_meet_the_rest_of_the_filter_is_not_created,
    rows_created_together_meet_the_filter,
    added_rows_are_given_the_values_of_the_filter,
    rows_that_do_not_meet_the_filter_are_not_added,
    rows_outside_the_filter_are_left_alone,
    links_outside_the_filter_are_left_alone,
    a_filter_of_the_model_in_between_is_written_to_it,
}
