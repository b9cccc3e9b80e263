// SPDX-License-Identifier: MIT
// Subwords, by the library SentencePiece (Debian: libsentencepiece-dev), where it is there.
#pragma once

#include "paper/method.hpp"

#ifdef EQUINFO_BENCH_SENTENCEPIECE
#include <sentencepiece_processor.h>
#endif

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace equinfo::bench::paper {

#ifdef EQUINFO_BENCH_SENTENCEPIECE

/// A model of spm_train --byte_fallback=true --normalization_rule_name=identity --remove_extra_whitespaces=false
/// --add_dummy_prefix=false: so the text comes back, if it is UTF-8, and an example is cut as if it stood alone. A line
/// end is a token.
class sentencepiece_model {
public:
    static constexpr bool is_there = true;

    /// @throws std::runtime_error
    explicit sentencepiece_model(const std::string& file) { check(m_processor.Load(file)); }

    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(m_processor.GetPieceSize()); }

    [[nodiscard]] std::vector<std::uint32_t> encode(std::span<const std::uint8_t> text) const {
        std::vector<int> ids;
        check(m_processor.Encode({reinterpret_cast<const char*>(text.data()), text.size()}, &ids));
        return {ids.begin(), ids.end()};
    }

    [[nodiscard]] std::vector<std::uint8_t> decode(std::span<const std::uint32_t> ids) const {
        std::string text;
        check(m_processor.Decode(std::vector<int>(ids.begin(), ids.end()), &text));
        return {text.begin(), text.end()};
    }

private:
    static void check(const sentencepiece::util::Status& status) {
        if (!status.ok()) {
            throw std::runtime_error("SentencePiece: " + status.ToString());
        }
    }

    sentencepiece::SentencePieceProcessor m_processor;
};

#else

class sentencepiece_model {
public:
    static constexpr bool is_there = false;

    explicit sentencepiece_model(const std::string&) {
        throw std::runtime_error("built without SentencePiece (Debian: libsentencepiece-dev)");
    }
    [[nodiscard]] std::uint32_t size() const { return 0; }
    [[nodiscard]] std::vector<std::uint32_t> encode(std::span<const std::uint8_t>) const { return {}; }
    [[nodiscard]] std::vector<std::uint8_t> decode(std::span<const std::uint32_t>) const { return {}; }
};

#endif

/// A model of SentencePiece as a method.
class sentencepiece_method final : public method {
public:
    /// @throws std::runtime_error if there is no model
    explicit sentencepiece_method(std::shared_ptr<const sentencepiece_model> model)
        : method("sentencepiece", model == nullptr ? 0 : model->size(), false), m_model(std::move(model)) {
        if (m_model == nullptr) {
            throw std::runtime_error("sentencepiece needs its model; name it with --sentencepiece FILE");
        }
    }

    [[nodiscard]] std::vector<std::uint32_t> code(std::span<const std::uint8_t> text) override {
        return m_model->encode(text);
    }

    [[nodiscard]] std::vector<std::uint8_t> decode(std::span<const std::uint32_t> ids, std::size_t bytes) override {
        std::vector<std::uint8_t> text = m_model->decode(ids);
        text.resize(text.size() < bytes ? text.size() : bytes);
        return text;
    }

    [[nodiscard]] std::unique_ptr<method> clone() const override {
        return std::make_unique<sentencepiece_method>(*this);
    }

private:
    std::shared_ptr<const sentencepiece_model> m_model;
};

}  // namespace equinfo::bench::paper
