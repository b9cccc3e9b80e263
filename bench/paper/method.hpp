// SPDX-License-Identifier: MIT
// What all ways from text to tokens have in common.
#pragma once

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/tokens/packer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace equinfo::bench::paper {

/// Turns one example of text into token ids, by itself: a model starts afresh with each. An object may keep room and
/// state between calls, so every thread takes a clone.
class method {
public:
    virtual ~method() = default;

    [[nodiscard]] const std::string& name() const noexcept { return m_name; }
    /// Ids are below it.
    [[nodiscard]] std::uint32_t vocabulary() const noexcept { return m_vocabulary; }
    /// Whether decode() gives the text back, of any text. The paper's windows do not.
    [[nodiscard]] bool is_exact() const noexcept { return m_is_exact; }

    [[nodiscard]] virtual std::vector<std::uint32_t> code(std::span<const std::uint8_t> text) = 0;

    /// The text of these ids, at most `bytes` bytes, the number that the example has: plain arithmetic coding does not
    /// know it.
    [[nodiscard]] virtual std::vector<std::uint8_t> decode(std::span<const std::uint32_t> ids, std::size_t bytes) = 0;

    /// Shares what does not change.
    [[nodiscard]] virtual std::unique_ptr<method> clone() const = 0;

protected:
    method(std::string name, std::uint32_t vocabulary, bool is_exact)
        : m_name(std::move(name)), m_vocabulary(vocabulary), m_is_exact(is_exact) {}
    method(const method&) = default;
    method& operator=(const method&) = default;

private:
    std::string m_name;
    std::uint32_t m_vocabulary;
    bool m_is_exact;
};

/// A method that cuts bits into tokens of 8 or 16 bits, most significant bit first (paper, section 3.3); the last token
/// is filled with zero bits. A coder writes the bits of a text with encode(text, bits), reads them with decode(bits,
/// bit_count, bytes), is copied for each thread, and says in `is_exact` whether its bits stand for one text alone.
template <class Coder>
class packed_method final : public method {
public:
    packed_method(std::string name, unsigned token_bits, Coder coder)
        : method(std::move(name), std::uint32_t{1} << token_bits, coder.is_exact()),
          m_packer(token_bits),
          m_coder(std::move(coder)) {}

    [[nodiscard]] std::vector<std::uint32_t> code(std::span<const std::uint8_t> text) override {
        bit_writer bits;
        m_coder.encode(text, bits);
        const std::uint64_t bit_count = bits.bit_count();
        const std::vector<std::byte> bytes = bits.take();
        std::vector<std::uint32_t> ids;
        m_packer.pack_bytes(bytes, bit_count, ids);
        return ids;
    }

    [[nodiscard]] std::vector<std::uint8_t> decode(std::span<const std::uint32_t> ids, std::size_t bytes) override {
        bit_writer bits;
        m_packer.unpack(ids, bits);
        const std::uint64_t bit_count = bits.bit_count();
        const std::vector<std::byte> packed = bits.take();
        std::vector<std::uint8_t> text = m_coder.decode(std::span<const std::byte>(packed), bit_count, bytes);
        text.resize(text.size() < bytes ? text.size() : bytes);
        return text;
    }

    [[nodiscard]] std::unique_ptr<method> clone() const override { return std::make_unique<packed_method>(*this); }

private:
    token_packer m_packer;
    Coder m_coder;
};

}  // namespace equinfo::bench::paper
