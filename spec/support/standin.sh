#!/bin/sh
# standin.lua, as a program that takes the place of an interpreter.
# SPDX-License-Identifier: MIT
exec "${LUA:-lua5.4}" spec/support/standin.lua
