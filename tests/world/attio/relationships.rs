//! Relationship attributes come in pairs: a person's company and that company's team are one fact seen from two sides. Whoever
//! writes one side changes the other.

use uuid::Uuid;

use super::{
    attributes::{Attribute, AttributeType},
    record::{Merge, Stamp},
    values::AttributeValue,
    workspace::Workspace,
};

/// One end: this attribute of this record.
#[derive(Clone, Copy)]
struct End<'a> {
    object: &'a str,
    attribute: &'a Attribute,
    record: Uuid,
}

/// Brings the other side in step after `attribute` of a record has pointed at `before` and now points elsewhere.
pub(super) fn mirror(
    workspace: &mut Workspace,
    object: &str,
    record: Uuid,
    attribute: &Attribute,
    before: &[Uuid],
    stamp: Stamp,
) {
    let Some(relationship) = &attribute.relationship else { return };
    let other_object = relationship.object_slug.as_str();
    let Some(other) = workspace
        .object(other_object)
        .ok()
        .and_then(|object| object.attribute(&relationship.attribute_slug).ok().cloned())
    else {
        return;
    };
    let here = End { object, attribute, record };
    let after = targets(workspace, here);
    for gone in before.iter().filter(|target| !after.contains(target)) {
        drop_reference(workspace, End { object: other_object, attribute: &other, record: *gone }, record, stamp);
    }
    for new in after.iter().filter(|target| !before.contains(target)) {
        let there = End { object: other_object, attribute: &other, record: *new };
        if !other.is_multiselect {
            // Whoever the target belonged to until now loses it.
            for former in targets(workspace, there).into_iter().filter(|former| *former != record) {
                drop_reference(workspace, End { record: former, ..here }, *new, stamp);
            }
        }
        let reference = AttributeValue::RecordReference { object: object.to_owned(), record };
        write(workspace, there, vec![reference], Merge::Append, stamp);
    }
}

/// Takes every reference to a record out of the workspace, because the record is gone.
pub(super) fn forget(workspace: &mut Workspace, object: &str, record: Uuid, stamp: Stamp) {
    for holder in &mut workspace.objects {
        let references = holder.attributes.iter().filter(|attribute| attribute.kind == AttributeType::RecordReference);
        let references: Vec<Attribute> = references.cloned().collect();
        for held in holder.records.values_mut() {
            for attribute in &references {
                let values = held.held(attribute.id).iter().map(|held| held.value.clone());
                let (gone, kept): (Vec<_>, Vec<_>) = values.partition(|value| value.target() == Some((object, record)));
                if !gone.is_empty() {
                    held.write(attribute, kept, Merge::Overwrite, stamp);
                }
            }
        }
    }
}

/// The records an attribute of a record points at.
pub(super) fn targets_of(workspace: &Workspace, object: &str, record: Uuid, attribute: &Attribute) -> Vec<Uuid> {
    targets(workspace, End { object, attribute, record })
}

fn targets(workspace: &Workspace, end: End<'_>) -> Vec<Uuid> {
    let record = workspace.object(end.object).ok().and_then(|object| object.records.get(&end.record));
    let held = record.map(|record| record.held(end.attribute.id)).unwrap_or_default();
    held.iter().filter_map(|held| held.value.target()).map(|(_, target)| target).collect()
}

fn drop_reference(workspace: &mut Workspace, end: End<'_>, target: Uuid, stamp: Stamp) {
    let record = workspace.object(end.object).ok().and_then(|object| object.records.get(&end.record));
    let held = record.map(|record| record.held(end.attribute.id)).unwrap_or_default();
    let kept = held.iter().map(|held| held.value.clone());
    let kept = kept.filter(|value| value.target().is_none_or(|(_, held)| held != target)).collect();
    write(workspace, end, kept, Merge::Overwrite, stamp);
}

fn write(workspace: &mut Workspace, end: End<'_>, values: Vec<AttributeValue>, merge: Merge, stamp: Stamp) {
    let object = workspace.object_mut(end.object).ok();
    if let Some(record) = object.and_then(|object| object.records.get_mut(&end.record)) {
        record.write(end.attribute, values, merge, stamp);
    }
}
