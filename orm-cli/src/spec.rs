//! Fields as they are written on the command line: `email:string:unique`, `age:int?`, `role:enum{admin,member}=member`,
//! `org:belongs_to`.

use orm::SqlType;

use crate::failure::{Code, Failure, Outcome};
use crate::naming;

/// A field of a new model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spec {
    /// The name, as it was written.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// Whether NULL is allowed.
    pub(crate) nullable: bool,
    /// Whether it is unique.
    pub(crate) unique: bool,
    /// Whether it has an index.
    pub(crate) index: bool,
    /// The default, as it was written.
    pub(crate) default: Option<String>,
}

/// What a field is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// A column of a type, with a length or digits.
    Plain(SqlType, Option<u32>, Option<(u8, u8)>),
    /// An enum of labels.
    Enum(Vec<String>),
    /// A relation to a model.
    BelongsTo(String),
}

/// Names of types, and what they are.
const TYPES: [(&str, SqlType); 29] = [
    ("string", SqlType::Text),
    ("varchar", SqlType::Text),
    ("text", SqlType::Text),
    ("tinyint", SqlType::I8),
    ("i8", SqlType::I8),
    ("smallint", SqlType::I16),
    ("i16", SqlType::I16),
    ("int", SqlType::I32),
    ("integer", SqlType::I32),
    ("i32", SqlType::I32),
    ("bigint", SqlType::I64),
    ("i64", SqlType::I64),
    ("real", SqlType::F32),
    ("f32", SqlType::F32),
    ("float", SqlType::F64),
    ("double", SqlType::F64),
    ("f64", SqlType::F64),
    ("decimal", SqlType::Decimal),
    ("bool", SqlType::Bool),
    ("boolean", SqlType::Bool),
    ("date", SqlType::Date),
    ("time", SqlType::Time),
    ("datetime", SqlType::DateTime),
    ("timestamp", SqlType::Timestamp),
    ("uuid", SqlType::Uuid),
    ("json", SqlType::Json),
    ("bytes", SqlType::Bytes),
    ("binary", SqlType::Bytes),
    ("blob", SqlType::Bytes),
];

/// The length of a `string` without one, as Sequelize has it.
const LENGTH: u32 = 255;

/// Reads a field.
///
/// # Errors
/// [`Code::Usage`], saying what is expected.
pub(crate) fn parse(text: &str) -> Outcome<Spec> {
    let wrong = |why: String| Failure::new(format!("`{text}`: {why}")).code(Code::Usage);
    let mut parts = divided(text).into_iter();
    let name = parts.next().unwrap_or_default();
    if name.is_empty()
        || !name.chars().all(|c| c.is_alphanumeric() || c == '_')
        || name.starts_with(|c: char| c.is_numeric())
    {
        return Err(wrong("a field is `name:type`, such as email:string".to_owned()));
    }
    let (ty, mut default) = with_default(parts.next().unwrap_or_else(|| "string".to_owned()));
    let (ty, nullable) = match ty.strip_suffix('?') {
        Some(ty) => (ty.to_owned(), true),
        None => (ty, false),
    };
    let kind = kind(&name, &ty).map_err(wrong)?;
    let mut spec = Spec { name, kind, nullable, unique: false, index: false, default: None };
    for part in parts {
        let (word, given) = with_default(part);
        default = default.or(given);
        match word.as_str() {
            "unique" => spec.unique = true,
            "index" => spec.index = true,
            "null" | "nullable" => spec.nullable = true,
            "" => {}
            other => return Err(wrong(format!("`{other}` is none of unique, index, null, =default"))),
        }
    }
    if default.is_some() && matches!(spec.kind, Kind::BelongsTo(_)) {
        return Err(wrong("a relation has no default".to_owned()));
    }
    spec.default = default;
    Ok(spec)
}

/// The parts between colons, braces and parentheses kept whole.
fn divided(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut depth, mut in_default) = (Vec::new(), String::new(), 0_i32, false);
    for c in text.chars() {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth -= 1,
            '=' if depth == 0 => in_default = true,
            _ => {}
        }
        // A default may be a time or a URL.
        if c == ':' && depth == 0 && !in_default {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    parts.push(part);
    parts
}

fn with_default(part: String) -> (String, Option<String>) {
    let mut depth = 0;
    for (at, c) in part.char_indices() {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth -= 1,
            '=' if depth == 0 => return (part[..at].to_owned(), Some(part[at + 1..].to_owned())),
            _ => {}
        }
    }
    (part, None)
}

fn kind(name: &str, ty: &str) -> Result<Kind, String> {
    if let Some(rest) = ty.strip_prefix("enum") {
        let labels = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let labels: Vec<String> = labels.unwrap_or_default().split(',').map(|label| label.trim().to_owned()).collect();
        if labels.iter().any(String::is_empty) {
            return Err(
                "an enum lists its labels, in quotes, since shells expand braces: 'role:enum{admin,member}'".to_owned()
            );
        }
        return Ok(Kind::Enum(labels));
    }
    let (word, inside) = match ty.split_once('(') {
        Some((word, rest)) => (word, Some(rest.strip_suffix(')').ok_or("the `(` is not closed")?)),
        None => (ty, None),
    };
    let word = word.to_ascii_lowercase();
    if word == "belongs_to" || word == "references" {
        let model = inside.map_or_else(|| naming::type_name(name), str::to_owned);
        return Ok(Kind::BelongsTo(model));
    }
    let Some((_, sql)) = TYPES.iter().find(|(known, _)| *known == word) else {
        let known: Vec<&str> = TYPES.iter().map(|(known, _)| *known).collect();
        return Err(format!("there is no type `{word}`; there are {}, enum{{..}}, belongs_to", known.join(", ")));
    };
    let numbers: Vec<u32> = match inside {
        None => Vec::new(),
        Some(inside) => inside
            .split(',')
            .map(|number| number.trim().parse().map_err(|_| format!("`{number}` is no number")))
            .collect::<Result<_, _>>()?,
    };
    let digits = |number: u32| u8::try_from(number).map_err(|_| format!("{number} digits are too many"));
    Ok(match (*sql, numbers.as_slice()) {
        (SqlType::Decimal, []) => Kind::Plain(*sql, None, None),
        (SqlType::Decimal, [all]) => Kind::Plain(*sql, None, Some((digits(*all)?, 0))),
        (SqlType::Decimal, [all, after]) if after <= all => {
            Kind::Plain(*sql, None, Some((digits(*all)?, digits(*after)?)))
        }
        (SqlType::Text | SqlType::Bytes, [length]) if *length > 0 => Kind::Plain(*sql, Some(*length), None),
        (SqlType::Text, []) if word != "text" => Kind::Plain(*sql, Some(LENGTH), None),
        (_, []) => Kind::Plain(*sql, None, None),
        _ => return Err(format!("`{word}` takes no such numbers: string(80), decimal(10,2)")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Spec {
        parse(text).unwrap()
    }

    #[test]
    fn types_modifiers_and_defaults() {
        let email = read("email:string:unique");
        assert_eq!(
            (email.kind, email.unique, email.nullable),
            (Kind::Plain(SqlType::Text, Some(255), None), true, false)
        );
        let age = read("age:int?");
        assert_eq!((age.kind, age.nullable), (Kind::Plain(SqlType::I32, None, None), true));
        let role = read("role:enum{admin, so-so}=so-so:index");
        assert_eq!(role.kind, Kind::Enum(vec!["admin".into(), "so-so".into()]));
        let price = read("price:decimal(10,2)?:index=9.90");
        assert_eq!(price.kind, Kind::Plain(SqlType::Decimal, None, Some((10, 2))));
        assert!(price.nullable && price.index);
        assert_eq!(price.default.as_deref(), Some("9.90"));
        assert_eq!(read("at:time=10:30:00").default.as_deref(), Some("10:30:00"));
        assert_eq!(read("blog_org:belongs_to").kind, Kind::BelongsTo("BlogOrg".into()));
        assert_eq!(read("author:belongs_to(User)?").kind, Kind::BelongsTo("User".into()));
        assert_eq!(read("name").kind, Kind::Plain(SqlType::Text, Some(255), None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, expected) in [
            ("", "a field is `name:type`"),
            ("1a:int", "a field is `name:type`"),
            ("a:number", "there is no type `number`"),
            ("a:int:uniqe", "`uniqe` is none of"),
            ("a:enum", "in quotes"),
            ("a:enum{}", "an enum lists its labels"),
            ("a:decimal(2,10)", "takes no such numbers"),
            ("a:string(x)", "`x` is no number"),
            ("a:string(80", "not closed"),
            ("a:belongs_to=1", "a relation has no default"),
        ] {
            let failure = parse(text).unwrap_err();
            assert!(failure.message.contains(expected), "{text}: {failure}");
            assert_eq!(failure.code, Code::Usage);
        }
    }
}
