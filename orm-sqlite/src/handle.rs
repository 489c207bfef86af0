//! The raw handle of one connection: preparing, binding, stepping and reading statements, and SQLite's callbacks. The
//! only file of the workspace with `unsafe`; what is exported from here cannot be misused by safe code. When and on
//! which thread statements run is decided in `connection.rs`.
//!
//! # Why this is sound
//! - **One thread at a time.** sqlx opens connections with `SQLITE_OPEN_NOMUTEX`, which allows any thread but only one
//!   at a time (<https://www.sqlite.org/threadsafe.html>). All calls need `&Handle` or `&mut Handle`, and [`Handle`]
//!   is `Send` but not `Sync`, so the borrow checker keeps threads apart. sqlx's own worker thread touches the
//!   database only while it handles a command; [`Handle::adopt`] ends with an answered `ping`, and no command is sent
//!   after it until [`Handle::close`] or drop.
//! - **Statements end before the database.** Statements are private to this file and live in their handle, whose
//!   `Drop` finalizes them before sqlx's connection, the last field, closes the database.
//! - **Bound memory is owned.** Text and bytes are bound from a buffer inside the statement, not from the caller.

#![allow(unsafe_code)] // SQLite is a C library; the rest of the workspace uses it through this file.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use libsqlite3_sys as ffi;
use orm_core::{Error, ErrorKind, Result};
use sqlx::{Connection as _, SqliteConnection};

use crate::error::{SqliteError, from_sqlx};
use crate::functions::Regexp;
use crate::hooks::{Hooks, OPS_PER_TICK};
use crate::policy::{self, Facts, Kind};
use crate::statements::Cache;
use crate::types::Cell;

/// Buffers of binds larger than this are given back after each run.
const KEPT_BUFFER: usize = 64 * 1024;

/// The bit of `SQLITE_TESTCTRL_OPTIMIZATIONS` for turning `EXISTS` into a join, `SQLITE_ExistsToJoin` in SQLite's source.
const EXISTS_TO_JOIN: c_int = 0x4000_0000;

/// Whether this SQLite miscounts: where `EXISTS` becomes a join, `OFFSET` counts a row once for every match.
fn miscounts_exists() -> bool {
    ((3, 51, 0)..(3, 53, 0)).contains(&version())
}

/// The version of the SQLite in this program.
pub(crate) fn version() -> (u32, u32, u32) {
    // SAFETY: returns a constant (https://www.sqlite.org/c3ref/libversion.html).
    let number = unsafe { ffi::sqlite3_libversion_number() }.unsigned_abs();
    (number / 1_000_000, number / 1000 % 1000, number % 1000)
}

/// The pointer to an open database.
struct Database(NonNull<ffi::sqlite3>);

// SAFETY: a connection may move between threads as long as one uses it at a time, which `&`/`&mut` of a type that is
// not Sync ensure (https://www.sqlite.org/threadsafe.html, multi-thread mode).
unsafe impl Send for Database {}

impl Database {
    fn as_ptr(&self) -> *mut ffi::sqlite3 {
        self.0.as_ptr()
    }
}

/// A prepared statement; finalized when dropped.
struct Statement {
    raw: NonNull<ffi::sqlite3_stmt>,
    parameters: usize,
    /// Its place in the cache, when it has one.
    slot: Option<usize>,
    facts: Facts,
    /// What text and byte binds point into. Changed only between a reset and the binds that follow it.
    buffer: Vec<u8>,
}

// SAFETY: as for `Database`; a statement is used on the thread that uses its connection.
unsafe impl Send for Statement {}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the pointer came from sqlite3_prepare_v3 and is finalized once, here; the database is still open,
        // since statements live in their `Handle` (https://www.sqlite.org/c3ref/finalize.html).
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

impl Statement {
    fn as_ptr(&self) -> *mut ffi::sqlite3_stmt {
        self.raw.as_ptr()
    }
}

/// How a step ended.
#[derive(Debug)]
pub(crate) enum Step {
    /// A row can be read.
    Row,
    /// There is nothing more.
    Done,
    /// The statement failed.
    Failed(SqliteError),
}

/// A connection's handle with its prepared statements, of which at most one is in use.
pub(crate) struct Handle {
    active: Option<Box<Statement>>,
    statements: Cache<Box<Statement>>,
    /// Scratch for binding.
    cells: Vec<Cell>,
    hooks: Arc<Hooks>,
    database: Database,
    /// Keeps the database open; `None` once [`close`](Self::close) has taken it. Declared, and so dropped, last.
    connection: Option<SqliteConnection>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").field("active", &self.active.is_some()).finish_non_exhaustive()
    }
}

impl Handle {
    /// Takes over a connection that sqlx opened: its worker thread is left idle from now on.
    pub(crate) async fn adopt(mut connection: SqliteConnection, hooks: Arc<Hooks>, cache: usize) -> Result<Self> {
        let database = Database(connection.lock_handle().await.map_err(from_sqlx)?.as_raw_handle());
        // The guard is gone again; the answer says that the worker has seen that and waits for commands. It is also
        // what orders the worker's accesses before ours.
        connection.ping().await.map_err(from_sqlx)?;
        let mut handle = Self {
            active: None,
            statements: Cache::new(cache),
            cells: Vec::new(),
            hooks,
            database,
            connection: Some(connection),
        };
        handle.prepare_database()?;
        Ok(handle)
    }

    /// Callbacks, functions, and settings that only the C interface has.
    fn prepare_database(&mut self) -> Result<()> {
        let db = self.database.as_ptr();
        let hooks = Arc::as_ptr(&self.hooks).cast_mut().cast::<c_void>();
        // SAFETY: the database is open and ours. The hooks outlive their registration: `release` removes it before
        // the `Arc` in this struct is dropped. sqlite3_db_config gets the arguments that its documentation asks for
        // with these options: an int and a pointer to an int that may be null
        // (https://www.sqlite.org/c3ref/progress_handler.html, wal_hook.html, c_dbconfig_defensive.html).
        unsafe {
            ffi::sqlite3_busy_timeout(db, 0);
            ffi::sqlite3_progress_handler(db, OPS_PER_TICK, Some(on_progress), hooks);
            ffi::sqlite3_wal_hook(db, Some(on_wal), hooks);
            // Plans show triggers from the start: changing this later would expire every prepared statement.
            for (option, on) in [
                (ffi::SQLITE_DBCONFIG_DQS_DML, 0),
                (ffi::SQLITE_DBCONFIG_DQS_DDL, 0),
                (ffi::SQLITE_DBCONFIG_TRIGGER_EQP, 1),
            ] {
                ffi::sqlite3_db_config(db, option, on as c_int, ptr::null_mut::<c_int>());
            }
        }
        if miscounts_exists() {
            // SAFETY: the database is open; this operation takes it and an int (`sqlite3_test_control` in SQLite's main.c).
            unsafe { ffi::sqlite3_test_control(ffi::SQLITE_TESTCTRL_OPTIMIZATIONS, db, EXISTS_TO_JOIN) };
        }
        let regexp = Box::into_raw(Box::new(Regexp::default())).cast::<c_void>();
        // SAFETY: as `create_function` asks: `on_regexp` reads its user data as a `Regexp`, and `drop_regexp` frees it.
        unsafe { self.create_function(c"regexp", 2, regexp, on_regexp, Some(drop_regexp))? };
        for (name, function) in [(c"ceil", on_ceil as ScalarFunction), (c"ceiling", on_ceil), (c"floor", on_floor)] {
            // SAFETY: these functions have no user data.
            unsafe { self.create_function(name, 1, ptr::null_mut(), function, None)? };
        }
        // SAFETY: this function has no user data.
        unsafe { self.create_function(c"mod", 2, ptr::null_mut(), on_mod, None)? };
        Ok(())
    }

    /// # Safety
    /// `data` must be what `function` and `destroy` take it for; `destroy` is called once, also when this fails.
    unsafe fn create_function(
        &self,
        name: &CStr,
        arguments: c_int,
        data: *mut c_void,
        function: ScalarFunction,
        destroy: Option<unsafe extern "C" fn(*mut c_void)>,
    ) -> Result<()> {
        let flags = ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC | ffi::SQLITE_INNOCUOUS;
        // SAFETY: the database is open, the name is NUL-terminated, and the caller vouches for the rest
        // (https://www.sqlite.org/c3ref/create_function.html).
        let code = unsafe {
            ffi::sqlite3_create_function_v2(
                self.database.as_ptr(),
                name.as_ptr(),
                arguments,
                flags,
                data,
                Some(function),
                None,
                None,
                destroy,
            )
        };
        self.ok(code)
    }

    fn ok(&self, code: c_int) -> Result<()> {
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(self.failure(code).into()) }
    }

    /// What SQLite says about the latest call, which failed with this code.
    #[cold]
    fn failure(&self, code: c_int) -> SqliteError {
        // SAFETY: the message is a NUL-terminated string that lives until the next call on the database; it is copied
        // before that (https://www.sqlite.org/c3ref/errcode.html).
        let message = unsafe {
            let message = ffi::sqlite3_errmsg(self.database.as_ptr());
            if message.is_null() { String::new() } else { CStr::from_ptr(message).to_string_lossy().into_owned() }
        };
        SqliteError::new(code, message)
    }

    /// Prepares the first statement of a text; gives the length of what it took. `None` when there is no statement.
    fn compile(&self, sql: &str, persistent: bool) -> Result<(Option<Statement>, usize)> {
        let Ok(length) = c_int::try_from(sql.len()) else {
            return Err(Error::new(ErrorKind::InvalidStatement, "the text of the statement is longer than 2 GiB"));
        };
        if sql.contains('\0') {
            return Err(Error::new(ErrorKind::InvalidStatement, "the text of the statement has a NUL character"));
        }
        let flags = if persistent { ffi::SQLITE_PREPARE_PERSISTENT } else { 0 };
        let mut raw = ptr::null_mut();
        let mut tail: *const c_char = ptr::null();
        let start = sql.as_ptr().cast::<c_char>();
        // Preparing ticks as well, and is never too long: the last statement's budget does not end it.
        self.hooks.arm(false);
        // SAFETY: the database is open, the text is `length` bytes of UTF-8, and the out-pointers are valid
        // (https://www.sqlite.org/c3ref/prepare.html).
        let code = unsafe {
            ffi::sqlite3_prepare_v3(self.database.as_ptr(), start, length, flags, &raw mut raw, &raw mut tail)
        };
        self.ok(code)?;
        let taken = if tail.is_null() { sql.len() } else { (tail as usize).wrapping_sub(start as usize) };
        let Some(raw) = NonNull::new(raw) else { return Ok((None, taken)) };
        // SAFETY: the statement was just prepared (https://www.sqlite.org/c3ref/bind_parameter_count.html,
        // stmt_readonly.html).
        let (parameters, read_only) =
            unsafe { (ffi::sqlite3_bind_parameter_count(raw.as_ptr()), ffi::sqlite3_stmt_readonly(raw.as_ptr()) != 0) };
        let text = sql.get(..taken).unwrap_or(sql);
        let facts = Facts::new(text, read_only);
        let parameters = usize::try_from(parameters).unwrap_or_default();
        Ok((Some(Statement { raw, parameters, slot: None, facts, buffer: Vec::new() }), taken))
    }

    /// Takes the statement with this text into use, preparing it unless it was kept.
    ///
    /// # Errors
    /// SQLite's; [`ErrorKind::InvalidStatement`] when the text has a NUL, or none or several statements.
    #[inline]
    pub(crate) fn start(&mut self, sql: &str, keep: bool) -> Result<()> {
        if self.active.is_some() {
            self.finish();
        }
        if keep && let Some((_, statement)) = self.statements.take(sql) {
            self.active = Some(statement);
            return Ok(());
        }
        self.start_new(sql, keep)
    }

    fn start_new(&mut self, sql: &str, keep: bool) -> Result<()> {
        let keep = keep && policy::may_keep(sql);
        let (statement, taken) = self.compile(sql, keep)?;
        let Some(mut statement) = statement else {
            return Err(Error::new(ErrorKind::InvalidStatement, "the text has no statement"));
        };
        let rest = sql.get(taken..).unwrap_or_default();
        if !rest.trim_matches(|c: char| c.is_whitespace() || c == ';').is_empty()
            && !matches!(self.compile(rest, false), Ok((None, _)))
        {
            return Err(Error::new(ErrorKind::InvalidStatement, "the text has several statements: run it as a batch"));
        }
        if keep {
            statement.slot = self.statements.reserve(sql);
        }
        self.active = Some(Box::new(statement));
        Ok(())
    }

    /// Takes the first statement of a text into use; gives the offset of the next. `None` when there is no statement.
    pub(crate) fn start_first(&mut self, sql: &str) -> Result<Option<usize>> {
        self.finish();
        let mut from = 0;
        loop {
            let rest = sql.get(from..).unwrap_or_default();
            let (statement, taken) = self.compile(rest, false)?;
            from += taken;
            match statement {
                Some(statement) => {
                    self.active = Some(Box::new(statement));
                    return Ok(Some(from));
                }
                None if taken == 0 || from >= sql.len() => return Ok(None),
                None => {}
            }
        }
    }

    /// Whether a statement is in use.
    #[inline]
    pub(crate) fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// What is known about the statement in use.
    #[inline]
    pub(crate) fn facts(&self) -> Option<Facts> {
        self.active.as_ref().map(|statement| statement.facts)
    }

    /// Remembers whether the statement in use takes long.
    pub(crate) fn set_long(&mut self, long: bool) {
        if let Some(statement) = &mut self.active {
            statement.facts.long = long;
        }
    }

    /// Remembers whether the statement in use visits few rows.
    pub(crate) fn set_bounded(&mut self, bounded: bool) {
        if let Some(statement) = &mut self.active {
            statement.facts.bounded = Some(bounded);
        }
    }

    /// The number of placeholders of the statement in use.
    #[inline]
    pub(crate) fn parameter_count(&self) -> usize {
        self.active.as_ref().map_or(0, |statement| statement.parameters)
    }

    /// The bytes bound to the statement in use.
    pub(crate) fn bound_bytes(&self) -> usize {
        self.active.as_ref().map_or(0, |statement| statement.buffer.len())
    }

    /// Binds what `fill` makes: one cell per placeholder, texts and bytes at offsets of the buffer.
    ///
    /// # Errors
    /// Those of `fill`, and SQLite's.
    #[inline]
    pub(crate) fn bind_with(&mut self, fill: impl FnOnce(&mut Vec<Cell>, &mut Vec<u8>) -> Result<()>) -> Result<()> {
        let Some(statement) = &mut self.active else { return Ok(()) };
        self.cells.clear();
        // The statement is reset, and steps again only after every placeholder was bound anew below; until then what
        // was bound before is not read, so the buffer may change.
        statement.buffer.clear();
        fill(&mut self.cells, &mut statement.buffer)?;
        let raw = statement.as_ptr();
        let mut failed = ffi::SQLITE_OK;
        for (position, cell) in (1..).zip(&self.cells) {
            let slice = |start: &usize, end: &usize| statement.buffer.get(*start..*end).unwrap_or_default();
            // SAFETY: the statement is reset and alive. The destructor SQLITE_STATIC (None) promises that text and
            // bytes stay where they are: the buffer is the statement's own and is not touched until the statement is
            // reset again (https://www.sqlite.org/c3ref/bind_blob.html). Text is UTF-8; its length is given in bytes.
            let code = unsafe {
                match cell {
                    Cell::Null => ffi::sqlite3_bind_null(raw, position),
                    Cell::Integer(v) => ffi::sqlite3_bind_int64(raw, position, *v),
                    Cell::Real(v) => ffi::sqlite3_bind_double(raw, position, *v),
                    Cell::Text(start, end) => {
                        let text = slice(start, end);
                        let pointer = text.as_ptr().cast::<c_char>();
                        ffi::sqlite3_bind_text64(raw, position, pointer, text.len() as u64, None, ENCODING)
                    }
                    Cell::Blob(start, end) => {
                        let bytes = slice(start, end);
                        let pointer = bytes.as_ptr().cast::<c_void>();
                        ffi::sqlite3_bind_blob64(raw, position, pointer, bytes.len() as u64, None)
                    }
                }
            };
            if code != ffi::SQLITE_OK {
                failed = code;
                break;
            }
        }
        if self.cells.len() != statement.parameters && failed == ffi::SQLITE_OK {
            failed = ffi::SQLITE_RANGE;
        }
        self.ok(failed)
    }

    /// Runs the statement in use until its next row or its end.
    #[inline]
    pub(crate) fn step(&mut self) -> Step {
        let Some(statement) = &self.active else { return Step::Done };
        // SAFETY: the statement is alive and its database open (https://www.sqlite.org/c3ref/step.html).
        match unsafe { ffi::sqlite3_step(statement.as_ptr()) } {
            ffi::SQLITE_ROW => Step::Row,
            ffi::SQLITE_DONE => Step::Done,
            code => Step::Failed(self.failure(code)),
        }
    }

    /// The row of the step that said [`Step::Row`]; without columns at any other time.
    #[inline]
    pub(crate) fn view(&self) -> View<'_> {
        let Some(statement) = &self.active else {
            return View { statement: NonNull::dangling(), width: 0, handle: PhantomData };
        };
        // SAFETY: the statement is alive (https://www.sqlite.org/c3ref/data_count.html: 0 when there is no row).
        let width = unsafe { ffi::sqlite3_data_count(statement.as_ptr()) };
        let width = usize::try_from(width).unwrap_or_default();
        View { statement: statement.raw, width, handle: PhantomData }
    }

    /// Resets the statement in use and puts it back. The result is that of the reset: an error of the latest step, or
    /// of the commit that ends a statement which was not run to its end.
    pub(crate) fn finish(&mut self) -> c_int {
        let Some(mut statement) = self.active.take() else { return ffi::SQLITE_OK };
        let raw = statement.as_ptr();
        // SAFETY: the statement is alive (https://www.sqlite.org/c3ref/reset.html).
        let code = unsafe { ffi::sqlite3_reset(raw) };
        let Some(slot) = statement.slot else { return code };
        if statement.facts.kind == Kind::Write && statement.facts.bounded.is_some() {
            // SAFETY: as above (https://www.sqlite.org/c3ref/stmt_status.html). The schema changed: ask again.
            let again = unsafe { ffi::sqlite3_stmt_status(raw, ffi::SQLITE_STMTSTATUS_REPREPARE, 1) };
            if again > 0 {
                statement.facts.bounded = None;
            }
        }
        if statement.buffer.capacity() > KEPT_BUFFER {
            // SAFETY: as above (https://www.sqlite.org/c3ref/clear_bindings.html); nothing points into the buffer now.
            unsafe { ffi::sqlite3_clear_bindings(raw) };
            statement.buffer = Vec::new();
        }
        self.statements.put_back(slot, statement);
        code
    }

    /// As [`finish`](Self::finish), with the error that the reset gave.
    pub(crate) fn finish_checked(&mut self) -> Result<()> {
        let code = self.finish();
        self.ok(code)
    }

    /// Whether no transaction is open.
    #[inline]
    pub(crate) fn autocommit(&self) -> bool {
        // SAFETY: the database is open (https://www.sqlite.org/c3ref/get_autocommit.html).
        unsafe { ffi::sqlite3_get_autocommit(self.database.as_ptr()) != 0 }
    }

    /// Whether no transaction holds a snapshot or lock that others see. What `temp` has is this connection's alone, and
    /// `RETURNING` begins a transaction there. No statement may be in use.
    pub(crate) fn holds_nothing(&mut self) -> bool {
        // SAFETY: the database is open; the name is null, which means all schemas, or a C string
        // (https://www.sqlite.org/c3ref/txn_state.html).
        let free = |name| unsafe { ffi::sqlite3_txn_state(self.database.as_ptr(), name) } == ffi::SQLITE_TXN_NONE;
        if free(ptr::null()) {
            return true;
        }
        if free(c"temp".as_ptr()) || !free(c"main".as_ptr()) {
            return false;
        }
        let Ok(schemas) = self.texts("SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')") else {
            return false;
        };
        let mut names = schemas.into_iter().flatten().filter_map(|name| CString::new(name).ok());
        // SAFETY: as above.
        names.all(|name| unsafe {
            ffi::sqlite3_txn_state(self.database.as_ptr(), name.as_ptr()) == ffi::SQLITE_TXN_NONE
        })
    }

    /// Whether a transaction has written, or may write without waiting for a lock.
    pub(crate) fn is_writing(&self) -> bool {
        // SAFETY: as in `holds_nothing`.
        unsafe { ffi::sqlite3_txn_state(self.database.as_ptr(), ptr::null()) == ffi::SQLITE_TXN_WRITE }
    }

    /// Rows changed by the latest INSERT, UPDATE or DELETE.
    #[inline]
    pub(crate) fn changes(&self) -> u64 {
        // SAFETY: the database is open (https://www.sqlite.org/c3ref/changes.html).
        u64::try_from(unsafe { ffi::sqlite3_changes64(self.database.as_ptr()) }).unwrap_or_default()
    }

    /// The key of the latest inserted row, 0 since [`forget_rowid`](Self::forget_rowid) or without one.
    #[inline]
    pub(crate) fn last_rowid(&self) -> i64 {
        // SAFETY: the database is open (https://www.sqlite.org/c3ref/last_insert_rowid.html).
        unsafe { ffi::sqlite3_last_insert_rowid(self.database.as_ptr()) }
    }

    /// Sets what [`last_rowid`](Self::last_rowid) gives to 0.
    #[inline]
    pub(crate) fn forget_rowid(&mut self) {
        // SAFETY: the database is open (https://www.sqlite.org/c3ref/set_last_insert_rowid.html).
        unsafe { ffi::sqlite3_set_last_insert_rowid(self.database.as_ptr(), 0) };
    }

    /// Runs a short statement at once; gives its rows as text, NULL as empty text.
    pub(crate) fn texts(&mut self, sql: &str) -> Result<Vec<Vec<String>>> {
        self.start(sql, false)?;
        self.hooks.arm(false);
        let mut rows = Vec::new();
        loop {
            match self.step() {
                Step::Row => {
                    let view = self.view();
                    let row = (0..view.width()).map(|index| match view.column(index) {
                        Some(Column::Integer(v)) => v.to_string(),
                        Some(Column::Real(v)) => v.to_string(),
                        Some(Column::Text(bytes) | Column::Blob(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
                        Some(Column::Null) | None => String::new(),
                    });
                    rows.push(row.collect());
                }
                Step::Done => break,
                Step::Failed(said) => {
                    self.finish();
                    return Err(said.into());
                }
            }
        }
        self.finish();
        Ok(rows)
    }

    /// The lines of a statement's plan, those of its triggers and foreign key actions included.
    pub(crate) fn plan(&mut self, sql: &str) -> Result<Vec<String>> {
        let used = self.active.take();
        let rows = self.texts(&format!("EXPLAIN QUERY PLAN {sql}"));
        self.active = used;
        Ok(rows?.into_iter().filter_map(|mut row| row.pop()).collect())
    }

    /// As [`texts`](Self::texts), while another statement is in use but has not stepped yet.
    pub(crate) fn text_rows(&mut self, sql: &str) -> Result<Vec<Vec<String>>> {
        let used = self.active.take();
        let rows = self.texts(sql);
        self.active = used;
        rows
    }

    /// Copies pages from the write-ahead log into the database as far as nobody must wait; gives the pages in the log
    /// and those of them that are copied.
    pub(crate) fn checkpoint(&mut self) -> Result<(u32, u32)> {
        let (mut log, mut copied) = (0, 0);
        // SAFETY: the database is open; a null name means all schemas; the out-pointers are valid
        // (https://www.sqlite.org/c3ref/wal_checkpoint_v2.html).
        let code = unsafe {
            ffi::sqlite3_wal_checkpoint_v2(
                self.database.as_ptr(),
                ptr::null(),
                ffi::SQLITE_CHECKPOINT_PASSIVE,
                &raw mut log,
                &raw mut copied,
            )
        };
        self.ok(code)?;
        Ok((u32::try_from(log).unwrap_or_default(), u32::try_from(copied).unwrap_or_default()))
    }

    /// Finalizes all statements and removes the callbacks, so that the database can be closed.
    fn release(&mut self) {
        if self.connection.is_none() {
            return;
        }
        self.active = None;
        self.statements.clear();
        // SAFETY: the database is open, since `connection` is still there; null callbacks remove those registered in
        // `prepare_database`.
        unsafe {
            ffi::sqlite3_progress_handler(self.database.as_ptr(), 0, None, ptr::null_mut());
            ffi::sqlite3_wal_hook(self.database.as_ptr(), None, ptr::null_mut());
        }
    }

    /// Closes the database and waits until that is done.
    ///
    /// # Errors
    /// sqlx's, when its worker could not close.
    pub(crate) async fn close(mut self) -> Result<()> {
        self.release();
        match self.connection.take() {
            Some(connection) => connection.close().await.map_err(from_sqlx),
            None => Ok(()),
        }
    }

    /// How many statements are kept prepared and not in use.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.statements.len()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.release();
    }
}

/// The column of a row, in the storage class it has (<https://www.sqlite.org/datatype3.html>).
pub(crate) enum Column<'r> {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT, as bytes that should be UTF-8.
    Text(&'r [u8]),
    /// BLOB.
    Blob(&'r [u8]),
}

/// The current row of a statement. While it is borrowed, the statement can neither step nor be reset.
pub(crate) struct View<'h> {
    statement: NonNull<ffi::sqlite3_stmt>,
    width: usize,
    handle: PhantomData<&'h Handle>,
}

impl View<'_> {
    /// The number of columns.
    #[inline]
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The name of a column; empty when there is none at this position.
    pub(crate) fn column_name(&self, index: usize) -> &str {
        let Some(position) = c_int::try_from(index).ok().filter(|_| index < self.width) else { return "" };
        // SAFETY: the statement is alive, since the handle is borrowed and the width is not 0, and the position is below the
        // width. The name is UTF-8, ends with a zero, and stays until the statement is prepared again, which only the next
        // step can do, or is asked for in UTF-16, which nobody does (https://www.sqlite.org/c3ref/column_name.html).
        let name = unsafe {
            let name = ffi::sqlite3_column_name(self.statement.as_ptr(), position);
            if name.is_null() {
                return "";
            }
            CStr::from_ptr(name)
        };
        name.to_str().unwrap_or_default()
    }

    /// A column; `None` when there is none at this position.
    #[inline]
    pub(crate) fn column(&self, index: usize) -> Option<Column<'_>> {
        if index >= self.width {
            return None;
        }
        let position = c_int::try_from(index).ok()?;
        // SAFETY: the statement is alive and on a row, since the handle is borrowed and the width is not 0, and the
        // position is below the width. The value is unprotected, which makes no difference in the multi-thread mode
        // that sqlx opens connections in (https://www.sqlite.org/c3ref/value.html). Each class is read by its own
        // function, so no conversion happens that would move what another column or an earlier call pointed at;
        // the pointers stay valid until the next step or reset (https://www.sqlite.org/c3ref/column_blob.html).
        unsafe {
            let value = ffi::sqlite3_column_value(self.statement.as_ptr(), position);
            Some(match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => Column::Integer(ffi::sqlite3_value_int64(value)),
                ffi::SQLITE_FLOAT => Column::Real(ffi::sqlite3_value_double(value)),
                ffi::SQLITE_TEXT => Column::Text(text_of(value)),
                ffi::SQLITE_BLOB => Column::Blob(bytes_of(value, ffi::sqlite3_value_blob(value).cast::<u8>())),
                _ => Column::Null,
            })
        }
    }
}

/// The text of a value, in UTF-8 whatever the database's encoding.
///
/// # Safety
/// The value must be alive, and stay unchanged for as long as the text is used.
#[inline]
unsafe fn text_of<'v>(value: *mut ffi::sqlite3_value) -> &'v [u8] {
    // SAFETY: the caller's; the text is asked for before its length (https://www.sqlite.org/c3ref/value_blob.html).
    unsafe {
        let text = ffi::sqlite3_value_text(value);
        bytes_of(value, text)
    }
}

/// # Safety
/// As for [`text_of`]; `start` is what SQLite gave as the value's text or bytes.
#[inline]
unsafe fn bytes_of<'v>(value: *mut ffi::sqlite3_value, start: *const u8) -> &'v [u8] {
    // Empty bytes are a null pointer, and so is text for which there was no memory.
    if start.is_null() {
        return &[];
    }
    // SAFETY: SQLite says that this many bytes follow the pointer (https://www.sqlite.org/c3ref/value_blob.html).
    unsafe {
        let length = usize::try_from(ffi::sqlite3_value_bytes(value)).unwrap_or_default();
        std::slice::from_raw_parts(start, length)
    }
}

/// The text encoding of binds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The constant is 1.
const ENCODING: u8 = ffi::SQLITE_UTF8 as u8;

type ScalarFunction = unsafe extern "C" fn(*mut ffi::sqlite3_context, c_int, *mut *mut ffi::sqlite3_value);

unsafe extern "C" fn on_progress(hooks: *mut c_void) -> c_int {
    // SAFETY: registered in `prepare_database` with a pointer to `Hooks` that lives longer; only shared access.
    let hooks = unsafe { &*hooks.cast::<Hooks>() };
    c_int::from(hooks.tick())
}

unsafe extern "C" fn on_wal(hooks: *mut c_void, _: *mut ffi::sqlite3, _: *const c_char, pages: c_int) -> c_int {
    // SAFETY: as in `on_progress`.
    let hooks = unsafe { &*hooks.cast::<Hooks>() };
    hooks.wal_written(u32::try_from(pages).unwrap_or_default());
    ffi::SQLITE_OK
}

unsafe extern "C" fn drop_regexp(data: *mut c_void) {
    // SAFETY: made by `Box::into_raw` in `prepare_database`; SQLite calls this once, when nothing uses it any more.
    drop(unsafe { Box::from_raw(data.cast::<Regexp>()) });
}

/// `regexp(pattern, text)`, which is what `text REGEXP pattern` calls.
unsafe extern "C" fn on_regexp(context: *mut ffi::sqlite3_context, count: c_int, values: *mut *mut ffi::sqlite3_value) {
    // SAFETY: SQLite gives as many arguments as were registered, and they live until this returns; the user data is
    // the `Regexp` of this connection, which only the thread that steps it uses
    // (https://www.sqlite.org/appfunc.html).
    let answer = unsafe {
        if count != 2 {
            return;
        }
        let (pattern, text) = (*values, *values.add(1));
        if ffi::sqlite3_value_type(pattern) == ffi::SQLITE_NULL || ffi::sqlite3_value_type(text) == ffi::SQLITE_NULL {
            return ffi::sqlite3_result_null(context);
        }
        let regexp = &*ffi::sqlite3_user_data(context).cast::<Regexp>();
        let (pattern, text) = (text_of(pattern), text_of(text));
        // A panic must not cross into C.
        catch_unwind(AssertUnwindSafe(|| match (std::str::from_utf8(pattern), std::str::from_utf8(text)) {
            (Ok(pattern), Ok(text)) => regexp.is_match(pattern, text),
            _ => Err("REGEXP got text that is not UTF-8".to_owned()),
        }))
        .unwrap_or_else(|_| Err("REGEXP failed".to_owned()))
    };
    // SAFETY: the context is valid during this call; the message is copied by SQLite
    // (https://www.sqlite.org/c3ref/result_blob.html).
    unsafe {
        match answer {
            Ok(found) => ffi::sqlite3_result_int(context, c_int::from(found)),
            Err(message) => {
                let length = c_int::try_from(message.len()).unwrap_or_default();
                ffi::sqlite3_result_error(context, message.as_ptr().cast(), length);
            }
        }
    }
}

unsafe extern "C" fn on_ceil(context: *mut ffi::sqlite3_context, count: c_int, values: *mut *mut ffi::sqlite3_value) {
    // SAFETY: the arguments are passed on as they came.
    unsafe { round(context, count, values, f64::ceil) }
}

unsafe extern "C" fn on_floor(context: *mut ffi::sqlite3_context, count: c_int, values: *mut *mut ffi::sqlite3_value) {
    // SAFETY: the arguments are passed on as they came.
    unsafe { round(context, count, values, f64::floor) }
}

/// As SQLite's own `mod`, which the bundled build leaves out: what is left of a division of floats, NULL of one by zero.
unsafe extern "C" fn on_mod(context: *mut ffi::sqlite3_context, count: c_int, values: *mut *mut ffi::sqlite3_value) {
    if count != 2 {
        return;
    }
    // SAFETY: there are two arguments, alive until this returns, and the context is valid
    // (https://www.sqlite.org/appfunc.html).
    unsafe {
        let number = |value| match ffi::sqlite3_value_numeric_type(value) {
            ffi::SQLITE_INTEGER | ffi::SQLITE_FLOAT => Some(ffi::sqlite3_value_double(value)),
            _ => None,
        };
        match (number(*values), number(*values.add(1))) {
            (Some(left), Some(right)) if right != 0.0 => ffi::sqlite3_result_double(context, left % right),
            _ => ffi::sqlite3_result_null(context),
        }
    }
}

/// As SQLite's own `ceil` and `floor`, which the bundled build leaves out
/// (<https://www.sqlite.org/lang_mathfunc.html>): integers stay as they are, what is no number gives NULL.
///
/// # Safety
/// Called by SQLite with the arguments of a function of one argument.
unsafe fn round(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
    rounded: fn(f64) -> f64,
) {
    if count != 1 {
        return;
    }
    // SAFETY: there is one argument, alive until this returns, and the context is valid
    // (https://www.sqlite.org/appfunc.html).
    unsafe {
        let value = *values;
        match ffi::sqlite3_value_numeric_type(value) {
            ffi::SQLITE_INTEGER => ffi::sqlite3_result_int64(context, ffi::sqlite3_value_int64(value)),
            ffi::SQLITE_FLOAT => ffi::sqlite3_result_double(context, rounded(ffi::sqlite3_value_double(value))),
            _ => ffi::sqlite3_result_null(context),
        }
    }
}
