use super::*;

const ANSWER: &str = "HTTP/1.1 201 Created\r\ncontent-length: 7\r\nGainsay-Sequence: 12\r\n\r\n{\"a\":1}";

#[test]
fn an_answer_is_taken_when_its_last_byte_is_there_and_the_next_one_stays() {
    for length in 0..ANSWER.len() {
        let mut read = BytesMut::from(&ANSWER[..length]);
        assert!(take_answer(&mut read).unwrap().is_none(), "{length} bytes");
        assert_eq!(read.len(), length);
    }
    let mut read = BytesMut::from(format!("{ANSWER}HTTP/1.1 2").as_str());
    let answer = take_answer(&mut read).unwrap().unwrap();
    assert_eq!((answer.status, answer.sequence, &answer.body[..]), (201, Some(12), &b"{\"a\":1}"[..]));
    assert_eq!(&read[..], b"HTTP/1.1 2");
}

#[test]
fn an_answer_in_chunks_is_put_together() {
    let whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n2;x=y\r\n1}\r\n0\r\n\r\n";
    for length in 0..whole.len() {
        let mut read = BytesMut::from(&whole[..length]);
        assert!(take_answer(&mut read).unwrap().is_none(), "{length} bytes");
        assert_eq!(read.len(), length);
    }
    let mut read = BytesMut::from(format!("{whole}HTTP/1.1 2").as_str());
    let answer = take_answer(&mut read).unwrap().unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"{\"a\":1}"[..]));
    assert_eq!(&read[..], b"HTTP/1.1 2");
    for broken in ["x\r\n", "1\r\nabc\r\n"] {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert!(take_answer(&mut BytesMut::from(format!("{head}{broken}").as_str())).is_err(), "{broken}");
    }
}

#[test]
fn what_is_no_answer_or_has_no_length_is_an_error() {
    assert!(take_answer(&mut BytesMut::from("no answer\r\n\r\n")).is_err());
    assert!(take_answer(&mut BytesMut::from("HTTP/1.1 200 OK\r\n\r\n")).is_err());
    let empty = take_answer(&mut BytesMut::from("HTTP/1.1 204 No Content\r\n\r\n")).unwrap().unwrap();
    assert!(empty.body.is_empty());
}
