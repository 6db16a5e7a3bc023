use bytes::Bytes;
use futures::stream;

use super::{Lines, Split};

async fn split(chunks: &[&str], len_max: usize) -> Vec<Split> {
    let chunks: Vec<_> = chunks.iter().map(|chunk| Ok::<_, ()>(Bytes::copy_from_slice(chunk.as_bytes()))).collect();
    collect(Lines::new(stream::iter(chunks), len_max)).await
}

async fn collect<S, E>(mut lines: Lines<S>) -> Vec<Split>
where
    S: futures::Stream<Item = Result<Bytes, E>> + Unpin,
{
    let mut splits = Vec::new();
    loop {
        match lines.next().await {
            Split::End => return splits,
            split => splits.push(split),
        }
    }
}

fn line(number: u64, text: &'static str) -> Split {
    Split::Line(number, Bytes::from_static(text.as_bytes()))
}

#[tokio::test]
async fn lines_are_numbered_however_they_are_cut_into_chunks() {
    let expected = vec![line(1, "a"), line(3, "bc"), line(5, "d")];
    assert_eq!(split(&["a\n\nbc\r\n  \nd"], 9).await, expected);
    assert_eq!(split(&["a", "\n\n", "b", "c\r", "\n ", " \n", "d"], 9).await, expected);
    assert_eq!(split(&["a\n\nbc\n\nd\n"], 9).await, expected);
    assert_eq!(split(&[], 9).await, vec![]);
    assert_eq!(split(&["\n", " "], 9).await, vec![]);
}

#[tokio::test]
async fn a_line_that_is_too_long_is_passed_over() {
    assert_eq!(split(&["abcd\nabc\n"], 3).await, vec![Split::TooLong(1), line(2, "abc")]);
    assert_eq!(split(&["ab", "cd", "ef", "gh\nx"], 3).await, vec![Split::TooLong(1), line(2, "x")]);
    assert_eq!(split(&["abcd", "ef"], 3).await, vec![Split::TooLong(1)]);
}

#[tokio::test]
async fn a_stream_that_breaks_off_says_in_which_line() {
    let chunks = vec![Ok(Bytes::from_static(b"a\nb")), Err(()), Ok(Bytes::from_static(b"c\n"))];
    let splits = collect(Lines::new(stream::iter(chunks), 9)).await;
    assert_eq!(splits, vec![line(1, "a"), Split::Broken(2)]);
}
