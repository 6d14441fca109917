// Scores of a block of rows to weights, and what is kept of each row.

// What one thread has seen of a row, or all of them.
struct Row {
    // Sums over keys: of exp(t) t; over all but the first key: of exp(t), and times the distance; and
    // of exp(t) of some keys. t is the score below the largest one.
    float terms, rest, distance, self, previous, first, duplicate, induction;
};

// Larger of two, where a NaN is larger than all.
__device__ float largest_of(float a, float b) { return (b > a || isnan(b)) ? b : a; }

__device__ float warp_sum(float value) {
    for (int step = 16; step > 0; step /= 2) value += __shfl_down_sync(0xffffffffu, value, step);
    return value;
}

__device__ float warp_largest(float value) {
    for (int step = 16; step > 0; step /= 2)
        value = largest_of(value, __shfl_down_sync(0xffffffffu, value, step));
    return value;
}

// The sum over all threads of a block, in all of them; `shared` holds a number a warp.
__device__ float block_sum(float value, float *shared) {
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    value = warp_sum(value);
    __syncthreads();
    if (lane == 0) shared[warp] = value;
    __syncthreads();
    float sum = 0;
    for (int at = 0; at < warps; at++) sum += shared[at];
    return sum;
}

__device__ float block_largest(float value, float *shared) {
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    value = warp_largest(value);
    __syncthreads();
    if (lane == 0) shared[warp] = value;
    __syncthreads();
    float largest = shared[0];
    for (int at = 1; at < warps; at++) largest = largest_of(largest, shared[at]);
    return largest;
}

// A thread block a row: blockIdx.x is the row, blockIdx.y the head.
//
// scores [H, rows, width]: products of queries and keys, from key `from` on; weights afterwards.
// ids [n]. slopes, sinks [H], where there are any.
// numbers [9, H, rows]: log-sum-exp, self, previous, first, entropy, duplicate, induction; of all
// keys but the first, the distance times the weight and the weight: of what a first key leaves over,
// nothing would be left by subtraction.
// largest, sums [H, rows, tiles]: of the weights of each tile of keys, from `first_tile` on; minus
// infinity and 0 where the query sees none of them.
extern "C" __global__ void rows(
    float *scores, const unsigned *ids, const float *slopes, const float *sinks, float *numbers,
    float *largest, float *sums, int rows, int width, int from, int start, int window,
    int has_slopes, int has_sinks, float scale, float softcap, int tile, int first_tile,
    int tiles) {
    __shared__ float shared[32];
    int head = blockIdx.y, heads = gridDim.y, row = blockIdx.x;
    int i = start + row;
    // The keys that the query sees, as columns.
    int low = window > 0 ? max(i + 1 - window, 0) - from : -from;
    low = max(low, 0);
    int high = min(i - from, width - 1);
    size_t place = (size_t)head * rows + row;
    float *cells = scores + place * width;
    float slope = has_slopes ? slopes[head] : 0;

    float top = -INFINITY;
    for (int c = low + (int)threadIdx.x; c <= high; c += blockDim.x) {
        float score = cells[c] * scale;
        if (softcap > 0) score = tanhf(score / softcap) * softcap;
        // Rounded twice, as on the processor, which computes the same score again from q and k.
        if (has_slopes) score = __fsub_rn(score, __fmul_rn(slope, (float)(i - from - c)));
        cells[c] = score;
        top = largest_of(top, score);
    }
    top = block_largest(top, shared);
    if (has_sinks) top = largest_of(top, sinks[head]);

    Row seen = {0, 0, 0, 0, 0, 0, 0, 0};
    unsigned id = ids[i];
    int lane = threadIdx.x % 32, warps = blockDim.x / 32;
    for (int at = threadIdx.x / 32; at < tiles; at += warps) {
        int begin = (first_tile + at) * tile - from;
        int end = min(begin + tile, width);
        float most = -INFINITY, sum = 0;
        for (int c = max(begin, low) + lane; c < end && c <= high; c += 32) {
            int j = from + c, behind = i - j;
            float below = cells[c] - top;
            float weight = expf(below);
            cells[c] = weight;
            // exp(t) t tends to 0 with exp(t), where the product itself would be 0 times infinity.
            seen.terms += weight * (below < -200 ? -200 : below);
            if (behind == 0) seen.self = weight;
            if (behind == 1) seen.previous = weight;
            if (j == 0) {
                seen.first = weight;
            } else {
                seen.rest += weight;
                seen.distance += weight * (float)behind;
            }
            if (behind > 0 && ids[j] == id) seen.duplicate += weight;
            if (j > 0 && ids[j - 1] == id) seen.induction += weight;
            most = largest_of(most, weight);
            sum += weight;
        }
        most = warp_largest(most);
        sum = warp_sum(sum);
        if (lane == 0) {
            largest[place * tiles + at] = most;
            sums[place * tiles + at] = sum;
        }
    }
    seen.rest = block_sum(seen.rest, shared);
    seen.terms = block_sum(seen.terms, shared);
    seen.distance = block_sum(seen.distance, shared);
    seen.self = block_sum(seen.self, shared);
    seen.previous = block_sum(seen.previous, shared);
    seen.first = block_sum(seen.first, shared);
    seen.duplicate = block_sum(seen.duplicate, shared);
    seen.induction = block_sum(seen.induction, shared);
    float sum = seen.first + seen.rest;
    float total = sum + (has_sinks ? expf(sinks[head] - top) : 0);

    for (int c = threadIdx.x; c < width; c += blockDim.x)
        cells[c] = c >= low && c <= high ? cells[c] / total : 0;
    for (int at = threadIdx.x; at < tiles; at += blockDim.x) {
        if (largest[place * tiles + at] == -INFINITY) continue;
        largest[place * tiles + at] /= total;
        sums[place * tiles + at] /= total;
    }
    if (threadIdx.x == 0) {
        float log_total = logf(total);
        float told[9] = {top + log_total,
                         seen.self / total,
                         seen.previous / total,
                         seen.first / total,
                         (log_total * sum - seen.terms) / total,
                         seen.duplicate / total,
                         seen.induction / total,
                         seen.distance / total,
                         seen.rest / total};
        for (int at = 0; at < 9; at++) numbers[((size_t)at * heads + head) * rows + row] = told[at];
    }
}

// The tiles of rows [H, rows, tiles] to those of tiles of rows [H, gridDim.x, tiles]: the largest,
// and the sum. A thread a tile: blockIdx.x is the tile of rows, blockIdx.y the head.
extern "C" __global__ void pool(
    const float *largest, const float *sums, float *pooled_largest, float *pooled_sums, int rows,
    int start, int tile, int tiles) {
    int head = blockIdx.y;
    int first = (start / tile + (int)blockIdx.x) * tile - start;
    int begin = max(first, 0), end = min(first + tile, rows);
    for (int at = threadIdx.x; at < tiles; at += blockDim.x) {
        float most = -INFINITY, sum = 0;
        for (int row = begin; row < end; row++) {
            size_t place = ((size_t)head * rows + row) * tiles + at;
            most = largest_of(most, largest[place]);
            sum += sums[place];
        }
        size_t place = ((size_t)head * gridDim.x + blockIdx.x) * tiles + at;
        pooled_largest[place] = most;
        pooled_sums[place] = sum;
    }
}

// Adds the weights [H, rows, width] that each key receives to received [H, n], from key `from` on.
// A thread a key: blockIdx.y is the head.
extern "C" __global__ void receive(
    float *received, const float *weights, int rows, int width, int from, int n) {
    int c = blockIdx.x * blockDim.x + threadIdx.x, head = blockIdx.y;
    if (c >= width) return;
    const float *cells = weights + (size_t)head * rows * width + c;
    float sum = 0;
    for (int row = 0; row < rows; row++) sum += cells[(size_t)row * width];
    received[(size_t)head * n + from + c] += sum;
}
