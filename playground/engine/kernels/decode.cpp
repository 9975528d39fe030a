// One step of Gemma 3 or Gemma 4 for tokens of any sequences, a few that continue replies or many of a prompt: embeddings
// in, logits or hidden states out.
//
// All threads walk through the same stages, with a barrier between them; each stage shares out its work by tokens,
// heads or outputs, the long ones to whoever is free. No result depends on the sharing: see linear.h and attention.h.
#include <omp.h>

#include <algorithm>
#include <new>
#include <vector>

#include "attention.h"
#include "barrier.h"
#include "likeliest.h"
#include "linear.h"
#include "pointwise.h"
#include "sharing.h"

// The structs are mirrored in native.py.
//
// What Gemma 4 has more: layers of different sizes; layers without keys and values, which look at those of an earlier one;
// layers that take their values from the keys' product; values that are normed; and inputs of each layer's own, P numbers
// for each token (per-layer embeddings), which gate what is added after the MLP.
struct Layer {
  Matrix q, k, v, o, gate, up, down;  // without outputs: k and v where states are another layer's, v where it is k
  Matrix own_gate, own_out;           // [P, hidden] and [hidden, P]; without outputs where there are no such inputs
  const float *input_norm, *q_norm, *k_norm, *v_norm, *attention_norm, *mlp_norm, *output_norm, *own_norm;
  const float* frequencies;  // [D / 2]
  float rope_factor;         // on cosines and sines
  float scale;               // on what leaves the layer
  int64_t window;            // 0 for full attention
  int64_t kv_heads, head_size, intermediate;
  int64_t states;  // whose of a token's states
};

struct Model {
  const Layer* layers;
  int64_t layer_count, hidden, heads;
  int64_t first_shared;  // from this layer on none has states of its own; layer_count where all have
  float epsilon, scaling;
  const float* norm;
  Matrix head;
  int64_t own;             // P; 0 where layers have no inputs of their own
  Matrix own_projection;   // [layers * P, hidden]
  const float* own_projection_norm;
  float own_projection_scale, own_scale;  // before the norm, and on the sum
};

struct States {  // of one layer
  bf16* memory;      // keys, then values: [2, kv_heads, capacity, D]
  int64_t capacity;  // positions that there is room for
  int64_t first;     // the position that comes first
};

struct Token {
  int64_t position;      // its own: it sees this one and those before
  const States* states;  // for each layer that has any
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

constexpr int64_t STAGES_OF_A_LAYER = 9;  // that are shared out: eight products, gate and up as one, and the attention

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

// The largest of something over all layers.
template <class Of>
inline int64_t most(const Model& model, Of of) {
  int64_t found = 0;
  for (int64_t i = 0; i < model.layer_count; i++) found = std::max(found, of(model.layers[i]));
  return found;
}

// Scratch memory of one step, used by all threads.
struct Work {
  Array<float> normed, q, k, v, attended, gate, up, parts, cosines, sines, own, own_gate;
  Array<bf16> queries;
  Rounded rounded, gated;  // the second for what is written while the first is still read

  Work(const Model& model, int64_t tokens, int64_t longest, int64_t threads)
      : rounded(tokens, std::max(model.hidden, most(model, [&](const Layer& layer) { return model.heads * layer.head_size; }))),
        gated(tokens, std::max(model.own, most(model, [](const Layer& layer) { return layer.intermediate; }))) {
    const int64_t size = most(model, [](const Layer& layer) { return layer.head_size; }), query = model.heads * size;
    const int64_t state = most(model, [](const Layer& layer) { return layer.kv_heads * layer.head_size; });
    const int64_t intermediate = most(model, [](const Layer& layer) { return layer.intermediate; });
    normed.resize(tokens * model.hidden);
    q.resize(tokens * query), attended.resize(tokens * query), queries.resize(tokens * query);
    k.resize(tokens * state), v.resize(tokens * state);
    gate.resize(tokens * intermediate), up.resize(tokens * intermediate);
    parts.resize(most(model, [&](const Layer& layer) {
      const int64_t step = longest * (layer.head_size + 2), group = model.heads / layer.kv_heads;
      const int64_t few = (is_long(tokens) ? 1 : tokens) * model.heads * step;  // of a prompt's, the last may go on alone
      return is_long(tokens) ? std::max(few, threads * run_of(group * step) * group * step) : few;
    }));
    cosines.resize(tokens * size / 2), sines.resize(tokens * size / 2);
    own.resize(tokens * model.layer_count * model.own), own_gate.resize(tokens * model.own);
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
  const bf16* own;  // [count, layers, P]: what the tokens say to each layer
  Work& work;
  Barrier& barrier;
  Stages& stages;
  int thread, threads;
  mutable int64_t stage = 0;  // of those that are shared out to whoever is free
  int64_t dropped = 0;  // tokens of the beginning

  void wait() const { barrier.wait(threads); }

  template <class Act>
  void each(int64_t items, Act act) const {
    share(items, thread, threads, act);
    wait();
  }

  // Of a prompt, pieces of a stage for whoever is free. Else a stage is so short, and waits so much for memory, that it is
  // done soonest in one run for each thread.
  template <class Act>
  void pieces(int64_t items, Act act) const {
    if (is_long(count)) return stages.share(stage++, items, threads, act);
    act(items * thread / threads, items * (thread + 1) / threads);
  }

  int64_t first_visible(const Layer& layer, const Token& token) const {
    const int64_t first = token.position - layer.window + 1;
    return layer.window == 0 || first < 0 ? 0 : first;
  }

  // Adds a block's output (normed by `after`, if any) to the stream, scales that, and norms it for the next block, or
  // hands it on as it is.
  void norm(const float* output, const float* after, float scale, const float* before, int64_t format) const {
    const int64_t size = model.hidden;
    each(count, [&](int64_t t) {
      float *stream = hidden + t * size, *normed = work.normed.data() + t * size;
      if (after != nullptr) {
        rms_norm(output + t * size, after, size, model.epsilon, normed);
        for (int64_t i = 0; i < size; i += 16)
          store(stream + i, mul(add(load(stream + i), load(normed + i)), all(scale)));
      }
      if (before != nullptr) rms_norm(stream, before, size, model.epsilon, normed);
      prepare(before != nullptr ? normed : stream, size / GROUP, size / GROUP, t, 0, format, work.rounded.inputs);
    });
  }

  // Each layer's own inputs: what the embeddings project to, normed, and what the tokens say, added and scaled.
  void project_own() const {
    const int64_t layers = model.layer_count, width = model.own;
    norm(nullptr, nullptr, 1.0f, nullptr, model.own_projection.format);
    product(model.own_projection, work.own.data());
    wait();
    each(count * layers, [&](int64_t i) {
      float* x = work.own.data() + i * width;
      for (int64_t d = 0; d < width; d += 16) store(x + d, mul(load(x + d), all(model.own_projection_scale)));
      rms_norm(x, model.own_projection_norm, width, model.epsilon, x);
      for (int64_t d = 0; d < width; d += 16)
        store(x + d, mul(add(load(x + d), widen(own + i * width + d)), all(model.own_scale)));
    });
  }

  // Adds the MLP's output to the stream, and leaves in its place what the layer's own inputs let through of that.
  void add_own(const Layer& layer, int64_t index) const {
    const int64_t width = model.own, groups = width / GROUP;
    norm(work.normed.data(), layer.output_norm, 1.0f, nullptr, layer.own_gate.format);
    product(layer.own_gate, work.own_gate.data());
    wait();
    each(count, [&](int64_t t) {
      float* gate = work.own_gate.data() + t * width;
      const float* inputs = work.own.data() + ((dropped + t) * model.layer_count + index) * width;
      for (int64_t d = 0; d < width; d += 16) store(gate + d, gated(load(gate + d), load(inputs + d)));
      prepare(gate, groups, groups, t, 0, layer.own_out.format, work.gated.inputs);
    });
    product(layer.own_out, work.gated.inputs, work.normed.data());
    wait();
  }

  // Goes on with the last token alone, whose block's output lies in `normed`. All threads have met before.
  void keep_last() {
    const int64_t size = model.hidden, last = count - 1;
    if (thread == 0) std::copy_n(work.normed.begin() + last * size, size, work.normed.begin());
    dropped += last, tokens += last, hidden += last * size, count = 1;
    wait();
  }

  void product(const Matrix& matrix, const Inputs& inputs, float* out) const {
    pieces(blocks_of(matrix), [&](int64_t first, int64_t last) { linear(matrix, inputs, count, first, last, out); });
  }
  void product(const Matrix& matrix, float* out) const { product(matrix, work.rounded.inputs, out); }

  void turn(const Layer& layer) const {
    const int64_t half = layer.head_size / 2;
    each(count, [&](int64_t t) {
      for (int64_t i = 0; i < half; i++) {
        const float angle = static_cast<float>(tokens[t].position) * layer.frequencies[i];
        work.cosines[t * half + i] = std::cos(angle) * layer.rope_factor;
        work.sines[t * half + i] = std::sin(angle) * layer.rope_factor;
      }
    });
  }

  // Norms and turns queries and keys, and norms values where the layer does; stores keys and values in the caches.
  void heads(const Layer& layer) const {
    const int64_t size = layer.head_size, each_token = model.heads + (layer.k.outputs ? layer.kv_heads : 0);
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
      float *key = work.k.data() + (t * layer.kv_heads + kv) * size, *value = work.v.data() + (t * layer.kv_heads + kv) * size;
      if (!layer.v.outputs) std::copy_n(key, size, value);
      if (layer.v_norm != nullptr) rms_norm(value, layer.v_norm, size, model.epsilon, value);
      rms_norm(key, layer.k_norm, size, model.epsilon, key);
      rotate(key, c, s, size / 2);
      const States& states = token.states[layer.states];
      bf16* keys = states.memory + (kv * states.capacity + token.position - states.first) * size;
      bf16* values = keys + layer.kv_heads * states.capacity * size;
      for (int64_t d = 0; d < size; d += 16) store(keys + d, load(key + d)), store(values + d, load(value + d));
    });
  }

  // One stretch of a token's past, if it has so many, for the query heads that share head `kv` of keys. `parts` has
  // `longest` places for each of them.
  void attend_to(const Layer& layer, int64_t t, int64_t kv, int64_t stretch, float* parts) const {
    const int64_t size = layer.head_size, group = model.heads / layer.kv_heads, step = longest * (size + 2);
    const Token& token = tokens[t];
    const States& states = token.states[layer.states];
    const int64_t from = first_visible(layer, token) - states.first + stretch * STRETCH;
    const int64_t last = token.position - states.first;
    if (from > last) return;
    const bf16* keys = states.memory + kv * states.capacity * size;
    const Past past{keys, keys + layer.kv_heads * states.capacity * size, last};
    in_blocks<8>(group, [&](auto heads, int64_t h) {
      const bf16* queries = work.queries.data() + (t * model.heads + kv * group + h) * size;
      attend<decltype(heads)::value>(past, from, size, queries, parts + h * step + stretch * (size + 2), step);
    });
  }

  // What a query head's parts give, rounded for the next product.
  void join_parts(const Layer& layer, int64_t t, int64_t head, const float* parts) const {
    const int64_t size = layer.head_size, groups = size / GROUP;
    float* out = work.attended.data() + (t * model.heads + head) * size;
    join(parts, stretches(first_visible(layer, tokens[t]), tokens[t].position), size, out);
    prepare(out, groups, groups * model.heads, t, groups * head, layer.o.format, work.rounded.inputs);
  }

  void attention(const Layer& layer) const {
    const int64_t group = model.heads / layer.kv_heads, step = longest * (layer.head_size + 2);
    if (is_long(count)) return attention_of_many(layer);
    // Stretches vary in number: thread n takes every n-th, so that all have some.
    for (int64_t i = thread; i < count * layer.kv_heads * longest; i += threads) {
      const int64_t stretch = i % longest, kv = i / longest % layer.kv_heads, t = i / longest / layer.kv_heads;
      attend_to(layer, t, kv, stretch, work.parts.data() + (t * model.heads + kv * group) * step);
    }
    wait();
    each(count * model.heads, [&](int64_t i) {
      join_parts(layer, i / model.heads, i % model.heads, work.parts.data() + i * step);
    });
  }

  // Of a prompt's tokens each thread takes some in a row: a stretch of the past is then in its cache for all of them.
  void attention_of_many(const Layer& layer) const {
    const int64_t group = model.heads / layer.kv_heads, step = longest * (layer.head_size + 2), run = run_of(group * step);
    float* parts = work.parts.data() + thread * run * group * step;
    const auto attend_run = [&](int64_t i) {
      const int64_t kv = i % layer.kv_heads, begin = i / layer.kv_heads * run, end = std::min(begin + run, count);
      for (int64_t stretch = 0; stretch < longest; stretch++)
        for (int64_t t = begin; t < end; t++) attend_to(layer, t, kv, stretch, parts + (t - begin) * group * step);
      for (int64_t t = begin; t < end; t++)
        for (int64_t h = 0; h < group; h++)
          join_parts(layer, t, kv * group + h, parts + ((t - begin) * group + h) * step);
    };
    pieces((count + run - 1) / run * layer.kv_heads, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; i++) attend_run(i);
    });
    wait();
  }

  void mlp(const Layer& layer) const {
    // Each thread gates what it has computed itself, whole groups of inputs of the next product.
    const int64_t groups = layer.intermediate / GROUP, blocks = GROUP / BLOCK;
    pieces(groups, [&](int64_t first, int64_t last) {
      linear(layer.gate, work.rounded.inputs, count, blocks * first, blocks * last, work.gate.data());
      linear(layer.up, work.rounded.inputs, count, blocks * first, blocks * last, work.up.data());
      for (int64_t t = 0; t < count; t++) {
        float *gate = work.gate.data() + t * layer.intermediate, *up = work.up.data() + t * layer.intermediate;
        for (int64_t i = first * GROUP; i < last * GROUP; i += 16) store(gate + i, gated(load(gate + i), load(up + i)));
        prepare(gate + first * GROUP, last - first, groups, t, first, layer.down.format, work.gated.inputs);
      }
    });
    wait();
    product(layer.down, work.gated.inputs, work.normed.data());
    wait();
  }

  void run(float* logits) {
    const float *after = nullptr, *frequencies = nullptr;
    float scale = 1.0f;
    if (model.own) project_own();
    for (int64_t index = 0; index < model.layer_count; index++) {
      const Layer& layer = model.layers[index];
      if (index == model.first_shared && logits == nullptr && count > 1) keep_last(), frequencies = nullptr;
      norm(work.normed.data(), after, scale, layer.input_norm, layer.q.format);
      product(layer.q, work.q.data());
      if (layer.k.outputs) product(layer.k, work.k.data());
      if (layer.v.outputs) product(layer.v, work.v.data());
      if (frequencies != layer.frequencies) turn(layer);
      frequencies = layer.frequencies;
      wait();
      heads(layer);
      attention(layer);
      product(layer.o, work.normed.data());
      wait();
      norm(work.normed.data(), layer.attention_norm, 1.0f, layer.mlp_norm, layer.gate.format);
      mlp(layer);
      if (model.own) add_own(layer, index);
      after = model.own ? layer.own_norm : layer.output_norm, scale = layer.scale;
    }
    norm(work.normed.data(), after, scale, model.norm, model.head.format);
    if (logits != nullptr) return product(model.head, logits);
    const auto normed = work.normed.begin() + (count - 1) * model.hidden;
    if (thread == 0) std::copy(normed, normed + model.hidden, hidden - dropped * model.hidden);
  }
};

}  // namespace

extern "C" {

// hidden [count, hidden] holds the embeddings and is used up; own [count, layers, P] what they say to each layer, if the
// model has such; logits [count, V]. Without logits, hidden then begins with the last token's state after the last norm.
void decode(
    const Model* model, const Token* tokens, int64_t count, int64_t threads, float* hidden, const bf16* own, float* logits) {
  int64_t longest = 1;
  for (int64_t t = 0; t < count; t++) {
    const int64_t needed = stretches(0, tokens[t].position);
    longest = needed > longest ? needed : longest;
  }
  Work work(*model, count, longest, threads);
  Barrier barrier;
  Stages stages(model->layer_count * STAGES_OF_A_LAYER + 2);
#pragma omp parallel num_threads(threads)
  Step{*model, tokens, count, longest, hidden, own, work, barrier, stages, omp_get_thread_num(), omp_get_num_threads()}.run(logits);
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
  Stages stages(1);
#pragma omp parallel num_threads(threads)
  {
    const int thread = omp_get_thread_num();
    Array<float> row(size);
    share(rows, thread, threads, [&](int64_t r) {
      for (int64_t i = 0; i < size; i += 16) store(row.data() + i, widen(x + r * size + i));
      prepare(row.data(), size / GROUP, size / GROUP, r, 0, matrix->format, rounded.inputs);
    });
    barrier.wait(omp_get_num_threads());
    stages.share(0, matrix->outputs / BLOCK, threads, [&](int64_t first, int64_t last) {
      linear_packed(*matrix, rounded.inputs, rows, first, last, y);
    });
  }
}

// Logits [rows, V] (float) from hidden states [rows, K] (float) that are normed already.
void project(const Matrix* matrix, const float* x, int64_t rows, int64_t threads, float* y) {
  const int64_t size = matrix->inputs;
  const Rounded rounded(rows, size);
  for (int64_t r = 0; r < rows; r++) prepare(x + r * size, size / GROUP, size / GROUP, r, 0, matrix->format, rounded.inputs);
  Stages stages(1);
#pragma omp parallel num_threads(threads)
  stages.share(0, blocks_of(*matrix), threads, [&](int64_t first, int64_t last) {
    linear(*matrix, rounded.inputs, rows, first, last, y);
  });
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
