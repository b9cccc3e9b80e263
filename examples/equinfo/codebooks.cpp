// SPDX-License-Identifier: MIT
// Codebooks as what makes windows.

#include "codebooks.hpp"

#include "io.hpp"
#include "models.hpp"

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/codebook/codebook_file.hpp>
#include <equinfo/english_codebook.hpp>
#include <equinfo/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace program {
namespace {

class codebook_coder final : public window_coder {
public:
    explicit codebook_coder(std::shared_ptr<const equinfo::codebook> book) : m_book(std::move(book)) {}

    std::uint64_t encode(std::span<const std::uint8_t> text, equinfo::bit_writer& bits,
                         std::vector<std::uint32_t>* lengths) override {
        m_tokens.clear();
        m_book->encode(text, m_tokens);
        for (const std::uint32_t token : m_tokens) {
            bits.write(token, m_book->window_bits());
            if (lengths != nullptr) {
                lengths->push_back(static_cast<std::uint32_t>((*m_book)[token].size()));
            }
        }
        return m_tokens.size();
    }

    void decode(equinfo::bit_reader& bits, std::uint64_t count, std::vector<std::uint8_t>& text) override {
        m_tokens.clear();
        for (; count != 0; --count) {
            m_tokens.push_back(static_cast<std::uint32_t>(bits.read(m_book->window_bits())));
        }
        m_book->decode(std::span<const std::uint32_t>(m_tokens), text);
    }

private:
    std::shared_ptr<const equinfo::codebook> m_book;
    std::vector<std::uint32_t> m_tokens;
};

class codebook_code final : public window_code {
public:
    codebook_code(std::string name, std::shared_ptr<const equinfo::codebook> book) : m_name(std::move(name)), m_book(std::move(book)) {}

    [[nodiscard]] const std::string& name() const override { return m_name; }
    [[nodiscard]] std::uint64_t fingerprint() const override { return m_book->fingerprint(); }
    [[nodiscard]] std::optional<unsigned> only_window_bits() const override { return m_book->window_bits(); }
    [[nodiscard]] std::unique_ptr<window_coder> windows(ending_rule /*rule*/, unsigned /*window_bits*/) const override {
        return make_codebook_coder(m_book);
    }

private:
    std::string m_name;
    std::shared_ptr<const equinfo::codebook> m_book;
};

}  // namespace

std::shared_ptr<const equinfo::codebook> load_codebook(const std::string& name_or_file) {
    if (name_or_file == built_in_codebook) {
        return equinfo::english_codebook();
    }
    const std::vector<std::uint8_t> bytes = read_model_bytes(name_or_file, model_file::codebook);
    return read_codebook_bytes(name_or_file, equinfo::bytes_of(std::span(bytes)));
}

std::shared_ptr<const equinfo::codebook> read_codebook_bytes(const std::string& name, std::span<const std::byte> file) {
    try {
        return std::make_shared<const equinfo::codebook>(equinfo::read_codebook(file));
    } catch (const equinfo::error& fault) {
        throw failure(name, fault.what());
    }
}

std::unique_ptr<window_coder> make_codebook_coder(std::shared_ptr<const equinfo::codebook> book) {
    return std::make_unique<codebook_coder>(std::move(book));
}

std::shared_ptr<const window_code> make_codebook_code(std::string name, std::shared_ptr<const equinfo::codebook> book) {
    return std::make_shared<codebook_code>(std::move(name), std::move(book));
}

}  // namespace program
