//! Pages of odd-one-out trials.

use super::color::Color;
use super::drawing::{Area, Drawing, Text};
use super::font::{self, Anchor};
use super::heading::{EDGE, Heading, figure};
use super::legend::{self, Key};
use super::thumbnail::Thumbnail;
use crate::error::{Error, Result, at_least};

/// A page of odd-one-out trials: the three stimuli of each, with the odd one out according to
/// participants and to a model.
///
/// ```
/// use human_alignment::figure::TripletPage;
///
/// let figure = TripletPage::new("Choices of participants and AlexNet")
///     .with_trial(["cat", "dog", "car"], 2, 1)?
///     .with_trial(["pear", "ball", "apple"], 1, 1)?;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("triplets.svg");
/// figure.write(path)?;
/// # Ok::<(), human_alignment::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TripletPage {
    heading: Heading,
    model: String,
    trials: Vec<Trial>,
}

#[derive(Debug, Clone)]
struct Trial {
    names: [String; 3],
    thumbnails: Option<[Thumbnail; 3]>,
    people: usize,
    model: usize,
}

const PEOPLE: Color = Color::PALETTE[0];
const MODEL: Color = Color::PALETTE[1];

/// Font size of names and of choices.
const LABEL: f64 = 11.0;

/// Height of a line of text.
const LINE: f64 = 15.0;

impl TripletPage {
    /// Creates a page without trials.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            heading: Heading::new(title),
            model: "model".into(),
            trials: Vec::new(),
        }
    }

    /// Sets the name of the model. Default: "model".
    #[must_use]
    pub fn with_model_name(mut self, name: impl Into<String>) -> Self {
        self.model = name.into();
        self
    }

    /// Adds a trial: the names of its three stimuli, and which of them (0, 1 or 2) participants and
    /// the model chose as the odd one.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if a choice is not 0, 1 or 2.
    pub fn with_trial<S: Into<String>>(
        mut self,
        names: [S; 3],
        people: usize,
        model: usize,
    ) -> Result<Self> {
        for choice in [people, model] {
            if choice > 2 {
                return Err(Error::parameter("choice", "0, 1 or 2", choice));
            }
        }
        self.trials.push(Trial {
            names: names.map(Into::into),
            thumbnails: None,
            people,
            model,
        });
        Ok(self)
    }

    /// Adds a trial as [`TripletPage::with_trial`] does, with images of its stimuli.
    ///
    /// # Errors
    /// Returns an error under the same conditions as [`TripletPage::with_trial`].
    pub fn with_pictured_trial<S: Into<String>>(
        self,
        names: [S; 3],
        thumbnails: [Thumbnail; 3],
        people: usize,
        model: usize,
    ) -> Result<Self> {
        let mut page = self.with_trial(names, people, model)?;
        if let Some(trial) = page.trials.last_mut() {
            trial.thumbnails = Some(thumbnails);
        }
        Ok(page)
    }

    fn drawing(&self) -> Result<Drawing> {
        const WIDTH: f64 = 820.0;
        const GAP: f64 = 22.0;

        at_least("trials", 1, self.trials.len())?;
        let (mut drawing, top) = self.heading.draw(WIDTH)?;
        let keys = [
            (Key::Edge(PEOPLE), "odd one out to people".into()),
            (Key::Edge(MODEL), format!("odd one out to {}", self.model)),
        ];
        let top = legend::draw(&mut drawing, top, &keys)? + 6.0;
        // Two trials per line; a single trial has the same width.
        let cell = (WIDTH - 2.0 * EDGE - GAP) / 6.0;
        let pictured = self.trials.iter().any(|trial| trial.thumbnails.is_some());
        let side = cell - 18.0;
        let picture = if pictured { side } else { 40.0 };
        let height = picture + if pictured { 22.0 + 3.0 * LINE } else { 34.0 };
        for (position, trial) in self.trials.iter().enumerate() {
            let left = EDGE + (position % 2) as f64 * (3.0 * cell + GAP);
            let top = top + (position / 2) as f64 * (height + GAP);
            let frame = Area {
                left,
                top,
                right: left + 3.0 * cell,
                bottom: top + height,
            };
            drawing.path(frame.outline(), Color::GRID, 1.0);
            for stimulus in 0..3 {
                let center = [
                    left + (stimulus as f64 + 0.5) * cell,
                    top + 10.0 + picture / 2.0,
                ];
                self.draw_stimulus(&mut drawing, trial, stimulus, center, [side, picture])?;
            }
        }
        let n_lines = self.trials.len().div_ceil(2) as f64;
        drawing.height = (top + n_lines * (height + GAP) - GAP + EDGE).ceil();
        Ok(drawing)
    }

    fn draw_stimulus(
        &self,
        drawing: &mut Drawing,
        trial: &Trial,
        stimulus: usize,
        center: [f64; 2],
        [width, height]: [f64; 2],
    ) -> Result<()> {
        let name = font::wrapped_to(2, &trial.names[stimulus], LABEL, width - 10.0)?;
        let (by_people, by_model) = (trial.people == stimulus, trial.model == stimulus);
        let box_area = Area {
            left: center[0] - width / 2.0,
            right: center[0] + width / 2.0,
            top: center[1] - height / 2.0,
            bottom: center[1] + height / 2.0,
        };
        // The frame of participants is outside that of the model.
        if by_people {
            drawing.path(box_area.grown(4.0).outline(), PEOPLE, 3.0);
        }
        if by_model {
            drawing.path(box_area.grown(0.5).outline(), MODEL, 3.0);
        }
        let below = box_area.bottom + 15.0;
        let mut below_names = below;
        match &trial.thumbnails {
            Some(thumbnails) => {
                let side = width.min(height) - 6.0;
                thumbnails[stimulus].draw(drawing, center, side, (Color::WHITE, 0.0));
                for (line, text) in name.into_iter().enumerate() {
                    let at = [center[0], below + line as f64 * LINE];
                    drawing.text(Text::new(text, at, LABEL).anchored(Anchor::Middle));
                    below_names = at[1] + LINE;
                }
            }
            None => {
                let top = center[1] - (name.len() as f64 - 1.0) / 2.0 * LINE;
                for (line, text) in name.into_iter().enumerate() {
                    let at = [center[0], top + line as f64 * LINE];
                    drawing.text(Text::new(text, at, LABEL).anchored(Anchor::Middle));
                }
            }
        }
        let (chosen, color) = match (by_people, by_model) {
            (true, true) => ("both", Color::INK),
            (true, false) => ("people", PEOPLE),
            (false, true) => (self.model.as_str(), MODEL),
            (false, false) => return Ok(()),
        };
        let chosen = font::fitted(chosen, LABEL, width)?;
        let text = Text::new(chosen, [center[0], below_names], LABEL).anchored(Anchor::Middle);
        drawing.text(text.colored(color));
        Ok(())
    }
}

figure!(TripletPage);
