//! Rows created together in graphs of every shape, all or nothing; and rows deleted and restored together.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Country, Folder, Post, PostTag, Tag};
use crate::models::keys::{Booking, Crate, Item, Seat};
use crate::models::store::{Carton, Marking, Note, Sign, Store, Thing};

async fn rows_above_below_and_beside_are_created_together(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    let post = Post::create()
        .title("t")
        .with_author(Author::create().name("Ann").with_country(Country::create().name("Chad")))
        .with_reviewer(Author::create().name("Ben").with_profile(|new| [new.create().bio("b")]))
        .with_comments(|new| ["x", "y"].map(|text| new.create().text(text)))
        .with_tags(|new| {
            let heavy = new.with(PostTag::WEIGHT, 9);
            [new.create().label("light"), heavy.create().label("heavy")]
        })
        .exec(&db)
        .await?;
    let shape = (Post::AUTHOR.include(Author::COUNTRY), Post::REVIEWER.include(Author::PROFILE));
    let below = (Post::COMMENTS.order_by(Comment::ID), Post::TAGS.order_by(Tag::ID));
    let included = Post::find_by_pk(post.id).include(shape).include(below).required(&db).await?;
    assert_eq!(post, included);
    let weights: Vec<_> = included.tags.pairs()?.map(|(tag, between)| (&*tag.label, between.weight)).collect();
    assert_eq!(weights, [("light", 1), ("heavy", 9)]);
    Ok(())
}

async fn a_failure_at_the_far_end_leaves_nothing(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    let graph = |labels: [&'static str; 2]| {
        Author::create().name("Ann").with_country(Country::create().name("Chad")).with_posts(move |new| {
            [new.create().title("t").with_tags(move |new| labels.map(|label| new.create().label(label)))]
        })
    };
    let error = graph(["x", "x"]).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::UniqueViolation, Some("Tag")));
    let error = Author::bulk_create([graph(["a", "b"]), graph(["c", "c"])]).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    let left = (Country::count().exec(&db).await?, Author::count().exec(&db).await?, Post::count().exec(&db).await?);
    assert_eq!((left, Tag::count().exec(&db).await?, PostTag::count().exec(&db).await?), ((0, 0, 0), 0, 0));
    let done = db.transaction(async |tx| {
        assert_eq!(graph(["x", "x"]).exec(tx).await.unwrap_err().kind(), ErrorKind::UniqueViolation);
        graph(["x", "y"]).exec(tx).await
    });
    assert_eq!(done.await?.posts.get()?.len(), 1);
    assert_eq!((Author::count().exec(&db).await?, Tag::count().exec(&db).await?), (1, 2));
    Ok(())
}

async fn keys_of_several_columns_are_filled_in(test: Test) -> Result<()> {
    let db = test.with::<(Seat, Booking)>().await?;
    let seat = Seat::create()
        .hall("a")
        .number(1)
        .with_bookings(|new| ["Ann", "Ben"].map(|guest| new.create().guest(guest)))
        .exec(&db)
        .await?;
    assert_eq!(seat.bookings().count(&db).await?, 2);
    let booking = Booking::create().guest("Cat").with_seat(Seat::create().hall("b").number(7)).exec(&db).await?;
    assert_eq!((booking.hall.as_str(), booking.seat_number), ("b", 7));
    Ok(())
}

async fn rows_of_one_model_are_created_below_each_other(test: Test) -> Result<()> {
    let db = test.with::<(Folder,)>().await?;
    let root = Folder::create()
        .name("root")
        .with_parent(Folder::create().name("top"))
        .with_children(|new| {
            ["a", "b"].map(|name| {
                new.create().name(name).with_children(move |new| [new.create().name(format!("{name}{name}"))])
            })
        })
        .exec(&db)
        .await?;
    let tree = Folder::CHILDREN.order_by(Folder::ID).include(Folder::CHILDREN);
    let found = Folder::find_by_pk(root.id).include((Folder::PARENT, tree)).required(&db).await?;
    assert_eq!(root, found);
    let names: Vec<_> = found.children.get()?.iter().map(|child| &*child.children.get().unwrap()[0].name).collect();
    assert_eq!((names, root.parent.get()?.map(|parent| &*parent.name)), (vec!["aa", "bb"], Some("top")));
    Ok(())
}

async fn counted_keys_beyond_signed_integers_are_filled_in(test: Test) -> Result<()> {
    if !test.shape.unsigned {
        return Ok(());
    }
    let db = test.with::<(Crate, Item)>().await?;
    let top = i64::MAX as u64 + 5;
    Crate::create().id(top).exec(&db).await?;
    let made = Crate::create().with_items(|new| ["a", "b"].map(|name| new.create().name(name))).exec(&db).await?;
    assert_eq!(made.id, top + 1);
    assert!(made.items.get()?.iter().all(|item| item.crate_id == top + 1));
    assert_eq!(made.items().count(&db).await?, 2);
    assert_eq!(Crate::create().exec(&db).await?.id, top + 2);
    let several = Crate::bulk_create([Crate::create(), Crate::create()]).exec(&db).await?;
    assert_eq!(several.iter().map(|made| made.id).collect::<Vec<_>>(), [top + 3, top + 4]);
    Ok(())
}

/// Carton 1 holds 2, which holds 3. Each has a thing with two notes, one of which was deleted before; 1 and 2 have a sign.
async fn stored(test: &Test) -> Result<Database> {
    let db = test.with::<Store>().await?;
    Carton::create().exec(&db).await?;
    for outer in [1, 2] {
        Carton::create().outer_id(outer).exec(&db).await?;
    }
    Sign::create().name("s").exec(&db).await?;
    for carton in 1..=3 {
        let note = |id: i64| Note::create().id(id).carton_id(carton).number(1);
        Thing::create().carton_id(carton).number(1).exec(&db).await?;
        Note::bulk_create([note(carton * 2), note(carton * 2 + 1)]).count(&db).await?;
    }
    Marking::bulk_create([1, 2].map(|carton| Marking::create().carton_id(carton).sign_id(1))).count(&db).await?;
    Note::destroy().filter(Note::ID.in_([3, 5, 7])).exec(&db).await?;
    Ok(db)
}

async fn alive(db: &Database) -> Result<(u64, u64, u64, u64)> {
    let (cartons, things) = (Carton::count().exec(db).await?, Thing::count().exec(db).await?);
    Ok((cartons, things, Note::count().exec(db).await?, Marking::count().exec(db).await?))
}

async fn several_levels_are_deleted_and_restored_together(test: Test) -> Result<()> {
    let db = stored(&test).await?;
    let things = || Carton::THINGS.include(Thing::NOTES);
    let inner = || Carton::INNER.include((things(), Carton::MARKINGS));
    let all = || (Carton::INNER.include((inner(), things(), Carton::MARKINGS)), things(), Carton::MARKINGS);
    let mut outermost = Carton::find_by_pk(1).required(&db).await?;
    outermost.destroy().cascade(all()).exec(&db).await?;
    assert_eq!((alive(&db).await?, outermost.marks().count(&db).await?), ((0, 0, 0, 0), 0));
    // The struct is as it was, and restoring knows.
    assert_eq!(outermost.deleted_at, None);
    let marked = Carton::find_all().with_deleted().select(Carton::DELETED_AT).distinct().exec(&db).await?;
    assert!(matches!(&marked[..], [Some(_)]), "{marked:?}");
    outermost.restore_with(all(), &db).await?;
    assert_eq!((alive(&db).await?, outermost.marks().count(&db).await?), ((3, 3, 3, 2), 1));
    assert_eq!((outermost.deleted_at, outermost.version), (None, 2));
    // What was deleted before stays so.
    assert_eq!(Note::find_all().select(Note::ID).order_by(Note::ID).exec(&db).await?, [2, 4, 6]);
    Ok(())
}

async fn a_deletion_inside_another_is_restored_by_itself(test: Test) -> Result<()> {
    let db = stored(&test).await?;
    let things = || Carton::THINGS.include(Thing::NOTES);
    let innermost = Carton::find_by_pk(3).required(&db).await?;
    innermost.destroy().cascade(things()).exec(&db).await?;
    let all = || (Carton::INNER.include((Carton::INNER.include(things()), things())), things());
    let mut outermost = Carton::find_by_pk(1).required(&db).await?;
    outermost.destroy().cascade(all()).exec(&db).await?;
    assert_eq!(alive(&db).await?, (0, 0, 0, 2));
    outermost.restore_with(all(), &db).await?;
    assert_eq!(alive(&db).await?, (2, 2, 2, 2));
    let mut innermost = innermost;
    innermost.restore_with(things(), &db).await?;
    assert_eq!(alive(&db).await?, (3, 3, 3, 2));
    Ok(())
}

async fn links_that_were_deleted_come_back_when_added(test: Test) -> Result<()> {
    let db = stored(&test).await?;
    let carton = Carton::find_by_pk(1).required(&db).await?;
    carton.marks().remove(1).exec(&db).await?;
    assert_eq!((carton.marks().count(&db).await?, Marking::find_all().with_deleted().exec(&db).await?.len()), (0, 2));
    carton.marks().add(1).exec(&db).await?;
    assert_eq!((carton.marks().count(&db).await?, Marking::find_all().with_deleted().exec(&db).await?.len()), (1, 2));
    let error = carton.destroy().cascade(Carton::MARKS).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), carton.marks().count(&db).await?), (ErrorKind::InvalidStatement, 1));
    Ok(())
}

cases! { $ graph:
    rows_above_below_and_beside_are_created_together,
    a_failure_at_the_far_end_leaves_nothing,
    keys_of_several_columns_are_filled_in,
    rows_of_one_model_are_created_below_each_other,
    counted_keys_beyond_signed_integers_are_filled_in,
    several_levels_are_deleted_and_restored_together,
    a_deletion_inside_another_is_restored_by_itself,
    links_that_were_deleted_come_back_when_added,
}
