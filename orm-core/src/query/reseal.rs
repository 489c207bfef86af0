//! Checks the stored values of encrypted columns (which key they have, whether they can be decrypted), and re-encrypts them.

use std::marker::PhantomData;

use crate::ast::{self, BinaryOp, Returning, SelectList, Statement, Visibility};
use crate::driver::{Runs, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, Model, ModelDef};
use crate::row::{Collect, Seal, no_keys, of_column};
use crate::run::{self, Keyset, Side, ValueRow, affected_rows, begin_write, key_filter};
use crate::value::{SealDef, SealKind, Value, plain_value};
use crate::write::all_values;

/// Counts of the values in a table's encrypted columns, by state, and of those that were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SealReport {
    /// Rows that were read.
    pub rows: u64,
    /// Values encrypted with the current key and algorithm.
    pub current: u64,
    /// Values encrypted with an older key, or another algorithm.
    pub older: u64,
    /// Values that are not encrypted.
    pub plain: u64,
    /// Missing blind indexes of values.
    pub unindexed: u64,
    /// Values that cannot be decrypted: the column, and the primary key of the row as text. At most 100 are listed.
    pub unreadable: Vec<(&'static str, String)>,
    /// Values that were encrypted anew.
    pub written: u64,
    /// Values that another statement changed meanwhile, so they were skipped: the new ones have the current key.
    pub changed: u64,
}

impl SealReport {
    /// Whether each value can be decrypted, has the current key and algorithm, and has its blind index.
    pub fn is_current(&self) -> bool {
        self.older + self.plain + self.unindexed == 0 && self.unreadable.is_empty()
    }
}

/// Checks, or re-encrypts, the encrypted values of a table; see [`reseal`] and [`verify_sealed`].
#[must_use = "a statement does nothing until `.exec(&db).await`"]
#[derive(Debug)]
pub struct Reseal<M> {
    write: bool,
    batch: u32,
    _model: PhantomData<fn() -> M>,
}

/// Re-encrypts the values of encrypted columns that do not have the current key or the column's algorithm. In columns with
/// `encrypt(allow_plaintext)`, it also encrypts plain values. It also writes missing blind indexes. A value is only updated if it has not
/// changed since it was read.
///
/// ```
/// # use orm_guide::*;
/// use orm::crypt::Keys;
/// use orm::prelude::*;
///
/// #[derive(Clone, Model)]
/// struct Patient {
///     #[orm(primary_key)]
///     id: i64,
///     #[orm(encrypt)]
///     diagnosis: String,
/// }
///
/// # run(async |db| {
/// # db.create_tables::<Patient>().await?;
/// let old = Keys::generate().unwrap();
/// Patient::create().diagnosis("influenza").exec(&db.with_keys(old.clone())).await?;
///
/// let db = db.with_keys(old.rotated().unwrap());
/// let report = orm::reseal::<Patient>().exec(&db).await?;
/// assert_eq!((report.older, report.written), (1, 1));
/// assert!(orm::verify_sealed::<Patient>().exec(&db).await?.is_current());
/// # Ok(()) });
/// ```
pub fn reseal<M: Model>() -> Reseal<M> {
    Reseal { write: true, batch: 500, _model: PhantomData }
}

/// Like [`reseal`], but writes nothing: counts values by state, and lists those that cannot be decrypted.
pub fn verify_sealed<M: Model>() -> Reseal<M> {
    Reseal { write: false, batch: 500, _model: PhantomData }
}

impl<M: Model> Reseal<M> {
    /// How many rows are read at once, and updated in one transaction; 500 by default.
    pub fn batch(mut self, rows: u32) -> Self {
        self.batch = rows;
        self
    }

    /// Goes through the table in the order of its primary key.
    ///
    /// # Errors
    /// [`ErrorKind::Encryption`] if the handle has no keys; [`ErrorKind::InvalidStatement`] for a model without a primary key; errors of
    /// the database. Batches before an error stay written: run it again, and it skips values that are current.
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<SealReport> {
        reseal_table(db.session(), M::DEF, self.write, self.batch, &mut |_| {}).await
    }
}

/// Like [`Reseal::exec`], for a model that is only known at run time. `progress` is called after each batch.
///
/// # Errors
/// As [`Reseal::exec`].
pub async fn reseal_table(
    session: &dyn Session,
    def: &'static ModelDef,
    write: bool,
    batch: u32,
    progress: &mut (dyn FnMut(&SealReport) + Send),
) -> Result<SealReport> {
    let columns: Vec<&'static ColumnDef> = def.columns.iter().filter(|column| column.sealed.is_some()).collect();
    let Some(seal) = session.context().seal() else { return Err(no_keys(columns.first().and_then(|c| c.sealed))) };
    let mut rows = ast::Select::new(def);
    rows.visibility = Visibility::ALL;
    let mut keyset = Keyset::of(&rows, session.dialect().capabilities())?;
    let read = def.key_columns().chain(columns.iter().copied());
    rows.list = SelectList::Exprs(read.map(ast::Expr::Column).collect());
    rows.limit = Some(u64::from(batch.max(1)));
    keyset.read_by(&mut rows, false);
    let mut report = SealReport::default();
    let mut last: Option<Vec<Value>> = None;
    loop {
        let mut select = rows.clone();
        select.filter.extend(last.iter().map(|last| keyset.side(last, Side::After, false)));
        let mut found: Vec<Vec<Value>> = Vec::new();
        let rendered = run::rendered(session, &Statement::Select(Box::new(select)))?;
        let mut sink = Collect::new(&mut found, all_values);
        session.fetch(run::query(&rendered), &mut sink).await.map_err(run::about(def))?;
        let mut updates = Vec::new();
        for row in &found {
            let (key, values) = row.split_at(def.primary_key.len());
            updates.extend(stale(&**seal, def, key, &columns, values, &mut report)?);
        }
        if write && !updates.is_empty() {
            let unit = begin_write(session).await?;
            for update in updates {
                match affected_rows(&*unit, def, &Statement::Update(Box::new(update))).await? {
                    0 => report.changed += 1,
                    _ => report.written += 1,
                }
            }
            unit.commit().await?;
        }
        progress(&report);
        match found.last() {
            Some(row) if found.len() as u64 >= u64::from(batch.max(1)) => last = Some(keyset.values(&ValueRow(row))?),
            _ => return Ok(report),
        }
    }
}

/// Counts the values of a row, and returns the UPDATE that re-encrypts those that are not current. Its filter compares the stored bytes
/// with those that were read, so it does not overwrite a newer value.
fn stale(
    seal: &dyn Seal,
    def: &'static ModelDef,
    key: &[Value],
    columns: &[&'static ColumnDef],
    values: &[Value],
    report: &mut SealReport,
) -> Result<Vec<ast::Update>> {
    report.rows += 1;
    let mut updates = Vec::new();
    for (column, value) in columns.iter().zip(values) {
        let (Some(sealed), false) = (column.sealed, column.is_blind_index() || value.is_null()) else { continue };
        let index = column.blind_index.and_then(|index| def.columns.get(index));
        let at = index.and_then(|index| columns.iter().position(|column| column.index == index.index));
        let unindexed = at.and_then(|at| values.get(at)).is_some_and(is_empty);
        let (found, plain) = match opened(seal, sealed, value) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::Encryption || error.kind() == ErrorKind::Decode => {
                if report.unreadable.len() < 100 {
                    report.unreadable.push((column.name, shown(key)));
                }
                continue;
            }
            Err(error) => return Err(error),
        };
        let current = found == State::Current;
        match found {
            State::Current => report.current += 1,
            State::Older => report.older += 1,
            State::Plain => report.plain += 1,
        }
        report.unindexed += u64::from(unindexed);
        if current && !unindexed {
            continue;
        }
        let seals = |column: &'static ColumnDef| {
            let sealed = column.sealed.map(|def| Value::Sealed(def, Box::new(plain.clone())));
            (column, ast::Expr::Value(sealed.unwrap_or_else(|| plain.clone())))
        };
        let mut set = Vec::new();
        if !current {
            set.push(seals(column));
        }
        set.extend(index.map(seals));
        let mut filter = key_filter(def, key);
        let read = ast::Expr::AsRead(column, value.clone());
        filter.push(ast::Expr::binary(BinaryOp::Eq, (*column).into(), read));
        let (visibility, returning) = (Visibility::ALL, Returning::Nothing);
        updates.push(ast::Update { model: def, set, filter, visibility, returning });
    }
    Ok(updates)
}

/// The state of a stored value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Current,
    Older,
    Plain,
}

fn opened(seal: &dyn Seal, def: &'static SealDef, value: &Value) -> Result<(State, Value)> {
    let plain = |bytes: Vec<u8>| plain_value(def.ty, bytes);
    match value {
        Value::Bytes(bytes) if seal.is_sealed(bytes) => {
            let value = seal.open(def, bytes).map_err(of_column(def)).and_then(plain)?;
            Ok((if seal.is_current(def, bytes) { State::Current } else { State::Older }, value))
        }
        // Without `allow_plaintext`, a plain value may come from an attacker, so it is an error.
        Value::Bytes(bytes) if def.reads_plaintext() => Ok((State::Plain, plain(bytes.clone())?)),
        Value::Text(text) if def.reads_plaintext() => Ok((State::Plain, plain(text.as_bytes().to_vec())?)),
        _ => Err(of_column(def)(Error::new(ErrorKind::Encryption, "the value is not sealed"))),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Bytes(bytes) => bytes.is_empty(),
        value => value.is_null(),
    }
}

/// A primary key as text, for reports.
fn shown(key: &[Value]) -> String {
    let parts: Vec<String> = key
        .iter()
        .map(|value| match value {
            Value::I64(v) => v.to_string(),
            Value::U64(v) => v.to_string(),
            Value::Text(v) => v.to_string(),
            Value::Uuid(v) => crate::dialect::hyphenated(*v),
            Value::Bytes(v) => match <[u8; 16]>::try_from(&v[..]) {
                Ok(uuid) => crate::dialect::hyphenated(uuid),
                Err(_) => format!("{} bytes", v.len()),
            },
            other => other.sql_type().to_string(),
        })
        .collect();
    parts.join(", ")
}

/// Whether a model has encrypted columns.
pub fn is_encrypted(def: &ModelDef) -> bool {
    def.columns.iter().any(|column| column.sealed.is_some_and(|sealed| sealed.kind != SealKind::Index))
}
