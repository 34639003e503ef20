//! Claiming: which of the jobs that are due go to who asks, and on whom there is no more room.
//!
//! Usually the oldest that are due fill the room there is. Where those before all others belong to systems that are full (an
//! endpoint that hangs with thousands waiting for it), the systems behind are visited one by one instead, so that what cannot run
//! is not walked over again and again. What waits for an earlier job of its lane is moved to when that one is due.

use std::collections::HashMap;

use alc_core::id::WorkspaceId;
use alc_core::time::Timestamp;

use super::brought::Kind::Text;
use super::brought::{Brought, row};
use super::jobs::{Claimed, line_text, read_claimed};
use super::{Dialect, Row, StoreError, Tx};
use crate::job::{Job, Line};
use crate::params;

/// How much of what is due a claimer can take.
#[derive(Debug, Clone)]
pub struct Room {
    pub line: Line,
    /// For all together.
    pub at_most: usize,
    /// For those of slow systems, which do not count among the others.
    pub slow_at_most: usize,
    pub per_system: usize,
    pub per_workspace: usize,
    /// What is left of a system's room, where something is under way already.
    pub systems: HashMap<String, SystemRoom>,
    /// How many of a workspace are under way already.
    pub workspaces: HashMap<WorkspaceId, usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemRoom {
    pub left: usize,
    pub is_slow: bool,
}

/// A job that is due, as far as choosing needs it.
#[derive(Debug, Clone)]
struct Due {
    id: String,
    workspace: WorkspaceId,
    system: String,
    run_at: Timestamp,
    /// It waits for an earlier job of its lane.
    is_blocked: bool,
}

/// How many of the oldest that are due are looked at, for each that there is room for. Fewer would fill too little of it where some
/// are of full systems, more would be looked at in vain.
const LOOKED_AT: usize = 3;

/// Systems visited in one claim; the next goes on behind them.
const VISITED: i64 = 128;

/// What was claimed.
#[derive(Debug, Default)]
pub struct Claim {
    pub claimed: Vec<Claimed>,
    /// Behind which system the next claim goes on when there were more than one claim can visit.
    pub visited_to: String,
    /// Whether there may be more that are due and that could run.
    pub there_may_be_more: bool,
    /// The oldest gave enough to do for now: those behind them have not been visited.
    pub skipped_visit: bool,
    /// Something is due that had to be left: it waits for its turn, or there is no room for it.
    pub left_some: bool,
}

/// How the systems behind the oldest are visited, where that is needed.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// Behind this one.
    pub from: String,
    /// Not now, if the oldest give something to do.
    pub may_wait: bool,
}

impl Room {
    /// No room for anything yet.
    pub fn of(line: Line) -> Self {
        Self {
            line,
            at_most: 0,
            slow_at_most: 0,
            per_system: 0,
            per_workspace: 0,
            systems: HashMap::new(),
            workspaces: HashMap::new(),
        }
    }

    /// Takes the first that find room, and says so in the books.
    fn choose(&mut self, due: &[Due]) -> Vec<String> {
        due.iter().filter(|due| !due.is_blocked && self.take(due)).map(|due| due.id.clone()).collect()
    }

    fn take(&mut self, due: &Due) -> bool {
        let fresh = SystemRoom { left: self.per_system, is_slow: false };
        let system = self.systems.entry(due.system.clone()).or_insert(fresh);
        if system.left == 0 {
            return false;
        }
        if system.is_slow {
            if self.slow_at_most == 0 {
                return false;
            }
            self.slow_at_most -= 1;
        } else {
            let workspace = self.workspaces.entry(due.workspace.clone()).or_default();
            if self.at_most == 0 || *workspace >= self.per_workspace {
                return false;
            }
            *workspace += 1;
            self.at_most -= 1;
        }
        system.left -= 1;
        true
    }

    /// One of a few numbers, so that there are few texts to prepare.
    fn looked_at(&self) -> usize {
        LOOKED_AT * self.at_most.next_power_of_two().clamp(8, 64)
    }
}

impl Tx {
    /// Claims jobs that are due, of every workspace: the queue belongs to the operator.
    ///
    /// Only the head of a lane can be claimed, whoever claims: order needs no lock. Each statement asks again what it relies on, so none
    /// needs the others in its transaction.
    pub async fn claim_jobs(
        &mut self,
        room: &Room,
        visit: &Visit,
        lease: &str,
        now: Timestamp,
        lease_ms: i64,
    ) -> Result<Claim, StoreError> {
        let mut room = room.clone();
        let due = self.oldest_due(&room, now).await?;
        self.move_blocked(&due, now).await?;
        let looked_at = room.looked_at();
        let mut chosen = room.choose(&due);
        let mut visited_to = String::new();
        let mut there_may_be_more = false;
        let are_all = due.len() < looked_at;
        let wants_visit = !are_all && room.at_most > 0;
        let visits = wants_visit && (chosen.is_empty() || !visit.may_wait);
        if visits {
            let (of_systems, last) = self.due_by_system(&room, &visit.from, now).await?;
            let fresh: Vec<Due> = of_systems.into_iter().filter(|due| !chosen.contains(&due.id)).collect();
            self.move_blocked(&fresh, now).await?;
            let found = room.choose(&fresh);
            visited_to = last.unwrap_or_default();
            // Those who were visited may have more; once round with nothing found, nobody who has room has anything due.
            there_may_be_more = room.at_most > 0 && (!visited_to.is_empty() || !found.is_empty());
            chosen.extend(found);
        }
        let claimed = if chosen.is_empty() {
            Vec::new()
        } else {
            self.lease(&chosen, lease, now, now.plus_millis(lease_ms)).await?
        };
        let left_some = !are_all || claimed.len() < due.len();
        Ok(Claim { claimed, visited_to, there_may_be_more, skipped_visit: wants_visit && !visits, left_some })
    }

    /// A replica of an older version leaves the jobs of a newer one alone.
    fn due_text(room: &Room, now: &str) -> String {
        let kinds = Job::KINDS.map(|kind| format!("'{kind}'")).join(", ");
        let live = line_text(room.line);
        format!("{live} AND run_at <= {now} AND (lease_until IS NULL OR lease_until <= {now}) AND kind IN ({kinds})")
    }

    async fn oldest_due(&mut self, room: &Room, now: Timestamp) -> Result<Vec<Due>, StoreError> {
        let (is_due, looked_at) = (Self::due_text(room, "$1"), room.looked_at());
        self.all(
            &format!(
                "SELECT j.id, j.workspace, j.system, j.run_at,
                        (SELECT MIN(e.id) FROM jobs e WHERE e.lane = j.lane AND e.dead_at IS NULL)
                 FROM (SELECT id, workspace, system, lane, run_at FROM jobs WHERE {is_due} ORDER BY run_at, id LIMIT {looked_at}) AS j
                 ORDER BY j.run_at, j.id"
            ),
            params![now.as_millis()],
            read_due,
        )
        .await
    }

    /// The oldest due of each system that has room, for the systems behind `visit_from`; and the last system visited, unless that was
    /// the last there is.
    async fn due_by_system(
        &mut self,
        room: &Room,
        visit_from: &str,
        now: Timestamp,
    ) -> Result<(Vec<Due>, Option<String>), StoreError> {
        let (is_due, is_live) = (Self::due_text(room, "$2"), line_text(room.line));
        // Each step is one look into the index: it does not walk over what waits.
        let systems = self
            .all(
                &format!(
                    "WITH RECURSIVE visited(system) AS (
                         SELECT MIN(system) FROM jobs WHERE {is_live} AND system > $1
                         UNION ALL
                         SELECT (SELECT MIN(system) FROM jobs WHERE {is_live} AND system > visited.system)
                         FROM visited WHERE visited.system IS NOT NULL
                     ) SELECT system FROM visited WHERE system IS NOT NULL LIMIT $2"
                ),
                params![visit_from, VISITED],
                |row| row.text(0),
            )
            .await?;
        let last = systems.last().filter(|_| systems.len() >= usize::try_from(VISITED).unwrap_or(usize::MAX)).cloned();
        let open = systems.iter().filter(|system| room.systems.get(*system).is_none_or(|room| room.left > 0));
        let open = Brought::new([("system", Text)], open.map(|system| row![system]));
        let of_system = format!("jobs WHERE system = brought.system AND {is_due} ORDER BY run_at, id LIMIT $3");
        let dialect = self.dialect();
        // Each knows another way to look at the first few of each system and at no more.
        let of_systems = |systems: String| match dialect {
            Dialect::Sqlite => format!("{systems} CROSS JOIN jobs j WHERE j.id IN (SELECT id FROM {of_system})"),
            Dialect::Postgres => format!(
                "{systems} CROSS JOIN LATERAL
                 (SELECT id, workspace, jobs.system, lane, run_at FROM {of_system}) AS j"
            ),
        };
        let mut due = self
            .all_brought(
                &open,
                params![now.as_millis(), i64::try_from(room.per_system).unwrap_or(i64::MAX)],
                |open| {
                    format!(
                        "SELECT j.id, j.workspace, j.system, j.run_at,
                                (SELECT MIN(e.id) FROM jobs e WHERE e.lane = j.lane AND e.dead_at IS NULL)
                         FROM {}",
                        of_systems(open)
                    )
                },
                read_due,
            )
            .await?;
        due.sort_by(|one, other| (one.run_at, &one.id).cmp(&(other.run_at, &other.id)));
        Ok((due, last))
    }

    /// What waits for an earlier job of its lane that is not due yet is looked at again when that one is.
    async fn move_blocked(&mut self, due: &[Due], now: Timestamp) -> Result<(), StoreError> {
        let blocked = due.iter().filter(|due| due.is_blocked).map(|due| row![&due.id]);
        let (blocked, skip) = (Brought::new([("id", Text)], blocked), self.skip_locked());
        self.exec_brought(blocked, params![now.as_millis()], |blocked| {
            format!(
                "UPDATE jobs SET run_at = (SELECT MAX(e.run_at) FROM jobs e
                                           WHERE e.lane = jobs.lane AND e.id < jobs.id AND e.dead_at IS NULL)
                 WHERE id IN (SELECT id FROM jobs WHERE id IN (SELECT brought.id FROM {blocked}) AND run_at <= $2 {skip})
                   AND EXISTS (SELECT 1 FROM jobs e WHERE e.lane = jobs.lane AND e.id < jobs.id AND e.dead_at IS NULL
                                                      AND e.run_at > $2)"
            )
        })
        .await
    }

    async fn lease(
        &mut self,
        chosen: &[String],
        lease: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError> {
        let chosen = Brought::new([("id", Text)], chosen.iter().map(|id| row![id]));
        // Another claimer may have been faster: asked again behind the lock. Until a new queue has statistics PostgreSQL takes `IS NULL`
        // for rare, and would read all that waits for each one it locks; so what only its key should find is asked in other words.
        let is_free = "COALESCE(dead_at, 0) = 0 AND run_at <= $4 AND COALESCE(lease_until, 0) <= $4";
        let dialect = self.dialect();
        let mut claimed = self
            .all_brought(
                &chosen,
                params![lease, until.as_millis(), now.as_millis()],
                |chosen| {
                    let (free, locked) = match dialect {
                        Dialect::Sqlite => (chosen, format!("jobs.id = brought.id AND {is_free}")),
                        Dialect::Postgres => {
                            let lock = format!(
                                "SELECT id FROM jobs WHERE id = brought.id AND {is_free} LIMIT 1 FOR UPDATE SKIP LOCKED"
                            );
                            (format!("{chosen} CROSS JOIN LATERAL ({lock}) AS free"), "jobs.id = free.id".to_owned())
                        }
                    };
                    format!(
                        "UPDATE jobs SET lease = $2, lease_until = $3 FROM {free} WHERE {locked}
                         RETURNING jobs.id, jobs.workspace, jobs.system, jobs.payload, jobs.trace, jobs.failures"
                    )
                },
                |row| read_claimed(row, lease),
            )
            .await?;
        claimed.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(claimed)
    }

    /// PostgreSQL's claimers step around each other's rows, SQLite has one writer and needs not.
    pub(super) fn skip_locked(&self) -> &'static str {
        match self.dialect() {
            Dialect::Sqlite => "",
            Dialect::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }
}

fn read_due(row: &Row<'_>) -> Result<Due, StoreError> {
    let id = row.text(0)?;
    // None: it ended between the two looks.
    let is_blocked = row.opt_text(4)?.is_some_and(|head| head != id);
    Ok(Due {
        workspace: row.text(1)?.into(),
        system: row.text(2)?,
        run_at: Timestamp::from_millis(row.int(3)?),
        is_blocked,
        id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(id: &str, workspace: &str, system: &str) -> Due {
        Due {
            id: id.to_owned(),
            workspace: workspace.into(),
            system: system.to_owned(),
            run_at: Timestamp::from_millis(0),
            is_blocked: false,
        }
    }

    fn room() -> Room {
        Room { at_most: 4, slow_at_most: 1, per_system: 2, per_workspace: 3, ..Room::of(Line::Deliveries) }
    }

    #[test]
    fn one_system_and_one_workspace_leave_room_for_others() {
        let waiting = [
            due("1", "a", "x"),
            due("2", "a", "x"),
            due("3", "a", "x"),
            due("4", "a", "y"),
            due("5", "a", "y"),
            due("6", "b", "z"),
        ];
        assert_eq!(room().choose(&waiting), ["1", "2", "4", "6"]);
    }

    #[test]
    fn what_is_under_way_counts() {
        let mut room = room();
        room.systems.insert("x".to_owned(), SystemRoom { left: 1, is_slow: false });
        room.workspaces.insert("b".into(), 3);
        let waiting = [due("1", "a", "x"), due("2", "a", "x"), due("3", "b", "y"), due("4", "a", "y")];
        assert_eq!(room.choose(&waiting), ["1", "4"]);
    }

    #[test]
    fn slow_systems_have_room_of_their_own() {
        let mut room = room();
        room.at_most = 1;
        room.systems.insert("slow".to_owned(), SystemRoom { left: 2, is_slow: true });
        let waiting = [due("1", "a", "slow"), due("2", "a", "slow"), due("3", "a", "quick"), due("4", "a", "quick")];
        assert_eq!(room.choose(&waiting), ["1", "3"]);
    }

    #[test]
    fn what_waits_in_its_lane_takes_no_room() {
        let blocked = Due { is_blocked: true, ..due("1", "a", "x") };
        assert_eq!(room().choose(&[blocked, due("2", "a", "x")]), ["2"]);
    }
}
