use super::*;
use runtime::Problem;

#[test]
fn places_in_a_reading_are_called_by_the_questions_that_ask_for_them() {
    let questions = [
        ("/speakers/0/stance", "stance of the source"),
        ("/speakers", "stance of the source"),
        ("/speakers/1", "speaker 2"),
        ("/speakers/2/stance", "stance of speaker 3"),
        ("/speakers/1/unidentified/of", "of whom is speaker 2"),
        ("/proposition", "about"),
        ("/proposition/incident", "about"),
        ("/proposition/actor", "actor"),
        ("/proposition/with/0", "jointly with"),
        ("/evidence/0/start", "passage"),
        ("/speaks_for", "speaks for"),
        ("/certainty", "certainty"),
    ];
    for (pointer, question) in questions {
        assert_eq!(question_of(pointer).as_deref(), Some(question), "{pointer}");
    }
    assert_eq!(question_of(""), None);
    assert_eq!(question_of("/id"), None);
}

#[test]
fn a_problem_names_the_questions_at_fault() {
    let problem = Problem::unprocessable("actor_unknown", "there is no such actor")
        .pointer("/speakers/1/actor", "it is not there");
    let complaint = Complaint::from(problem);
    assert_eq!(complaint.questions, ["speaker 2"]);
    assert_eq!(complaint.why, "there is no such actor\n  speaker 2: it is not there");
    let once = Problem::unprocessable("c", "it is so").pointer("/act", "it is so");
    assert_eq!(Complaint::from(once).why, "act: it is so");
    let whole = Complaint::from(Problem::conflict("c", "it is not to be"));
    assert_eq!((whole.questions.len(), whole.why.as_str()), (0, "it is not to be"));
}

#[test]
fn a_codebook_picks_its_terms_and_none_picks_all() {
    let terms = Terms::new(None);
    assert_eq!((terms.acts.len(), terms.roles.len()), (Act::ALL.len(), Role::ALL.len()));
    let labels = [("denies".to_owned(), "says that it is not so".to_owned())].into();
    let codebook = view::Codebook { acts: vec!["denies".to_owned()], labels, ..view::Codebook::default() };
    let terms = Terms::new(Some(codebook));
    assert_eq!(terms.acts, [Act::Denies]);
    assert_eq!(terms.explain(&terms.acts), ["denies                  says that it is not so"]);
}
