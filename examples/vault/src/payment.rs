//! Payments, which take two persons: one asks for it, and another one, who has just proved a second factor, approves or refuses. The
//! rules are conditions of the statements, so no handler can forget them, and of two who decide at once one does.

use orm::prelude::*;
use orm::rust_decimal::Decimal;
use orm::{As, Field, Policy, Rule};

use crate::{User, Viewer};

orm::history!(pub struct PaymentHistory, "payment_history");

/// Money that is to be paid.
#[derive(Debug, Clone, Model)]
#[orm(timestamps, policy = Viewer, audited = PaymentHistory)]
pub struct Payment {
    /// Its number.
    #[orm(primary_key)]
    pub id: i64,
    /// Who gets it.
    #[orm(length = 120, validate(length = 2..=120), immutable)]
    pub payee: String,
    /// How much.
    #[orm(precision(12, 2), validate(range(min = Decimal::new(1, 2))), immutable)]
    pub amount: Decimal,
    /// Where it stands. What was decided stays so.
    #[orm(default = State::Requested, transitions(requested => [approved, refused]))]
    pub state: State,
    /// Who asked for it.
    #[orm(immutable)]
    pub maker_id: i64,
    /// Who decided.
    #[orm(write_once)]
    pub checker_id: Option<i64>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was decided.
    pub updated_at: DateTime<Utc>,
    /// Who asked for it.
    #[orm(on_delete = restrict)]
    pub maker: BelongsTo<User>,
    /// Who decided.
    #[orm(on_delete = restrict)]
    pub checker: BelongsTo<User>,
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum State {
    /// Nobody has decided.
    Requested,
    /// It is to be paid.
    Approved,
    /// It is not to be paid.
    Refused,
}

impl Policy<Payment> for Viewer {
    /// Everybody sees what is paid.
    fn read(&self) -> Rule<Payment> {
        Rule::Allow
    }

    /// Everybody may ask, for themselves.
    fn create(&self) -> Rule<Payment> {
        let undecided = Payment::STATE.eq(State::Requested).and(Payment::CHECKER_ID.is_null());
        Payment::MAKER_ID.eq(self.id).and(undecided).into()
    }

    /// Another one decides, who has just proved a second factor.
    fn update(&self) -> Rule<Payment> {
        Rule::from(self.sure).and(Payment::MAKER_ID.ne(self.id)).and(Payment::STATE.eq(State::Requested))
    }

    /// Whoever decides is named.
    fn post_update(&self) -> Rule<Payment> {
        Payment::CHECKER_ID.eq(self.id).and(Payment::STATE.ne(State::Requested)).into()
    }

    fn update_field(&self, field: Field<Payment>) -> Rule<Payment> {
        let decides = field.is(Payment::STATE) || field.is(Payment::CHECKER_ID) || field.is(Payment::UPDATED_AT);
        decides.into()
    }
}

impl Payment {
    /// Approves or refuses, in the name of the viewer.
    ///
    /// # Errors
    /// `Permission` where the viewer asked for the payment or has not just proved a second factor, and where it is decided.
    pub async fn decide(&mut self, state: State, db: &As<Viewer>) -> Result<()> {
        self.update().state(state).checker_id(db.viewer().id).exec(db).await
    }
}
