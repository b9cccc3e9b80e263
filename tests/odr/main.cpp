// SPDX-License-Identifier: MIT
// Two translation units that include everything, compiled with different flags, in one program: same answers.

#include <cstdint>
#include <cstdio>

std::uint64_t first_answer(std::uint64_t seed);
std::uint64_t second_answer(std::uint64_t seed);

int main() {
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        std::puts("SKIPPED: this processor has no AVX2; 1 passed");
        return 0;
    }
#endif
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const std::uint64_t first = first_answer(seed);
        const std::uint64_t second = second_answer(seed);
        if (first != second || (first >> 32 & 1) == 0) {
            std::printf("seed %d: %llx and %llx\n", static_cast<int>(seed), static_cast<unsigned long long>(first),
                        static_cast<unsigned long long>(second));
            return 1;
        }
    }
    return 0;
}
