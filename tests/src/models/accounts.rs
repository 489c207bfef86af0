//! Rules, normalisers, and rows that are looked at as a whole.

use orm::prelude::*;
use orm::{Draft, Violations};

/// Many kinds of rules.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "accounts", paranoid, validate = Account::is_not_named_like_its_mail)]
pub struct Account {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 60, normalize(trim, lowercase), validate(email))]
    pub email: String,
    #[orm(length = 20, normalize(squish), validate(length(min = 2, max = 20, message = "is no name"), custom = no_digits))]
    pub name: String,
    #[orm(default = 18, validate(range = 0..=150))]
    pub age: i32,
    #[orm(validate(length = ..=5, lowercase))]
    pub nick: Option<String>,
    #[orm(default = "member", validate(one_of("member", "admin")))]
    pub role: String,
    #[orm(validate(not_empty(on = create), custom(function = is_long, when = Account::is_admin)))]
    pub password: Option<String>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub cards: HasMany<Card>,
    #[orm(through = Membership)]
    pub clubs: BelongsToMany<Club>,
}

fn no_digits(name: &str) -> Result<(), &'static str> {
    if name.contains(|c: char| c.is_ascii_digit()) { Err("must have no digits") } else { Ok(()) }
}

fn is_long(password: &str) -> Result<(), String> {
    if password.len() < 12 { Err(format!("must have {} characters", 12)) } else { Ok(()) }
}

impl Account {
    fn is_admin(row: &Draft<'_, Account>) -> bool {
        row.get(Self::ROLE).ok().flatten().is_some_and(|role| role == "admin")
    }

    fn is_not_named_like_its_mail(row: &Draft<'_, Account>, found: &mut Violations) -> Result<()> {
        if row.get(Self::NAME)?.is_some() && row.get(Self::NAME)? == row.get(Self::EMAIL)? {
            found.add("name", "differs", "must not be the e-mail address");
        }
        Ok(())
    }
}

/// A row below an account.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "cards")]
pub struct Card {
    #[orm(primary_key)]
    pub id: i64,
    pub account_id: i64,
    #[orm(validate(credit_card))]
    pub number: String,
    pub account: BelongsTo<Account>,
}

/// Without rules, connected to accounts by rows that have some.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "clubs")]
pub struct Club {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    #[orm(through = Membership)]
    pub accounts: BelongsToMany<Account>,
}

/// A join row with a rule.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "memberships_of_accounts", primary_key(account_id, club_id))]
pub struct Membership {
    pub account_id: i64,
    pub club_id: i64,
    #[orm(default = 1, validate(range(min = 1, max = 5)))]
    pub level: i32,
    pub account: BelongsTo<Account>,
    pub club: BelongsTo<Club>,
}

/// All of them.
pub type Accounts = (Account, Card, Club, Membership);
