//! [`Listing`]: which columns of a model the requests of an endpoint may filter by, with which operators, sort by and see; and lists by
//! such requests, [`Find::list`]. How a filter becomes a condition is in `list_filter`.

use std::marker::PhantomData;

use super::decoder::Decoder;
use super::fields::{Fields, read_fields};
use super::find::Find;
use super::list_error::{ListError, Problem};
use super::list_filter::{Filterable, Limits, Op, Reading};
use super::list_query::ListQuery;
use super::paged::{CursorPage, Paged};
use crate::ast::{self, SelectList};
use crate::driver::Runs;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{Column, Expr, Select};
use crate::model::{ColumnDef, Model};
use crate::value::{Scalar, SqlType, Type};

/// What the requests of an endpoint may say about a list of rows. Nothing is allowed unless it is said here.
///
/// A filter is an object of fields, in the words of Sequelize, with or without `$`:
///
/// | | |
/// |---|---|
/// | `{"age": 18}`, `{"age": null}`, `{"age": [18, 19]}` | equal, NULL, one of a list |
/// | `{"age": {"gte": 18, "lt": 65}}` | `eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `between`, `notBetween`, `in`, `notIn`, `is` |
/// | `{"name": {"startsWith": "A"}}` | of text also `startsWith`, `endsWith`, `substring`, and, where a listing says so, `like`, `notLike`, `iLike`, `notILike` |
/// | `{"or": [{..}, {..}], "not": {..}}` | `and`, `or`, `not`, also below a field: `{"age": {"or": [{"lt": 18}, {"gt": 65}]}}` |
///
/// ```
/// # use {orm::{ListQuery, Listing, prelude::*}, orm_guide::*};
/// # run(async |db| {
/// let listing = Listing::<Post>::new()
///     .filter((Post::TITLE, Post::VIEWS))
///     .filter_as("user.email", Post::USER.col(User::EMAIL))
///     .sort((Post::VIEWS, Post::TITLE))
///     .page_size(20, 100);
///
/// let query = ListQuery::parse("filter[user.email][startsWith]=ada&filter[views][gte]=1&sort=-views")?;
/// let page = Post::find_all().list(&listing, &query)?.exec(&db).await?;
/// assert_eq!(page.nodes().map(|post| &*post.title).collect::<Vec<_>>(), ["Notes"]);
///
/// let secret = ListQuery::parse("filter[published]=true")?;
/// let error = Post::find_all().list(&listing, &secret).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidRequest);
/// assert_eq!(error.message(), "`filter.published` is not a field that this list takes here; there are title, views, user.email");
/// # Ok(()) });
/// ```
#[derive(Clone)]
pub struct Listing<M> {
    filters: Vec<Filterable>,
    sorts: Vec<(&'static str, ast::Expr)>,
    fields: Vec<&'static ColumnDef>,
    limits: Limits,
    size: u32,
    most: u32,
    /// A hidden column that was allowed.
    hidden: Option<&'static ColumnDef>,
    _model: PhantomData<fn() -> M>,
}

impl<M> std::fmt::Debug for Listing<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let filters: Vec<&str> = self.filters.iter().map(|field| field.name).collect();
        let sorts: Vec<&str> = self.sorts.iter().map(|(name, _)| *name).collect();
        let fields: Vec<&str> = self.fields.iter().map(|column| column.field).collect();
        let mut shown = f.debug_struct("Listing");
        shown.field("filters", &filters).field("sorts", &sorts).field("fields", &fields).finish_non_exhaustive()
    }
}

impl<M: Model> Default for Listing<M> {
    fn default() -> Self {
        Self::new()
    }
}

/// What a list may be filtered and sorted by under a name: a column, or an expression such as a column of a related row.
pub trait Listed<M> {
    #[doc(hidden)]
    const TYPE: SqlType;
    #[doc(hidden)]
    fn node(self) -> ast::Expr;
}

impl<M, T: Type> Listed<M> for Column<M, T> {
    const TYPE: SqlType = <T::Base as Scalar>::TYPE;
    fn node(self) -> ast::Expr {
        self.into_node()
    }
}

impl<M, T: Type> Listed<M> for Expr<M, T> {
    const TYPE: SqlType = <T::Base as Scalar>::TYPE;
    fn node(self) -> ast::Expr {
        self.into_node()
    }
}

/// The columns of a list, which has nothing else.
fn columns_of<M, X: Select<M>>(columns: X) -> impl Iterator<Item = &'static ColumnDef> {
    let mut list = Vec::new();
    columns.push(&mut list);
    list.into_iter().filter_map(|expr| match expr {
        ast::Expr::Column(column) => Some(column),
        _ => None,
    })
}

impl<M: Model> Listing<M> {
    /// Allows nothing but pages of 20 rows.
    pub fn new() -> Self {
        Self {
            filters: Vec::new(),
            sorts: Vec::new(),
            fields: Vec::new(),
            limits: Limits::default(),
            size: 20,
            most: 100,
            hidden: None,
            _model: PhantomData,
        }
    }

    /// Allows filters by columns, a column or a tuple of them, under the names of their fields, with the operators that their types
    /// have. Patterns are not among them: see [`filter_by`](Self::filter_by). Expressions need a name: [`filter_as`](Self::filter_as).
    pub fn filter<X: Select<M>>(mut self, columns: X) -> Self {
        for column in self.seen(columns) {
            self.filters.push(Filterable::new(column.field, ast::Expr::Column(column), column.ty, None));
        }
        self
    }

    /// Allows filters by columns with these operators only.
    pub fn filter_by<X: Select<M>>(mut self, columns: X, operators: impl IntoIterator<Item = Op>) -> Self {
        let operators: Vec<Op> = operators.into_iter().collect();
        for column in self.seen(columns) {
            let only = Some(operators.clone());
            self.filters.push(Filterable::new(column.field, ast::Expr::Column(column), column.ty, only));
        }
        self
    }

    /// Allows filters by a column or an expression under a name: `.filter_as("user.email", Post::USER.col(User::EMAIL))`.
    pub fn filter_as<X: Listed<M>>(mut self, name: &'static str, by: X) -> Self {
        let by = self.seen_in(by.node());
        self.filters.push(Filterable::new(name, by, X::TYPE, None));
        self
    }

    /// Allows orders by columns, a column or a tuple of them, under the names of their fields.
    pub fn sort<X: Select<M>>(mut self, columns: X) -> Self {
        for column in self.seen(columns) {
            self.sorts.push((column.field, ast::Expr::Column(column)));
        }
        self
    }

    /// Allows orders by a column or an expression under a name.
    pub fn sort_as<X: Listed<M>>(mut self, name: &'static str, by: X) -> Self {
        let by = self.seen_in(by.node());
        self.sorts.push((name, by));
        self
    }

    /// Allows these columns to be asked for, where a list gives fields: [`Find::list_fields`]. A request that asks for none gets them all.
    pub fn fields<X: Select<M>>(mut self, columns: X) -> Self {
        let columns = self.seen(columns);
        self.fields.extend(columns);
        self
    }

    /// How many rows a page has where the request does not say, and how many at most.
    pub fn page_size(mut self, usual: u32, most: u32) -> Self {
        (self.size, self.most) = (usual.min(most), most);
        self
    }

    /// How much a filter may say.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Columns that a request may name; notes one that is hidden.
    fn seen<X: Select<M>>(&mut self, columns: X) -> Vec<&'static ColumnDef> {
        let columns: Vec<&'static ColumnDef> = columns_of(columns).collect();
        self.hidden = self.hidden.or_else(|| columns.iter().copied().find(|column| column.hidden));
        columns
    }

    fn seen_in(&mut self, expr: ast::Expr) -> ast::Expr {
        expr.walk(&mut |part| {
            let hidden = part.as_column().filter(|column| column.hidden);
            self.hidden = self.hidden.or(hidden);
        });
        expr
    }

    /// What a request asks for.
    fn asked(&self, query: &ListQuery) -> Result<Asked> {
        if let Some(column) = self.hidden {
            let message = "is hidden, and what a list is filtered, sorted or shown by can be told from it: leave it out of the listing";
            let error = Error::new(ErrorKind::InvalidStatement, message);
            return Err(error.with_model(M::DEF.name).with_columns([column.name]));
        }
        self.read(query).map_err(ListError::into_error)
    }

    /// Reads the conditions, the order and the size of the page.
    fn read(&self, query: &ListQuery) -> Result<Asked, ListError> {
        let mut reading = Reading::new(&self.filters, self.limits);
        let mut filter = Vec::new();
        for (json, text) in [(&query.filter, false), (&query.text_filter, true)] {
            if let Some(json) = json {
                filter.push(reading.condition(json, "filter", text)?);
            }
        }
        let order = query.sort.as_deref().unwrap_or_default();
        let order = order.iter().map(|name| self.order(name)).collect::<Result<Vec<_>, _>>()?;
        for (at, key) in order.iter().enumerate() {
            if order[..at].iter().any(|other| other.expr == key.expr) {
                return Err(ListError::new("sort", Problem::Malformed("has a field twice".into())));
            }
        }
        let size = match query.limit {
            None => self.size,
            Some(limit) => match u32::try_from(limit) {
                Ok(limit) if limit <= self.most => limit,
                _ => return Err(ListError::new("limit", Problem::TooMuch { of: "rows", most: self.most.into() })),
            },
        };
        Ok(Asked { filter, order, size })
    }

    fn order(&self, name: &str) -> Result<ast::Order, ListError> {
        let (descending, name) = match name.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, name.strip_prefix('+').unwrap_or(name)),
        };
        match self.sorts.iter().find(|(known, _)| *known == name) {
            Some((_, expr)) => Ok(ast::Order { expr: expr.clone(), descending, nulls: None }),
            None => {
                let known = self.sorts.iter().map(|(name, _)| (*name).to_owned()).collect();
                Err(ListError::new(format!("sort.{name}"), Problem::UnknownField { known }))
            }
        }
    }

    /// The columns that were asked for.
    fn chosen(&self, query: &ListQuery) -> Result<Vec<&'static ColumnDef>, ListError> {
        let Some(names) = &query.fields else { return Ok(self.fields.clone()) };
        let mut chosen: Vec<&'static ColumnDef> = Vec::new();
        for name in names {
            match self.fields.iter().find(|column| column.field == name) {
                Some(column) if chosen.contains(column) => {}
                Some(column) => chosen.push(column),
                None => {
                    let known = self.fields.iter().map(|column| column.field.to_owned()).collect();
                    return Err(ListError::new(format!("fields.{name}"), Problem::UnknownField { known }));
                }
            }
        }
        Ok(chosen)
    }
}

/// What a request asks for.
struct Asked {
    filter: Vec<ast::Expr>,
    order: Vec<ast::Order>,
    size: u32,
}

impl Asked {
    /// Tells it a query; an order that the query has holds where the request has none.
    fn apply(self, select: &mut ast::Select) -> u32 {
        select.filter.extend(self.filter);
        if !self.order.is_empty() {
            select.order_by = self.order;
        }
        self.size
    }
}

/// The page that a request asks for.
fn paged<M: Model, Out: Send + 'static>(find: Find<M, Out>, size: u32, query: &ListQuery) -> Paged<M, Out> {
    let page = match (&query.after, &query.before) {
        (None, Some(_)) => find.last(size),
        _ => find.first(size),
    };
    page.after(query.after.as_deref()).before(query.before.as_deref())
}

impl<M: Model> Find<M> {
    /// The rows that a request asks for, as far as a [`Listing`] allows it: its filter besides the finder's own, its order instead of the
    /// finder's, its page. Everything else is as the finder says: soft deletion, scopes, includes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for what is not allowed, unknown or of another type;
    /// [`ListError::of`] has its place in the request.
    pub fn list(mut self, listing: &Listing<M>, query: &ListQuery) -> Result<Paged<M>> {
        if query.fields.is_some() {
            let problem = Problem::Malformed("cannot be chosen here: rows are given whole".into());
            return Err(ListError::new("fields", problem).into_error());
        }
        let size = listing.asked(query)?.apply(&mut self.select);
        Ok(paged(self, size, query))
    }

    /// As [`list`](Self::list), of the columns that the request asks for, from those that [`Listing::fields`] allows. Rows are JSON
    /// objects.
    ///
    /// ```
    /// # use {orm::{ListQuery, Listing, prelude::*}, orm_guide::*};
    /// # run(async |db| {
    /// let listing = Listing::<User>::new().sort(User::ID).fields((User::ID, User::NAME, User::VISITS));
    /// let query = ListQuery::parse("fields=id,name&sort=-id&limit=1")?;
    /// let page = User::find_all().list_fields(&listing, &query)?.exec(&db).await?;
    /// assert_eq!(serde_json::to_string(&page.edges[0].node).unwrap(), r#"{"id":3,"name":null}"#);
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn list_fields(mut self, listing: &Listing<M>, query: &ListQuery) -> Result<PagedFields<M>> {
        let size = listing.asked(query)?.apply(&mut self.select);
        let chosen = listing.chosen(query).map_err(ListError::into_error)?;
        self.select.list = SelectList::Exprs(chosen.iter().copied().map(ast::Expr::Column).collect());
        let find = self.becoming(Decoder::without_relations(read_fields::<M>));
        Ok(PagedFields { page: paged(find, size, query), chosen: chosen.len() })
    }
}

/// A page of some columns: [`Find::list_fields`].
#[must_use = "a statement does nothing until `.exec(&db).await`"]
#[derive(Debug)]
pub struct PagedFields<M> {
    page: Paged<M, Fields>,
    /// How many columns were asked for; those of the order follow.
    chosen: usize,
}

impl<M: Model> PagedFields<M> {
    /// Counts all rows of the query as well.
    pub fn with_total(mut self) -> Self {
        self.page = self.page.with_total();
        self
    }

    /// Signs the cursors that are given, and takes none that are not signed.
    #[cfg(feature = "signed-cursors")]
    pub fn signed(mut self, key: &super::CursorKey) -> Self {
        self.page = self.page.signed(key);
        self
    }

    /// Reads the page.
    ///
    /// # Errors
    /// As [`Paged::exec`].
    pub async fn exec<E: Runs<M> + ?Sized>(self, db: &E) -> Result<CursorPage<Fields>> {
        let chosen = self.chosen;
        Ok(self.page.exec(db).await?.map(|fields| fields.first(chosen)))
    }
}
