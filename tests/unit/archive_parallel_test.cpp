// SPDX-License-Identifier: MIT
// Work over threads: in order, bounded, and with exceptions in their places.

#include <support/catch.hpp>

#include <equinfo/archive/parallel.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

using namespace equinfo;

namespace {

/// Squares; a worker that gets a multiple of ten waits a little, so that later results are ready earlier.
struct squaring {
    long long operator()(int input) const {
        if (input % 10 == 0) {
            for (int i = 0; i < 50; ++i) {
                std::this_thread::yield();
            }
        }
        if (input % 7 == 3) {
            throw std::runtime_error(std::to_string(input));
        }
        return static_cast<long long>(input) * input;
    }
};

}  // namespace

TEST_CASE("ordered_workers: results and exceptions come in the order of the inputs", "[archive]") {
    for (const unsigned threads : {1u, 2u, 5u, 16u}) {
        ordered_workers<int, long long, squaring> workers(threads, {});
        int taken = 0;
        const auto take = [&] {
            const int input = taken++;
            if (input % 7 == 3) {
                try {
                    static_cast<void>(workers.next());
                    FAIL("no exception");
                } catch (const std::runtime_error& e) {
                    REQUIRE(e.what() == std::to_string(input));
                }
            } else {
                REQUIRE(workers.next() == static_cast<long long>(input) * input);
            }
        };
        for (int input = 0; input < 2000; ++input) {
            if (workers.outstanding() == workers.capacity()) {
                take();
            }
            workers.submit(input);
        }
        while (workers.outstanding() != 0) {
            take();
        }
        CHECK(taken == 2000);
    }
}

TEST_CASE("ordered_workers: no more is under way than twice the threads", "[archive]") {
    const auto capacity = [](unsigned threads) {
        return ordered_workers<int, long long, squaring>(threads, {}).capacity();
    };
    CHECK(capacity(0) == 1);
    CHECK(capacity(1) == 1);
    CHECK(capacity(2) == 4);
    CHECK(capacity(8) == 16);
    CHECK(capacity(1000000) == 512);
}

TEST_CASE("ordered_workers: each thread changes a copy of its own", "[archive]") {
    struct counting {
        int calls = 0;
        int operator()(int) { return ++calls; }
    };
    ordered_workers<int, int, counting> alone(1, {});
    for (int i = 1; i <= 10; ++i) {
        alone.submit(0);
        CHECK(alone.next() == i);
    }
    ordered_workers<int, int, counting> workers(3, {});
    int most = 0;
    for (int i = 0; i < 300; ++i) {
        if (workers.outstanding() == workers.capacity()) {
            most = std::max(most, workers.next());
        }
        workers.submit(0);
    }
    while (workers.outstanding() != 0) {
        most = std::max(most, workers.next());
    }
    CHECK(most >= 100);
    CHECK(most <= 300);
}

TEST_CASE("ordered_workers: what is under way at the end is ended or dropped", "[archive]") {
    std::atomic<int> alive = 0;
    struct token {
        std::atomic<int>* count;
        explicit token(std::atomic<int>& c) : count(&c) { ++*count; }
        ~token() { --*count; }
        token(const token&) = delete;
    };
    using piece = std::unique_ptr<token>;
    const auto pass = [](piece p) { return p; };
    for (int round = 0; round < 50; ++round) {
        ordered_workers<piece, piece, decltype(pass)> workers(4, pass);
        for (int i = 0; i < round % 8; ++i) {
            workers.submit(std::make_unique<token>(alive));
        }
    }
    CHECK(alive == 0);
}

TEST_CASE("ordered_workers: a function that cannot be copied reports it", "[archive]") {
    struct uncopiable {
        uncopiable() = default;
        uncopiable(uncopiable&&) = default;
        uncopiable(const uncopiable&) { throw std::bad_alloc(); }
        int operator()(int input) { return input; }
    };
    using workers = ordered_workers<int, int, uncopiable>;
    CHECK_NOTHROW(workers(1, uncopiable{}));
    CHECK_THROWS_AS(workers(2, uncopiable{}), std::bad_alloc);
}
