//! The published recipes: a linear transform learned from choices with mini-batches.
//!
//! This module implements the transforms of two papers, so that their results can be reproduced and
//! compared. To learn a transform for other purposes, prefer the convex [`Probe`](crate::Probe): it
//! finds the global optimum with a certificate, while the result here depends on the learning rate,
//! the batches and the stopping rule. [`Probe::bound`](crate::Probe::bound) computes how far a
//! transform learned here may be from the optimum.
//!
//! # The objective
//!
//! With standardized features x, weights W (features × features) and a bias b, an object is
//! embedded as y = xW + b, and a pair of a trial is chosen with probability softmax(dot product /
//! temperature) over its pairs. Each step follows the gradient of
//!
//! (1 − α) · mean over a batch of trials of −ln p(chosen pair) + α · local term + penalty,
//!
//! in nats. For gLocal, the local term is the [`LocalSimilarity`] of a batch of other images, with
//! its weight α; otherwise α = 0. The bias is not penalized. Features are standardized by one mean
//! and standard deviation over all rows of the representation.
//!
//! | | [`MiniBatchProbe::naive`] | [`MiniBatchProbe::global`] | [`MiniBatchProbe::glocal`] |
//! |---|---|---|---|
//! | paper | first | second | second |
//! | script | `main_probing.py` | `main_global_probing.py` | `main_glocal_probing_final.py` |
//! | penalty | λ ‖W‖, the norm not squared | λ ‖W − mean(diag W) · I‖² | λ ‖W − mean(diag W) · I‖² |
//! | default λ of the script | 1e-3 | 1e-3 | 0.1 |
//! | initial W | Gaussian, standard deviation 1e-3 | 1e-3 times the identity | 1e-3 times the identity |
//! | bias | none | none | none |
//! | optimizer | Adam | Adam | Adam |
//! | learning rate | 1e-3 | 1e-3, increasing linearly from a third of it over the maximum number of epochs | as global |
//! | trials in a batch | 256 | 256 | 256 |
//! | images in a batch | – | – | 1,024 |
//! | epochs | 10 to 100 | 15 to 100 | 20 to 100 |
//! | patience, in epochs without an improvement of 1e-4 | 10 | 10 | 15 |
//! | monitored for early stopping | validation loss of trials | validation loss of trials | sum of the validation losses of trials and images |
//! | maximum norm of the gradient | 1 | 1 | 1 |
//! | kept weights | the last | the last | the last |
//! | folds of objects | 3 | 3 | none: the published training and test trials |
//!
//! The first paper is Muttenthaler, Dippel, Linhardt, Vandermeulen & Kornblith, "Human alignment of
//! neural network representations" (ICLR 2023, arXiv 2211.01201), the second one Muttenthaler et al.,
//! "Improving neural network representations using human similarity judgments" (NeurIPS 2023, arXiv
//! 2306.04507). Their scripts are in the repositories `LukasMut/human_alignment` and
//! `LukasMut/gLocal`.
//!
//! The values are the defaults of the arguments of the newest known version of each script, except
//! `--regularization eye`, which makes a transform of `main_global_probing.py` global. All arguments
//! can be changed; the values that the scripts accept are in [`PublishedGrid`]. A bias
//! (`--use_bias`; not in `main_probing.py`) and SGD with momentum 0.9 (`--optim SGD`) are arguments of
//! the scripts too, and the published gLocal transforms have a bias.
//!
//! Other scripts and versions:
//!
//! - An earlier version of `main_probing.py` does not clip gradients, and has a default λ of 0.01. A
//!   still earlier one (`probing/transforms.py`) penalizes λ (0.8 ‖W‖ + 0.2 ‖W‖₁), and its initial W
//!   has a standard deviation of 0.01 (0.001 for VGG networks).
//! - `main_probing_final.py` learns a naive transform from the published training trials; its default
//!   λ is 0.1.
//! - `main_probing.py` of the second repository starts with 1e-3 times the identity and has no
//!   warm-up, at least 10 epochs and a patience of 10.
//! - `main_glocal_probing_efficient.py`, the search for gLocal, has a default λ of 1e-3 with the
//!   penalty λ ‖W‖, and trains on the first of 4 folds only; `main_glocal_probing.py`, which computes
//!   features during training, on the first of 3. An earlier version of the latter has at least 10
//!   epochs, a patience of 10 and τ = 0.1.
//!
//! # Folds of the published scripts
//!
//! `main_probing.py` and `main_global_probing.py` divide objects, not trials, by `KFold(shuffle=True)`
//! with 3 folds and the seed 42. The published training and test trials are joined before. A trial
//! is used for training if its three objects are in the training set, for validation if all are in
//! the held-out set, and otherwise ignored, as in
//! [`HoldOut::Objects`](crate::probe::HoldOut::Objects): with 3 folds and trials of random objects,
//! 30 % of the trials train and 4 % validate. Five properties of the scripts affect their accuracies:
//!
//! - Features are standardized by the moments of all objects
//!   ([`Moments::AllObjects`](crate::probe::Moments::AllObjects)).
//! - The held-out trials decide when training stops, and are the trials whose accuracy is reported,
//!   and by which the settings are chosen.
//! - One early-stopping object serves all folds, and is not reset. After a fold that stopped
//!   early, the next one must improve on the lowest validation loss of the folds before, and otherwise
//!   stops at the minimum number of epochs. [`MiniBatchProbe::with_stopping_state`] does the same. (An
//!   exception are folds that run in new processes, as with `--device cpu` of
//!   `main_global_probing.py`.)
//! - The accuracy is the mean of the folds, and the saved transform is that of the last fold.
//! - Ties are counted as in
//!   [`TiePolicy::PublishedProbe`](crate::metric::odd_one_out::TiePolicy::PublishedProbe).
//!
//! # Differences from the published scripts
//!
//! - The scripts embed all objects for every batch. Here, only the objects of its trials are
//!   embedded, which gives the same numbers.
//! - The scripts do not standardize the images of the local term, but do standardize the objects.
//!   Here, both are standardized by the same moments, so that the identity, which changes no
//!   similarity, minimizes the local term. [`ContextFeatures::AsGiven`] does as the scripts.
//! - An epoch of the gLocal scripts has as many steps as there are batches of trials or of images,
//!   whichever are more: `ZippedBatchLoader` starts again with the fewer ones, in a new order. Here,
//!   an epoch is one pass over the trials, which are more for THINGS and ImageNet, and images are
//!   shuffled again whenever fewer remain than a batch needs; the scripts also use the smaller last
//!   batch.
//! - The scripts validate with pairs of batches in the same way, so that validation images are
//!   repeated. Here, each complete batch of validation images is used once.
//! - The scripts compute in `f32`. Here, computations are in `f64`, and the same seed gives bitwise
//!   equal results with any number of threads. The random numbers differ from those of PyTorch.

mod batch;
mod data;
mod fit;
mod grid;
mod initialization;
mod local;
mod local_term;
mod objective;
mod optimizer;
mod penalty;
mod presets;
mod recipe;
mod training;
mod trial_loss;

pub use fit::{Epoch, Kept, MiniBatchFit, Monitored, StoppingReason, StoppingState};
pub use grid::PublishedGrid;
pub use initialization::Initialization;
pub use local::{ContextFeatures, LocalSimilarity};
pub(crate) use optimizer::Descent;
pub use optimizer::{Optimizer, WarmUp};
pub use penalty::Penalty;
pub use recipe::MiniBatchProbe;
