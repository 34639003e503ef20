//! What to say to a lead.

use serde::{Deserialize, Serialize};

/// The words a conversation is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Who is texting; the first message names it, as carriers' rules and decency ask.
    pub company: String,
    /// One sentence: what we would like to know whether the lead wants.
    pub offer: String,
}
