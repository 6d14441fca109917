//! Value to level to colour or glyph; shared by screen and files.

mod colormap;
mod depth;
mod ground;
mod indexed;
mod level;
mod ramp;
mod step;

pub use colormap::Colormap;
pub use depth::Depth;
pub use ground::{Ground, contrast, luminance};
pub use level::{LEVELS, Level, level};
pub use ramp::{Palette, Ramp, Tint};
pub use step::round_step;
