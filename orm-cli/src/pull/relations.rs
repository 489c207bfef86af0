//! Relations from foreign keys, in both directions, and many-to-many through tables that have two.

use heck::ToSnakeCase;
use orm::dialect::Dialect;
use orm::model::OnDelete;
use orm::schema::{Deferrable, ForeignKey, Index, IndexKey, Table};

use super::Draft;
use crate::code::Field;
use crate::naming;

/// A foreign key with a relation of its own.
struct Belongs {
    /// The position of the draft that has it, and of the one it leads to.
    from: usize,
    to: usize,
    key: ForeignKey,
    /// The field of the relation.
    name: String,
}

/// Adds the relations.
pub(super) fn add(drafts: &mut [Draft<'_>], dialect: &dyn Dialect) {
    let mut all: Vec<Belongs> = Vec::new();
    for from in 0..drafts.len() {
        let keys = drafts[from].table.foreign_keys.clone();
        for key in keys {
            if let Some(belongs) = belongs_to(drafts, from, key, dialect) {
                all.push(belongs);
            }
        }
    }
    for belongs in &all {
        has(drafts, belongs, &all);
    }
    for from in 0..drafts.len() {
        many_to_many(drafts, from, &all);
    }
    for draft in drafts {
        draft.paranoid = draft.table.indexes.iter().find_map(|index| index.soft_delete.clone());
    }
}

/// The relation of a foreign key, where it is.
fn belongs_to(drafts: &mut [Draft<'_>], from: usize, key: ForeignKey, dialect: &dyn Dialect) -> Option<Belongs> {
    let shown = format!("the foreign key ({}) to {}", key.columns.join(", "), key.target);
    let unsaid = |drafts: &mut [Draft<'_>], why: &str| {
        drafts[from].notes.push(format!("{shown}{why}"));
        None
    };
    let Some(to) = drafts.iter().position(|other| other.table.name == key.target) else {
        return unsaid(drafts, ", which is not among the tables");
    };
    let has = |draft: &Draft<'_>, columns: &[String]| columns.iter().all(|column| draft.column(column).is_some());
    if !has(&drafts[from], &key.columns) || !has(&drafts[to], &key.target_columns) {
        return unsaid(drafts, ", whose columns are not all there");
    }
    let ty = |draft: &Draft<'_>, column: &String| draft.column(column).map(|column| column.ty.clone());
    let alike = |(own, other): (&String, &String)| ty(&drafts[from], own) == ty(&drafts[to], other);
    if !key.columns.iter().zip(&key.target_columns).all(alike) {
        return unsaid(drafts, ", which is of another type than the key");
    }
    if key.deferrable != Deferrable::No {
        drafts[from].notes.push(format!("{shown} is deferrable"));
    }
    let target = drafts[to].name.to_snake_case();
    let name = belongs_name(&mut drafts[from], &key, &target);
    let fields: Vec<String> = key.columns.iter().map(|column| drafts[from].field_of(column)).collect();
    let mut words = Vec::new();
    if fields != [format!("{}_id", naming::plain(&name))] {
        words.push(listed("key", &fields));
    }
    if let Some(word) = references(&drafts[to], &key.target_columns) {
        words.push(word);
    }
    for (word, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
        if let Some(action) = action_word(action, dialect) {
            words.push(format!("{word} = {action}"));
        }
    }
    match index_of(&drafts[from], &key) {
        FoundIndex::Implied(place) => drafts[from].implied.push(place),
        FoundIndex::Covered => {}
        FoundIndex::None if dialect.indexes_in_create_table() => {}
        FoundIndex::None => words.push("index = false".to_owned()),
    }
    let ty = format!("BelongsTo<{}>", drafts[to].name);
    drafts[from].relations.push(Field { name: name.clone(), ty, words, ..Field::default() });
    Some(Belongs { from, to, key, name })
}

/// The name of the relation of a foreign key: the column without `_id`. A column that is named as the relation should be
/// becomes a field with `_id`.
fn belongs_name(draft: &mut Draft<'_>, key: &ForeignKey, target: &str) -> String {
    let wanted = match key.columns.as_slice() {
        [column] => {
            let field = draft.field_of(column);
            let plain = naming::plain(&field).to_owned();
            match plain.strip_suffix("_id").filter(|name| !name.is_empty()) {
                Some(name) => name.to_owned(),
                None if plain == "id" => target.to_owned(),
                None => {
                    let with_id = format!("{plain}_id");
                    if !draft.has_field(&with_id) {
                        rename(draft, column, &with_id);
                        plain
                    } else {
                        format!("{plain}_{target}")
                    }
                }
            }
        }
        _ => target.to_owned(),
    };
    let wanted = naming::relation(&wanted);
    if !draft.has_field(&wanted) {
        return wanted;
    }
    naming::free(format!("{}_{target}", naming::plain(&wanted)), |name| draft.has_field(name))
}

/// Gives a column's field another name.
fn rename(draft: &mut Draft<'_>, column: &str, name: &str) {
    let found = draft.columns.iter_mut().find(|other| other.field.column.as_deref() == Some(column));
    if let Some(found) = found {
        name.clone_into(&mut found.field.name);
        found.field.words.retain(|word| !word.starts_with("column = "));
        found.field.words.insert(0, format!("column = {column:?}"));
    }
}

/// `word = field` or `word(a, b)`.
fn listed(word: &str, fields: &[String]) -> String {
    match fields {
        [field] => format!("{word} = {field}"),
        fields => format!("{word}({})", fields.join(", ")),
    }
}

/// What says which key of a table is pointed at, when it is not its primary key of one column.
fn references(draft: &Draft<'_>, columns: &[String]) -> Option<String> {
    let is_key = draft.table.primary_key.as_ref().is_some_and(|key| key.columns == columns);
    if is_key && columns.len() == 1 {
        return None;
    }
    let fields: Vec<String> = columns.iter().map(|column| draft.field_of(column)).collect();
    Some(listed("references", &fields))
}

/// The word of an action, when it says something. Where no key is deferrable, RESTRICT is what NO ACTION is.
fn action_word(action: OnDelete, dialect: &dyn Dialect) -> Option<&'static str> {
    match action {
        OnDelete::NoAction => None,
        OnDelete::Restrict if !dialect.deferrable_foreign_keys() => None,
        OnDelete::Restrict => Some("restrict"),
        OnDelete::Cascade => Some("cascade"),
        OnDelete::SetNull => Some("set_null"),
        OnDelete::SetDefault => Some("set_default"),
    }
}

/// Which index a foreign key has.
enum FoundIndex {
    /// The one that the model's relation makes by itself, at this place.
    Implied(usize),
    /// Another one, or the primary key, begins with its columns.
    Covered,
    None,
}

fn index_of(draft: &Draft<'_>, key: &ForeignKey) -> FoundIndex {
    let table = draft.table;
    let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
    let begins =
        |names: &[&str]| names.get(..columns.len()).is_some_and(|first| columns.iter().all(|c| first.contains(c)));
    let is_whole = |index: &Index| index.filter.is_none() && index.soft_delete.is_none() && index.include.is_empty();
    let is_plain = |index: &Index| {
        let ascends =
            index.keys.iter().all(|key| matches!(key, IndexKey::Column { descending: false, prefix: None, .. }));
        !index.unique && is_whole(index) && ascends && is_default_method(index)
    };
    let is_own = |index: &Index| is_plain(index) && index.columns().is_some_and(|names| names == columns);
    let own = table.indexes.iter().position(is_own);
    let covered = table
        .primary_key
        .as_ref()
        .is_some_and(|key| begins(&key.columns.iter().map(String::as_str).collect::<Vec<_>>()))
        || table.indexes.iter().enumerate().any(|(place, index)| {
            let others = Some(place) != own && is_whole(index) && is_default_method(index);
            others && index.columns().is_some_and(|names| begins(&names))
        });
    match (own, covered) {
        (_, true) => FoundIndex::Covered,
        (Some(place), false) if columns.len() == 1 => FoundIndex::Implied(place),
        (Some(_), false) => FoundIndex::Covered,
        (None, false) => FoundIndex::None,
    }
}

fn is_default_method(index: &Index) -> bool {
    index.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case("btree"))
}

/// Whether the columns of a key are unique as a whole.
fn is_unique(table: &Table, columns: &[String]) -> bool {
    let same =
        |names: &[&str]| names.len() == columns.len() && columns.iter().all(|column| names.contains(&column.as_str()));
    table.primary_key.as_ref().is_some_and(|key| same(&key.columns.iter().map(String::as_str).collect::<Vec<_>>()))
        || table
            .indexes
            .iter()
            .any(|index| index.unique && index.filter.is_none() && index.columns().is_some_and(|names| same(&names)))
}

/// The relation at the other end of a foreign key.
fn has(drafts: &mut [Draft<'_>], belongs: &Belongs, all: &[Belongs]) {
    let (child, own) = (&drafts[belongs.from], &drafts[belongs.to]);
    let one = is_unique(child.table, &belongs.key.columns);
    let singular = child.name.to_snake_case();
    let children = if one { singular } else { naming::plural(&singular) };
    let several = all.iter().filter(|other| other.from == belongs.from && other.to == belongs.to).count() > 1;
    let name = naming::plain(&belongs.name);
    let wanted = if belongs.from == belongs.to && name == "parent" {
        if one { "child".to_owned() } else { "children".to_owned() }
    } else if several || belongs.from == belongs.to {
        format!("{name}_{children}")
    } else {
        children.clone()
    };
    let wanted = naming::relation(&wanted);
    let name = if own.has_field(&wanted) {
        naming::free(format!("{children}_by_{name}"), |name| own.has_field(name))
    } else {
        wanted
    };
    let fields: Vec<String> = belongs.key.columns.iter().map(|column| child.field_of(column)).collect();
    let mut words = Vec::new();
    if fields != [format!("{}_id", own.name.to_snake_case())] {
        words.push(listed("key", &fields));
    }
    words.extend(references(own, &belongs.key.target_columns));
    let kind = if one { "HasOne" } else { "HasMany" };
    let ty = format!("{kind}<{}>", child.name);
    drafts[belongs.to].relations.push(Field { name, ty, words, ..Field::default() });
}

/// The relations through a table that has exactly two foreign keys, which together are unique.
fn many_to_many(drafts: &mut [Draft<'_>], between: usize, all: &[Belongs]) {
    let keys: Vec<&Belongs> = all.iter().filter(|belongs| belongs.from == between).collect();
    let [one, other] = keys.as_slice() else { return };
    if drafts[between].table.foreign_keys.len() != 2 {
        return;
    }
    let both: Vec<String> = one.key.columns.iter().chain(&other.key.columns).cloned().collect();
    let overlap = one.key.columns.iter().any(|column| other.key.columns.contains(column));
    if overlap || !is_unique(drafts[between].table, &both) {
        return;
    }
    for (near, far) in [(one, other), (other, one)] {
        let (own, target, join) = (&drafts[near.to], &drafts[far.to], &drafts[between]);
        let plural = naming::plural(&target.name.to_snake_case());
        let of_relation = naming::plural(naming::plain(&far.name));
        let through = format!("{plural}_through_{}", naming::plural(&join.name.to_snake_case()));
        let mut wanted = [plural, of_relation, through.clone()].into_iter().map(|name| naming::relation(&name));
        // Two ways between the same tables are told apart by what the relation is called.
        if near.to == far.to {
            wanted.next();
        }
        let name = wanted.find(|name| !own.has_field(name));
        let name = name.unwrap_or_else(|| naming::free(through, |name| own.has_field(name)));
        let fields =
            |key: &ForeignKey| -> Vec<String> { key.columns.iter().map(|column| join.field_of(column)).collect() };
        let (near_fields, far_fields) = (fields(&near.key), fields(&far.key));
        let mut words = Vec::new();
        if near_fields != [format!("{}_id", own.name.to_snake_case())] {
            words.push(listed("key", &near_fields));
        }
        if near.to == far.to || far_fields != [format!("{}_id", target.name.to_snake_case())] {
            words.push(listed("other_key", &far_fields));
        }
        words.extend(references(own, &near.key.target_columns));
        words.extend(references(target, &far.key.target_columns).map(|word| format!("other_{word}")));
        let ty = format!("BelongsToMany<{}, {}>", target.name, join.name);
        drafts[near.to].relations.push(Field { name, ty, words, ..Field::default() });
    }
}
