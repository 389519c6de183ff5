//! scratch
mod real;
fn main() {
    let data = real::Data::open(std::path::Path::new("/work/shared/data")).unwrap();
    let study = data.study(0).unwrap().with_cache("/tmp/studycache");
    let start = std::time::Instant::now();
    let table = study
        .run_observed(|p| {
            eprintln!(
                "{:.1} {}/{} {}",
                start.elapsed().as_secs_f64(),
                p.n_done,
                p.n_models,
                p.model.label()
            )
        })
        .unwrap();
    eprintln!("{:.1}", start.elapsed().as_secs_f64());
    table.write("/tmp/study.csv").unwrap();
    table.write("/tmp/study.json").unwrap();
    table.write("/tmp/study.md").unwrap();
}
