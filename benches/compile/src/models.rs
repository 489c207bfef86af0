//! The sources of the crates: models of 12 columns in a chain, each of which belongs to the one before and has many of the
//! next, as each library writes them. No dates, for which the libraries need different crates.

use std::fmt::Write as _;

/// The columns after the key and the key of the parent, with the attributes that mark the unique one and `pub` fields.
fn columns(unique: &str, indent: &str) -> String {
    format!(
        "{indent}pub name: String,
{indent}{unique}
{indent}pub email: String,
{indent}pub bio: Option<String>,
{indent}pub age: i32,
{indent}pub score: f64,
{indent}pub active: bool,
{indent}pub data: Vec<u8>,
{indent}pub visits: i64,
{indent}pub rank: Option<i32>,
{indent}pub note: Option<String>,
"
    )
}

fn chain(models: usize, head: &str, model: impl Fn(usize, Option<usize>, Option<usize>) -> String) -> String {
    let mut text = head.to_owned();
    for i in 0..models {
        let (parent, child) = (i.checked_sub(1), (i + 1 < models).then_some(i + 1));
        text.push_str(&model(i, parent, child));
    }
    text
}

/// The ORM of this repository.
pub fn orm(models: usize) -> String {
    let columns = columns("#[orm(unique)]", "    ");
    chain(models, "use orm::prelude::*;\n", |i, parent, child| {
        let mut relations = String::new();
        if let Some(parent) = parent {
            write!(relations, "    #[orm(key = parent_id)]\n    pub parent: BelongsTo<Model{parent}>,\n").unwrap();
        }
        if let Some(child) = child {
            write!(relations, "    #[orm(key = parent_id)]\n    pub children: HasMany<Model{child}>,\n").unwrap();
        }
        format!(
            "
#[derive(Debug, Clone, Model)]
#[orm(table = \"model{i}s\")]
pub struct Model{i} {{
    #[orm(primary_key)]
    pub id: i64,
    pub parent_id: Option<i64>,
{columns}{relations}}}
"
        )
    })
}

/// As [`orm`], without relations and other derives: what the derive makes of the columns.
pub fn orm_alone(models: usize) -> String {
    let columns = columns("#[orm(unique)]", "    ");
    chain(models, "use orm::prelude::*;\n", |i, _, _| {
        format!(
            "
#[derive(Model)]
#[orm(table = \"model{i}s\")]
pub struct Model{i} {{
    #[orm(primary_key)]
    pub id: i64,
    pub parent_id: Option<i64>,
{columns}}}
"
        )
    })
}

/// sea-orm with its compact entities.
pub fn sea_orm_compact(models: usize) -> String {
    let columns = columns("#[sea_orm(unique)]", "        ");
    chain(models, "", |i, parent, child| {
        let (mut variants, mut impls) = (String::new(), String::new());
        let mut related = |other: usize, name: &str, attribute: String| {
            write!(variants, "        #[sea_orm({attribute})]\n        {name},\n").unwrap();
            write!(
                impls,
                "    impl Related<super::model{other}::Entity> for Entity {{\n        fn to() -> RelationDef \
                 {{ Relation::{name}.def() }}\n    }}\n"
            )
            .unwrap();
        };
        if let Some(parent) = parent {
            let to = format!("super::model{parent}");
            let ends = format!("from = \"Column::ParentId\", to = \"{to}::Column::Id\"");
            related(parent, "Parent", format!("belongs_to = \"{to}::Entity\", {ends}"));
        }
        if let Some(child) = child {
            related(child, "Children", format!("has_many = \"super::model{child}::Entity\""));
        }
        format!(
            "
pub mod model{i} {{
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = \"model{i}s\")]
    pub struct Model {{
        #[sea_orm(primary_key)]
        pub id: i64,
        pub parent_id: Option<i64>,
{columns}    }}

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {{
{variants}    }}

{impls}
    impl ActiveModelBehavior for ActiveModel {{}}
}}
"
        )
    })
}

/// sea-orm with `#[sea_orm::model]`, which exceeds the default recursion limit in a chain of 24.
pub fn sea_orm_model(models: usize) -> String {
    let columns = columns("#[sea_orm(unique)]", "        ");
    chain(models, "#![recursion_limit = \"1024\"]\n", |i, parent, child| {
        let mut relations = String::new();
        if let Some(parent) = parent {
            write!(
                relations,
                "        #[sea_orm(belongs_to, from = \"parent_id\", to = \"id\")]\n        pub parent: \
                 BelongsTo<Option<super::model{parent}::Entity>>,\n"
            )
            .unwrap();
        }
        if let Some(child) = child {
            write!(
                relations,
                "        #[sea_orm(has_many)]\n        pub children: HasMany<super::model{child}::Entity>,\n"
            )
            .unwrap();
        }
        format!(
            "
pub mod model{i} {{
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = \"model{i}s\")]
    pub struct Model {{
        #[sea_orm(primary_key)]
        pub id: i64,
        pub parent_id: Option<i64>,
{columns}{relations}    }}

    impl ActiveModelBehavior for ActiveModel {{}}
}}
"
        )
    })
}

/// diesel, with one struct to read, write and relate rows and one for new rows. Only neighbours may appear in one query, which
/// makes fewer impls than `diesel print-schema`, where all tables may.
pub fn diesel(models: usize) -> String {
    let columns = columns("", "    ").replace("    \n", "");
    chain(models, "use diesel::prelude::*;\n", |i, parent, _| {
        let (mut joins, mut derives, mut belongs_to) = (String::new(), "", String::new());
        if let Some(parent) = parent {
            write!(
                joins,
                "diesel::joinable!(model{i}s -> model{parent}s (parent_id));\n\
                 diesel::allow_tables_to_appear_in_same_query!(model{parent}s, model{i}s);\n"
            )
            .unwrap();
            derives = ", Associations";
            belongs_to = format!(", belongs_to(Model{parent}, foreign_key = parent_id)");
        }
        format!(
            "
diesel::table! {{
    model{i}s (id) {{
        id -> BigInt,
        parent_id -> Nullable<BigInt>,
        name -> Text,
        email -> Text,
        bio -> Nullable<Text>,
        age -> Integer,
        score -> Double,
        active -> Bool,
        data -> Binary,
        visits -> BigInt,
        rank -> Nullable<Integer>,
        note -> Nullable<Text>,
    }}
}}
{joins}
#[derive(Debug, Clone, Queryable, Selectable, Identifiable, AsChangeset{derives})]
#[diesel(table_name = model{i}s{belongs_to})]
pub struct Model{i} {{
    pub id: i64,
    pub parent_id: Option<i64>,
{columns}}}

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = model{i}s)]
pub struct NewModel{i} {{
    pub parent_id: Option<i64>,
{columns}}}
"
        )
    })
}

/// toasty, whose derive exceeds the default recursion limit in this chain.
pub fn toasty(models: usize) -> String {
    let columns = columns("#[unique]", "    ");
    chain(models, "#![recursion_limit = \"1024\"]\nuse toasty::Deferred;\n", |i, parent, child| {
        let mut relations = String::new();
        if let Some(parent) = parent {
            write!(
                relations,
                "    #[belongs_to(key = parent_id, references = id)]\n    pub parent: Deferred<Option<Model{parent}>>,\n"
            )
            .unwrap();
        }
        if let Some(child) = child {
            write!(relations, "    #[has_many(pair = parent)]\n    pub children: Deferred<Vec<Model{child}>>,\n")
                .unwrap();
        }
        format!(
            "
#[derive(Debug, toasty::Model)]
pub struct Model{i} {{
    #[key]
    #[auto]
    pub id: u64,
    #[index]
    pub parent_id: Option<u64>,
{columns}{relations}}}
"
        )
    })
}
