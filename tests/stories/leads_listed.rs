//! Leads in a list: page by page, filtered, and never somebody else's.

use std::time::Duration;

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::world::{Inhabited as _, Partner, Somebody, World};

stories! {
    async fn pages_show_every_lead_once_newest_first_whatever_comes_in_meanwhile(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let mut sent = Vec::new();
        for (at, somebody) in people[..5].iter().enumerate() {
            sent.push(partner.sends(somebody).await);
            // Some were taken in within one millisecond, some were not.
            if at % 2 == 1 {
                world.clock.advance(Duration::from_millis(1));
            }
        }

        let (first, cursor) = page(&partner, "limit=2").await;
        let newest = partner.sends(&people[5]).await;
        let (second, cursor) = page(&partner, &format!("limit=2&cursor={}", cursor.unwrap())).await;
        let (third, end) = page(&partner, &format!("limit=2&cursor={}", cursor.unwrap())).await;
        sent.reverse();
        assert_eq!([first, second, third].concat(), sent);
        assert_eq!(end, None);
        assert_eq!(page(&partner, "limit=6").await, ([vec![newest], sent].concat(), None));
    }

    async fn a_page_has_fifty_leads_and_at_most_two_hundred_and_fifty(world: World, ALC_SMS__FROM = "") {
        let partner = Partner::operator(&world, "acme").await;
        let ada = world.somebody();
        for number in 0..51 {
            partner.sends(&Somebody { record: format!("rec_{number}"), ..ada.clone() }).await;
        }
        let (first, cursor) = page(&partner, "").await;
        let (rest, end) = page(&partner, &format!("cursor={}", cursor.unwrap())).await;
        assert_eq!((first.len(), rest.len(), end), (50, 1, None));
        assert_eq!(page(&partner, "limit=250").await.0.len(), 51);
    }

    async fn leads_are_found_by_status(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let talking = partner.sends(&people[0]).await;
        let done = partner.sends(&people[1]).await;
        let silent = partner.sends(&people[2]).await;
        let called_off = partner.sends(&people[3]).await;
        world.settle().await;
        let queued = partner.sends(&Somebody { record: "rec_waits".into(), ..people[0].clone() }).await;
        let queued_too = partner.sends(&Somebody { record: "rec_waits_too".into(), ..people[0].clone() }).await;
        world.sms.reply(&people[0].phone, "hm").await.unwrap();
        world.sms.reply(&people[1].phone, "yes").await.unwrap();
        partner.post(&format!("/api/v1/leads/{called_off}/cancel"), &Value::Null).await.expect(200);
        world.settle().await;

        for (status, leads) in [
            ("in_conversation", vec![&talking]),
            ("complete", vec![&done]),
            ("contacted", vec![&silent]),
            ("cancelled", vec![&called_off]),
            ("pending", vec![&queued_too, &queued]),
            ("failed", vec![]),
        ] {
            let (found, end) = page(&partner, &format!("status={status}")).await;
            assert_eq!((found.iter().collect::<Vec<_>>(), end), (leads, None), "{status}");
        }
        let (found, cursor) = page(&partner, "status=pending&limit=1").await;
        assert_eq!(found, [queued_too]);
        assert_eq!(page(&partner, &format!("status=pending&limit=1&cursor={}", cursor.unwrap())).await, (vec![queued], None));
    }

    async fn leads_are_found_by_record_and_time(world: World) {
        let (partner, people) = (Partner::operator(&world, "acme").await, world.people());
        let (ada, eva) = (&people[0], &people[1]);
        let first = partner.sends(ada).await;
        let between = partner.lead(&first).await["createdAt"].as_str().unwrap().to_owned();
        world.settle().await;
        world.sms.reply(&ada.phone, "no thanks").await.unwrap();
        world.later(Duration::from_secs(1)).await;
        let other = partner.sends(eva).await;
        world.clock.advance(Duration::from_secs(1));
        let again = partner.sends(ada).await;
        let last = partner.lead(&again).await["createdAt"].as_str().unwrap().to_owned();

        let of_ada = format!("record_id={}", ada.record);
        assert_eq!(listed(&partner, &of_ada).await, [again.clone(), first.clone()]);
        assert_eq!(listed(&partner, &format!("{of_ada}&status=complete")).await, std::slice::from_ref(&first));
        assert_eq!(listed(&partner, "record_id=rec_nobody").await, [""; 0]);
        // Neither end belongs to the span.
        assert_eq!(listed(&partner, &format!("created_after={between}")).await, [again.clone(), other.clone()]);
        assert_eq!(listed(&partner, &format!("created_before={last}")).await, [other.clone(), first.clone()]);
        assert_eq!(listed(&partner, &format!("created_after={between}&created_before={last}")).await, [other]);
        let elsewhere = between.replace('Z', "+00:00");
        let elsewhere: String = byte_serialize(elsewhere.as_bytes()).collect();
        assert_eq!(listed(&partner, &format!("{of_ada}&created_after={elsewhere}")).await, [again]);
    }

    async fn a_list_shows_nothing_of_another_grant_whatever_is_asked(world: World) {
        let member = world.member("acme").await;
        let (one, two) = (Partner::connected(&world, &member).await, Partner::connected(&world, &member).await);
        let (operator, other) =
            (Partner::operator(&world, "acme").await, Partner::operator(&world, "another workspace").await);
        let people = world.people();
        let mut of_one = vec![one.sends(&people[0]).await, one.sends(&people[1]).await];
        let of_two = two.sends(&people[2]).await;
        of_one.reverse();
        world.settle().await;

        assert_eq!(listed(&one, "").await, of_one);
        assert_eq!(listed(&two, "").await, std::slice::from_ref(&of_two));
        assert_eq!(listed(&operator, "").await, [vec![of_two.clone()], of_one.clone()].concat());
        for query in ["", "status=contacted", &format!("record_id={}", people[0].record)] {
            assert_eq!(listed(&other, query).await, [""; 0], "{query}");
        }
        for query in ["status=pending", &format!("record_id={}", people[0].record)] {
            assert_eq!(listed(&two, query).await, [""; 0], "{query}");
        }
        assert_eq!(listed(&operator, &format!("record_id={}", people[0].record)).await, [of_one[1].clone()]);
        // A cursor says where to begin, not whose leads to show.
        let (_, cursor) = page(&operator, "limit=1").await;
        assert_eq!(listed(&two, &format!("cursor={}", cursor.unwrap())).await, [""; 0]);
    }

    async fn a_list_that_was_asked_for_wrongly_is_refused(world: World) {
        let partner = Partner::operator(&world, "acme").await;
        partner.sends(&world.somebody()).await;
        let long = format!("record_id={}", "x".repeat(201));
        for (query, code) in [
            ("stauts=pending", "unknown_parameter"),
            ("status=pending&status=failed", "repeated_parameter"),
            ("status=Pending", "invalid_status"),
            ("status=", "invalid_status"),
            ("limit=0", "invalid_limit"),
            ("limit=251", "invalid_limit"),
            ("limit=ten", "invalid_limit"),
            ("record_id=", "invalid_record_id"),
            ("record_id=a%00b", "invalid_record_id"),
            (&long, "invalid_record_id"),
            ("created_after=yesterday", "invalid_time"),
            ("created_before=2026-01-31", "invalid_time"),
            ("cursor=", "invalid_cursor"),
            ("cursor=abc", "invalid_cursor"),
            // "1 lead_", "1 lead_; DROP TABLE leads", "x lead_…": what nobody was given.
            ("cursor=MSBsZWFkXw", "invalid_cursor"),
            ("cursor=MSBsZWFkXzsgRFJPUCBUQUJMRSBsZWFkcw", "invalid_cursor"),
            ("cursor=eCBsZWFkXzAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw", "invalid_cursor"),
        ] {
            let answer = partner.get(&format!("/api/v1/leads?{query}")).await;
            assert_eq!(answer.problem(), (400, code), "{query}");
        }
    }
}

/// The ids on one page, and the cursor of the next.
async fn page(partner: &Partner, query: &str) -> (Vec<String>, Option<String>) {
    let page = partner.get(&format!("/api/v1/leads?{query}")).await.expect(200);
    let leads = page["data"].as_array().expect("a list is under `data`");
    let ids = leads.iter().map(|lead| lead["id"].as_str().expect("a lead has an id").to_owned());
    (ids.collect(), page["next_cursor"].as_str().map(str::to_owned))
}

async fn listed(partner: &Partner, query: &str) -> Vec<String> {
    let (ids, next) = page(partner, query).await;
    assert_eq!(next, None, "one page is enough");
    ids
}
