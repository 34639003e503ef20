//! Just enough HTTP/1.1 to drive a service and to be called by it: what the measuring costs is what it does not measure.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection that is kept; messages on it follow each other.
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// How much of the buffer the message read last takes.
    taken: usize,
}

/// A request or an answer, with its body.
pub(crate) struct Message<'a> {
    pub(crate) head: &'a str,
    pub(crate) body: &'a [u8],
}

impl Message<'_> {
    /// Of the first line: the status of an answer, the path of a request.
    pub(crate) fn second_word(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4_096), taken: 0 })
    }

    pub(crate) async fn connect(address: &str) -> io::Result<Self> {
        Self::new(TcpStream::connect(address).await?)
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The next message; none when the other side has closed the connection.
    pub(crate) async fn read(&mut self) -> io::Result<Option<Message<'_>>> {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        loop {
            if let Some((head, end)) = complete(&self.buffer) {
                self.taken = end;
                let text = std::str::from_utf8(&self.buffer[..head]).map_err(io::Error::other)?;
                return Ok(Some(Message { head: text, body: &self.buffer[head..end] }));
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}

/// Where the head and the whole of the first message end, if it is all there.
fn complete(buffer: &[u8]) -> Option<(usize, usize)> {
    let head = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let length = header(text, "content-length").and_then(|length| length.parse::<usize>().ok()).unwrap_or(0);
    (buffer.len() >= head + length).then_some((head, head + length))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let line = head.split("\r\n").find(|line| {
        let (named, rest) = line.split_at_checked(name.len()).unwrap_or(("", ""));
        named.eq_ignore_ascii_case(name) && rest.starts_with(':')
    })?;
    Some(line[name.len() + 1..].trim())
}
