//! Tests of image files.

use human_alignment::ImageFiles;
use human_alignment::ImageOrder;
use human_alignment::error::Context;
use human_alignment::error::FileError;
use human_alignment::error::ImageError;
use human_alignment::error::StimuliError;
use human_alignment::stimuli::Stimuli;
use std::path::PathBuf;

use crate::common::refusals::{assert_kind, assert_refused};

fn folder_of(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }
    folder
}

fn ids(names: &[&str]) -> Vec<String> {
    let folder = folder_of(names);
    let images = ImageFiles::from_folder(folder.path()).unwrap();
    images.stimuli().ids().to_vec()
}

#[test]
fn numbers_stand_in_the_order_of_numbers_and_names_in_that_of_bytes() {
    assert_eq!(
        ids(&["10.jpg", "2.JPEG", "01.png", "0.jpg", "notes.txt"]),
        ["0", "01", "2", "10"]
    );
    assert_eq!(
        ids(&["a2.png", "a10.png", "a.png", "a-1.png", "a (1).png"]),
        ["a (1)", "a-1", "a", "a10", "a2"]
    );
    assert_eq!(ids(&["10.jpg", "2.jpg", "x.jpg"]), ["10", "2", "x"]);
    // More digits than any integer type has.
    let (small, large) = (
        format!("1{}", "0".repeat(40)),
        format!("2{}", "0".repeat(40)),
    );
    let names = [
        format!("{large}.png"),
        format!("{small}.png"),
        "9.png".into(),
    ];
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(ids(&names), ["9".to_owned(), small, large]);
}

#[test]
fn only_images_of_the_folder_itself_count() {
    let folder = folder_of(&["a.png", ".b.png", "c.heic", "d"]);
    std::fs::create_dir(folder.path().join("e")).unwrap();
    let images = ImageFiles::from_folder(folder.path()).unwrap();
    assert_eq!(images.paths(), [folder.path().join("a.png")]);
    assert_eq!(
        images.ignored(),
        [folder.path().join("c.heic"), folder.path().join("d")]
    );
    assert_eq!(
        images.path("a"),
        Some(folder.path().join("a.png").as_path())
    );
    assert_eq!(images.path("d"), None);
}

#[test]
fn folders_of_images_are_read_where_there_are_no_others() {
    let folder = folder_of(&[
        "b/b_2.jpg",
        "a/x/1.webp",
        "a/a_10.jpg",
        "a/a_9.TIF",
        "a/notes",
        "c/d/e",
    ]);
    let images = ImageFiles::from_folder(folder.path()).unwrap();
    assert_eq!(
        images.stimuli().ids(),
        ["a/a_10", "a/a_9", "a/x/1", "b/b_2"]
    );
    assert_eq!(images.order(), ImageOrder::Plain);
    assert_eq!(
        images.path("b/b_2"),
        Some(folder.path().join("b/b_2.jpg").as_path())
    );
    let ignored = ["a/notes", "c/d/e"].map(|name| folder.path().join(name));
    assert_eq!(images.ignored(), ignored);
    let images = images.sorted(ImageOrder::Natural);
    assert_eq!(
        images.stimuli().ids(),
        ["a/a_9", "a/a_10", "a/x/1", "b/b_2"]
    );
    assert_eq!(
        images.path("a/a_9"),
        Some(folder.path().join("a/a_9.TIF").as_path())
    );
    assert_eq!(images.order(), ImageOrder::Natural);

    std::fs::write(folder.path().join("top.gif"), "").unwrap();
    let error = ImageFiles::from_folder(folder.path()).unwrap_err();
    assert_kind!(
        error,
        Image(ImageError::MixedFolder { n_own: 1, n_inner: 4, folders, .. })
            if *folders == ["a", "b"]
    );
    assert!(error.report().to_string().contains("--recursive"));
    let images = ImageFiles::from_tree(folder.path()).unwrap();
    assert_eq!(images.len(), 5);
    assert_eq!(images.stimuli().ids()[4], "top");
}

#[test]
fn the_other_order_can_be_asked_for() {
    let folder = folder_of(&["1.png", "2.png", "10.png"]);
    let images = ImageFiles::from_folder(folder.path()).unwrap();
    assert_eq!(images.order(), ImageOrder::Natural);
    let images = images.sorted(ImageOrder::Plain);
    assert_eq!(images.stimuli().ids(), ["1", "10", "2"]);
    assert!(images.path("10").unwrap().ends_with("10.png"));
    let given = ImageFiles::from_paths(["b.png", "a.png"]).unwrap();
    assert_eq!(given.order(), ImageOrder::Given);
    assert_eq!(given.clone().sorted(ImageOrder::Given), given);
    assert_eq!(
        "natural".parse::<ImageOrder>().unwrap(),
        ImageOrder::Natural
    );
    assert!("by name".parse::<ImageOrder>().is_err());
}

#[cfg(unix)]
#[test]
fn links_to_nothing_and_around_in_circles_are_named() {
    use std::os::unix::fs::symlink;

    let folder = folder_of(&["a/1.png", "a/2.png"]);
    let link = folder.path().join("a/3.png");
    symlink("nowhere.png", &link).unwrap();
    let error = ImageFiles::from_folder(folder.path()).unwrap_err();
    assert_kind!(error, File(FileError::Read { path, .. }) if *path == link);
    assert!(
        error
            .report()
            .to_string()
            .contains("symbolic link to nowhere.png")
    );
    std::fs::remove_file(&link).unwrap();
    // A link to an image counts as an image.
    symlink("1.png", &link).unwrap();
    assert_eq!(ImageFiles::from_folder(folder.path()).unwrap().len(), 3);

    let circle = folder.path().join("a/around");
    symlink("..", &circle).unwrap();
    let error = ImageFiles::from_folder(folder.path()).unwrap_err();
    assert_kind!(error, Image(ImageError::SameFolder { second, .. }) if *second == circle);
}

#[cfg(unix)]
#[test]
fn what_has_the_name_of_an_image_and_is_no_file_is_named() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    let folder = folder_of(&["a.png"]);
    let path = folder.path().join("b.png");
    let refused = |what: &str| {
        let all = ImageFiles::from_folder(folder.path()).unwrap_err();
        let list = folder.path().join("list.txt");
        std::fs::write(&list, "a.png\nb.png\n").unwrap();
        let listed = ImageFiles::from_list(&list).unwrap_err();
        std::fs::remove_file(&list).unwrap();
        let one = match path.is_dir() {
            // By itself it is a folder of images.
            true => None,
            false => Some(ImageFiles::from_path(&path).unwrap_err()),
        };
        for error in [&all, &listed].into_iter().chain(&one) {
            assert_kind!(error, File(FileError::Read { path: named, .. }) if *named == path);
            let message = error.report().to_string();
            assert!(message.contains(what), "{message}");
        }
        let context: Vec<&Context> = listed.context().collect();
        assert_eq!(context, [&Context::File(list), &Context::Line(2)]);
    };
    std::fs::create_dir(&path).unwrap();
    refused("it is a folder");
    std::fs::remove_dir(&path).unwrap();
    let socket = UnixListener::bind(&path).unwrap();
    refused("it is a pipe, a socket or a device");
    drop(socket);
    std::fs::remove_file(&path).unwrap();
    for (target, what) in [
        ("/dev/zero", "a device"),
        ("gone.png", "symbolic link to gone.png"),
    ] {
        symlink(target, &path).unwrap();
        refused(what);
        std::fs::remove_file(&path).unwrap();
    }
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    refused("it is a pipe");
}

#[test]
fn lists_are_relative_to_their_folder() {
    let folder = folder_of(&["x/2.png", "x/1.jpg", "y.gif", "lists/a.txt", "lists/z.webp"]);
    let list = folder.path().join("list.txt");
    let absolute = folder.path().join("lists/z.webp");
    let text = format!(
        "\u{feff}x/2.png\r\n\n  ./x/1.jpg  \ny.gif\n{}",
        absolute.display()
    );
    std::fs::write(&list, text).unwrap();
    let images = ImageFiles::from_path(&list).unwrap();
    assert_eq!(images, ImageFiles::from_list(&list).unwrap());
    assert_eq!(images.stimuli().ids(), ["x/2", "x/1", "y", "lists/z"]);
    assert_eq!(images.order(), ImageOrder::Given);
    assert_eq!(
        images.path("x/2"),
        Some(folder.path().join("x/2.png").as_path())
    );

    // Outside the folder of the list there is only the name.
    let list = folder.path().join("lists/a.txt");
    std::fs::write(&list, "z.webp\n../x/2.png").unwrap();
    let images = ImageFiles::from_list(&list).unwrap();
    assert_eq!(images.stimuli().ids(), ["z", "2"]);
    std::fs::write(&list, "../x/2.png\n../x/../x/2.png\n").unwrap();
    assert_refused!(
        ImageFiles::from_list(&list),
        Image(ImageError::Duplicate { id, .. }) if id == "2"
    );
    // If all paths are absolute, the place of the list does not matter.
    let of_absolute = |names: &[&str]| {
        let lines = names
            .iter()
            .map(|name| format!("{}\n", folder.path().join(name).display()));
        std::fs::write(&list, lines.collect::<String>()).unwrap();
        ImageFiles::from_list(&list)
            .unwrap()
            .stimuli()
            .ids()
            .to_vec()
    };
    assert_eq!(of_absolute(&["x/2.png", "lists/z.webp"]), ["2", "z"]);
    std::fs::create_dir(folder.path().join("w")).unwrap();
    std::fs::write(folder.path().join("w/2.png"), "").unwrap();
    assert_eq!(
        of_absolute(&["x/2.png", "x/1.jpg", "w/2.png"]),
        ["x/2", "x/1", "w/2"]
    );
    std::fs::write(&list, "path,label\n../x/2.png,1\n").unwrap();
    let refused = ImageFiles::from_list(&list)
        .unwrap_err()
        .report()
        .to_string();
    assert!(refused.contains("without a header"), "{refused}");
    std::fs::write(&list, "\n").unwrap();
    let empty = ImageFiles::from_list(&list).unwrap_err();
    assert_eq!(empty.path(), Some(list.as_path()));
    assert_kind!(empty, Image(ImageError::NoImages { n_ignored: 0, .. }));
    let latin = folder.path().join("caf\u{e9}.png");
    std::fs::write(&latin, "").unwrap();
    let list = folder.path().join("latin.txt");
    std::fs::write(&list, b"caf\xe9.png\n").unwrap();
    assert_refused!(
        ImageFiles::from_list(&list),
        File(FileError::Encoding { .. })
    );
    let images = ImageFiles::from_encoded_list(&list, "windows-1252".parse().unwrap());
    assert_eq!(images.unwrap().paths(), [latin]);
    std::fs::write(&list, [0x93, b'N', 0, 1]).unwrap();
    let error = ImageFiles::from_path(&list).unwrap_err();
    assert_eq!(error.path(), Some(list.as_path()));
    // One image, and a folder.
    let one = ImageFiles::from_path(folder.path().join("x/1.jpg")).unwrap();
    assert_eq!(one.stimuli().ids(), ["1"]);
    let all = ImageFiles::from_path(folder.path().join("x")).unwrap();
    assert_eq!(
        all,
        ImageFiles::from_folder(folder.path().join("x")).unwrap()
    );
}

#[test]
fn two_files_of_one_stimulus_are_named() {
    let folder = folder_of(&["cat.png", "dog.png", "cat.jpg"]);
    let error = ImageFiles::from_folder(folder.path()).unwrap_err();
    assert_eq!(error.path(), Some(folder.path()));
    assert_kind!(
        error,
        Image(ImageError::Duplicate { id, first, second, .. })
            if id == "cat" && first.ends_with("cat.jpg") && second.ends_with("cat.png")
    );
}

#[test]
fn a_folder_without_images_is_refused() {
    let folder = folder_of(&["notes.txt"]);
    let error = ImageFiles::from_folder(folder.path()).unwrap_err();
    assert_kind!(
        error,
        Image(ImageError::NoImages { n_ignored: 1, ignored, .. })
            if *ignored == ["notes.txt"]
    );
    let missing = folder.path().join("no");
    assert_refused!(
        ImageFiles::from_folder(&missing),
        File(FileError::Read { path, .. })
            if *path == missing
    );
}

#[test]
fn stimuli_without_an_image_are_named() {
    let images = ImageFiles::from_paths(["a.png", "b.png", "c.png"]).unwrap();
    let wanted = Stimuli::new(["c", "a"]).unwrap();
    let selected = images.select(&wanted).unwrap();
    assert_eq!(selected.stimuli(), &wanted);
    assert_eq!(selected.paths(), [PathBuf::from("c.png"), "a.png".into()]);
    assert_refused!(
        images.select(&Stimuli::new(["a", "x"]).unwrap()),
        Stimuli(StimuliError::Missing { ids, n_missing: 1, n_needed: 2, .. })
            if *ids == ["x"]
    );
    assert_refused!(
        ImageFiles::from_paths(["a.png", ".."]),
        Stimuli(StimuliError::EmptyId { position: 1, .. })
    );
}
