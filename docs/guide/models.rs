//! The models that the chapters of the guide share. The chapter on models shows them.

use orm::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Enum)]
pub enum Role {
    Member,
    Admin,
}

/// People who can sign in.
#[derive(Debug, Clone, Model)]
#[orm(timestamps, paranoid)]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 120)]
    pub email: String,
    pub name: Option<String>,
    #[orm(default = Role::Member)]
    pub role: Role,
    #[orm(default = 0)]
    pub visits: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub profile: HasOne<Profile>,
    pub posts: HasMany<Post>,
    pub groups: BelongsToMany<Group, Membership>,
}

#[derive(Debug, Clone, Model)]
pub struct Profile {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique)]
    pub user_id: i64,
    pub bio: String,
    #[orm(on_delete = cascade)]
    pub user: BelongsTo<User>,
}

#[derive(Debug, Clone, Model)]
pub struct Post {
    #[orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub title: String,
    #[orm(default = false)]
    pub published: bool,
    #[orm(default = 0)]
    pub views: i32,
    #[orm(on_delete = cascade)]
    pub user: BelongsTo<User>,
    pub comments: HasMany<Comment>,
}

#[derive(Debug, Clone, Model)]
pub struct Comment {
    #[orm(primary_key)]
    pub id: i64,
    pub post_id: i64,
    pub user_id: Option<i64>,
    pub text: String,
    #[orm(on_delete = cascade)]
    pub post: BelongsTo<Post>,
    #[orm(on_delete = set_null)]
    pub user: BelongsTo<User>,
}

#[derive(Debug, Clone, Model)]
pub struct Group {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 60)]
    pub name: String,
    #[orm(through = Membership)]
    pub users: BelongsToMany<User>,
}

#[derive(Debug, Clone, Model)]
#[orm(primary_key(user_id, group_id))]
pub struct Membership {
    pub user_id: i64,
    pub group_id: i64,
    #[orm(default = false)]
    pub owner: bool,
    #[orm(on_delete = cascade)]
    pub user: BelongsTo<User>,
    #[orm(on_delete = cascade)]
    pub group: BelongsTo<Group>,
}
