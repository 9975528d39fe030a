// Where the threads of one step meet.
//
// OpenMP's own barrier sends threads to sleep at once when a process has more of its threads than CPUs, and a program
// with several threads that use torch soon has: each gets helpers of its own. Waking them took a third of a step.
#pragma once

#include <atomic>
#include <thread>

#include "simd.h"

class Barrier {
 public:
  // Returns when all `threads` have called it; what they wrote before is then seen by all.
  void wait(int threads) {
    const int turn = turn_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads) {
      arrived_.store(0, std::memory_order_relaxed);
      turn_.store(turn + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; turn_.load(std::memory_order_acquire) == turn; spins++) {
      if (spins < SPINS) pause();
      else std::this_thread::yield();  // whoever is waited for may need this CPU
    }
  }

 private:
  static constexpr int SPINS = 2000;  // some 50 microseconds
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<int> turn_{0};
};
