//! The data folder: that it can be written, that there is room, that nobody else writes in it, and that what it holds is
//! whole; and the clock beside it.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use mon_store::{Store, StoreError};

use super::{MINUTE, Patient, Report, SECOND, span};

const FOLDER: &str = "data folder";
/// Less room than this fills within hours.
const ROOM_MIN: u64 = 100 << 20;
/// Less room than this fills within days.
const ROOM_LOW: u64 = 1 << 30;
/// 1 January 2026: no release was made before.
const BEGINNING: i64 = 1_767_225_600 * SECOND;
/// The clock of the disk may differ from this machine's by so much.
const DISK_CLOCK_MAX: i64 = 5 * SECOND;

/// The store to look into, where there is a sound one.
pub fn examine(report: &mut Report, patient: &Patient<'_>) -> Option<Store> {
    let data = patient.data;
    if !data.exists() {
        // What `mon run` would make stands in the nearest folder that is there.
        let above = data.ancestors().skip(1).find(|above| above.as_os_str().is_empty() || above.exists());
        let above = above.filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if writable(report, above) {
            report.ok(FOLDER, format!("`{}` is not there yet; `mon run` makes it", data.display()));
            room_of(report, above);
        }
        return None;
    }
    if writable(report, data) {
        report.ok(FOLDER, format!("`{}` can be written", data.display()));
    }
    room_of(report, data);
    match Store::in_use(data) {
        Ok(false) => report.ok("lock", "no other `mon` writes in the data folder"),
        Ok(true) => report.ok(
            "lock",
            "another `mon` writes in the data folder now; that is well if it is the run that you look at; another one has \
             to wait for its end",
        ),
        Err(error) => report.error("lock", &error),
    }
    match Store::open_read_only(data).and_then(|store| store.verify().map(|audit| (store, audit))) {
        Ok((store, audit)) => {
            report.ok("store", format!("`control.sqlite` is whole, and so is its audit log of {} rows", audit.rows));
            Some(store)
        }
        Err(StoreError::Missing { .. }) => {
            report.ok("store", "there is nothing in it yet");
            None
        }
        Err(error) => {
            report.error("store", &error);
            None
        }
    }
}

/// Writes a file and removes it, also where a full disk keeps it from being written whole; false where that fails, which
/// is told.
fn writable(report: &mut Report, folder: &Path) -> bool {
    let probe: PathBuf = folder.join(format!(".mon-doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, b"looks whether this folder can be written\n")
        .and_then(|()| std::fs::metadata(&probe)?.modified());
    let removed = std::fs::remove_file(&probe);
    let tried = written.and_then(|written| removed.map(|()| written));
    match tried {
        Ok(written) => {
            let ahead = micros(written) - micros(SystemTime::now());
            if ahead.abs() > DISK_CLOCK_MAX {
                report.warn(
                    "disk clock",
                    format!("the disk of `{}` and this machine differ by {}", folder.display(), span(ahead.abs())),
                    "set both clocks by NTP",
                );
            }
            true
        }
        Err(error) => {
            report.fail(
                FOLDER,
                format!("`{}` can't be written: {error}", folder.display()),
                "check that it is a folder, is not mounted read-only and that you may write in it",
            );
            false
        }
    }
}

fn micros(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(unix)]
fn room_of(report: &mut Report, folder: &Path) {
    // Where the system does not tell, there is nothing to say.
    if let Ok(disk) = rustix::fs::statvfs(folder) {
        room(report, disk.f_bavail.saturating_mul(disk.f_frsize));
    }
}

#[cfg(not(unix))]
fn room_of(_: &mut Report, _: &Path) {}

/// Judges the bytes that are free on the disk of the data folder.
pub fn room(report: &mut Report, free: u64) {
    let told = format!("{} MiB are free on the disk of the data folder", free >> 20);
    if free < ROOM_MIN {
        report.fail("room", told, "make room: a run stops when the disk is full; nothing that was committed is lost");
    } else if free < ROOM_LOW {
        report.warn("room", told, "make room before it is full");
    } else {
        report.ok("room", told);
    }
}

/// Whether the machine's time can be true.
pub fn clock(report: &mut Report, now: i64, store: Option<&Store>) {
    let last = store.and_then(|store| store.last_written().ok()).flatten();
    if now < BEGINNING {
        report.fail(
            "clock",
            format!("this machine says that it is {}", mon_post::time::format(now)),
            "set its clock, and keep it set by NTP",
        );
    } else if let Some(last) = last.filter(|last| *last > now.saturating_add(MINUTE)) {
        report.fail(
            "clock",
            format!("the data folder was last written {} from now: a clock was or is wrong", span(last - now)),
            "set the clock, and keep it set by NTP; windows and deadlines go by it",
        );
    } else {
        report.ok("clock", format!("it is {}", mon_post::time::format(now)));
    }
}
