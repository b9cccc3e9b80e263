// SPDX-License-Identifier: MIT
// Subword tokens: the ids that SentencePiece's unigram models give (Kudo 2018), the paper's baseline of section 3.6.
#pragma once

#include "paper/method.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace equinfo::bench::paper {

/// A file PREFIX.model of spm_train --model_type=unigram --byte_fallback=true --normalization_rule_name=identity
/// --remove_extra_whitespaces=false --add_dummy_prefix=false. The ids are those of spm_encode 0.1.97, but where several ways to cut
/// are equally probable ("0 0000", "0000 0"), and for two things that spm_encode cannot do, since it reads lines: a line end is a
/// token, that of its byte; and bytes that are no UTF-8 are kept, a token each. So the text comes back, and examples begin and end
/// where those of the other methods do.
class sentencepiece_model {
public:
    /// @param file  the bytes of the file, a message of Protocol Buffers. @throws std::runtime_error
    explicit sentencepiece_model(std::span<const std::uint8_t> file) {
        message fields(file);
        while (fields.next()) {
            if (fields.number() == 1) {
                add_piece(message(fields.bytes()));
            }
        }
        for (const std::uint32_t id : m_bytes) {
            require(id != none, "has no piece for every byte: train it with --byte_fallback=true");
        }
    }

    [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(m_texts.size()); }

    /// The most probable way to cut `text` into pieces.
    [[nodiscard]] std::vector<std::uint32_t> encode(std::span<const std::uint8_t> text) const {
        const std::string escaped = escape(text);
        struct step {
            float score = 0;
            std::size_t begin = 0;
            std::uint32_t id = none;
            bool is_reached = false;
        };
        std::vector<step> best(escaped.size() + 1);
        const auto offer = [&best](std::size_t begin, std::size_t end, std::uint32_t id, float score) {
            const float sum = best[begin].score + score;
            if (!best[end].is_reached || sum >= best[end].score) {
                best[end] = {sum, begin, id, true};
            }
        };
        for (std::size_t at = 0; at < escaped.size();) {
            const std::size_t letter = std::min(letter_bytes(escaped[at]), escaped.size() - at);
            bool is_known = false;
            std::uint32_t node = 0;
            for (std::size_t end = at; end < escaped.size() && descend(node, escaped[end]);) {
                ++end;
                if (const std::uint32_t id = m_ends[node]; id != none) {
                    offer(at, end, id, m_scores[id]);
                    is_known = is_known || end - at == letter;
                }
            }
            if (!is_known) {
                offer(at, at + letter, none, m_least_score - unknown_penalty);
            }
            at += letter;
        }
        std::vector<std::uint32_t> ids;
        for (std::size_t end = escaped.size(); end > 0; end = best[end].begin) {
            if (best[end].id != none) {
                ids.push_back(best[end].id);
                continue;
            }
            for (std::size_t at = end; at-- > best[end].begin;) {
                ids.push_back(m_bytes[static_cast<std::uint8_t>(escaped[at])]);
            }
        }
        std::reverse(ids.begin(), ids.end());
        return ids;
    }

    [[nodiscard]] const std::string& text_of_piece(std::uint32_t id) const { return m_texts.at(id); }

private:
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
    static constexpr float unknown_penalty = 10;               // as in SentencePiece
    static constexpr std::string_view space = "\xe2\x96\x81";  // U+2581 stands for a blank

    /// The fields of a message: a number and a value each.
    class message {
    public:
        explicit message(std::span<const std::uint8_t> bytes) : m_rest(bytes) {}

        /// Reads the next field; false at the end.
        bool next() {
            if (m_rest.empty()) {
                return false;
            }
            const std::uint64_t tag = varint();
            m_number = tag >> 3;
            switch (tag & 7) {
                case 0:
                    m_value = varint();
                    break;
                case 1:
                    take(8);
                    break;
                case 2:
                    take(varint());
                    break;
                case 5:
                    take(4);
                    break;
                default:
                    require(false, "is no model");
            }
            return true;
        }

        [[nodiscard]] std::uint64_t number() const noexcept { return m_number; }
        [[nodiscard]] std::uint64_t value() const noexcept { return m_value; }
        [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return m_bytes; }
        [[nodiscard]] float real() const {
            require(m_bytes.size() == 4, "is no model");
            std::uint32_t bits = 0;
            for (std::size_t i = 4; i-- > 0;) {
                bits = bits << 8 | m_bytes[i];
            }
            return std::bit_cast<float>(bits);
        }

    private:
        std::uint64_t varint() {
            std::uint64_t value = 0;
            for (unsigned shift = 0; shift < 64; shift += 7) {
                require(!m_rest.empty(), "is cut short");
                const std::uint8_t byte = m_rest.front();
                m_rest = m_rest.subspan(1);
                value |= std::uint64_t{byte & 127u} << shift;
                if (byte < 128) {
                    break;
                }
            }
            return value;
        }

        void take(std::uint64_t count) {
            require(count <= m_rest.size(), "is cut short");
            m_bytes = m_rest.first(static_cast<std::size_t>(count));
            m_rest = m_rest.subspan(static_cast<std::size_t>(count));
        }

        std::span<const std::uint8_t> m_rest;
        std::uint64_t m_number = 0;
        std::uint64_t m_value = 0;
        std::span<const std::uint8_t> m_bytes;
    };

    static void require(bool is_good, const char* fault) {
        if (!is_good) {
            throw std::runtime_error(std::string("the SentencePiece model ") + fault);
        }
    }

    void add_piece(message fields) {
        enum : std::uint64_t { normal = 1, byte = 6 };
        std::string text;
        float score = 0;
        std::uint64_t type = normal;
        while (fields.next()) {
            switch (fields.number()) {
                case 1:
                    text.assign(fields.bytes().begin(), fields.bytes().end());
                    break;
                case 2:
                    score = fields.real();
                    break;
                case 3:
                    type = fields.value();
                    break;
            }
        }
        const std::uint32_t id = size();
        if (type == byte) {  // "<0x0A>"
            require(text.size() == 6, "names a byte in another way than <0x0A>");
            const int value = std::stoi(text.substr(3, 2), nullptr, 16);
            m_bytes[static_cast<std::size_t>(value)] = id;
            m_texts.emplace_back(1, static_cast<char>(value));
        } else if (type == normal) {
            std::uint32_t node = 0;
            for (const char letter : text) {
                grow(node, letter);
            }
            m_ends[node] = id;
            m_least_score = std::min(m_least_score, score);
            std::string plain;
            for (std::size_t at = 0; at < text.size();) {
                const bool is_space = std::string_view(text).substr(at).starts_with(space);
                plain += is_space ? ' ' : text[at];
                at += is_space ? space.size() : 1;
            }
            m_texts.push_back(std::move(plain));
        } else {  // unknown, begin, end
            m_texts.emplace_back();
        }
        m_scores.push_back(score);
    }

    [[nodiscard]] static std::string escape(std::span<const std::uint8_t> text) {
        std::string escaped;
        escaped.reserve(text.size() * 3 / 2);
        for (const std::uint8_t byte : text) {
            if (byte == ' ') {
                escaped += space;
            } else {
                escaped += static_cast<char>(byte);
            }
        }
        return escaped;
    }

    /// Bytes of the UTF-8 letter that begins with this one; 1 for a byte that begins none.
    [[nodiscard]] static std::size_t letter_bytes(char first) noexcept {
        const auto byte = static_cast<std::uint8_t>(first);
        return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    }

    /// A tree of the pieces: an edge for each byte.
    [[nodiscard]] static std::uint64_t edge(std::uint32_t node, char letter) noexcept {
        return std::uint64_t{node} << 8 | static_cast<std::uint8_t>(letter);
    }
    [[nodiscard]] bool descend(std::uint32_t& node, char letter) const {
        const auto found = m_children.find(edge(node, letter));
        if (found == m_children.end()) {
            return false;
        }
        node = found->second;
        return true;
    }
    void grow(std::uint32_t& node, char letter) {
        const auto [at, is_new] = m_children.try_emplace(edge(node, letter), static_cast<std::uint32_t>(m_ends.size()));
        if (is_new) {
            m_ends.push_back(none);
        }
        node = at->second;
    }

    std::vector<std::string> m_texts;  // of each id
    std::vector<float> m_scores;       // natural logarithms of probabilities
    float m_least_score = 0;
    std::vector<std::uint32_t> m_bytes = std::vector<std::uint32_t>(256, none);
    std::unordered_map<std::uint64_t, std::uint32_t> m_children;
    std::vector<std::uint32_t> m_ends{none};  // of each node: the piece that ends there
};

/// A model of SentencePiece as a method.
class sentencepiece_method final : public method {
public:
    /// @throws std::runtime_error if there is no model
    explicit sentencepiece_method(std::shared_ptr<const sentencepiece_model> model)
        : method("sentencepiece", model == nullptr ? 0 : model->size(), true), m_model(std::move(model)) {
        if (m_model == nullptr) {
            throw std::runtime_error("sentencepiece needs its model; name it with --sentencepiece FILE");
        }
    }

    [[nodiscard]] std::vector<std::uint32_t> code(std::span<const std::uint8_t> text) override { return m_model->encode(text); }

    [[nodiscard]] std::vector<std::uint8_t> decode(std::span<const std::uint32_t> ids, std::size_t bytes) override {
        std::vector<std::uint8_t> text;
        for (const std::uint32_t id : ids) {
            const std::string& piece = m_model->text_of_piece(id);
            text.insert(text.end(), piece.begin(), piece.end());
        }
        text.resize(std::min(text.size(), bytes));
        return text;
    }

    [[nodiscard]] std::unique_ptr<method> clone() const override { return std::make_unique<sentencepiece_method>(*this); }

private:
    std::shared_ptr<const sentencepiece_model> m_model;
};

}  // namespace equinfo::bench::paper
