use super::*;

fn load(environment: &[(&str, &str)]) -> Result<Settings, InvalidSettings> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::load(Profile::Test, environment, &Overrides::default())
}

#[test]
fn the_environment_overrides_the_profile_and_the_profile_the_default() {
    let settings =
        load(&[("ALC_WEBHOOKS__FIRST_RETRY_MS", "7"), ("ALC_SMS__FROM", "+15005550006, +15005550007")]).unwrap();
    assert_eq!(settings.webhooks.first_retry_ms, 7);
    assert!(settings.webhooks.allow_loopback);
    assert_eq!(settings.webhooks.in_flight, 64);
    assert_eq!(settings.sms.numbers().collect::<Vec<_>>(), ["+15005550006", "+15005550007"]);
}

#[test]
fn unknown_keys_are_refused_by_name() {
    let error = load(&[("ALC_WEBHOOKS__RETRYS", "7")]).unwrap_err().to_string();
    assert!(error.contains("retrys"), "{error}");
}

#[test]
fn variables_of_others_are_left_alone() {
    load(&[("ALC_HOME", "/tmp"), ("PATH", "/bin")]).unwrap();
}

#[test]
fn production_refuses_to_start_without_a_key_and_says_how_to_make_one() {
    let error = Settings::load(Profile::Production, [], &Overrides::default()).unwrap_err().to_string();
    assert!(error.contains("ALC_SECRETS__KEY") && error.contains("openssl"), "{error}");
}

#[test]
fn production_refuses_to_start_without_an_account_at_the_gateway_and_with_doors_open_to_this_machine() {
    let all = [
        ("ALC_SECRETS__KEY", "key"),
        ("ALC_SERVER__PUBLIC_URL", "https://alc.example.com"),
        ("ALC_SMS__ACCOUNT_SID", "AC1"),
        ("ALC_SMS__AUTH_TOKEN", "token"),
        ("ALC_SMS__FROM", "+15005550006"),
    ];
    let load = |environment: Vec<(&str, &str)>| {
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Settings::load(Profile::Production, environment, &Overrides::default())
    };
    load(all.to_vec()).unwrap();
    for missing in ["ALC_SMS__ACCOUNT_SID", "ALC_SMS__AUTH_TOKEN", "ALC_SMS__FROM"] {
        let error = load(all.into_iter().filter(|(name, _)| *name != missing).collect()).unwrap_err().to_string();
        assert!(error.contains(missing), "{error}");
    }
    let open = all.into_iter().chain([("ALC_WEBHOOKS__ALLOW_LOOPBACK", "true")]).collect();
    assert!(load(open).unwrap_err().to_string().contains("ALC_WEBHOOKS__ALLOW_LOOPBACK"));
}

#[test]
fn limits_that_would_stop_everything_are_refused_by_name() {
    for (name, value) in [
        ("ALC_SERVER__CONNECTIONS", "0"),
        ("ALC_SERVER__IDLE_TIMEOUT_S", "0"),
        ("ALC_SMS__CLOCKS_DIFFER_S", "-1"),
        ("ALC_JOBS__LEASE_MS", "0"),
        ("ALC_JOBS__ATTEMPTS", "0"),
        ("ALC_WEBHOOKS__FIRST_RETRY_MS", "-1"),
        ("ALC_WEBHOOKS__IN_FLIGHT", "0"),
        ("ALC_SMS__FROM", "15005550006"),
        ("ALC_SMS__INBOX_PAGES", "0"),
        ("ALC_REDIS__URL", "https://redis.example.com/"),
        ("ALC_REDIS__TIMEOUT_MS", "0"),
        ("ALC_RETENTION__SLICE_ROWS", "0"),
        ("ALC_RETENTION__AUDIT_S", "0"),
        ("ALC_RETENTION__RECEIVED_CALLBACKS_S", "600"),
    ] {
        let error = load(&[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

/// An endpoint may be down for a day and miss nothing, however the dice fall.
#[test]
fn the_built_in_schedule_of_deliveries_spans_more_than_a_day() {
    let settings = Settings::load(Profile::Default, [], &Overrides::default()).unwrap();
    let schedule = settings.webhooks.schedule();
    let span_ms: i64 = (1..settings.webhooks.attempts).filter_map(|failures| schedule.next_delay(failures, 0.0)).sum();
    assert!(span_ms >= 24 * 60 * 60 * 1000, "{span_ms} ms");
}

#[test]
fn secrets_are_masked_when_printed() {
    let settings = load(&[
        ("ALC_SMS__AUTH_TOKEN", "canary-token"),
        ("ALC_SECRETS__KEY", "canary-key"),
        ("ALC_DATABASE__URL", "postgres://alc:canary-password@db/alc"),
        ("ALC_REDIS__URL", "rediss://alc:canary-password@cache:6380/0"),
    ]);
    let printed = serde_json::to_string(&settings.unwrap()).unwrap();
    assert!(!printed.contains("canary") && printed.contains("postgres://alc:********@db/alc"), "{printed}");
}
