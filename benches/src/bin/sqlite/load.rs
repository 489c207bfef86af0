//! 1,000 users with 10 posts and 3 comments each.

use orm::{Refine as _, RefineRows as _, Statements as _};
use orm_benches::Group;
use tokio::runtime::Runtime;

use super::Place;
use super::hand::{SCRIPT, by_hand};
use super::tree::{Post, User};

mod diesels {
    use diesel::prelude::*;

    diesel::table! {
        users (id) { id -> BigInt, name -> Text, }
    }
    diesel::table! {
        posts (id) { id -> BigInt, user_id -> BigInt, title -> Text, }
    }
    diesel::table! {
        comments (id) { id -> BigInt, post_id -> BigInt, text -> Text, }
    }

    #[derive(Queryable, Identifiable)]
    pub struct User {
        pub id: i64,
        pub name: String,
    }
    #[derive(Queryable, Identifiable, Associations)]
    #[diesel(belongs_to(User))]
    pub struct Post {
        pub id: i64,
        pub user_id: i64,
        pub title: String,
    }
    #[derive(Queryable, Identifiable, Associations)]
    #[diesel(belongs_to(Post))]
    pub struct Comment {
        pub id: i64,
        pub post_id: i64,
        pub text: String,
    }

    pub fn load(c: &mut SqliteConnection) -> Vec<(User, Vec<(Post, Vec<Comment>)>)> {
        let users = users::table.load::<User>(c).unwrap();
        let posts = Post::belonging_to(&users).order(posts::id).load::<Post>(c).unwrap();
        let comments = Comment::belonging_to(&posts).order(comments::id).load::<Comment>(c).unwrap();
        let comments = comments.grouped_by(&posts);
        let posts = posts.into_iter().zip(comments).grouped_by(&users);
        users.into_iter().zip(posts).collect()
    }
}

pub mod seas {
    pub mod user {
        use sea_orm::entity::prelude::*;

        #[sea_orm::model]
        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "users")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i64,
            pub name: String,
            #[sea_orm(has_many)]
            pub posts: HasMany<super::post::Entity>,
        }

        impl ActiveModelBehavior for ActiveModel {}
    }
    pub mod post {
        use sea_orm::entity::prelude::*;

        #[sea_orm::model]
        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "posts")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i64,
            pub user_id: i64,
            pub title: String,
            #[sea_orm(belongs_to, from = "user_id", to = "id")]
            pub user: BelongsTo<super::user::Entity>,
            #[sea_orm(has_many)]
            pub comments: HasMany<super::comment::Entity>,
        }

        impl ActiveModelBehavior for ActiveModel {}
    }
    pub mod comment {
        use sea_orm::entity::prelude::*;

        #[sea_orm::model]
        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "comments")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i64,
            pub post_id: i64,
            pub text: String,
            #[sea_orm(belongs_to, from = "post_id", to = "id")]
            pub post: BelongsTo<super::post::Entity>,
        }

        impl ActiveModelBehavior for ActiveModel {}
    }
}

pub fn run(rt: &Runtime) {
    let place = Place::Memory;
    let mut group = Group::new(rt, "1,000 users, 10 posts each, 3 comments each", 41_000, "by hand, keys as JSON");
    let db = rt.block_on(super::ours::open(&place, SCRIPT));
    {
        let users = rt.block_on(User::find_all().include(User::POSTS.include(Post::COMMENTS)).exec(&db)).unwrap();
        let posts = users.iter().flat_map(|user| user.posts.get().unwrap());
        let comments = posts.clone().flat_map(|post| post.comments.get().unwrap());
        assert_eq!((users.len(), posts.clone().count(), comments.count()), (1000, 10_000, 30_000));
        assert!(users.iter().all(|user| user.posts.get().unwrap().iter().all(|post| post.user_id == user.id)));
    }
    group.with("orm, include", async move || {
        User::find_all().include(User::POSTS.include(Post::COMMENTS)).exec(&db).await.unwrap()
    });
    let c = super::raw::open(&place, SCRIPT);
    group.sync("by hand, keys as JSON", move || by_hand(&c, None, true));
    let c = super::raw::open(&place, SCRIPT);
    group.sync("by hand, whole tables", move || by_hand(&c, None, false));
    let mut c = super::diesels::open(&place, SCRIPT);
    group.sync("diesel, belonging_to and grouped_by", move || diesels::load(&mut c));
    let db = rt.block_on(super::seas::open(&place, SCRIPT));
    group.with("sea-orm, Entity::load().with()", async move || {
        use seas::{comment, post, user};
        user::Entity::load().with((post::Entity, comment::Entity)).all(&db).await.unwrap()
    });
    group.run();

    // A part of the parents, so that reading whole tables would read too much.
    for n in [10_i64, 200] {
        let title = format!("{n} of 1,000 users, 10 posts each, 3 comments each");
        let mut group = Group::new(rt, title, 41 * n as u64, "by hand, keys as JSON");
        let db = rt.block_on(super::ours::open(&place, SCRIPT));
        group.with("orm, include", async move || {
            let users = User::find_all().filter(User::ID.le(n));
            users.include(User::POSTS.include(Post::COMMENTS)).exec(&db).await.unwrap()
        });
        let c = super::raw::open(&place, SCRIPT);
        group.sync("by hand, keys as JSON", move || by_hand(&c, Some(n), true));
        group.run();
    }
}
