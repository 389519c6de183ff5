//! Dense and convolutional layers, from differentiable operations of candle.

use candle_core::{DType, Device, Result, Tensor, Var};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// Number of elements from which candle distributes element-wise operations over a pool of threads
/// that all callers share. Networks that are trained in parallel are several times faster below
/// this number.
const SHARED_FROM: usize = 64 * 1024;

/// A dense layer, from rows of inputs to rows of outputs.
pub struct Dense {
    /// Weights and biases, each for some of the outputs.
    blocks: Vec<[Var; 2]>,
}

impl Dense {
    /// Creates a layer with random weights, scaled for rectified units (He, Zhang, Ren & Sun 2015),
    /// and biases of 0.
    ///
    /// The random generator of candle is not used, as all threads share it.
    pub fn new(n_inputs: usize, n_outputs: usize, rng: &mut impl Rng) -> Result<Self> {
        let scale = (2.0 / n_inputs as f32).sqrt();
        let mut weight = || scale * rng.sample::<f32, _>(StandardNormal);
        let n_blocks = (n_inputs * n_outputs).div_ceil(SHARED_FROM);
        let mut blocks = Vec::new();
        for block in 0..n_blocks {
            let n = n_outputs * (block + 1) / n_blocks - n_outputs * block / n_blocks;
            let weights = (0..n_inputs * n).map(|_| weight()).collect();
            let weights = Tensor::from_vec(weights, (n_inputs, n), &Device::Cpu)?;
            let biases = Var::zeros(n, DType::F32, &Device::Cpu)?;
            blocks.push([Var::from_tensor(&weights)?, biases]);
        }
        Ok(Self { blocks })
    }

    pub fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let outputs = self
            .blocks
            .iter()
            .map(|[weights, biases]| rows.matmul(weights)?.broadcast_add(biases))
            .collect::<Result<Vec<_>>>()?;
        Tensor::cat(&outputs, 1)
    }

    pub fn parameters(&self) -> impl Iterator<Item = &Var> {
        self.blocks.iter().flatten()
    }
}

/// A convolution without padding: a dense layer that is applied at every position of a map.
///
/// Maps are `pictures × positions × channels`. The patches at all positions of some pictures are
/// gathered for one matrix product, whose gradient is much faster than that of the convolution of
/// candle.
pub struct Convolution {
    dense: Dense,
    /// For each position of the output, the positions of the input in its patch.
    patches: Tensor,
    side: usize,
}

impl Convolution {
    /// Creates kernels of `width × width` with a stride, for maps of `side × side`.
    pub fn new(
        side: usize,
        width: usize,
        stride: usize,
        [n_inputs, n_outputs]: [usize; 2],
        rng: &mut impl Rng,
    ) -> Result<Self> {
        let side_out = (side - width) / stride + 1;
        let mut patches = Vec::new();
        for place in 0..side_out * side_out {
            let (top, left) = (place / side_out * stride, place % side_out * stride);
            patches.extend((0..width * width).map(|within| {
                let (row, column) = (top + within / width, left + within % width);
                (row * side + column) as u32
            }));
        }
        Ok(Self {
            dense: Dense::new(width * width * n_inputs, n_outputs, rng)?,
            patches: Tensor::new(patches, &Device::Cpu)?,
            side: side_out,
        })
    }

    /// Returns the number of positions along a side of the output.
    pub fn side(&self) -> usize {
        self.side
    }

    pub fn forward(&self, maps: &Tensor) -> Result<Tensor> {
        let (n_pictures, _, n_channels) = maps.dims3()?;
        let n_places = self.side * self.side;
        let n_gathered = n_pictures * self.patches.elem_count() * n_channels;
        let mut outputs = Vec::new();
        for maps in maps.chunk(n_gathered.div_ceil(SHARED_FROM), 0)? {
            let n_pictures = maps.dim(0)?;
            let patches = maps.contiguous()?.index_select(&self.patches, 1)?;
            let rows = patches.reshape((n_pictures * n_places, ()))?;
            let output = self.dense.forward(&rows)?;
            outputs.push(output.reshape((n_pictures, n_places, ()))?);
        }
        Tensor::cat(&outputs, 0)
    }

    pub fn parameters(&self) -> impl Iterator<Item = &Var> {
        self.dense.parameters()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Compares outputs and gradients with those of the convolution of candle.
    #[test]
    fn a_convolution_is_one() -> Result<()> {
        // Enough pictures for two parts.
        let (n_pictures, side, width, stride) = (300, 7, 3, 2);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let convolution = Convolution::new(side, width, stride, [3, 4], &mut rng)?;
        let maps = (0..n_pictures * side * side * 3).map(|_| rng.sample(StandardNormal));
        let maps = Tensor::from_vec(
            maps.collect::<Vec<f32>>(),
            (n_pictures, side * side, 3),
            &Device::Cpu,
        )?;
        let ours = convolution.forward(&maps)?;
        assert_eq!(ours.dims(), [n_pictures, 9, 4]);

        let [kernel, _] = &convolution.dense.blocks[0];
        let as_images = maps.transpose(1, 2)?.reshape((n_pictures, 3, side, side))?;
        let as_kernel = kernel
            .reshape((width, width, 3, 4))?
            .permute((3, 2, 0, 1))?;
        let theirs = as_images.conv2d(&as_kernel.contiguous()?, 0, stride, 1, 1)?;
        let theirs = theirs.flatten_from(2)?.transpose(1, 2)?;
        let largest = |left: &Tensor, right: &Tensor| -> Result<f32> {
            (left - right)?.abs()?.flatten_all()?.max(0)?.to_scalar()
        };
        assert!(largest(&ours, &theirs)? < 1e-5);

        let gradient = |output: Tensor| -> Result<Tensor> {
            let gradients = output.sqr()?.mean_all()?.backward()?;
            Ok(gradients.get(kernel).expect("it is a variable").clone())
        };
        assert!(largest(&gradient(ours)?, &gradient(theirs)?)? < 1e-5);
        Ok(())
    }
}
