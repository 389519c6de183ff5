//! Tests of the reader of tables.

use super::*;
use crate::error::{assert_kind, assert_refused};

fn table(text: &str) -> Table {
    Table::of(text.into(), None).unwrap()
}

fn numbers(table: &Table) -> Vec<Vec<f64>> {
    let mut rows = table.rows();
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let fields = (0..table.n_columns()).map(|column| row.number(column).unwrap());
        found.push(fields.collect());
    }
    found
}

#[test]
fn every_layout_holds_the_same_numbers() {
    let expected = [[0.5, 1.25, -3.0], [2.0, 1e-3, 4.0]];
    for text in [
        "0.5,1.25,-3\n2,1e-3,4\n",
        "0.5\t1.25\t-3\r\n2\t1e-3\t4",
        "0,5;1,25;-3\n2;0,001;4\n",
        "  0.5   1.25 -3.0\n 2.0 0.001  4\n",
        "a,b,c\n0.5,1.25,-3\n2,0.001,4\n",
        "a;b;c;\n0,5;1,25;-3;\n2;0,001;4;\n",
        "a;b;c\n0,5;1,25;-3;\n2;0,001;4;\n",
        "# made today\n# a b c\n0.5 1.25 -3\n2 .001 4\n",
        "0,1,2\n0.5,1.25,-3\n2,0.001,4",
        "\"0,5\",\"1,25\",\"-3\"\n\"2\",\"0,001\",\"4\"\n",
        "0,5\t1,25\t-3\n2\t0,001\t4\n",
        "sep=;\r\na;b;c\r\n0,5;1,25;-3\r\n2;0,001;4\r\n",
        "1,2,3\n0.5,1.25,-3\n2,0.001,4",
    ] {
        assert_eq!(numbers(&table(text)), expected, "{text:?}");
    }
}

#[test]
fn a_first_line_with_the_size_of_the_table_is_skipped() {
    for text in [
        "2 3\ncat 0.5 1.25 -3\ndog 2 1e-3 4\n",
        "2 3\r\ncat\t0.5\t1.25\t-3\r\ndog\t2\t1e-3\t4\r\n",
    ] {
        let table = table(text);
        let mut rows = table.rows();
        let row = rows.next().unwrap().unwrap();
        assert_eq!(
            (row.line(), row.text(0), row.number(3).unwrap()),
            (2, "cat", -3.0)
        );
        assert!(rows.next().unwrap().is_some());
        assert!(rows.next().unwrap().is_none());
    }
    let distances = table("3\ncat 0 0.5 2\ndog 0.5 0 3\nhen 2 3 0\n");
    assert_eq!((distances.n_columns(), distances.header()), (4, None));
    // Other numbers than those of the rows and columns are not a size.
    assert_eq!(after_size("3 3\ncat 0.5 1.25 -3\ndog 2 1e-3 4\n"), 0);
    assert_eq!(numbers(&table("2 3\n4 5\n6 7\n")).len(), 3);
    assert_eq!(numbers(&table("0 1\n")).len(), 1);
}

#[test]
fn names_come_from_the_header() {
    let r = table("\"cat\" \"dog\"\n\"cat\" 0 1\n\"dog\" 1 0\n");
    assert_eq!(r.header().unwrap(), ["", "cat", "dog"]);
    assert_eq!(table("id,a\nx,1\n").column("a").unwrap(), 1);
    let error = table("id,a\nx,1\n").column("b").unwrap_err();
    assert_kind!(error, File(FileError::NoSuchColumn { .. }));
    let saved = table("# a b\n1 2\n3 4\n");
    assert_eq!(saved.header().unwrap(), ["a", "b"]);
    assert_eq!(numbers(&saved).len(), 2);
}

#[test]
fn faults_are_named_by_line_and_field() {
    let broken = table("# comment\nid,a,b\n\nx,1,2\ny,3\n");
    let mut rows = broken.rows();
    rows.next().unwrap();
    assert_refused!(
        rows.next(),
        File(FileError::RaggedRow {
            line: 5,
            expected: 3,
            found: 2
        })
    );
    let broken = table("id,a\nx,1\n\ny,one\nz,NA\n");
    let mut rows = broken.rows();
    rows.next().unwrap();
    let error = rows.next().unwrap().unwrap().number(1).unwrap_err();
    assert_kind!(
        error,
        File(FileError::NotANumber {
            line: 4,
            field: 2,
            ..
        })
    );
    let error = rows.next().unwrap().unwrap().number(1).unwrap_err();
    assert_kind!(error, File(FileError::MissingValue { line: 5, .. }));
}
