// SPDX-License-Identifier: MIT
// Memory counted at operator new, for a whole test program: to be included by one of its files.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace equinfo::test {

inline std::atomic<std::size_t> memory_in_use = 0, most_memory_in_use = 0, allocations = 0;

/// The size stands before the block, so that every standard library gives it back.
inline constexpr std::size_t block_head = alignof(std::max_align_t);

inline void* counted(std::size_t size, std::size_t alignment = block_head) {
    const std::size_t head = std::max(alignment, block_head);
    const bool fits = size < std::numeric_limits<std::size_t>::max() - 2 * head;
    void* const block = fits ? std::aligned_alloc(head, (size + head + head - 1) / head * head) : nullptr;
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    std::byte* const room = static_cast<std::byte*>(block) + head;
    ::new (room - sizeof(std::size_t)) std::size_t(size);
    ++allocations;
    const std::size_t now = memory_in_use += size;
    std::size_t most = most_memory_in_use;
    while (now > most && !most_memory_in_use.compare_exchange_weak(most, now)) {
    }
    return room;
}

inline void* counted_or_null(std::size_t size, std::size_t alignment = block_head) noexcept {
    try {
        return counted(size, alignment);
    } catch (...) {
        return nullptr;
    }
}

inline void uncounted(void* room, std::size_t alignment = block_head) noexcept {
    if (room != nullptr) {
        memory_in_use -= *reinterpret_cast<std::size_t*>(static_cast<std::byte*>(room) - sizeof(std::size_t));
        std::free(static_cast<std::byte*>(room) - std::max(alignment, block_head));
    }
}

/// The most memory in use during `call`, beyond what there was before.
template <class Call>
std::size_t peak_of(Call&& call) {
    const std::size_t before = memory_in_use;
    most_memory_in_use = before;
    call();
    return most_memory_in_use - before;
}

/// How often `call` asks for memory.
template <class Call>
std::size_t allocations_of(Call&& call) {
    const std::size_t before = allocations;
    call();
    return allocations - before;
}

}  // namespace equinfo::test

// All forms, so that no block is given back by another library than it came from.
void* operator new(std::size_t size) { return equinfo::test::counted(size); }
void* operator new(std::size_t size, std::align_val_t a) { return equinfo::test::counted(size, std::size_t(a)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return equinfo::test::counted_or_null(size); }
void* operator new(std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
    return equinfo::test::counted_or_null(size, std::size_t(a));
}
void* operator new[](std::size_t size) { return equinfo::test::counted(size); }
void* operator new[](std::size_t size, std::align_val_t a) { return equinfo::test::counted(size, std::size_t(a)); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return equinfo::test::counted_or_null(size); }
void* operator new[](std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
    return equinfo::test::counted_or_null(size, std::size_t(a));
}
void operator delete(void* room) noexcept { equinfo::test::uncounted(room); }
void operator delete(void* room, std::size_t) noexcept { equinfo::test::uncounted(room); }
void operator delete(void* room, const std::nothrow_t&) noexcept { equinfo::test::uncounted(room); }
void operator delete(void* room, std::align_val_t a) noexcept { equinfo::test::uncounted(room, std::size_t(a)); }
void operator delete(void* room, std::size_t, std::align_val_t a) noexcept { equinfo::test::uncounted(room, std::size_t(a)); }
void operator delete(void* room, std::align_val_t a, const std::nothrow_t&) noexcept { equinfo::test::uncounted(room, std::size_t(a)); }
void operator delete[](void* room) noexcept { equinfo::test::uncounted(room); }
void operator delete[](void* room, std::size_t) noexcept { equinfo::test::uncounted(room); }
void operator delete[](void* room, const std::nothrow_t&) noexcept { equinfo::test::uncounted(room); }
void operator delete[](void* room, std::align_val_t a) noexcept { equinfo::test::uncounted(room, std::size_t(a)); }
void operator delete[](void* room, std::size_t, std::align_val_t a) noexcept { equinfo::test::uncounted(room, std::size_t(a)); }
void operator delete[](void* room, std::align_val_t a, const std::nothrow_t&) noexcept { equinfo::test::uncounted(room, std::size_t(a)); }
