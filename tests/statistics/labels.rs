//! Tests of labels.

use human_alignment::concept::read_labels;
use human_alignment::stimuli::Stimuli;

#[test]
fn labels_follow_ids() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.tsv");
    std::fs::write(&path, "label\tid\nanimal\tcat\n\tsun\nfood\tham\n").unwrap();
    let read = |ids: &[&str]| {
        read_labels(
            &path,
            "id",
            "label",
            &Stimuli::new(ids.iter().copied()).unwrap(),
        )
    };
    assert_eq!(read(&["ham", "sun"]).unwrap(), ["food", ""]);
    let missing = read(&["ham", "egg"]).unwrap_err();
    assert!(
        missing.report().to_string().contains("\"egg\""),
        "{missing}"
    );
    std::fs::write(&path, "label\tid\nanimal\tcat\nfood\tcat\n").unwrap();
    assert!(
        read(&["cat"])
            .unwrap_err()
            .report()
            .to_string()
            .contains("duplicate")
    );
    assert!(read_labels(&path, "name", "label", &Stimuli::numbered(1)).is_err());
}
