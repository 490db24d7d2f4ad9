// Goal: what the agent says is known here word by word, also behind a node's name; all else stays as it is. That it is
// said in German is LanguageTest's business.
#include "app/core/mesh/agent_words.h"

#include "nodeservice/client/agent_sentences.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

TEST(AgentWords, EverySentenceOfTheAgentIsKnown) {
    for (const std::string_view sentence : client::agent_says::kAll) {
        const std::string said = client::agent_says::said(sentence, {"Ann", "Bob"});
        EXPECT_EQ(agentWords(said).toStdString(), said);
        EXPECT_EQ(said.find("{}"), std::string::npos);
    }
}

TEST(AgentWords, WhatOthersSayStaysAsItIs) {
    for (const char* text : {"", "out of disk", "a: b: c", "the sign-in", "you have signed out, or not"}) {
        EXPECT_EQ(agentWords(text).toStdString(), text);
    }
}

}  // namespace
}  // namespace tessera::app
