//! The methods that every finder has, written once.

/// Methods that every finder has.
macro_rules! refine {
    (|$self:ident| $select:expr) => {
        /// Keeps rows for which a condition holds; several filters must all hold.
        pub fn filter<C: crate::expr::IntoCondition<S>>(mut self, condition: C) -> Self {
            let $self = &mut self;
            $select.filter.push(condition.into_condition());
            self
        }

        /// Filters when there is a value, else not.
        pub fn filter_if<V, C: crate::expr::IntoCondition<S>>(
            self,
            value: Option<V>,
            condition: impl FnOnce(V) -> C,
        ) -> Self {
            match value {
                Some(value) => self.filter(condition(value)),
                None => self,
            }
        }

        /// Orders rows; several calls add keys.
        pub fn order_by<O: crate::expr::IntoOrder<S>>(mut self, order: O) -> Self {
            let $self = &mut self;
            order.push(&mut $select.order_by);
            self
        }

        /// Leaves out the first rows.
        pub fn offset(mut self, rows: u64) -> Self {
            let $self = &mut self;
            $select.offset = Some(rows);
            self
        }

        /// Finds soft-deleted rows as well.
        pub fn with_deleted(mut self) -> Self {
            let $self = &mut self;
            $select.deleted = crate::ast::Deleted::Included;
            self
        }

        /// Finds soft-deleted rows only.
        pub fn only_deleted(mut self) -> Self {
            let $self = &mut self;
            $select.deleted = crate::ast::Deleted::Only;
            self
        }

        /// Locks the rows for changing them, until the transaction ends.
        pub fn for_update(self) -> Self {
            self.lock(crate::ast::LockStrength::Update)
        }

        /// Locks the rows against changes by others, until the transaction ends.
        pub fn for_share(self) -> Self {
            self.lock(crate::ast::LockStrength::Share)
        }

        /// Locks the rows.
        pub fn lock(mut self, strength: crate::ast::LockStrength) -> Self {
            let $self = &mut self;
            $select.lock.get_or_insert_default().strength = strength;
            self
        }

        /// Locks the rows, and fails instead of waiting for those that others have locked.
        pub fn nowait(mut self) -> Self {
            let $self = &mut self;
            $select.lock.get_or_insert_default().wait = crate::ast::LockWait::NoWait;
            self
        }

        /// Locks the rows, and leaves out those that others have locked.
        pub fn skip_locked(mut self) -> Self {
            let $self = &mut self;
            $select.lock.get_or_insert_default().wait = crate::ast::LockWait::SkipLocked;
            self
        }

        /// Locks rows of one of the joined models only.
        pub fn lock_of<J: crate::model::Model>(mut self) -> Self {
            let $self = &mut self;
            $select.lock.get_or_insert_default().of.push(J::DEF);
            self
        }

        /// The SQL and binds for a dialect.
        ///
        /// # Errors
        /// What the dialect cannot express; see [`render`](crate::dialect::render).
        pub fn to_sql(&self, dialect: &dyn crate::dialect::Dialect) -> crate::error::Result<crate::dialect::Rendered> {
            let $self = self;
            crate::dialect::render(&crate::ast::Statement::Select($select.clone()), dialect)
        }
    };
}
