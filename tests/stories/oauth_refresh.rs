//! The answer to a refresh is lost on its way: the client has a refresh token that was used, and no other.

use std::time::Duration;

use crate::oauth::Client;
use crate::world::{Inhabited as _, World};

stories! {
    async fn with_a_grace_a_client_that_lost_the_answer_asks_again(world: World, ALC_OAUTH__REFRESH_GRACE_S = "30") {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let first = client.tokens(&member).await;
        let lost = client.refresh(&first).await.expect(200);
        world.later(Duration::from_secs(29)).await;

        let again = client.refresh(&first).await.expect(200);
        assert_eq!(client.status_with(&again).await, 200);
        assert_eq!(client.status_with(&lost).await, 401, "two pairs at once");
        assert_eq!(client.status_with(&first).await, 200, "the pair before lasts as long as it lasts");
        client.refresh(&again).await.expect(200);
    }

    async fn an_answer_may_be_lost_more_than_once(world: World, ALC_OAUTH__REFRESH_GRACE_S = "30") {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let first = client.tokens(&member).await;
        for _ in 0..3 {
            client.refresh(&first).await.expect(200);
        }
        let again = client.refresh(&first).await.expect(200);
        assert_eq!(client.status_with(&again).await, 200);
    }

    async fn without_a_grace_it_connects_again(world: World) {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let first = client.tokens(&member).await;
        client.refresh(&first).await.expect(200);

        is_over(&client, &first).await;
        let anew = client.tokens(&member).await;
        assert_eq!(client.status_with(&anew).await, 200);
    }

    async fn after_the_grace_it_connects_again(world: World, ALC_OAUTH__REFRESH_GRACE_S = "30") {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let first = client.tokens(&member).await;
        client.refresh(&first).await.expect(200);
        world.later(Duration::from_secs(20)).await;
        client.refresh(&first).await.expect(200);
        world.later(Duration::from_secs(10)).await;

        is_over(&client, &first).await;
    }

    async fn an_answer_whose_access_token_was_used_was_not_lost(world: World, ALC_OAUTH__REFRESH_GRACE_S = "30") {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let first = client.tokens(&member).await;
        let second = client.refresh(&first).await.expect(200);
        assert_eq!(client.status_with(&second).await, 200);

        is_over(&client, &first).await;
        assert_eq!(client.status_with(&second).await, 401);
    }

    async fn an_answer_whose_refresh_token_was_used_was_not_lost(world: World, ALC_OAUTH__REFRESH_GRACE_S = "30") {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let first = client.tokens(&member).await;
        let second = client.refresh(&first).await.expect(200);
        let third = client.refresh(&second).await.expect(200);

        is_over(&client, &first).await;
        assert_eq!(client.status_with(&third).await, 401);
    }

    /// Whoever was faster has the new pair; the other one's gives both away.
    async fn a_pair_that_was_taken_back_gives_a_thief_away(world: World, ALC_OAUTH__REFRESH_GRACE_S = "30") {
        let (client, member) = (Client::confidential(&world).await, world.member("acme").await);
        let first = client.tokens(&member).await;
        let of_the_client = client.refresh(&first).await.expect(200);
        let of_the_thief = client.refresh(&first).await.expect(200);
        assert_eq!(client.status_with(&of_the_thief).await, 200);

        is_over(&client, &of_the_client).await;
        assert_eq!(client.status_with(&of_the_thief).await, 401);
        is_over(&client, &of_the_thief).await;
    }

    async fn a_public_client_has_no_grace(world: World, ALC_OAUTH__REFRESH_GRACE_S = "30") {
        let (client, member) = (Client::public(&world).await, world.member("acme").await);
        let first = client.tokens(&member).await;
        let second = client.refresh(&first).await.expect(200);

        is_over(&client, &first).await;
        assert_eq!(client.status_with(&second).await, 401);
    }
}

/// The refresh token is refused, and nothing of its grant is left.
async fn is_over(client: &Client, pair: &serde_json::Value) {
    let refused = client.refresh(pair).await.expect(400);
    assert_eq!(refused["error"], "invalid_grant", "{refused}");
    assert_eq!(client.status_with(pair).await, 401);
}
