// SPDX-License-Identifier: MIT
// The state of a training as bytes, so that it can go on later as if it had never stopped.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/m1/shape.hpp>
#include <equinfo/train/trainer.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace equinfo::train {

/// Of this version of the library: no other needs to read it.
inline constexpr std::uint64_t checkpoint_magic = 0x33304B4843514545u;

namespace detail {

/// Writes down what it visits.
class checkpoint_writer {
public:
    template <class Number>
    void number(const Number& value) {
        std::uint64_t bits = 0;
        if constexpr (std::is_same_v<Number, double>) {
            bits = std::bit_cast<std::uint64_t>(value);
        } else {
            bits = static_cast<std::uint64_t>(value);
        }
        m_bytes.resize(m_bytes.size() + 8);
        store_little(m_bytes.data() + m_bytes.size() - 8, bits);
    }
    template <class Entry>
    void numbers(const std::vector<Entry>& values) {
        static_assert(sizeof(Entry) == 4);
        number(values.size());
        const std::size_t start = m_bytes.size();
        m_bytes.resize(start + 4 * values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            store_little(m_bytes.data() + start + 4 * i, std::bit_cast<std::uint32_t>(values[i]));
        }
    }
    [[nodiscard]] std::vector<std::byte>& bytes() noexcept { return m_bytes; }

private:
    std::vector<std::byte> m_bytes;
};

/// Reads the same back.
class checkpoint_reader {
public:
    checkpoint_reader(std::span<const std::byte> bytes, std::size_t at) noexcept : m_bytes(bytes), m_at(at) {}

    template <class Number>
    void number(Number& value) {
        const auto bits = load_little<std::uint64_t>(take(8).data());
        if constexpr (std::is_same_v<Number, double>) {
            value = std::bit_cast<double>(bits);
        } else {
            value = static_cast<Number>(bits);
            if (static_cast<std::uint64_t>(value) != bits) {
                fail(errc::bad_parameter, "a number of the checkpoint is out of range");
            }
        }
    }
    template <class Entry>
    void numbers(std::vector<Entry>& values) {
        std::uint64_t size = 0;
        number(size);
        if (size > (m_bytes.size() - m_at) / 4) {
            fail(errc::truncated, "checkpoint ends too early");
        }
        const auto from = take(4 * static_cast<std::size_t>(size));
        values.resize(static_cast<std::size_t>(size));
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = std::bit_cast<Entry>(load_little<std::uint32_t>(from.data() + 4 * i));
        }
    }
    [[nodiscard]] bool at_end() const noexcept { return m_at == m_bytes.size(); }
    [[noreturn]] void fail(errc code, const char* what) const { equinfo::detail::throw_error(code, m_at, what); }

private:
    std::span<const std::byte> take(std::size_t size) {
        if (size > m_bytes.size() - m_at) {
            fail(errc::truncated, "checkpoint ends too early");
        }
        m_at += size;
        return m_bytes.subspan(m_at - size, size);
    }

    std::span<const std::byte> m_bytes;
    std::size_t m_at;
};

/// What was written, with its CRC-32 behind it.
[[nodiscard]] inline std::vector<std::byte> seal(checkpoint_writer& writer) {
    std::vector<std::byte> bytes = std::move(writer.bytes());
    const std::uint32_t sum = crc32(bytes);
    bytes.resize(bytes.size() + 4);
    store_little(bytes.data() + bytes.size() - 4, sum);
    return bytes;
}

/// A reader of what stands between magic number and CRC-32. @throws equinfo::error where these are others; `none` says so.
[[nodiscard]] inline checkpoint_reader open(std::span<const std::byte> bytes, std::uint64_t magic, const char* none) {
    if (bytes.size() < 12 || load_little<std::uint64_t>(bytes.data()) != magic) {
        equinfo::detail::throw_error(errc::bad_magic, 0, none);
    }
    const std::size_t size = bytes.size() - 4;
    if (crc32(bytes.first(size)) != load_little<std::uint32_t>(bytes.data() + size)) {
        equinfo::detail::throw_error(errc::bad_checksum, size, "the checkpoint is damaged");
    }
    return {bytes.first(size), 8};
}

template <class Visitor, class Shape>
void visit_shape(Visitor& visitor, Shape& shape) {
    for (auto* const number : {&shape.width, &shape.layers, &shape.heads, &shape.shared, &shape.head_width, &shape.hidden,
                               &shape.context, &shape.columns}) {
        visitor.number(*number);
    }
    // In one number, so that what has no gates, or one context, is written as it was before there was anything else.
    std::uint64_t bits_and_feed = shape.table_bits + 256 * std::uint64_t{static_cast<std::uint8_t>(shape.feed)} +
                                  65536 * std::uint64_t{!shape.contexts.empty()};
    visitor.number(bits_and_feed);
    if constexpr (!std::is_const_v<Shape>) {
        if (bits_and_feed >= 65536) {
            shape.contexts.resize(std::min<std::size_t>(shape.layers, 32));
            bits_and_feed -= 65536;
        }
    }
    for (auto& context : shape.contexts) {
        visitor.number(context);
    }
    std::uint64_t tables = shape.tables.size();
    visitor.number(tables);
    if constexpr (!std::is_const_v<Shape>) {
        shape.table_bits = static_cast<unsigned>(bits_and_feed % 256);
        shape.feed = static_cast<m1_feed>(std::min<std::uint64_t>(bits_and_feed / 256, 255));
        if (tables > 16) {
            visitor.fail(errc::bad_parameter, "more than 16 tables");
        }
        shape.tables.assign(static_cast<std::size_t>(tables), m1_table_shape());
    }
    for (auto& table : shape.tables) {
        visitor.number(table.kind);
        visitor.number(table.order);
        visitor.number(table.row_bits);
    }
}

/// All that stands behind the shape.
template <class Visitor, class State>
void visit_state(Visitor& visitor, State& state) {
    const m1_shape& shape = state.model.shape;
    visitor.number(state.step);
    visitor.number(state.bytes);
    visitor.number(state.random);
    visitor.number(state.milliseconds);
    visitor.number(state.best);
    visitor.numbers(state.model.units);
    visitor.numbers(state.average.units);
    for (auto* const tensors : {&state.model.dense, &state.average.dense, &state.mean, &state.square}) {
        visit_tensors(shape, *tensors, [&](tensor_kind, std::size_t, std::size_t, auto& numbers) { visitor.numbers(numbers); });
    }
    for (auto* const tables : {&state.model.tables, &state.average.tables}) {
        for (auto& table : *tables) {
            visitor.numbers(table);
        }
    }
    for (auto& memory : state.rows) {
        visitor.numbers(memory.squares);
        visitor.numbers(memory.counts);
    }
}

}  // namespace detail

[[nodiscard]] inline std::vector<std::byte> write_checkpoint(const training_state& state) {
    detail::checkpoint_writer writer;
    writer.number(checkpoint_magic);
    detail::visit_shape(writer, state.model.shape);
    detail::visit_state(writer, state);
    return detail::seal(writer);
}

/// @throws equinfo::error where it is no checkpoint, or a damaged one
[[nodiscard]] inline training_state read_checkpoint(std::span<const std::byte> bytes) {
    detail::checkpoint_reader reader = detail::open(bytes, checkpoint_magic, "not a checkpoint of a training");
    training_state state;
    detail::visit_shape(reader, state.model.shape);
    const m1_shape& shape = state.model.shape;
    if (const char* const fault = fault_of(shape)) {
        reader.fail(errc::bad_parameter, fault);
    }
    state.model.dense.layers.resize(shape.layers);
    state.average.shape = shape;
    state.average.dense.layers.resize(shape.layers);
    state.mean.layers.resize(shape.layers);
    state.square.layers.resize(shape.layers);
    state.model.tables.resize(shape.tables.size());
    state.average.tables.resize(shape.tables.size());
    state.rows.resize(shape.tables.size());
    detail::visit_state(reader, state);
    bool fits = reader.at_end() && state.milliseconds <= std::uint64_t{1} << 40;  // 35 years
    for (const parameters* const model : {&state.model, &state.average}) {
        fits = fits && model->units.size() == 4 * shape.layers + 2;
        for (const int w : model->units) {
            fits = fits && w >= coarsest_unit && w <= finest_unit;
        }
    }
    for (const dense_tensors* const tensors : {&state.model.dense, &state.average.dense, &state.mean, &state.square}) {
        visit_tensors(shape, *tensors,
                      [&](tensor_kind, std::size_t rows, std::size_t columns, const std::vector<float>& numbers) {
                          fits = fits && numbers.size() == rows * columns;
                      });
    }
    for (std::size_t t = 0; t < shape.tables.size(); ++t) {
        const std::size_t rows = std::size_t{1} << shape.tables[t].row_bits;
        const std::size_t counts = state.rows[t].counts.size();
        fits = fits && state.model.tables[t].size() == rows * shape.columns && state.average.tables[t].size() == rows * shape.columns &&
               state.rows[t].squares.size() == rows * shape.columns && (counts == 0 || counts == rows);
    }
    if (!fits) {
        reader.fail(errc::corrupt, "the checkpoint's numbers do not fit its shape");
    }
    return state;
}

}  // namespace equinfo::train
