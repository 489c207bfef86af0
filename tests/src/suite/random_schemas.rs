//! Random pairs of schemas: the plan from one to the other leaves nothing to do, the way back gives what was there, and rows
//! keep what they had in the columns that stay. `ORM_TEST_SCHEMAS` says how many pairs.

use std::collections::BTreeMap;
use std::fmt::Write;

use orm::dialect::introspect::words;
use orm::migrate::{Migration, Migrations, Migrator, PlanOptions, plan_schema};
use orm::model::OnDelete;
use orm::prelude::*;
use orm::schema::{
    Check, CheckCondition, Column, ColumnDefault, ColumnType, EnumType, ForeignKey, Generated, Index, IndexKey,
    PrimaryKey, Schema, Table,
};
use orm::{Result, SqlType, Value};

use crate::Test;
use crate::cases::cases;
use crate::test::{quoted, schemas};

/// Random numbers from a seed (Marsaglia's xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % sides
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.roll(all.len())]
    }
}

fn text(content: &str) -> Value {
    Value::Text(content.to_owned().into())
}

fn mood(labels: usize) -> EnumType {
    let labels = ["glad", "it's so-so", "sad", "none"].iter().take(labels).map(|label| (*label).to_owned());
    EnumType { name: "mood".into(), labels: labels.collect() }
}

/// A column of a random type, with a default that suits it.
fn column(dice: &mut Dice, name: &str, labels: usize) -> Column {
    let (ty, default): (ColumnType, Option<ColumnDefault>) = match dice.roll(11) {
        0 => (SqlType::I16.into(), Some(ColumnDefault::Value(Value::I16(-7)))),
        1 => (SqlType::I32.into(), Some(ColumnDefault::Value(Value::I32(42)))),
        2 => (SqlType::I64.into(), Some(ColumnDefault::Value(Value::I64(9_000_000_000)))),
        3 => (SqlType::Bool.into(), Some(ColumnDefault::Value(Value::Bool(true)))),
        4 => (SqlType::F64.into(), Some(ColumnDefault::Value(Value::F64(1.5)))),
        5 => (SqlType::Decimal.into(), None),
        6 => (SqlType::Date.into(), Some(ColumnDefault::Sql("CURRENT_DATE".to_owned()))),
        7 => (SqlType::Timestamp.into(), Some(ColumnDefault::Now)),
        8 => (SqlType::Json.into(), None),
        9 => (ColumnType::Enum(mood(labels)), Some(ColumnDefault::Value(text("it's so-so")))),
        _ => (SqlType::Text.into(), Some(ColumnDefault::Value(text("it's \"q\" \\ back")))),
    };
    let mut column = Column { nullable: dice.one_in(2), ..Column::new(name, ty) };
    match &column.ty {
        ColumnType::Plain(SqlType::Text) => column.length = Some([20, 60, 120][dice.roll(3)]),
        ColumnType::Plain(SqlType::Decimal) => column.precision = Some((10, 2)),
        _ => {}
    }
    // Rows that are there want a value.
    column.default = default.filter(|_| !column.nullable || dice.one_in(2));
    if column.default.is_none() {
        column.nullable = true;
    }
    if dice.one_in(5) {
        column.comment = format!("what {name} is; it's \"so\"");
    }
    column
}

fn table(dice: &mut Dice, name: &str, labels: usize) -> Table {
    let id = Column { auto_increment: true, indexed: true, ..Column::new("id", SqlType::I64) };
    let mut table = Table { primary_key: Some(PrimaryKey::new(["id"])), columns: vec![id], ..Table::new(name) };
    for at in 0..=dice.roll(5) {
        let column = column(dice, &format!("c{at}"), labels);
        table.columns.push(column);
    }
    if dice.one_in(3) {
        table.comment = format!("the table {name}");
    }
    table
}

/// What follows from the columns, and some keys, indexes and checks besides.
fn complete(dice: &mut Dice, schema: &mut Schema, labels: usize) {
    let names: Vec<String> = schema.tables.iter().map(|table| table.name.name.clone()).collect();
    schema.enums.clear();
    for table in &mut schema.tables {
        let name = table.name.name.clone();
        (table.indexes, table.foreign_keys, table.checks) = (Vec::new(), Vec::new(), Vec::new());
        table.columns.retain(|column| column.name != "parent_id" && column.generated.is_none());
        if dice.one_in(2) {
            let column = Column { nullable: true, indexed: true, ..Column::new("parent_id", SqlType::I64) };
            table.columns.push(column);
            let target = dice.of(&names).as_str();
            let key = ForeignKey::new(format!("{name}_parent_id_fkey"), "parent_id", target, "id");
            let on_delete = *dice.of(&[OnDelete::NoAction, OnDelete::Cascade, OnDelete::SetNull]);
            table.foreign_keys.push(ForeignKey { on_delete, ..key });
            let keys = vec![IndexKey::column("parent_id")];
            table.indexes.push(Index::new(format!("{name}_parent_id_idx"), keys));
        }
        let mut computed = None;
        for column in &mut table.columns {
            column.indexed = matches!(column.name.as_str(), "id" | "parent_id");
            let (check, own) = match &mut column.ty {
                ColumnType::Plain(ty) if ty.is_integer() && !column.auto_increment => {
                    if column.name != "parent_id" && dice.one_in(6) {
                        computed = Some(column.name.clone());
                    }
                    (CheckCondition::Range { column: column.name.clone(), ty: *ty }, "range")
                }
                ColumnType::Enum(ty) => {
                    *ty = mood(labels);
                    if schema.enums.is_empty() {
                        schema.enums.push(ty.clone());
                    }
                    (CheckCondition::Labels { column: column.name.clone(), labels: ty.labels.clone() }, "labels")
                }
                _ => continue,
            };
            table.checks.push(Check { name: format!("{name}_{}_{own}", column.name), condition: check });
        }
        let plain = |column: &&Column| match &column.ty {
            ColumnType::Plain(ty) => !matches!(ty, SqlType::Json) && column.name != "id" && column.name != "parent_id",
            _ => false,
        };
        let columns: Vec<String> = table.columns.iter().filter(plain).map(|column| column.name.clone()).collect();
        if !columns.is_empty() && dice.one_in(2) {
            let first = dice.of(&columns).clone();
            let keys = vec![
                IndexKey::Column { name: first.clone(), descending: dice.one_in(2), prefix: None },
                IndexKey::column("id"),
            ];
            let unique = dice.one_in(2);
            let name = format!("{name}_{first}_{}", if unique { "key" } else { "idx" });
            table.indexes.push(Index { unique, ..Index::new(name, keys) });
            table.columns.iter_mut().filter(|column| column.name == first).for_each(|column| column.indexed = true);
        }
        if let Some(first) = &computed {
            let condition = CheckCondition::Sql(format!("{first} > -32000 OR {first} IS NULL"));
            table.checks.push(Check { name: format!("{name}_check1"), condition });
            let generated = Some(Generated { sql: format!("{first} / 2 + 1"), stored: true });
            table.columns.push(Column { nullable: true, generated, ..Column::new("computed", SqlType::I64) });
        }
    }
}

/// Another version of a schema, which rows of the first can become.
fn changed(dice: &mut Dice, from: &Schema, labels: usize) -> Schema {
    let mut to = from.clone();
    if to.tables.len() > 1 && dice.one_in(4) {
        let at = dice.roll(to.tables.len());
        to.tables.remove(at);
    }
    if dice.one_in(3) {
        let new = table(dice, "t9", labels);
        to.tables.push(new);
    }
    for table in &mut to.tables {
        for column in &mut table.columns {
            if column.auto_increment || column.generated.is_some() || column.name == "parent_id" {
                continue;
            }
            match dice.roll(8) {
                0 => column.length = column.length.map(|length| length + 20),
                1 => match column.ty {
                    ColumnType::Plain(SqlType::I16) => {
                        column.ty = SqlType::I32.into();
                        column.default = column.default.take().map(|_| ColumnDefault::Value(Value::I32(-7)));
                    }
                    ColumnType::Plain(SqlType::I32) => {
                        column.ty = SqlType::I64.into();
                        column.default = column.default.take().map(|_| ColumnDefault::Value(Value::I64(43)));
                    }
                    _ => {}
                },
                2 => column.comment = format!("{} again", column.comment),
                // NULLs get the default.
                3 if column.default.is_some() => column.nullable = !column.nullable,
                4 if column.nullable => column.default = None,
                _ => {}
            }
        }
        if dice.one_in(2) && table.columns.len() > 2 {
            let at = 1 + dice.roll(table.columns.len() - 1);
            table.columns.remove(at);
        }
        if dice.one_in(2) {
            let new = column(dice, "n0", labels);
            if table.column("n0").is_none() {
                table.columns.push(new);
            }
        }
    }
    complete(dice, &mut to, labels);
    to
}

/// Some rows: the defaults, and a row of NULLs where they are allowed.
async fn fill(db: &Database, schema: &Schema) -> Result<()> {
    for table in &schema.tables {
        let name = quoted(db, &table.name.name);
        let nullable: Vec<&Column> =
            table.columns.iter().filter(|column| column.nullable && column.generated.is_none()).collect();
        for id in 1..=3_i64 {
            let (mut columns, mut values) = ("id".to_owned(), id.to_string());
            for column in nullable.iter().filter(|_| id == 2) {
                let _ = write!(columns, ", {}", quoted(db, &column.name));
                values.push_str(", NULL");
            }
            db.execute(format!("INSERT INTO {name} ({columns}) VALUES ({values})"), ()).await?;
        }
    }
    Ok(())
}

/// What every table has in each column: the ids with the values as text.
type Contents = BTreeMap<(String, String), Vec<(i64, Option<String>)>>;

async fn contents(db: &Database, schema: &Schema) -> Result<Contents> {
    let ty = if matches!(db.dialect().name(), "mysql" | "mariadb") { "CHAR" } else { "TEXT" };
    let mut contents = Contents::new();
    for table in &schema.tables {
        for column in table.columns.iter().filter(|column| column.generated.is_none()) {
            let (column, from) = (quoted(db, &column.name), quoted(db, &table.name.name));
            let sql = format!("SELECT t.id, CAST(t.{column} AS {ty}) FROM {from} AS t ORDER BY t.id");
            let rows = db.query::<(i64, Option<String>)>(sql, ()).await?;
            contents.insert((table.name.name.clone(), column), rows);
        }
    }
    Ok(contents)
}

/// The schema, without what is no matter of it: the order of columns and keys, and texts beside the fields.
async fn read(db: &Database) -> Result<Vec<Table>> {
    let mut tables = db.introspect(None).await?.tables;
    tables.retain(|table| !table.name.name.starts_with("_orm"));
    tables.sort_by(|one, other| one.name.name.cmp(&other.name.name));
    for table in &mut tables {
        table.definition = None;
        table.columns.sort_by(|one, other| one.name.cmp(&other.name));
        table.indexes.iter_mut().for_each(|index| index.definition = None);
        table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
        table.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
        for check in &mut table.checks {
            if let CheckCondition::Sql(sql) = &mut check.condition {
                *sql = words(sql);
            }
        }
        table.checks.sort_by(|one, other| one.name.cmp(&other.name));
    }
    Ok(tables)
}

/// Plans what leads to a schema, with the tables that go, and runs it after what was run before.
async fn go(db: &Database, all: &mut Vec<Migration>, to: &Schema, gone: &[String], seed: u64) -> Result<()> {
    let options = gone.iter().fold(PlanOptions::new(), |options, table| options.drop_table(table.as_str()));
    let told = |error: &orm::Error| panic!("seed {seed}: {error:?}");
    let plan = plan_schema(db, to, &options).await.inspect_err(told)?;
    let mut ups = String::new();
    for file in &plan.files {
        ups.push_str(&file.up);
        let version = format!("{:04}", all.len() + 1);
        all.push(Migration::new(&version, "step", file.up.clone(), Some(file.down.clone())).unwrap());
    }
    let migrator = Migrator::new(Migrations::new(all.clone())?);
    migrator.up(db).await.inspect_err(|error| panic!("seed {seed}: {error:?}\n{ups}"))?;
    let left = plan_schema(db, to, &PlanOptions::new()).await.inspect_err(told)?;
    assert!(left.is_empty(), "seed {seed}:\n{ups}\nleaves {:?}", left.differences);
    Ok(())
}

async fn a_plan_leads_there_and_back(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let start = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let start = std::env::var("ORM_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(start as u64 | 1);
    let mut all = Vec::new();
    // Some take seconds for a pair.
    let usual = match test.backend {
        "mysql" => 8,
        "postgres" => 20,
        _ => 60,
    };
    for turn in 0..schemas(usual) {
        let seed = start.wrapping_add(turn as u64 * 2);
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let labels = 2 + dice.roll(2);
        let mut from = Schema::default();
        for at in 0..=dice.roll(3) {
            from.tables.push(table(&mut dice, &format!("t{at}"), labels));
        }
        complete(&mut dice, &mut from, labels);
        let more_labels = labels + dice.roll(2);
        let to = changed(&mut dice, &from, more_labels);

        // What the turn before has left goes.
        let there = read(&db).await?;
        let is_in = |schema: &Schema, name: &str| schema.tables.iter().any(|table| table.name.name == name);
        let gone = |schema: &Schema, there: &[Table]| -> Vec<String> {
            there.iter().map(|table| table.name.name.clone()).filter(|name| !is_in(schema, name)).collect()
        };
        for table in &there {
            let sql = format!("DELETE FROM {}", quoted(&db, &table.name.name));
            for _ in 0..there.len() {
                // Rows that others point at go after those.
                if db.execute(sql.as_str(), ()).await.is_ok() {
                    break;
                }
            }
        }
        go(&db, &mut all, &from, &gone(&from, &there), seed).await?;
        fill(&db, &from).await.inspect_err(|error| panic!("seed {seed}: {error:?}"))?;
        let (before, rows, had) = (read(&db).await?, contents(&db, &from).await?, all.len());

        go(&db, &mut all, &to, &gone(&to, &before), seed).await?;
        let same_type = |(table, column): &&(String, String)| {
            let column = column.trim_matches(|c| c == '"' || c == '`');
            let of = |schema: &Schema| {
                let table = schema.tables.iter().find(|other| other.name.name == *table);
                table.and_then(|table| table.column(column)).map(|column| column.nullable)
            };
            of(&from).is_some() && of(&from) == of(&to)
        };
        let now = contents(&db, &to).await?;
        for (place, values) in rows.iter().filter(|(place, _)| same_type(place)) {
            assert_eq!(now.get(place), Some(values), "seed {seed}: {place:?}\n{:?}", &all[had..]);
        }

        let migrator = Migrator::new(Migrations::new(all.clone())?);
        let undone = all.len() - had;
        migrator.down(&db, undone).await.inspect_err(|error| panic!("seed {seed}: {error:?}\n{:?}", &all[had..]))?;
        for (now, before) in read(&db).await?.iter().zip(&before) {
            assert_eq!(now, before, "seed {seed}:\n{:?}", &all[had..]);
        }
        let now = contents(&db, &from).await?;
        for (place, values) in rows.iter().filter(|(place, _)| same_type(place)) {
            assert_eq!(now.get(place), Some(values), "seed {seed}, back: {place:?}\n{:?}", &all[had..]);
        }
        all.truncate(had);
    }
    Ok(())
}

cases! { $ random_schemas:
    a_plan_leads_there_and_back,
}
