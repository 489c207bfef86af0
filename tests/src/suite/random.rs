//! What the database answers to random questions, held against the same questions answered in memory.

use orm::Result;
use orm::prelude::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Country, Post, PostTag, Tag};
use crate::models::people::{Person, people};

/// A condition that can be asked of the database and of a struct.
#[derive(Debug, Clone)]
enum Ask {
    Age(u8, i32),
    Score(u8, i32),
    Name(u8, usize),
    AgeIn(Vec<i32>, bool),
    ScoreIn(Vec<i32>, bool),
    NickIsNull(bool),
    Between(i32, i32),
    AgeAndScore(u8),
    Sum(i32, i32),
    Active,
    Not(Box<Ask>),
    All(Vec<Ask>),
    Any(Vec<Ask>),
}

const NAMES: [&str; 5] = ["Ada", "Bob", "Cy", "Dan", "eve"];

fn asks() -> impl Strategy<Value = Ask> {
    let leaf = prop_oneof![
        (0..6_u8, 15..62).prop_map(|(op, n)| Ask::Age(op, n)),
        (0..6_u8, 0..35).prop_map(|(op, n)| Ask::Score(op, n)),
        (0..2_u8, 0..5_usize).prop_map(|(op, i)| Ask::Name(op, i)),
        (prop::collection::vec(prop::sample::select(vec![17, 18, 36, 60, 5]), 0..4), any::<bool>())
            .prop_map(|(list, not)| Ask::AgeIn(list, not)),
        (prop::collection::vec(prop::sample::select(vec![10, 30, 5, 20, 1]), 0..4), any::<bool>())
            .prop_map(|(list, not)| Ask::ScoreIn(list, not)),
        any::<bool>().prop_map(Ask::NickIsNull),
        (10..70, 10..70).prop_map(|(low, high)| Ask::Between(low, high)),
        (0..6_u8).prop_map(Ask::AgeAndScore),
        (-20..20, 0..80).prop_map(|(add, n)| Ask::Sum(add, n)),
        Just(Ask::Active),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|ask| Ask::Not(Box::new(ask))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Ask::All),
            prop::collection::vec(inner, 0..4).prop_map(Ask::Any),
        ]
    })
}

macro_rules! compare {
    ($op:expr, $left:expr, $right:expr) => {
        match $op {
            0 => $left.eq($right),
            1 => $left.ne($right),
            2 => $left.lt($right),
            3 => $left.le($right),
            4 => $left.gt($right),
            _ => $left.ge($right),
        }
    };
}

impl Ask {
    fn condition(&self) -> Condition<Person> {
        match self {
            Self::Age(op, n) => compare!(op, Person::AGE, *n),
            Self::Score(op, n) => compare!(op, Person::SCORE, *n),
            Self::Name(op, i) => {
                if *op == 0 {
                    Person::NAME.eq(NAMES[*i])
                } else {
                    Person::NAME.ne(NAMES[*i])
                }
            }
            Self::AgeIn(list, false) => Person::AGE.in_(list.clone()),
            Self::AgeIn(list, true) => Person::AGE.not_in(list.clone()),
            Self::ScoreIn(list, false) => Person::SCORE.in_(list.clone()),
            Self::ScoreIn(list, true) => Person::SCORE.not_in(list.clone()),
            Self::NickIsNull(true) => Person::NICK.is_null(),
            Self::NickIsNull(false) => Person::NICK.is_not_null(),
            Self::Between(low, high) => Person::AGE.between(*low, *high),
            Self::AgeAndScore(op) => compare!(op, Person::AGE, Person::SCORE),
            Self::Sum(add, n) => (Person::AGE + *add).gt(*n),
            Self::Active => Person::ACTIVE.is_true(),
            Self::Not(ask) => !ask.condition(),
            Self::All(asks) => all_of(asks.iter().map(Self::condition)),
            Self::Any(asks) => any_of(asks.iter().map(Self::condition)),
        }
    }

    /// The answer of SQL's three-valued logic.
    fn answer(&self, person: &Person) -> Option<bool> {
        let member = |list: &[i32], value: Option<i32>, not: bool| match value {
            _ if list.is_empty() => Some(not),
            Some(value) => Some(list.contains(&value) != not),
            None => None,
        };
        match self {
            Self::Age(op, n) => Some(compare!(op, person.age, n)),
            Self::Score(op, n) => person.score.map(|score| compare!(op, score, n)),
            Self::Name(op, i) => Some((person.name == NAMES[*i]) == (*op == 0)),
            Self::AgeIn(list, not) => member(list, Some(person.age), *not),
            Self::ScoreIn(list, not) => member(list, person.score, *not),
            Self::NickIsNull(yes) => Some(person.nick.is_none() == *yes),
            Self::Between(low, high) => Some((*low..=*high).contains(&person.age)),
            Self::AgeAndScore(op) => person.score.map(|score| compare!(op, person.age, &score)),
            Self::Sum(add, n) => Some(person.age + add > *n),
            Self::Active => Some(person.active),
            Self::Not(ask) => ask.answer(person).map(|yes| !yes),
            Self::All(asks) => {
                let answers: Vec<Option<bool>> = asks.iter().map(|ask| ask.answer(person)).collect();
                if answers.contains(&Some(false)) {
                    Some(false)
                } else if answers.contains(&None) {
                    None
                } else {
                    Some(true)
                }
            }
            Self::Any(asks) => {
                let answers: Vec<Option<bool>> = asks.iter().map(|ask| ask.answer(person)).collect();
                if answers.contains(&Some(true)) {
                    Some(true)
                } else if answers.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
        }
    }
}

async fn filters_answer_as_in_memory(test: Test) -> Result<()> {
    let db = test.with::<Person>().await?;
    let all = people(&db).await?;
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..300 {
        let ask = asks().new_tree(&mut runner).unwrap().current();
        let expected: Vec<i64> =
            all.iter().filter(|person| ask.answer(person) == Some(true)).map(|person| person.id).collect();
        let find = Person::find_all().filter(ask.condition()).select(Person::ID).order_by(Person::ID.asc());
        let found = find.exec(&db).await?;
        assert_eq!(found, expected, "{ask:?}");
        // Negated, it finds those for which the answer is no.
        let none = Person::count().filter(!ask.condition()).exec(&db).await?;
        let expected = all.iter().filter(|person| ask.answer(person) == Some(false)).count();
        assert_eq!(none, expected as u64, "not {ask:?}");
    }
    Ok(())
}

/// How one level of a tree is loaded.
#[derive(Debug, Clone)]
struct Level {
    /// Rows whose number modulo 3 is this are left out.
    without: Option<i32>,
    descending: bool,
    limit: Option<u64>,
    offset: Option<u64>,
    required: bool,
}

impl Level {
    /// The rows of one parent that are loaded, in order.
    fn pick<T>(&self, mut rows: Vec<T>, number: impl Fn(&T) -> i32, id: impl Fn(&T) -> i64) -> Vec<T> {
        rows.retain(|row| self.without.is_none_or(|without| number(row) % 3 != without));
        rows.sort_by_key(|row| (number(row), id(row)));
        if self.descending {
            rows.reverse();
        }
        let offset = usize::try_from(self.offset.unwrap_or(0)).unwrap();
        let limit = self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
        rows.into_iter().skip(offset).take(limit).collect()
    }
}

fn levels() -> impl Strategy<Value = Level> {
    let part = (prop::option::of(0..3_i32), any::<bool>(), prop::option::of(1..4_u64), prop::option::of(0..3_u64));
    (part, prop::bool::weighted(0.2)).prop_map(|((without, descending, limit, offset), required)| Level {
        without,
        descending,
        limit,
        offset,
        // What `required` means together with a page of the related rows is another question.
        required: required && limit.is_none() && offset.is_none(),
    })
}

macro_rules! level {
    ($relation:expr, $level:expr, $number:expr, $id:expr) => {{
        let level: &Level = $level;
        let mut include = $relation.order_by(()).filter_if(level.without, |without| ($number % 3).ne(without));
        include = if level.descending {
            include.order_by(($number.desc(), $id.desc()))
        } else {
            include.order_by(($number.asc(), $id.asc()))
        };
        if let Some(limit) = level.limit {
            include = include.limit(limit);
        }
        if let Some(offset) = level.offset {
            include = include.offset(offset);
        }
        if level.required {
            include = include.required();
        }
        include
    }};
}

/// What was loaded: authors with their posts, each with its comments and tags (with their weights).
type Tree = Vec<(i64, Vec<(i64, Vec<i64>, Vec<(i64, i32)>, i64)>)>;

async fn include_trees_are_as_in_memory(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    let mut runner = TestRunner::new(Config::default());
    let mut numbers =
        |count: usize, most: i64| prop::collection::vec(0..most, count).new_tree(&mut runner).unwrap().current();
    Country::create().name("c").exec(&db).await?;
    let authors = (0..6).map(|i| Author::create().name(format!("{i}")).country_id(1));
    let authors = Author::bulk_create(authors).exec(&db).await?;
    let (of, views) = (numbers(30, 6), numbers(30, 20));
    let posts = of.iter().zip(&views).map(|(author, views)| {
        Post::create().author_id(author + 1).reviewer_id(None).title("p").views(i32::try_from(*views).unwrap())
    });
    let posts = Post::bulk_create(posts).exec(&db).await?;
    let (of, likes) = (numbers(80, 30), numbers(80, 9));
    let comments = of
        .iter()
        .zip(&likes)
        .map(|(post, likes)| Comment::create().post_id(post + 1).text("c").likes(i32::try_from(*likes).unwrap()));
    let comments = Comment::bulk_create(comments).exec(&db).await?;
    let tags = Tag::bulk_create((0..5).map(|i| Tag::create().label(format!("t{i}")))).exec(&db).await?;
    let mut links: Vec<(i64, i64)> = numbers(60, 150).into_iter().map(|n| (n / 5 + 1, n % 5 + 1)).collect();
    links.sort_unstable();
    links.dedup();
    let between = links.iter().map(|(post, tag)| {
        PostTag::create().post_id(*post).tag_id(*tag).weight(i32::try_from(post * 10 + tag).unwrap())
    });
    PostTag::bulk_create(between).count(&db).await?;

    for _ in 0..40 {
        let plan = (levels(), levels(), levels()).new_tree(&mut runner).unwrap().current();
        let (of_posts, of_comments, of_tags) = (&plan.0, &plan.1, &plan.2);
        let tag_number = Tag::ID.cast::<i32>();
        let tags_include = {
            let mut include =
                Post::TAGS.order_by(()).filter_if(of_tags.without, |without| (tag_number.clone() % 3).ne(without));
            include =
                if of_tags.descending { include.order_by(Tag::ID.desc()) } else { include.order_by(Tag::ID.asc()) };
            if let Some(limit) = of_tags.limit {
                include = include.limit(limit);
            }
            if let Some(offset) = of_tags.offset {
                include = include.offset(offset);
            }
            if of_tags.required { include.required() } else { include }
        };
        let include = level!(Author::POSTS, of_posts, Post::VIEWS, Post::ID).include((
            level!(Post::COMMENTS, of_comments, Comment::LIKES, Comment::ID),
            tags_include,
            Post::AUTHOR,
        ));
        let log = db.watch();
        let loaded = Author::find_all().include(include).order_by(Author::ID.asc()).exec(&db).await?;
        // One for the authors, one for each to-many relation; the posts' authors are joined.
        assert!(log.take().len() <= 4, "{plan:#?}");
        let picked =
            level!(Author::POSTS, of_posts, Post::VIEWS, Post::ID).select((Post::ID, Post::AUTHOR.col(Author::ID)));
        let beside = Author::find_all().with_related(picked).order_by(Author::ID.asc()).exec(&db).await?;
        assert!(log.take().len() <= 2, "{plan:#?}");
        let beside: Vec<_> = beside.into_iter().map(|(author, posts)| (author.id, posts)).collect();
        let mut found: Tree = Vec::new();
        for author in &loaded {
            let mut below = Vec::new();
            for post in author.posts.get()? {
                let comments = post.comments.get()?.iter().map(|comment| comment.id).collect();
                let tags = post.tags.pairs()?.map(|(tag, between)| (tag.id, between.weight)).collect();
                below.push((post.id, comments, tags, post.author.get()?.unwrap().id));
            }
            found.push((author.id, below));
        }

        let comments_of = |post: i64| {
            let rows: Vec<&Comment> = comments.iter().filter(|comment| comment.post_id == Some(post)).collect();
            of_comments.pick(rows, |row| row.likes, |row| row.id)
        };
        let tags_of = |post: i64| {
            let rows: Vec<&Tag> = tags.iter().filter(|tag| links.contains(&(post, tag.id))).collect();
            of_tags.pick(rows, |row| i32::try_from(row.id).unwrap(), |row| row.id)
        };
        let mut expected: Tree = Vec::new();
        let mut expected_beside: Vec<(i64, Vec<(i64, i64)>)> = Vec::new();
        for author in &authors {
            let mut rows: Vec<&Post> = posts.iter().filter(|post| post.author_id == author.id).collect();
            let picked = of_posts.pick(rows.clone(), |row| row.views, |row| row.id);
            if !(of_posts.required && picked.is_empty()) {
                expected_beside.push((author.id, picked.into_iter().map(|post| (post.id, author.id)).collect()));
            }
            rows.retain(|post| !(of_comments.required && comments_of(post.id).is_empty()));
            rows.retain(|post| !(of_tags.required && tags_of(post.id).is_empty()));
            let rows = of_posts.pick(rows, |row| row.views, |row| row.id);
            if of_posts.required && rows.is_empty() {
                continue;
            }
            let below = rows.into_iter().map(|post| {
                let comments = comments_of(post.id).into_iter().map(|row| row.id).collect();
                let weight = |tag: &Tag| i32::try_from(post.id * 10 + tag.id).unwrap();
                let tags = tags_of(post.id).into_iter().map(|row| (row.id, weight(row))).collect();
                (post.id, comments, tags, author.id)
            });
            expected.push((author.id, below.collect()));
        }
        assert_eq!(found, expected, "{plan:#?}");
        assert_eq!(beside, expected_beside, "{plan:#?}");
    }
    Ok(())
}

cases! { $ random:
    filters_answer_as_in_memory,
    include_trees_are_as_in_memory,
}
