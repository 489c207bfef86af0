//! `migrate!`: the files of a folder of migrations as constants of the program.

use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Token};

/// What `orm::migrate!` gives: the crate, and the folder.
struct Input {
    krate: Ident,
    folder: LitStr,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let krate = input.parse()?;
        input.parse::<Token![,]>()?;
        Ok(Self { krate, folder: input.parse()? })
    }
}

/// One migration: version, name, and the paths of its files.
struct Files {
    version: String,
    name: String,
    up: String,
    down: Option<String>,
}

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let Input { krate, folder } = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    // Relative to the package, as Cargo runs tests and build scripts.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let path = Path::new(&package).join(folder.value());
    let all = match read(&path) {
        Ok(all) => all,
        Err(message) => return syn::Error::new(folder.span(), message).to_compile_error(),
    };
    let all = all.iter().map(|Files { version, name, up, down }| {
        let down = match down {
            Some(down) => quote!(::core::option::Option::Some(::core::include_str!(#down))),
            None => quote!(::core::option::Option::None),
        };
        let up = quote!(::core::include_str!(#up));
        quote!(#krate::migrate::Embedded { version: #version, name: #name, up: #up, down: #down })
    });
    quote!(#krate::migrate::Migrations::embedded(&[#(#all),*]))
}

fn read(path: &Path) -> Result<Vec<Files>, String> {
    let shown = path.display();
    let folder = fs::read_dir(path).map_err(|error| format!("the folder `{shown}` cannot be read: {error}"))?;
    let mut all: Vec<Files> = Vec::new();
    for entry in folder {
        let entry = entry.map_err(|error| format!("the folder `{shown}` cannot be read: {error}"))?.path();
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !entry.is_dir() || name.starts_with('.') {
            continue;
        }
        let end = name.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(name.len());
        let (version, rest) = (name[..end].trim_end_matches('_'), &name[end..]);
        if rest.is_empty()
            || !version.starts_with(|c: char| c.is_ascii_digit())
            || version.len() > 40
            || rest.len() > 190
        {
            return Err(format!(
                "`{name}` is not the name of a migration: digits, as in 20261129_101500, then `_` and a name"
            ));
        }
        let file = |name: &str| {
            let file = entry.join(name);
            file.is_file().then(|| file.to_str().map(str::to_owned)).flatten()
        };
        let Some(up) = file("up.sql") else { return Err(format!("`{}` has no file `up.sql`", entry.display())) };
        if let Some(other) = all.iter().find(|other| other.version == version) {
            return Err(format!("two migrations have the version {version}: `{}` and `{rest}`", other.name));
        }
        all.push(Files { version: version.to_owned(), name: rest.to_owned(), up, down: file("down.sql") });
    }
    // The same program whatever the order in which a system lists files.
    all.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(all)
}
