//! Random sequences of writes with hooks and rules, on the database, in transactions and in savepoints that end in either way, held
//! against the same sequences in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use orm::prelude::*;
use orm::{Atomic, PoolOptions, Result};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::Test;
use crate::cases::cases;
use crate::models::wallets::{Wallet, WalletEvent, Wallets};
use crate::suite::cancel::polls;

/// Sequences for each database; `ORM_TEST_WRITES` says another number.
const SEQUENCES: u32 = 12;

#[derive(Debug, Clone)]
enum Write {
    Create(i64, String, i32),
    BulkCreate(Vec<(i64, String, i32)>),
    /// An instance is changed by its builder.
    Update(i64, i32),
    /// An instance is changed and saved.
    Save(i64, String),
    /// Rows with at least so much get more.
    UpdateWhere(i32, i32),
    Increment(i64, i32),
    Upsert(i64, String, i32),
    Destroy(i64),
    DestroyWhere(i32),
    Restore(i64),
    Purge(i64),
    /// Writes in a transaction, or in a savepoint of one, which is committed or not.
    Together(Vec<Write>, bool),
}

fn owners() -> impl Strategy<Value = String> {
    // One is too short and one too long; upper case is another spelling of the same.
    prop::sample::select(vec!["ada", "Ada", "bob", "cy", "dee", "eve", "flo", "gus", "", "far-too-long"])
        .prop_map(str::to_owned)
}

fn writes() -> impl Strategy<Value = Write> {
    let id = || 1..8_i64;
    let balance = || prop_oneof![9 => 0..900, 1 => Just(-1), 1 => Just(1001)];
    let row = || (id(), owners(), balance());
    let leaf = prop_oneof![
        4 => row().prop_map(|(id, owner, balance)| Write::Create(id, owner, balance)),
        2 => prop::collection::vec(row(), 1..4).prop_map(Write::BulkCreate),
        3 => (id(), balance()).prop_map(|(id, balance)| Write::Update(id, balance)),
        2 => (id(), owners()).prop_map(|(id, owner)| Write::Save(id, owner)),
        2 => (0..800, 1..9).prop_map(|(from, more)| Write::UpdateWhere(from, more)),
        1 => (id(), 1..9).prop_map(|(id, more)| Write::Increment(id, more)),
        2 => row().prop_map(|(id, owner, balance)| Write::Upsert(id, owner, balance)),
        2 => id().prop_map(Write::Destroy),
        1 => (300..900).prop_map(Write::DestroyWhere),
        2 => id().prop_map(Write::Restore),
        1 => id().prop_map(Write::Purge),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        (prop::collection::vec(inner, 1..4), any::<bool>()).prop_map(|(writes, commit)| Write::Together(writes, commit))
    })
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    owner: String,
    balance: i32,
    saves: i32,
    deleted: bool,
}

/// What the tables have, in memory.
#[derive(Debug, Clone, Default, PartialEq)]
struct Memory {
    rows: BTreeMap<i64, Row>,
    /// In any order.
    events: Vec<(i64, String, i32)>,
}

/// That a write is refused, and why.
type Refused = std::result::Result<(), ErrorKind>;

impl Memory {
    fn note(&mut self, id: i64, event: &str) {
        let balance = self.rows.get(&id).map_or(0, |row| row.balance);
        self.events.push((id, event.to_owned(), balance));
    }

    fn check(owner: Option<&str>, balance: Option<i32>) -> Refused {
        let owner = owner.is_none_or(|owner| (1..=8).contains(&owner.chars().count()));
        let balance = balance.is_none_or(|balance| (0..=1000).contains(&balance));
        if owner && balance { Ok(()) } else { Err(ErrorKind::Validation) }
    }

    fn is_free(&self, id: i64, owner: &str) -> Refused {
        let taken = self.rows.iter().any(|(other, row)| *other != id && !row.deleted && row.owner == owner);
        if taken { Err(ErrorKind::UniqueViolation) } else { Ok(()) }
    }

    fn create(&mut self, id: i64, owner: &str, balance: i32) -> Refused {
        let owner = owner.to_lowercase();
        if self.rows.contains_key(&id) {
            return Err(ErrorKind::UniqueViolation);
        }
        self.is_free(id, &owner)?;
        self.rows.insert(id, Row { owner, balance, saves: 1, deleted: false });
        Ok(())
    }

    fn alive(&mut self, id: i64) -> std::result::Result<&mut Row, ErrorKind> {
        self.rows.get_mut(&id).filter(|row| !row.deleted).ok_or(ErrorKind::NotFound)
    }

    /// A write, all of it or nothing.
    fn write(&mut self, write: &Write) -> Refused {
        let mut after = self.clone();
        after.apply(write)?;
        *self = after;
        Ok(())
    }

    fn apply(&mut self, write: &Write) -> Refused {
        match write {
            Write::Create(id, owner, balance) => {
                Self::check(Some(owner), Some(*balance))?;
                self.create(*id, owner, *balance)?;
                self.note(*id, "create");
            }
            Write::BulkCreate(rows) => {
                rows.iter().try_for_each(|(_, owner, balance)| Self::check(Some(owner), Some(*balance)))?;
                for (id, owner, balance) in rows {
                    self.create(*id, owner, *balance)?;
                }
                rows.iter().for_each(|(id, ..)| self.note(*id, "create"));
            }
            Write::Update(id, balance) => {
                self.alive(*id)?;
                Self::check(None, Some(*balance))?;
                let row = self.alive(*id)?;
                (row.balance, row.saves) = (*balance, row.saves + 1);
                self.note(*id, "update");
            }
            Write::Save(id, owner) => {
                let row = self.alive(*id)?.clone();
                Self::check(Some(owner), Some(row.balance))?;
                let owner = owner.to_lowercase();
                self.is_free(*id, &owner)?;
                let row = self.alive(*id)?;
                (row.owner, row.saves) = (owner, row.saves + 1);
                self.note(*id, "update");
            }
            Write::UpdateWhere(from, more) => {
                let ids = self.found(|row| row.balance >= *from);
                for id in ids {
                    let row = self.alive(id)?;
                    (row.balance, row.saves) = (row.balance + more, row.saves + 1);
                    self.note(id, "update");
                }
            }
            Write::Increment(id, more) => {
                let row = self.alive(*id)?;
                (row.balance, row.saves) = (row.balance + more, row.saves + 1);
                self.note(*id, "update");
            }
            Write::Upsert(id, owner, balance) => {
                Self::check(Some(owner), Some(*balance))?;
                let owner = owner.to_lowercase();
                self.is_free(*id, &owner)?;
                let event = match self.rows.get_mut(id) {
                    Some(row) => {
                        (row.owner, row.balance, row.saves) = (owner, *balance, row.saves + 1);
                        "update"
                    }
                    None => {
                        self.create(*id, &owner, *balance)?;
                        "create"
                    }
                };
                self.note(*id, event);
            }
            Write::Destroy(id) => {
                self.alive(*id)?.deleted = true;
                self.note(*id, "destroy");
            }
            Write::DestroyWhere(from) => {
                for id in self.found(|row| row.balance >= *from) {
                    self.alive(id)?.deleted = true;
                    self.note(id, "destroy");
                }
            }
            Write::Restore(id) => {
                let Some(row) = self.rows.get(id).filter(|row| row.deleted) else { return Ok(()) };
                self.is_free(*id, &row.owner.clone())?;
                if let Some(row) = self.rows.get_mut(id) {
                    row.deleted = false;
                }
                self.note(*id, "restore");
            }
            Write::Purge(id) => {
                if self.rows.contains_key(id) {
                    self.note(*id, "destroy");
                    self.rows.remove(id);
                }
            }
            Write::Together(writes, commit) => {
                let mut inside = self.clone();
                writes.iter().for_each(|write| {
                    let _ = inside.write(write);
                });
                if *commit {
                    *self = inside;
                }
            }
        }
        Ok(())
    }

    fn found(&self, is: impl Fn(&Row) -> bool) -> Vec<i64> {
        self.rows.iter().filter(|(_, row)| !row.deleted && is(row)).map(|(id, _)| *id).collect()
    }

    /// Whether a write is one whose outcome databases do not share: an upsert onto a row that is deleted.
    fn is_open(&self, write: &Write) -> bool {
        matches!(write, Write::Upsert(id, ..) if self.rows.get(id).is_some_and(|row| row.deleted))
    }
}

/// The same on a database or a transaction, and in memory beside it. A transaction that is not committed leaves what was before.
fn run<'f, D: Atomic + Sync>(
    db: &'f D,
    memory: &'f mut Memory,
    write: &'f Write,
) -> std::pin::Pin<Box<dyn Future<Output = Result<()>> + 'f>> {
    Box::pin(async move {
        if memory.is_open(write) {
            return Ok(());
        }
        let done: Result<()> = match write {
            Write::Create(id, owner, balance) => {
                Wallet::create().id(*id).owner(owner.as_str()).balance(*balance).exec(db).await.map(drop)
            }
            Write::BulkCreate(rows) => {
                let rows = rows
                    .iter()
                    .map(|(id, owner, balance)| Wallet::create().id(*id).owner(owner.as_str()).balance(*balance));
                Wallet::bulk_create(rows).exec(db).await.map(drop)
            }
            Write::Update(id, balance) => match Wallet::find_by_pk(*id).required(db).await {
                Ok(mut wallet) => wallet.update().balance(*balance).exec(db).await,
                Err(error) => Err(error),
            },
            Write::Save(id, owner) => match Wallet::find_by_pk(*id).required(db).await {
                Ok(mut wallet) => {
                    wallet.owner.clone_from(owner);
                    wallet.save(db).await
                }
                Err(error) => Err(error),
            },
            Write::UpdateWhere(from, more) => {
                let update = Wallet::update().balance(Wallet::BALANCE + *more).filter(Wallet::BALANCE.ge(*from));
                update.exec(db).await.map(drop)
            }
            Write::Increment(id, more) => match Wallet::find_by_pk(*id).required(db).await {
                Ok(mut wallet) => wallet.increment(Wallet::BALANCE, *more, db).await.map(drop),
                Err(error) => Err(error),
            },
            Write::Upsert(id, owner, balance) => {
                let row = Wallet::create().id(*id).owner(owner.as_str()).balance(*balance);
                Wallet::upsert(row).on_conflict(Wallet::ID).exec(db).await.map(drop)
            }
            Write::Destroy(id) => match Wallet::find_by_pk(*id).required(db).await {
                Ok(wallet) => wallet.destroy().exec(db).await.map(drop),
                Err(error) => Err(error),
            },
            Write::DestroyWhere(from) => Wallet::destroy().filter(Wallet::BALANCE.ge(*from)).exec(db).await.map(drop),
            Write::Restore(id) => Wallet::restore().filter(Wallet::ID.eq(*id)).exec(db).await.map(drop),
            Write::Purge(id) => Wallet::destroy().filter(Wallet::ID.eq(*id)).force().exec(db).await.map(drop),
            Write::Together(writes, commit) => {
                let before = memory.clone();
                let tx = Atomic::begin(db).await?;
                for write in writes {
                    run(&tx, memory, write).await?;
                    compare(&tx, memory, write).await?;
                }
                if *commit {
                    tx.commit().await?;
                } else {
                    tx.rollback().await?;
                    *memory = before;
                }
                return Ok(());
            }
        };
        let expected = memory.write(write);
        let kind = done.as_ref().copied().map_err(Error::kind);
        assert_eq!(kind, expected, "{write:?}: {done:?}");
        Ok(())
    })
}

/// The tables have what is expected.
async fn compare(db: &impl Executor, memory: &Memory, after: &Write) -> Result<()> {
    let mut found = Memory::default();
    for wallet in Wallet::find_all().with_deleted().exec(db).await? {
        assert_eq!(wallet.label, format!("{} {}", wallet.owner, wallet.balance));
        let Wallet { id, owner, balance, saves, deleted_at, .. } = wallet;
        found.rows.insert(id, Row { owner, balance, saves, deleted: deleted_at.is_some() });
    }
    for event in WalletEvent::find_all().exec(db).await? {
        found.events.push((event.wallet_id, event.event, event.balance));
    }
    let mut expected = memory.clone();
    found.events.sort();
    expected.events.sort();
    assert_eq!(found, expected, "after {after:?}");
    Ok(())
}

async fn writes_do_what_they_do_in_memory(test: Test) -> Result<()> {
    let db = test.with::<Wallets>().await?;
    let mut runner = TestRunner::new(Config::default());
    let sequences = std::env::var("ORM_TEST_WRITES").ok().and_then(|number| number.parse().ok()).unwrap_or(SEQUENCES);
    for _ in 0..sequences {
        Wallet::destroy().all_rows().force().exec(&db.without_hooks()).await?;
        WalletEvent::destroy().all_rows().exec(&db).await?;
        let mut memory = Memory::default();
        let sequence = prop::collection::vec(writes(), 12).new_tree(&mut runner).unwrap().current();
        for write in &sequence {
            run(&db, &mut memory, write).await?;
            compare(&db, &memory, write).await?;
        }
    }
    Ok(())
}

/// What is made of rows when they are read.
async fn every_row_that_is_read_passes_after_find(test: Test) -> Result<()> {
    let db = test.with::<Wallets>().await?;
    let mut wallet = Wallet::create().id(1).owner("Ada").balance(5).exec(&db).await?;
    assert_eq!(wallet.label, "ada 5");
    wallet.update().balance(6).exec(&db).await?;
    assert_eq!(Wallet::find_by_pk(1).required(&db).await?.label, "ada 6");
    assert_eq!(
        db.query::<Wallet>("SELECT id, owner, balance, saves, deleted_at FROM wallets", ()).await?[0].label,
        "ada 6"
    );
    let mut rows = Wallet::find_all().stream(&db);
    assert_eq!(rows.next().await.unwrap()?.label, "ada 6");
    drop(rows);
    Wallet::update().balance(Wallet::BALANCE + 6_000_000).all_rows().exec(&db.without_hooks()).await?;
    let error = Wallet::find_all().exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Decode, "such a wallet is not read"));
    Ok(())
}

/// A write and what its hooks wrote, dropped at every poll.
async fn hooks_are_dropped_with_their_write(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    db.create_tables::<Wallets>().await?;
    let mut next = 0;
    let count = async || -> Result<(u64, u64)> {
        Ok((Wallet::count().with_deleted().exec(&db).await?, WalletEvent::count().exec(&db).await?))
    };
    let mut failure = None;
    polls::drop_at_every_poll(
        "create with hooks",
        async || {
            next += 1;
            Wallet::create().id(next).owner(format!("o{next}")).balance(1).exec(&db).await
        },
        async |polls, _ended| match tokio::time::timeout(Duration::from_secs(10), count())
            .await
            .expect("the pool is stuck")
        {
            Ok((wallets, events)) => assert_eq!(wallets, events, "after {polls} polls"),
            Err(error) => failure = Some(error),
        },
    )
    .await;
    failure.map_or(Ok(()), Err)
}

cases! {$ random_writes:
    writes_do_what_they_do_in_memory, every_row_that_is_read_passes_after_find, hooks_are_dropped_with_their_write,
}
