//! `mon run` against the fakes of Jetstream and of a signed webhook, with all faults on, also killed in the middle: every
//! post is accounted for and everybody is told once. `MON_LIVE_SECONDS=60` plays a whole minute, and quick is what CI does.

mod books;
mod day;
mod health;
mod kills;
mod operator;
mod overload;
mod process;
mod recorded;

use mon_fakes::{Faults, Script};

use books::{Books, Posts};
use day::{Day, counted, faults, faults_without_loss};
use process::{Process, patiently};

/// The receiver breaks in each way that it knows, among them the one after which a sender cannot know that it arrived.
const BAD_RECEIVER: &str = "ok, 500, commit_then_drop, 503:1, drop_before, slow:300, ok, commit_then_drop, 429:1";

/// Kills the run in the middle of the day, where incidents are opening, and starts another one in its place.
async fn kill_in_the_middle(day: &Day, running: Process) -> Process {
    day.read(50).await;
    running.kill();
    day.deployment.start()
}

/// Waits until everything that the server has is read and everybody is told, then stops the run.
async fn to_the_end(day: &Day, running: Process) -> Books {
    patiently("the server publishes everything", || day.jetstream.is_done().then_some(())).await;
    // What breaks last would be mended by what comes after it; here nothing comes any more.
    day.jetstream.set_faults(Faults::none());
    day.jetstream.drop_connections();
    patiently("everything is read and told", || {
        let store = day.deployment.look()?;
        let posts = Posts::of(&day.jetstream.ledger(), &store);
        let told = store.outbox_counts().unwrap().open() == 0;
        (told && counted(&store) + posts.lost >= posts.all).then_some(())
    })
    .await;
    let ran = running.stop("TERM").await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let books = Books::balance(day);
    assert_eq!(books.posts.unread, 0);
    books
}

#[tokio::test(flavor = "multi_thread")]
async fn every_post_of_a_bad_day_is_accounted_for_and_everybody_is_told_once() {
    let day = Day::begin("v2", faults(), Script::ok()).await;
    let running = day.deployment.start();
    day.read(5).await;
    day.forget().await;
    // It is stopped while the stream goes on, so what it has not read has its place in the books too.
    day.read(75).await;
    let ran = running.stop("TERM").await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let books = Books::balance(&day);
    assert!(books.posts.lost > 0 && books.account.gaps > 0, "the server forgot nothing");
    assert!(books.account.late.values().sum::<u64>() > 0, "nothing came late");
    // A receiver that takes everything gets everything at the first attempt.
    let ids = day.webhook.ledger().ids();
    assert!(ids.values().all(|count| count.attempts == 1), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_in_the_middle_of_a_bad_day_loses_and_repeats_nothing() {
    let day = Day::begin("v2", faults(), Script::parse(BAD_RECEIVER).unwrap()).await;
    let running = day.deployment.start();
    day.read(5).await;
    day.forget().await;
    let running = kill_in_the_middle(&day, running).await;
    let books = to_the_end(&day, running).await;
    assert!(books.posts.lost > 0, "the server forgot nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_depends_neither_on_the_wire_nor_on_being_killed() {
    let calm = async {
        let day = Day::begin("v2", faults_without_loss(), Script::ok()).await;
        let running = day.deployment.start();
        to_the_end(&day, running).await
    };
    let killed = async {
        let day = Day::begin("v1", faults_without_loss(), Script::parse(BAD_RECEIVER).unwrap()).await;
        let running = day.deployment.start();
        let running = kill_in_the_middle(&day, running).await;
        to_the_end(&day, running).await
    };
    let (calm, killed) = tokio::join!(calm, killed);
    assert_eq!((calm.posts.lost, killed.posts.lost), (0, 0));
    assert_eq!(calm.transitions, killed.transitions);
    assert_eq!(calm.messages, killed.messages);
    // How often a post came again differs; all else does not.
    let mut calm = calm.account;
    calm.read = killed.account.read;
    calm.duplicates = killed.account.duplicates;
    assert_eq!(calm, killed.account);
}
