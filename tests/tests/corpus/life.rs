//! Cases of `hooks` and `validation`: models of extras once more, with hooks that write down their event and with rules.

use std::sync::{Arc, Mutex};

use orm::prelude::*;
use orm::{Draft, Tx, Violations};
use serde::Serialize;
use serde_json::{Value, json};

use crate::extras::Owner;
use crate::{Case, case};

/// What ran, in order.
#[derive(Debug, Clone, Default)]
struct Ran(Arc<Mutex<Vec<&'static str>>>);

impl Ran {
    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn ran(tx: &Tx<'_>, event: &'static str) {
    if let Some(Ran(events)) = tx.get() {
        events.lock().unwrap().push(event);
    }
}

macro_rules! recorded {
    ($model:ident: $($draft:ident $before:literal),*; $($row:ident $after:literal),*) => {
        impl $model {
            $(async fn $draft(_row: &mut Draft<'_, $model>, tx: &Tx<'_>) -> Result<()> {
                ran(tx, $before);
                Ok(())
            })*
            $(async fn $row(_row: &$model, tx: &Tx<'_>) -> Result<()> {
                ran(tx, $after);
                Ok(())
            })*
        }
    };
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(
    table = "Owner",
    hooks(
        before_validate = Recorded::before_validate,
        after_validate = Recorded::after_validate,
        before_create = Recorded::before_create,
        before_update = Recorded::before_update,
        before_save = Recorded::before_save,
        after_create = Recorded::after_create,
        after_update = Recorded::after_update,
        after_save = Recorded::after_save,
    )
)]
struct Recorded {
    #[orm(primary_key)]
    id: i32,
    #[orm(length = 40)]
    name: String,
    rank: Option<i32>,
}

recorded! { Recorded:
    before_validate "beforeValidate", after_validate "afterValidate", before_create "beforeCreate",
    before_update "beforeUpdate", before_save "beforeSave";
    after_create "afterCreate", after_update "afterUpdate", after_save "afterSave"
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(
    table = "Task",
    rename_all = "camelCase",
    timestamps,
    paranoid,
    hooks(
        before_destroy = Job::before_destroy,
        after_destroy = Job::after_destroy,
        before_restore = Job::before_restore,
        after_restore = Job::after_restore,
    )
)]
struct Job {
    #[orm(primary_key)]
    id: i32,
    #[orm(length = 80)]
    title: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
}

recorded! { Job: ;
    before_destroy "beforeDestroy", after_destroy "afterDestroy", before_restore "beforeRestore",
    after_restore "afterRestore"
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Owner", hooks(before_create = Shouting::shout, before_update = Shouting::refuse))]
struct Shouting {
    #[orm(primary_key)]
    id: i32,
    #[orm(length = 40)]
    name: String,
    rank: Option<i32>,
}

impl Shouting {
    async fn shout(row: &mut Draft<'_, Shouting>, _tx: &Tx<'_>) -> Result<()> {
        let name = row.get(Shouting::NAME)?.unwrap_or_default();
        row.set(Shouting::NAME, name.to_uppercase());
        Ok(())
    }

    async fn refuse(_row: &mut Draft<'_, Shouting>, _tx: &Tx<'_>) -> Result<()> {
        Err(Error::new(ErrorKind::Permission, "no updates"))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Owner", hooks(before_create = a, before_create = b, before_create = c))]
struct Several {
    #[orm(primary_key)]
    id: i32,
    #[orm(length = 40)]
    name: String,
    rank: Option<i32>,
}

macro_rules! handlers {
    ($($name:ident)+) => {$(
        async fn $name(_row: &mut Draft<'_, Several>, tx: &Tx<'_>) -> Result<()> {
            ran(tx, stringify!($name));
            Ok(())
        }
    )+};
}

handlers! { a b c }

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "Owner", validate = Ruled::is_whole)]
struct Ruled {
    #[orm(primary_key)]
    id: i32,
    #[orm(length = 40, validate(length = 5..=9))]
    name: String,
    #[orm(validate(range = 10.., custom = even))]
    rank: Option<i32>,
}

fn even(rank: &i32) -> Result<(), &'static str> {
    if rank % 2 == 0 { Ok(()) } else { Err("only even") }
}

impl Ruled {
    fn is_whole(row: &Draft<'_, Ruled>, found: &mut Violations) -> Result<()> {
        if row.get(Ruled::NAME)?.is_some_and(|name| name == "lonely") && row.get(Ruled::RANK)?.flatten().is_none() {
            found.add("", "is_whole", "either both or neither");
        }
        Ok(())
    }
}

/// Where rules found something.
fn paths<T>(result: Result<T>) -> Vec<String> {
    let found = result.err().and_then(|error| error.violations().cloned()).unwrap_or_default();
    found.iter().map(|violation| violation.path().to_owned()).collect()
}

const EACH: &str = "hooks of rows run for each row, whatever the statement; those of statements are not there";

/// The cases.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("hooks-001", |db| {
            let ran = Ran::default();
            Recorded::create().name("Hook").rank(1).exec(&db.with(ran.clone())).await?;
            ran.take()
        }),
        case!("hooks-002", |db| {
            let ran = Ran::default();
            let db = db.with(ran.clone());
            Recorded::bulk_create(["H1", "H2"].map(|name| Recorded::create().name(name))).exec(&db).await?;
            let each = ran.take();
            assert_eq!(each.iter().filter(|event| **event == "afterSave").count(), 2);
            json!({ "plain": each, "individual": [] })
        })
        .differs(&["/plain", "/individual"], EACH),
        case!("hooks-003", |db| {
            let ran = Ran::default();
            let db = db.with(ran.clone());
            let mut owner = Recorded::find_by_pk(1).required(&db).await?;
            owner.rank = Some(9);
            owner.save(&db).await?;
            let save = ran.take();
            assert_eq!(
                save,
                ["beforeValidate", "afterValidate", "beforeUpdate", "beforeSave", "afterUpdate", "afterSave"]
            );
            Recorded::update().rank(5).filter(Recorded::ID.in_([1, 2])).exec(&db).await?;
            let each = ran.take();
            assert_eq!(each, [&save[..], &save[..]].concat());
            json!({ "save": save, "bulk": each, "individual": [] })
        })
        .differs(&["/save"], "what hooks set is not validated again")
        .differs(&["/bulk", "/individual"], EACH),
        case!("hooks-004", |db| {
            let ran = Ran::default();
            let db = db.with(ran.clone());
            let mut job = Job::find_by_pk(1).required(&db).await?;
            job.destroy().exec(&db).await?;
            let inst = ran.take();
            job.restore(&db).await?;
            let restore = ran.take();
            Job::destroy().filter(Job::ID.in_([1, 2])).exec(&db).await?;
            let each = ran.take();
            assert!(each.contains(&"beforeDestroy") && each.contains(&"afterDestroy"));
            json!({ "inst": inst, "restore": restore, "bulk": each, "ind": [], "bulkRestore": [] })
        })
        .differs(&["/bulk", "/ind", "/bulkRestore"], EACH),
        case!("hooks-006", |db| {
            let mut owner = Shouting::create().name("shout").rank(3).exec(db).await?;
            owner.rank = Some(4);
            let error = owner.save(db).await.unwrap_err();
            let rows = Owner::find_all().filter(Owner::ID.eq(owner.id)).exec(db).await?;
            json!({ "name": owner.name, "err": error.message(), "rows": rows })
        }),
        case!("hooks-007", |db| {
            let ran = Ran::default();
            let db = db.with(ran.clone());
            assert!(Recorded::draft().exec(&db).await.is_err());
            let failed = ran.take();
            assert_eq!(failed, ["beforeValidate"]);
            Recorded::create().name("quiet").exec(&db.without_hooks()).await?;
            json!({ "failed": failed, "skipped": ran.take() })
        })
        .differs(&["/failed"], "the error itself says that the rules found something"),
        case!("hooks-008", |db| {
            let ran = Ran::default();
            Several::create().name("n1").exec(&db.with(ran.clone())).await?;
            let one = ran.take();
            assert_eq!(one, ["a", "b", "c"]);
            json!({ "one": one, "two": Value::Null })
        })
        .differs(&["/one", "/two"], "the hooks of a model are a list that does not change while the program runs"),
        case!("validation-005", |db| {
            let error = Ruled::create().name("lonely").exec(db).await.unwrap_err();
            assert_eq!(error.violations().unwrap().to_string(), "either both or neither");
            let error = Ruled::create().name("fine1").rank(13).exec(db).await.unwrap_err();
            assert_eq!(error.violations().unwrap().to_string(), "`rank` only even");
            Ruled::create().name("fine2").rank(14).exec(db).await?;
            json!({ "a": Value::Null, "b": "valid" })
        })
        .differs(&["/a"], "a violation has a rule, a message and parameters, and never the value"),
        case!("validation-008", |db| {
            let row = || Ruled::create().name("ab").rank(2);
            let both = paths(row().exec(db).await);
            let skip = paths(Ruled::create().name("ab").exec(db).await);
            let off = row().exec(&db.without_validation()).await?.name;
            let update = paths(Ruled::update().rank(2).filter(Ruled::ID.eq(1)).exec(db).await);
            assert_eq!(update, ["rank"]);
            json!({ "both": both, "skip": skip, "off": off, "upd": Value::Null })
        })
        .differs(&["/upd"], "a violation has a rule, a message and parameters, and never the value"),
        case!("write-008", |db| {
            let rows =
                [("okays", 10), ("x", 10), ("goods", -2)].map(|(name, rank)| Ruled::create().name(name).rank(rank));
            assert_eq!(paths(Ruled::bulk_create(rows).exec(db).await), ["[1].name", "[2].rank"]);
            json!({ "r": Value::Null, "count": Owner::count().exec(db).await? })
        })
        .differs(&["/r"], "all violations are one error, whose paths say the row"),
    ]
}
