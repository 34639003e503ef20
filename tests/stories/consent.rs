//! A workspace texts nobody before somebody stands for it, by name.

use alc_server::store::workspaces::Mode;
use serde_json::{Value, json};

use crate::world::{Inhabited as _, Partner, World};

stories! {
    async fn without_somebody_s_word_no_lead_is_taken(world: World, ALC_CONDUCT__CONSENT_REQUIRED = "true") {
        let (acme, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let draft = json!({ "recordId": ada.record, "name": ada.name, "phoneNumber": ada.phone });
        let refused = acme.post("/api/v1/leads", &draft).await.expect(403);
        assert_eq!(refused["code"], "consent_unconfirmed");
        assert!(refused["detail"].as_str().unwrap().contains("PUT /api/v1/workspace/consent"), "{refused}");
        let batch = acme.post("/api/v1/leads/batch", &json!({ "leads": [draft] })).await.expect(200);
        assert_eq!(batch["data"][0]["code"], "consent_unconfirmed");
        assert_eq!(acme.get("/api/v1/workspace").await.expect(200)["consent"], Value::Null);

        let confirmed = confirm(&acme, " Ada Lovelace ").await.expect(200);
        assert_eq!(confirmed["confirmedBy"], "Ada Lovelace");
        let workspace = acme.get("/api/v1/workspace").await.expect(200);
        assert_eq!(workspace["consent"], confirmed);
        assert_eq!((&workspace["name"], &workspace["mode"], &workspace["defaultRegion"], &workspace["budget"]), (&json!("acme"), &json!("live"), &json!("GB"), &Value::Null));
        acme.post("/api/v1/leads", &draft).await.expect(201);

        let other = Partner::operator(&world, "another workspace").await;
        assert_eq!(other.get("/api/v1/workspace").await.expect(200)["consent"], Value::Null, "each stands for itself");
        other.post("/api/v1/leads", &draft).await.expect(403);
    }

    async fn the_operator_may_note_it(world: World, ALC_CONDUCT__CONSENT_REQUIRED = "true") {
        let (acme, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.alc_json(&["workspace", "confirm", "--workspace", "acme", "--by", "Ada Lovelace"]).await;
        acme.sends(&ada).await;
        let audit = world.alc_json(&["audit", "list", "--action", "workspace.consent_confirmed"]).await;
        assert_eq!((audit.as_array().unwrap().len(), &audit[0]["actor"]), (1, &json!("operator")));
        let complaint = world.alc(&["workspace", "confirm", "--workspace", "nowhere", "--by", "Ada"]).await;
        assert!(complaint.complaint().contains("alc workspace list"), "{complaint:?}");
    }

    async fn a_sandbox_needs_nobody_s_word(world: World, ALC_CONDUCT__CONSENT_REQUIRED = "true") {
        let (acme, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        world.operator().set_workspace_mode("acme", Mode::Test).await.unwrap();
        acme.sends(&ada).await;
    }

    async fn a_name_is_a_name(world: World) {
        let acme = Partner::operator(&world, "acme").await;
        assert_eq!(confirm(&acme, "  ").await.expect(422)["code"], "name_missing");
        assert_eq!(confirm(&acme, &"a".repeat(101)).await.expect(422)["code"], "name_too_long");
    }
}

async fn confirm(partner: &Partner, name: &str) -> crate::world::Answer {
    let put = partner.request(reqwest::Method::PUT, "/api/v1/workspace/consent").json(&json!({ "name": name }));
    crate::world::Answer::read(put.send().await.expect("the service answers")).await
}
