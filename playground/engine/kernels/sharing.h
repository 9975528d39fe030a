// Who does what of a stage's work: whoever is free takes the next piece.
//
// Cores differ in speed (some are small, some are shared with other programs), and a stage lasts until its last thread is
// done. Pieces are large at first, so that memory is read in long runs, and small at the end, so that all end together.
// No result depends on who takes what.
#pragma once

#include <algorithm>
#include <atomic>
#include <vector>

// The stages of one step: all threads go through them in the same order.
class Stages {
 public:
  explicit Stages(int64_t most) : taken_(most) {}

  // Calls act(first, last) for pieces of `items` that nobody else takes in this stage.
  template <class Act>
  void share(int64_t stage, int64_t items, int64_t threads, Act act) {
    std::atomic<int64_t>& taken = taken_[stage];
    for (int64_t first = taken.load(std::memory_order_relaxed); first < items;) {
      const int64_t last = std::min(items, first + std::max<int64_t>(1, (items - first) / (2 * threads)));
      if (!taken.compare_exchange_weak(first, last, std::memory_order_relaxed)) continue;
      act(first, last);
      first = taken.load(std::memory_order_relaxed);
    }
  }

 private:
  std::vector<std::atomic<int64_t>> taken_;
};
