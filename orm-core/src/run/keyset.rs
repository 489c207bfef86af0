//! The order of a query's rows as a key of each of them: made total, turned around, as a condition about the rows on one side of
//! a key, and as the values that a row has of it. Cursors and pages are made of these.

use crate::ast::{BinaryOp, Expr, Function, NullsOrder, Order, Select, SelectList, Visibility};
use crate::dialect::{Capabilities, Dialect, render_select};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::row::{Flow, Row, RowSink};
use crate::value::{EnumStorage, Packed, SqlType, Value, ValueRef, of_type, pack};

/// The total order of a query's rows.
pub(crate) struct Keyset {
    model: &'static ModelDef,
    keys: Vec<Key>,
    row_ranges: bool,
}

/// One key of the order.
struct Key {
    order: Order,
    column: Option<&'static ColumnDef>,
    nullable: bool,
    /// Whether NULLs come before all other values, in the order's own direction.
    nulls_first: bool,
    /// Whether labels of an enum are compared by their places.
    by_place: bool,
    /// The position in the rows.
    at: usize,
}

/// On which side of a key rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Those that come after it.
    After,
    /// It, and those that come after it.
    From,
}

impl Keyset {
    /// The order of a query, followed by the primary key where rows may be alike in it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`] for a query whose rows have no such order.
    pub(crate) fn of(select: &Select, has: &Capabilities) -> Result<Self> {
        let model = select.model;
        let mut order = select.order_by.clone();
        if !is_unique(model, &order) {
            if model.primary_key.is_empty() {
                return Err(refused(
                    model,
                    "needs an order that no two rows share, since the model has no primary key",
                ));
            }
            // In the direction of the last key, so that one index has both and is read in one direction.
            let descending = order.last().is_some_and(|last| last.descending);
            for column in model.key_columns() {
                if !order.iter().any(|key| key.expr == Expr::Column(column)) {
                    order.push(Order { expr: Expr::Column(column), descending, nulls: None });
                }
            }
        }
        let keys = order.into_iter().map(|order| Key::of(model, order, has)).collect::<Result<_>>()?;
        Ok(Self { model, keys, row_ranges: has.row_ranges })
    }

    /// Gives a query this order, and finds, or adds, the keys among what it reads.
    pub(crate) fn read_by(&mut self, select: &mut Select, backward: bool) {
        select.order_by = self.keys.iter().map(|key| key.order(backward)).collect();
        for key in &mut self.keys {
            key.at = place(select, &key.order.expr);
        }
    }

    /// The values of the keys in a row.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] for values of another type than their columns'.
    pub(crate) fn values(&self, row: &dyn Row) -> Result<Vec<Value>> {
        self.keys.iter().map(|key| key.value(row.get(key.at)?)).collect()
    }

    /// The values of the keys in a row, as bytes.
    fn pack(&self, row: &dyn Row) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for value in self.values(row)? {
            if !pack(&value, &mut bytes) {
                return Err(refused(self.model, "cannot be ordered by a document or a list"));
            }
        }
        Ok(bytes)
    }

    /// The values that bytes are; `None` for bytes that are no key of this order.
    pub(crate) fn unpack(&self, bytes: &[u8]) -> Option<Vec<Value>> {
        let mut packed = Packed(bytes);
        let values = self.keys.iter().map(|key| {
            let value = packed.next_value()?;
            let typed = key.value(value.as_ref()).ok()?;
            (key.nullable || !typed.is_null()).then_some(typed)
        });
        let values: Vec<Value> = values.collect::<Option<_>>()?;
        packed.is_empty().then_some(values)
    }

    /// Says which model and order this is, by 64 bits that are the same in every program.
    ///
    /// # Errors
    /// Those of rendering an expression of the order.
    pub(crate) fn signature(&self, dialect: &dyn Dialect) -> Result<u64> {
        let mut hash = Fnv::new();
        hash.text(self.model.name);
        hash.text(self.model.table.name);
        for key in &self.keys {
            key.sign(self.model, dialect, &mut hash)?;
            hash.bytes(&[u8::from(key.order.descending), u8::from(key.nulls_first)]);
        }
        Ok(hash.0)
    }

    /// The order for people: `created_at DESC, id DESC`.
    pub(crate) fn shown(&self) -> String {
        let key = |key: &Key| {
            let name = key.column.map_or("an expression", |column| column.name);
            format!("{name}{}", if key.order.descending { " DESC" } else { "" })
        };
        self.keys.iter().map(key).collect::<Vec<_>>().join(", ")
    }

    /// The condition about the rows on one side of a key.
    pub(crate) fn side(&self, values: &[Value], side: Side, backward: bool) -> Expr {
        let pairs: Vec<(&Key, &Value)> = self.keys.iter().zip(values).collect();
        let descends = |key: &Key| key.order.descending != backward;
        let alike = pairs.iter().all(|(key, _)| descends(key) == descends(&self.keys[0]));
        // NULL is on neither side of a value; that is right where the NULLs come before it.
        let plain = |(key, value): &(&Key, &Value)| {
            !key.by_place && !value.is_null() && (!key.nullable || key.nulls_first != backward)
        };
        if alike && self.row_ranges && pairs.iter().all(plain) {
            let op = operator(descends(&self.keys[0]), side == Side::From);
            let mut columns: Vec<Expr> = pairs.iter().map(|(key, _)| key.order.expr.clone()).collect();
            let mut bounds: Vec<Expr> = pairs.iter().map(|(key, value)| key.bound(value)).collect();
            return match (columns.len(), columns.pop(), bounds.pop()) {
                (1, Some(column), Some(bound)) => Expr::binary(op, column, bound),
                (_, Some(column), Some(bound)) => {
                    columns.push(column);
                    bounds.push(bound);
                    Expr::binary(op, Expr::Row(columns), Expr::Row(bounds))
                }
                _ => Expr::And(Vec::new()),
            };
        }
        let rest = beyond(&pairs, side, backward);
        // A bound that the database can look up; in the alternatives, it does not find it.
        match pairs.first() {
            Some((key, value)) if pairs.len() > 1 && plain(&(*key, *value)) => {
                let op = operator(descends(key), true);
                Expr::binary(op, key.compared(), key.bound(value)).and(rest)
            }
            _ => rest,
        }
    }
}

/// As [`Keyset::side`], key by key: `a > x OR (a = x AND (b > y OR ..))`.
fn beyond(pairs: &[(&Key, &Value)], side: Side, backward: bool) -> Expr {
    let Some(((key, value), rest)) = pairs.split_first() else {
        // All keys are equal.
        return if side == Side::From { Expr::And(Vec::new()) } else { Expr::Or(Vec::new()) };
    };
    let nulls_first = key.nulls_first != backward;
    let is_null = |negated| Expr::IsNull { expr: Box::new(key.order.expr.clone()), negated };
    let descending = key.order.descending != backward;
    if value.is_null() {
        let further = is_null(false).and(beyond(rest, side, backward));
        // Other values come after NULL, or none does.
        return if nulls_first { is_null(true).or(further) } else { further };
    }
    let mut beyond_it = vec![];
    match rest.is_empty() {
        true => {
            beyond_it.push(Expr::binary(operator(descending, side == Side::From), key.compared(), key.bound(value)))
        }
        false => {
            beyond_it.push(Expr::binary(operator(descending, false), key.compared(), key.bound(value)));
            let equal = Expr::binary(BinaryOp::Eq, key.compared(), key.bound(value));
            beyond_it.push(equal.and(beyond(rest, side, backward)));
        }
    }
    if key.nullable && !nulls_first {
        beyond_it.push(is_null(false));
    }
    match beyond_it.len() {
        1 => beyond_it.remove(0),
        _ => Expr::Or(beyond_it),
    }
}

fn operator(descending: bool, or_equal: bool) -> BinaryOp {
    match (descending, or_equal) {
        (false, false) => BinaryOp::Gt,
        (false, true) => BinaryOp::Ge,
        (true, false) => BinaryOp::Lt,
        (true, true) => BinaryOp::Le,
    }
}

impl Key {
    fn of(model: &'static ModelDef, order: Order, has: &Capabilities) -> Result<Self> {
        let own = match &order.expr {
            Expr::Column(column) if column.table.is(model.table) => Some(*column),
            _ => None,
        };
        let column = order.expr.as_column();
        if let Some(column) = column
            && matches!(column.ty, SqlType::Json | SqlType::Array(_))
        {
            let message = "cannot be ordered by a document or a list";
            return Err(refused(model, message).with_columns([column.name]));
        }
        if let Some(column) = column.filter(|column| column.hidden) {
            let message = "cannot be ordered by a hidden column, whose values would stand in the cursors";
            return Err(refused(model, message).with_columns([column.name]));
        }
        let mut random = false;
        order.expr.walk(&mut |part| random |= matches!(part, Expr::Function(Function::Random, _)));
        if random {
            return Err(refused(model, "cannot have a random order, which is another one for each page"));
        }
        let nulls_first = match order.nulls {
            Some(NullsOrder::First) => true,
            Some(NullsOrder::Last) => false,
            None => has.nulls_first != order.descending,
        };
        let labels = |def: &crate::value::EnumDef| def.storage == EnumStorage::Native;
        let by_place = has.enums_compare_as_text
            && column.is_some_and(|column| {
                column.type_name.is_none() && matches!(column.ty, SqlType::Enum(def) if labels(def))
            });
        let nullable = own.is_none_or(|column| column.nullable);
        Ok(Self { order, column, nullable, nulls_first, by_place, at: 0 })
    }

    fn order(&self, backward: bool) -> Order {
        let mut order = self.order.clone();
        if backward {
            order.descending = !order.descending;
            order.nulls = order.nulls.map(|nulls| match nulls {
                NullsOrder::First => NullsOrder::Last,
                NullsOrder::Last => NullsOrder::First,
            });
        }
        order
    }

    fn value(&self, value: ValueRef<'_>) -> Result<Value> {
        match self.column {
            Some(column) => of_type(column.ty, value).map_err(|error| error.with_columns([column.name])),
            None => Ok(value.into()),
        }
    }

    /// What is compared with the bound.
    fn compared(&self) -> Expr {
        let expr = self.order.expr.clone();
        // As a number, a label of an enum is its place.
        if self.by_place { Expr::binary(BinaryOp::Add, expr, Expr::Value(Value::I32(0))) } else { expr }
    }

    /// A value of the key.
    fn bound(&self, value: &Value) -> Expr {
        match (value, self.column) {
            (Value::Enum(def, label), _) if self.by_place => {
                let place = def.labels.iter().position(|known| known == label).map_or(0, |place| place + 1);
                Expr::Value(Value::I64(i64::try_from(place).unwrap_or_default()))
            }
            (value, Some(column)) => Expr::AsRead(column, value.clone()),
            (value, None) => Expr::Value(value.clone()),
        }
    }

    fn sign(&self, model: &'static ModelDef, dialect: &dyn Dialect, hash: &mut Fnv) -> Result<()> {
        if let Expr::Column(column) = &self.order.expr {
            hash.text(column.name);
            return Ok(());
        }
        let mut select = Select::new(model);
        select.list = SelectList::Exprs(vec![self.order.expr.clone()]);
        select.visibility = Visibility::ALL;
        let rendered = render_select(&select, dialect)?;
        hash.text(&rendered.sql);
        let mut values = Vec::new();
        rendered.binds.iter().for_each(|value| _ = pack(value, &mut values));
        hash.bytes(&values);
        Ok(())
    }
}

/// Whether no two rows are alike in an order.
fn is_unique(model: &'static ModelDef, order: &[Order]) -> bool {
    let has = |index: &usize| order.iter().any(|key| key.expr == Expr::Column(&model.columns[*index]));
    let unique = model.indexes.iter().filter(|index| index.unique).filter_map(crate::model::IndexDef::columns);
    let never_null = |columns: &Vec<usize>| columns.iter().all(|index| !model.columns[*index].nullable);
    (!model.primary_key.is_empty() && model.primary_key.iter().all(has))
        || unique.filter(never_null).any(|columns| !columns.is_empty() && columns.iter().all(has))
}

/// The position in the rows of an expression, which is added to what the query reads when it is not there.
fn place(select: &mut Select, expr: &Expr) -> usize {
    let own = select.model.columns;
    let whole = matches!(select.list, SelectList::Model | SelectList::ModelAnd(_));
    if let (true, Expr::Column(column)) = (whole, expr)
        && own.get(column.index).is_some_and(|own| own == *column)
    {
        return column.index;
    }
    let mut list = match std::mem::replace(&mut select.list, SelectList::One) {
        SelectList::Exprs(list) | SelectList::ModelAnd(list) => list,
        SelectList::Model | SelectList::One => Vec::new(),
    };
    let at = list.iter().position(|item| item == expr).unwrap_or_else(|| {
        list.push(expr.clone());
        list.len() - 1
    });
    select.list = match (whole, list.is_empty()) {
        (true, true) => SelectList::Model,
        (true, false) => SelectList::ModelAnd(list),
        (false, _) => SelectList::Exprs(list),
    };
    if whole { own.len() + at } else { at }
}

#[cold]
fn refused(model: &'static ModelDef, why: &str) -> Error {
    Error::new(ErrorKind::InvalidStatement, format!("a page by cursor {why}")).with_model(model.name)
}

/// FNV-1a: tells orders apart, and nobody gains from two that are alike.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        // No text has this byte.
        self.bytes(&[0xff]);
    }
}

/// Looks at each row before it is taken: leaves the one out that the page begins from, and those that are more than it holds.
pub(crate) struct Gate<'k> {
    keyset: &'k Keyset,
    size: usize,
    /// The key that the page begins from.
    from: Option<Vec<u8>>,
    /// The keys of the rows that were let through.
    pub(crate) keys: Vec<Vec<u8>>,
    /// Whether the row was there that the page begins from.
    pub(crate) met: bool,
    /// Whether there were more rows.
    pub(crate) more: bool,
}

impl<'k> Gate<'k> {
    /// A gate for so many rows.
    pub(crate) fn new(keyset: &'k Keyset, size: usize, from: Option<Vec<u8>>) -> Self {
        Self { keyset, size, from, keys: Vec::new(), met: false, more: false }
    }
}

/// The rows that a gate lets through, on their way into another sink.
pub(crate) struct Through<'a, 'k> {
    pub(crate) gate: &'a mut Gate<'k>,
    pub(crate) sink: &'a mut dyn RowSink,
}

impl RowSink for Through<'_, '_> {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let gate = &mut *self.gate;
        let key = gate.keyset.pack(row)?;
        if gate.keys.is_empty() && !gate.met && gate.from.as_ref() == Some(&key) {
            gate.met = true;
            return Ok(Flow::Continue);
        }
        if gate.keys.len() == gate.size {
            gate.more = true;
            return Ok(Flow::Continue);
        }
        let flow = self.sink.row(row)?;
        gate.keys.push(key);
        Ok(flow)
    }
    fn restart(&mut self) {
        self.gate.keys.clear();
        (self.gate.met, self.gate.more) = (false, false);
        self.sink.restart();
    }
}
