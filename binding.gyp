# The target itself is in scripts/addon.gypi: the published package must not carry a file named
# binding.gyp at its root, because npm would then compile it, unasked, in every install. There,
# `consort build-native` writes this one line anew.
{ "includes": ["scripts/addon.gypi"] }
