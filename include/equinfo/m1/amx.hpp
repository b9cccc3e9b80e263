// SPDX-License-Identifier: MIT
// Leave to use AMX, and the shapes of its tiles: up to 16 rows of up to 64 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)

#include <cpuid.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace equinfo::detail {

/// What tiles can hold: the bit of EDX, CPUID's leaf 7.
enum class amx_type : unsigned { bf16 = 22, int8 = 25 };

/// Whether the processor multiplies tiles of `type`.
[[nodiscard]] inline bool processor_has_amx(amx_type type) noexcept {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    const unsigned wanted = 1u << static_cast<unsigned>(type) | 1u << 24;  // and tiles at all
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & wanted) == wanted;
}

/// Whether it does and the system lets this process use them. Their registers are 8 KB, and Linux gives them only to processes that
/// ask (arch_prctl(2)), as this does once; it refuses where a thread's alternative signal stack has no room for them. Other systems
/// are not asked.
[[nodiscard]] inline bool has_amx(amx_type type) noexcept {
    if (!processor_has_amx(type)) {
        return false;
    }
#if defined(__linux__)
    constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
    constexpr long tile_data = 18;
    static const bool allowed = [] {
        const int before = errno;
        const bool granted = syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
        errno = before;
        return granted;
    }();
    return allowed;
#else
    return false;
#endif
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

/// Tiles are of these shapes, and empty, until _tile_release(). g++'s own function is told of 8 bytes of them only, and its loads of
/// tiles of no memory at all: what was stored before this is there for them.
[[gnu::target("amx-tile")]] inline void shape_tiles(const tile_shapes& shapes) noexcept {
    asm volatile("ldtilecfg %0" : : "m"(shapes) : "memory");
}

}  // namespace equinfo::detail

#endif
