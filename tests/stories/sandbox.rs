//! Test mode: a workspace whose leads are texted nowhere but on a page of the service, where its developers answer as they would.

use alc_server::store::workspaces::Mode;
use alc_tests::browser::{Browser, Page};

use crate::oauth_clients::Alc;
use crate::world::{Inhabited as _, Member, OUR_NUMBER, Partner, Receiver, World, http, place};

stories! {
    async fn in_test_mode_a_lead_talks_on_a_page_and_nobody_is_texted(world: World) {
        let (partner, member) = in_test_mode(&world, "sandbox").await;
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.created", "lead.contacted", "lead.processed"]).await;
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;
        assert_eq!(partner.lead(&lead).await["status"], "contacted");

        let mut browser = Browser::new();
        let page = phones(&world, &mut browser, &member).await;
        assert!(page.body.contains(&ada.phone) && page.body.contains("Acme Lead Checker"), "{}", page.body);
        let page = answers(&mut browser, &page, &lead, "hm <b>").await;
        assert!(page.body.contains("hm &#60;b&#62;"), "{}", page.body);
        // What the agent asked back is there already.
        assert_eq!(page.body.matches(r#"<li class="to-lead">"#).count(), 2, "{}", page.body);
        answers(&mut browser, &page, &lead, "yes, call me tomorrow").await;
        world.settle().await;

        let ended = partner.lead(&lead).await;
        assert_eq!((&ended["status"], &ended["outcome"]["interest"]), (&"complete".into(), &"Hot".into()), "{ended}");
        assert_eq!(ended["test"], true);
        let messages = ended["conversation"]["messages"].as_array().unwrap();
        let states: Vec<_> = messages.iter().map(|message| message["state"].as_str().unwrap()).collect();
        assert!(states.len() >= 4 && states.iter().all(|state| ["delivered", "received"].contains(state)), "{states:?}");
        let told = receiver.received();
        assert_eq!(told.len(), 3);
        assert!(told.iter().all(|told| told.letter.json()["test"] == true), "{told:?}");
        assert_eq!(world.asked_of_the_gateway().count(), 0);
    }

    async fn a_live_lead_says_nothing_of_tests(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, &["lead.created"]).await;
        let lead = partner.sends(&world.somebody()).await;
        world.settle().await;
        assert_eq!(partner.lead(&lead).await.get("test"), None);
        assert_eq!(receiver.received()[0].letter.json().get("test"), None);
    }

    /// One person, known to two sandboxes and to the real world at once.
    async fn a_phone_of_a_sandbox_is_not_the_real_one(world: World) {
        let live = Partner::operator(&world, "acme").await;
        let (one, member) = in_test_mode(&world, "one").await;
        let (two, _) = in_test_mode(&world, "two").await;
        let ada = world.somebody();
        let leads = [one.sends(&ada).await, two.sends(&ada).await, live.sends(&ada).await];
        world.settle().await;
        for (partner, lead) in [&one, &two, &live].into_iter().zip(&leads) {
            assert_eq!(partner.lead(lead).await["status"], "contacted");
        }
        assert_eq!(world.texts_asked_for(&ada.phone), 1);

        world.sms.reply(&ada.phone, "yes please").await.unwrap();
        world.settle().await;
        assert_eq!(live.lead(&leads[2]).await["status"], "complete");
        let mut browser = Browser::new();
        let page = phones(&world, &mut browser, &member).await;
        assert!(!page.body.contains("yes please"), "{}", page.body);
        answers(&mut browser, &page, &leads[0], "no thanks").await;
        world.settle().await;
        assert_eq!(one.lead(&leads[0]).await["outcome"]["interest"], "Not interested");
        assert_eq!(two.lead(&leads[1]).await["status"], "contacted");
    }

    async fn a_stop_in_a_sandbox_binds_no_real_phone(world: World) {
        let (sandbox, member) = in_test_mode(&world, "sandbox").await;
        let (other, _) = in_test_mode(&world, "other").await;
        let (live, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        let lead = sandbox.sends(&ada).await;
        world.settle().await;
        let mut browser = Browser::new();
        let page = phones(&world, &mut browser, &member).await;
        let page = answers(&mut browser, &page, &lead, "STOP").await;
        assert_eq!(sandbox.lead(&lead).await["outcome"]["interest"], "Opted out");
        let again = sandbox.sends(&ada).await;
        world.settle().await;
        assert_eq!(sandbox.lead(&again).await["outcome"]["interest"], "Opted out", "a stop holds in its sandbox");

        for partner in [&live, &other] {
            let lead = partner.sends(&ada).await;
            world.settle().await;
            assert_eq!(partner.lead(&lead).await["status"], "contacted");
        }
        // Whoever said stop may say start, there too.
        let page = answers(&mut browser, &page, &lead, "START").await;
        assert!(page.body.contains("START"), "what was said beside a conversation is seen: {}", page.body);
        let again = sandbox.sends(&ada).await;
        world.settle().await;
        assert_eq!(sandbox.lead(&again).await["status"], "contacted");
    }

    async fn a_real_stop_is_not_undone_in_a_sandbox(world: World) {
        let (sandbox, member) = in_test_mode(&world, "sandbox").await;
        let (live, ada) = (Partner::operator(&world, "acme").await, world.somebody());
        live.sends(&ada).await;
        world.settle().await;
        world.sms.reply(&ada.phone, "STOP").await.unwrap();
        world.settle().await;

        let lead = sandbox.sends(&ada).await;
        world.settle().await;
        assert_eq!(sandbox.lead(&lead).await["status"], "contacted", "a real stop says nothing about a sandbox");
        let mut browser = Browser::new();
        let page = phones(&world, &mut browser, &member).await;
        answers(&mut browser, &page, &lead, "START").await;
        let again = live.sends(&ada).await;
        world.settle().await;
        assert_eq!(live.lead(&again).await["outcome"]["interest"], "Opted out");
        assert_eq!(world.texts_asked_for(&ada.phone), 1);
    }

    async fn what_was_sent_in_test_mode_stays_there(world: World) {
        let (partner, member) = in_test_mode(&world, "acme").await;
        let people = world.people();
        let before = partner.sends(&people[0]).await;
        assert!(world.operator().set_workspace_mode("acme", Mode::Live).await.unwrap());
        assert!(!world.operator().set_workspace_mode("acme", Mode::Live).await.unwrap());
        let after = partner.sends(&people[1]).await;
        // A request that read the mode before it changed comes too late to be taken in as it was.
        let workspace = world.operator().workspaces().await.unwrap().remove(0).id;
        let is_held = world.store.write(async move |tx| {
            Ok((tx.hold_mode(&workspace, Mode::Test).await?, tx.hold_mode(&workspace, Mode::Live).await?))
        });
        assert_eq!(is_held.await.unwrap(), (false, true));
        world.settle().await;
        assert_eq!((world.texts_asked_for(&people[0].phone), world.texts_asked_for(&people[1].phone)), (0, 1));
        assert_eq!(partner.lead(&before).await["test"], true);

        let mut browser = Browser::new();
        let page = phones(&world, &mut browser, &member).await;
        assert!(page.body.contains("is live") && page.body.contains(&before) && !page.body.contains(&after), "{page:?}");
        assert!(world.operator().set_workspace_mode("nowhere", Mode::Test).await.is_err());
        assert!(world.operator().create_workspace(place("acme"), Mode::Test).await.is_err(), "it is there already");
    }

    async fn the_command_line_makes_workspaces_and_changes_their_mode(world: World) {
        let alc = Alc::of(&world);
        let made = alc.json(&["workspace", "create", "--workspace", "try it", "--test", "--default-region", "gb"]).await;
        assert_eq!(made["mode"], "test");
        alc.json(&["token", "create", "--workspace", "acme", "--scope", "leads:read"]).await;
        let listed = alc.json(&["workspace", "list"]).await;
        let listed: Vec<_> = listed.as_array().unwrap().iter().map(|one| (&one["workspace"], &one["mode"])).collect();
        assert_eq!(listed, [(&"acme".into(), &"live".into()), (&"try it".into(), &"test".into())]);

        let changed = alc.says(&["workspace", "mode", "--workspace", "try it", "--live"]).await;
        assert!(changed.contains("live mode now"), "{changed}");
        let again = alc.json(&["workspace", "mode", "--workspace", "try it", "--live"]).await;
        assert_eq!(again["changed"], false);
        assert!(alc.says(&["workspace", "list"]).await.contains("live"));
        for (wrong, cure) in [
            (&["workspace", "mode", "--workspace", "nowhere", "--test"][..], "`alc workspace list`"),
            (&["workspace", "mode", "--workspace", "acme"], "--test"),
            (&["workspace", "mode", "--workspace", "acme", "--test", "--live"], "--live"),
            (&["workspace", "create", "--workspace", "acme", "--test"], "`alc workspace mode`"),
        ] {
            let refused = alc.refuses(wrong).await;
            assert!(refused.contains(cure), "{refused}");
        }
    }

    async fn the_phones_of_a_sandbox_are_its_own_peoples(world: World) {
        let (sandbox, member) = in_test_mode(&world, "sandbox").await;
        let (other, stranger) = in_test_mode(&world, "other").await;
        let live = Partner::operator(&world, "acme").await;
        let people = world.people();
        let (ours, theirs) = (sandbox.sends(&people[0]).await, other.sends(&people[1]).await);
        let real = live.sends(&people[2]).await;
        world.settle().await;

        let mut browser = Browser::new();
        let page = phones(&world, &mut browser, &stranger).await;
        assert!(page.body.contains(&theirs) && !page.body.contains(&ours) && !page.body.contains(&real), "{page:?}");
        let session = crate::oauth::session_of(&world, &stranger).await;
        let reply = async |lead: &str, cookie: &str, headers: &[(&str, &str)]| {
            let url = format!("{}/sandbox/phones/{lead}/reply", world.url());
            let mut request = http().post(url).header("cookie", cookie).form(&[("body", "STOP")]);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = request.send().await.unwrap();
            let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            (answer.status().as_u16(), location.unwrap_or_default())
        };
        for lead in [&ours, &real, &"lead_0".to_owned()] {
            assert_eq!(reply(lead, &session, &[]).await.0, 404, "{lead}");
        }
        let own = crate::oauth::session_of(&world, &member).await;
        for foreign in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            assert_eq!(reply(&ours, &own, &[foreign]).await.0, 403);
        }
        let (status, to) = reply(&ours, "", &[]).await;
        assert!(status == 303 && to.starts_with("/login?"), "{status} {to}");
        world.settle().await;
        for (partner, lead) in [(&sandbox, &ours), (&live, &real)] {
            assert_eq!(partner.lead(lead).await["status"], "contacted");
        }
        assert_eq!(reply(&ours, &own, &[]).await.0, 303);
    }

    /// The gateway cannot speak for a phone of a sandbox, whatever it claims to bring.
    async fn no_sms_reaches_a_sandbox(world: World) {
        let (sandbox, _) = in_test_mode(&world, "sandbox").await;
        let ada = world.somebody();
        let lead = sandbox.sends(&ada).await;
        world.settle().await;
        let sms = crate::world::Inbound { sid: "SM1", from: &ada.phone, body: "STOP" };
        world.gateway_brings(&sms).await;
        world.settle().await;
        assert_eq!(sandbox.lead(&lead).await["status"], "contacted", "{OUR_NUMBER} is no number of a sandbox");
    }
}

/// A workspace in test mode: who sends its leads, and who may see its phones.
pub async fn in_test_mode(world: &World, workspace: &str) -> (Partner, Member) {
    world.operator().create_workspace(place(workspace), Mode::Test).await.expect("a workspace can be made");
    (Partner::operator(world, workspace).await, world.member(workspace).await)
}

/// The phones, after the login.
pub async fn phones(world: &World, browser: &mut Browser, member: &Member) -> Page {
    let page = browser.open(&format!("{}/sandbox/phones", world.url())).await.expect("the page opens");
    let login = page.form_with("password").expect("strangers are asked who they are");
    let page = browser.submit(login.fill("email", &member.email).fill("password", &member.password)).await;
    let page = page.expect("the login is taken");
    assert!(page.body.contains("Phones of the sandbox"), "{page:?}");
    page
}

/// Says something on a lead's phone; returns the page after it.
pub async fn answers(browser: &mut Browser, page: &Page, lead: &str, words: &str) -> Page {
    let form = page.form_at(&format!("/sandbox/phones/{lead}/reply")).expect("each phone has a form");
    let page = browser.submit(form.fill("body", words)).await.expect("the answer is taken");
    assert_eq!(page.status, 200, "{page:?}");
    page
}
