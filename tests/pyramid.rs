//! Windows, tiles and pyramids against cells asked for one by one, on layers of every kind.
#![cfg(test)]

use headlight::capture::{
    Head, Key, Layer, LayerRecord, Pool, Query, RowNumbers, Rule, Thumbnails,
};
use headlight::lens::{Grid, Pattern, Pyramid, Scale, Select, Tiles, base_tile};
use proptest::prelude::*;

/// A layer of random queries and keys; its log-sum-exps are sums over its cells.
fn layer(tokens: usize, (kv_heads, group, dim): (usize, usize, usize), rule: Rule) -> LayerRecord {
    let heads = kv_heads * group;
    let mut state = 0x9E37_79B9_7F4A_7C15u64 ^ tokens as u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    let mut vector = |count: usize| -> Vec<f32> { (0..count).map(|_| random()).collect() };
    let mut layer = LayerRecord {
        layer: Layer(0),
        heads,
        kv_heads,
        tokens,
        head_dim: dim,
        q: vector(heads * tokens * dim).into(),
        k: vector(kv_heads * tokens * dim).into(),
        lse: vec![0.0; heads * tokens].into(),
        rule,
        rows: RowNumbers::default(),
        received: vec![0.0; heads * tokens].into(),
        thumbnails: Thumbnails::default(),
        value_norms: vector(heads * tokens)
            .into_iter()
            .map(f32::abs)
            .collect::<Vec<_>>()
            .into(),
        dense: None,
        trail: None,
    };
    // With log-sum-exps of 0 a weight is the exponential of its score.
    let mut lse = Vec::with_capacity(heads * tokens);
    for h in 0..heads {
        for i in 0..tokens {
            let keys = layer.rule.visible(i);
            let cells = keys.filter_map(|j| layer.weight(Head(h), Query(i), Key(j)));
            let sink = layer.rule.sink(h).map_or(0.0, f32::exp);
            lse.push((cells.sum::<f32>() + sink).ln());
        }
    }
    layer.lse = lse.into();
    layer
}

fn rule() -> impl Strategy<Value = Rule> {
    let window = prop::option::of(1usize..60);
    let softcap = prop::option::of(0.5f32..4.0);
    (window, softcap, any::<bool>(), any::<bool>()).prop_map(|(window, softcap, slopes, sinks)| {
        Rule {
            window,
            softcap,
            slopes: match slopes {
                true => vec![0.5, 0.25, 0.125, 0.06, 0.03, 0.01],
                false => Vec::new(),
            },
            sinks: match sinks {
                true => vec![0.5, -1.0, 2.0, 0.0, 1.0, -3.0],
                false => Vec::new(),
            },
            ..Rule::scaled(1.5)
        }
    })
}

fn select() -> impl Strategy<Value = Select> {
    prop_oneof![
        Just(Select::Head(Head(0))),
        Just(Select::Head(Head(1))),
        Just(Select::Mean)
    ]
}

fn same(found: Option<f32>, expected: Option<f32>, what: &str) -> Result<(), TestCaseError> {
    let near = match (found, expected) {
        (None, None) => true,
        (Some(a), Some(b)) => (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-5 * (1.0 + b.abs()),
        _ => false,
    };
    prop_assert!(near, "{what}: {found:?}, expected {expected:?}");
    Ok(())
}

/// The tiles, from cells at the scale that is pooled.
fn brute(pattern: &Pattern, n: usize, tiles: &Tiles, pool: Pool) -> Grid {
    let mut grid = Grid::masked(tiles.rows.len(), tiles.columns.len());
    let bounds = |at: usize| (at * tiles.tile).min(n)..((at + 1) * tiles.tile).min(n);
    for (r, row) in tiles.rows.clone().enumerate() {
        for (c, column) in tiles.columns.clone().enumerate() {
            let cells = bounds(row).flat_map(|i| bounds(column).map(move |j| (i, j)));
            let seen: Vec<f32> = cells
                .filter_map(|(i, j)| pattern.cell(Query(i), Key(j)))
                .collect();
            let mean = seen.iter().sum::<f32>() / seen.len() as f32;
            let max = seen.iter().copied().fold(0.0, f32::max);
            let nan = seen.iter().any(|value| value.is_nan());
            grid.cells[r * tiles.columns.len() + c] = match pool {
                _ if seen.is_empty() => None,
                Pool::Max if nan => Some(f32::NAN),
                Pool::Max => Some(max),
                Pool::Mean => Some(mean),
            };
        }
    }
    grid
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn windows_are_their_cells(
        n in 1usize..150,
        shape in (1usize..3, 1usize..3, 1usize..20),
        rule in rule(),
        select in select(),
        scale in prop::sample::select(Scale::ALL.to_vec()),
        at in (0usize..150, 0usize..150, 1usize..70, 1usize..70),
    ) {
        prop_assume!(select != Select::Head(Head(1)) || shape.0 * shape.1 > 1);
        let layer = layer(n, shape, rule);
        let pattern = Pattern::new(&layer, select, scale);
        let (queries, keys) = (at.0..at.0 + at.2, at.1..at.1 + at.3);
        let factors = pattern.factors(0..n);
        for known in [None, Some(&factors)] {
            let window = pattern.window(queries.clone(), keys.clone(), known);
            for (r, i) in queries.clone().enumerate() {
                for (c, j) in keys.clone().enumerate() {
                    let expected = pattern.cell(Query(i), Key(j));
                    same(window.get(r, c), expected, &format!("{i} {j}"))?;
                }
            }
        }
    }

    #[test]
    fn tiles_and_pyramids_are_the_max_and_mean_of_their_cells(
        n in 1usize..150,
        shape in (1usize..3, 1usize..3, 1usize..20),
        rule in rule(),
        select in select(),
        scale in prop::sample::select(Scale::ALL.to_vec()),
        nan in prop::option::of(0usize..150),
        (times, row, column) in (1usize..8, 0usize..20, 0usize..20),
    ) {
        prop_assume!(select != Select::Head(Head(1)) || shape.0 * shape.1 > 1);
        let mut layer = layer(n, shape, rule);
        if let Some(i) = nan.filter(|i| *i < n) {
            let mut lse = layer.lse.to_vec();
            lse[i] = f32::NAN;
            layer.lse = lse.into();
        }
        let scale = scale.pooled_as();
        let pattern = Pattern::new(&layer, select, scale);
        let pyramid = Pyramid::build(&pattern, &|| false).unwrap();
        prop_assert!(pyramid.bytes() > 0);
        prop_assert_eq!(pyramid.factors().hold(&(0..n)), scale.needs_row());
        let base = base_tile(n);
        for tile in [times, times * base] {
            let all = n.div_ceil(tile);
            let part = |first: usize| first.min(all)..(first + 9).min(all);
            let tiles = Tiles { tile, rows: part(row), columns: part(column) };
            for pool in [Pool::Max, Pool::Mean] {
                let expected = brute(&pattern, n, &tiles, pool);
                let view = pyramid.view(&tiles, pool);
                prop_assert_eq!(view.is_some(), tile.is_multiple_of(base));
                let direct = pattern.tiles(&tiles, pool, None);
                let known = pattern.tiles(&tiles, pool, Some(pyramid.factors()));
                let on_all_cores = pattern.tiles_unless(&tiles, pool, &|| false).unwrap();
                for found in [direct, known, on_all_cores].into_iter().chain(view) {
                    prop_assert_eq!((found.rows, found.columns), (expected.rows, expected.columns));
                    for (found, expected) in found.cells.iter().zip(&expected.cells) {
                        same(*found, *expected, &format!("{tile} {pool:?}"))?;
                    }
                }
            }
        }
    }

    #[test]
    fn a_picture_of_any_size_pools_the_same_cells(
        n in 1usize..120,
        (rows, columns) in (1usize..50, 1usize..50),
        rule in rule(),
        scale in prop::sample::select(Scale::ALL.to_vec()),
    ) {
        let layer = layer(n, (1, 2, 8), rule);
        let pattern = Pattern::new(&layer, Select::Mean, scale);
        let found = pattern.pooled(0..n, 0..n, rows, columns, Pool::Max);
        let (rows, columns) = (rows.min(n), columns.min(n));
        let mut expected = Grid::masked(rows, columns);
        for i in 0..n {
            for j in 0..n {
                let tile = i * rows / n * columns + j * columns / n;
                if let Some(value) = pattern.cell(Query(i), Key(j)) {
                    let held = &mut expected.cells[tile];
                    *held = Some(held.map_or(value, |held| held.max(value)));
                }
            }
        }
        for (found, expected) in found.cells.iter().zip(&expected.cells) {
            same(*found, *expected, "pooled")?;
        }
    }
}

#[test]
fn building_stops_when_it_is_cancelled() {
    let layer = layer(200, (1, 1, 8), Rule::scaled(1.0));
    let pattern = Pattern::new(&layer, Select::Head(Head(0)), Scale::Raw);
    assert!(Pyramid::build(&pattern, &|| true).is_none());
    let tiles = Tiles {
        tile: 4,
        rows: 0..50,
        columns: 0..50,
    };
    assert!(pattern.tiles_unless(&tiles, Pool::Max, &|| true).is_none());
}

#[test]
fn memory_is_bounded_whatever_the_length() {
    for tokens in [1usize, 5000, 1 << 20] {
        assert!(tokens.div_ceil(base_tile(tokens)) <= 2048);
    }
}
