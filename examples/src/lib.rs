//! What the examples share: which database they use, and tables on the terminal. The examples themselves are the files
//! and folders beside `src`.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use orm::prelude::*;
use rust_decimal::Decimal;

/// The database that the environment variable `DATABASE_URL` names, else a SQLite database in memory.
///
/// # Errors
/// Those of [`orm::connect`].
pub async fn database() -> Result<Database> {
    let url = std::env::var("DATABASE_URL");
    connect(url.as_deref().unwrap_or("sqlite::memory:")).await
}

const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// Prints a question and the rows of its answer: tuples of whatever is a [`Cell`].
pub fn show<R: Cells, const N: usize>(question: &str, columns: [&str; N], answer: &[R]) {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(columns);
    for row in answer {
        table.add_row(row.cells());
    }
    println!("\n{question}\n{table}");
}

/// A row to print.
pub trait Cells {
    /// What stands in each column.
    fn cells(&self) -> Vec<comfy_table::Cell>;
}

/// A value to print.
pub trait Cell {
    /// The text, or nothing.
    fn text(&self) -> Option<String>;
    /// Whether it is a number, which is put to the right.
    const NUMBER: bool = false;
}

macro_rules! cells {
    ($($type:ty: $number:literal),* $(,)?) => {$(
        impl Cell for $type {
            const NUMBER: bool = $number;
            fn text(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
    ($(($($name:ident)+))+) => {$(
        impl<$($name: Cell),+> Cells for ($($name,)+) {
            fn cells(&self) -> Vec<comfy_table::Cell> {
                #[allow(non_snake_case)]
                let ($($name,)+) = self;
                vec![$(cell($name)),+]
            }
        }
    )+};
}

cells! { String: false, &str: false, bool: false, i32: true, i64: true, u64: true, usize: true, f64: true, Decimal: true }
cells! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

impl<T: Cell> Cell for Option<T> {
    const NUMBER: bool = T::NUMBER;
    fn text(&self) -> Option<String> {
        self.as_ref().and_then(Cell::text)
    }
}

fn cell<T: Cell>(value: &T) -> comfy_table::Cell {
    let alignment = if T::NUMBER { CellAlignment::Right } else { CellAlignment::Left };
    comfy_table::Cell::new(value.text().unwrap_or_default()).set_alignment(alignment)
}
