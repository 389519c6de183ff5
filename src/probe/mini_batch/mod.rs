//! The published recipe: a linear transform learned from choices with mini-batches.
//!
//! This module implements the transforms of two papers, so that their results can be reproduced and
//! compared. To learn a transform for other purposes, prefer the convex [`Probe`](crate::Probe): it
//! finds the global optimum with a certificate, while the result here depends on the learning rate,
//! the batches and the stopping rule. [`Probe::bound`](crate::Probe::bound) computes how far a
//! transform learned here may be from the optimum.
//!
//! # The objective
//!
//! With standardised features x, weights W (features × features) and a bias b, an object is
//! embedded as y = xW + b, and a pair of a trial is chosen with probability softmax(dot product /
//! temperature) over its pairs. Each step follows the gradient of
//!
//! (1 − α) · mean over a batch of trials of −ln p(chosen pair) + α · local term + penalty,
//!
//! in nats. For gLocal, the local term is the [`LocalSimilarity`] of a batch of other images, with
//! its weight α; otherwise α = 0. The bias is not penalised. Features are standardised by one mean
//! and standard deviation over all rows of the representation.
//!
//! | | [`MiniBatchProbe::naive`] | [`MiniBatchProbe::glocal`] |
//! |---|---|---|
//! | paper | Muttenthaler, Dippel, Linhardt, Vandermeulen & Kornblith, "Human alignment of neural network representations" (ICLR 2023, arXiv 2211.01201) | Muttenthaler et al., "Improving neural network representations using human similarity judgments" (NeurIPS 2023, arXiv 2306.04507) |
//! | penalty | λ ‖W‖, the norm not squared | λ ‖W − mean(diag W) · I‖² |
//! | initial W | Gaussian, standard deviation 1e-3 | 1e-3 times the identity |
//! | bias | none | initialised with 1e-3 |
//! | optimizer | Adam | SGD, momentum 0.9 |
//! | learning rate | 1e-3 | 1e-3, increasing linearly from a third of it over the maximum number of epochs |
//! | trials in a batch | 256 | 256 |
//! | images in a batch | – | 1,024 |
//! | epochs | 10 to 100 | 20 to 100 |
//! | patience | 10 epochs without an improvement of 1e-4 | 15 epochs without an improvement of 1e-4 |
//! | maximum norm of the gradient | 1 | 1 |
//! | kept weights | the last | the last |
//!
//! Both published scripts are run over grids of settings: the learning rate, λ, and α and τ for
//! gLocal; the defaults here are one point of the grids. The bias is optional in both scripts; the
//! published gLocal transforms have one. The first version of the ICLR script did not clip
//! gradients. The "global" transform of the second paper is the naive one with
//! [`Penalty::ScaledIdentity`] and [`Initialization::ScaledIdentity`].
//!
//! # Differences from the published scripts
//!
//! - The scripts embed all objects for every batch. Here, only the objects of its trials are
//!   embedded, which gives the same numbers.
//! - The scripts do not standardise the images of the local term, but do standardise the objects.
//!   Here, both are standardised by the same moments, so that the identity, which changes no
//!   similarity, minimises the local term.
//! - The scripts validate gLocal by the plain sum of both losses. Here, validation uses the
//!   objective without the penalty, (1 − α) · loss of trials + α · local term.
//! - The scripts end an epoch when either trials or images run out. Here, an epoch is one pass over
//!   the trials, and images are shuffled again whenever fewer remain than a batch needs.
//! - The scripts compute in `f32`. Here, computations are in `f64`, and the same seed gives bitwise
//!   equal results with any number of threads. The random numbers differ from those of PyTorch.

mod batch;
mod data;
mod fit;
mod initialization;
mod local;
mod local_term;
mod objective;
mod optimizer;
mod penalty;
mod recipe;
mod training;
mod trial_loss;

pub use fit::{Epoch, Kept, MiniBatchFit, StoppingReason};
pub use initialization::Initialization;
pub use local::LocalSimilarity;
pub use optimizer::{Optimizer, WarmUp};
pub use penalty::Penalty;
pub use recipe::MiniBatchProbe;
