//! Random rules of policies, random rows: what the database answers, and what is decided in memory when a row is created, is what a
//! model of the rule in the test says. `ORM_TEST_RULES=10000` runs more than the few of every day.

use orm::prelude::*;
use orm::{Policy, Result, Rule};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::Test;
use crate::cases::cases;

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(policy = Ruled)]
struct Ledger {
    #[orm(primary_key)]
    id: i64,
    tenant: Option<i64>,
    owner: i32,
    open: Option<bool>,
    #[orm(length = 20)]
    name: Option<String>,
    #[orm(default = 0)]
    marks: i32,
    lines: HasMany<Line>,
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Line {
    #[orm(primary_key)]
    id: i64,
    ledger_id: i64,
    ledger: BelongsTo<Ledger>,
}

/// A viewer whose rule is one for everything.
struct Ruled(Ask);

impl Policy<Ledger> for Ruled {
    fn read(&self) -> Rule<Ledger> {
        self.0.condition().into()
    }
    fn create(&self) -> Rule<Ledger> {
        self.read()
    }
    fn update(&self) -> Rule<Ledger> {
        self.read()
    }
    fn delete(&self) -> Rule<Ledger> {
        self.read()
    }
}

/// A rule that can be asked of the database and of a row.
#[derive(Debug, Clone)]
enum Ask {
    Tenant(u8, i64),
    Owner(u8, i32),
    OwnerIn(Vec<i32>, bool),
    Open(bool),
    TenantIsNull(bool),
    Name(usize),
    Between(i32, i32),
    HasLines(bool),
    Not(Box<Ask>),
    All(Vec<Ask>),
    Any(Vec<Ask>),
}

const NAMES: [&str; 3] = ["Ada", "Bob", "Cy"];

fn asks() -> impl Strategy<Value = Ask> {
    let leaf = prop_oneof![
        (0..6_u8, 0..4_i64).prop_map(|(op, n)| Ask::Tenant(op, n)),
        (0..6_u8, 0..4).prop_map(|(op, n)| Ask::Owner(op, n)),
        (prop::collection::vec(0..4, 0..3), any::<bool>()).prop_map(|(list, not)| Ask::OwnerIn(list, not)),
        any::<bool>().prop_map(Ask::Open),
        any::<bool>().prop_map(Ask::TenantIsNull),
        (0..3_usize).prop_map(Ask::Name),
        (0..4, 0..4).prop_map(|(low, high)| Ask::Between(low, high)),
        any::<bool>().prop_map(Ask::HasLines),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|ask| Ask::Not(Box::new(ask))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Ask::All),
            prop::collection::vec(inner, 0..4).prop_map(Ask::Any),
        ]
    })
}

macro_rules! compare {
    ($op:expr, $left:expr, $right:expr) => {
        match $op {
            0 => $left.eq($right),
            1 => $left.ne($right),
            2 => $left.lt($right),
            3 => $left.le($right),
            4 => $left.gt($right),
            _ => $left.ge($right),
        }
    };
}

impl Ask {
    fn condition(&self) -> Condition<Ledger> {
        match self {
            Self::Tenant(op, n) => compare!(op, Ledger::TENANT, *n),
            Self::Owner(op, n) => compare!(op, Ledger::OWNER, *n),
            Self::OwnerIn(list, true) => Ledger::OWNER.not_in(list.clone()),
            Self::OwnerIn(list, false) => Ledger::OWNER.in_(list.clone()),
            Self::Open(open) => Ledger::OPEN.eq(*open),
            Self::TenantIsNull(true) => Ledger::TENANT.is_null(),
            Self::TenantIsNull(false) => Ledger::TENANT.is_not_null(),
            Self::Name(at) => Ledger::NAME.eq(NAMES[*at]),
            Self::Between(low, high) => Ledger::OWNER.between(*low, *high),
            Self::HasLines(true) => Ledger::LINES.any(Line::ID.gt(0)),
            Self::HasLines(false) => Ledger::LINES.none(Line::ID.gt(0)),
            Self::Not(inner) => !inner.condition(),
            Self::All(all) => all_of(all.iter().map(Self::condition)),
            Self::Any(all) => any_of(all.iter().map(Self::condition)),
        }
    }

    /// TRUE, FALSE, or none for UNKNOWN.
    fn holds(&self, row: &Ledger, lines: bool) -> Option<bool> {
        match self {
            Self::Tenant(op, n) => row.tenant.as_ref().map(|tenant| compare!(op, tenant, n)),
            Self::Owner(op, n) => Some(compare!(op, &row.owner, n)),
            Self::OwnerIn(list, not) => Some(list.contains(&row.owner) != *not),
            Self::Open(open) => row.open.map(|is| is == *open),
            Self::TenantIsNull(null) => Some(row.tenant.is_none() == *null),
            Self::Name(at) => row.name.as_deref().map(|name| name == NAMES[*at]),
            Self::Between(low, high) => Some((low..=high).contains(&&row.owner)),
            Self::HasLines(has) => Some(lines == *has),
            Self::Not(inner) => inner.holds(row, lines).map(|truth| !truth),
            Self::All(all) => {
                let truths: Vec<_> = all.iter().map(|ask| ask.holds(row, lines)).collect();
                if truths.contains(&Some(false)) {
                    Some(false)
                } else {
                    truths.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
                }
            }
            Self::Any(all) => {
                let truths: Vec<_> = all.iter().map(|ask| ask.holds(row, lines)).collect();
                if truths.contains(&Some(true)) {
                    Some(true)
                } else {
                    truths.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
                }
            }
        }
    }
}

/// Every row of these values.
fn rows() -> Vec<Ledger> {
    let mut rows = Vec::new();
    for tenant in [None, Some(1), Some(2)] {
        for owner in [0, 1, 3] {
            for open in [None, Some(true), Some(false)] {
                let name = NAMES.get(rows.len() % 4).map(|name| (*name).to_owned());
                let id = rows.len() as i64 + 1;
                rows.push(Ledger { id, tenant, owner, open, name, marks: 0, lines: HasMany::default() });
            }
        }
    }
    rows
}

async fn the_database_and_memory_agree_with_the_rule(test: Test) -> Result<()> {
    let db = test.with::<(Ledger, Line)>().await?;
    let all = db.bypass("the rows of the test");
    let rows = rows();
    Ledger::bulk_create(rows.iter().map(|row| {
        let new = Ledger::create().id(row.id).tenant(row.tenant).owner(row.owner).open(row.open);
        new.name(row.name.clone())
    }))
    .count(&all)
    .await?;
    let with_lines = |id: i64| id % 3 == 0;
    let lines = rows.iter().filter(|row| with_lines(row.id)).map(|row| Line::create().ledger_id(row.id));
    Line::bulk_create(lines).count(&all).await?;

    let rules = std::env::var("ORM_TEST_RULES").ok().and_then(|rules| rules.parse().ok()).unwrap_or(60);
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..rules {
        let ask = asks().new_tree(&mut runner).unwrap().current();
        let seen: Vec<i64> =
            rows.iter().filter(|row| ask.holds(row, with_lines(row.id)) == Some(true)).map(|row| row.id).collect();
        let viewer = db.as_viewer(Ruled(ask.clone()));
        let found = Ledger::find_all().select(Ledger::ID).order_by(Ledger::ID).exec(&viewer).await?;
        assert_eq!(found, seen, "{ask:?}");
        assert_eq!(Ledger::count().exec(&viewer).await?, seen.len() as u64, "{ask:?}");
        let related = Line::find_all().filter(Line::LEDGER.any(Ledger::ID.gt(0))).exec(&viewer).await?;
        let lined: Vec<i64> = seen.iter().copied().filter(|id| with_lines(*id)).collect();
        assert_eq!(related.len(), lined.len(), "{ask:?}");
        let included = Line::find_all().include(Line::LEDGER).order_by(Line::ID).exec(&viewer).await?;
        let included = included.iter().filter_map(|line| line.ledger.get().ok().flatten().map(|ledger| ledger.id));
        assert_eq!(included.collect::<Vec<_>>(), lined, "{ask:?}");
        let changed = Ledger::update().marks(Ledger::MARKS + 1).all_rows().exec(&viewer).await?;
        assert_eq!(changed, seen.len() as u64, "{ask:?}");
        let template = &rows[(seen.len() * 7) % rows.len()];
        let new = Ledger::create().id(1000).tenant(template.tenant).owner(template.owner).open(template.open);
        match new.name(template.name.clone()).exec(&viewer).await {
            Ok(made) => {
                assert_eq!(ask.holds(template, false), Some(true), "{ask:?} of {template:?}");
                Ledger::destroy().filter(Ledger::ID.eq(made.id)).exec(&all).await?;
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
                assert_ne!(ask.holds(template, false), Some(true), "{ask:?} of {template:?}");
            }
        }
    }
    Ok(())
}

cases! {$ random_policies: the_database_and_memory_agree_with_the_rule }
