//! The published recipes with the defaults of their scripts.

use crate::error::Result;
use crate::probe::Standardize;
use crate::probe::mini_batch::{
    Initialization, Kept, LocalSimilarity, MiniBatchProbe, Monitored, Optimizer, Penalty,
    StoppingState, WarmUp,
};

impl MiniBatchProbe {
    /// Creates the naive transform (ICLR 2023) with the weight λ of the Frobenius norm, as in
    /// `main_probing.py`. The default λ of this script is 1e-3, that of its first versions 0.01, and
    /// that of `main_probing_final.py` 0.1.
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the weight is negative or not finite.
    pub fn naive(penalty: f64) -> Result<Self> {
        Self {
            penalty: Penalty::Norms {
                weight: 0.0,
                frobenius_share: 1.0,
            },
            local: None,
            temperature: 1.0,
            has_bias: false,
            standardize: Standardize::default(),
            initialization: Initialization::Gaussian,
            initial_scale: 1e-3,
            optimizer: Optimizer::Adam,
            learning_rate: 1e-3,
            warm_up: WarmUp::None,
            gradient_clipping: Some(1.0),
            batch_size: 256,
            min_epochs: 10,
            max_epochs: 100,
            patience: Some(10),
            min_improvement: 1e-4,
            monitored: Monitored::default(),
            stopping_state: StoppingState::default(),
            kept: Kept::default(),
            seed: 0,
        }
        .with_penalty(Penalty::Norms {
            weight: penalty,
            frobenius_share: 1.0,
        })
    }

    /// Creates the global transform (NeurIPS 2023) with the weight λ of the penalty towards a
    /// multiple of the identity, as in `main_global_probing.py` with `--regularization eye`. The
    /// default λ of this script is 1e-3.
    ///
    /// Without this argument, the script computes the naive transform of the second paper, which
    /// starts with a multiple of the identity too. It is this transform with [`Penalty::Norms`].
    ///
    /// ```
    /// use human_alignment::probe::mini_batch::{MiniBatchProbe, Penalty};
    ///
    /// let global = MiniBatchProbe::global(1e-3)?;
    /// let naive = global.with_penalty(Penalty::Norms { weight: 1e-3, frobenius_share: 1.0 })?;
    /// assert_eq!(naive.penalty().to_string(), "0.001 · ‖W‖");
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the weight is negative or not finite.
    pub fn global(penalty: f64) -> Result<Self> {
        Self {
            initialization: Initialization::ScaledIdentity,
            warm_up: WarmUp::OverMaxEpochs { from: 1.0 / 3.0 },
            min_epochs: 15,
            ..Self::naive(0.0)?
        }
        .with_penalty(Penalty::ScaledIdentity { weight: penalty })
    }

    /// Creates the gLocal transform (NeurIPS 2023) with a local term and the weight λ of the
    /// penalty towards a multiple of the identity, as in `main_glocal_probing_final.py`. The default
    /// λ of this script is 0.1; that of the search, `main_glocal_probing_efficient.py`, is 1e-3.
    ///
    /// The defaults of the script are Adam and no bias. The published gLocal transforms have a bias,
    /// and the class of the repository that loads a transform (`GlocalTransform`) expects one learned
    /// by SGD with η = 0.001, λ = 1, α = 0.25, τ = 0.1 and 1,024 images in a batch:
    ///
    /// ```
    /// use human_alignment::probe::mini_batch::{LocalSimilarity, MiniBatchProbe, Optimizer};
    /// use human_alignment::{Representation, Stimuli};
    ///
    /// # let features = ndarray::Array2::<f32>::eye(4);
    /// let images = Representation::new(Stimuli::numbered(4), features)?;
    /// let local = LocalSimilarity::new(images, 0.25, 0.1)?;
    /// let sgd = Optimizer::Sgd { momentum: 0.9 };
    /// let probe = MiniBatchProbe::glocal(local, 1.0)?.with_optimizer(sgd)?.with_bias();
    /// # assert_eq!(probe.penalty().weight(), 1.0);
    /// # Ok::<(), human_alignment::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns `ArgumentError::InvalidParameter` if the weight is negative or not finite.
    pub fn glocal(local: LocalSimilarity, penalty: f64) -> Result<Self> {
        Ok(Self {
            local: Some(local),
            min_epochs: 20,
            patience: Some(15),
            monitored: Monitored::SumOfLosses,
            ..Self::global(penalty)?
        })
    }
}
