// SPDX-License-Identifier: MIT
// Codebooks in the formats of other programs.

#include "codebook_export.hpp"

#include "io.hpp"
#include "plain_text.hpp"

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/fingerprint.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace program {
namespace {

std::string hexadecimal_bytes(std::span<const std::uint8_t> bytes) {
    std::string digits;
    for (const std::uint8_t byte : bytes) {
        digits += "0123456789abcdef"[byte >> 4];
        digits += "0123456789abcdef"[byte & 15];
    }
    return digits;
}

/// The character that stands for a byte in the vocabularies of GPT-2 and all that came after it: itself where that is
/// visible, else one of those from U+0100 on.
std::string byte_character(std::uint8_t byte) {
    static const std::array<std::uint16_t, 256> characters = [] {
        std::array<std::uint16_t, 256> result{};
        std::uint16_t next = 256;
        for (unsigned b = 0; b < 256; ++b) {
            const bool visible = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
            result[b] = visible ? static_cast<std::uint16_t>(b) : next++;
        }
        return result;
    }();
    const std::uint16_t c = characters[byte];
    if (c < 0x80) {
        return std::string(1, static_cast<char>(c));
    }
    return {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
}

/// A pattern that takes the longest string of a sorted codebook: the trie, each branch a group that may be left out where a
/// string ends before it. Groups are greedy, so the longest way is tried first, and whatever a way down misses falls back to
/// the last string on it.
class trie_pattern {
public:
    explicit trie_pattern(const equinfo::codebook& book) : m_book(book) {}

    [[nodiscard]] std::string build() const { return below(0, m_book.size(), 0); }

private:
    [[nodiscard]] std::string below(std::size_t begin, std::size_t end, std::size_t depth) const {
        bool is_string = false;
        while (begin < end && m_book[begin].size() == depth) {
            is_string = true;
            ++begin;
        }
        if (begin == end) {
            return {};
        }
        std::string alternatives;  // branches that go on
        std::string ends;          // those that do not, and whose character is a letter or digit, for a class; the engines differ on others there
        std::string other_ends;
        std::size_t end_count = 0;
        while (begin < end) {
            const std::uint8_t byte = m_book[begin][depth];
            std::size_t stop = begin;
            while (stop < end && m_book[stop][depth] == byte) {
                ++stop;
            }
            const std::string rest = below(begin, stop, depth + 1);
            const std::string character = byte_character(byte);
            if (!rest.empty()) {
                alternatives.append(alternatives.empty() ? "" : "|").append(escaped_character(character)).append(rest);
            } else if (character.size() == 1 && std::isalnum(static_cast<unsigned char>(character[0])) != 0) {
                ends += character;
                ++end_count;
            } else {
                other_ends.append("|").append(escaped_character(character));
            }
            begin = stop;
        }
        std::string group = alternatives;
        if (end_count != 0) {
            group.append(group.empty() ? "" : "|").append(end_count == 1 ? "" : "[").append(ends).append(end_count == 1 ? "" : "]");
        }
        group.append(group.empty() ? other_ends.substr(1) : other_ends);
        return std::string("(?:").append(group).append(is_string ? ")?" : ")");
    }

    [[nodiscard]] static std::string escaped_character(const std::string& character) {
        constexpr std::string_view special = "^$\\.*+?()[]{}|/";
        const bool is_special = character.size() == 1 && special.find(character[0]) != std::string_view::npos;
        return std::string(is_special ? "\\" : "").append(character);
    }

    const equinfo::codebook& m_book;
};

template <class Number>
std::string numbers(const std::vector<Number>& values) {
    std::string text;
    std::size_t line = 0;
    for (const Number value : values) {
        const std::string digits = std::to_string(value) + ",";
        line += digits.size();
        if (line > 120) {
            text += '\n';
            line = digits.size();
        }
        text += digits;
    }
    return text;
}

}  // namespace

std::string vocabulary_of(const equinfo::codebook& book) {
    std::string text;
    for (std::size_t i = 0; i < book.size(); ++i) {
        text += std::to_string(i) + '\t' + hexadecimal_bytes(book[i]) + '\t' + escaped(book[i]) + '\n';
    }
    return text;
}

std::string hugging_face_tokenizer_of(const equinfo::codebook& book, const std::vector<std::string>& specials) {
    using json = nlohmann::ordered_json;
    const json byte_level = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", false}, {"use_regex", false}};
    const json split = {{"type", "Split"}, {"pattern", {{"Regex", trie_pattern(book).build()}}}, {"behavior", "Isolated"}, {"invert", false}};
    json::object_t vocabulary;  // ordered, so a list: filled from behind, since to look names up would take long
    for (std::size_t i = 0; i < book.size(); ++i) {
        std::string characters;
        for (const std::uint8_t byte : book[i]) {
            characters += byte_character(byte);
        }
        if (i == 0 || !std::ranges::equal(book[i], book[i - 1])) {  // of equal strings the first is written
            vocabulary.emplace_back(characters, i);
        }
    }
    json added = json::array();
    for (std::size_t i = 0; i < specials.size(); ++i) {
        if (specials[i].empty()) {
            throw usage_failure("a special token needs a text");
        }
        added.push_back({{"id", book.size() + i}, {"content", specials[i]}, {"single_word", false}, {"lstrip", false}, {"rstrip", false},
                         {"normalized", false}, {"special", true}});
    }
    // ByteLevel makes a character of each byte, Split cuts by the pattern, and a BPE without merges looks each piece up as a whole.
    const json tokenizer = {
        {"version", "1.0"},
        {"truncation", nullptr},
        {"padding", nullptr},
        {"added_tokens", added},
        {"normalizer", nullptr},
        {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", {byte_level, split}}}},
        {"post_processor", nullptr},
        {"decoder", byte_level},
        {"model",
         {{"type", "BPE"}, {"dropout", nullptr}, {"unk_token", nullptr}, {"continuing_subword_prefix", nullptr}, {"end_of_word_suffix", nullptr},
          {"fuse_unk", false}, {"byte_fallback", false}, {"ignore_merges", true}, {"vocab", vocabulary}, {"merges", json::array()}}}};
    try {
        return tokenizer.dump() + "\n";
    } catch (const json::type_error&) {
        throw usage_failure("a special token that is no UTF-8");
    }
}

std::string c_header_of(const equinfo::codebook& book, const std::string& name) {
    const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0 || !std::all_of(name.begin(), name.end(), is_part)) {
        throw usage_failure("--name is the beginning of names in C: letters, digits and _, not \"" + name + "\"");
    }
    std::vector<unsigned> bytes;
    std::vector<std::size_t> ends{0};
    for (std::size_t i = 0; i < book.size(); ++i) {
        bytes.insert(bytes.end(), book[i].begin(), book[i].end());
        ends.push_back(bytes.size());
    }
    std::string text = R"(/* A codebook of NAME_SIZE strings in the order of their bytes, made by equinfo codebook export; fingerprint FINGERPRINT.
   Codeword i stands for NAME_bytes[NAME_ends[i]] up to, not including, NAME_bytes[NAME_ends[i + 1]]. */
#ifndef NAME_CODEBOOK
#define NAME_CODEBOOK

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { NAME_BITS = %BITS%, NAME_SIZE = %SIZE%, NAME_LONGEST = %LONGEST% };

static const unsigned char NAME_bytes[] = {
%BYTES%
};

static const uint32_t NAME_ends[] = {
%ENDS%
};

/* The codeword of the longest string that the text begins with, which has at least one byte; *length becomes its length. */
static inline uint32_t NAME_match(const unsigned char* text, size_t size, size_t* length) {
    uint32_t begin = 0, end = NAME_SIZE, found = 0;
    size_t depth = 0;
    *length = 0;
    while (begin < end) {
        /* All strings from begin to end begin with the first `depth` bytes of the text, and the shortest comes first. */
        if (NAME_ends[begin + 1] - NAME_ends[begin] == depth && depth != 0) {
            found = begin;
            *length = depth;
            do {
                ++begin;
            } while (begin < end && NAME_ends[begin + 1] - NAME_ends[begin] == depth);
        }
        if (depth == size || begin == end) {
            break;
        }
        for (int high = 0; high < 2; ++high) { /* the first string with this byte, and the first with a greater one */
            uint32_t low = begin, above = end;
            while (low < above) {
                const uint32_t middle = low + (above - low) / 2;
                const unsigned char byte = NAME_bytes[NAME_ends[middle] + depth];
                if (byte < text[depth] || (high && byte == text[depth])) {
                    low = middle + 1;
                } else {
                    above = middle;
                }
            }
            if (high) {
                end = low;
            } else {
                begin = low;
            }
        }
        ++depth;
    }
    return found;
}

/* Writes the codewords of a text, and returns how many; there must be room for `size`. */
static inline size_t NAME_encode(const unsigned char* text, size_t size, uint32_t* codewords) {
    size_t count = 0;
    while (size != 0) {
        size_t length;
        codewords[count++] = NAME_match(text, size, &length);
        text += length;
        size -= length;
    }
    return count;
}

/* Writes the text of codewords, as many whole strings as there is room for, and returns how many bytes; stops at a number that is none. */
static inline size_t NAME_decode(const uint32_t* codewords, size_t count, unsigned char* text, size_t room) {
    size_t done = 0;
    for (size_t i = 0; i < count && codewords[i] < NAME_SIZE; ++i) {
        const size_t length = NAME_ends[codewords[i] + 1] - NAME_ends[codewords[i]];
        if (length > room - done) {
            break;
        }
        memcpy(text + done, NAME_bytes + NAME_ends[codewords[i]], length);
        done += length;
    }
    return done;
}

#endif
)";
    const auto put = [&text](std::string_view what, const std::string& with) {
        for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
            text.replace(at, what.size(), with);
        }
    };
    put("NAME", name);
    put("FINGERPRINT", equinfo::hexadecimal(book.fingerprint()));
    put("%BITS%", std::to_string(book.window_bits()));
    put("%SIZE%", std::to_string(book.size()));
    put("%LONGEST%", std::to_string(book.longest()));
    put("%BYTES%", numbers(bytes));
    put("%ENDS%", numbers(ends));
    return text;
}

}  // namespace program
