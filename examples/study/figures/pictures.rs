//! Figures of stimuli: RDMs, maps and trials of participants and a network, and the calibration of
//! the network.

use human_alignment::calibration::{Bins, Predictions, ReliabilityTarget, TemperatureScaling};
use human_alignment::figure::{
    Quantity, RdmHeatMap, ReliabilityDiagram, StimulusMap, Thumbnail, TripletPage,
};
use human_alignment::judgment::ChoiceFrequencies;
use human_alignment::rdm::Scaling;
use human_alignment::study::Judgments;
use human_alignment::{
    Dissimilarity, OddOneOut, Rdm, Representation, Result, Similarity, Stimuli, ZeroShotOddOneOut,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Drawn, Gallery};

impl Gallery<'_> {
    /// Draws RDMs, maps and trials of participants and a network, and the calibration of the
    /// network.
    pub(super) fn pictures(&mut self) -> Result<()> {
        let (study, shown) = (&self.panel.study, &self.panel.shown);
        let mut datasets = study.datasets();
        if let Some((name, Judgments::Rdms(people))) =
            datasets.find(|(name, _)| *name == self.panel.distances.dataset)
        {
            let mean = people.mean(Scaling::RootMeanSquare)?;
            self.geometry("people", format!("What people see, {name}"), &mean)?;
            if let Some(features) = study.represent(shown, name)? {
                let rdm = Dissimilarity::Correlation.rdm(&features)?;
                self.geometry("network", format!("What {shown} sees, {name}"), &rdm)?;
            }
        }
        let choices = [&self.panel.choices].into_iter().chain(&self.panel.others);
        let choices: Vec<&str> = choices.map(|by| by.dataset).collect();
        let mut is_pictured = false;
        for dataset in &choices {
            let mut datasets = study.datasets();
            let Some((name, Judgments::OddOneOut(trials))) =
                datasets.find(|(name, _)| name == dataset)
            else {
                continue;
            };
            let Some(features) = study.represent(shown, name)? else {
                continue;
            };
            if *dataset == self.panel.choices.dataset {
                self.reliability(trials, &features)?;
            }
            let mut ids = trials.stimuli().ids().iter();
            if !is_pictured && ids.all(|id| self.panel.thumbnails.contains_key(id)) {
                self.trials(trials, &features)?;
                is_pictured = true;
            }
        }
        Ok(())
    }

    fn geometry(&mut self, who: &str, title: String, rdm: &Rdm) -> Result<()> {
        let mut ids: Vec<&String> = rdm.stimuli().ids().iter().collect();
        ids.sort_by_key(|id| self.panel.categories.get(*id));
        let order = Stimuli::new(ids)?;
        let quantity = Quantity::plain("Dissimilarity");
        let heat = RdmHeatMap::new(&title, rdm.clone(), quantity)?
            .with_order(&order)?
            .with_groups(self.categories(&order))?
            .with_subtitle(self.panel.note);
        draw!(
            self,
            format!("rdm-{who}"),
            format!("{title}: dissimilarities."),
            heat
        );
        let mut map = StimulusMap::new(&title, rdm)?
            .with_groups(self.categories(rdm.stimuli()))?
            .with_subtitle(self.panel.note);
        let thumbnails = rdm
            .stimuli()
            .ids()
            .iter()
            .map(|id| self.panel.thumbnails.get(id).cloned());
        if let Some(thumbnails) = thumbnails.collect::<Option<Vec<Thumbnail>>>() {
            map = map.with_thumbnails(thumbnails)?;
        }
        draw!(
            self,
            format!("map-{who}"),
            format!("{title}: classical multidimensional scaling."),
            map
        );
        Ok(())
    }

    fn categories(&self, stimuli: &Stimuli) -> Vec<&str> {
        let category = |id: &String| self.panel.categories.get(id).map_or("", String::as_str);
        stimuli.ids().iter().map(category).collect()
    }

    fn reliability(&mut self, trials: &OddOneOut, features: &Representation) -> Result<()> {
        let choices = ChoiceFrequencies::from_trials(trials);
        let fit = TemperatureScaling::new(Similarity::Cosine).fit(features, &choices)?;
        let Some(temperature) = fit.temperature() else {
            return Ok(());
        };
        let metric = ZeroShotOddOneOut::new(Similarity::Cosine).with_temperature(temperature)?;
        let predictions = Predictions::from_metric(&metric, features, &choices)?;
        let table = predictions.reliability(ReliabilityTarget::TopPair, Bins::default());
        let title = format!("Can {} be believed?", self.panel.shown);
        let figure = ReliabilityDiagram::new(title, table)?.with_subtitle(format!(
            "At the temperature that suits people best, {temperature:.3}. {}",
            self.panel.note
        ));
        draw!(
            self,
            "reliability".to_owned(),
            "Reliability at the fitted temperature.",
            figure
        );
        Ok(())
    }

    /// Draws a few trials in which the network agrees with participants, and as many others.
    fn trials(&mut self, trials: &OddOneOut, features: &Representation) -> Result<()> {
        const OF_EACH: usize = 4;
        const TRIES: usize = 1000;
        let metric = ZeroShotOddOneOut::new(Similarity::Cosine);
        let choices = metric.choices(features, trials)?;
        let title = format!("Odd ones out to people and to {}", self.panel.shown);
        let mut page = TripletPage::new(title)
            .with_model_name("the network")
            .with_subtitle(self.panel.note);
        let ids = trials.stimuli().ids();
        let mut left = [OF_EACH; 2];
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        for _ in 0..TRIES {
            let position = rng.random_range(0..trials.len());
            let (trial, choice) = (trials.as_slice()[position], &choices[position]);
            let Some(pair) = choice else { continue };
            // Pairs are (0,1), (0,2), (1,2); the odd one of participants is the last.
            let odd = 2 - usize::from(*pair);
            let kind = usize::from(odd == 2);
            if left[kind] == 0 {
                continue;
            }
            left[kind] -= 1;
            let names = trial.map(|index| ids[index as usize].as_str());
            let thumbnails = names.map(|name| self.panel.thumbnails.get(name).cloned());
            page = match thumbnails {
                [Some(a), Some(b), Some(c)] => {
                    page.with_pictured_trial(names, [a, b, c], 2, odd)?
                }
                _ => page.with_trial(names, 2, odd)?,
            };
        }
        if left != [OF_EACH; 2] {
            draw!(
                self,
                "trials".to_owned(),
                "What people and the network chose.",
                page
            );
        }
        Ok(())
    }
}
