//! An app with no more than the calls of the SDK's published walkthrough, unchanged, against this service.

use alc_tests::attio::LocalAttio;
use alc_tests::browser::Browser;
use serde_json::json;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::sandbox;
use crate::world::{App, Inhabited as _, Partner, World, http, repository};

const FOLDER: &str = "app-ui/host/fixtures/sdk-example";

stories! {
    async fn the_published_example_works_as_it_is(world: World) {
        is_built().await;
        // The walkthrough has these made by hand.
        for slug in ["alc_lead_id", "alc_status"] {
            make_text_attribute(&world.attio, slug).await;
        }
        let app = App::start(&world, &world.attio, &repository().join(FOLDER)).await;
        app.connect(&world.member("acme").await).await;
        let (ada, eva) = (&world.people()[0], &world.people()[1]);

        let shown = app.press_send_to_alc(&ada.record).await;
        assert_eq!(shown.toasts(), ["Preparing to send to ALC...", "Successfully sent to ALC!"]);
        assert!(world.attio.record(&ada.record).value("alc_lead_id").unwrap().starts_with("lead_"));
        world.settle().await;
        world.sms.reply(&ada.phone, "yes, call me tomorrow").await.unwrap();
        world.settle().await;
        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Complete"));

        app.press_send_to_alc(&eva.record).await;
        world.settle().await;
        app.disconnect().await;
        world.settle().await;
        let operator = Partner::operator(&world, "acme").await;
        assert_eq!(operator.leads().await[0]["status"], "cancelled", "nobody listens any more");
    }

    /// What test mode adds to answers and callbacks is not in its way.
    async fn the_published_example_works_in_test_mode(world: World) {
        is_built().await;
        for slug in ["alc_lead_id", "alc_status"] {
            make_text_attribute(&world.attio, slug).await;
        }
        let (_, member) = sandbox::in_test_mode(&world, "sandbox").await;
        let app = App::start(&world, &world.attio, &repository().join(FOLDER)).await;
        app.connect(&member).await;
        let ada = world.somebody();
        let shown = app.press_send_to_alc(&ada.record).await;
        assert_eq!(shown.toasts(), ["Preparing to send to ALC...", "Successfully sent to ALC!"]);
        world.settle().await;

        let lead = world.attio.record(&ada.record).value("alc_lead_id").unwrap();
        let mut browser = Browser::new();
        let page = sandbox::phones(&world, &mut browser, &member).await;
        sandbox::answers(&mut browser, &page, &lead, "yes, call me tomorrow").await;
        world.settle().await;
        assert_eq!(world.attio.record(&ada.record).value("alc_status").as_deref(), Some("Complete"));
        assert_eq!(world.texts_asked_for(&ada.phone), 0);
    }
}

/// Built once, whoever asks first.
async fn is_built() {
    static BUILT: OnceCell<()> = OnceCell::const_new();
    let build = async || {
        let mut npm = Command::new("npm");
        npm.args(["run", "build:example"]).current_dir(repository().join("app-ui"));
        let built = npm.output().await.expect("npm runs; `npm ci` in app-ui brings what it needs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    };
    BUILT.get_or_init(build).await;
}

async fn make_text_attribute(attio: &LocalAttio, slug: &str) {
    let attribute = json!({ "data": {
        "title": slug, "description": "", "api_slug": slug, "type": "text",
        "is_required": false, "is_unique": false, "is_multiselect": false, "config": {},
    }});
    let request = http().post(format!("{}/v2/objects/people/attributes", attio.url()));
    let made = request.bearer_auth("local-attio-token").json(&attribute).send().await.expect("Attio answers");
    assert_eq!(made.status(), 200);
}
