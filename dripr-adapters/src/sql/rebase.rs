//! Taking away a text that others were compressed against.

use dripr_core::errors::PortResult;

use super::{
    connection::{Connection, query},
    dossier::email,
    error::{While, corrupt},
    message::{base_text, pack_against, text_of},
};

const DOING: &str = "compressing texts anew";

/// Takes a base away. The first of the texts that were compressed against it becomes the base of the others.
pub(super) async fn rebase(connection: &mut Connection, id: &str) -> PortResult<()> {
    let sql = "SELECT body FROM message_bases WHERE id = ?1@locked";
    let Some(row) = query(sql).bind(id).fetch_optional(&mut *connection).await.doing(DOING)? else {
        return Ok(());
    };
    let old = base_text(row.try_get::<&[u8]>(0).doing(DOING)?)
        .map_err(|error| corrupt("message_bases", "body", id, error))?;
    let sql = "SELECT m.email_id, m.html_length, m.text_length, e.state, e.delivery_status FROM email_messages AS m \
               JOIN emails AS e ON e.id = m.email_id WHERE m.base_id = ?1 ORDER BY m.email_id";
    let others = query(sql).bind(id).fetch_all(&mut *connection).await.doing(DOING)?;
    let mut new: Option<(String, Vec<u8>)> = None;
    for other in &others {
        let email_id: &str = other.try_get(0).doing(DOING)?;
        // One at a time: there may be thousands.
        let sql = "SELECT body FROM email_messages WHERE email_id = ?1";
        let row = query(sql).bind(email_id).fetch_one(&mut *connection).await.doing(DOING)?;
        let lengths = (other.try_get(1).doing(DOING)?, other.try_get(2).doing(DOING)?);
        let text = text_of(row.try_get::<&[u8]>(0).doing(DOING)?, &old, lengths)
            .map_err(|error| corrupt("email_messages", "body", email_id, error))?;
        let packed = |base: &[u8]| {
            pack_against(&text, base).map_err(|error| corrupt("email_messages", "body", email_id, error))
        };
        if new.is_none() {
            let of = email(other.try_get(3).doing(DOING)?, other.try_get(4).doing(DOING)?)?;
            let new_id = of.content_hash.to_string();
            if new_id == id {
                // Word for word the same as what is to go: only alone is it nobody else's.
                let body = packed(&[])?;
                store(connection, email_id, None, &body).await?;
                continue;
            }
            let body = packed(&[])?;
            query("INSERT INTO message_bases (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")
                .bind(new_id.as_str())
                .bind(body.as_slice())
                .execute(&mut *connection)
                .await
                .doing(DOING)?;
            new = Some((new_id, text.clone()));
        }
        if let Some((base, base_text)) = &new {
            let body = packed(base_text)?;
            store(connection, email_id, Some(base), &body).await?;
        }
    }
    query("DELETE FROM message_bases WHERE id = ?1").bind(id).execute(connection).await.doing(DOING)?;
    Ok(())
}

async fn store(
    connection: &mut Connection,
    email_id: &str,
    base: Option<&str>,
    body: &[u8],
) -> PortResult<()> {
    query("UPDATE email_messages SET base_id = ?2, body = ?3 WHERE email_id = ?1")
        .bind(email_id)
        .bind(base)
        .bind(body)
        .execute(connection)
        .await
        .doing(DOING)?;
    Ok(())
}
