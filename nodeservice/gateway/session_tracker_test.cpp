#include "nodeservice/gateway/session_tracker.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::gateway {
namespace {

std::string message(char type, std::string_view body = {}) {
    return MessageWriter().begin(type).bytes(body).end().take();
}

const std::string kQuery = message('Q', std::string_view("SELECT 1\0", 9));
const std::string kRows = message('T', "x") + message('D', "Z") + message('C', "SELECT 1");
const std::string kReady = message('Z', "I");
const std::string kExtended = message('P', "p") + message('B', "b") + message('E', "e");
const std::string kGoodbye = message('X');

bool isCleanAfter(const std::string& client, const std::string& server) {
    SessionTracker tracker;
    tracker.fromClient(client);
    tracker.fromServer(server);
    return tracker.isClean();
}

TEST(SessionTracker, CleanWhenAllThatWasAskedIsAnswered) {
    EXPECT_TRUE(isCleanAfter(kGoodbye, ""));
    EXPECT_TRUE(isCleanAfter(kQuery + kGoodbye, kRows + kReady));
    EXPECT_TRUE(isCleanAfter(kExtended + message('S') + kQuery + kGoodbye, kRows + kReady + kRows + kReady));
    EXPECT_TRUE(isCleanAfter(kQuery + message('d', "row") + message('c') + kGoodbye, message('G', "x") + kReady));
    // What comes unasked may come at any time.
    EXPECT_TRUE(isCleanAfter(kQuery + kGoodbye, kRows + kReady + message('A', "news") + message('N', "notice")));
}

TEST(SessionTracker, InDoubtItIsNot) {
    EXPECT_FALSE(isCleanAfter(kQuery, kRows + kReady));                            // no goodbye
    EXPECT_FALSE(isCleanAfter(kQuery + kGoodbye, kRows));                          // an answer is owed
    EXPECT_FALSE(isCleanAfter(kQuery + kQuery + kGoodbye, kRows + kReady));        // one of two
    EXPECT_FALSE(isCleanAfter(kQuery + kGoodbye, kRows + message('Z', "T")));      // in a transaction
    EXPECT_FALSE(isCleanAfter(kQuery + kGoodbye, kRows + message('Z', "E")));      // in a failed one
    EXPECT_FALSE(isCleanAfter(kExtended + kGoodbye, ""));                          // never synced
    EXPECT_FALSE(isCleanAfter(kExtended + message('H') + kGoodbye, kRows));        // flushed only
    EXPECT_FALSE(isCleanAfter(kExtended + kQuery + kGoodbye, kRows + kReady));     // a Query without the Sync before
    EXPECT_FALSE(isCleanAfter(kQuery + kGoodbye, kRows + kReady + kReady));        // more than asked
    EXPECT_FALSE(isCleanAfter(kQuery + kGoodbye, kRows + kReady + message('D')));  // something unasked
    EXPECT_FALSE(isCleanAfter(message('?') + kGoodbye, ""));
    EXPECT_FALSE(isCleanAfter(std::string("Q\0\0\0\3", 5) + kGoodbye, kReady));
    EXPECT_FALSE(isCleanAfter(kQuery.substr(0, 7), ""));
    EXPECT_FALSE(isCleanAfter(kQuery + kGoodbye, kRows + kReady + "D"));
}

TEST(SessionTracker, KeepsTheGoodbyeAndWhatFollowsFromTheServer) {
    SessionTracker tracker;
    EXPECT_EQ(tracker.fromClient(kQuery + kGoodbye + kQuery), kQuery.size());
    EXPECT_TRUE(tracker.hasEnded());
    EXPECT_EQ(tracker.fromClient(kQuery), 0u);
    // An X within a message is none.
    SessionTracker other;
    EXPECT_EQ(other.fromClient(message('Q', "XXXXX")), 10u);
    EXPECT_FALSE(other.hasEnded());
}

}  // namespace
}  // namespace tessera::gateway
