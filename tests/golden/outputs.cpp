// SPDX-License-Identifier: MIT
// Prints one line for the output of each part of the library, or compares the lines with those in a file.
//     same_bits [FILE]

#include <support/m1_contents.hpp>
#include <support/m1_sets.hpp>
#include <support/random.hpp>

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/codebook/codebook_file.hpp>
#include <equinfo/codebook/refine.hpp>
#include <equinfo/codebook/window_strings.hpp>
#include <equinfo/english_codebook.hpp>
#include <equinfo/equinfo.hpp>
#include <equinfo/m1.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace equinfo;
using test::random_source;
using test::random_text;
using test::text_kind;

std::vector<std::string> lines;

void say(const std::string& name, std::uint64_t size, std::span<const std::byte> bytes) {
    std::array<char, 32> figures{};
    std::snprintf(figures.data(), figures.size(), " %llu %08x", static_cast<unsigned long long>(size),
                  static_cast<unsigned>(crc32(bytes)));
    lines.push_back(name + figures.data());
}

std::string text_name(text_kind kind) { return std::string(test::name_of(kind)); }

/// The texts that everything is tried on: one of each kind, always the same.
const std::vector<std::vector<std::uint8_t>>& texts() {
    static const auto all = [] {
        std::vector<std::vector<std::uint8_t>> made;
        random_source random(2026);
        for (const text_kind kind : test::all_text_kinds) {
            made.push_back(random_text(random, 3000, kind));
        }
        return made;
    }();
    return all;
}

void bits() {
    random_source random(1);
    bit_writer writer;
    for (unsigned count = 0; count <= 64; ++count) {
        writer.write(random(), count);
    }
    const std::uint64_t bit_count = writer.bit_count();
    say("bits/bit_writer", bit_count, writer.take());
}

/// Weights over the whole range of a double, with the odd ones among them.
std::array<double, 256> weights(std::uint64_t seed) {
    random_source random(seed);
    std::array<double, 256> all{};
    for (double& weight : all) {
        weight = static_cast<double>(random.bits(53)) * static_cast<double>(std::uint64_t{1} << random.below(40));
    }
    all[3] = 0.0;
    all[5] = -1.0;
    all[9] = 1e300 * 1e-300;
    return all;
}

template <unsigned Precision>
void quantised(std::uint64_t seed) {
    const std::array<double, 256> all = weights(seed);
    const auto table = quantise<Precision>(std::span<const double, 256>(all));
    std::vector<std::byte> bytes;
    for (unsigned symbol = 0; symbol < 256; ++symbol) {
        const frequency freq = table.range_of(static_cast<std::uint8_t>(symbol)).freq;
        for (unsigned shift = 0; shift < 32; shift += 8) {
            bytes.push_back(static_cast<std::byte>(freq >> shift & 0xff));
        }
    }
    say("models/quantise/" + std::to_string(Precision), 256, bytes);
}

template <class Model>
void coded(const std::string& name, Model model) {
    for (const text_kind kind : test::all_text_kinds) {
        model.reset();
        range_encoder encoder;
        encode_sequence(model, std::span<const std::uint8_t>(texts()[static_cast<std::size_t>(kind)]), encoder);
        encoder.finish();
        say("coding/" + name + "/" + text_name(kind), encoder.bit_count(), encoder.bytes());
    }
}

template <class Ending>
void windowed(const std::string& name) {
    for (const unsigned window_bits : {9u, 12u, 16u, 24u, 32u, 64u, 128u}) {
        for (const text_kind kind : test::all_text_kinds) {
            window_encoder<adaptive_model, Ending> encoder(adaptive_model{}, window_bits);
            bit_writer writer;
            encode_windows(encoder, std::span<const std::uint8_t>(texts()[static_cast<std::size_t>(kind)]), writer);
            const std::uint64_t bit_count = writer.bit_count();
            say("windows/" + name + "/" + std::to_string(window_bits) + "/" + text_name(kind), bit_count, writer.take());
        }
    }
}

void archived() {
    for (const text_kind kind : test::all_text_kinds) {
        const std::span<const std::uint8_t> text(texts()[static_cast<std::size_t>(kind)]);
        for (const unsigned threads : {1u, 2u}) {
            memory_source source(bytes_of(text));
            memory_sink archive;
            compress_stream(source, archive, adaptive_model{}, {.block_size = 1000, .threads = threads});
            say("archive/threads:" + std::to_string(threads) + "/" + text_name(kind), archive.bytes().size(),
                archive.bytes());
        }
        const auto message = compress(text, adaptive_model{});
        say("archive/message/" + text_name(kind), message.size(), message);
    }
}

void tokens_of_all_widths() {
    for (unsigned token_bits = 1; token_bits <= 32; ++token_bits) {
        bit_writer bits;
        random_source random(token_bits);
        for (int i = 0; i < 40; ++i) {
            bits.write(random(), 64);
        }
        const std::vector<std::byte> data = bits.take();
        bit_reader reader(data);
        std::vector<token> tokens;
        token_packer(token_bits).pack(reader, 40 * 64, tokens);
        std::vector<std::byte> bytes;
        for (const token id : tokens) {
            for (unsigned shift = 0; shift < 32; shift += 8) {
                bytes.push_back(static_cast<std::byte>(id >> shift & 0xff));
            }
        }
        say("tokens/packer/" + std::to_string(token_bits), tokens.size(), bytes);
    }
}

/// Random numbers and extreme ones through every instruction set that there is: a line says what all of them gave.
void transformed() {
    std::uint64_t seed = 3500;
    for (const reference::m1_shape& shape : test::m1_small_shapes()) {
        for (const bool extreme : {false, true}) {
            random_source random(seed++);  // of each model, so that no line depends on another model
            const m1_content content =
                test::m1_content_of(shape, extreme ? test::extreme_m1(shape, random) : test::random_m1(shape, random));
            const std::string name =
                "m1/" + std::to_string(shape.width) + (shape.feed == 0 ? "" : shape.feed == 1 ? "/gated" : "/swiglu") +
                (shape.contexts.empty() ? "" : "/contexts") + (extreme ? "/extreme" : "/random");
            const std::vector<std::byte> file = write_m1(content);
            say(name + "/file", file.size(), std::span(file).first(file.size() - 4));  // less its own CRC-32
            if (!extreme && !shape.tables.empty()) {
                m1_content shrunk = content;
                test::shrink_rows(shrunk);
                const std::vector<std::byte> rows = write_m1(shrunk);
                say(name + "/file of rows", rows.size(), std::span(rows).first(rows.size() - 4));
            }
            for (const text_kind kind : {text_kind::text_like, text_kind::uniform}) {
                const std::span<const std::uint8_t> text(texts()[static_cast<std::size_t>(kind)]);
                std::vector<std::byte> first;
                for (const instruction_set set : test::available_sets()) {
                    m1_model model(std::make_shared<const m1_data>(content, set));
                    range_encoder encoder;
                    encode_sequence(model, text.first(std::min<std::size_t>(text.size(), 600)), encoder);
                    encoder.finish();
                    const std::vector<std::byte> made = encoder.take();
                    if (!first.empty() && made != first) {
                        say(name + "/" + name_of(set) + " differs", made.size(), made);
                    }
                    first = made;
                }
                say(name + "/" + text_name(kind), first.size(), first);
            }
        }
    }
}

/// Codebooks: compiled, fitted to a text, and the embedded one.
void tabled() {
    const std::array<double, 256> all = weights(4);
    const static_model<16> model(quantise<16>(std::span<const double, 256>(all)));
    const auto say_book = [](const std::string& name, const codebook& book) {
        const std::vector<std::byte> file = write_codebook(book);
        say(name + "/file", file.size(), std::span(file).first(file.size() - 4));  // less its own CRC-32
        for (const text_kind kind : test::all_text_kinds) {
            std::vector<std::uint16_t> tokens;
            book.encode(texts()[static_cast<std::size_t>(kind)], tokens);
            std::vector<std::byte> bytes(2 * tokens.size());
            for (std::size_t i = 0; i < tokens.size(); ++i) {
                store_little(bytes.data() + 2 * i, tokens[i]);
            }
            say(name + "/" + text_name(kind), tokens.size(), bytes);
        }
    };
    say_book("codebook/9", codebook(9, window_strings<longest_match>(model, 9)));
    say_book("codebook/12/self_ending", codebook(12, window_strings<self_ending>(model, 12)));
    refine_options fitting = refine_options_for(3000);
    fitting.table_bits = 16;
    const std::vector<std::uint8_t>& text = texts()[static_cast<std::size_t>(text_kind::text_like)];
    say_book("codebook/9/refined", codebook(9, refine_strings(text, window_strings(model, 9), fitting, [](double) {})));
    say_book("codebook/english16", *english_codebook());
}

}  // namespace

int main(int count, char** arguments) {
    bits();
    quantised<9>(1);
    quantised<16>(2);
    quantised<24>(3);
    const std::array<double, 256> all = weights(4);
    const std::span<const double, 256> some_weights(all);
    coded("uniform", uniform_model{});
    coded("static/9", static_model<9>(quantise<9>(some_weights)));
    coded("static/16", static_model<16>(quantise<16>(some_weights)));
    coded("static/24", static_model<24>(quantise<24>(some_weights)));
    coded("adaptive", adaptive_model{});
    coded("mixed", mixed_model<adaptive_model, static_model<16>>(adaptive_model{},
                                                                 static_model<16>(quantise<16>(some_weights))));
    coded("context/2", context_model({.order = 2, .table_bits = 12}));
    coded("context/6", context_model({.order = 6, .table_bits = 16}));
    windowed<self_ending>("self_ending");
    windowed<longest_match>("longest_match");
    tokens_of_all_widths();
    archived();
    transformed();
    tabled();

    if (count < 2) {
        for (const std::string& line : lines) {
            std::cout << line << '\n';
        }
        return 0;
    }
    std::ifstream file(arguments[1]);
    std::size_t wrong = 0;
    std::size_t compared = 0;
    std::string line;
    for (; std::getline(file, line); ++compared) {
        if (compared >= lines.size() || line != lines[compared]) {
            std::cout << "expected " << line << "\n   found " << (compared < lines.size() ? lines[compared] : "nothing")
                      << '\n';
            ++wrong;
        }
    }
    std::cout << compared << " lines compared, " << wrong << " differ, " << lines.size() << " made\n";
    return wrong == 0 && compared == lines.size() && compared > 0 ? 0 : 1;
}
