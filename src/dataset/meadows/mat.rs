//! The MATLAB exports: a list of stimuli and the upper triangle of an RDM for each person.

use std::path::Path;

use super::{Estimate, person_of, rdm};
use crate::error::{Error, Result};
use crate::io::mat::MatFile;
use crate::rdm::Participant;

pub(super) fn read(path: &Path) -> Result<Vec<Estimate>> {
    let mut file = MatFile::open(path)?;
    let names = file.names();
    let people: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix("rdmutv_"))
        .collect();
    if people.is_empty() {
        let (stimuli, values) = ("stimuli".to_owned(), "rdmutv".to_owned());
        return Ok(vec![estimate(
            &mut file,
            person_of(path),
            &stimuli,
            &values,
        )?]);
    }
    let read = |variable: &str| {
        // Names of variables have no hyphens, nicknames have no underscores.
        let person = variable.replace('_', "-");
        let stimuli = format!("stimuli_{variable}");
        estimate(&mut file, person, &stimuli, &format!("rdmutv_{variable}"))
    };
    people.into_iter().map(read).collect()
}

fn estimate(file: &mut MatFile, person: String, stimuli: &str, values: &str) -> Result<Estimate> {
    let values = file.read(values)?.into_matrix("1×n(n−1)/2")?;
    let found = values.shape().iter().map(|&length| length as u64).collect();
    if values.nrows() != 1 && values.ncols() != 1 {
        return Err(Error::Shape {
            what: "the variable",
            expected: "1×n(n−1)/2".into(),
            found,
        });
    }
    let images = file.read(stimuli)?.into_texts()?;
    let rdm = rdm(images, values.into_iter().collect());
    Ok(Estimate {
        rdm: rdm.map_err(|error| error.in_rdm(&person))?,
        participant: Participant::new(person),
        trials: Vec::new(),
    })
}
