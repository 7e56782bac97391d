#pragma once

#include <cstdint>

namespace quorate::rpc {

// Tokens that come back with time, and as work is done. Loop thread only.
class TokenBucket {
 public:
  TokenBucket(int64_t burst, int64_t per_second) : TokenBucket(burst, per_second, burst) {}
  TokenBucket(int64_t burst, int64_t per_second, int64_t first)
      : burst_(burst), per_second_(per_second), tokens_(first) {}

  // False when so many are not left.
  bool Take(int64_t now_ms, int64_t tokens = 1);
  // Takes as many of them as are left, and returns how many.
  int64_t TakeUpTo(int64_t now_ms, int64_t tokens);
  // Takes them though they are not left, down to a debt; what is owed beyond it is forgotten.
  void Charge(int64_t now_ms, int64_t tokens, int64_t debt_max);
  bool owes(int64_t now_ms) {
    Refill(now_ms);
    return tokens_ < 0;
  }
  void Give(int64_t tokens);
  // How many come back from now on; more than none.
  void SetRate(int64_t per_second) { per_second_ = per_second; }

 private:
  void Refill(int64_t now_ms);

  const int64_t burst_;
  int64_t per_second_;
  int64_t tokens_;
  int64_t refilled_ms_ = 0;  // 0: never
};

}  // namespace quorate::rpc
