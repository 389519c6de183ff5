//! The factors of a picture.

use rand::{Rng, RngExt};

/// Shape of the figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Disc,
    Ring,
    Crescent,
    Square,
    Triangle,
    Star,
    Cross,
    Bar,
}

impl Shape {
    pub const ALL: [Shape; 8] = [
        Shape::Disc,
        Shape::Ring,
        Shape::Crescent,
        Shape::Square,
        Shape::Triangle,
        Shape::Star,
        Shape::Cross,
        Shape::Bar,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Shape::Disc => "disc",
            Shape::Ring => "ring",
            Shape::Crescent => "crescent",
            Shape::Square => "square",
            Shape::Triangle => "triangle",
            Shape::Star => "star",
            Shape::Cross => "cross",
            Shape::Bar => "bar",
        }
    }
}

/// Texture of the figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texture {
    Plain,
    Stripes,
    Dots,
    Checks,
}

impl Texture {
    pub const ALL: [Texture; 4] = [
        Texture::Plain,
        Texture::Stripes,
        Texture::Dots,
        Texture::Checks,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Texture::Plain => "plain",
            Texture::Stripes => "stripes",
            Texture::Dots => "dots",
            Texture::Checks => "checks",
        }
    }
}

/// The colour family of the figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Red,
    Green,
    Blue,
    Violet,
}

impl Colour {
    pub const ALL: [Colour; 4] = [Colour::Red, Colour::Green, Colour::Blue, Colour::Violet];

    pub fn name(self) -> &'static str {
        match self {
            Colour::Red => "red",
            Colour::Green => "green",
            Colour::Blue => "blue",
            Colour::Violet => "violet",
        }
    }

    /// Returns red, green and blue, each in [0, 1].
    pub fn rgb(self) -> [f32; 3] {
        match self {
            Colour::Red => [0.85, 0.15, 0.15],
            Colour::Green => [0.10, 0.60, 0.20],
            Colour::Blue => [0.15, 0.30, 0.85],
            Colour::Violet => [0.60, 0.20, 0.75],
        }
    }
}

/// Colour of the background, which participants ignore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    Sand,
    Mint,
    Sky,
    Grey,
    Rose,
    Lilac,
    Lemon,
    Slate,
}

impl Background {
    pub const ALL: [Background; 8] = [
        Background::Sand,
        Background::Mint,
        Background::Sky,
        Background::Grey,
        Background::Rose,
        Background::Lilac,
        Background::Lemon,
        Background::Slate,
    ];

    /// Returns red, green and blue, each in [0, 1].
    pub fn rgb(self) -> [f32; 3] {
        match self {
            Background::Sand => [0.90, 0.80, 0.60],
            Background::Mint => [0.65, 0.90, 0.75],
            Background::Sky => [0.65, 0.80, 0.95],
            Background::Grey => [0.75, 0.75, 0.75],
            Background::Rose => [0.95, 0.70, 0.75],
            Background::Lilac => [0.80, 0.70, 0.95],
            Background::Lemon => [0.95, 0.95, 0.60],
            Background::Slate => [0.55, 0.60, 0.65],
        }
    }
}

/// All factors of a picture but the noise.
#[derive(Debug, Clone, PartialEq)]
pub struct Factors {
    pub shape: Shape,
    pub texture: Texture,
    pub colour: Colour,
    pub background: Background,
    /// Size of the figure, from 0 (small) to 1 (large).
    pub size: f32,
    /// Rotation of the figure, in radians.
    pub rotation: f32,
    /// Offset of the figure from the centre of the picture, in pixels.
    pub offset: [f32; 2],
    /// Gradients of the brightness of the background, to the right and down.
    pub gradient: [f32; 2],
}

impl Factors {
    /// Draws the other factors of a figure with a shape and a texture at random.
    pub fn draw(shape: Shape, texture: Texture, rng: &mut impl Rng) -> Self {
        let mut within = |limit: f32| rng.random_range(-limit..limit);
        Self {
            shape,
            texture,
            rotation: within(0.25),
            offset: [within(1.5), within(1.5)],
            gradient: [within(0.15), within(0.15)],
            size: rng.random(),
            colour: Colour::ALL[rng.random_range(0..Colour::ALL.len())],
            background: Background::ALL[rng.random_range(0..Background::ALL.len())],
        }
    }
}
