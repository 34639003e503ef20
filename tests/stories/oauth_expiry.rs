//! Access that runs out: a grant that nothing leads to any more ends, and with it what hangs on it.

use std::time::Duration;

use crate::oauth::Client;
use crate::world::{Inhabited as _, Partner, Receiver, World};

const ENDINGS: &[&str] = &["lead.processed", "lead.failed"];

stories! {
    async fn a_grant_that_ran_out_ends_with_its_conversations(
        world: World,
        ALC_OAUTH__REFRESH_TOKEN_LIFETIME_S = "7200"
    ) {
        let partner = Partner::connected(&world, &world.member("acme").await).await;
        let receiver = Receiver::start(&world.clock).await;
        partner.subscribes(&receiver, ENDINGS).await;
        let ada = world.somebody();
        let lead = partner.sends(&ada).await;
        world.settle().await;
        let operator = Partner::operator(&world, "acme").await;
        world.later(Duration::from_secs(7199)).await;
        assert_eq!(operator.lead(&lead).await["status"], "contacted");

        world.later(Duration::from_hours(1)).await;
        assert_eq!(operator.lead(&lead).await["status"], "cancelled");
        let [told] = receiver.received().try_into().unwrap();
        assert_eq!((told.callback.lead_id, told.callback.status.as_str()), (lead, "Cancelled"));
        world.sms.reply(&ada.phone, "hm").await.unwrap();
        world.settle().await;
        assert_eq!(world.texts_asked_for(&ada.phone), 1);
    }

    async fn a_grant_that_is_renewed_goes_on(world: World, ALC_OAUTH__REFRESH_TOKEN_LIFETIME_S = "7200") {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let mut pair = client.tokens(&member).await;
        world.settle().await;
        for _ in 0..4 {
            world.later(Duration::from_mins(90)).await;
            pair = client.refresh(&pair).await.expect(200);
            assert_eq!(client.status_with(&pair).await, 200);
        }
    }

    /// An access token without a refresh token is enough to go on with.
    async fn a_grant_lasts_as_long_as_anything_of_it(
        world: World,
        ALC_OAUTH__REFRESH_TOKEN_LIFETIME_S = "60",
        ALC_OAUTH__ACCESS_TOKEN_LIFETIME_S = "36000"
    ) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let pair = client.tokens(&member).await;
        world.settle().await;
        world.later(Duration::from_hours(9)).await;
        assert_eq!(client.status_with(&pair).await, 200);
    }

    async fn an_operators_token_never_runs_out(world: World) {
        let operator = Partner::operator(&world, "acme").await;
        let lead = operator.sends(&world.somebody()).await;
        world.settle().await;
        for _ in 0..3 {
            world.later(Duration::from_hours(20)).await;
        }
        assert_eq!(operator.lead(&lead).await["status"], "contacted");
    }
}
