#pragma once

// What the commands are written in: names of the room `tool` that are used all over this one.

#include "quorate/tool/command.h"
#include "quorate/tool/failure.h"
#include "quorate/tool/values.h"

namespace quorate::ctl {

using tool::Arguments;
using tool::Command;
using tool::Flag;
using tool::Group;

using tool::Exit;
using tool::Fail;
using tool::FailSilently;
using tool::IsFailure;
using tool::ReasonOf;

using tool::Duration;
using tool::EscapeHex;
using tool::FormatBytes;
using tool::FormatDuration;
using tool::Hex;
using tool::PaddedHex;
using tool::ParseInt;
using tool::ParseUint;
using tool::Quote;
using tool::Unquote;

}  // namespace quorate::ctl
