//! Plans: what leads from the tables that a database has to those of models, applied, undone and done again.

use orm::dialect::introspect::words;
use orm::migrate::{Fill, LintOptions, Migration, Migrations, Migrator, Plan, PlanOptions, Rename, Rule, lint, plan};
use orm::prelude::*;
use orm::query::ModelList;
use orm::schema::{CheckCondition, Schema, Table};
use orm::{ErrorKind, Result};

use crate::Test;
use crate::cases::cases;

/// Versions of the same models, each one step further.
macro_rules! versions {
    ($($version:ident: { $($item:item)* })*) => {$(
        mod $version {
            #![allow(dead_code, reason = "what is read is the metadata")]
            use orm::prelude::*;
            $($item)*
        }
    )*};
}

versions! {
    first: {
        #[derive(Debug, Clone, Model)]
        #[orm(table = "people")]
        pub(super) struct Person {
            #[orm(primary_key)]
            pub(super) id: i64,
            #[orm(length = 60)]
            name: String,
            age: i32,
            #[orm(length = 40)]
            city: Option<String>,
        }
        #[derive(Debug, Clone, Model)]
        #[orm(table = "teams")]
        pub(super) struct Team {
            #[orm(primary_key)]
            id: i64,
            #[orm(length = 30)]
            code: String,
        }
    }
    added: {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        #[orm(storage = "native")]
        pub(super) enum Role { User, Admin }
        #[derive(Debug, Clone, Model)]
        #[orm(table = "people")]
        pub(super) struct Person {
            #[orm(primary_key)]
            id: i64,
            #[orm(length = 60)]
            name: String,
            age: i32,
            #[orm(length = 40)]
            city: Option<String>,
            #[orm(length = 90)]
            email: Option<String>,
            #[orm(default = 5)]
            score: i32,
            #[orm(default = Role::User)]
            role: Role,
        }
        pub(super) use super::first::Team;
    }
    dropped: {
        pub(super) use super::added::{Role, Team};
        #[derive(Debug, Clone, Model)]
        #[orm(table = "people")]
        pub(super) struct Person {
            #[orm(primary_key)]
            id: i64,
            #[orm(length = 60)]
            name: String,
            #[orm(length = 40)]
            town: Option<String>,
            #[orm(length = 90)]
            email: Option<String>,
            #[orm(default = 5)]
            score: i32,
            #[orm(default = Role::User)]
            role: Role,
        }
    }
    typed: {
        pub(super) use super::added::{Role, Team};
        #[derive(Debug, Clone, Model)]
        #[orm(table = "people")]
        pub(super) struct Person {
            #[orm(primary_key)]
            id: i64,
            #[orm(length = 120)]
            name: String,
            #[orm(length = 40)]
            town: Option<String>,
            #[orm(length = 90)]
            email: String,
            #[orm(default = 5)]
            score: i64,
            #[orm(default = Role::User)]
            role: Role,
        }
    }
    keyed: {
        pub(super) use super::added::{Role, Team};
        #[derive(Debug, Clone, Model)]
        #[orm(table = "people", index(town))]
        pub(super) struct Person {
            #[orm(primary_key)]
            id: i64,
            #[orm(length = 120)]
            name: String,
            #[orm(length = 40)]
            town: Option<String>,
            #[orm(length = 90, unique)]
            email: String,
            #[orm(default = 7, check = "score >= 0")]
            score: i64,
            #[orm(default = Role::User)]
            role: Role,
        }
    }
    related: {
        pub(super) use super::added::Team;
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        #[orm(storage = "native")]
        pub(super) enum Role { Guest, User, Editor, Admin }
        #[derive(Debug, Clone, Model)]
        #[orm(table = "people", index(town))]
        pub(super) struct Person {
            #[orm(primary_key)]
            id: i64,
            #[orm(length = 120)]
            name: String,
            #[orm(length = 40)]
            town: Option<String>,
            #[orm(length = 90, unique)]
            email: String,
            #[orm(default = 7, check = "score >= 0")]
            score: i64,
            #[orm(default = Role::Guest)]
            role: Role,
            team_id: Option<i64>,
            #[orm(belongs_to(on_delete = cascade))]
            team: BelongsTo<Team>,
        }
    }
    renamed: {
        pub(super) use super::related::Role;
        pub(super) use super::added::Team;
        #[derive(Debug, Clone, Model)]
        #[orm(table = "persons", index(town))]
        pub(super) struct Person {
            #[orm(primary_key)]
            id: i64,
            #[orm(length = 120)]
            name: String,
            #[orm(length = 40)]
            town: Option<String>,
            #[orm(length = 90, unique)]
            email: String,
            #[orm(default = 7, check = "points >= 0")]
            points: i64,
            #[orm(default = Role::Guest)]
            role: Role,
            team_id: Option<i64>,
            #[orm(belongs_to(on_delete = cascade))]
            team: BelongsTo<Team>,
        }
    }
    rekeyed: {
        pub(super) use super::related::Role;
        #[derive(Debug, Clone, Model)]
        #[orm(table = "teams")]
        pub(super) struct Team {
            #[orm(primary_key, length = 30)]
            code: String,
            id: i64,
        }
        #[derive(Debug, Clone, Model)]
        #[orm(table = "persons", index(town))]
        pub(super) struct Person {
            #[orm(primary_key)]
            id: i64,
            #[orm(length = 120)]
            name: String,
            #[orm(length = 40)]
            town: Option<String>,
            #[orm(length = 90, unique)]
            email: String,
            #[orm(default = 7, check = "points >= 0")]
            points: i64,
            #[orm(default = Role::Guest)]
            role: Role,
            team_id: Option<i64>,
        }
    }
}

/// The files of a plan as migrations, numbered on from what there is.
fn migrations(all: &mut Vec<Migration>, plan: &Plan) {
    for file in &plan.files {
        let version = format!("{:03}", all.len() + 1);
        all.push(Migration::new(&version, "step", file.up.clone(), Some(file.down.clone())).unwrap());
    }
}

async fn up(db: &Database, all: &[Migration]) -> Result<usize> {
    Ok(Migrator::new(Migrations::new(all.to_vec())?).up(db).await?.len())
}

/// What a database has beside the history.
async fn schema(db: &Database) -> Result<Schema> {
    let mut schema = db.introspect(None).await?;
    schema.tables.retain(|table| !table.name.name.starts_with("_orm"));
    for table in &mut schema.tables {
        same_in_any_order(table);
    }
    schema.tables.sort_by(|one, other| one.name.name.cmp(&other.name.name));
    Ok(schema)
}

/// Neither the order of columns and keys nor the text of a definition is a matter of the schema.
fn same_in_any_order(table: &mut Table) {
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

struct Walk {
    db: Database,
    all: Vec<Migration>,
    /// The schema before each migration's plan, with how many migrations there were.
    before: Vec<(usize, Schema)>,
}

impl Walk {
    /// Plans a step, applies it, and looks whether nothing is left to do.
    async fn step<L: ModelList>(&mut self, options: &PlanOptions) -> Result<Plan> {
        let before = schema(&self.db).await?;
        self.before.push((self.all.len(), before));
        let plan = plan(&self.db, &L::defs(), options).await?;
        assert!(!plan.is_empty());
        migrations(&mut self.all, &plan);
        let ran = up(&self.db, &self.all).await.inspect_err(|error| panic!("{error}\n{:?}", plan.files))?;
        assert_eq!(ran, plan.files.len());
        let left = self::plan(&self.db, &L::defs(), &PlanOptions::new()).await?;
        let ups: Vec<&str> = plan.files.iter().map(|file| file.up.as_str()).collect();
        assert!(left.is_empty(), "{}\n{:?}", ups.join("\n"), left.differences);
        assert_eq!(self.db.check::<L>().await?, []);
        Ok(plan)
    }
}

async fn names(db: &Database, sql: &str) -> Result<Vec<(i64, String, Option<String>)>> {
    db.query::<(i64, String, Option<String>)>(sql, ()).await
}

async fn changes_of_models_are_applied_undone_and_done_again(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let mut walk = Walk { db: db.clone(), all: Vec::new(), before: Vec::new() };
    let none = PlanOptions::new();
    walk.step::<(first::Person, first::Team)>(&none).await?;
    for (id, name, city) in [(1, "Ada", "'Paris'"), (2, "Bo", "NULL"), (7, "Cy", "'Oslo'")] {
        let sql = format!("INSERT INTO people (id, name, age, city) VALUES ({id}, '{name}', {}, {city})", id * 10);
        db.execute(sql, ()).await?;
    }
    db.execute("INSERT INTO teams (id, code) VALUES (1, 'red'), (2, 'blue')", ()).await?;
    let people = names(&db, "SELECT id, name, city FROM people ORDER BY id").await?;

    let plan = walk.step::<(added::Person, added::Team)>(&none).await?;
    assert_eq!(plan.notes, []);
    let rows = db.query::<(i64, Option<String>, i64)>("SELECT id, email, score FROM people ORDER BY id", ()).await?;
    assert_eq!(rows, [(1, None, 5), (2, None, 5), (7, None, 5)]);

    let rename = none.clone().rename(Rename::parse("people.city=town")?);
    let plan = walk.step::<(dropped::Person, dropped::Team)>(&rename).await?;
    let lost: Vec<&str> = plan.notes.iter().filter(|n| n.rule.loses_data()).map(|n| n.place.as_str()).collect();
    assert_eq!(lost, ["people.age"]);
    assert_eq!(names(&db, "SELECT id, name, town FROM people ORDER BY id").await?, people);

    let fill = none.clone().fill(Fill::parse("people.email=lower(name)")?);
    walk.step::<(typed::Person, typed::Team)>(&fill).await?;
    let emails = db.query::<String>("SELECT email FROM people ORDER BY id", ()).await?;
    assert_eq!(emails, ["ada", "bo", "cy"]);

    let plan = walk.step::<(keyed::Person, keyed::Team)>(&none).await?;
    assert!(plan.notes.iter().any(|note| note.rule == Rule::Unique), "{:?}", plan.notes);
    let error = db.execute("INSERT INTO people (name, email, score) VALUES ('x', 'ada', 1)", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    let error = db.execute("INSERT INTO people (name, email, score) VALUES ('x', 'x', -1)", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CheckViolation);

    walk.step::<(related::Person, related::Team)>(&none).await?;
    db.execute("UPDATE people SET team_id = 1, role = 'editor' WHERE id = 1", ()).await?;
    let error = db.execute("UPDATE people SET team_id = 9", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);

    let renames = none.clone().rename(Rename::parse("people=persons")?).rename(Rename::parse("persons.score=points")?);
    walk.step::<(renamed::Person, renamed::Team)>(&renames).await?;
    assert_eq!(names(&db, "SELECT id, name, town FROM persons ORDER BY id").await?, people);

    walk.step::<(rekeyed::Person, rekeyed::Team)>(&none).await?;
    let error = db.execute("INSERT INTO teams (id, code) VALUES (3, 'red')", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert_eq!(names(&db, "SELECT id, name, town FROM persons ORDER BY id").await?, people);

    // And back, step by step, to just what was there.
    let last = schema(&db).await?;
    let migrator = Migrator::new(Migrations::new(walk.all.clone())?);
    db.execute("UPDATE persons SET role = 'user' WHERE id = 1", ()).await?;
    for (count, before) in walk.before.iter().rev() {
        let applied = migrator.status(&db).await?.iter().filter(|status| status.ran.is_some()).count();
        migrator.down(&db, applied - count).await.inspect_err(|error| panic!("{error}\n{:?}", walk.all.get(*count)))?;
        let now = schema(&db).await?;
        for (now, before) in now.tables.iter().zip(&before.tables) {
            assert_eq!(now, before, "{:?}", walk.all.get(*count));
        }
        if *count > 0 {
            let (table, column) = match now.table(&"people".into()) {
                Some(table) if table.column("city").is_some() => ("people", "city"),
                Some(_) => ("people", "town"),
                None => ("persons", "town"),
            };
            let sql = format!("SELECT id, name, {column} FROM {table} ORDER BY id");
            assert_eq!(names(&db, &sql).await?, people);
        }
    }
    assert_eq!(up(&db, &walk.all).await?, walk.all.len());
    assert_eq!(schema(&db).await?.tables, last.tables);
    Ok(())
}

async fn a_plan_for_what_is_there_is_empty(test: Test) -> Result<()> {
    let db = test.with::<(related::Person, related::Team)>().await?;
    let defs = <(related::Person, related::Team)>::defs();
    let plan = plan(&db, &defs, &PlanOptions::new()).await?;
    assert!(plan.is_empty(), "{plan:#?}");
    Ok(())
}

async fn what_could_be_a_rename_is_asked(test: Test) -> Result<()> {
    let db = test.with::<(first::Person, first::Team)>().await?;
    #[derive(Debug, Clone, Model)]
    #[orm(table = "people")]
    struct Person {
        #[orm(primary_key)]
        id: i64,
        #[orm(length = 60)]
        name: String,
        age: i32,
        #[orm(length = 40)]
        town: Option<String>,
    }
    let plan = plan(&db, &Person::defs(), &PlanOptions::new()).await?;
    let asked: Vec<&Rename> = plan.questions.iter().map(|question| &question.rename).collect();
    assert_eq!(asked, [&Rename::parse("people.city=town")?]);
    // A table without a model stays.
    assert!(!plan.files.iter().any(|file| file.up.contains("teams")), "{plan:#?}");
    Ok(())
}

mod moved {
    #![allow(dead_code, reason = "what is read is the metadata")]
    use orm::prelude::*;

    #[derive(Debug, Clone, Model)]
    #[orm(table = "persons", renamed_from = "people")]
    pub(super) struct Person {
        #[orm(primary_key)]
        id: i64,
        #[orm(length = 60)]
        name: String,
        age: i32,
        #[orm(length = 40, renamed_from = "city")]
        town: Option<String>,
    }
}

/// A model may say under which names its table and columns were before; that stays right once it is done.
async fn a_model_names_what_it_was_before(test: Test) -> Result<()> {
    let db = test.with::<first::Person>().await?;
    db.execute("INSERT INTO people (name, age, city) VALUES ('Ada', 1, 'Rome')", ()).await?;
    let planned = plan(&db, &moved::Person::defs(), &PlanOptions::new()).await?;
    assert_eq!(planned.questions, []);
    let mut all = Vec::new();
    migrations(&mut all, &planned);
    up(&db, &all).await?;
    assert_eq!(db.query::<String>("SELECT town FROM persons", ()).await?, ["Rome"]);
    assert!(plan(&db, &moved::Person::defs(), &PlanOptions::new()).await?.is_empty());
    Ok(())
}

async fn what_is_not_there_cannot_be_renamed_or_dropped(test: Test) -> Result<()> {
    let db = test.with::<(first::Person, first::Team)>().await?;
    let defs = <(first::Person, first::Team)>::defs();
    for options in [
        PlanOptions::new().rename(Rename::parse("people.nothing=town")?),
        PlanOptions::new().rename(Rename::parse("nobody=people")?),
        PlanOptions::new().rename(Rename::parse("people.city=name")?),
        PlanOptions::new().drop_table("nobody"),
        PlanOptions::new().drop_table("teams"),
    ] {
        let error = plan(&db, &defs, &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Migration, "{error}");
    }
    let dropped = plan(&db, &first::Person::defs(), &PlanOptions::new().drop_table("teams")).await?;
    assert_eq!(dropped.notes.iter().map(|note| note.rule).collect::<Vec<_>>(), [Rule::DropTable]);
    Ok(())
}

mod strict {
    #![allow(dead_code, reason = "what is read is the metadata")]
    use orm::prelude::*;

    #[derive(Debug, Clone, Model)]
    #[orm(table = "people")]
    pub(super) struct Named {
        #[orm(primary_key)]
        id: i64,
        #[orm(length = 60, unique)]
        name: String,
        age: i32,
        #[orm(length = 40)]
        city: Option<String>,
    }

    #[derive(Debug, Clone, Model)]
    #[orm(table = "people")]
    pub(super) struct Settled {
        #[orm(primary_key)]
        id: i64,
        #[orm(length = 60)]
        name: String,
        age: i32,
        #[orm(length = 40)]
        city: String,
    }

    #[derive(Debug, Clone, Model)]
    #[orm(table = "people")]
    pub(super) struct Listed {
        #[orm(primary_key)]
        id: i64,
        #[orm(length = 60)]
        name: String,
        age: i32,
        #[orm(length = 40)]
        city: Option<String>,
        number: i64,
    }
}

/// What rows that are there would break is asked before anything is changed.
async fn a_plan_that_rows_would_break_changes_nothing(test: Test) -> Result<()> {
    let db = test.with::<first::Person>().await?;
    db.execute("INSERT INTO people (name, age) VALUES ('Ada', 1), ('Ada', 2)", ()).await?;
    let before = schema(&db).await?;
    for defs in [strict::Named::defs(), strict::Settled::defs(), strict::Listed::defs()] {
        let plan = plan(&db, &defs, &PlanOptions::new()).await?;
        let mut all = Vec::new();
        migrations(&mut all, &plan);
        let error = up(&db, &all).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Migration, "{error}");
        assert!(error.message().contains("is not true here: SELECT NOT EXISTS"), "{error}");
        assert_eq!(schema(&db).await?.tables, before.tables);
        db.execute("DELETE FROM _orm_migrations", ()).await?;
    }
    db.execute("DELETE FROM people", ()).await?;
    let plan = plan(&db, &strict::Listed::defs(), &PlanOptions::new()).await?;
    let mut all = Vec::new();
    migrations(&mut all, &plan);
    assert_eq!(up(&db, &all).await?, 1);
    Ok(())
}

/// Everything that a rebuild of a SQLite table could lose.
async fn a_rebuild_loses_nothing(test: Test) -> Result<()> {
    if test.backend != "sqlite" {
        return Ok(());
    }
    let db = test.connect().await?;
    for sql in [
        "CREATE TABLE teams (id INTEGER PRIMARY KEY AUTOINCREMENT, code VARCHAR(30) NOT NULL)",
        "CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(60) NOT NULL, age INTEGER NOT NULL, \
         city VARCHAR(40), boss_id INTEGER REFERENCES people (id) ON DELETE CASCADE, \
         twice INTEGER GENERATED ALWAYS AS (age * 2) STORED, CHECK (age < 200))",
        "CREATE INDEX people_old_idx ON people (age DESC, name COLLATE NOCASE) WHERE age > 60",
        "CREATE INDEX people_lower_idx ON people (lower(name))",
        "CREATE TABLE log (what TEXT)",
        "CREATE TABLE letters (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE)",
        "CREATE TRIGGER people_log AFTER INSERT ON people BEGIN INSERT INTO log VALUES ('new ' || NEW.name); END",
        "CREATE TRIGGER letters_log AFTER INSERT ON letters BEGIN \
         INSERT INTO log SELECT name FROM people WHERE id = NEW.person_id; END",
        "CREATE VIEW elders AS SELECT name FROM people WHERE age > 60",
        "INSERT INTO people (id, name, age, boss_id) VALUES (1, 'Ada', 70, NULL), (2, 'Bo', 30, 1), (9, 'Cy', 40, 2)",
        "INSERT INTO letters VALUES (1, 2)",
        "DELETE FROM people WHERE id = 9",
    ] {
        db.execute(sql, ()).await?;
    }
    #[derive(Debug, Clone, Model)]
    #[orm(
        table = "people",
        check(name = "young", "age < 200"),
        index(name = "people_lower_idx", expression = "lower(name)")
    )]
    struct Person {
        #[orm(primary_key)]
        id: i64,
        #[orm(length = 60)]
        name: String,
        // Was an integer.
        age: f64,
        #[orm(length = 40)]
        city: Option<String>,
        boss_id: Option<i64>,
        #[orm(belongs_to(on_delete = cascade))]
        boss: BelongsTo<Person>,
        #[orm(generated = "age * 2")]
        twice: Option<i64>,
    }
    let plan = plan(&db, &Person::defs(), &PlanOptions::new()).await?;
    assert!(plan.notes.iter().any(|note| note.rule == Rule::Rebuild), "{:?}", plan.notes);
    let mut all = Vec::new();
    migrations(&mut all, &plan);
    up(&db, &all).await.inspect_err(|error| panic!("{error:?}\n{}", plan.files[0].up))?;
    let rows = db.query::<(i64, String, f64, Option<i64>, i64)>(
        "SELECT id, name, age, boss_id, twice FROM people ORDER BY id",
        (),
    );
    assert_eq!(rows.await?, [(1, "Ada".into(), 70.0, None, 140), (2, "Bo".into(), 30.0, Some(1), 60)]);
    assert_eq!(db.query::<i64>("SELECT id FROM letters", ()).await?, [1], "children keep their rows");
    assert_eq!(db.query::<String>("SELECT name FROM elders", ()).await?, ["Ada"], "the view goes on");
    db.execute("INSERT INTO people (name, age) VALUES ('Di', 5)", ()).await?;
    db.execute("INSERT INTO letters VALUES (2, 1)", ()).await?;
    assert_eq!(
        db.query::<String>("SELECT what FROM log ORDER BY rowid", ()).await?.split_off(3),
        ["Bo", "new Di", "Ada"],
        "triggers go on"
    );
    assert_eq!(db.query::<i64>("SELECT max(id) FROM people", ()).await?, [10], "the next number is kept");
    assert_eq!(db.query::<String>("PRAGMA integrity_check", ()).await?, ["ok"]);
    assert_eq!(db.query::<i64>("SELECT count(*) FROM pragma_foreign_key_check", ()).await?, [0]);
    assert_eq!(db.query::<i64>("PRAGMA foreign_keys", ()).await?, [1]);
    let indexes = "SELECT sql FROM sqlite_schema WHERE name = 'people_old_idx'";
    assert!(db.query::<String>(indexes, ()).await?[0].contains("COLLATE NOCASE"), "what no model says stays");
    let indexes = "SELECT sql FROM sqlite_schema WHERE name = 'people_lower_idx'";
    assert!(db.query::<String>(indexes, ()).await?[0].contains("lower(name)"));
    let error = db.execute("INSERT INTO letters VALUES (3, 99)", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    Ok(())
}

/// Tables in use are changed in steps, and the files are what the rules for files want.
async fn a_plan_for_tables_in_use_keeps_nobody_waiting(test: Test) -> Result<()> {
    let db = test.with::<(typed::Person, typed::Team)>().await?;
    db.execute("INSERT INTO teams (id, code) VALUES (1, 'red')", ()).await?;
    db.execute("INSERT INTO people (name, email, score) VALUES ('Ada', 'ada', 1), ('Bo', 'bo', 2)", ()).await?;
    let before = schema(&db).await?;
    let defs = <(related::Person, related::Team)>::defs();
    let options = PlanOptions::new().online(true);
    let planned = plan(&db, &defs, &options).await?;
    let mut all = Vec::new();
    migrations(&mut all, &planned);
    let ups: Vec<&str> = planned.files.iter().map(|file| file.up.as_str()).collect();
    match test.backend {
        "postgres" => {
            assert_eq!(planned.files.len(), 6, "{ups:#?}");
            assert!(ups[1].contains(" NOT VALID;"), "{}", ups[1]);
            assert!(ups[2].contains("VALIDATE CONSTRAINT \"people_team_id_fkey\""), "{}", ups[2]);
            assert!(ups[3..].iter().all(|up| up.contains("INDEX CONCURRENTLY ")), "{ups:#?}");
        }
        "mysql" | "mariadb" => assert!(ups[0].contains("ALGORITHM=INPLACE"), "{ups:#?}"),
        _ => assert_eq!(planned.files.len(), 1),
    }
    let found = lint(&Migrations::new(all.clone())?, db.dialect(), &LintOptions::new())?;
    let waits: Vec<_> = found.iter().filter(|found| matches!(found.code, "PG1" | "PG3" | "PG4" | "PG5")).collect();
    assert!(waits.is_empty(), "{waits:#?}");
    up(&db, &all).await.inspect_err(|error| panic!("{error:?}\n{ups:#?}"))?;
    let left = plan(&db, &defs, &PlanOptions::new()).await?;
    assert!(left.is_empty(), "{:?}", left.differences);
    let migrator = Migrator::new(Migrations::new(all.clone())?);
    migrator.down(&db, all.len()).await.inspect_err(|error| panic!("{error:?}\n{all:#?}"))?;
    for (now, before) in schema(&db).await?.tables.iter().zip(&before.tables) {
        assert_eq!(now, before);
    }
    Ok(())
}

/// NOT NULL comes by a constraint that was validated before, which is gone at the end.
async fn a_column_in_use_becomes_not_null_in_steps(test: Test) -> Result<()> {
    let db = test.with::<first::Person>().await?;
    db.execute("INSERT INTO people (name, age, city) VALUES ('Ada', 1, 'Rome')", ()).await?;
    let planned = plan(&db, &strict::Settled::defs(), &PlanOptions::new().online(true)).await?;
    let mut all = Vec::new();
    migrations(&mut all, &planned);
    assert_eq!(up(&db, &all).await?, if test.backend == "postgres" { 2 } else { 1 });
    assert!(plan(&db, &strict::Settled::defs(), &PlanOptions::new()).await?.is_empty());
    Ok(())
}

cases! { $ plan:
    a_model_names_what_it_was_before,
    a_plan_for_tables_in_use_keeps_nobody_waiting,
    a_column_in_use_becomes_not_null_in_steps,
    a_plan_that_rows_would_break_changes_nothing,
    a_rebuild_loses_nothing,
    changes_of_models_are_applied_undone_and_done_again,
    a_plan_for_what_is_there_is_empty,
    what_could_be_a_rename_is_asked,
    what_is_not_there_cannot_be_renamed_or_dropped,
}
