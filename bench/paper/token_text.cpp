// SPDX-License-Identifier: MIT
// Which text a token stands for: the paper's section 6.1, tables 7, 8 and 14, and appendix D.8. Windows of 16 bits.
//
//   token_text TEXT... -m MODEL --out FOLDER
//
//   token_text_ids     how many texts an id has (with v = 65k a token is a window), and how many of the ids are used
//   token_text_words   text -> tokens is not stable: the ways in which frequent long words are cut
//   token_text_bytes   v = 256: the first token of a window fixes how its text begins; the second means what the first
//                      makes of it
//
// In quotes, "_" stands for a blank.
#include "paper/m1_choice.hpp"
#include "paper/methods.hpp"
#include "paper/options.hpp"
#include "paper/report.hpp"
#include "paper/statistics.hpp"

#include <CLI/CLI.hpp>

#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/codebook/codebook_windows.hpp>
#include <equinfo/english_codebook.hpp>
#include <equinfo/windows/padded_window.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::bench::paper;
using text_view = std::span<const std::uint8_t>;

constexpr unsigned window_bits = 16;

std::string sentence =
    "The elephants went down to the river, and the young elephants followed the old elephants, as elephants do.";

struct window {
    std::uint32_t id;
    std::string_view text;
};

template <class Encoder>
std::vector<window> cut(Encoder& encoder, text_view text) {
    std::vector<window> windows;
    while (!text.empty()) {
        bit_writer bits;
        const std::size_t taken = encoder.encode_window(text, bits);
        const auto bytes = bits.take();
        windows.push_back({std::to_integer<std::uint32_t>(bytes[0]) << 8 | std::to_integer<std::uint32_t>(bytes[1]),
                           string_of(text.first(taken))});
        text = text.subspan(taken);
    }
    return windows;
}

using cutter = std::function<std::vector<window>(text_view)>;

struct way {
    std::string name;
    cutter windows;
};

std::vector<way> ways(const m1_choice& m1) {
    std::vector<way> all;
    m1.visit([&]<class Model>(const Model& model) {
        all.push_back({"equal-info-16", [encoder = window_encoder<Model>(model, window_bits)](text_view text) mutable {
                           return cut(encoder, text);
                       }});
        all.push_back({"padded-16", [encoder = padded_window_encoder<Model>(model, {window_bits})](
                                        text_view text) mutable { return cut(encoder, text); }});
    });
    all.push_back({"english16", [encoder = codebook_encoder(english_codebook())](text_view text) mutable {
                       return cut(encoder, text);
                   }});
    return all;
}

template <class Key>
std::vector<std::pair<Key, std::uint64_t>> most_frequent(const std::map<Key, std::uint64_t>& counts, std::size_t most) {
    std::vector<std::pair<Key, std::uint64_t>> sorted(counts.begin(), counts.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    sorted.resize(std::min(most, sorted.size()));
    return sorted;
}

/// Twenty pieces of 1,024 bytes from all over the text (appendix D.8).
std::vector<text_view> documents_of(text_view text) {
    constexpr std::size_t count = 20;
    constexpr std::size_t bytes = 1024;
    std::vector<text_view> documents;
    for (std::size_t i = 0; i < count; ++i) {
        documents.push_back(text.subspan((text.size() - bytes) * i / (count - 1), bytes));
    }
    return documents;
}

void tell_ids(report& table, const way& by, text_view text) {
    std::map<std::uint32_t, std::map<std::string_view, std::uint64_t>> texts;
    for (const text_view example : examples_of(text)) {
        for (const window& w : by.windows(example)) {
            ++texts[w.id][w.text];
        }
    }
    std::uint64_t ambiguous = 0;
    std::size_t most = 0;
    std::uint64_t windows = 0;
    std::uint64_t other = 0;  // windows whose text is not the most frequent one of their id
    for (const auto& [id, of_id] : texts) {
        std::uint64_t sum = 0;
        std::uint64_t best = 0;
        for (const auto& [string, count] : of_id) {
            sum += count;
            best = std::max(best, count);
        }
        ambiguous += of_id.size() > 1 ? 1u : 0u;
        most = std::max(most, of_id.size());
        windows += sum;
        other += sum - best;
    }

    std::map<std::uint32_t, std::uint64_t> attested;
    std::array<std::vector<std::uint64_t>, 2> by_position{std::vector<std::uint64_t>(256),
                                                          std::vector<std::uint64_t>(256)};
    for (const text_view document : documents_of(text)) {
        for (const window& w : by.windows(document)) {
            ++attested[w.id];
            ++by_position[0][w.id >> 8];
            ++by_position[1][w.id & 255];
        }
    }
    std::uint64_t tokens = 0;
    std::uint64_t once = 0;
    for (const auto& [id, count] : attested) {
        tokens += count;
        once += count == 1 ? 1u : 0u;
    }
    const auto not_once = [once](std::uint64_t all) {
        return percent(1 - static_cast<double>(once) / static_cast<double>(all), 1);
    };
    const auto with_at_least = [&](std::uint64_t least) {
        std::size_t values = 0;
        for (std::size_t value = 0; value < 256; ++value) {
            values += by_position[0][value] >= least && by_position[1][value] >= least ? 1u : 0u;
        }
        return std::to_string(values);
    };
    table.row({by.name, std::to_string(texts.size()), std::to_string(ambiguous), std::to_string(most),
               percent(static_cast<double>(other) / static_cast<double>(windows)), std::to_string(attested.size()),
               not_once(attested.size()), not_once(tokens), with_at_least(1), with_at_least(2)});
}

std::string joined(const std::vector<window>& windows) {
    std::string text;
    for (const window& w : windows) {
        text += text.empty() ? "" : "|";
        text += w.text;
    }
    return text;
}

/// The word between the borders of windows that fall into it.
std::string cuts_of(std::string_view word, std::size_t at, const std::vector<bool>& begins_window) {
    std::string result;
    for (std::size_t i = 0; i < word.size(); ++i) {
        result += i > 0 && begins_window[at + i] ? "|" : "";
        result += word[i];
    }
    return result;
}

void tell_words(report& table, const way& by, text_view text) {
    constexpr std::size_t least_letters = 8;
    std::map<std::string, std::map<std::string, std::uint64_t>> cuts;
    for (const text_view example : examples_of(text)) {
        std::vector<bool> begins(example.size() + 1);
        for (const window& w : by.windows(example)) {
            begins[static_cast<std::size_t>(w.text.data() - string_of(example).data())] = true;
        }
        std::size_t at = 0;
        for (std::size_t end = 0; end <= example.size(); ++end) {
            if (end < example.size() && std::isalpha(example[end]) != 0) {
                continue;
            }
            const std::string_view word = string_of(example.subspan(at, end - at));
            if (word.size() >= least_letters) {
                ++cuts[std::string(word)][cuts_of(word, at, begins)];
            }
            at = end + 1;
        }
    }
    std::map<std::string, std::uint64_t> words;
    for (const auto& [word, ways_of_word] : cuts) {
        for (const auto& [how, count] : ways_of_word) {
            words[word] += count;
        }
    }
    for (const auto& [word, count] : most_frequent(words, 6)) {
        const auto first = most_frequent(cuts[word], 4);
        std::string examples;
        for (const auto& [how, times] : first) {
            examples += (examples.empty() ? "" : ", ") + how + " " +
                        percent(static_cast<double>(times) / static_cast<double>(count), 0);
        }
        table.row({by.name, word, std::to_string(count), std::to_string(cuts[word].size()), examples});
    }
}

std::string_view common_prefix(std::string_view a, std::string_view b) {
    return a.substr(0,
                    static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin()));
}

/// The texts of the most frequent ids at both positions. What a first token fixes is what all windows that begin with
/// it share.
void tell_bytes(report& table, const way& by, text_view text) {
    constexpr std::size_t ids_shown = 4;
    std::vector<window> all;
    for (const text_view example : examples_of(text)) {
        const auto windows = by.windows(example);
        all.insert(all.end(), windows.begin(), windows.end());
    }
    std::map<std::uint32_t, std::string_view> prefixes;
    std::array<std::map<std::uint32_t, std::uint64_t>, 2> counts;
    for (const window& w : all) {
        const auto [at, is_new] = prefixes.try_emplace(w.id >> 8, w.text);
        at->second = common_prefix(at->second, w.text);
        ++counts[0][w.id >> 8];
        ++counts[1][w.id & 255];
    }
    double fixed_bytes = 0;
    double bytes = 0;
    for (const window& w : all) {
        fixed_bytes += static_cast<double>(prefixes[w.id >> 8].size());
        bytes += static_cast<double>(w.text.size());
    }
    table.row({by.name, "1", "all", "", percent(fixed_bytes / bytes, 1) + " of the text is fixed by the first token"});
    for (const std::size_t position : {std::size_t{0}, std::size_t{1}}) {
        for (const auto& [id, count] : most_frequent(counts[position], ids_shown)) {
            std::map<std::string, std::uint64_t> texts;
            for (const window& w : all) {
                if ((position == 0 ? w.id >> 8 : w.id & 255) == id) {
                    ++texts[std::string(position == 0 ? w.text : w.text.substr(prefixes[w.id >> 8].size()))];
                }
            }
            std::string examples;
            for (const auto& [string, times] : most_frequent(texts, 8)) {
                examples += (examples.empty() ? "" : ", ") + shown(string);
            }
            table.row({by.name, std::to_string(position + 1), std::to_string(id),
                       position == 0 ? shown(prefixes[id]) : "", examples});
        }
    }
}

void tell(const options& given) {
    const std::vector<std::uint8_t> text = given.text();
    const std::string note = "M1: " + given.m1;
    report ids("token_text_ids",
               {"windows", "ids seen", "ids with several texts", "most texts of an id", "windows with another text",
                "ids in 20 documents", "of them more than once", "tokens whose id is", "values at both positions",
                "values twice at both"},
               note + "; the paper: 34.5 % more than once, all 256 values repeatedly at both positions (appendix D.8)");
    report words("token_text_words", {"windows", "word", "times", "ways", "the most frequent"}, note);
    report bytes("token_text_bytes", {"windows", "position", "id", "fixes", "texts, most frequent first"}, note);
    for (const way& by : ways(m1_choice(given.m1))) {
        tell_ids(ids, by, text);
        const auto windows = by.windows(text_of(sentence));
        words.row({by.name, "(the sentence)", std::to_string(windows.size()) + " tokens", "", joined(windows)});
        tell_words(words, by, text);
        tell_bytes(bytes, by, text);
    }
    ids.write(given.out);
    words.write(given.out);
    bytes.write(given.out);
}

}  // namespace

int main(int argc, char** argv) {
    return run_with_options(argc, argv, "What tokens stand for", tell,
                            [](CLI::App& app) { app.add_option("--sentence", sentence, "A sentence to be cut"); });
}
