//! Questions and answers in the Redis protocol (RESP 2), over TCP.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// It answers from memory on the same machine; this is for one that never answers.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Conversation {
    stream: BufReader<TcpStream>,
}

impl Conversation {
    pub(super) fn begin(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("the port refuses connections")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    pub(super) fn ask(&mut self, words: &[&str]) -> Result<String> {
        self.stream.get_mut().write_all(spelled(words).as_bytes())?;
        let what = words.first().unwrap_or(&"nothing");
        read_answer(&mut self.stream).with_context(|| format!("asked for {what}"))
    }
}

/// An array of strings, each with its length before it.
fn spelled(words: &[&str]) -> String {
    let spelled = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    format!("*{}\r\n{}", words.len(), spelled.collect::<String>())
}

/// A status, a number or a string; an error is one here too.
fn read_answer(stream: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line).context("no answer")?;
    let Some(line) = line.strip_suffix("\r\n") else { bail!("the answer breaks off: {line:?}") };
    match line.split_at_checked(1) {
        Some(("+" | ":", answer)) => Ok(answer.to_owned()),
        Some(("-", error)) => bail!("the server refuses: {error}"),
        Some(("$", length)) => {
            let length: usize = length.parse().with_context(|| format!("the answer has the length {length}"))?;
            let mut bytes = vec![0; length + 2];
            stream.read_exact(&mut bytes).context("the answer breaks off")?;
            bytes.truncate(length);
            Ok(String::from_utf8(bytes)?)
        }
        _ => bail!("no answer that the protocol knows: {line:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_a_question() {
        assert_eq!(spelled(&["GET", "größe"]), "*2\r\n$3\r\nGET\r\n$7\r\ngröße\r\n");
    }

    #[test]
    fn reads_each_kind_of_answer() {
        let read = |mut answer: &[u8]| read_answer(&mut answer).map_err(|error| format!("{error:#}"));
        assert_eq!(read(b"+PONG\r\n").unwrap(), "PONG");
        assert_eq!(read(b":12\r\n").unwrap(), "12");
        assert_eq!(read(b"$4\r\na\r\nb\r\n+more\r\n").unwrap(), "a\r\nb");
        assert_eq!(read(b"-WRONGPASS no\r\n").unwrap_err(), "the server refuses: WRONGPASS no");
        for broken in [&b""[..], b"+PON", b"$4\r\nab", b"$-1\r\n", b"HTTP/1.1 400 Bad Request\r\n"] {
            assert!(read(broken).is_err(), "{broken:?}");
        }
    }
}
