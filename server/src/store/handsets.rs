//! Phones as rows are found by them: real ones, and those that are a page of a workspace's sandbox.

use alc_core::id::WorkspaceId;
use alc_core::lead::Lead;

use super::Vault;

/// The purpose under which phones are indexed, in every table that is searched by phone.
const PHONE_INDEX: &str = "phone";

/// Which phone is meant. A number is a phone of its own in each sandbox: what is said there, a stop among it, binds no real phone and
/// no other sandbox, and the other way round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handset {
    /// E.164.
    number: String,
    sandbox: Option<WorkspaceId>,
}

impl Handset {
    pub fn real(number: impl Into<String>) -> Self {
        Self { number: number.into(), sandbox: None }
    }

    pub fn in_sandbox(workspace: WorkspaceId, number: impl Into<String>) -> Self {
        Self { number: number.into(), sandbox: Some(workspace) }
    }

    /// The phone that a lead is talked with on.
    pub fn of(lead: &Lead) -> Self {
        Self { number: lead.phone.clone(), sandbox: lead.is_test.then(|| lead.workspace.clone()) }
    }

    pub fn number(&self) -> &str {
        &self.number
    }

    pub(super) fn index(&self, vault: &Vault) -> String {
        match &self.sandbox {
            None => vault.index(PHONE_INDEX, &self.number),
            // No number begins so.
            Some(workspace) => vault.index(PHONE_INDEX, &format!("{workspace}/{}", self.number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_another_phone_in_each_sandbox() {
        let vault = Vault::new([7; 32], &[]);
        let index = |handset: Handset| handset.index(&vault);
        let (number, one, two) = ("+447400123456", WorkspaceId::from("ws_1"), WorkspaceId::from("ws_2"));
        let real = index(Handset::real(number));
        assert_eq!(real, index(Handset::real(number)));
        assert_ne!(real, index(Handset::in_sandbox(one.clone(), number)));
        assert_ne!(index(Handset::in_sandbox(one, number)), index(Handset::in_sandbox(two, number)));
    }
}
