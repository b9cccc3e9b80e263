// SPDX-License-Identifier: MIT
// Leave to use AMX, and the shapes of its tiles: up to 16 rows of up to 64 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace equinfo::detail {

/// What tiles can hold, by the bit that says so: of EDX, CPUID's leaf 7.
enum class amx_type : unsigned { bf16 = 22, int8 = 25 };

/// Whether the processor multiplies tiles of `type` and the system lets this process use them. Their registers are 8 KB, and Linux keeps
/// them for those alone who ask (arch_prctl(2)); it refuses where a thread's alternative signal stack has no room for them.
[[nodiscard]] inline bool has_amx(amx_type type) noexcept {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    const unsigned wanted = 1u << static_cast<unsigned>(type) | 1u << 24;  // and tiles at all
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0 || (edx & wanted) != wanted) {
        return false;
    }
    constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
    constexpr long tile_data = 18;
    static const bool allowed = syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
    return allowed;
}

/// What LDTILECFG takes: how many rows each tile has, and how many bytes a row.
struct alignas(64) tile_shapes {
    std::uint8_t palette = 1;
    std::uint8_t start_row = 0;
    std::uint8_t reserved[14] = {};
    std::uint16_t row_bytes[16] = {};
    std::uint8_t rows[16] = {};

    void set(int tile, std::size_t row_count, std::size_t bytes_of_row) noexcept {
        rows[tile] = static_cast<std::uint8_t>(row_count);
        row_bytes[tile] = static_cast<std::uint16_t>(bytes_of_row);
    }
};

/// Tiles are of these shapes, and empty, until _tile_release(). The compilers' own function is told of 8 bytes of them only.
[[gnu::target("amx-tile")]] inline void shape_tiles(const tile_shapes& shapes) noexcept { asm volatile("ldtilecfg %0" : : "m"(shapes)); }

}  // namespace equinfo::detail

#endif
