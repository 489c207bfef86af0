//! A model whose hooks write down what they saw, for random sequences of writes.

use orm::prelude::*;
use orm::{Draft, Tx};

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(
    paranoid,
    hooks(
        before_save = Wallet::count,
        after_create = created,
        after_update = updated,
        after_destroy = destroyed,
        after_restore = restored,
        after_find = Wallet::label,
    )
)]
pub struct Wallet {
    #[orm(primary_key, auto_increment = false)]
    pub id: i64,
    #[orm(unique, length = 20, normalize(lowercase), validate(length = 1..=8))]
    pub owner: String,
    #[orm(validate(range = 0..=1000))]
    pub balance: i32,
    /// How often it was saved, by its hook.
    #[orm(default = 0)]
    pub saves: i32,
    pub deleted_at: Option<DateTime<Utc>>,
    /// Made when the row is read.
    #[orm(skip)]
    pub label: String,
}

/// What a hook saw.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct WalletEvent {
    #[orm(primary_key)]
    pub id: i64,
    pub wallet_id: i64,
    #[orm(length = 20)]
    pub event: String,
    pub balance: i32,
}

pub type Wallets = (Wallet, WalletEvent);

impl Wallet {
    fn label(&mut self) -> Result<()> {
        if self.balance > 1_000_000 {
            return Err(Error::new(ErrorKind::Decode, "such a wallet is not read"));
        }
        self.label = format!("{} {}", self.owner, self.balance);
        Ok(())
    }

    async fn count(draft: &mut Draft<'_, Wallet>, _tx: &Tx<'_>) -> Result<()> {
        let before = draft.before(Wallet::SAVES)?.unwrap_or(0);
        draft.set(Wallet::SAVES, before + 1);
        Ok(())
    }
}

async fn note(wallet: &Wallet, event: &str, tx: &Tx<'_>) -> Result<()> {
    WalletEvent::create().wallet_id(wallet.id).event(event).balance(wallet.balance).exec(tx).await?;
    Ok(())
}

async fn created(wallet: &Wallet, tx: &Tx<'_>) -> Result<()> {
    note(wallet, "create", tx).await
}

async fn updated(wallet: &Wallet, tx: &Tx<'_>) -> Result<()> {
    note(wallet, "update", tx).await
}

async fn destroyed(wallet: &Wallet, tx: &Tx<'_>) -> Result<()> {
    note(wallet, "destroy", tx).await
}

async fn restored(wallet: &Wallet, tx: &Tx<'_>) -> Result<()> {
    note(wallet, "restore", tx).await
}
