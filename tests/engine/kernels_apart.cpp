// Runs the kernels without Python: a small model of random weights, with all that Gemma 4 has, reads a prompt and writes
// tokens, and every number that comes out is printed. The same program for two processors can be compared line by line.
#include <cmath>
#include <cstdio>
#include <deque>

#include "../../playground/engine/kernels/decode.cpp"

namespace {

constexpr int64_t HIDDEN = 128, INNER = 192, HEAD = 64, HEADS = 4, VOCABULARY = 112, LAYERS = 4, STORING = 3, OWN = 32, WINDOW = 48;
constexpr int64_t PROMPT = 90, ALL = 100, CAPACITY = 256, WIDTH = 7;

uint64_t state = 88172645463325252ull;

// Between -1 and 1, the same on every processor.
float next() {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return static_cast<float>(state >> 40) / (1 << 23) - 1.0f;
}

bf16 half(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

std::deque<Array<float>> kept;

template <class T>
T* room(int64_t count) {
  kept.emplace_back(count * sizeof(T) / sizeof(float) + 16);
  return reinterpret_cast<T*>(kept.back().data());
}

template <class T, class Make>
T* filled(int64_t count, Make make) {
  T* found = room<T>(count);
  for (int64_t i = 0; i < count; i++) found[i] = make();
  return found;
}

Matrix matrix(int64_t outputs, int64_t inputs, int64_t format) {
  const int64_t count = outputs * inputs;
  const float size = 1.0f / std::sqrt(static_cast<float>(inputs));
  const auto scale = [=] { return (1.1f + next()) * size; };
  if (format == BF16) return {filled<bf16>(count, [=] { return half(next() * size); }), nullptr, outputs, inputs, format};
  if (format == INT8) {
    const auto* weights = filled<uint8_t>(count, [] { return static_cast<uint8_t>(128.0f + 127.0f * next()); });
    return {weights, filled<float>(outputs, [=] { return scale() / 127.0f; }), outputs, inputs, format};
  }
  const auto* weights = filled<uint8_t>(count / 2, [] { return static_cast<uint8_t>(127.5f + 127.5f * next()); });
  return {weights, filled<bf16>(count / GROUP, [=] { return half(scale() / 8.0f); }), outputs, inputs, format};
}

float* factors(int64_t count) {
  return filled<float>(count, [] { return 1.0f + 0.3f * next(); });
}

Layer layer(int64_t format, bool slides) {
  const int64_t all_heads = HEADS * HEAD;
  Layer made{matrix(all_heads, HIDDEN, format), matrix(HEAD, HIDDEN, format),  matrix(HEAD, HIDDEN, format),
             matrix(HIDDEN, all_heads, format), matrix(INNER, HIDDEN, format), matrix(INNER, HIDDEN, format),
             matrix(HIDDEN, INNER, format),     matrix(OWN, HIDDEN, format),   matrix(HIDDEN, OWN, format)};
  made.input_norm = factors(HIDDEN), made.attention_norm = factors(HIDDEN), made.mlp_norm = factors(HIDDEN);
  made.output_norm = factors(HIDDEN), made.q_norm = factors(HEAD), made.k_norm = factors(HEAD);
  made.v_norm = factors(HEAD), made.own_norm = factors(HIDDEN), made.scale = 0.9f;
  made.kv_heads = 1, made.head_size = HEAD, made.intermediate = INNER;
  float place = 1.0f;
  made.frequencies = filled<float>(HEAD / 2, [&] { return place *= slides ? 0.75f : 0.65f; });
  made.rope_factor = 1.0f, made.window = slides ? WINDOW : 0;
  return made;
}

void print(const char* what, int64_t format, const float* numbers, int64_t count) {
  for (int64_t i = 0; i < count; i++) std::printf("%s %d %d %.9g\n", what, int(format), int(i), numbers[i]);
}

void run(int64_t format) {
  std::vector<Layer> layers;
  for (int64_t i = 0; i < LAYERS; i++) {
    layers.push_back(layer(format, i + 1 < LAYERS && i != 1));
    layers[i].states = i < STORING ? i : 1;
    if (i >= STORING) layers[i].k.outputs = layers[i].v.outputs = 0;
  }
  const Matrix head = matrix(VOCABULARY, HIDDEN, format), table = matrix(VOCABULARY, HIDDEN, format == INT4 ? INT8 : format);
  const Matrix projection = matrix(LAYERS * OWN, HIDDEN, format);
  const Model model{layers.data(), LAYERS, HIDDEN, HEADS, STORING, 1e-6f, 0.125f, factors(HIDDEN), head,
                    OWN, projection, factors(OWN), 0.1f, 0.7f};
  std::vector<States> states;
  for (int64_t i = 0; i < STORING; i++) states.push_back({room<bf16>(2 * CAPACITY * HEAD), CAPACITY, 0});
  const int64_t* ids = filled<int64_t>(ALL, [] { return static_cast<int64_t>((next() + 1.0f) / 2 * VOCABULARY); });
  float *hidden = room<float>(ALL * HIDDEN), *logits = room<float>(ALL * VOCABULARY);
  embed(&table, ids, ALL, 11.3f, hidden);
  std::vector<Token> tokens;
  for (int64_t t = 0; t < ALL; t++) tokens.push_back({t, states.data()});
  const int64_t each = LAYERS * OWN;
  const bf16* own = filled<bf16>(ALL * each, [] { return half(next()); });
  decode(&model, tokens.data(), PROMPT, 2, hidden, own, logits);
  for (int64_t t = PROMPT; t < ALL; t++)
    decode(&model, &tokens[t], 1, 1, hidden + t * HIDDEN, own + t * each, logits + t * VOCABULARY);
  print("logits", format, logits, ALL * VOCABULARY);
  float top[3 * WIDTH];
  int64_t which[3 * WIDTH];
  likeliest_of_rows(logits, 3, VOCABULARY, WIDTH, 1, top, which);
  print("likeliest", format, top, 3 * WIDTH);
  for (int64_t one : which) std::printf("places %d %d\n", int(format), int(one));
  float* projected = room<float>(9 * VOCABULARY);
  project(&head, hidden, 9, 2, projected);
  print("projected", format, projected, 9 * VOCABULARY);
  if (format == BF16) return;
  bf16* product = room<bf16>(9 * VOCABULARY);
  multiply(&head, filled<bf16>(9 * HIDDEN, [] { return half(next()); }), 9, 2, product);
  for (int64_t i = 0; i < 9 * VOCABULARY; i++) std::printf("product %d %d\n", int(format), product[i]);
}

}  // namespace

int main() {
  for (int64_t format : {BF16, INT8, INT4}) run(format);
}
