//! Attempts are counted before they are made, each by one UPDATE, so that any number at once is as many one after the other. What
//! went well is taken back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use orm::prelude::*;

use crate::account::Account;
use crate::clock::{after, before};
use crate::error::Result;
use crate::models::Throttle;
use crate::settings::Throttling;

/// Counts an attempt, or tells how long to wait until the next.
pub(crate) async fn attempt<A: Account>(
    db: &Database,
    bucket: &str,
    limits: Throttling,
    now: DateTime<Utc>,
) -> Result<Option<Duration>> {
    let forgotten = before(now, limits.forgotten_after);
    let this = || Throttle::<A>::BUCKET.eq(bucket);
    Throttle::<A>::destroy().filter(this().and(Throttle::<A>::LAST_AT.lt(forgotten))).exec(db).await?;
    // Again when another inserts the row or removes it between two of the statements.
    for _ in 0..4 {
        let mut until = orm::case::<Throttle<A>, DateTime<Utc>>()
            .when(Throttle::<A>::FAILURES.lt(limits.free - 1), Throttle::<A>::BLOCKED_UNTIL);
        let (mut failures, mut wait) = (limits.free, limits.first);
        while wait < limits.most && !wait.is_zero() {
            until = until.when(Throttle::<A>::FAILURES.lt(failures), after(now, wait));
            (failures, wait) = (failures.saturating_add(1), wait.saturating_mul(2));
        }
        let counted = Throttle::<A>::update()
            .blocked_until(until.otherwise(after(now, limits.most)))
            .failures(Throttle::<A>::FAILURES + 1)
            .last_at(now)
            .filter(this().and(Throttle::<A>::BLOCKED_UNTIL.le(now)))
            .exec(db)
            .await?;
        if counted > 0 {
            return Ok(None);
        }
        if let Some(row) = Throttle::<A>::find_by_pk(bucket).exec(db).await? {
            match (row.blocked_until - now).to_std() {
                Ok(wait) if !wait.is_zero() => return Ok(Some(wait)),
                _ => continue,
            }
        }
        let blocked = if limits.free == 1 { after(now, limits.first) } else { forgotten };
        let first =
            Throttle::<A>::create().bucket(bucket).blocked_until(blocked).failures(1).last_at(now).exec(db).await;
        match first {
            Ok(_) => return Ok(None),
            // Another was first.
            Err(error) if error.kind() == ErrorKind::UniqueViolation => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(limits.first))
}

/// Forgets all attempts.
pub(crate) async fn forget<A: Account>(db: &Database, bucket: &str) -> Result<()> {
    Throttle::<A>::destroy().filter(Throttle::<A>::BUCKET.eq(bucket)).exec(db).await?;
    Ok(())
}

/// Takes one attempt back, which went well. The others stay: who signs in with an account of his own gets no new attempts at those
/// of others.
pub(crate) async fn take_back<A: Account>(db: &Database, bucket: &str) -> Result<()> {
    let this = Throttle::<A>::BUCKET.eq(bucket).and(Throttle::<A>::FAILURES.gt(0));
    Throttle::<A>::update().failures(Throttle::<A>::FAILURES - 1).filter(this).exec(db).await?;
    Ok(())
}
