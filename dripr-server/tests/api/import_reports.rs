//! What is told of the rows of an import, one by one.

use dripr_core::{ids::ImportId, ports::ImportStore};
use serde_json::{Value, json};

use crate::{
    asking::{get, operator, post, site},
    imports::{begun, made, rows, sent, when},
    site::Site,
};

async fn told(site: &Site, path: &str, key: &str, query: &str) -> Vec<Value> {
    let page = get(site, &format!("{path}/rows{query}"), key).await;
    assert_eq!(page.status, 200, "{page:?}");
    page.json()["items"].as_array().unwrap().clone()
}

fn numbers(told: &[Value]) -> Vec<u64> {
    told.iter().map(|row| row["row"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn every_row_has_its_line_in_a_dry_run_and_in_earnest_if_that_is_wanted() {
    const FILE: &str = "Record ID,Email,First Name,ZIP,Unsubscribed\n\
        7,kim@home.example,Kim,98104,\n\
        8,nobody,Nobody,98104,\n\
        ,lee@home.example,Lee,98104,yes\n\
        ,KIM@home.example,Kim,98104,\n\
        9,bo@home.example,Bo,98104,\n";
    let site = site().await;
    let key = operator(&site).await;
    let mut last = String::new();
    for dry_run in [true, false] {
        let options = json!({"send_day": 3, "dry_run": dry_run, "report": "every_row"});
        let path = made(&site, &key, options).await;
        assert_eq!(sent(&site, &path, &key, FILE).await.json()["report"], "every_row");
        let all = told(&site, &path, &key, "").await;
        let taken = if dry_run { "acceptable" } else { "enrolled" };
        let seen: Vec<_> =
            all.iter().map(|row| json!([row["row"], row["outcome"], row["external_id"]])).collect();
        let expected = [
            json!([2, taken, "7"]),
            json!([3, "refused", "8"]),
            json!([4, taken, null]),
            json!([5, "already_enrolled", null]),
            json!([6, taken, "9"]),
        ];
        assert_eq!(seen, expected, "{all:#?}");
        for name in ["campaign_id", "contact_id"] {
            let has: Vec<bool> = all.iter().map(|row| row[name].is_string()).collect();
            assert_eq!(has, [!dry_run, false, !dry_run, !dry_run, !dry_run], "{name}: {all:#?}");
            assert_eq!(all[0][name], all[3][name], "two rows of one person have one {name}");
        }
        assert_eq!(numbers(&told(&site, &path, &key, &format!("?outcome={taken}")).await), [2, 4, 6]);
        let others = if dry_run { "enrolled" } else { "acceptable" };
        assert!(told(&site, &path, &key, &format!("?outcome={others}")).await.is_empty());
        let opted_out = told(&site, &path, &key, &format!("?outcome={taken}&opted_out=true")).await;
        assert_eq!(numbers(&opted_out), [4]);
        last = path;
    }
    let kim = get(&site, "/agents/ana/contacts?external_id=7", &key).await.json();
    assert_eq!(told(&site, &last, &key, "").await[0]["contact_id"], kim["items"][0]["id"]);
}

#[tokio::test]
async fn a_report_of_every_row_is_as_long_as_the_file_and_the_usual_one_is_not() {
    let site = site().await;
    let key = operator(&site).await;
    let path = made(&site, &key, json!({"send_day": 3, "report": "every_row"})).await;
    let file = format!("email,zip\n{}", rows(0, 1_200));
    assert_eq!(sent(&site, &path, &key, file).await.status, 200);
    let (mut all, mut query) = (Vec::new(), "?outcome=enrolled&limit=200".to_owned());
    loop {
        let page = get(&site, &format!("{path}/rows{query}"), &key).await.json();
        all.extend(numbers(page["items"].as_array().unwrap()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        query = format!("?outcome=enrolled&limit=200&cursor={next}");
    }
    assert!(all.iter().copied().eq(2..=1_201), "{} rows", all.len());

    let path = made(&site, &key, json!({"send_day": 3})).await;
    let done = sent(&site, &path, &key, format!("email,zip\n{}", rows(1_200, 1_700))).await.json();
    assert_eq!((&done["report"], &done["progress"]["enrolled"]), (&json!("exceptions"), &json!(500)));
    assert!(told(&site, &path, &key, "").await.is_empty(), "they went as they stand");
    for wrong in [json!("all"), json!(null), json!(true)] {
        let refused = post(&site, "/agents/ana/imports", &key, json!({"report": wrong})).await;
        assert_eq!(refused.status, 422, "{refused:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_sent_again_has_a_report_of_its_own() {
    let site = site().await;
    let key = operator(&site).await;
    let path = made(&site, &key, json!({"send_day": 3, "report": "every_row"})).await;
    let stream = begun(&site, &path, &key, &format!("email,zip\n{}", rows(0, 1_200))).await;
    when(&site, &path, &key, |import| import["progress"]["rows"] == 1_000).await;
    drop(stream);
    when(&site, &path, &key, |import| import["stage"] == "failed").await;
    assert_eq!(numbers(&told(&site, &path, &key, "?limit=2").await), [2, 3], "as far as it came");
    let again = sent(&site, &path, &key, format!("email,zip\n{}", rows(1_199, 1_201))).await;
    assert_eq!(again.status, 200, "{again:?}");
    let outcomes: Vec<_> =
        told(&site, &path, &key, "").await.iter().map(|row| json!([row["row"], row["outcome"]])).collect();
    assert_eq!(outcomes, [json!([2, "enrolled"]), json!([3, "enrolled"])]);
    let id: ImportId = path.rsplit('/').next().unwrap().parse().unwrap();
    let left = site.deployment.store.forget_earlier_lines(&id).await.unwrap();
    assert_eq!(left, 0, "the earlier one is forgotten");
}
