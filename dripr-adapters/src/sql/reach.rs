//! How far keys and webhooks reach, as a column: JSON, so that no two are written alike. No character of an id is written otherwise
//! in JSON, so that such a text can be put together in SQL.

use dripr_core::{access::Reach, errors::PortResult};

use super::dossier::to_json;

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
