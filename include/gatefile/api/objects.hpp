// SPDX-License-Identifier: Apache-2.0
//
// A sequence of objects that its copies share: the next snapshot of a cluster differs from this one
// by the few that changed, and costs a pointer for each of the others. Reads like a vector.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace gatefile::api {

template <typename Object>
class Objects {
public:
    using Pointer = std::shared_ptr<const Object>;
    using value_type = Object;

    class Iterator {
    public:
        using iterator_category = std::random_access_iterator_tag;
        using value_type = Object;
        using difference_type = std::ptrdiff_t;
        using pointer = const Object*;
        using reference = const Object&;

        Iterator() = default;
        explicit Iterator(const Pointer* at) : at_(at) {}
        reference operator*() const { return **at_; }
        pointer operator->() const { return at_->get(); }
        reference operator[](difference_type n) const { return *at_[n]; }
        Iterator& operator++() { return *this += 1; }
        Iterator& operator--() { return *this += -1; }
        Iterator operator++(int) { return std::exchange(*this, *this + 1); }
        Iterator operator--(int) { return std::exchange(*this, *this + -1); }
        Iterator& operator+=(difference_type n) {
            at_ += n;
            return *this;
        }
        Iterator& operator-=(difference_type n) { return *this += -n; }
        friend Iterator operator+(Iterator it, difference_type n) { return it += n; }
        friend Iterator operator+(difference_type n, Iterator it) { return it += n; }
        friend Iterator operator-(Iterator it, difference_type n) { return it -= n; }
        friend difference_type operator-(Iterator a, Iterator b) { return a.at_ - b.at_; }
        auto operator<=>(const Iterator&) const = default;

    private:
        const Pointer* at_ = nullptr;
    };

    Objects() = default;
    Objects(std::initializer_list<Object> objects) {
        for (const Object& object : objects)
            push_back(object);
    }

    Iterator begin() const { return Iterator(pointers_.data()); }
    Iterator end() const { return Iterator(pointers_.data() + pointers_.size()); }
    std::size_t size() const { return pointers_.size(); }
    bool empty() const { return pointers_.empty(); }
    const Object& operator[](std::size_t place) const { return *pointers_[place]; }

    void reserve(std::size_t size) { pointers_.reserve(size); }
    void push_back(Object object) {
        pointers_.push_back(std::make_shared<const Object>(std::move(object)));
    }
    void push_back(Pointer object) { pointers_.push_back(std::move(object)); }

    const std::vector<Pointer>& pointers() const { return pointers_; }
    std::vector<Pointer>& pointers() { return pointers_; }

private:
    std::vector<Pointer> pointers_;
};

}  // namespace gatefile::api
