//! Functions of vectors.
//!
//! Polynomials and splits of ln 2 as in Cephes (Moshier 1989); errors against f64 are held by the
//! tests: 2e-7 of the value for `exp` and `tanh`, 1e-6 of `max(1, |x|)` for the activations.

use pulp::Simd;

/// Below it `exp` is 0: its value would be no normal number.
const LOWEST: f32 = -87.0;
const HIGHEST: f32 = 88.0;

/// `exp(x)` for `x <= 88`, 0 below -87, NaN of NaN.
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let at = |value: f32| simd.splat_f32s(value);
    let inside = simd.max_f32s(at(LOWEST), simd.min_f32s(at(HIGHEST), x));
    // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the lowest bits.
    let magic = at(12_582_912.0);
    let shifted = simd.mul_add_e_f32s(inside, at(std::f32::consts::LOG2_E), magic);
    let whole = simd.sub_f32s(shifted, magic);
    let r = simd.mul_add_e_f32s(whole, at(-0.693_359_4), inside);
    let r = simd.mul_add_e_f32s(whole, at(2.121_944_4e-4), r);
    let mut p = at(1.987_569_2e-4);
    p = simd.mul_add_e_f32s(p, r, at(1.398_2e-3));
    p = simd.mul_add_e_f32s(p, r, at(8.333_452e-3));
    p = simd.mul_add_e_f32s(p, r, at(4.166_579_6e-2));
    p = simd.mul_add_e_f32s(p, r, at(1.666_666_5e-1));
    p = simd.mul_add_e_f32s(p, r, at(0.5));
    p = simd.mul_add_e_f32s(p, simd.mul_f32s(r, r), simd.add_f32s(r, at(1.0)));
    let power = simd.transmute_u32s_f32s(shifted);
    let power = simd.wrapping_dyn_shl_u32s(power, simd.splat_u32s(23));
    let value = simd.add_u32s(simd.transmute_u32s_f32s(p), power);
    let value = simd.transmute_f32s_u32s(value);
    let tiny = simd.less_than_f32s(x, at(LOWEST));
    let value = simd.select_f32s(tiny, at(0.0), value);
    // NaN would come out as some number: the shift loses its bits.
    let number = simd.equal_f32s(x, x);
    simd.select_f32s(number, value, x)
}

/// `1 / (1 + exp(-x))`.
#[inline(always)]
pub(super) fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    let e = exp(simd, simd.neg_f32s(x));
    simd.div_f32s(one, simd.add_f32s(one, e))
}

/// `tanh(x)`.
#[inline(always)]
pub(super) fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let at = |value: f32| simd.splat_f32s(value);
    let square = simd.mul_f32s(x, x);
    let mut p = at(-5.704_988_7e-3);
    p = simd.mul_add_e_f32s(p, square, at(2.063_909e-2));
    p = simd.mul_add_e_f32s(p, square, at(-5.373_971_6e-2));
    p = simd.mul_add_e_f32s(p, square, at(1.333_144_2e-1));
    p = simd.mul_add_e_f32s(p, square, at(-3.333_328e-1));
    let near = simd.mul_add_e_f32s(simd.mul_f32s(p, square), x, x);
    let double = simd.add_f32s(x, x);
    let far = simd.div_f32s(at(2.0), simd.add_f32s(exp(simd, double), at(1.0)));
    let far = simd.sub_f32s(at(1.0), far);
    let small = simd.less_than_f32s(simd.abs_f32s(x), at(0.625));
    simd.select_f32s(small, near, far)
}

/// `x * sigmoid(slope * x)`: SiLU where the slope is 1.
#[inline(always)]
pub(super) fn swish<S: Simd>(simd: S, x: S::f32s, slope: f32) -> S::f32s {
    let inner = simd.mul_f32s(x, simd.splat_f32s(slope));
    simd.mul_f32s(x, sigmoid(simd, inner))
}

/// GELU by its tanh approximation; `(1 + tanh u) / 2 = sigmoid(2 u)`.
#[inline(always)]
pub(super) fn gelu_tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let at = |value: f32| simd.splat_f32s(value);
    let cubic = simd.mul_f32s(simd.mul_f32s(x, x), at(2.0 * 0.797_884_6 * 0.044_715));
    let u = simd.mul_f32s(x, simd.add_f32s(cubic, at(2.0 * 0.797_884_6)));
    simd.mul_f32s(x, sigmoid(simd, u))
}

/// GELU by the error function, which is formula 7.1.26 of Abramowitz & Stegun (1964).
#[inline(always)]
pub(super) fn gelu_erf<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let at = |value: f32| simd.splat_f32s(value);
    let z = simd.mul_f32s(simd.abs_f32s(x), at(std::f32::consts::FRAC_1_SQRT_2));
    let t = simd.mul_add_e_f32s(z, at(0.327_591_1), at(1.0));
    let t = simd.div_f32s(at(1.0), t);
    let mut p = at(1.061_405_4);
    p = simd.mul_add_e_f32s(p, t, at(-1.453_152));
    p = simd.mul_add_e_f32s(p, t, at(1.421_413_7));
    p = simd.mul_add_e_f32s(p, t, at(-0.284_496_74));
    p = simd.mul_add_e_f32s(p, t, at(0.254_829_6));
    let tail = exp(simd, simd.neg_f32s(simd.mul_f32s(z, z)));
    // The share of the other side: (1 - erf z) / 2.
    let other = simd.mul_f32s(simd.mul_f32s(simd.mul_f32s(p, t), tail), at(0.5));
    let positive = simd.less_than_f32s(at(0.0), x);
    let share = simd.select_f32s(positive, simd.sub_f32s(at(1.0), other), other);
    simd.mul_f32s(x, share)
}
