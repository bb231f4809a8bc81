//! A stream that may pause, such as standard input. It is read on a thread of its own, so that who waits for its next
//! bytes can be told that there are none yet.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// Posts that were read wait no longer for others that would fill their batch.
pub const LINGER: Duration = Duration::from_millis(50);

const CHUNK: usize = 64 << 10;
/// Chunks read ahead.
const AHEAD: usize = 4;

/// Whether a stream says that it pauses; else it waits for its next bytes, as files do.
pub type Hasty = Arc<AtomicBool>;

pub struct Pipe {
    chunks: Receiver<io::Result<Vec<u8>>>,
    held: io::Cursor<Vec<u8>>,
    hasty: Hasty,
}

impl Pipe {
    /// The thread is left alone: it ends with the stream, or with its first chunk that nobody wants.
    pub fn new(stream: impl Read + Send + 'static, hasty: Hasty) -> io::Result<Self> {
        let (sender, chunks) = sync_channel(AHEAD);
        thread::Builder::new().name("mon-pipe".to_owned()).spawn(move || carry(stream, &sender))?;
        Ok(Self { chunks, held: io::Cursor::default(), hasty })
    }
}

fn carry(mut stream: impl Read, sender: &SyncSender<io::Result<Vec<u8>>>) {
    let mut room = vec![0; CHUNK];
    loop {
        let chunk = match stream.read(&mut room) {
            Ok(0) => return,
            Ok(count) => Ok(room.get(..count).unwrap_or_default().to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let broken = chunk.is_err();
        if sender.send(chunk).is_err() || broken {
            return;
        }
    }
}

impl Read for Pipe {
    /// [`io::ErrorKind::WouldBlock`] where the stream is hasty and pauses.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.held.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let next = if self.hasty.load(Ordering::Relaxed) {
                self.chunks.recv_timeout(LINGER)
            } else {
                self.chunks.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match next {
                Ok(chunk) => self.held = io::Cursor::new(chunk?),
                Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use crate::reader::{Format, ReadOptions, read_live};

    /// Writes the parts and waits after each for so many posts; the stream stays open all the time.
    fn parts(format: Format, parts: &[(&str, usize)]) {
        let (stream, mut writer) = std::io::pipe().unwrap();
        let options = ReadOptions { need_time: false, ..ReadOptions::default() };
        let mut reader = None;
        for (part, expected) in parts {
            writer.write_all(part.as_bytes()).unwrap();
            let reader =
                reader.get_or_insert_with(|| read_live(stream.try_clone().unwrap(), "pipe", format, &options).unwrap());
            let mut read = 0;
            while read < *expected {
                read += reader.next().unwrap().unwrap().batch.len();
            }
            assert_eq!(read, *expected, "after {part}");
        }
        drop(writer);
        assert!(reader.unwrap().next().is_none());
    }

    #[test]
    fn lines_are_handed_on_while_the_stream_stays_open() {
        let whole = "{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\"text\":\"b\"}\n";
        let (begun, rest) = ("{\"id\":3,\"te", "xt\":\"c\"}\n");
        parts(Format::JsonLines, &[(whole, 2), (begun, 0), (rest, 1)]);
    }

    #[test]
    fn rows_are_handed_on_while_the_stream_stays_open_and_a_quoted_one_only_whole() {
        parts(Format::Csv, &[("id,text\n1,a\n2,b\n", 2), ("3,\"c\n", 0), ("d\"\n4,e\n", 2)]);
    }
}
