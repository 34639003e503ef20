//! Our reading of phone numbers against another implementation of libphonenumber (`rlibphonenumber`), verdict by
//! verdict: every plan's examples as people write them, the shared vectors, the people of the world, and hundreds of
//! thousands of numbers with something wrong with them. The same seed gives the same numbers every time.
#![cfg(feature = "phones")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use alc_core::phone::{InvalidPhone, Phone, Region};
use rlibphonenumber::{
    PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region as TheirRegion,
};
use serde::Deserialize;

type Verdict = Result<(String, Option<String>), InvalidPhone>;

/// Where the metadata of libphonenumber-js 1.13.16 is newer than theirs (9.0.42): the numbers that changed.
const NEWER_PLANS: [(&str, &str); 8] = [
    ("+229", "Benin: numbers of eight digits are gone"),
    ("+4915410", "Germany: a new block of mobile numbers"),
    ("+5939", "Ecuador: new blocks of mobile numbers"),
    ("+2517", "Ethiopia: new blocks of mobile numbers"),
    ("+9955", "Georgia: new blocks of mobile numbers"),
    ("+856", "Laos: blocks of mobile numbers moved"),
    ("+406", "Romania: mobile numbers that begin with 6 are gone"),
    ("+263", "Zimbabwe: short landline numbers are gone, a new block of mobile numbers"),
];

fn ours(input: &str, region: Option<&str>) -> Verdict {
    let region = region.and_then(|region| Region::parse(region).ok());
    let phone = Phone::parse(input, region)?;
    Ok((phone.as_e164().to_owned(), phone.region().map(|region| region.as_str().to_owned())))
}

fn theirs(input: &str, region: Option<&str>) -> Verdict {
    let region = region.and_then(|region| region.parse().ok());
    theirs_exactly(input, region).or_else(|invalid| match before_label(input) {
        Some(number) if invalid != InvalidPhone::CannotText => theirs_exactly(number, region),
        _ => Err(invalid),
    })
}

fn theirs_exactly(input: &str, region: Option<TheirRegion>) -> Verdict {
    let number = PhoneNumber::parse(input, region).map_err(|error| match error {
        ParseError::NotANumber(_) => InvalidPhone::NotANumber,
        _ => InvalidPhone::NotInUse,
    })?;
    if !number.is_valid() {
        return Err(InvalidPhone::NotInUse);
    }
    match number.get_type() {
        PhoneNumberType::Mobile
        | PhoneNumberType::FixedLineOrMobile
        | PhoneNumberType::VoIP
        | PhoneNumberType::PersonalNumber => {
            let region = number.get_region_code().map(|region| region.to_string());
            Ok((number.to_string(), region.filter(|region| region.len() == 2 && region != "ZZ")))
        }
        PhoneNumberType::Unknown => Err(InvalidPhone::NotInUse),
        _ => Err(InvalidPhone::CannotText),
    }
}

/// The rule about labels is ours; it is stated a second time so that verdicts can be compared as a whole.
fn before_label(input: &str) -> Option<&str> {
    let mut digits = 0;
    let label = input.char_indices().find(|(_, c)| {
        digits += usize::from(c.is_numeric());
        digits >= 7 && (c.is_alphabetic() || matches!(c, '(' | '/'))
    });
    label.map(|(at, _)| input[..at].trim_end()).filter(|number| !number.is_empty())
}

/// Collects what differs, so that one run shows all of it.
#[derive(Default)]
struct Comparison {
    compared: usize,
    textable: usize,
    explained: BTreeMap<&'static str, usize>,
    differences: Vec<String>,
}

impl Comparison {
    fn compare(&mut self, input: &str, region: Option<&str>) {
        let (ours, theirs) = (ours(input, region), theirs(input, region));
        self.compared += 1;
        self.textable += usize::from(ours.is_ok());
        if ours == theirs {
            return;
        }
        match newer_plan(input, region, &ours) {
            Some(reason) => *self.explained.entry(reason).or_default() += 1,
            None => self.differences.push(format!("{input:?} in {region:?}: {ours:?}, but {theirs:?}")),
        }
    }

    fn compare_everywhere(&mut self, input: &str, right: &str, wrong: &str) {
        for region in [Some(right), Some(wrong), None] {
            self.compare(input, region);
        }
    }

    fn finish(self, at_least: usize) {
        let mut report = String::new();
        for difference in self.differences.iter().take(40) {
            let _ = writeln!(report, "{difference}");
        }
        let count = self.differences.len();
        assert!(count == 0, "{count} of {} verdicts differ:\n{report}", self.compared);
        assert!(self.compared >= at_least, "only {} numbers were compared", self.compared);
        assert!(self.textable * 20 > self.compared, "only {} of {} were textable", self.textable, self.compared);
    }
}

fn newer_plan(input: &str, region: Option<&str>, ours: &Verdict) -> Option<&'static str> {
    let readings = [input].into_iter().chain(before_label(input));
    let theirs = readings.filter_map(|input| {
        let number = PhoneNumber::parse(input, region.and_then(|region| region.parse().ok())).ok()?;
        Some(number.to_string())
    });
    let numbers: Vec<String> = theirs.chain(ours.clone().ok().map(|(e164, _)| e164)).collect();
    let plan = NEWER_PLANS.iter().find(|(prefix, _)| numbers.iter().any(|number| number.starts_with(prefix)));
    plan.map(|(_, reason)| *reason)
}

/// A number that is right, and where it is.
struct Example {
    number: PhoneNumber,
    region: String,
}

const KINDS: [PhoneNumberType; 10] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::SharedCost,
    PhoneNumberType::VoIP,
    PhoneNumberType::PersonalNumber,
    PhoneNumberType::Pager,
    PhoneNumberType::UAN,
    PhoneNumberType::VoiceMail,
];

fn regions() -> Vec<String> {
    let mut regions: Vec<String> = PHONE_NUMBER_UTIL.get_supported_regions().map(|region| region.to_string()).collect();
    regions.sort();
    regions
}

fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    for region in regions() {
        for kind in KINDS {
            let plan: TheirRegion = region.parse().unwrap();
            if let Ok(number) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(plan, kind) {
                examples.push(Example { number, region: region.clone() });
            }
        }
    }
    let mut networks: Vec<i32> = PHONE_NUMBER_UTIL.get_supported_global_network_calling_codes().collect();
    networks.sort_unstable();
    for code in networks {
        if let Ok(number) = PHONE_NUMBER_UTIL.get_example_number_for_non_geo_entity(code) {
            examples.push(Example { number, region: "CH".to_owned() });
        }
    }
    assert!(examples.len() > 1000, "only {} examples", examples.len());
    examples
}

impl Example {
    fn e164(&self) -> String {
        self.number.to_string()
    }

    fn national(&self) -> String {
        self.number.format_as(PhoneNumberFormat::National).into_owned()
    }

    fn international(&self) -> String {
        self.number.format_as(PhoneNumberFormat::International).into_owned()
    }

    /// As people write it.
    fn written(&self) -> Vec<String> {
        let (e164, national, international) = (self.e164(), self.national(), self.international());
        let bare = &e164[1..];
        let nsn = self.number.get_national_significant_number();
        let code = self.number.country_code;
        let rfc = self.number.format_as(PhoneNumberFormat::RFC3966).into_owned();
        vec![
            bare.to_owned(),
            format!("00{bare}"),
            format!("011 {bare}"),
            format!("++{bare}"),
            format!("+{code} (0) {nsn}"),
            format!("+{code}0{nsn}"),
            format!("(+{code}) {nsn}"),
            format!("0{nsn}"),
            format!("1{nsn}"),
            format!("8 {nsn}"),
            format!("({nsn})"),
            format!("Tel: {international}"),
            format!("call me on {national}, please"),
            format!("{international} (mobile)"),
            format!("{national} / home"),
            format!("{national} ext. 12"),
            format!("{international}x302/x2303"),
            format!("{national};ext=44"),
            format!("{national},,99#"),
            format!("{international} - 503#"),
            format!("tel:{nsn};phone-context=+{code}"),
            format!("tel:{nsn};phone-context=example.com"),
            format!("{rfc};isub=12345"),
            national.replace(' ', "\u{a0}"),
            international.replace(['-', ' '], "."),
            international.replace('-', "–"),
            in_script(&international, '٠'),
            in_script(&national, '０').replace('+', "＋"),
            in_script(&e164, '०'),
            rfc,
            e164,
            national,
            international,
            nsn,
        ]
    }
}

fn in_script(number: &str, zero: char) -> String {
    let digit = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(u32::from(zero) + digit));
    number.chars().map(|c| digit(c).unwrap_or(c)).collect()
}

#[test]
fn examples_are_read_alike_however_they_are_written() {
    let regions = regions();
    let mut comparison = Comparison::default();
    for (at, example) in examples().iter().enumerate() {
        let wrong = &regions[at * 31 % regions.len()];
        for input in example.written() {
            comparison.compare_everywhere(&input, &example.region, wrong);
        }
    }
    comparison.finish(100_000);
}

#[test]
fn vectors_and_people_are_read_alike() {
    #[derive(Deserialize)]
    struct Vector {
        input: String,
        region: Option<String>,
    }
    #[derive(Deserialize)]
    struct World {
        people: Vec<Person>,
    }
    #[derive(Deserialize)]
    struct Person {
        country_code: Option<String>,
        phones: Vec<Typed>,
    }
    #[derive(Deserialize)]
    struct Typed {
        typed: String,
    }

    let mut comparison = Comparison::default();
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../vectors/phones.json")).unwrap();
    for vector in vectors {
        comparison.compare(&vector.input, vector.region.as_deref());
    }
    let world: World = serde_json::from_str(include_str!("../../tests/world/people.json")).unwrap();
    assert!(world.people.len() > 200);
    for person in world.people {
        for phone in person.phones {
            let home = person.country_code.as_deref();
            comparison.compare_everywhere(&phone.typed, home.unwrap_or("GB"), "US");
        }
    }
    comparison.finish(700);
}

/// Xorshift: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Something goes wrong while a number is written down.
fn spoil(number: &mut Vec<char>, dice: &mut Dice) {
    const DIGITS: [char; 10] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
    const STRANGE: [char; 30] = [
        ' ', '-', '.', '/', '(', ')', '+', '＋', 'x', 'X', '#', '*', '~', ',', ';', ':', 'a', 'E', 'z', 'é', '\n',
        '\t', '\u{200b}', '–', '５', '٧', '²', 'ー', '漢', '\\',
    ];
    const PREFIXES: [&str; 16] =
        ["0", "00", "011", "+", "1", "15", "810", "0015", "9", "8", "044", "(0)", "tel:", "p: ", "0011", "009"];
    const SUFFIXES: [&str; 16] = [
        "0",
        "12",
        " x12",
        " ext 7",
        "#",
        ";ext=5",
        ";phone-context=+49",
        ";phone-context=a.b",
        " доб. 22",
        ",,1",
        " - 12#",
        " (w)",
        "/x9",
        ";isub=1",
        " ｅｘｔ３",
        "abc",
    ];
    let at = dice.below(number.len() + 1);
    match dice.below(8) {
        0 | 1 if at < number.len() => number[at] = DIGITS[dice.below(10)],
        2 if at < number.len() => drop(number.remove(at)),
        3 => number.insert(at, DIGITS[dice.below(10)]),
        4 => number.insert(at, STRANGE[dice.below(STRANGE.len())]),
        5 => drop(number.splice(0..0, dice.pick(&PREFIXES).chars())),
        6 => number.extend(dice.pick(&SUFFIXES).chars()),
        _ => number.truncate(at.max(5)),
    }
}

#[test]
fn spoiled_numbers_are_read_alike() {
    const ROUNDS: usize = 240_000;

    let (examples, regions) = (examples(), regions());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut comparison = Comparison::default();
    for round in 0..ROUNDS {
        let example = &examples[round % examples.len()];
        let mut number: Vec<char> = match dice.below(4) {
            0 => example.national(),
            1 => example.international(),
            2 => example.e164(),
            _ => example.number.get_national_significant_number(),
        }
        .chars()
        .collect();
        for _ in 0..=dice.below(2) {
            spoil(&mut number, &mut dice);
        }
        let region = match dice.below(6) {
            0..=2 => Some(example.region.as_str()),
            3 | 4 => Some(regions[dice.below(regions.len())].as_str()),
            _ => None,
        };
        let input: String = number.into_iter().collect();
        // A context before the scheme makes the other implementation stop the program.
        if input.find(";phone-context=").is_none_or(|at| !input[at..].contains("tel:")) {
            comparison.compare(&input, region);
        }
    }
    comparison.finish(200_000);
}

#[test]
fn regions_are_the_same() {
    let mut known = 0;
    for first in 'A'..='Z' {
        for second in 'A'..='Z' {
            let code = format!("{first}{second}");
            let plan = code.parse().ok().and_then(|plan| PHONE_NUMBER_UTIL.get_country_code_for_region(plan));
            assert_eq!(Region::parse(&code).is_ok(), plan.is_some(), "{code}");
            known += usize::from(plan.is_some());
        }
    }
    assert_eq!(known, regions().len());
}

#[test]
fn digits_of_every_script_are_the_same() {
    for c in char::MIN..=char::MAX {
        let theirs = PHONE_NUMBER_UTIL.normalize_digits_only(c.to_string());
        // Two of them in a national number, where they matter.
        let input = format!("91234{c}{c}5");
        let verdict = (!theirs.is_empty()).then(|| ours(&input, Some("SG")));
        let expected = (!theirs.is_empty()).then(|| ours(&format!("91234{theirs}{theirs}5"), Some("SG")));
        assert_eq!(verdict, expected, "{c:?}");
    }
}
