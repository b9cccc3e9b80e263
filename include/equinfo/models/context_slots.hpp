// SPDX-License-Identifier: MIT
// A hashed table of contexts, and memory that is cheap to clear after little use.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/models/bit_history.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace equinfo::detail {

inline constexpr std::size_t cache_line = 64;

/// An array of zeroed elements that remembers, up to a bound, which were touched: clear() costs what was used.
/// The memory is asked for zeroed, so that a large table of which little is used costs little.
template <class T>
class clearable_array {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= cache_line);

public:
    explicit clearable_array(std::size_t size) : m_size(size) {
        m_touched.reserve(size / 16);
        m_memory = std::calloc(size * sizeof(T) + cache_line, 1);
        if (m_memory == nullptr) {
            throw std::bad_alloc{};
        }
        const auto address = reinterpret_cast<std::uintptr_t>(m_memory);
        m_data = reinterpret_cast<T*>((address + cache_line - 1) & ~std::uintptr_t{cache_line - 1});
    }

    clearable_array(const clearable_array& other) : clearable_array(other.m_size) {
        if (other.m_overflowed) {
            std::memcpy(static_cast<void*>(m_data), other.m_data, m_size * sizeof(T));
        } else {
            for (const std::uint32_t i : other.m_touched) {
                m_data[i] = other.m_data[i];
            }
        }
        m_touched.assign(other.m_touched.begin(), other.m_touched.end());
        m_overflowed = other.m_overflowed;
    }

    clearable_array(clearable_array&& other) noexcept { swap(other); }

    clearable_array& operator=(clearable_array other) noexcept {
        swap(other);
        return *this;
    }

    ~clearable_array() { std::free(m_memory); }

    void swap(clearable_array& other) noexcept {
        std::swap(m_size, other.m_size);
        std::swap(m_memory, other.m_memory);
        std::swap(m_data, other.m_data);
        std::swap(m_touched, other.m_touched);
        std::swap(m_overflowed, other.m_overflowed);
    }

    [[nodiscard]] std::size_t size() const noexcept { return m_size; }
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return m_data[i]; }

    /// Call it before every change of an element that may still be zero; the others need no call.
    [[nodiscard]] T& touch(std::size_t i) noexcept {
        if (m_touched.size() < m_size / 16) {
            m_touched.push_back(static_cast<std::uint32_t>(i));  // within what was reserved
        } else {
            m_overflowed = true;
        }
        return m_data[i];
    }
    [[nodiscard]] T& touched(std::size_t i) noexcept { return m_data[i]; }

    void clear() noexcept {
        if (m_overflowed) {
            std::memset(static_cast<void*>(m_data), 0, m_size * sizeof(T));
        } else {
            for (const std::uint32_t i : m_touched) {
                m_data[i] = T{};
            }
        }
        m_touched.clear();
        m_overflowed = false;
    }

private:
    std::size_t m_size = 0;
    void* m_memory = nullptr;  // not a std::unique_ptr: <memory> alone takes as long to compile as this library's models
    T* m_data = nullptr;  // in m_memory, at the start of a cache line
    std::vector<std::uint32_t> m_touched;
    bool m_overflowed = false;
};

/// The bit histories of one context for one half of a byte: its 15 binary decisions are numbered like a heap, 1..15.
/// Element 0 is the check, 1..255, of the context that owns the slot; zero for a free slot.
struct context_slot {
    std::array<std::uint8_t, 16> bytes;
};

/// Finds slots by hash. A context may live in one of three places; a new one takes a free place, else that of the
/// context whose first decision was seen least often.
class context_slots {
public:
    /// 2^table_bits slots of 16 bytes.
    explicit context_slots(unsigned table_bits)
        : m_slots((std::size_t{1} << table_bits) + 1), m_mask((std::uint32_t{1} << table_bits) - 1) {}

    /// A slot that is always empty: that of contexts not seen.
    [[nodiscard]] std::uint32_t none() const noexcept { return m_mask + 1; }

    [[nodiscard]] const context_slot& operator[](std::uint32_t slot) const noexcept { return m_slots[slot]; }
    [[nodiscard]] context_slot& operator[](std::uint32_t slot) noexcept { return m_slots.touched(slot); }

    void prefetch(std::uint32_t hash) const noexcept { __builtin_prefetch(&m_slots[hash & m_mask]); }

    /// The slot of the context with this hash, or none().
    [[nodiscard]] EQUINFO_FORCE_INLINE std::uint32_t find(std::uint32_t hash) const noexcept {
        const std::uint32_t first = hash & m_mask;
        const std::uint8_t check = check_of(hash);
        if (m_slots[first].bytes[0] == check) {
            return first;
        }
        if (m_slots[first ^ 1u].bytes[0] == check) {
            return first ^ 1u;
        }
        if (m_slots[first ^ 2u].bytes[0] == check) {
            return first ^ 2u;
        }
        return none();
    }

    /// An empty slot for a context that find() did not find.
    [[nodiscard]] std::uint32_t claim(std::uint32_t hash) noexcept {
        const std::uint32_t first = hash & m_mask;
        std::uint32_t chosen = first;
        for (const std::uint32_t other : {first ^ 1u, first ^ 2u}) {
            if (worth(other) < worth(chosen)) {
                chosen = other;
            }
        }
        context_slot& slot = m_slots[chosen].bytes[0] == 0 ? m_slots.touch(chosen) : m_slots.touched(chosen);
        slot = context_slot{};
        slot.bytes[0] = check_of(hash);
        return chosen;
    }

    void clear() noexcept { m_slots.clear(); }

private:
    [[nodiscard]] static std::uint8_t check_of(std::uint32_t hash) noexcept {
        const std::uint32_t check = hash >> 24;
        return static_cast<std::uint8_t>(check == 0 ? 1u : check);
    }

    [[nodiscard]] unsigned worth(std::uint32_t slot) const noexcept {
        const std::uint8_t state = m_slots[slot].bytes[1];
        return unsigned{bit_history.zeros[state]} + bit_history.ones[state];
    }

    clearable_array<context_slot> m_slots;
    std::uint32_t m_mask;
};

}  // namespace equinfo::detail
