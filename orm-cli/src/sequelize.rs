//! The names of commands that people know from Sequelize: they are rewritten before the command line is parsed, and the new
//! name is said.

/// The arguments, and what to say about them, when they were Sequelize's.
pub(crate) fn rewritten(args: &[String]) -> Option<(Vec<String>, String)> {
    let at = args.iter().position(|arg| arg.contains(':') && new_name(arg).is_some())?;
    // A value of an option, such as that of `--url`, is no command.
    if args[..at].iter().any(|arg| !arg.starts_with('-') && !is_value(args, arg)) {
        return None;
    }
    let old = args[at].as_str();
    let new = new_name(old)?;
    let mut result = args[..at].to_vec();
    result.extend(new.iter().map(|word| (*word).to_owned()));
    let mut rest = args[at + 1..].iter();
    let is_named = matches!(new, ["generate", "model" | "migration" | "seed"]);
    let mut names = Vec::new();
    let mut fields = Vec::new();
    let mut others = Vec::new();
    while let Some(arg) = rest.next() {
        let (flag, mut value) = match arg.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_owned())),
            _ => (arg.as_str(), None),
        };
        let mut taken = || value.take().or_else(|| rest.next().cloned());
        match flag {
            "--name" if is_named => names.extend(taken()),
            "--attributes" if is_named => fields.extend(taken().map(|list| attributes(&list)).unwrap_or_default()),
            "--seed" => names.extend(taken()),
            "--force" | "--underscored" | "--debug" => {}
            "--to" if old == "db:migrate:undo:all" => {
                // There it is the last one that is undone, here the first one that stays.
                others.push("--to".to_owned());
                others.extend(taken());
            }
            _ => others.push(arg.clone()),
        }
    }
    if others.iter().any(|arg| arg == "--to") {
        result.retain(|word| word != "--all");
    }
    result.extend(names);
    result.extend(fields);
    result.extend(others);
    Some((result, format!("`{old}` is `orm {}` here", new.join(" "))))
}

/// Whether an argument follows an option that takes a value.
fn is_value(args: &[String], arg: &String) -> bool {
    let at = args.iter().position(|other| std::ptr::eq(other, arg));
    at.and_then(|at| at.checked_sub(1))
        .is_some_and(|before| ["--env", "--url", "--config", "--color"].contains(&args[before].as_str()))
}

fn new_name(old: &str) -> Option<&'static [&'static str]> {
    Some(match old {
        "db:migrate" => &["migrate", "up"],
        "db:migrate:status" => &["migrate", "status"],
        "db:migrate:undo" => &["migrate", "down"],
        "db:migrate:undo:all" => &["migrate", "down", "--all"],
        "db:seed" | "db:seed:all" => &["seed", "run"],
        "db:seed:undo" => &["seed", "undo"],
        "db:seed:undo:all" => &["seed", "undo", "--all"],
        "db:create" => &["db", "create"],
        "db:drop" => &["db", "drop", "--yes"],
        "init:config" => &["init", "--only-config"],
        "init:models" | "init:migrations" | "init:seeders" => &["init"],
        "migration:generate" | "migration:create" => &["generate", "migration"],
        "model:generate" | "model:create" => &["generate", "model"],
        "seed:generate" | "seed:create" => &["generate", "seed"],
        _ => return None,
    })
}

/// `firstName:string,role:enum:'{a,b}'`: fields, divided by commas outside of braces.
fn attributes(list: &str) -> Vec<String> {
    let (mut fields, mut field, mut depth) = (Vec::new(), String::new(), 0_i32);
    for c in list.chars() {
        match c {
            '\'' | '"' => {}
            '{' => {
                depth += 1;
                // `enum:{a,b}`
                if field.ends_with(':') {
                    field.pop();
                }
                field.push(c);
            }
            '}' => {
                depth -= 1;
                field.push(c);
            }
            ',' if depth == 0 => fields.push(std::mem::take(&mut field)),
            c if c.is_whitespace() && depth == 0 => {}
            c => field.push(c),
        }
    }
    fields.push(field);
    fields.retain(|field| !field.is_empty());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(line: &str) -> Option<String> {
        let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
        rewritten(&args).map(|(args, _)| args.join(" "))
    }

    #[test]
    fn every_name_of_sequelize_has_one_here() {
        for (old, expected) in [
            ("db:migrate", "migrate up"),
            ("db:migrate --env test --to 2026", "migrate up --env test --to 2026"),
            ("--env test db:migrate:undo:all", "--env test migrate down --all"),
            ("db:migrate:undo:all --to 2026", "migrate down --to 2026"),
            ("db:seed --seed a", "seed run a"),
            ("db:seed:undo:all", "seed undo --all"),
            (
                "model:generate --name User --attributes a:string,role:enum:'{x,y}'",
                "generate model User a:string role{x,y}",
            ),
            ("migration:generate --name=add_email", "generate migration add_email"),
            ("init:config --force", "init --only-config"),
        ] {
            let expected = expected.replace("role{", "role:enum{");
            assert_eq!(new(old).as_deref(), Some(expected.as_str()), "{old}");
        }
    }

    #[test]
    fn names_of_ours_and_values_are_left_alone() {
        assert_eq!(new("migrate up"), None);
        assert_eq!(new("--url sqlite:db:migrate migrate up"), None);
        assert_eq!(new("explain db:migrate"), None);
        assert_eq!(new("generate model User email:string"), None);
    }

    #[test]
    fn the_new_name_is_said() {
        let (_, said) = rewritten(&["db:migrate:undo:all".to_owned()]).unwrap();
        assert_eq!(said, "`db:migrate:undo:all` is `orm migrate down --all` here");
    }
}
