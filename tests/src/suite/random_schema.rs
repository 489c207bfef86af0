//! Random schemas: their tables are created, whatever points at what, and dropped without leftovers.

use std::collections::BTreeSet;

use orm::Result;
use orm::dialect::ddl;
use orm::model::OnDelete;
use orm::prelude::*;
use orm::query::apply_operations;
use orm::schema::{
    Check, CheckCondition, Column, ColumnDefault, ColumnType, EnumType, ForeignKey, Index, IndexKey, PrimaryKey,
    QualifiedName, Schema, Table,
};
use orm::{Executor, SqlType, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::Test;
use crate::cases::cases;

/// Names in the order of the tables; some need quotes.
const NAMES: [&str; 5] = ["plain", "with space", "qu\"ote", "ti`ck", "Größe; --"];
const ACTIONS: [OnDelete; 4] = [OnDelete::NoAction, OnDelete::Restrict, OnDelete::Cascade, OnDelete::SetNull];

/// A column: its type, and whether it has a default.
fn columns() -> impl Strategy<Value = Column> {
    let mood = EnumType { name: "mood".into(), labels: vec!["ok".into(), "it's".into()] };
    let labels = mood.labels.clone();
    let text = || Value::Text("it's \\ \"x\"".into());
    let kinds: Vec<(ColumnType, Value)> = vec![
        (SqlType::Bool.into(), Value::Bool(true)),
        (SqlType::I16.into(), Value::I16(-3)),
        (SqlType::I64.into(), Value::I64(i64::MAX)),
        (SqlType::F64.into(), Value::F64(1e300)),
        (SqlType::Text.into(), text()),
        (SqlType::Bytes.into(), Value::Bytes(vec![0, 255])),
        (SqlType::Uuid.into(), Value::Uuid([7; 16])),
        (SqlType::Date.into(), Value::Date("2026-11-28".parse().unwrap())),
        (SqlType::Timestamp.into(), Value::Timestamp(DateTime::UNIX_EPOCH)),
        (SqlType::Decimal.into(), Value::Decimal("-1.5".into())),
        (SqlType::Json.into(), Value::Json("[1]".into())),
        (ColumnType::Enum(mood), Value::Text("it's".into())),
        (ColumnType::EnumText(labels), Value::Text("ok".into())),
    ];
    let length = prop_oneof![Just(None), Just(Some(60))];
    (prop::sample::select(kinds), length, any::<bool>(), any::<bool>()).prop_map(
        |((ty, value), length, null, given)| {
            let length = length.filter(|_| matches!(ty, ColumnType::Plain(SqlType::Text | SqlType::Bytes)));
            let precision = matches!(ty, ColumnType::Plain(SqlType::Decimal)).then_some((12, 3));
            let default = given.then_some(ColumnDefault::Value(value));
            Column { length, precision, default, nullable: null, ..Column::new("", ty) }
        },
    )
}

/// A table before it has a name: columns, which of them are indexed, and which tables are pointed at.
#[derive(Debug, Clone)]
struct Draft {
    columns: Vec<Column>,
    indexes: Vec<(Vec<prop::sample::Index>, bool, bool)>,
    keys: Vec<(prop::sample::Index, usize, bool)>,
}

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let indexes = (prop::collection::vec(any::<prop::sample::Index>(), 1..3), any::<bool>(), any::<bool>());
    let keys = (any::<prop::sample::Index>(), 0..ACTIONS.len(), any::<bool>());
    let draft = (
        prop::collection::vec(columns(), 1..5),
        prop::collection::vec(indexes, 0..3),
        prop::collection::vec(keys, 0..4),
    );
    let draft = draft.prop_map(|(columns, indexes, keys)| Draft { columns, indexes, keys });
    prop::collection::vec(draft, 1..=NAMES.len())
}

fn table(at: usize, draft: Draft, tables: usize) -> Table {
    let id = Column { auto_increment: true, indexed: true, ..Column::new("id", SqlType::I64) };
    let mut table = Table {
        columns: vec![id],
        primary_key: Some(PrimaryKey::new(["id"])),
        comment: "it's a table".into(),
        ..Table::new(NAMES[at])
    };
    for (i, column) in draft.columns.into_iter().enumerate() {
        let name = format!("c{i} {}", NAMES[i % NAMES.len()]);
        if let ColumnType::Enum(EnumType { labels, .. }) | ColumnType::EnumText(labels) = &column.ty {
            let condition = CheckCondition::Labels { column: name.clone(), labels: labels.clone() };
            table.checks.push(Check { name: format!("t{at} {name} labels"), condition });
        }
        table.columns.push(Column { name, ..column });
    }
    for (i, (columns, unique, descending)) in draft.indexes.into_iter().enumerate() {
        let is_key = |column: &Column| !matches!(column.ty, ColumnType::Plain(SqlType::Json));
        let candidates: Vec<usize> = (0..table.columns.len()).filter(|at| is_key(&table.columns[*at])).collect();
        let chosen: BTreeSet<usize> = columns.iter().map(|column| *column.get(&candidates)).collect();
        let keys = chosen.iter().map(|column| {
            table.columns[*column].indexed = true;
            IndexKey::Column { name: table.columns[*column].name.clone(), descending, prefix: None }
        });
        let keys = keys.collect();
        table.indexes.push(Index { unique, ..Index::new(format!("t{at} index {i}"), keys) });
    }
    for (i, (target, action, nullable)) in draft.keys.into_iter().enumerate() {
        let name = format!("key {i}");
        table.columns.push(Column { nullable, indexed: true, ..Column::new(&*name, SqlType::I64) });
        let on_delete = if nullable { ACTIONS[action] } else { ACTIONS[action % 3] };
        let target = NAMES[target.index(tables)];
        let key = ForeignKey { on_delete, ..ForeignKey::new(format!("t{at} key {i}"), name, target, "id") };
        table.foreign_keys.push(key);
    }
    table
}

/// Tables, indexes apart from keys, and types of the database.
async fn contents(test: &Test, db: &Database) -> Result<BTreeSet<String>> {
    let sql = match test.backend {
        "sqlite" => "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND type <> 'index'",
        "postgres" => {
            "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' \
             UNION ALL SELECT typname::text FROM pg_type WHERE typtype = 'e'"
        }
        _ => "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
    };
    Ok(db.query::<String>(sql, ()).await?.into_iter().collect())
}

async fn tables_of_random_schemas_are_created_and_dropped_without_leftovers(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let dialect = db.dialect();
    let mut runner = TestRunner::new(Config::default());
    let runs = if test.backend == "sqlite" { 60 } else { 12 };
    for _ in 0..runs {
        let drafts = drafts().new_tree(&mut runner).unwrap().current();
        let count = drafts.len();
        let mut schema = Schema::default();
        for (at, draft) in drafts.into_iter().enumerate() {
            let table = table(at, draft, count);
            let enums = table.columns.iter().filter_map(|column| match &column.ty {
                ColumnType::Enum(ty) => Some(ty),
                _ => None,
            });
            schema.enums.extend(enums.take(usize::from(schema.enums.is_empty())).cloned());
            schema.tables.push(table);
        }
        let names: Vec<QualifiedName> = schema.tables.iter().map(|table| table.name.clone()).collect();
        let operations = ddl::create(&schema, &[], dialect);
        apply_operations(Executor::session(&db), &operations)
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{schema:#?}"));
        let mut expected: BTreeSet<String> = names.iter().map(|name| name.name.clone()).collect();
        if test.shape.enum_types {
            expected.extend(schema.enums.iter().map(|ty| ty.name.name.clone()));
        }
        assert_eq!(contents(&test, &db).await?, expected, "{schema:#?}");
        // What is there is left alone.
        apply_operations(Executor::session(&db), &ddl::create(&schema, &names, dialect)).await?;
        let operations = ddl::drop(&schema, &names, false, dialect);
        apply_operations(Executor::session(&db), &operations)
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{schema:#?}"));
        assert_eq!(contents(&test, &db).await?, BTreeSet::new(), "{schema:#?}");
    }
    Ok(())
}

cases! { $ random_schema:
    tables_of_random_schemas_are_created_and_dropped_without_leftovers,
}
