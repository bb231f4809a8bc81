//! Rows of any table whose columns are named like the schema's: each cell a text.

use std::borrow::Cow;

use crate::group::Group;
use crate::kind::write_json_text;
use crate::reader::draft::{Fault, LINK_DOMAIN, Unknown, canonical, links_of};
use crate::row::PostRow;
use crate::table::list_cell;

/// A cell and whether it is told although it is empty.
pub type Cell<'a> = (&'a str, bool);

/// Makes a row of named cells.
pub fn parse<'a>(names: &[String], cells: &[Cell<'a>]) -> Result<(PostRow<'a>, Vec<Unknown<'a>>), Fault> {
    if cells.len() != names.len() {
        return Err(Fault::new(
            format!("the row has {} cells, the first line names {}", cells.len(), names.len()),
            "quote cells that hold the separator or a quote",
        ));
    }
    let mut row = PostRow::default();
    let mut unknown = Vec::new();
    for (name, &(text, told)) in names.iter().zip(cells) {
        if text.is_empty() && !told {
            continue;
        }
        let known = match canonical(name) {
            "event_id" => continue,
            LINK_DOMAIN => list_cell::<crate::kind::Text>(text).map(|hosts| {
                row.links.get_or_insert_with(|| links_of(hosts));
                true
            }),
            path => PostRow::read_cell(&mut row, path, text),
        };
        match known {
            Ok(true) => {}
            Ok(false) => {
                let mut json = Vec::new();
                write_json_text(text, &mut json);
                unknown.push((name.clone(), Cow::Owned(String::from_utf8_lossy(&json).into_owned())));
            }
            Err(_) if text.is_empty() => {}
            Err(expected) => {
                let short: String = text.chars().take(40).collect();
                return Err(Fault::new(
                    format!("`{name}` holds the text `{short}` where {expected} is expected"),
                    "correct the value, or leave the cell empty where it is not known",
                ));
            }
        }
    }
    Ok((row, unknown))
}
