//! Trials that are read in chunks in every pass of a fit.

use std::num::NonZeroUsize;
use std::time::Instant;

use human_alignment::dataset::TripletChunks;
use human_alignment::embedding::{StreamedTrials, TrainingChoices, fold_of_trial};
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::{Error, OddOneOut, OddOneOutTask, Result, Stimuli};

use crate::trials::{CHUNK, refuse_two_meanings};
use crate::{
    Arguments, HeldOut, Learned, Outcome, first_index, fit_vice, fit_with, indices, lambdas,
    pages_of,
};

/// Fits an embedding to trials that are read in every pass.
pub(crate) fn learn(arguments: &Arguments) -> Result<Outcome<'_>> {
    let lambdas = lambdas(&arguments.lambda)?;
    if arguments.method == "spose" && lambdas.len() != 1 {
        return Err(Error::other(
            "--stream needs one --lambda: choose it on a part of the trials, where a good value is \
             larger than for all of them",
        ));
    }
    if !arguments.triplets.is_file() {
        return Err(Error::other(format!(
            "{}: --stream reads the trials again in every pass: save them to a file",
            arguments.triplets.display()
        )));
    }
    let stimuli = stimuli(arguments)?;
    let pages = pages_of(arguments, &stimuli)?;
    let part = |is_test: bool| {
        let chunks = chunks(arguments, &stimuli)?;
        Ok(chunks.filter_map(move |chunk| part_of(chunk, arguments, is_test)))
    };
    let training = StreamedTrials::new(stimuli.clone(), || part(false))?;
    let start = Instant::now();
    let learned = match arguments.method.as_str() {
        "vice" => Learned::Vice(fit_vice(arguments, &training)?),
        _ => Learned::Spose(fit_with(arguments, lambdas[0], &training)?, Vec::new()),
    };
    let seconds = start.elapsed().as_secs_f64();
    let mut held_out = HeldOut::default();
    if arguments.test_one_in > 0 {
        for chunk in part(true)? {
            held_out.add(learned.score(&ChoiceFrequencies::trial_by_trial(&chunk?))?);
        }
    }
    Ok(Outcome {
        learned,
        seconds,
        pages,
        objects: training.shown().len(),
        trials: training.n_trials() + held_out.n_questions,
        questions: None,
        held_out,
    })
}

/// Opens the file of trials.
fn chunks(arguments: &Arguments, stimuli: &Stimuli) -> Result<TripletChunks<OddOneOutTask>> {
    let chunks = TripletChunks::open(&arguments.triplets, stimuli.clone(), CHUNK)?;
    Ok(chunks.with_counting(arguments.count_from))
}

/// Returns the trials of a chunk that are held out, or the others; `None` if there are none.
fn part_of(
    chunk: Result<OddOneOut>,
    arguments: &Arguments,
    is_test: bool,
) -> Option<Result<OddOneOut>> {
    let (Ok(chunk), Some(n)) = (&chunk, NonZeroUsize::new(arguments.test_one_in)) else {
        return Some(chunk);
    };
    let in_part = |trial: &[u32; 3]| {
        (fold_of_trial::<OddOneOutTask>(*trial, n, arguments.seed) == 0) == is_test
    };
    let positions = (0..chunk.len()).filter(|&at| in_part(&chunk.as_slice()[at]));
    let positions: Vec<usize> = positions.collect();
    (!positions.is_empty()).then(|| chunk.select(&positions))
}

/// Returns the stimuli of a file or, without one, as many as the largest index requires.
fn stimuli(arguments: &Arguments) -> Result<Stimuli> {
    if let Some(path) = &arguments.stimuli {
        let stimuli = arguments.reading.in_form(arguments.reading.list(path)?)?;
        refuse_two_meanings(path, &stimuli, arguments.count_from, "leave out --stimuli")?;
        return Ok(stimuli);
    }
    let all = Stimuli::unnamed(OddOneOut::MAX_STIMULI as u32);
    let trials = StreamedTrials::new(all.clone(), || chunks(arguments, &all))?;
    let shown = trials.shown();
    let path = arguments.triplets.display().to_string();
    let first = first_index(arguments, shown[0])?;
    indices::refuse_codes_among(&path, shown, first)?;
    Ok(Stimuli::unnamed(shown[shown.len() - 1] + 1))
}
