//! The MATLAB exports: a list of stimuli and the upper triangle of an RDM per participant.

use std::collections::HashSet;
use std::path::Path;

use ndarray::Array2;

use super::{Estimate, person_of, rdm};
use crate::error::{Result, wrong_shape};
use crate::io::mat::MatFile;
use crate::linalg::n_pairs;
use crate::rdm::Participant;

pub(super) fn read(path: &Path) -> Result<Vec<Estimate>> {
    let mut file = MatFile::open(path)?;
    let names: Vec<String> = file.names();
    let known: HashSet<&str> = names.iter().map(String::as_str).collect();
    let mut people = names
        .iter()
        .filter_map(|name| name.strip_prefix("rdmutv_"))
        .peekable();
    if people.peek().is_none() {
        return estimates(&mut file, person_of(path), "stimuli", "rdmutv");
    }
    let mut all = Vec::new();
    for variable in people {
        // Names of variables have no hyphens, nicknames have no underscores.
        let person = variable.replace('_', "-");
        let own = format!("stimuli_{variable}");
        let stimuli = match known.contains(own.as_str()) || !known.contains("stimuli") {
            true => own.as_str(),
            false => "stimuli",
        };
        all.extend(estimates(
            &mut file,
            person,
            stimuli,
            &format!("rdmutv_{variable}"),
        )?);
    }
    Ok(all)
}

/// Reads the RDMs of one participant: one RDM per row.
fn estimates(
    file: &mut MatFile,
    person: String,
    stimuli: &str,
    values: &str,
) -> Result<Vec<Estimate>> {
    const SHAPE: &str = "n(n−1)/2 columns for n stimuli, one row per RDM";

    let values = file.read(values)?.into_matrix(SHAPE)?;
    let images = file.read(stimuli)?.into_texts()?;
    let n_pairs = n_pairs(images.len());
    let rows: Vec<Vec<f64>> = match values.dim() {
        // For three stimuli the array could also be a square RDM, which is not supported.
        (n_rows, n)
            if n == n_pairs && !(n_rows == n && values.diag().iter().all(|&x| x == 0.0)) =>
        {
            rows(&values)
        }
        (1, _) | (_, 1) => vec![values.into_iter().collect()],
        _ => {
            return Err(wrong_shape("the variable", SHAPE, values.shape()));
        }
    };
    let n_rows = rows.len();
    let estimate = |(row, values): (usize, Vec<f64>)| -> Result<Estimate> {
        let mut participant = Participant::new(&person);
        if n_rows > 1 {
            participant = participant.in_session((row + 1).to_string());
        }
        let rdm = rdm(images.clone(), values).map_err(|error| error.in_rdm(&participant))?;
        Ok(Estimate {
            participant,
            rdm,
            trials: Vec::new(),
        })
    };
    rows.into_iter().enumerate().map(estimate).collect()
}

fn rows(values: &Array2<f64>) -> Vec<Vec<f64>> {
    values.rows().into_iter().map(|row| row.to_vec()).collect()
}
