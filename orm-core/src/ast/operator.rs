//! Operators, functions and the words of clauses: what expressions and statements name.

use crate::value::SqlType;

/// Operators between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BinaryOp {
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// Equal, where NULL equals NULL.
    IsNotDistinct,
    /// Different, where NULL equals NULL.
    IsDistinct,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// Text concatenation.
    Concat,
    /// Bitwise and.
    BitAnd,
    /// Bitwise or.
    BitOr,
    /// An array with every item of another, on databases that have them.
    Contains,
    /// An array of items of another only.
    ContainedBy,
    /// Arrays with something in common.
    Overlaps,
}

/// What the pattern of a text match means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LikeKind {
    /// A pattern with `%` and `_`.
    Pattern,
    /// The literal start.
    StartsWith,
    /// The literal end.
    EndsWith,
    /// A literal part.
    Contains,
}

/// Functions that every dialect has in some form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Function {
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// Without white space at both ends.
    Trim,
    /// The number of characters.
    Length,
    /// Absolute value.
    Abs,
    /// Rounded, to a number of digits when there is a second argument.
    Round,
    /// Rounded up.
    Ceil,
    /// Rounded down.
    Floor,
    /// The first argument that is not NULL.
    Coalesce,
    /// NULL when both arguments are equal.
    NullIf,
    /// A part of a text: text, start from 1, length.
    Substring,
    /// A text with every occurrence of the second argument replaced by the third.
    Replace,
    /// Texts one after the other.
    Concat,
    /// The greatest argument.
    Greatest,
    /// The least argument.
    Least,
    /// The current instant.
    Now,
    /// The current date.
    CurrentDate,
    /// A random number that orders rows randomly.
    Random,
    /// The year of a date.
    Year,
    /// The month of a date, from 1.
    Month,
    /// The day of a date, from 1.
    Day,
    /// The whole part of the quotient of two integers. A dialect gives its operator, as text, when that is not `/`.
    IntegerDivide,
    /// The quotient of two decimals.
    Divide,
    /// What is left of the division of two decimals.
    Remainder,
    /// What is left of the division of two floats.
    FloatRemainder,
    /// The date of a date-time, or of a text.
    Date,
    /// Two arrays one after the other; NULL is an empty one.
    ArrayConcat,
    /// An array without the items that equal the second argument.
    ArrayRemove,
}

/// One step into a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonStep {
    /// A key of an object; any text.
    Key(String),
    /// An element of an array, from 0.
    Index(u32),
}

/// What is read of a value inside a JSON document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonForm {
    /// The value as a document.
    Document,
    /// The value as text, whatever it is; NULL for the null of JSON.
    Text,
    /// The value as a type; NULL when it is of another.
    Value(SqlType),
}

/// What happens to rows that are marked as deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deleted {
    /// Left out.
    #[default]
    Hidden,
    /// Read like the others.
    Included,
    /// The only ones read.
    Only,
}

/// Which rows of a table a statement sees, at one occurrence of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visibility {
    /// Rows that are marked as deleted.
    pub deleted: Deleted,
    /// Whether the default scope of the model holds.
    pub scoped: bool,
    /// What the rows are wanted for; the policy of the model answers.
    pub purpose: Purpose,
}

/// What the rows of an occurrence of a table are wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be read; in an UPDATE or DELETE, what that does to its table.
    Read,
    /// To be changed: of these columns, by their positions, the policy is asked by itself.
    Update(u128),
    /// To be removed.
    Delete,
    /// To see whether they might be created as they are.
    Create,
    /// To see whether they might be changed into what they are.
    PostUpdate,
    /// To look after what was written: the policy was asked before.
    Unchecked,
}

impl Default for Visibility {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Visibility {
    /// What users see unless they ask for more.
    pub const DEFAULT: Self = Self { deleted: Deleted::Hidden, scoped: true, purpose: Purpose::Read };
    /// Rows that are not deleted, inside of the default scope or not: for rows that are at hand.
    pub const ROW: Self = Self { deleted: Deleted::Hidden, scoped: false, purpose: Purpose::Read };
    /// Every row: for rows that were found before, and are written or read once more.
    pub const ALL: Self = Self { deleted: Deleted::Included, scoped: false, purpose: Purpose::Read };
    /// Every row, whoever asks: for what the library looks up itself.
    pub const UNCHECKED: Self = Self { purpose: Purpose::Unchecked, ..Self::ALL };

    /// The same rows, for something.
    #[must_use]
    pub const fn to(self, purpose: Purpose) -> Self {
        Self { purpose, ..self }
    }
}

/// Which rows of a join survive without a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// None.
    Inner,
    /// Those of the tables so far.
    Left,
}

/// Where NULLs go in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullsOrder {
    /// Before everything else.
    First,
    /// After everything else.
    Last,
}

/// How strong a row lock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LockStrength {
    /// For changing the rows.
    #[default]
    Update,
    /// For changing the rows but not their keys; `FOR UPDATE` where that does not exist.
    NoKeyUpdate,
    /// Against changes by others.
    Share,
    /// Against changes of keys by others; `FOR SHARE` where that does not exist.
    KeyShare,
}

/// What to do about rows that others have locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LockWait {
    /// Wait.
    #[default]
    Wait,
    /// Fail.
    NoWait,
    /// Leave them out.
    SkipLocked,
}
