//! What a panel of networks can't tell.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Factor;

/// Why the numbers of an analysis of drivers say less than they seem to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RsaCaution {
    /// There are fewer than ten networks for each column of the regression.
    FewNetworks {
        /// Networks.
        n_networks: usize,
        /// Columns, the intercept not counted.
        n_columns: usize,
    },
    /// No networks are left over to estimate the noise from: there are no coefficients.
    Saturated {
        /// Networks.
        n_networks: usize,
        /// Columns, the intercept not counted.
        n_columns: usize,
    },
    /// All networks are the same in this factor, which is left out.
    Constant {
        /// The factor.
        factor: Factor,
    },
    /// The factor is not known of all networks, and is left out.
    Unknown {
        /// The factor.
        factor: Factor,
        /// Networks of which it is not known.
        n_networks: usize,
    },
    /// In this panel the one factor follows from the other: whatever it explains, the other explains too.
    Aliased {
        /// The one.
        factor: Factor,
        /// The other.
        by: Factor,
    },
    /// The factors together determine one another, so that coefficients are not unique: there are none.
    Collinear,
}

impl fmt::Display for RsaCaution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RsaCaution::FewNetworks {
                n_networks,
                n_columns,
            } => write!(
                f,
                "{n_networks} networks for {n_columns} columns of a regression are few: read intervals, not \
                 points, and expect other networks to give other shares"
            ),
            RsaCaution::Saturated {
                n_networks,
                n_columns,
            } => write!(
                f,
                "{n_columns} columns fit {n_networks} networks whatever their alignment is: there are no \
                 coefficients, and R² means nothing"
            ),
            RsaCaution::Constant { factor } => {
                write!(
                    f,
                    "all networks have the same {factor}: nothing is said of it"
                )
            }
            RsaCaution::Unknown { factor, n_networks } => write!(
                f,
                "{factor} is not known of {n_networks} of the networks: nothing is said of it"
            ),
            RsaCaution::Aliased { factor, by } => write!(
                f,
                "{factor} follows from {by} in this panel: what it explains, {by} explains too"
            ),
            RsaCaution::Collinear => f.write_str(
                "the factors determine one another in this panel: there are no coefficients",
            ),
        }
    }
}
