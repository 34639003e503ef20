//! Requests that are done once however often they are sent: what was answered, kept with what was done.

use alc_core::id::{GrantId, WorkspaceId};
use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

/// A request under an idempotency key of its grant.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    pub workspace: WorkspaceId,
    pub grant: GrantId,
    pub key: String,
    /// Method, path and body: what must be the same for it to be the same request.
    pub content: String,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

/// The answer as it went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    pub status: u16,
    pub body: String,
}

/// What is known under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Earlier {
    Nothing,
    /// This request, and what was answered.
    Same(KeptAnswer),
    /// Another request.
    Other,
}

impl Tx {
    /// What came before under this key. Holds the key until the transaction ends: of two tries at once, over all replicas, the
    /// second waits here for what the first has kept.
    pub async fn earlier_answer(&mut self, request: &KeyedRequest) -> Result<Earlier, StoreError> {
        let (id, index) = self.indexes_of(request);
        self.lock(&format!("idempotency {id}")).await?;
        let kept = self
            .one(
                "SELECT request_index, status, answer FROM idempotency_keys WHERE workspace = $1 AND id = $2 AND expires_at > $3",
                params![request.workspace.as_str(), &id, request.at.as_millis()],
                |row| {
                    let status = u16::try_from(row.int(1)?).map_err(|_| row.misfit(1, "is no status code"))?;
                    Ok((row.text(0)?, KeptAnswer { status, body: row.sealed(2, "idempotency_keys.answer", &id)? }))
                },
            )
            .await?;
        Ok(match kept {
            None => Earlier::Nothing,
            Some((kept_index, answer)) if kept_index == index => Earlier::Same(answer),
            Some(_) => Earlier::Other,
        })
    }

    /// Keeps what is answered, in the commit of what was done. Follows `earlier_answer` in the same transaction.
    pub async fn keep_answer(&mut self, request: &KeyedRequest, answer: &KeptAnswer) -> Result<(), StoreError> {
        let (id, index) = self.indexes_of(request);
        let sealed = self.vault().seal("idempotency_keys.answer", &id, &answer.body);
        // What is there already has expired, or there would have been an earlier answer.
        self.exec(
            "INSERT INTO idempotency_keys (id, workspace, grant_id, request_index, status, answer, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (id) DO UPDATE SET request_index = $4, status = $5, answer = $6, created_at = $7, expires_at = $8",
            params![
                id,
                request.workspace.as_str(),
                request.grant.as_str(),
                index,
                i64::from(answer.status),
                sealed,
                request.at.as_millis(),
                request.expires_at.as_millis(),
            ],
        )
        .await
        .map(drop)
    }

    fn indexes_of(&self, request: &KeyedRequest) -> (String, String) {
        let vault = self.vault();
        let id = vault.index("idempotency.key", &format!("{} {}", request.grant, request.key));
        (id, vault.index("idempotency.request", &request.content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::retention::Remains;
    use crate::store::tests::{Scratch, on_both};

    on_both! {
        an_answer_is_known_to_its_own_request_until_it_expires,
    }

    async fn an_answer_is_known_to_its_own_request_until_it_expires(scratch: Scratch) {
        scratch.store.migrate().await.unwrap();
        let request = |key: &str, content: &str, at: i64| KeyedRequest {
            workspace: "ws_1".into(),
            grant: "grant_1".into(),
            key: key.into(),
            content: content.into(),
            at: Timestamp::from_millis(at),
            expires_at: Timestamp::from_millis(at + 100),
        };
        let keeps = async |request: KeyedRequest, body: &str| {
            let answer = KeptAnswer { status: 201, body: body.into() };
            let kept = scratch.store.write(async move |tx| {
                let earlier = tx.earlier_answer(&request).await?;
                if earlier == Earlier::Nothing {
                    tx.keep_answer(&request, &answer).await?;
                }
                Ok(earlier)
            });
            kept.await.unwrap()
        };
        let same = |body: &str| Earlier::Same(KeptAnswer { status: 201, body: body.into() });

        assert_eq!(keeps(request("a", "POST 1", 0), "one").await, Earlier::Nothing);
        assert_eq!(keeps(request("b", "POST 1", 50), "two").await, Earlier::Nothing);
        assert_eq!(keeps(request("a", "POST 1", 99), "three").await, same("one"));
        assert_eq!(keeps(request("a", "POST 2", 99), "four").await, Earlier::Other);
        let strangers = KeyedRequest { grant: "grant_2".into(), ..request("a", "POST 1", 99) };
        assert_eq!(keeps(strangers, "five").await, Earlier::Nothing);
        assert_eq!(keeps(request("a", "POST 2", 100), "six").await, Earlier::Nothing, "the first has expired");

        let expired =
            async |tx: &mut Tx| tx.delete_remains(Remains::Answers, Timestamp::from_millis(150), "", 100).await;
        assert_eq!(scratch.store.write(expired).await.unwrap().deleted, 1);
        assert_eq!(keeps(request("a", "POST 2", 149), "seven").await, same("six"));
        assert_eq!(keeps(request("b", "POST 1", 149), "eight").await, Earlier::Nothing, "it was deleted");
    }
}
