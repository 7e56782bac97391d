#pragma once

#include <string>

#include "tests/differential/seat.h"
#include "tests/differential/step.h"

namespace quorate::testing {

// Brings an answer to a form in which two right answers are equal, and writes it as text:
// - cluster id, member id and term are only there or not;
// - the order of keys that a sort does not tell apart is not fixed by the API. etcd's sort leaves up to twelve in key
//   order; beyond that they are put in key order here, and those cut off by the limit among them are not looked at.
std::string Canonical(const Step& step, const Answer& answer);

}  // namespace quorate::testing
