//! [`Statements`]: the statements of a model that need nothing from its derive. In the prelude; `update` and `destroy`
//! are the model's own.

use super::{
    AggregateOf, BulkCreate, BulkSave, BulkUpdate, Complete, Count, Exists, Find, FindAndCount, FindByPk, FindOne,
    FindOrCreate, InsertRow, Instance, Tracked, Truncate, Unfiltered, UpdateOrCreate, UpdateRows, Upsert,
    VerifyCounters,
};
use crate::error::Result;
use crate::expr::{KeyOperand, Select};
use crate::model::Model;
use crate::write::Prefilled;

/// The statements every model has: `User::find_all()`. In the prelude, like [`Instance`](super::Instance).
pub trait Statements: Model {
    /// Starts a new row: a builder with a setter per column.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let dee = User::create().email("dee@example.com").name("Dee").exec(&db).await?;
    /// assert_eq!(dee.id, 4);
    /// # Ok(()) });
    /// ```
    fn create() -> Self::Create
    where
        Self: Instance,
    {
        Self::__start(Prefilled::default())
    }

    /// As [`create`](Self::create), but the setters of required columns keep the builder's type, so all columns may be set in
    /// `if` and in loops. What is missing is an error when the row is written, of the kind
    /// [`NotNullViolation`](crate::ErrorKind::NotNullViolation), which names the columns.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let name: Option<&str> = Some("Dee");
    /// let mut draft = User::draft().email("dee@example.com");
    /// if let Some(name) = name {
    ///     draft = draft.name(name);
    /// }
    /// assert_eq!(draft.exec(&db).await?.name.as_deref(), Some("Dee"));
    /// # Ok(()) });
    /// ```
    fn draft() -> Self::Draft
    where
        Self: Instance,
    {
        Self::__draft()
    }

    /// Creates a row or, where its unique columns are taken, updates the row that has them; gives the row and whether it
    /// was created. See [`Upsert`].
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let row = User::create().email("ada@example.com").name("Ada L.");
    /// let (ada, created) = User::upsert(row).exec(&db).await?;
    /// assert!(!created && ada.id == 1);
    /// # Ok(()) });
    /// ```
    fn upsert<C: Complete<Self>>(row: C) -> Upsert<Self> {
        Upsert::new(row)
    }

    /// Finds rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let users: Vec<User> = User::find_all().filter(User::VISITS.gt(0)).exec(&db).await?;
    /// assert_eq!(users.len(), 2);
    /// # Ok(()) });
    /// ```
    fn find_all() -> Find<Self> {
        Find::default()
    }

    /// Finds the first row, if there is one.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let user: Option<User> = User::find_one().filter(User::NAME.eq("Ada")).exec(&db).await?;
    /// assert!(user.is_some());
    /// # Ok(()) });
    /// ```
    fn find_one() -> FindOne<Self> {
        FindOne::default()
    }

    /// Finds the row with a primary key, if there is one.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let user: Option<User> = User::find_by_pk(1).exec(&db).await?;
    /// assert!(user.is_some());
    /// # Ok(()) });
    /// ```
    fn find_by_pk(key: impl KeyOperand<Self>) -> FindByPk<Self> {
        FindByPk::new(key)
    }

    /// Finds a page of rows, and the number of all.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let page = User::find_and_count_all().order_by(User::ID).limit(2).exec(&db).await?;
    /// assert_eq!((page.rows.len(), page.count), (2, 3));
    /// # Ok(()) });
    /// ```
    fn find_and_count_all() -> FindAndCount<Self> {
        FindAndCount::default()
    }

    /// Returns a new row with its defaults, without inserting it; [`save`](Tracked::save) inserts it. Values that the database generates
    /// are not known yet: an auto-increment key is 0, and nullable columns are NULL.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut dee = User::build(User::create().email("dee@example.com"))?;
    /// dee.name = Some("Dee".to_owned());
    /// dee.save(&db).await?;
    /// assert_eq!(User::find_by_pk(dee.id).required(&db).await?.name.as_deref(), Some("Dee"));
    /// # Ok(()) });
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) if the row has nested rows of relations, or a column that is
    /// no `Option` gets its value only from the database or the handle.
    fn build<C: Complete<Self>>(row: C) -> Result<Tracked<Self>> {
        Tracked::build(row.into_create())
    }

    /// Finds a row, or creates it when there is none.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let (user, created) = User::find_or_create()
    ///     .filter(User::EMAIL.eq("dee@example.com"))
    ///     .defaults(User::create().email("dee@example.com"))
    ///     .exec(&db)
    ///     .await?;
    /// assert!(created && user.id == 4);
    /// # Ok(()) });
    /// ```
    fn find_or_create() -> FindOrCreate<Self> {
        FindOrCreate::new()
    }

    /// Updates the row that a filter finds, or creates it when there is none. See [`UpdateOrCreate`].
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let (ada, created) = User::update_or_create()
    ///     .filter(User::EMAIL.eq("ada@example.com"))
    ///     .values(User::update().visits(User::VISITS + 1))
    ///     .defaults(User::create().email("ada@example.com"))
    ///     .exec(&db)
    ///     .await?;
    /// assert_eq!((ada.visits, created), (4, false));
    /// # Ok(()) });
    /// ```
    fn update_or_create() -> UpdateOrCreate<Self> {
        UpdateOrCreate::new()
    }

    /// Gives many rows new values, each its own, by their keys. See [`BulkUpdate`].
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let changes = [(1, User::update().visits(5)), (2, User::update().visits(6))];
    /// assert_eq!(User::bulk_update(changes).exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    fn bulk_update<K, U>(changes: impl IntoIterator<Item = (K, U)>) -> BulkUpdate<Self>
    where
        K: KeyOperand<Self>,
        U: UpdateRows<Model = Self, Rows = Unfiltered>,
    {
        BulkUpdate::new(changes)
    }

    /// Saves rows at hand together. See [`BulkSave`].
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let mut users = User::find_all().exec(&db).await?;
    /// users.iter_mut().for_each(|user| user.visits *= 2);
    /// User::bulk_save(&mut users).exec(&db).await?;
    /// # Ok(()) });
    /// ```
    fn bulk_save(rows: &mut [Self]) -> BulkSave<'_, Self> {
        BulkSave::new(rows)
    }

    /// Compares the numbers of this model's rows that its parents keep, by `counter_cache`, with the rows that there are.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::run};
    /// #[derive(Debug, Clone, Model)]
    /// struct Team {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     #[orm(counter)]
    ///     player_count: i64,
    /// }
    ///
    /// #[derive(Debug, Clone, Model)]
    /// struct Player {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     team_id: i64,
    ///     #[orm(counter_cache = player_count)]
    ///     team: BelongsTo<Team>,
    /// }
    ///
    /// # run(async |db| {
    /// db.create_tables::<(Team, Player)>().await?;
    /// let mut team = Team::create().exec(&db).await?;
    /// Player::create().team_id(team.id).exec(&db).await?;
    /// team.reload(&db).await?;
    /// assert_eq!(team.player_count, 1);
    ///
    /// Team::update().player_count(7).all_rows().exec(&db).await?;
    /// let wrong = Player::verify_counters().repair().exec(&db).await?;
    /// assert_eq!((wrong[0].stored, wrong[0].counted), (7, 1));
    /// # Ok(()) });
    /// ```
    fn verify_counters() -> VerifyCounters<Self> {
        VerifyCounters::new()
    }

    /// Counts rows.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(User::count().filter(User::VISITS.gt(0)).exec(&db).await?, 2);
    /// # Ok(()) });
    /// ```
    fn count() -> Count<Self> {
        Count::new()
    }

    /// Asks whether there is a row.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert!(User::exists().filter(User::NAME.eq("Ada")).exec(&db).await?);
    /// # Ok(()) });
    /// ```
    fn exists() -> Exists<Self> {
        Exists::new()
    }

    /// Reads one aggregate of all rows, such as `User::AGE.max()`.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// assert_eq!(User::aggregate(User::VISITS.sum()).exec(&db).await?, Some(4));
    /// # Ok(()) });
    /// ```
    fn aggregate<X: Select<Self>>(aggregate: X) -> AggregateOf<Self, X::Output> {
        AggregateOf::new(aggregate)
    }

    /// Creates several rows at once.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let rows = ["dee", "eli"].map(|name| User::create().email(format!("{name}@example.com")));
    /// assert_eq!(User::bulk_create(rows).exec(&db).await?.len(), 2);
    /// # Ok(()) });
    /// ```
    fn bulk_create<C: Complete<Self>>(rows: impl IntoIterator<Item = C>) -> BulkCreate<Self> {
        BulkCreate::new(rows)
    }

    /// Inserts a whole struct.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// let comment = Comment {
    ///     id: 0,
    ///     post_id: 1,
    ///     user_id: None,
    ///     text: "Hm".to_owned(),
    ///     post: BelongsTo::default(),
    ///     user: BelongsTo::default(),
    /// };
    /// assert_eq!(Comment::insert(comment).exec(&db).await?.id, 3);
    /// # Ok(()) });
    /// ```
    fn insert(row: Self) -> InsertRow<Self> {
        InsertRow::new(row)
    }

    /// Removes all rows at once, whether marked as deleted or not.
    ///
    /// ```
    /// # use {orm::prelude::*, orm_guide::*};
    /// # run(async |db| {
    /// Comment::truncate().exec(&db).await?;
    /// assert_eq!(Comment::count().exec(&db).await?, 0);
    /// # Ok(()) });
    /// ```
    fn truncate() -> Truncate<Self> {
        Truncate::new()
    }
}

impl<M: Model> Statements for M {}
