//! Models with policies.

use orm::prelude::*;
use orm::{Field, Policy, Rule};

/// Who is looking.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    pub id: i64,
    pub tenant: Option<i64>,
    pub admin: bool,
    /// What a test adds to the rules.
    pub also: Also,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Also {
    #[default]
    Nothing,
    /// Rows may be changed into anything.
    AnyPostUpdate,
    /// Titles are changed by their authors only.
    OwnTitles,
    /// Nobody changes a title.
    NoTitles,
    /// Nobody sees when a document was deleted.
    NoDeletions,
    /// Documents may be created in folders of the same name as the viewer's tenant: a rule that only the database can answer.
    ByFolder,
}

/// Another type of viewer.
#[derive(Debug, Clone)]
pub struct Robot;

impl Viewer {
    pub fn of(tenant: i64, id: i64) -> Self {
        Self { id, tenant: Some(tenant), ..Self::default() }
    }

    pub fn admin() -> Self {
        Self { admin: true, ..Self::default() }
    }
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(policy = Viewer)]
pub struct Folder {
    #[orm(primary_key)]
    pub id: i64,
    pub tenant: i64,
    #[orm(length = 40)]
    pub name: String,
    pub docs: HasMany<Doc>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid, policy = (Viewer, Robot))]
pub struct Doc {
    #[orm(primary_key)]
    pub id: i64,
    pub tenant: Option<i64>,
    pub author: i64,
    #[orm(length = 40, unique)]
    pub title: String,
    /// Seen by the author.
    #[orm(length = 40)]
    pub note: Option<String>,
    #[orm(default = false)]
    pub public: bool,
    #[orm(default = 0)]
    pub reads: i32,
    pub folder_id: Option<i64>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub folder: BelongsTo<Folder>,
    pub remarks: HasMany<DocRemark>,
    #[orm(through = DocLabel)]
    pub labels: BelongsToMany<Label>,
}

/// Without a policy of its own.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct DocRemark {
    #[orm(primary_key)]
    pub id: i64,
    pub doc_id: i64,
    #[orm(length = 40)]
    pub text: String,
    pub doc: BelongsTo<Doc>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Label {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40)]
    pub name: String,
    #[orm(through = DocLabel)]
    pub docs: BelongsToMany<Doc>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(primary_key(doc_id, label_id))]
pub struct DocLabel {
    pub doc_id: i64,
    pub label_id: i64,
    pub doc: BelongsTo<Doc>,
    pub label: BelongsTo<Label>,
}

impl Policy<Folder> for Viewer {
    fn read(&self) -> Rule<Folder> {
        if self.admin { Rule::Allow } else { self.tenant.map_or(Rule::Deny, |tenant| Folder::TENANT.eq(tenant).into()) }
    }
    fn create(&self) -> Rule<Folder> {
        self.admin.into()
    }
}

impl Policy<Doc> for Viewer {
    fn read(&self) -> Rule<Doc> {
        match self.tenant {
            _ if self.admin => Rule::Allow,
            Some(tenant) => Rule::from(Doc::TENANT.eq(tenant)).or(Doc::PUBLIC),
            None => Doc::PUBLIC.into(),
        }
    }
    fn create(&self) -> Rule<Doc> {
        let own = self.tenant.map_or(Rule::Deny, |tenant| Doc::TENANT.eq(tenant).and(Doc::AUTHOR.eq(self.id)).into());
        match self.also {
            _ if self.admin => Rule::Allow,
            Also::ByFolder => own.and(Doc::FOLDER.any(Folder::NAME.eq("open"))),
            _ => own,
        }
    }
    fn update(&self) -> Rule<Doc> {
        if self.admin { Rule::Allow } else { Doc::AUTHOR.eq(self.id).into() }
    }
    fn post_update(&self) -> Rule<Doc> {
        if self.also == Also::AnyPostUpdate { Rule::Allow } else { Rule::AsUpdate }
    }
    fn delete(&self) -> Rule<Doc> {
        if self.admin { Rule::Allow } else { Rule::from(Doc::AUTHOR.eq(self.id)).unless(Doc::PUBLIC) }
    }
    fn read_field(&self, field: Field<Doc>) -> Rule<Doc> {
        if self.also == Also::NoDeletions && field.is(Doc::DELETED_AT) {
            return Rule::Deny;
        }
        if field.is(Doc::NOTE) && !self.admin { Doc::AUTHOR.eq(self.id).into() } else { Rule::Allow }
    }
    fn update_field(&self, field: Field<Doc>) -> Rule<Doc> {
        match self.also {
            Also::OwnTitles if field.is(Doc::TITLE) => Doc::AUTHOR.eq(99).into(),
            Also::NoTitles if field.is(Doc::TITLE) => Rule::Deny,
            _ => Rule::Allow,
        }
    }
}

impl Policy<Doc> for Robot {
    fn read(&self) -> Rule<Doc> {
        Doc::PUBLIC.into()
    }
}

/// The tables.
pub type Docs = (Folder, Doc, DocRemark, Label, DocLabel);
