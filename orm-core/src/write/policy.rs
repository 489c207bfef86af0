//! What policies say of writes: which values a viewer may give to rows, old and new, and which rows may point at which. Which rows
//! a statement reaches at all is a matter of the renderer, which adds the rules to its conditions.

use super::draft::{Changes, Draft, all_values};
use super::evaluate::holds;
use crate::ast::{self, Expr, LockStrength, LockWait, Purpose, Returning, Select, SelectList, Statement, Visibility};
use crate::dialect::Policies as _;
use crate::driver::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Access, ColumnDef, ModelDef, RelationDef, RelationKind, Ruling};
use crate::run::{affected_rows, begin_write, fetch_all, key_filter};
use crate::value::Value;

/// The error for what the policy does not allow.
#[cold]
fn denied(session: &dyn Session, def: &'static ModelDef, what: &str) -> Error {
    tracing::warn!(
        name: "orm.policy.denied",
        target: "orm::policy",
        model = def.name,
        what,
        db.system.name = session.dialect().name(),
        "a policy denied a write"
    );
    let message = match def.policy {
        Some(_) => format!("the policy of the model does not let the viewer {what}"),
        None => format!("a tenant may not {what}"),
    };
    Error::new(ErrorKind::Permission, message).with_model(def.name)
}

/// Whether a policy may have a say about rows of a model that are written.
pub(super) fn applies(session: &dyn Session, def: &'static ModelDef) -> bool {
    session.context().is_restricted() || session.context().polices(def)
}

/// Whether a row may be created with these values: decided here where the rule is about values that are at hand. Otherwise the answer is
/// whether it must be asked once the rows are there, in the same transaction.
///
/// # Errors
/// [`ErrorKind::Permission`] for values that the viewer may not give.
pub(super) async fn before_create(session: &dyn Session, def: &'static ModelDef, drafts: &[Draft]) -> Result<bool> {
    let context = session.context();
    if context.is_restricted() {
        let value =
            |draft: &Draft, column: usize| (draft.given & (1 << column) != 0).then(|| draft.values[column].clone());
        let rows: Vec<_> = drafts.iter().map(|draft| move |column: usize| value(draft, column)).collect();
        check_targets(session, def, &rows, Given::Whole).await?;
    }
    let rule = match context.rule(def, Access::Create)? {
        Ruling::Allow => return Ok(false),
        Ruling::Deny | Ruling::AsUpdate => return Err(denied(session, def, "create this row")),
        Ruling::When(rule) => rule,
    };
    let mut ask = false;
    for draft in drafts {
        let value = |column: &ColumnDef| {
            let given = column.table.is(def.table) && draft.given & (1 << column.index) != 0;
            given.then(|| &draft.values[column.index])
        };
        match holds(&rule, &value) {
            Some(true) => {}
            Some(false) => return Err(denied(session, def, "create a row with these values")),
            None => ask = true,
        }
    }
    if ask && def.primary_key.is_empty() {
        let message =
            "the rule must be asked about the rows once they are there, and without a primary key they are not found";
        return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(def.name));
    }
    Ok(ask)
}

/// Asks whether rows that were just created may be there.
///
/// # Errors
/// [`ErrorKind::Permission`], for which the transaction is to be rolled back.
pub(super) async fn after_create(session: &dyn Session, def: &'static ModelDef, rows: &[Vec<Value>]) -> Result<()> {
    let keys = rows.iter().map(|values| key_of(def, values)).collect();
    all_are(session, def, keys, Purpose::Create, "create a row with these values").await
}

fn key_of(def: &'static ModelDef, values: &[Value]) -> Vec<Value> {
    def.primary_key.iter().map(|index| values[*index].clone()).collect()
}

/// How many keys are asked about at once.
const KEYS: usize = 500;

async fn all_are(
    session: &dyn Session,
    def: &'static ModelDef,
    keys: Vec<Vec<Value>>,
    purpose: Purpose,
    what: &str,
) -> Result<()> {
    let columns: Vec<&'static ColumnDef> = def.key_columns().collect();
    for keys in keys.chunks(KEYS) {
        let filter = vec![Expr::has_key(&columns, keys)];
        if count(session, def, filter, Visibility::UNCHECKED.to(purpose)).await? != keys.len() {
            return Err(denied(session, def, what));
        }
    }
    Ok(())
}

async fn count(
    session: &dyn Session,
    def: &'static ModelDef,
    filter: Vec<Expr>,
    visibility: Visibility,
) -> Result<usize> {
    let mut select = Select::new(def);
    select.list = SelectList::One;
    (select.filter, select.visibility) = (filter, visibility);
    Ok(fetch_all(session, def, Statement::Select(Box::new(select)), |_| Ok(())).await?.len())
}

/// What columns without a value mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    /// The row is new: NULL.
    Whole,
    /// The row is changed: they keep their values, which are unknown here.
    Changes,
}

/// Whether the rows that new or changed ones point at are seen by the viewer: to point at others would tell that they are there.
///
/// # Errors
/// [`ErrorKind::ForeignKeyViolation`], as for rows that are not there; [`ErrorKind::Permission`] where a key is changed in part.
async fn check_targets<R: Fn(usize) -> Option<Value>>(
    session: &dyn Session,
    def: &'static ModelDef,
    rows: &[R],
    given: Given,
) -> Result<()> {
    for relation in def.relations {
        let target = relation.target();
        if relation.kind != RelationKind::BelongsTo || relation.chain || !session.context().polices(target) {
            continue;
        }
        let mut keys: Vec<Vec<Value>> = Vec::new();
        for row in rows {
            if given == Given::Changes && changes_in_part(relation, row) {
                return Err(in_part(def, relation));
            }
            let key: Option<Vec<Value>> = relation.keys().iter().map(|pair| row(pair.from.index)).collect();
            let Some(key) = key.filter(|key| !key.iter().any(Value::is_null)) else { continue };
            if points_elsewhere(relation, row) || keys.contains(&key) {
                continue;
            }
            keys.push(key);
        }
        let columns: Vec<&'static ColumnDef> = relation.keys().iter().map(|pair| pair.to).collect();
        for keys in keys.chunks(KEYS) {
            let filter = vec![Expr::has_key(&columns, keys)];
            if count(session, target, filter, Visibility::ALL).await? < keys.len() {
                let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
                let message = format!("no row of `{}` has this `{}`", target.table.name, names.join("`, `"));
                let from = relation.keys().iter().map(|pair| pair.from.name);
                return Err(Error::new(ErrorKind::ForeignKeyViolation, message)
                    .with_model(def.name)
                    .with_table(def.table.name)
                    .with_columns(from));
            }
        }
    }
    Ok(())
}

/// Whether some of the columns that say which row is pointed at change, and others keep values that are unknown here. A key with NULL
/// points at no row.
fn changes_in_part(relation: &RelationDef, row: &impl Fn(usize) -> Option<Value>) -> bool {
    let when = relation.first().when;
    if let Some((column, text)) = when
        && row(column.index).is_some_and(|given| !matches!(given, Value::Text(given) if given == text))
    {
        return false;
    }
    let mut values: Vec<Option<Value>> = relation.keys().iter().map(|pair| row(pair.from.index)).collect();
    if values.iter().flatten().any(Value::is_null) {
        return false;
    }
    values.extend(when.map(|(column, _)| row(column.index)));
    values.iter().any(Option::is_some) && values.iter().any(Option::is_none)
}

#[cold]
fn in_part(def: &'static ModelDef, relation: &RelationDef) -> Error {
    let when = relation.first().when.map(|(column, _)| column.name);
    let columns: Vec<&str> = relation.keys().iter().map(|pair| pair.from.name).chain(when).collect();
    let message =
        "which row a key points at that is changed in part is not known before it is written; assign all its columns";
    Error::new(ErrorKind::Permission, message).with_model(def.name).with_columns(columns)
}

/// Whether a row points at a row of another model by this key.
fn points_elsewhere(relation: &RelationDef, row: &impl Fn(usize) -> Option<Value>) -> bool {
    relation
        .first()
        .when
        .is_some_and(|(column, text)| !matches!(row(column.index), Some(Value::Text(given)) if given == text))
}

/// What a change is subject to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Granted {
    /// What the rows are found for.
    pub(super) purpose: Purpose,
    /// Whether the rows must be asked about once they are changed, in the same transaction.
    pub(super) ask: bool,
}

/// Which change the viewer may make; none where no policy has a say.
///
/// # Errors
/// [`ErrorKind::Permission`] for columns that the viewer may change in no row.
pub(super) fn before_update(
    session: &dyn Session,
    def: &'static ModelDef,
    set: &[(&'static ColumnDef, Option<&Expr>)],
    rehooked: bool,
) -> Result<Option<Granted>> {
    let context = session.context();
    if !context.polices(def) {
        return Ok(None);
    }
    if let Some((column, _)) =
        set.iter().find(|(column, _)| def.policy.is_some() && def.primary_key.contains(&column.index))
    {
        let message = "the model has a policy, and a viewer does not change the key of a row";
        return Err(Error::new(ErrorKind::Permission, message).with_model(def.name).with_columns([column.name]));
    }
    let mut fields = 0;
    for (column, value) in set {
        match context.rule(def, Access::UpdateField(column))? {
            Ruling::Allow => {}
            Ruling::When(_) => fields |= 1 << column.index,
            Ruling::Deny | Ruling::AsUpdate => {
                return Err(denied(session, def, "change this column").with_columns([column.name]));
            }
        }
        if let Some(value) = value {
            check_seen(session, def, value)?;
        }
    }
    let assigned: u128 = set.iter().fold(0, |all, (column, _)| all | 1 << column.index);
    let ask = match context.rule(def, Access::PostUpdate)? {
        Ruling::Allow => false,
        Ruling::Deny => return Err(denied(session, def, "change this row")),
        Ruling::When(_) => true,
        // The rule held before, and what it is about does not change.
        Ruling::AsUpdate => match context.rule(def, Access::Update)? {
            Ruling::When(rule) => rehooked || !depends_only_on_others(&rule, def, assigned),
            _ => false,
        },
    };
    Ok(Some(Granted { purpose: Purpose::Update(fields), ask }))
}

/// Refuses to copy what the viewer does not see in all rows. A sub-query may read the row that is changed, so it is refused where there
/// is such a column at all.
fn check_seen(session: &dyn Session, def: &'static ModelDef, value: &Expr) -> Result<()> {
    let mut read = Vec::new();
    value.walk(&mut |part| match part {
        Expr::Column(column) | Expr::Outer(column) if column.table.is(def.table) => read.push(*column),
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::Related(_) | Expr::Path(..) => read.extend(def.columns),
        Expr::In(list) if matches!(list.items, ast::ListItems::Select(_)) => read.extend(def.columns),
        _ => {}
    });
    for column in read {
        if !is_seen(session, def, column)? {
            return Err(denied(session, def, "read this column").with_columns([column.name]));
        }
    }
    Ok(())
}

/// Whether a rule is about columns of the row alone, none of which is assigned.
fn depends_only_on_others(rule: &Expr, def: &'static ModelDef, assigned: u128) -> bool {
    let mut alone = true;
    rule.walk(&mut |part| {
        alone &= match part {
            Expr::Column(column) => column.table.is(def.table) && assigned & (1 << column.index) == 0,
            Expr::In(list) => !matches!(list.items, ast::ListItems::Select(_)),
            Expr::Value(_)
            | Expr::Binary(..)
            | Expr::Not(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::IsNull { .. }
            | Expr::Between { .. } => true,
            _ => false,
        };
    });
    alone
}

/// Asks whether the row that was changed may be what it is now.
///
/// # Errors
/// [`ErrorKind::Permission`], for which the transaction is to be rolled back.
pub(super) async fn after_update(session: &dyn Session, def: &'static ModelDef, keys: Vec<Vec<Value>>) -> Result<()> {
    all_are(session, def, keys, Purpose::PostUpdate, "change the row into this one").await
}

/// Asks whether a row may point at those that its new values point at.
///
/// # Errors
/// As for a new row.
pub(super) async fn check_changes(session: &dyn Session, def: &'static ModelDef, changes: &Changes) -> Result<()> {
    if !session.context().is_restricted() {
        return Ok(());
    }
    let value = |column: usize| changes.values().iter().find(|(index, _)| *index == column).map(|(_, v)| v.clone());
    check_targets(session, def, &[value], Given::Changes).await
}

/// Leaves out of a row that is saved whole what the viewer does not see in all rows: they have NULL there.
pub(super) fn leave_out_unseen(session: &dyn Session, def: &'static ModelDef, changes: &mut Changes) -> Result<()> {
    if session.context().polices(def) {
        for column in def.columns {
            if !is_seen(session, def, column)? {
                changes.unset(column.index);
            }
        }
    }
    Ok(())
}

/// Whether the viewer sees a column in all rows.
pub(crate) fn is_seen(session: &dyn Session, def: &'static ModelDef, column: &'static ColumnDef) -> Result<bool> {
    let polices = session.context().polices(def);
    Ok(!polices || matches!(session.context().rule(def, Access::ReadField(column))?, Ruling::Allow))
}

/// Sends a viewer's UPDATE or DELETE and gives the number of rows.
pub(super) async fn send(session: &dyn Session, def: &'static ModelDef, statement: Statement) -> Result<u64> {
    let update = match statement {
        Statement::Update(update) if matches!(update.visibility.purpose, Purpose::Read | Purpose::Update(_)) => update,
        // The rule about removing rows is one of the statement's conditions.
        other => return affected_rows(session, def, &other).await,
    };
    check_assignments(session, def, &update.set).await?;
    if session.context().polices(def) {
        return Ok(change(session, def, update, false).await?.1);
    }
    affected_rows(session, def, &Statement::Update(update)).await
}

/// Asks whether rows may point at those that constants of an UPDATE point at.
///
/// # Errors
/// As for a new row.
pub(super) async fn check_assignments(
    session: &dyn Session,
    def: &'static ModelDef,
    set: &[(&'static ColumnDef, Expr)],
) -> Result<()> {
    if !session.context().is_restricted() {
        return Ok(());
    }
    for relation in def.relations {
        let guarded = relation.kind == RelationKind::BelongsTo && !relation.chain;
        if !guarded || !session.context().polices(relation.target()) {
            continue;
        }
        let is_key = |column: &ColumnDef| relation.keys().iter().any(|pair| pair.from.index == column.index);
        let unknown = set.iter().find(|(column, value)| is_key(column) && values_of(column, value).is_none());
        if let Some((column, _)) = unknown {
            let message = "an expression may point at rows that are not visible here; assign key values";
            return Err(Error::new(ErrorKind::Permission, message).with_model(def.name).with_columns([column.name]));
        }
    }
    let values: Vec<(usize, Vec<Value>)> =
        set.iter().filter_map(|(column, value)| Some((column.index, values_of(column, value)?))).collect();
    let most = values.iter().map(|(_, values)| values.len()).max().unwrap_or_default();
    let rows: Vec<_> = (0..most)
        .map(|row| {
            let values = &values;
            move |column: usize| {
                let (_, values) = values.iter().find(|(index, _)| *index == column)?;
                // One for all rows, or one for each.
                values.get(row).or(values.first().filter(|_| values.len() == 1)).cloned()
            }
        })
        .collect();
    check_targets(session, def, &rows, Given::Changes).await
}

/// The values that a column is assigned: one for all rows, or one for each. `None` for other expressions.
fn values_of(column: &ColumnDef, assigned: &Expr) -> Option<Vec<Value>> {
    match assigned {
        Expr::Value(value) => Some(vec![value.clone()]),
        Expr::Case(case) => {
            let stays = |other: &Expr| matches!(other, Expr::Column(other) if other.index == column.index);
            if case.otherwise.as_ref().is_some_and(|other| !stays(other)) {
                return None;
            }
            let then = |(_, then): &(Expr, Expr)| match then {
                Expr::Value(value) => Some(value.clone()),
                _ => None,
            };
            case.branches.iter().map(then).collect()
        }
        _ => None,
    }
}

/// Sends a viewer's UPDATE. With `wanted`, gives the rows as they are then.
pub(super) async fn change(
    session: &dyn Session,
    def: &'static ModelDef,
    mut update: Box<ast::Update>,
    wanted: bool,
) -> Result<(Vec<Vec<Value>>, u64)> {
    let set: Vec<_> = update.set.iter().map(|(column, value)| (*column, Some(value))).collect();
    let Some(granted) = before_update(session, def, &set, false)? else {
        return Ok((Vec::new(), affected_rows(session, def, &Statement::Update(update)).await?));
    };
    let own = update.visibility.to(Purpose::Update(0));
    update.visibility.purpose = granted.purpose;
    update.returning = Returning::Nothing;
    let refused = granted.purpose != Purpose::Update(0);
    if !granted.ask && !refused && !wanted {
        return Ok((Vec::new(), affected_rows(session, def, &Statement::Update(update)).await?));
    }
    let unit = begin_write(session).await?;
    if refused
        && count(&*unit, def, update.filter.clone(), own).await?
            != count(&*unit, def, update.filter.clone(), update.visibility).await?
    {
        return Err(denied(session, def, "change a column of these rows"));
    }
    let mut keys = Vec::new();
    if granted.ask || wanted {
        keys = locked_keys(&*unit, def, std::mem::take(&mut update.filter), update.visibility).await?;
        let columns: Vec<&'static ColumnDef> = def.key_columns().collect();
        update.filter = vec![Expr::has_key(&columns, &keys)];
    }
    let affected = affected_rows(&*unit, def, &Statement::Update(update)).await?;
    if granted.ask {
        after_update(&*unit, def, keys.clone()).await?;
    }
    let mut rows = Vec::new();
    if wanted {
        let columns: Vec<&'static ColumnDef> = def.key_columns().collect();
        let mut select = Select::new(def);
        (select.filter, select.visibility) = (vec![Expr::has_key(&columns, &keys)], Visibility::ALL);
        rows = fetch_all(&*unit, def, Statement::Select(Box::new(select)), all_values).await?;
    }
    unit.commit().await?;
    Ok((rows, affected))
}

/// The keys of the rows that a statement is about, locked where there are such locks.
async fn locked_keys(
    session: &dyn Session,
    def: &'static ModelDef,
    filter: Vec<Expr>,
    visibility: Visibility,
) -> Result<Vec<Vec<Value>>> {
    if def.primary_key.is_empty() {
        let message =
            "the rule must be asked about the rows once they are changed, and without a primary key they are not found";
        return Err(Error::new(ErrorKind::InvalidStatement, message).with_model(def.name));
    }
    let mut select = Select::new(def);
    select.list = SelectList::Exprs(def.key_columns().map(Into::into).collect());
    (select.filter, select.visibility) = (filter, visibility);
    let mut masked = false;
    for column in def.columns {
        masked |= !is_seen(session, def, column)?;
    }
    if session.dialect().capabilities().row_locks && !masked {
        select.lock = Some(ast::Lock { strength: LockStrength::Update, wait: LockWait::Wait, of: Vec::new() });
    }
    fetch_all(session, def, Statement::Select(Box::new(select)), all_values).await
}

/// The error after a write that found no row, which the viewer sees: then it is not theirs to change.
#[cold]
pub(super) async fn refused(
    session: &dyn Session,
    def: &'static ModelDef,
    key: &[Value],
    visibility: Visibility,
) -> Option<Error> {
    if !session.context().polices(def) {
        return None;
    }
    // Where this fails, the reason of the write still is the better one to tell.
    let seen = count(session, def, key_filter(def, key), visibility).await.ok()?;
    (seen > 0).then(|| denied(session, def, "change or remove this row"))
}

/// Refuses an upsert of many rows, which does not tell which rows it changes.
///
/// # Errors
/// [`ErrorKind::Unsupported`].
pub(super) fn refuse_conflicts(session: &dyn Session, def: &'static ModelDef) -> Result<()> {
    if !session.context().polices(def) {
        return Ok(());
    }
    let message = "the model has a policy, and an upsert of many rows cannot tell which of them it may change; upsert the rows one by \
                   one, `Model::upsert(row)`, or ask for the rows, `.returning(&db)`";
    Err(Error::new(ErrorKind::Unsupported, message).with_model(def.name))
}

/// The error after an upsert that found the row and could not change it, where a policy has a say.
///
/// # Errors
/// [`ErrorKind::Permission`].
pub(crate) fn refuse_unless_changed(session: &dyn Session, def: &'static ModelDef) -> Result<()> {
    if session.context().polices(def) { Err(refused_row(session, def)) } else { Ok(()) }
}

/// The error for a row that is there, and is not the viewer's.
#[cold]
pub(crate) fn refused_row(session: &dyn Session, def: &'static ModelDef) -> Error {
    denied(session, def, "change this row")
}

/// Asks whether the viewer may change all rows of a model with certain keys: connecting two rows is a change of both.
///
/// # Errors
/// [`ErrorKind::Permission`].
pub(crate) async fn check_end(
    session: &dyn Session,
    def: &'static ModelDef,
    columns: &[&'static ColumnDef],
    keys: &[Vec<Value>],
) -> Result<()> {
    if !session.context().polices(def) {
        return Ok(());
    }
    for keys in keys.chunks(KEYS) {
        let filter = vec![Expr::has_key(columns, keys)];
        if count(session, def, filter, Visibility::ALL.to(Purpose::Update(0))).await? < keys.len() {
            return Err(denied(session, def, "change which rows are connected with this one"));
        }
    }
    Ok(())
}

/// Refuses a statement about a whole table, which no rule could be a condition of.
///
/// # Errors
/// [`ErrorKind::Permission`].
pub(crate) fn refuse_whole_table(session: &dyn Session, def: &'static ModelDef, what: &str) -> Result<()> {
    if session.context().polices(def) { Err(denied(session, def, what)) } else { Ok(()) }
}

/// Whether the viewer may do this to the row with a key, asked of the database.
pub(crate) async fn may(
    session: &dyn Session,
    def: &'static ModelDef,
    key: &[Value],
    purpose: Purpose,
) -> Result<bool> {
    Ok(count(session, def, key_filter(def, key), Visibility::ALL.to(purpose)).await? > 0)
}
