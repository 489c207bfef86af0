//! A crate that insists on documentation and allows no warning derives everything.
#![deny(missing_docs, unused_qualifications, warnings)]

use chrono::{DateTime, Utc};
use orm::prelude::*;

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Enum)]
pub enum Role {
    /// Read.
    Member,
    /// Write.
    Admin,
}

/// An address.
#[derive(Debug, Clone, PartialEq, orm::Value)]
pub struct Email(String);

/// People.
///
/// More about them.
#[derive(Debug, Clone, Model)]
#[orm(timestamps, paranoid, index(name, desc(age), name = "by_name"), check("age > 0"))]
pub struct User {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The address.
    #[orm(unique, length = 120)]
    pub email: Email,
    /// The name.
    pub name: Option<String>,
    /// What they may do.
    #[orm(default = Role::Member)]
    pub role: Role,
    /// The age.
    pub age: Option<i32>,
    /// How often they came.
    #[orm(default = 0)]
    pub visits: u32,
    /// When they were added.
    pub created_at: DateTime<Utc>,
    /// When they were changed.
    pub updated_at: DateTime<Utc>,
    /// When they were removed.
    pub deleted_at: Option<DateTime<Utc>>,
    /// What they wrote.
    pub posts: HasMany<Post>,
    /// What they wrote of the first kind.
    #[orm(filter = Post::KIND.eq("first"))]
    pub first_posts: HasMany<Post>,
    /// Where they belong.
    pub groups: BelongsToMany<Group, Membership>,
    /// Name and address.
    #[orm(computed = User::make_label)]
    pub label: String,
}

impl User {
    fn make_label(&self) -> String {
        format!("{:?} <{}>", self.name, self.email.0)
    }
}

/// Texts.
#[derive(Debug, Clone, Model)]
pub struct Post {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// Who wrote it.
    pub user_id: i64,
    /// Its kind.
    pub r#kind: String,
    /// Who wrote it.
    #[orm(belongs_to, on_delete = cascade)]
    pub user: BelongsTo<User>,
}

/// Who belongs where.
#[derive(Debug, Clone, Model)]
#[orm(primary_key(user_id, group_id))]
pub struct Membership {
    /// Who.
    pub user_id: i64,
    /// Where.
    pub group_id: i64,
    /// Who.
    pub user: BelongsTo<User>,
    /// Where.
    pub group: BelongsTo<Group>,
}

/// Groups.
#[derive(Debug, Clone, Model)]
pub struct Group {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The name.
    #[orm(default = "none")]
    pub name: Option<String>,
}

/// A text and who wrote it.
#[derive(Debug, Projection)]
#[orm(model = Post)]
pub struct Card {
    /// The key.
    pub id: i64,
    /// Who wrote it.
    #[orm(path = user(User).name)]
    pub by: Option<String>,
    /// Its kind.
    #[orm(column = kind)]
    pub sort: String,
}

fn main() {
    let def = User::DEF;
    assert_eq!((def.name, def.table.name, def.comment), ("User", "users", "People."));
    assert_eq!(def.primary_key, [0]);
    assert_eq!((def.created_at, def.updated_at, def.deleted_at), (Some(6), Some(7), Some(8)));
    assert!(def.columns[0].auto_increment);
    assert_eq!(def.columns[1].length, Some(120));
    assert!(def.columns[2].nullable && !def.columns[1].nullable);
    assert_eq!(def.columns[2].comment, "The name.");
    assert_eq!(def.indexes.len(), 2);
    assert_eq!(def.relations.len(), 3);
    let groups = def.relation("groups").unwrap();
    assert_eq!((groups.keys()[0].from.name, groups.keys()[0].to.name), ("id", "user_id"));
    let through = groups.between().unwrap();
    assert_eq!(through.model.name, "Membership");
    assert_eq!((through.keys[0].from.name, through.keys[0].to.name), ("group_id", "id"));
    assert_eq!(Membership::DEF.primary_key, [0, 1]);
    assert!(Membership::DEF.auto_increment().is_none());
    assert_eq!((Role::Admin.as_str(), Role::LABELS), ("admin", &["member", "admin"][..]));
    let _ = Post::create().user_id(1).kind("a");
    let _ = (Post::find_all().project::<Card>(), Membership::find_by_pk((1, 2)), User::aggregate(User::AGE.max()));
}
