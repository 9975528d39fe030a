// One step of Gemma 3 for tokens of any sequences, a few that continue replies or many of a prompt: embeddings in, logits
// or hidden states out.
//
// All threads walk through the same stages, with a barrier between them; each stage shares out its work by tokens,
// heads or outputs. No result depends on the sharing: see linear.h and attention.h.
#include <omp.h>

#include <algorithm>
#include <new>
#include <vector>

#include "attention.h"
#include "barrier.h"
#include "likeliest.h"
#include "linear.h"
#include "pointwise.h"

// The structs are mirrored in native.py.
struct Layer {
  Matrix q, k, v, o, gate, up, down;
  const float *input_norm, *q_norm, *k_norm, *attention_norm, *mlp_norm, *output_norm;
  const float* frequencies;  // [D / 2]
  float rope_factor;         // on cosines and sines
  int64_t window;            // 0 for full attention
};

struct Model {
  const Layer* layers;
  int64_t layer_count, hidden, intermediate, heads, kv_heads, head_size;
  float epsilon, scaling;
  const float* norm;
  Matrix head;
};

struct States {  // of one layer
  bf16* memory;      // keys, then values: [2, kv_heads, capacity, D]
  int64_t capacity;  // positions that there is room for
  int64_t first;     // the position that comes first
};

struct Token {
  int64_t position;      // its own: it sees this one and those before
  const States* states;  // for each layer
};

namespace {

// An allocator of memory that begins with a cache line, so that no load of a vector touches two of them.
template <class T>
struct Lines {
  using value_type = T;
  Lines() = default;
  template <class U>
  Lines(const Lines<U>&) {}
  T* allocate(size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{64})); }
  template <class U>
  void construct(U* place) { ::new (static_cast<void*>(place)) U; }  // leaves numbers as they are
  void deallocate(T* memory, size_t) { ::operator delete(memory, std::align_val_t{64}); }
  bool operator==(const Lines&) const { return true; }
  bool operator!=(const Lines&) const { return false; }
};
template <class T>
using Array = std::vector<T, Lines<T>>;

// Whether so many tokens are a prompt's: there is work for all threads without sharing one token's past among them.
inline bool is_long(int64_t count) { return count >= 32; }

// How many tokens of a prompt a thread attends with together, whose parts are so many numbers each: up to 16 MiB of them.
inline int64_t run_of(int64_t numbers) { return std::clamp<int64_t>((1 << 22) / numbers, 1, 8); }

// Memory for rounded inputs.
struct Rounded {
  Array<bf16> halves;
  Array<int8_t> bytes;
  Array<float> scales;
  Array<int32_t> starts;
  Inputs inputs;

  Rounded(int64_t rows, int64_t size) {
    const int64_t side = std::clamp<int64_t>(rows, 1, MOST_SIDE), numbers = (rows + side - 1) / side * side * size;
    halves.resize(numbers), bytes.resize(numbers), scales.resize(numbers / GROUP), starts.resize(numbers / GROUP);
    inputs = {halves.data(), bytes.data(), scales.data(), starts.data(), side};
  }
};

// Scratch memory of one step, used by all threads.
struct Work {
  Array<float> normed, q, k, v, attended, gate, up, parts, cosines, sines;
  Array<bf16> queries;
  Rounded rounded, gated;  // the second for what is written while the first is still read

  Work(const Model& model, int64_t tokens, int64_t longest, int64_t threads)
      : rounded(tokens, std::max(model.hidden, model.heads * model.head_size)), gated(tokens, model.intermediate) {
    const int64_t query = model.heads * model.head_size, state = model.kv_heads * model.head_size;
    normed.resize(tokens * model.hidden);
    q.resize(tokens * query), attended.resize(tokens * query), queries.resize(tokens * query);
    k.resize(tokens * state), v.resize(tokens * state);
    gate.resize(tokens * model.intermediate), up.resize(tokens * model.intermediate);
    const int64_t step = longest * (model.head_size + 2), group = model.heads / model.kv_heads;
    parts.resize(is_long(tokens) ? threads * run_of(group * step) * group * step : tokens * model.heads * step);
    cosines.resize(tokens * model.head_size / 2), sines.resize(tokens * model.head_size / 2);
  }
};

// Runs of a stage: the items from first to last are this thread's.
template <class Act>
inline void share(int64_t count, int thread, int threads, Act act) {
  for (int64_t i = count * thread / threads; i < count * (thread + 1) / threads; i++) act(i);
}

struct Step {
  const Model& model;
  const Token* tokens;
  int64_t count, longest;
  float* hidden;
  Work& work;
  Barrier& barrier;
  int thread, threads;

  void wait() const { barrier.wait(threads); }

  template <class Act>
  void each(int64_t items, Act act) const {
    share(items, thread, threads, act);
    wait();
  }

  int64_t first_visible(const Layer& layer, const Token& token) const {
    const int64_t first = token.position - layer.window + 1;
    return layer.window == 0 || first < 0 ? 0 : first;
  }

  // Adds a block's output (normed by `after`, if any) to the stream and norms it for the next block.
  void norm(const float* output, const float* after, const float* before, int64_t format) const {
    const int64_t size = model.hidden;
    each(count, [&](int64_t t) {
      float *stream = hidden + t * size, *normed = work.normed.data() + t * size;
      if (after != nullptr) {
        rms_norm(output + t * size, after, size, model.epsilon, normed);
        for (int64_t i = 0; i < size; i += 16) store(stream + i, add(load(stream + i), load(normed + i)));
      }
      rms_norm(stream, before, size, model.epsilon, normed);
      prepare(normed, size / GROUP, size / GROUP, t, 0, format, work.rounded.inputs);
    });
  }

  void product(const Matrix& matrix, float* out) const { linear(matrix, work.rounded.inputs, count, thread, threads, out); }

  void turn(const Layer& layer) const {
    const int64_t half = model.head_size / 2;
    each(count, [&](int64_t t) {
      for (int64_t i = 0; i < half; i++) {
        const float angle = static_cast<float>(tokens[t].position) * layer.frequencies[i];
        work.cosines[t * half + i] = std::cos(angle) * layer.rope_factor;
        work.sines[t * half + i] = std::sin(angle) * layer.rope_factor;
      }
    });
  }

  // Norms and turns queries and keys; stores keys and values in the caches.
  void heads(const Layer& layer, int64_t index) const {
    const int64_t size = model.head_size, each_token = model.heads + model.kv_heads;
    each(count * each_token, [&](int64_t i) {
      const int64_t t = i / each_token, h = i % each_token, kv = h - model.heads;
      const Token& token = tokens[t];
      const float *c = work.cosines.data() + t * size / 2, *s = work.sines.data() + t * size / 2;
      if (kv < 0) {
        float* query = work.q.data() + (t * model.heads + h) * size;
        rms_norm(query, layer.q_norm, size, model.epsilon, query);
        rotate(query, c, s, size / 2);
        bf16* to = work.queries.data() + (t * model.heads + h) * size;
        for (int64_t d = 0; d < size; d += 16) store(to + d, mul(load(query + d), all(model.scaling)));
        return;
      }
      float* key = work.k.data() + (t * model.kv_heads + kv) * size;
      const float* value = work.v.data() + (t * model.kv_heads + kv) * size;
      rms_norm(key, layer.k_norm, size, model.epsilon, key);
      rotate(key, c, s, size / 2);
      const States& states = token.states[index];
      bf16* keys = states.memory + (kv * states.capacity + token.position - states.first) * size;
      bf16* values = keys + model.kv_heads * states.capacity * size;
      for (int64_t d = 0; d < size; d += 16) store(keys + d, load(key + d)), store(values + d, load(value + d));
    });
  }

  // One stretch of a token's past, if it has so many, for the query heads that share head `kv` of keys. `parts` has
  // `longest` places for each of them.
  void attend_to(const Layer& layer, int64_t index, int64_t t, int64_t kv, int64_t stretch, float* parts) const {
    const int64_t size = model.head_size, group = model.heads / model.kv_heads, step = longest * (size + 2);
    const Token& token = tokens[t];
    const States& states = token.states[index];
    const int64_t from = first_visible(layer, token) - states.first + stretch * STRETCH;
    const int64_t last = token.position - states.first;
    if (from > last) return;
    const bf16* keys = states.memory + kv * states.capacity * size;
    const Past past{keys, keys + model.kv_heads * states.capacity * size, last};
    in_blocks<8>(group, [&](auto heads, int64_t h) {
      const bf16* queries = work.queries.data() + (t * model.heads + kv * group + h) * size;
      attend<decltype(heads)::value>(past, from, size, queries, parts + h * step + stretch * (size + 2), step);
    });
  }

  // What a query head's parts give, rounded for the next product.
  void join_parts(const Layer& layer, int64_t t, int64_t head, const float* parts) const {
    const int64_t size = model.head_size, groups = size / GROUP;
    float* out = work.attended.data() + (t * model.heads + head) * size;
    join(parts, stretches(first_visible(layer, tokens[t]), tokens[t].position), size, out);
    prepare(out, groups, groups * model.heads, t, groups * head, layer.o.format, work.rounded.inputs);
  }

  void attention(const Layer& layer, int64_t index) const {
    const int64_t group = model.heads / model.kv_heads, step = longest * (model.head_size + 2);
    if (is_long(count)) return attention_of_many(layer, index);
    // Stretches vary in number: thread n takes every n-th, so that all have some.
    for (int64_t i = thread; i < count * model.kv_heads * longest; i += threads) {
      const int64_t stretch = i % longest, kv = i / longest % model.kv_heads, t = i / longest / model.kv_heads;
      attend_to(layer, index, t, kv, stretch, work.parts.data() + (t * model.heads + kv * group) * step);
    }
    wait();
    each(count * model.heads, [&](int64_t i) {
      join_parts(layer, i / model.heads, i % model.heads, work.parts.data() + i * step);
    });
  }

  // Of a prompt's tokens each thread takes some in a row: a stretch of the past is then in its cache for all of them.
  void attention_of_many(const Layer& layer, int64_t index) const {
    const int64_t group = model.heads / model.kv_heads, step = longest * (model.head_size + 2), run = run_of(group * step);
    float* parts = work.parts.data() + thread * run * group * step;
    for (int64_t i = thread; i < (count + run - 1) / run * model.kv_heads; i += threads) {
      const int64_t kv = i % model.kv_heads, begin = i / model.kv_heads * run, end = std::min(begin + run, count);
      for (int64_t stretch = 0; stretch < longest; stretch++)
        for (int64_t t = begin; t < end; t++) attend_to(layer, index, t, kv, stretch, parts + (t - begin) * group * step);
      for (int64_t t = begin; t < end; t++)
        for (int64_t h = 0; h < group; h++)
          join_parts(layer, t, kv * group + h, parts + ((t - begin) * group + h) * step);
    }
    wait();
  }

  void mlp(const Layer& layer) const {
    // Each thread gates what it has computed itself, whole groups of inputs of the next product.
    const int64_t groups = model.intermediate / GROUP, blocks = GROUP / BLOCK;
    const int64_t first = groups * thread / threads, last = groups * (thread + 1) / threads;
    linear(layer.gate, work.rounded.inputs, count, blocks * first, blocks * last, work.gate.data());
    linear(layer.up, work.rounded.inputs, count, blocks * first, blocks * last, work.up.data());
    for (int64_t t = 0; t < count; t++) {
      float *gate = work.gate.data() + t * model.intermediate, *up = work.up.data() + t * model.intermediate;
      for (int64_t i = first * GROUP; i < last * GROUP; i += 16) store(gate + i, gated(load(gate + i), load(up + i)));
      prepare(gate + first * GROUP, last - first, groups, t, first, layer.down.format, work.gated.inputs);
    }
    wait();
    linear(layer.down, work.gated.inputs, count, thread, threads, work.normed.data());
    wait();
  }

  void run(float* logits) const {
    const Layer* last = nullptr;
    for (int64_t index = 0; index < model.layer_count; index++) {
      const Layer& layer = model.layers[index];
      norm(work.normed.data(), last ? last->output_norm : nullptr, layer.input_norm, layer.q.format);
      product(layer.q, work.q.data());
      product(layer.k, work.k.data());
      product(layer.v, work.v.data());
      if (last == nullptr || last->frequencies != layer.frequencies) turn(layer);
      wait();
      heads(layer, index);
      attention(layer, index);
      product(layer.o, work.normed.data());
      wait();
      norm(work.normed.data(), layer.attention_norm, layer.mlp_norm, layer.gate.format);
      mlp(layer);
      last = &layer;
    }
    norm(work.normed.data(), last->output_norm, model.norm, model.head.format);
    if (logits != nullptr) return product(model.head, logits);
    const auto normed = work.normed.begin() + (count - 1) * model.hidden;
    if (thread == 0) std::copy(normed, normed + model.hidden, hidden);
  }
};

}  // namespace

extern "C" {

// hidden [count, hidden] holds the embeddings and is used up; logits [count, V]. Without logits, hidden then begins with
// the last token's state after the last norm.
void decode(const Model* model, const Token* tokens, int64_t count, int64_t threads, float* hidden, float* logits) {
  int64_t longest = 1;
  for (int64_t t = 0; t < count; t++) {
    const int64_t needed = stretches(0, tokens[t].position);
    longest = needed > longest ? needed : longest;
  }
  Work work(*model, count, longest, threads);
  Barrier barrier;
#pragma omp parallel num_threads(threads)
  Step{*model, tokens, count, longest, hidden, work, barrier, omp_get_thread_num(), omp_get_num_threads()}.run(logits);
}

// Embeddings [count, K] of tokens: rows of the matrix (int8 or bf16), rounded to bf16, times `scale`, rounded again.
void embed(const Matrix* matrix, const int64_t* ids, int64_t count, float scale, float* out) {
  const int64_t size = matrix->inputs;
  alignas(64) bf16 halves[16];
  for (int64_t t = 0; t < count; t++, out += size) {
    const int64_t id = ids[t];
    for (int64_t k = 0; k < size; k += 16) {
      if (matrix->format == BF16) {
        std::memcpy(halves, static_cast<const bf16*>(matrix->weights) + id * size + k, sizeof halves);
      } else {
        const auto* block = static_cast<const uint8_t*>(matrix->weights) + id / BLOCK * size * BLOCK;
        for (int i = 0; i < 16; i++) out[k + i] = block[(k + i) / 4 * 4 * BLOCK + id % BLOCK * 4 + (k + i) % 4] - 128.0f;
        store(halves, mul(load(out + k), all(static_cast<const float*>(matrix->scales)[id])));
      }
      store(halves, mul(widen(halves), all(scale)));
      store(out + k, widen(halves));
    }
  }
}

// y [rows, N] (bf16) from x [rows, K] (bf16): a product by itself, for reading prompts.
void multiply(const Matrix* matrix, const bf16* x, int64_t rows, int64_t threads, bf16* y) {
  const int64_t size = matrix->inputs;
  const Rounded rounded(rows, size);
  Barrier barrier;
#pragma omp parallel num_threads(threads)
  {
    const int thread = omp_get_thread_num();
    Array<float> row(size);
    share(rows, thread, threads, [&](int64_t r) {
      for (int64_t i = 0; i < size; i += 16) store(row.data() + i, widen(x + r * size + i));
      prepare(row.data(), size / GROUP, size / GROUP, r, 0, matrix->format, rounded.inputs);
    });
    barrier.wait(omp_get_num_threads());
    const int64_t blocks = matrix->outputs / BLOCK;
    linear_packed(*matrix, rounded.inputs, rows, blocks * thread / threads, blocks * (thread + 1) / threads, y);
  }
}

// Logits [rows, V] (float) from hidden states [rows, K] (float) that are normed already.
void project(const Matrix* matrix, const float* x, int64_t rows, int64_t threads, float* y) {
  const int64_t size = matrix->inputs;
  const Rounded rounded(rows, size);
  for (int64_t r = 0; r < rows; r++) prepare(x + r * size, size / GROUP, size / GROUP, r, 0, matrix->format, rounded.inputs);
#pragma omp parallel num_threads(threads)
  linear(*matrix, rounded.inputs, rows, omp_get_thread_num(), omp_get_num_threads(), y);
}

// Ends the threads that help the calling one. They come again when they are needed.
void release_threads() { omp_pause_resource_all(omp_pause_soft); }

// For each of scores [rows, size], the `width` largest and their numbers, both [rows, width]: see likeliest.h.
void likeliest_of_rows(
    const float* scores, int64_t rows, int64_t size, int64_t width, int64_t threads, float* top, int64_t* tokens) {
#pragma omp parallel for num_threads(threads) if (threads > 1)
  for (int64_t r = 0; r < rows; r++) likeliest(scores + r * size, size, width, top + r * width, tokens + r * width);
}
}
