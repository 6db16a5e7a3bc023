//! Reading server-sent events, line by line.

/// An event that came whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// The last id that was sent.
    pub id: String,
    pub data: String,
}

/// The event that is coming.
#[derive(Debug, Default)]
pub(super) struct Events {
    id: String,
    data: Option<String>,
}

impl Events {
    /// Takes a line without its end; gives the event that it completes.
    pub fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let data = self.data.take()?;
            return Some(Event { id: self.id.clone(), data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // Comments, and what is of no use here.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Events};

    fn read(text: &str) -> Vec<(String, String)> {
        let mut events = Events::default();
        let found = text.lines().filter_map(|line| events.line(line));
        found.map(|Event { id, data }| (id, data)).collect()
    }

    fn events(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(id, data)| ((*id).to_owned(), (*data).to_owned())).collect()
    }

    #[test]
    fn events_end_with_an_empty_line_and_comments_are_none() {
        let text = "retry: 1000\n\n: heartbeat\n\nid: 7\ndata: {\"a\":1}\n\nid: 9\r\ndata:{}\r\n\r\n";
        assert_eq!(read(text), events(&[("7", "{\"a\":1}"), ("9", "{}")]));
    }

    #[test]
    fn what_did_not_come_whole_is_no_event() {
        assert_eq!(read("id: 7\ndata: {}\n\nid: 8\ndata: {}\n"), events(&[("7", "{}")]));
    }

    #[test]
    fn several_lines_of_data_are_one_event_and_the_id_stays() {
        assert_eq!(read("id: 7\ndata: a\ndata:  b\nevent: x\n\ndata\n\n"), events(&[("7", "a\n b"), ("7", "")]));
    }
}
