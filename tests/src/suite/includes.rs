//! Loading relations: which rows get into which fields, in which order, by how many queries.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Country, Folder, Post, Profile, Tag, blog};
use crate::models::club::{self, Badge, Club, Clubs, Member, Sponsor};
use crate::models::keys::{Bank, Booking, Crate, Item, Land, Rate, River, Sale, Seat, Town};
use crate::models::schema::{Place, Region};
use crate::models::yard::{Bed, Helper, Plant, Shift, Yard};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    Ok(db)
}

fn titles<'p>(posts: impl IntoIterator<Item = &'p Post>) -> Vec<&'p str> {
    posts.into_iter().map(|post| post.title.as_str()).collect()
}

async fn has_many_is_loaded(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let authors =
        Author::find_all().include(Author::POSTS.order_by(Post::ID.asc())).order_by(Author::ID.asc()).exec(&db).await?;
    let posts: Vec<Vec<&str>> = authors.iter().map(|author| titles(author.posts.get().unwrap())).collect();
    assert_eq!(posts, [vec!["p1", "p2", "p3"], vec!["p4"], vec![]]);
    Ok(())
}

async fn has_one_and_belongs_to_are_loaded(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let authors =
        Author::find_all().include((Author::PROFILE, Author::COUNTRY)).order_by(Author::ID.asc()).exec(&db).await?;
    let found: Vec<_> = authors
        .iter()
        .map(|author| {
            let bio = author.profile.get().unwrap().map(|profile| profile.bio.as_str());
            (bio, author.country.get().unwrap().map(|country| country.name.as_str()))
        })
        .collect();
    assert_eq!(found, [(Some("about Ann"), Some("Norway")), (Some("about Ben"), Some("Norway")), (None, None)]);
    Ok(())
}

async fn belongs_to_many_is_loaded_with_the_rows_in_between(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let posts = Post::find_all().include(Post::TAGS.order_by(Tag::ID.asc())).order_by(Post::ID.asc()).exec(&db).await?;
    let tags: Vec<Vec<(&str, i32)>> = posts
        .iter()
        .map(|post| post.tags.pairs().unwrap().map(|(tag, between)| (tag.label.as_str(), between.weight)).collect())
        .collect();
    assert_eq!(tags, [vec![("rust", 1), ("sql", 5)], vec![("rust", 2)], vec![], vec![("go", 1)]]);
    let rust = Tag::find_one().filter(Tag::LABEL.eq("rust")).include(Tag::POSTS).required(&db).await?;
    let mut found = titles(rust.posts.get()?);
    found.sort_unstable();
    assert_eq!(found, ["p1", "p2"]);
    Ok(())
}

async fn rows_behind_a_model_in_between_are_loaded(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let countries =
        Country::find_all().include((Country::POSTS, Country::PROFILE)).order_by(Country::ID.asc()).exec(&db).await?;
    let found: Vec<_> = countries
        .iter()
        .map(|country| (titles(country.posts.get().unwrap()), country.profile.get().unwrap().map(|p| p.bio.as_str())))
        .collect();
    // Of two profiles, the first by its key.
    assert_eq!(found, [(vec!["p1", "p2", "p3", "p4"], Some("about Ben")), (vec![], None)]);
    let popular = Country::POSTS.filter(Post::VIEWS.gt(5)).order_by(Post::VIEWS.desc()).limit(2).include(Post::AUTHOR);
    let countries = Country::find_all().include(popular).order_by(Country::ID.asc()).exec(&db).await?;
    assert_eq!(titles(countries[0].posts.get()?), ["p3", "p2"]);
    assert_eq!(countries[0].posts.get()?[0].author.get()?.map(|author| author.name.as_str()), Some("Ann"));
    assert!(countries[1].posts.get()?.is_empty());
    Ok(())
}

async fn two_relations_between_the_same_models_are_told_apart(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let ann = Author::find_by_pk(1)
        .include((Author::POSTS.order_by(Post::ID.asc()), Author::REVIEWS.order_by(Post::ID.asc())))
        .required(&db)
        .await?;
    assert_eq!(titles(ann.posts.get()?), ["p1", "p2", "p3"]);
    assert_eq!(titles(ann.reviews.get()?), ["p4"]);
    let post = Post::find_by_pk(1).include((Post::AUTHOR, Post::REVIEWER)).required(&db).await?;
    assert_eq!(post.author.get()?.map(|author| author.name.as_str()), Some("Ann"));
    assert_eq!(post.reviewer.get()?.map(|author| author.name.as_str()), Some("Ben"));
    Ok(())
}

async fn includes_nest_four_deep(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let comments = Post::COMMENTS.order_by(Comment::ID.asc()).include(Comment::POST);
    let posts = Author::POSTS.order_by(Post::ID.asc()).include((comments, Post::TAGS));
    let countries = Country::find_all()
        .include(Country::AUTHORS.order_by(Author::ID.asc()).include((posts, Author::PROFILE)))
        .order_by(Country::ID.asc())
        .exec(&db)
        .await?;
    assert!(log.count() <= 7, "{:#?}", log.texts());
    let mut seen = Vec::new();
    for country in &countries {
        for author in country.authors.get()? {
            assert!(author.profile.get()?.is_some());
            for post in author.posts.get()? {
                seen.push((
                    author.name.as_str(),
                    post.title.as_str(),
                    post.comments.get()?.len(),
                    post.tags.get()?.len(),
                ));
                for comment in post.comments.get()? {
                    assert_eq!(comment.post.get()?.map(|post| post.id), Some(post.id));
                }
            }
        }
    }
    assert_eq!(seen, [("Ann", "p1", 3, 2), ("Ann", "p2", 1, 1), ("Ann", "p3", 0, 0), ("Ben", "p4", 1, 1)]);
    assert!(countries[1].authors.get()?.is_empty());
    Ok(())
}

async fn queries_do_not_grow_with_rows(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    Author::find_all().include((Author::POSTS, Author::REVIEWS)).exec(&db).await?;
    assert_eq!(log.take().len(), 3);
    Author::find_all().include(Author::POSTS.include(Post::COMMENTS)).exec(&db).await?;
    assert_eq!(log.take().len(), 3);
    Post::find_all().include((Post::TAGS, Post::COMMENTS)).exec(&db).await?;
    assert_eq!(log.take().len(), 3);
    Author::find_all().filter(Author::ID.gt(99)).include(Author::POSTS).exec(&db).await?;
    assert_eq!(log.take().len(), 1);
    Ok(())
}

async fn included_rows_are_filtered(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let authors = Author::find_all()
        .include(
            Author::POSTS
                .filter(Post::VIEWS.ge(20))
                .filter_if(None::<i32>, |views| Post::VIEWS.gt(views))
                .order_by(Post::ID.asc()),
        )
        .order_by(Author::ID.asc())
        .exec(&db)
        .await?;
    let posts: Vec<Vec<&str>> = authors.iter().map(|author| titles(author.posts.get().unwrap())).collect();
    assert_eq!(posts, [vec!["p2", "p3"], vec![], vec![]]);
    Ok(())
}

async fn a_filtered_to_one_relation_is_empty_where_the_filter_fails(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let posts = Post::find_all()
        .include(Post::AUTHOR.filter(Author::NAME.eq("Ann")))
        .order_by(Post::ID.asc())
        .exec(&db)
        .await?;
    let names: Vec<_> =
        posts.iter().map(|post| post.author.get().unwrap().map(|author| author.name.as_str())).collect();
    assert_eq!(names, [Some("Ann"), Some("Ann"), Some("Ann"), None]);
    Ok(())
}

async fn limits_are_per_parent(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let authors = Author::find_all()
        .include(Author::POSTS.order_by(Post::VIEWS.desc()).limit(2))
        .order_by(Author::ID.asc())
        .exec(&db)
        .await?;
    let posts: Vec<Vec<&str>> = authors.iter().map(|author| titles(author.posts.get().unwrap())).collect();
    assert_eq!(posts, [vec!["p3", "p2"], vec!["p4"], vec![]]);
    let authors = Author::find_all()
        .include(Author::POSTS.order_by(Post::VIEWS.desc()).limit(1).offset(1))
        .order_by(Author::ID.asc())
        .exec(&db)
        .await?;
    let posts: Vec<Vec<&str>> = authors.iter().map(|author| titles(author.posts.get().unwrap())).collect();
    assert_eq!(posts, [vec!["p2"], vec![], vec![]]);
    let authors = Author::find_all()
        .include(Author::POSTS.order_by(Post::VIEWS.desc()).offset(2))
        .order_by(Author::ID.asc())
        .exec(&db)
        .await?;
    let posts: Vec<Vec<&str>> = authors.iter().map(|author| titles(author.posts.get().unwrap())).collect();
    assert_eq!(posts, [vec!["p1"], vec![], vec![]]);
    Ok(())
}

async fn limits_are_per_parent_of_many_to_many_too(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let posts = Post::find_all()
        .include(Post::TAGS.order_by(Tag::LABEL.desc()).limit(1))
        .order_by(Post::ID.asc())
        .exec(&db)
        .await?;
    let labels: Vec<Vec<(&str, i32)>> = posts
        .iter()
        .map(|post| post.tags.pairs().unwrap().map(|(tag, between)| (tag.label.as_str(), between.weight)).collect())
        .collect();
    assert_eq!(labels, [vec![("sql", 5)], vec![("rust", 2)], vec![], vec![("go", 1)]]);
    let tags = Tag::find_all()
        .include(Tag::POSTS.order_by(Post::VIEWS.desc()).limit(1).offset(1))
        .order_by(Tag::ID.asc())
        .exec(&db)
        .await?;
    let found: Vec<Vec<&str>> = tags.iter().map(|tag| titles(tag.posts.get().unwrap())).collect();
    assert_eq!(found, [vec!["p1"], vec![], vec![]]);
    Ok(())
}

async fn a_limit_of_parents_counts_parents(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let authors = Author::find_all().include(Author::POSTS).order_by(Author::ID.asc()).limit(2).exec(&db).await?;
    assert_eq!(authors.iter().map(|author| author.posts.get().unwrap().len()).collect::<Vec<_>>(), [3, 1]);
    let page =
        Author::find_and_count_all().include(Author::POSTS).order_by(Author::ID.desc()).limit(2).exec(&db).await?;
    assert_eq!((page.count, page.rows.len(), page.rows[1].posts.get()?.len()), (3, 2, 1));
    Ok(())
}

async fn required_leaves_out_parents_without(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let authors = Author::find_all().include(Author::POSTS.required()).order_by(Author::ID.asc()).exec(&db).await?;
    assert_eq!(authors.iter().map(|author| author.name.as_str()).collect::<Vec<_>>(), ["Ann", "Ben"]);
    let authors = Author::find_all()
        .include(Author::POSTS.filter(Post::VIEWS.gt(10)).required())
        .order_by(Author::ID.asc())
        .exec(&db)
        .await?;
    assert_eq!(authors.iter().map(|author| author.posts.get().unwrap().len()).collect::<Vec<_>>(), [2]);
    let posts = Post::find_all().include(Post::REVIEWER.required()).order_by(Post::ID.asc()).exec(&db).await?;
    assert_eq!(titles(&posts), ["p1", "p3", "p4"]);
    let nested = Country::find_all()
        .include(Country::AUTHORS.required().include(Author::POSTS.required().filter(Post::TITLE.eq("p4"))))
        .exec(&db)
        .await?;
    assert_eq!(nested.len(), 1);
    assert_eq!(nested[0].authors.get()?.iter().map(|author| author.id).collect::<Vec<_>>(), [2]);
    Ok(())
}

async fn not_loaded_says_what_to_include(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut ann = Author::find_by_pk(1).required(&db).await?;
    assert!(!ann.posts.is_loaded());
    let error = ann.posts.get().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotLoaded);
    assert!(error.to_string().contains("`Author::POSTS` was not loaded; add `.include(Author::POSTS)`"), "{error}");
    assert_eq!(ann.posts.get_mut().unwrap_err().kind(), ErrorKind::NotLoaded);
    assert_eq!(ann.profile.get().unwrap_err().kind(), ErrorKind::NotLoaded);
    let made = Author::create().name("Dee").country_id(None).exec(&db).await?;
    assert_eq!(made.posts.get().unwrap_err().kind(), ErrorKind::NotLoaded);
    Ok(())
}

async fn loaded_relations_survive_updates_and_reloads(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut ann = Author::find_by_pk(1).include(Author::POSTS).required(&db).await?;
    ann.update().name("Anna").exec(&db).await?;
    assert_eq!(ann.posts.get()?.len(), 3);
    ann.reload(&db).await?;
    assert_eq!((ann.name.as_str(), ann.posts.get()?.len()), ("Anna", 3));
    Ok(())
}

/// The lands `no`, `se` and `fi`; towns of `no`, `NO` and `SE`, on banks of a river; `FI` is a part of `No`.
async fn lands(test: &Test) -> Result<Database> {
    let db = test.with::<(Land, Town, River, Bank)>().await?;
    let land = |code: &str| Land::create().code(code);
    Land::bulk_create([land("no"), land("se"), land("fi")]).count(&db).await?;
    Land::update().set(Land::PART_OF, "No").filter(Land::CODE.eq("fi")).exec(&db).await?;
    Town::bulk_create(["no", "NO", "SE"].map(|code| Town::create().land_code(code))).count(&db).await?;
    River::create().exec(&db).await?;
    Bank::bulk_create(["NO", "se"].map(|code| Bank::create().land_code(code).river_id(1))).count(&db).await?;
    Ok(db)
}

async fn keys_that_the_database_finds_equal_relate(test: Test) -> Result<()> {
    let db = lands(&test).await?;
    let load = (Land::TOWNS.order_by(Town::ID), Land::RIVERS, Land::PARTS);
    let lands = Land::find_all().include(load).order_by(Land::CODE).exec(&db).await?;
    let found: Vec<(usize, usize, usize)> = lands
        .iter()
        .map(|land| {
            (land.towns.get().unwrap().len(), land.rivers.get().unwrap().len(), land.parts.get().unwrap().len())
        })
        .collect();
    if test.shape.minds_case {
        assert_eq!(found, [(0, 0, 0), (1, 0, 0), (0, 1, 0)]);
    } else {
        assert_eq!(found, [(0, 0, 0), (2, 1, 1), (1, 1, 0)]);
    }
    for (town, separate) in [(Town::LAND.filter(Land::CODE.ne("")), false), (Town::LAND.separate(), true)] {
        let towns = Town::find_all().include(town).order_by(Town::ID).exec(&db).await?;
        let lands: Vec<_> = towns.iter().map(|town| town.land.get().unwrap().map(|land| land.code.as_str())).collect();
        let expected =
            if test.shape.minds_case { [Some("no"), None, None] } else { [Some("no"), Some("no"), Some("se")] };
        assert_eq!(lands, expected, "separate: {separate}");
    }
    Ok(())
}

async fn decimals_are_keys_whatever_zeros_they_end_with(test: Test) -> Result<()> {
    #[derive(Debug, Clone, Projection)]
    #[orm(model = Rate)]
    struct Sold {
        #[orm(nested = sales)]
        sales: Vec<One>,
    }
    #[derive(Debug, Clone, Projection)]
    #[orm(model = Sale)]
    struct One {
        id: i64,
    }
    let db = test.with::<(Rate, Sale)>().await?;
    Rate::create().percent(Decimal::new(150, 2)).exec(&db).await?;
    Sale::create().rate(Decimal::new(15, 1)).exec(&db).await?;
    Sale::create().rate(Decimal::new(1500, 3)).exec(&db).await?;
    let rate = Rate::find_one().include(Rate::SALES).required(&db).await?;
    assert_eq!(rate.sales.get()?.len(), 2);
    let sold = Rate::find_all().project::<Sold>().exec(&db).await?;
    assert_eq!(sold[0].sales.iter().map(|sale| sale.id).collect::<Vec<_>>(), [1, 2]);
    let sales = Sale::find_all().include(Sale::AT.separate()).exec(&db).await?;
    assert!(sales.iter().all(|sale| sale.at.get().unwrap().is_some()));
    Ok(())
}

async fn many_parents_are_loaded(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    Author::create().name("a").country_id(None).exec(&db).await?;
    let many = 3000_i64;
    let posts = (0..many).map(|i| Post::create().author_id(1).reviewer_id(None).title(format!("{i}")));
    Post::bulk_create(posts).count(&db).await?;
    let comments = (0..many).map(|i| Comment::create().post_id(i + 1).text(format!("{i}")));
    Comment::bulk_create(comments).count(&db).await?;
    let posts = Post::find_all().include((Post::COMMENTS, Post::AUTHOR)).exec(&db).await?;
    for post in &posts {
        assert_eq!(post.comments.get()?[0].text, post.title);
        assert_eq!(post.author.get()?.unwrap().id, 1);
    }
    assert_eq!(posts.len() as i64, many);
    Ok(())
}

async fn keys_that_may_be_null_relate(test: Test) -> Result<()> {
    let db = test.with::<(Region, Place)>().await?;
    Region::create().code("a").exec(&db).await?;
    Region::create().code("b").alias("bee").exec(&db).await?;
    Place::create().region_code("a").exec(&db).await?;
    Place::create().region_code("a").known_as("bee").exec(&db).await?;
    let regions =
        Region::find_all().include((Region::KNOWN, Region::PLACES)).order_by(Region::ID.asc()).exec(&db).await?;
    let ids = |places: &HasMany<Place>| places.get().unwrap().iter().map(|place| place.id).collect::<Vec<_>>();
    let found: Vec<_> = regions.iter().map(|region| (ids(&region.known), ids(&region.places))).collect();
    assert_eq!(found, [(vec![], vec![1, 2]), (vec![2], vec![])]);
    for include in [Place::KNOWN.filter(Region::ID.gt(0)), Place::KNOWN.separate()] {
        let places = Place::find_all().include(include).order_by(Place::ID.asc()).exec(&db).await?;
        let codes: Vec<_> = places.iter().map(|p| p.known.get().unwrap().map(|region| region.code.as_str())).collect();
        assert_eq!(codes, [None, Some("b")]);
    }
    assert_eq!(Region::count().filter(Region::KNOWN.exists()).exec(&db).await?, 1);
    assert_eq!(regions[0].known().count(&db).await?, 0);
    let error = regions[0].known().add(&Place::find_by_pk(1).required(&db).await?).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["alias"]));
    Ok(())
}

async fn trees_in_one_table_are_loaded(test: Test) -> Result<()> {
    let db = test.with::<Folder>().await?;
    let root = Folder::create().name("root").exec(&db).await?;
    for name in ["a", "b"] {
        let child = root.children().create().name(name).exec(&db).await?;
        child.children().create().name(format!("{name}1")).exec(&db).await?;
    }
    let tree = Folder::find_one()
        .filter(Folder::PARENT_ID.is_null())
        .include(Folder::CHILDREN.order_by(Folder::ID.asc()).include((Folder::CHILDREN, Folder::PARENT)))
        .required(&db)
        .await?;
    let children = tree.children.get()?;
    assert_eq!(children.iter().map(|child| child.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(children[1].children.get()?[0].name, "b1");
    assert_eq!(children[0].parent.get()?.unwrap().name, "root");
    let leaves = Folder::find_all()
        .filter(Folder::PARENT.expr(Folder::PARENT.col(Folder::NAME)).eq("root"))
        .order_by(Folder::NAME.asc())
        .exec(&db)
        .await?;
    assert_eq!(leaves.iter().map(|leaf| leaf.name.as_str()).collect::<Vec<_>>(), ["a1", "b1"]);
    assert_eq!(Folder::count().filter(Folder::CHILDREN.any(Folder::CHILDREN.exists())).exec(&db).await?, 1);
    Ok(())
}

async fn keys_of_two_columns_relate(test: Test) -> Result<()> {
    let db = test.with::<(Seat, Booking)>().await?;
    for (hall, number) in [("a", 1), ("a", 2), ("b", 1)] {
        let seat = Seat::create().hall(hall).number(number).exec(&db).await?;
        for guest in 0..number {
            seat.bookings().create().guest(format!("{hall}{number}{guest}")).exec(&db).await?;
        }
    }
    let seats = Seat::find_all()
        .include(Seat::BOOKINGS.order_by(Booking::ID.asc()).limit(1))
        .order_by((Seat::HALL.asc(), Seat::NUMBER.asc()))
        .exec(&db)
        .await?;
    let guests: Vec<Vec<&str>> =
        seats.iter().map(|seat| seat.bookings.get().unwrap().iter().map(|b| b.guest.as_str()).collect()).collect();
    assert_eq!(guests, [vec!["a10"], vec!["a20"], vec!["b10"]]);
    let bookings = Booking::find_all().include(Booking::SEAT).order_by(Booking::ID.asc()).exec(&db).await?;
    for booking in bookings {
        let seat = booking.seat.get()?.unwrap();
        assert_eq!((seat.hall.as_str(), seat.number), (booking.hall.as_str(), booking.seat_number));
    }
    assert_eq!(Seat::count().filter(Seat::BOOKINGS.count().gt(1)).exec(&db).await?, 1);
    Ok(())
}

async fn a_relation_included_twice_alike_is_loaded_once(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let popular = || Author::POSTS.filter(Post::VIEWS.ge(10)).order_by(Post::ID);
    let authors = Author::find_all()
        .include((popular().include(Post::TAGS), popular().include((Post::COMMENTS, Post::TAGS))))
        .include(popular().required())
        .order_by(Author::ID)
        .exec(&db)
        .await?;
    assert_eq!(log.take().len(), 4);
    assert_eq!(authors.iter().map(|author| author.id).collect::<Vec<_>>(), [1]);
    let first = &authors[0].posts.get()?[0];
    assert_eq!((first.tags.get()?.len(), first.comments.get()?.len()), (2, 3));
    let posts = Post::find_all().include((Post::AUTHOR, Post::AUTHOR.include(Author::COUNTRY))).exec(&db).await?;
    assert!(posts.iter().all(|post| post.author.get().unwrap().unwrap().country.is_loaded()));
    assert_eq!(log.take().len(), 1);
    Ok(())
}

async fn a_relation_included_twice_differently_is_refused(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let twice = (Author::POSTS.limit(1), Author::POSTS);
    let refused = |result: Result<()>, relation: &str| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(error.to_string().contains(&format!("`{relation}` is included twice")), "{error}");
    };
    let log = db.watch();
    refused(Author::find_all().include(twice.clone()).exec(&db).await.map(drop), "Author::POSTS");
    refused(Author::find_all().include(twice.0.clone()).include(twice.1).exec(&db).await.map(drop), "Author::POSTS");
    let to_one = (Post::AUTHOR.filter(Author::ID.eq(1)), Post::AUTHOR);
    refused(Post::find_all().include(to_one).exec(&db).await.map(drop), "Post::AUTHOR");
    let mut none: Vec<Author> = Vec::new();
    refused(orm::load(&mut none, twice.clone(), &db).await, "Author::POSTS");
    refused(Country::find_all().include(Country::AUTHORS.include(twice)).exec(&db).await.map(drop), "Author::POSTS");
    assert_eq!(log.take().len(), 0);
    Ok(())
}

async fn keys_beyond_signed_integers_relate(test: Test) -> Result<()> {
    let db = test.with::<(Crate, Item)>().await?;
    let top = if test.shape.unsigned { u64::MAX } else { i64::MAX as u64 };
    for id in [1, top - 1, top - 2] {
        let made = Crate::create().id(id).exec(&db).await?;
        assert_eq!(made.id, id);
        made.items().create().name(format!("of {id}")).exec(&db).await?;
    }
    let kept = Crate::find_by_pk(top - 1).required(&db).await?;
    let added = Item::bulk_create(["a", "b"].map(|name| Item::create().crate_id(kept.id).name(name))).exec(&db).await?;
    assert!(added.iter().all(|item| item.crate_id == kept.id));
    assert_eq!(kept.items().count(&db).await?, 3);
    let crates = Crate::find_all().include(Crate::ITEMS).order_by(Crate::ID).exec(&db).await?;
    let counts: Vec<_> = crates.iter().map(|found| (found.id, found.items.get().unwrap().len())).collect();
    assert_eq!(counts, [(1, 1), (top - 2, 1), (top - 1, 3)]);
    for include in [Item::HELD_BY.filter(Crate::ID.gt(0_u64)), Item::HELD_BY.separate().filter(Crate::ID.gt(0_u64))] {
        let items = Item::find_all().include(include).exec(&db).await?;
        assert!(items.iter().all(|item| item.held_by.get().unwrap().map(|found| found.id) == Some(item.crate_id)));
    }
    assert_eq!(Crate::count().filter(Crate::ID.in_([top, top - 1, top - 2])).exec(&db).await?, 2);
    assert_eq!(Crate::count().filter(Crate::ITEMS.any(Item::CRATE_ID.gt(top - 2))).exec(&db).await?, 1);
    let mut kept = kept;
    kept.update().label("kept").exec(&db).await?;
    kept.reload(&db).await?;
    assert_eq!((kept.id, kept.label.as_deref()), (top - 1, Some("kept")));
    Ok(())
}

async fn includes_of_a_selection_are_refused(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let error = Author::find_all().include(Author::POSTS).select(Author::ID).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    Ok(())
}

async fn rows_round_trip_through_json(test: Test) -> Result<()> {
    let db = test.with::<Clubs>().await?;
    club::clubs(&db).await?;
    let bare = Club::find_all().order_by(Club::ID.asc());
    let full = (
        Club::FOUNDER,
        Club::LEADER.include(Member::FIRST_CLUB),
        Club::BADGE.include(Badge::CLUB),
        Club::MEMBERS.include((Member::FIRST_CLUB, Member::CLUB.include(Club::BADGE))),
        Club::SPONSORS.include(Sponsor::CLUBS),
    );
    let some = (Club::LEADER, Club::SPONSORS.filter(Sponsor::ID.lt(0)));
    for clubs in [bare.clone(), bare.clone().include(full), bare.include(some)] {
        let clubs = clubs.exec(&db).await?;
        let json = serde_json::to_string(&clubs).unwrap();
        let read: Vec<Club> = serde_json::from_str(&json).unwrap();
        assert_eq!(read, clubs);
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }
    Ok(())
}

/// A club with its members, as any projection of them.
#[derive(Debug, PartialEq, Projection)]
#[orm(model = Club)]
struct Roll<M: Projection<Member>> {
    name: String,
    #[orm(nested = Club::MEMBERS.order_by(Member::ID.asc()))]
    members: Vec<M>,
}

#[derive(Debug, PartialEq, Projection)]
#[orm(model = Member)]
struct Name {
    name: String,
}

#[derive(Debug, PartialEq, Projection)]
#[orm(model = Member)]
struct Fellow {
    id: i64,
    #[orm(nested = Member::CLUB.separate())]
    club: Option<Roll<Name>>,
}

async fn nested_projections_have_parameters_and_need_no_clone(test: Test) -> Result<()> {
    let db = test.with::<Clubs>().await?;
    club::clubs(&db).await?;
    let rolls =
        Club::find_all().filter(Club::ID.le(2)).project::<Roll<Fellow>>().order_by(Club::ID.asc()).exec(&db).await?;
    let roll = |name: &str, members: [&str; 2]| Roll {
        name: name.into(),
        members: members.map(|name| Name { name: name.into() }).into(),
    };
    let fellow = |id, club| Fellow { id, club: Some(club) };
    // Both members of a club have the one row of it that was read.
    let first = [1, 2].map(|id| fellow(id, roll("A", ["Ali", "Bea"])));
    let second = [4, 5].map(|id| fellow(id, roll("B", ["Cleo", "Dan"])));
    let expected =
        [Roll { name: "A".into(), members: first.into() }, Roll { name: "B".into(), members: second.into() }];
    assert_eq!(rolls, expected);
    Ok(())
}

async fn json_tells_no_row_from_not_loaded(test: Test) -> Result<()> {
    let db = test.with::<Clubs>().await?;
    club::clubs(&db).await?;
    let club = Club::find_by_pk(3).include((Club::LEADER, Club::SPONSORS)).required(&db).await?;
    let json = serde_json::to_value(&club).unwrap();
    assert_eq!(json, serde_json::json!({ "id": 3, "name": "C", "leader": null, "sponsors": [] }));
    let read: Club = serde_json::from_value(json).unwrap();
    assert!(read.leader.get()?.is_none());
    assert!(read.sponsors.get()?.is_empty());
    assert!(read.badge.not_loaded() && read.members.not_loaded());
    Ok(())
}

#[orm::serde]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[orm(table = "singers")]
struct Singer {
    #[orm(primary_key)]
    id: i64,
    voice: Voice,
    choirs: BelongsToMany<Choir, Seats>,
    #[serde(rename = "benches")]
    seats: HasMany<Seats>,
}

#[orm::serde]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[orm(table = "choirs")]
struct Choir {
    #[orm(primary_key)]
    id: i64,
    name: String,
    #[orm(through = Seats)]
    singers: BelongsToMany<Singer>,
}

#[orm::serde]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(rename_all = "camelCase")]
#[orm(table = "seats", primary_key(singer_id, choir_id))]
struct Seats {
    singer_id: i64,
    choir_id: i64,
    row: i32,
    singer: BelongsTo<Singer>,
    choir: BelongsTo<Choir>,
}

#[orm::serde]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Enum)]
#[orm(rename_all = "SCREAMING_SNAKE_CASE")]
enum Voice {
    HighTenor,
    #[orm(rename = "low one")]
    Bass,
    #[orm(other)]
    Other(String),
}

async fn json_leaves_out_what_is_not_loaded_and_has_join_rows_and_labels(test: Test) -> Result<()> {
    use serde_json::json;
    let db = test.with::<(Singer, Choir, Seats)>().await?;
    let singer = Singer::create().voice(Voice::HighTenor).exec(&db).await?;
    assert_eq!(serde_json::to_value(&singer).unwrap(), json!({ "id": 1, "voice": "HIGH_TENOR" }));
    assert_eq!(serde_json::to_value(Voice::Bass).unwrap(), json!("low one"));
    singer.choirs().with(Seats::ROW, 2).create().name("Birds").exec(&db).await?;
    let found = Singer::find_one().include((Singer::CHOIRS, Singer::SEATS)).required(&db).await?;
    let seat = json!({ "singerId": 1, "choirId": 1, "row": 2 });
    let choir = json!({ "id": 1, "name": "Birds", "through": seat });
    let whole = json!({ "id": 1, "voice": "HIGH_TENOR", "choirs": [choir], "benches": [seat] });
    assert_eq!(serde_json::to_value(&found).unwrap(), whole);
    let read: Singer = serde_json::from_value(whole).unwrap();
    assert_eq!(read, found);
    assert_eq!(read.choirs.between()?, found.choirs.between()?);
    let child = Voice::Other("child".to_owned());
    assert_eq!(serde_json::to_value(&child).unwrap(), json!("child"));
    assert_eq!(serde_json::from_value::<Voice>(json!("child")).unwrap(), child);
    let read: Singer = serde_json::from_value(json!({ "id": 1, "voice": "low one" })).unwrap();
    assert!(read.choirs.not_loaded() && read.seats.not_loaded() && read.voice == Voice::Bass);
    Ok(())
}

async fn debug_output_shows_loaded_relations(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let profile = Profile::find_all()
        .include(Profile::AUTHOR.include(Author::COUNTRY))
        .order_by(Profile::ID.asc())
        .exec(&db)
        .await?;
    let country = profile[0].author.get()?.unwrap().country.get()?.unwrap();
    assert_eq!(country.name, "Norway");
    let text = format!("{:?}", profile[0]);
    assert!(text.contains("Norway") && text.contains("(not loaded)"), "{text}");
    Ok(())
}

async fn relations_of_all_rows_are_those_of_their_keys(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    let authors = (0..620).map(|i| Author::create().name(format!("a{i}")));
    let authors = Author::bulk_create(authors).exec(&db).await?;
    let posts = (0..900_usize).map(|i| {
        let post = Post::create().author_id(authors[i * 7 % 600].id).title(format!("p{i}"));
        post.reviewer_id((i % 3 == 0).then(|| authors[i % 620].id))
    });
    let posts = Post::bulk_create(posts).exec(&db).await?;
    let comments = (0..1_300_usize)
        .map(|i| Comment::create().text(format!("c{i}")).post_id((i % 5 != 0).then(|| posts[i * 11 % 900].id)));
    Comment::bulk_create(comments).count(&db).await?;
    let tags = Tag::bulk_create((0..4).map(|i| Tag::create().label(format!("t{i}")))).exec(&db).await?;
    for post in posts.iter().step_by(40) {
        post.tags().add(&tags[..2]).exec(&db).await?;
    }
    Profile::bulk_create(authors.iter().step_by(2).map(|a| Profile::create().author_id(a.id).bio("b")))
        .count(&db)
        .await?;
    let find = || {
        let posts = Author::POSTS.include((Post::COMMENTS, Post::TAGS));
        Author::find_all().include((posts, Author::REVIEWS.order_by(Post::TITLE.desc()), Author::PROFILE))
    };
    let by_keys = find().filter(Author::ID.gt(0)).order_by(Author::ID).exec(&db).await?;
    assert_eq!(find().order_by(Author::ID).exec(&db).await?, by_keys);
    let loaded: usize = by_keys.iter().flat_map(|author| author.posts.get().unwrap()).count();
    let comments = by_keys.iter().flat_map(|author| author.posts.get().unwrap());
    let comments: usize = comments.map(|post| post.comments.get().unwrap().len()).sum();
    assert_eq!((loaded, comments), (900, 1_040));
    Ok(())
}

async fn relations_of_all_rows_leave_out_what_is_soft_deleted(test: Test) -> Result<()> {
    let db = test.with::<(Yard, Bed, Plant, Helper, Shift)>().await?;
    let yards = Yard::bulk_create((0..700).map(|i| Yard::create().name(format!("y{i}")))).exec(&db).await?;
    let beds = Bed::bulk_create(yards.iter().map(|yard| Bed::create().yard_id(yard.id))).exec(&db).await?;
    Plant::bulk_create(beds.iter().map(|bed| Plant::create().bed_id(bed.id).name("rose"))).count(&db).await?;
    Yard::destroy().filter(Yard::ID.le(yards[20].id)).exec(&db).await?;
    Bed::destroy().filter(Bed::ID.between(beds[15].id, beds[40].id)).exec(&db).await?;
    Plant::destroy().filter(Plant::BED_ID.gt(beds[650].id)).exec(&db).await?;
    let find = || Yard::find_all().include((Yard::BEDS.include(Bed::PLANTS), Yard::PLANTS)).order_by(Yard::ID);
    let found = find().exec(&db).await?;
    assert_eq!(found, find().filter(Yard::ID.gt(0)).exec(&db).await?);
    let plants = |yard: &Yard| yard.plants.get().map(<[_]>::len);
    assert_eq!((found.len(), plants(&found[10])?, plants(&found[30])?, plants(&found[678])?), (679, 0, 1, 0));
    Ok(())
}

cases! { $ includes:
    relations_of_all_rows_are_those_of_their_keys,
    relations_of_all_rows_leave_out_what_is_soft_deleted,
    has_many_is_loaded,
    has_one_and_belongs_to_are_loaded,
    belongs_to_many_is_loaded_with_the_rows_in_between,
    rows_behind_a_model_in_between_are_loaded,
    two_relations_between_the_same_models_are_told_apart,
    includes_nest_four_deep,
    queries_do_not_grow_with_rows,
    included_rows_are_filtered,
    a_filtered_to_one_relation_is_empty_where_the_filter_fails,
    limits_are_per_parent,
    limits_are_per_parent_of_many_to_many_too,
    a_limit_of_parents_counts_parents,
    required_leaves_out_parents_without,
    not_loaded_says_what_to_include,
    rows_round_trip_through_json,
    json_tells_no_row_from_not_loaded,
    json_leaves_out_what_is_not_loaded_and_has_join_rows_and_labels,
    nested_projections_have_parameters_and_need_no_clone,
    loaded_relations_survive_updates_and_reloads,
    keys_that_the_database_finds_equal_relate,
    decimals_are_keys_whatever_zeros_they_end_with,
    many_parents_are_loaded,
    keys_that_may_be_null_relate,
    trees_in_one_table_are_loaded,
    keys_of_two_columns_relate,
    a_relation_included_twice_alike_is_loaded_once,
    a_relation_included_twice_differently_is_refused,
    keys_beyond_signed_integers_relate,
    includes_of_a_selection_are_refused,
    debug_output_shows_loaded_relations,
}
