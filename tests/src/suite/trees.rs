//! Include trees with several things at once: deleted rows at every level, columns of join rows, pages of parents and of
//! children, orders and filters over other relations, rows of one table below each other.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Country, Folder, Post, PostTag, Tag, blog};
use crate::models::yard::{Bed, Helper, Plant, Shift, Yard, Yards, yards};

async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    Ok(db)
}

async fn planted(test: &Test) -> Result<Database> {
    let db = test.with::<Yards>().await?;
    yards(&db).await?;
    Ok(db)
}

/// A bed and its plants.
type BedIds = (i64, Vec<i64>);

/// The ids of the yards, of their beds and of the plants in them.
fn ids(yards: &[Yard]) -> Vec<(i64, Vec<BedIds>)> {
    let plants = |bed: &Bed| bed.plants.get().unwrap().iter().map(|plant| plant.id).collect();
    let beds = |yard: &Yard| yard.beds.get().unwrap().iter().map(|bed| (bed.id, plants(bed))).collect();
    yards.iter().map(|yard| (yard.id, beds(yard))).collect()
}

async fn deleted_rows_are_left_out_at_each_level_unless_asked_for(test: Test) -> Result<()> {
    let db = planted(&test).await?;
    let plain = Yard::find_all().include(Yard::BEDS.include(Bed::PLANTS)).order_by(Yard::ID).exec(&db).await?;
    assert_eq!(ids(&plain), [(1, vec![(1, vec![1])]), (3, vec![])]);
    let beds = Yard::BEDS.with_deleted().include(Bed::PLANTS);
    let yards = Yard::find_all().include(beds).order_by(Yard::ID).exec(&db).await?;
    assert_eq!(ids(&yards), [(1, vec![(1, vec![1]), (2, vec![3])]), (3, vec![])]);
    let beds = Yard::BEDS.with_deleted().include(Bed::PLANTS.only_deleted());
    let yards = Yard::find_all().with_deleted().include(beds).order_by(Yard::ID).exec(&db).await?;
    assert_eq!(ids(&yards), [(1, vec![(1, vec![2]), (2, vec![4])]), (2, vec![(3, vec![6])]), (3, vec![])]);
    Ok(())
}

async fn a_deleted_row_on_the_way_hides_what_is_behind_it(test: Test) -> Result<()> {
    let db = planted(&test).await?;
    let yards = Yard::find_all()
        .include((Yard::PLANTS.with_deleted(), Yard::HELPERS.with_deleted().order_by(Helper::ID)))
        .order_by(Yard::ID)
        .exec(&db)
        .await?;
    let plants: Vec<_> = yards[0].plants.get()?.iter().map(|plant| plant.id).collect();
    assert_eq!(plants, [1, 2]);
    let helpers: Vec<_> = yards[0].helpers.pairs()?.map(|(helper, shift)| (helper.id, shift.id)).collect();
    assert_eq!(helpers.iter().map(|(helper, _)| *helper).collect::<Vec<_>>(), [1, 1, 3]);
    assert!(helpers.iter().all(|(_, shift)| *shift != 3));
    assert_eq!(Yard::count().filter(Yard::HELPERS.any(Helper::NAME.eq("Ben"))).exec(&db).await?, 0);
    Ok(())
}

async fn a_to_one_relation_finds_deleted_rows_when_asked(test: Test) -> Result<()> {
    let db = planted(&test).await?;
    for (bed, expected) in [(Plant::BED.include(Bed::YARD), [true, false]), (Plant::BED.separate(), [true, false])] {
        let plants = Plant::find_all().filter(Plant::ID.in_([1, 3])).include(bed).order_by(Plant::ID).exec(&db).await?;
        assert_eq!(plants.iter().map(|plant| plant.bed.get().unwrap().is_some()).collect::<Vec<_>>(), expected);
    }
    let log = db.watch();
    let plants = Plant::find_all()
        .filter(Plant::ID.in_([1, 3, 5]))
        .include(Plant::BED.with_deleted().include(Bed::YARD.only_deleted()))
        .order_by(Plant::ID)
        .exec(&db)
        .await?;
    assert!(log.take().len() <= 3);
    let yards: Vec<_> = plants
        .iter()
        .map(|plant| plant.bed.get().unwrap().and_then(|bed| bed.yard.get().unwrap()).map(|yard| yard.id))
        .collect();
    assert_eq!(yards, [None, None, Some(2)]);
    Ok(())
}

async fn columns_in_between_filter_and_order_what_is_included(test: Test) -> Result<()> {
    let db = planted(&test).await?;
    let log = db.watch();
    let owners = Yard::HELPERS.filter(Shift::ROLE.free().eq("own"));
    let yards = Yard::find_all().include(owners).order_by(Yard::ID).exec(&db).await?;
    assert_eq!(log.take().len(), 2);
    let found: Vec<Vec<_>> = yards
        .iter()
        .map(|yard| yard.helpers.pairs().unwrap().map(|(helper, shift)| (&*helper.name, &*shift.role)).collect())
        .collect();
    assert_eq!(found, [vec![("Ann", "own")], vec![]]);

    let longest = Yard::HELPERS.order_by(Shift::HOURS.free().desc()).limit(1);
    let yards = Yard::find_all().include(longest).order_by(Yard::ID).exec(&db).await?;
    let hours: Vec<Vec<_>> =
        yards.iter().map(|yard| yard.helpers.between().unwrap().iter().map(|shift| shift.hours).collect()).collect();
    assert_eq!(hours, [vec![5], vec![2]]);

    let owned = Yard::HELPERS.filter(Shift::ROLE.free().eq("own")).required();
    let yards = Yard::find_all().include(owned).exec(&db).await?;
    assert_eq!(yards.iter().map(|yard| yard.id).collect::<Vec<_>>(), [1]);
    let long = Shift::HOURS.free().ge(3).and(Helper::NAME.free().eq("Ann"));
    assert_eq!(Yard::find_all().filter(Yard::HELPERS.any(long)).select(Yard::ID).exec(&db).await?, [1]);
    let counts = Yard::HELPERS.count_where(Shift::ROLE.free().eq("water"));
    let counts: Vec<i64> = Yard::find_all().select(counts).order_by(Yard::ID).exec(&db).await?;
    assert_eq!(counts, [1, 1]);
    let hours = Yard::HELPERS.aggregate(Shift::HOURS.free().sum());
    let hours: Vec<Option<i64>> = Yard::find_all().select(hours).order_by(Yard::ID).exec(&db).await?;
    assert_eq!(hours, [Some(6), Some(2)]);
    Ok(())
}

async fn pages_of_children_are_ordered_and_filtered_over_other_relations(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let posts = Author::POSTS
        .filter(Post::TAGS.none(Tag::LABEL.eq("go")).and(Post::COMMENTS.count().le(3)))
        .order_by((Post::REVIEWER.col(Author::NAME).desc().nulls_last(), Post::TAGS.count().desc(), Post::ID.asc()))
        .limit(2)
        .include((Post::REVIEWER, Post::TAGS.order_by(PostTag::WEIGHT.free().desc()).limit(1)));
    let authors = Author::find_all()
        .include(posts)
        .filter(Author::COUNTRY.col(Country::NAME).eq("Norway"))
        .order_by((Author::POSTS.count().desc(), Author::ID.asc()))
        .limit(2)
        .exec(&db)
        .await?;
    assert_eq!(log.take().len(), 3);
    let found: Vec<_> = authors
        .iter()
        .map(|author| {
            let posts = author.posts.get().unwrap().iter().map(|post| {
                let tags: Vec<_> = post.tags.get().unwrap().iter().map(|tag| &*tag.label).collect();
                (&*post.title, post.reviewer.get().unwrap().map(|reviewer| &*reviewer.name), tags)
            });
            (&*author.name, posts.collect::<Vec<_>>())
        })
        .collect();
    let posts = vec![("p1", Some("Ben"), vec!["sql"]), ("p3", Some("Ben"), vec![])];
    assert_eq!(found, [("Ann", posts), ("Ben", vec![])]);
    Ok(())
}

async fn pages_of_parents_hold_only_those_with_required_rows(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let tagged = Post::TAGS.filter(Tag::LABEL.ne("go")).required();
    let find = || Author::find_all().include(Author::POSTS.required().include(tagged.clone())).order_by(Author::ID);
    let page = find().limit(1).offset(1).exec(&db).await?;
    assert!(page.is_empty(), "{page:?} {:#?}", log.texts());
    let page = find().limit(1).exec(&db).await?;
    let posts: Vec<_> = page[0].posts.get()?.iter().map(|post| (post.id, post.tags.get().unwrap().len())).collect();
    assert_eq!((page[0].id, posts), (1, vec![(1, 2), (2, 1)]));
    assert!(log.take().len() <= 4);
    let reviewed = Post::find_all()
        .include(Post::REVIEWER.required().include(Author::PROFILE.required()))
        .order_by(Post::ID.desc())
        .limit(2)
        .exec(&db)
        .await?;
    assert_eq!(log.take().len(), 1);
    assert_eq!(reviewed.iter().map(|post| post.id).collect::<Vec<_>>(), [4, 3]);
    let counted = Author::find_and_count_all().include(Author::POSTS.required()).limit(1).exec(&db).await?;
    assert_eq!((counted.count, counted.rows.len()), (2, 1));
    Ok(())
}

async fn rows_of_one_table_are_loaded_five_deep(test: Test) -> Result<()> {
    let db = test.with::<Folder>().await?;
    let mut above = Folder::create().name("0").exec(&db).await?;
    for depth in 1..=5 {
        above.children().create().name(format!("{depth}b")).exec(&db).await?;
        above = above.children().create().name(format!("{depth}a")).exec(&db).await?;
    }
    let log = db.watch();
    let children = || Folder::CHILDREN.order_by(Folder::NAME);
    let tree = children().include(children().include(children().include(children().include(children()))));
    let root = Folder::find_one().filter(Folder::PARENT_ID.is_null()).include(tree).required(&db).await?;
    assert_eq!(log.take().len(), 6);
    let mut folder = &root;
    for depth in 1..=5 {
        let names: Vec<_> = folder.children.get()?.iter().map(|child| child.name.clone()).collect();
        assert_eq!(names, [format!("{depth}a"), format!("{depth}b")]);
        folder = &folder.children.get()?[0];
    }
    assert!(folder.children.not_loaded());

    let up =
        Folder::PARENT.include(Folder::PARENT.include(Folder::PARENT.include(Folder::PARENT.include(Folder::PARENT))));
    let leaf = Folder::find_one().filter(Folder::NAME.eq("5a")).include(up).required(&db).await?;
    assert!(log.take().len() <= 2);
    let mut names = vec![leaf.name.clone()];
    let mut folder = &leaf;
    while let Ok(Some(parent)) = folder.parent.get() {
        names.push(parent.name.clone());
        folder = parent;
    }
    assert_eq!(names, ["5a", "4a", "3a", "2a", "1a", "0"]);
    Ok(())
}

async fn filters_of_an_include_say_nothing_about_the_parents(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let none = Author::find_all()
        .include((Author::POSTS.filter(Post::ID.in_([] as [i64; 0])), Author::PROFILE.limit(0)))
        .order_by(Author::ID)
        .exec(&db)
        .await?;
    assert_eq!(none.len(), 3);
    assert!(
        none.iter().all(|author| author.posts.get().unwrap().is_empty() && author.profile.get().unwrap().is_none())
    );
    let comments = Comment::find_all()
        .include(Comment::POST.include(Post::AUTHOR.filter(Author::NAME.eq("Ben"))))
        .order_by(Comment::ID)
        .exec(&db)
        .await?;
    let authors: Vec<_> = comments
        .iter()
        .map(|comment| comment.post.get().unwrap().map(|post| post.author.get().unwrap().map(|author| author.id)))
        .collect();
    assert_eq!(authors, [Some(None), Some(None), Some(None), Some(None), Some(Some(2)), None]);
    Ok(())
}

async fn an_include_in_a_transaction_sees_what_it_wrote(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let tx = db.begin().await?;
    Post::create().author_id(3).title("new").exec(&tx).await?;
    let cat = Author::find_by_pk(3).include(Author::POSTS.include(Post::AUTHOR)).required(&tx).await?;
    assert_eq!(cat.posts.get()?[0].author.get()?.map(|author| author.id), Some(3));
    tx.rollback().await?;
    let cat = Author::find_by_pk(3).include(Author::POSTS).required(&db).await?;
    assert!(cat.posts.get()?.is_empty());
    Ok(())
}

cases! { $ trees:
    deleted_rows_are_left_out_at_each_level_unless_asked_for,
    a_deleted_row_on_the_way_hides_what_is_behind_it,
    a_to_one_relation_finds_deleted_rows_when_asked,
    columns_in_between_filter_and_order_what_is_included,
    pages_of_children_are_ordered_and_filtered_over_other_relations,
    pages_of_parents_hold_only_those_with_required_rows,
    rows_of_one_table_are_loaded_five_deep,
    filters_of_an_include_say_nothing_about_the_parents,
    an_include_in_a_transaction_sees_what_it_wrote,
}
