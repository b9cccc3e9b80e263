// SPDX-License-Identifier: MIT
// Leave to use AMX: asked for by whoever needs it, and done without where it is refused.
#include <equinfo/m1/kernels.hpp>

#include <support/catch.hpp>

#include <cstdio>

#if defined(__x86_64__) && defined(__linux__)

#include <csignal>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace equinfo;

namespace {

bool has_what_it_takes() {
    return is_available(instruction_set::avx512_vnni) && __builtin_cpu_supports("avx512vbmi") != 0 &&
           detail::processor_has_amx(detail::amx_type::int8);
}

/// What Linux says, without asking for it.
bool is_permitted() {
    unsigned long permitted = 0;
    constexpr long get_permission = 0x1022;  // ARCH_GET_XCOMP_PERM
    return syscall(SYS_arch_prctl, get_permission, &permitted) == 0 && (permitted & 1ul << 18) != 0;
}

/// How a child of this process ends that does `work`: true means 0. Each test case has a process of its own in ctest, and here
/// nobody may have asked before.
template <class Work>
int ended_with(Work work) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        _exit(work() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("m1 amx: whoever takes its kernels by name has leave, without a question before", "[m1]") {
    if (!has_what_it_takes() || is_permitted()) {
        std::puts("SKIPPED: this processor has no AMX, or leave was asked for before");
        return;
    }
    CHECK(ended_with([] {
              const detail::m1_kernels kernels = detail::kernels_for(instruction_set::amx);
              return kernels.set == instruction_set::amx && is_permitted() == is_available(instruction_set::amx);
          }) == 0);
}

TEST_CASE("m1 amx: where a signal stack has no room for tiles, VNNI is the best there is", "[m1]") {
    if (!has_what_it_takes() || is_permitted()) {
        std::puts("SKIPPED: this processor has no AMX, or leave was asked for before");
        return;
    }
    CHECK(ended_with([] {
              static char memory[6144];
              stack_t small{};
              small.ss_sp = memory;
              small.ss_size = sizeof memory;
              return sigaltstack(&small, nullptr) == 0 && !is_available(instruction_set::amx) && !is_permitted() &&
                     best_instruction_set() == instruction_set::avx512_vnni;
          }) == 0);
}

#endif
