// SPDX-License-Identifier: MIT
// The kernels of each instruction set, and which of them this processor has.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/amx.hpp>
#include <equinfo/m1/dot.hpp>
#include <equinfo/m1/dot_amx.hpp>
#include <equinfo/m1/dot_neon.hpp>
#include <equinfo/m1/dot_x86.hpp>
#include <equinfo/m1/stages.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace equinfo {

/// Instruction sets that there are kernels for. All give the same integers. `amx` is AMX-INT8, and AVX-512 VNNI for what does not
/// fill tiles.
enum class instruction_set : std::uint8_t { scalar, sse2, avx2, avx_vnni, avx512, avx512_vnni, amx, neon, neon_dotprod };

[[nodiscard]] constexpr const char* name_of(instruction_set set) noexcept {
    switch (set) {
        case instruction_set::scalar: return "scalar";
        case instruction_set::sse2: return "sse2";
        case instruction_set::avx2: return "avx2";
        case instruction_set::avx_vnni: return "avx_vnni";
        case instruction_set::avx512: return "avx512";
        case instruction_set::avx512_vnni: return "avx512_vnni";
        case instruction_set::amx: return "amx";
        case instruction_set::neon: return "neon";
        case instruction_set::neon_dotprod: return "neon_dotprod";
    }
    return "";
}

namespace detail {

/// What a model is computed with: see dot.hpp and stages.hpp for each.
struct m1_kernels {
    instruction_set set;
    dot_layout layout;
    void (*dot)(const dot_job&);
    void (*norm)(const std::int32_t*, std::size_t, std::uint32_t, std::uint8_t*);
    void (*add_to_residual)(std::int32_t*, const std::int32_t*, std::size_t, unsigned);
    void (*squared)(const std::int32_t*, std::size_t, unsigned, std::uint8_t*);
    void (*gated)(const std::int32_t*, const std::int32_t*, std::size_t, unsigned, std::uint8_t*);
    void (*swiglu)(const std::int32_t*, const std::int32_t*, std::size_t, unsigned, std::uint8_t*);
    void (*values)(const std::int32_t*, std::size_t, unsigned, std::int8_t*);
    void (*distances)(std::int32_t*, const std::int32_t*, std::size_t, std::int32_t, std::uint8_t*);
    std::uint32_t (*look_up_decay)(std::uint8_t*, std::size_t);
    void (*weighted_mean)(const std::int32_t*, std::size_t, std::uint32_t, std::uint8_t*);
    void (*lower_ends)(const std::int32_t*, const std::int32_t*, unsigned, std::int32_t*, std::uint32_t*);
};

/// The stages as the translation unit's own flags have them, in registers of SSE2 or NEON.
struct plain_stages {
    static void norm(const std::int32_t* x, std::size_t n, std::uint32_t gain, std::uint8_t* y) { stages::norm<4>(x, n, gain, y); }
    static void add_to_residual(std::int32_t* x, const std::int32_t* sums, std::size_t n, unsigned shift) {
        stages::add_to_residual<4>(x, sums, n, shift);
    }
    static void squared(const std::int32_t* sums, std::size_t n, unsigned shift, std::uint8_t* y) {
        stages::squared<4>(sums, n, shift, y);
    }
    static void gated(const std::int32_t* gates, const std::int32_t* values, std::size_t n, unsigned shift, std::uint8_t* y) {
        stages::gated<4>(gates, values, n, shift, y);
    }
    static void swiglu(const std::int32_t* gates, const std::int32_t* values, std::size_t n, unsigned shift, std::uint8_t* y) {
        stages::swiglu<4>(gates, values, n, shift, y);
    }
    static void values(const std::int32_t* sums, std::size_t n, unsigned shift, std::int8_t* y) { stages::values<4>(sums, n, shift, y); }
    static void distances(std::int32_t* sums, const std::int32_t* relative, std::size_t n, std::int32_t heat, std::uint8_t* p) {
        stages::distances<4>(sums, relative, n, heat, p);
    }
    static std::uint32_t look_up_decay(std::uint8_t* p, std::size_t n) { return stages::look_up_decay(p, n); }
    static void weighted_mean(const std::int32_t* sums, std::size_t n, std::uint32_t weight, std::uint8_t* y) {
        stages::weighted_mean<4>(sums, n, weight, y);
    }
    static void lower_ends(const std::int32_t* sums, const std::int32_t* bias, unsigned shift, std::int32_t* logits, std::uint32_t* lows) {
        stages::lower_ends<4>(sums, bias, shift, logits, lows);
    }
};

#if defined(__x86_64__)

struct avx2_stages {
    [[gnu::target("avx2")]] static void norm(const std::int32_t* x, std::size_t n, std::uint32_t gain, std::uint8_t* y) {
        stages::norm<8>(x, n, gain, y);
    }
    [[gnu::target("avx2")]] static void add_to_residual(std::int32_t* x, const std::int32_t* sums, std::size_t n, unsigned shift) {
        stages::add_to_residual<8>(x, sums, n, shift);
    }
    [[gnu::target("avx2")]] static void squared(const std::int32_t* sums, std::size_t n, unsigned shift, std::uint8_t* y) {
        stages::squared<8>(sums, n, shift, y);
    }
    [[gnu::target("avx2")]] static void gated(const std::int32_t* gates, const std::int32_t* values, std::size_t n, unsigned shift,
                                              std::uint8_t* y) {
        stages::gated<8>(gates, values, n, shift, y);
    }
    [[gnu::target("avx2")]] static void swiglu(const std::int32_t* gates, const std::int32_t* values, std::size_t n, unsigned shift,
                                               std::uint8_t* y) {
        stages::swiglu<8>(gates, values, n, shift, y);
    }
    [[gnu::target("avx2")]] static void values(const std::int32_t* sums, std::size_t n, unsigned shift, std::int8_t* y) {
        stages::values<8>(sums, n, shift, y);
    }
    [[gnu::target("avx2")]] static void distances(std::int32_t* sums, const std::int32_t* relative, std::size_t n, std::int32_t heat,
                                                  std::uint8_t* p) {
        stages::distances<8>(sums, relative, n, heat, p);
    }
    static std::uint32_t look_up_decay(std::uint8_t* p, std::size_t n) { return stages::look_up_decay(p, n); }
    [[gnu::target("avx2")]] static void weighted_mean(const std::int32_t* sums, std::size_t n, std::uint32_t weight, std::uint8_t* y) {
        stages::weighted_mean<8>(sums, n, weight, y);
    }
    [[gnu::target("avx2")]] static void lower_ends(const std::int32_t* sums, const std::int32_t* bias, unsigned shift,
                                                   std::int32_t* logits, std::uint32_t* lows) {
        stages::lower_ends<8>(sums, bias, shift, logits, lows);
    }
};

struct avx512_stages {
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] static void norm(const std::int32_t* x, std::size_t n, std::uint32_t gain,
                                                                          std::uint8_t* y) {
        stages::norm<16>(x, n, gain, y);
    }
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] static void add_to_residual(std::int32_t* x, const std::int32_t* sums,
                                                                                     std::size_t n, unsigned shift) {
        stages::add_to_residual<16>(x, sums, n, shift);
    }
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] static void squared(const std::int32_t* sums, std::size_t n, unsigned shift,
                                                                             std::uint8_t* y) {
        stages::squared<16>(sums, n, shift, y);
    }
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] static void gated(const std::int32_t* gates, const std::int32_t* values,
                                                                           std::size_t n, unsigned shift, std::uint8_t* y) {
        stages::gated<16>(gates, values, n, shift, y);
    }
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] static void swiglu(const std::int32_t* gates, const std::int32_t* values,
                                                                            std::size_t n, unsigned shift, std::uint8_t* y) {
        stages::swiglu<16>(gates, values, n, shift, y);
    }
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] static void values(const std::int32_t* sums, std::size_t n, unsigned shift,
                                                                            std::int8_t* y) {
        stages::values<16>(sums, n, shift, y);
    }
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] static void distances(std::int32_t* sums, const std::int32_t* relative,
                                                                               std::size_t n, std::int32_t heat, std::uint8_t* p) {
        stages::distances<16>(sums, relative, n, heat, p);
    }
    static std::uint32_t look_up_decay(std::uint8_t* p, std::size_t n) { return stages::look_up_decay(p, n); }
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] static void weighted_mean(const std::int32_t* sums, std::size_t n,
                                                                                   std::uint32_t weight, std::uint8_t* y) {
        stages::weighted_mean<16>(sums, n, weight, y);
    }
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] static void lower_ends(const std::int32_t* sums, const std::int32_t* bias,
                                                                                unsigned shift, std::int32_t* logits, std::uint32_t* lows) {
        stages::lower_ends<16>(sums, bias, shift, logits, lows);
    }
};

/// Most processors with VNNI have VBMI too, but not the first ones (Cascade Lake, Cooper Lake).
struct vbmi_stages : avx512_stages {
    static std::uint32_t look_up_decay(std::uint8_t* p, std::size_t n) { return look_up_decay_vbmi(p, n, m1_tables.decay); }
};

#endif

template <class Dot, class Stages>
inline constexpr m1_kernels kernels_of(instruction_set set) {
    return {set, Dot::layout, &Dot::run, &Stages::norm, &Stages::add_to_residual, &Stages::squared, &Stages::gated,
            &Stages::swiglu, &Stages::values, &Stages::distances, &Stages::look_up_decay, &Stages::weighted_mean, &Stages::lower_ends};
}

}  // namespace detail

/// Whether this build has kernels for `set`, and this processor its instructions. For `amx` it asks Linux once to let the whole
/// process use it, as it must (detail::has_amx).
[[nodiscard]] inline bool is_available(instruction_set set) noexcept {
    switch (set) {
        case instruction_set::scalar: return true;
#if defined(__x86_64__)
        case instruction_set::sse2: return true;
        case instruction_set::avx2: return __builtin_cpu_supports("avx2") != 0;
        case instruction_set::avx_vnni: return is_available(instruction_set::avx2) && detail::has_avx_vnni();
        case instruction_set::avx512:
            return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                   __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0;
        case instruction_set::avx512_vnni:
            return is_available(instruction_set::avx512) && __builtin_cpu_supports("avx512vnni") != 0;
        case instruction_set::amx:  // its processors have VBMI too
            return is_available(instruction_set::avx512_vnni) && __builtin_cpu_supports("avx512vbmi") != 0 &&
                   detail::has_amx(detail::amx_type::int8);
#endif
#if defined(__aarch64__)
        case instruction_set::neon: return true;
#if defined(__linux__) && (!defined(__clang__) || __clang_major__ >= 16)
        // Whatever the unit is compiled for, so that all units of a program have the same function.
        case instruction_set::neon_dotprod: return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(__APPLE__)
        case instruction_set::neon_dotprod: return true;  // every 64-bit Mac
#endif
#endif
        default: return false;
    }
}

/// The fastest that is_available().
[[nodiscard]] inline instruction_set best_instruction_set() noexcept {
    for (const instruction_set set : {instruction_set::neon_dotprod, instruction_set::neon, instruction_set::amx,
                                      instruction_set::avx512_vnni, instruction_set::avx512, instruction_set::avx_vnni,
                                      instruction_set::avx2, instruction_set::sse2}) {
        if (is_available(set)) {
            return set;
        }
    }
    return instruction_set::scalar;
}

namespace detail {

/// The kernels of a set that is_available().
[[nodiscard]] inline m1_kernels kernels_for(instruction_set set) noexcept {
    switch (set) {
#if defined(__x86_64__)
        case instruction_set::sse2: return kernels_of<sse2_dot, plain_stages>(set);
        case instruction_set::avx2: return kernels_of<avx2_dot, avx2_stages>(set);
        case instruction_set::avx_vnni: return kernels_of<avx_vnni_dot, avx2_stages>(set);
        case instruction_set::avx512: return kernels_of<avx512_dot, avx512_stages>(set);
        case instruction_set::avx512_vnni:
            return __builtin_cpu_supports("avx512vbmi") != 0 ? kernels_of<vnni_dot, vbmi_stages>(set)
                                                             : kernels_of<vnni_dot, avx512_stages>(set);
        case instruction_set::amx:
            static_cast<void>(has_amx(amx_type::int8));  // asks for leave, where nobody did
            return kernels_of<amx_dot, vbmi_stages>(set);
#endif
#if defined(__aarch64__)
        case instruction_set::neon: return kernels_of<neon_dot, plain_stages>(set);
#if defined(__APPLE__) || (defined(__linux__) && (!defined(__clang__) || __clang_major__ >= 16))
        case instruction_set::neon_dotprod: return kernels_of<neon_dotprod_dot, plain_stages>(set);
#endif
#endif
        default: return kernels_of<scalar_dot, plain_stages>(instruction_set::scalar);
    }
}

}  // namespace detail
}  // namespace equinfo
