//! Hooks that are no functions of the form that their event asks for.

use orm::prelude::*;
use orm::{Draft, Tx};

#[derive(Debug, Clone, Model)]
#[orm(hooks(
    before_save = not_async,
    before_create = takes_the_row,
    after_save = takes_a_draft,
    after_create = User::missing,
    after_update = holds_an_rc,
    after_commit = fails,
))]
struct User {
    #[orm(primary_key)]
    id: i64,
    email: String,
}

fn not_async(_user: &mut Draft<'_, User>, _tx: &Tx<'_>) -> Result<()> {
    Ok(())
}

async fn takes_the_row(_user: &User, _tx: &Tx<'_>) -> Result<()> {
    Ok(())
}

async fn takes_a_draft(_user: &mut Draft<'_, User>, _tx: &Tx<'_>) -> Result<()> {
    Ok(())
}

async fn holds_an_rc(user: &User, tx: &Tx<'_>) -> Result<()> {
    let count = std::rc::Rc::new(user.id);
    User::count().exec(tx).await?;
    drop(count);
    Ok(())
}

async fn fails(_user: &User) {}

async fn sets_a_number(user: &mut Draft<'_, User>, _tx: &Tx<'_>) -> Result<()> {
    user.set(User::EMAIL, 5);
    Ok(())
}

fn main() {
    let _ = sets_a_number;
}
