//! How far keys and webhooks reach, as a column: JSON, so that no two are written alike. No character of an id is written otherwise
//! in JSON, so that such a text can be put together in SQL.

use dripr_core::{
    access::{Reach, Retreat},
    errors::PortResult,
};

use super::{
    connection::{Row, Value},
    dossier::to_json,
    error::While,
    maker,
};

/// A reach as its column has it.
pub(super) fn column(reach: &Reach) -> PortResult<String> {
    to_json(reach)
}

/// Whether the reach in a column lies within another ([`Reach::contains`]), as a condition whose values are numbered from `first`
/// on, and those values. There are few keys and webhooks, and each is looked at.
pub(super) fn lies_within(column: &str, within: &Reach, first: usize) -> PortResult<(String, Vec<String>)> {
    let (second, third) = (first + 1, first + 2);
    let exactly = format!("{column} = ?{first}");
    let of_agents = |condition: &str| {
        format!(
            "{column} IN (SELECT concat('{{\"agent\":\"', m.user_id, '\"}}') FROM memberships AS m WHERE {condition})"
        )
    };
    Ok(match within {
        Reach::Deployment => ("1 = 1".to_owned(), Vec::new()),
        Reach::Agent(_) => (exactly, vec![to_json(within)?]),
        Reach::Team(brokerage, team) => {
            let members = of_agents(&format!("m.brokerage_id = ?{second} AND m.team_id = ?{third}"));
            let values = vec![to_json(within)?, brokerage.to_string(), team.to_string()];
            (format!("({exactly} OR {members})"), values)
        }
        Reach::Brokerage(brokerage) => {
            let members = of_agents(&format!("m.brokerage_id = ?{third}"));
            // As text, since LIKE heeds no case in SQLite.
            let teams = format!("{{\"team\":[\"{brokerage}\",");
            let condition = format!(
                "({exactly} OR substr({column}, 1, {length}) = ?{second} OR {members})",
                length = teams.len()
            );
            (condition, vec![to_json(within)?, teams, brokerage.to_string()])
        }
    })
}

/// What an agent made, as a statement with its values: these columns, and then whether it lies within what is left to the agent.
pub(super) fn made_by(
    columns: &str,
    table: &str,
    retreat: &Retreat,
) -> PortResult<(String, Vec<Value<'static>>)> {
    let (condition, within) = match &retreat.left {
        Some(left) => lies_within("reach", &left.reach, 2)?,
        None => ("1 = 0".to_owned(), Vec::new()),
    };
    let sql = format!(
        "SELECT {columns}, CASE WHEN {condition} THEN 'within' ELSE 'beyond' END FROM {table} WHERE made_by = ?1 ORDER BY id@locked"
    );
    let values = std::iter::once(maker::agent(&retreat.agent.id)).chain(within);
    Ok((sql, values.map(Value::from).collect()))
}

/// What such a statement says of a row in this column.
pub(super) fn lies_within_row(row: &Row, at: usize) -> PortResult<bool> {
    Ok(row.try_get::<String>(at).doing("looking what lies within a reach")? == "within")
}
