//! The corrected noise ceiling is unbiased for few answers, and its intervals contain the truth.

#[path = "../../examples/coverage/ceiling.rs"]
mod ceiling;

use ceiling::Design;

#[test]
fn few_answers_to_each_question() {
    for n_answers in [2, 5] {
        let design = Design {
            n_questions: 300,
            n_answers,
            n_people: 20,
        };
        let found = design.replicate(300, 1).unwrap();
        assert!((found.corrected - found.ceiling).abs() < 0.012, "{found:?}");
        assert!(found.leave_one_out < found.ceiling - 0.03, "{found:?}");
        assert!(found.majority > found.ceiling + 0.03, "{found:?}");
        assert!(found.coverage >= 0.92, "{found:?}");
        assert!(found.relative_coverage >= 0.93, "{found:?}");
        assert!(found.false_rejections <= 0.07, "{found:?}");
    }
}
