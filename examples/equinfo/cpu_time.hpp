// SPDX-License-Identifier: MIT
// The time that this thread has worked, which other programs on the machine do not lengthen.
#pragma once

#include <ctime>

namespace program {

[[nodiscard]] inline double cpu_seconds() {
    struct timespec now {};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace program
