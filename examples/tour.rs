//! The tour of the README, as a program that runs: every piece of code there is a piece of this file.

use std::time::Duration;

use orm::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Enum)]
enum Role {
    Member,
    Admin,
}

/// People who can sign in.
#[derive(Debug, Clone, Model)]
#[orm(timestamps, paranoid, index(name))]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 120)]
    email: String,
    name: Option<String>,
    #[orm(default = Role::Member)]
    role: Role,
    #[orm(default = 0)]
    visits: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    posts: HasMany<Post>,
    groups: BelongsToMany<Group, Membership>,
}

#[derive(Debug, Clone, Model)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    user_id: i64,
    title: String,
    #[orm(default = false)]
    published: bool,
    #[orm(on_delete = cascade)]
    user: BelongsTo<User>,
}

#[derive(Debug, Clone, Model)]
struct Group {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 60)]
    name: String,
    #[orm(through = Membership)]
    users: BelongsToMany<User>,
}

#[derive(Debug, Clone, Model)]
#[orm(primary_key(user_id, group_id))]
struct Membership {
    user_id: i64,
    group_id: i64,
    #[orm(default = false)]
    owner: bool,
    user: BelongsTo<User>,
    group: BelongsTo<Group>,
}

#[derive(Debug, Clone, OneOf)]
enum Subject {
    Post(Post),
    Group(Group),
}

#[derive(Debug, Clone, Model)]
struct Report {
    #[orm(primary_key)]
    id: i64,
    reason: String,
    post_id: Option<i64>,
    group_id: Option<i64>,
    #[orm(one_of(Post, Group))]
    subject: BelongsTo<Subject>,
}

#[derive(Debug, Clone, Projection)]
#[orm(model = User)]
struct Profile {
    name: Option<String>,
    #[orm(count = groups)]
    groups: i64,
    #[orm(nested = User::POSTS.order_by(Post::ID.desc()))]
    posts: Vec<Headline>,
}

#[derive(Debug, Clone, Projection)]
#[orm(model = Post)]
struct Headline {
    title: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let db = connect("sqlite::memory:").await?;
    db.create_tables::<(User, Post, Group, Membership, Report)>().await?;
    create(&db).await?;
    find(&db, Some(Role::Member)).await?;
    relations(&db).await?;
    change(&db).await?;
    transactions(&db).await?;
    errors(&db).await?;
    raw(&db).await
}

async fn create(db: &Database) -> Result<()> {
    let ada = User::create().email("ada@example.com").name("Ada").role(Role::Admin).exec(db).await?;
    let rows = ["bob", "cy"].map(|name| User::create().email(format!("{name}@example.com")).name(name));
    let users: Vec<User> = User::bulk_create(rows).exec(db).await?;
    let (group, created) = Group::find_or_create()
        .filter(Group::NAME.eq("Engines"))
        .defaults(Group::create().name("Engines"))
        .exec(db)
        .await?;
    let rows = [Group::create().name("Engines"), Group::create().name("Birds")];
    Group::bulk_create(rows).on_conflict(Group::NAME).do_nothing().exec(db).await?;

    println!("{} and {} others; {} is {}", ada.email, users.len(), group.name, if created { "new" } else { "old" });
    Ok(())
}

async fn find(db: &Database, role: Option<Role>) -> Result<()> {
    let some: Vec<User> = User::find_all()
        .filter(User::VISITS.ge(1).or(User::NAME.is_not_null()))
        .filter_if(role, |role| User::ROLE.eq(role))
        .order_by((User::NAME.asc().nulls_last(), User::ID.desc()))
        .limit(10)
        .exec(db)
        .await?;
    let one: Option<User> = User::find_by_pk(1).exec(db).await?;
    let ada: User = User::find_one().filter(User::EMAIL.eq("ada@example.com")).required(db).await?;
    let page: Page<User> = User::find_and_count_all().order_by(User::ID.asc()).limit(2).offset(1).exec(db).await?;
    let any: bool = User::exists().filter(User::NAME.is_null()).exec(db).await?;

    let roles: Vec<(Role, i64, Option<i32>)> = User::find_all()
        .select((User::ROLE, count_all(), User::VISITS.max()))
        .group_by(User::ROLE)
        .having(count_all().gt(1))
        .exec(db)
        .await?;

    let mut rows = User::find_all().stream(db);
    while let Some(user) = rows.next().await {
        println!("{}", user?.email);
    }
    println!("{} {:?} {} {} {any} {roles:?}", some.len(), one.map(|user| user.name), ada.email, page.count);
    Ok(())
}

async fn relations(db: &Database) -> Result<()> {
    let ada = User::find_by_pk(1).required(db).await?;
    let group = Group::find_one().required(db).await?;
    ada.posts().create().title("Notes").published(true).exec(db).await?;
    ada.groups().add(&group).with(Membership::OWNER, true).exec(db).await?; // or by its key: .add(1)
    let birds = ada.groups().create().name("Bird watchers").exec(db).await?;
    ada.groups().set([&group, &birds]).exec(db).await?;
    let drafts = ada.posts().filter(Post::PUBLISHED.eq(false)).count(db).await?;

    let users = User::find_all()
        .include((User::POSTS.filter(Post::PUBLISHED.eq(true)).order_by(Post::ID.desc()).limit(3), User::GROUPS))
        .exec(db)
        .await?;
    for user in &users {
        println!("{}: {} posts", user.email, user.posts.get()?.len());
        for (group, membership) in user.groups.pairs()? {
            println!("  in {}, as its owner: {}", group.name, membership.owner);
        }
    }

    let titles: Vec<(User, Vec<(i64, String)>)> =
        User::find_all().with_related(User::POSTS.order_by(Post::ID).select((Post::ID, Post::TITLE))).exec(db).await?;
    let mut posts = Post::find_all().exec(db).await?;
    orm::load(&mut posts, Post::USER.include(User::GROUPS), db).await?;

    let authors = User::find_all().filter(User::POSTS.any(Post::TITLE.starts_with("N"))).exec(db).await?;
    let busy =
        User::find_all().filter(User::POSTS.count().gt(10)).order_by(User::POSTS.count().desc()).exec(db).await?;
    let of_ada = Post::find_all().filter(Post::USER.col(User::NAME).eq("Ada")).exec(db).await?;

    Report::create().subject(&group).reason("spam").exec(db).await?;
    let reports = Report::find_all().include(Report::SUBJECT).exec(db).await?;
    for report in &reports {
        match report.subject.get()? {
            Some(Subject::Post(post)) => println!("{}: the post {}", report.reason, post.title),
            Some(Subject::Group(group)) => println!("{}: the group {}", report.reason, group.name),
            None => {}
        }
    }

    let profiles: Vec<Profile> = User::find_all().project::<Profile>().exec(db).await?;
    for profile in &profiles {
        println!("{:?}: {} groups, {:?}", profile.name, profile.groups, profile.posts.first().map(|post| &post.title));
    }
    println!("{drafts} {} {} {} {} {}", titles.len(), posts.len(), authors.len(), busy.len(), of_ada.len());
    Ok(())
}

async fn change(db: &Database) -> Result<()> {
    let mut ada = User::find_by_pk(1).required(db).await?;
    ada.update().name("Ada L.").exec(db).await?;
    ada.increment(User::VISITS, 1, db).await?;
    ada.name = None;
    ada.save(db).await?;

    let changed: u64 = User::update().visits(User::VISITS + 1).filter(User::ROLE.eq(Role::Member)).exec(db).await?;

    ada.destroy().exec(db).await?; // sets deleted_at, since User is `paranoid`
    ada.restore(db).await?;
    let deleted: u64 = Post::destroy().filter(Post::PUBLISHED.eq(false)).exec(db).await?;

    println!("{changed} changed, {deleted} deleted, {} visits", ada.visits);
    Ok(())
}

async fn transactions(db: &Database) -> Result<()> {
    let post: Post = db
        .transaction(async |tx| {
            let cy = User::create().email("dee@example.com").exec(tx).await?;
            cy.posts().create().title("All or nothing").exec(tx).await
        })
        .await?;

    let options = TransactionOptions::new()
        .isolation(Isolation::Serializable)
        .retries(5) // after deadlocks and serialization failures
        .timeout(Duration::from_secs(3));
    db.transaction_with(options, async |tx| {
        let user = User::find_by_pk(1).required(tx).await?;
        tx.transaction(async |savepoint| user.posts().create().title("Nested").exec(savepoint).await).await
    })
    .await?;

    let tx = db.begin().await?;
    Post::destroy().filter(Post::ID.eq(post.id)).exec(&tx).await?;
    tx.commit().await?;
    Ok(())
}

async fn errors(db: &Database) -> Result<()> {
    match User::create().email("bob@example.com").exec(db).await {
        Ok(user) => println!("welcome, {}", user.email),
        Err(error) if error.kind() == ErrorKind::UniqueViolation => println!("taken: {:?}", error.columns()),
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn raw(db: &Database) -> Result<()> {
    let rows = db.query::<(i64, Option<String>)>("SELECT id, name FROM users WHERE visits > ?", (0,)).await?;
    let done = db.execute(orm::sql("UPDATE users SET visits = 0 WHERE id = {}"), (1,)).await?;
    let sql = User::find_all().filter(User::ID.eq(1)).to_sql(db.dialect())?.sql;

    println!("{} {} {sql}", rows.len(), done.rows_affected);
    Ok(())
}
