# The addon. A path written here is relative to this file; what a command prints, to binding.gyp.
{
  "targets": [
    {
      "target_name": "consort",
      # Found at configure time; scripts/build-native.mjs configures anew when the list changes.
      "sources": ["<!@(node scripts/native-sources.mjs)"],
      "include_dirs": ["../native", "<!(node -p \"require('node-addon-api').include_dir\")"],
      # No C++ exception may cross Node-API; what fails is returned and checked.
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      # Node's own defaults name an older standard; of two -std flags the last wins, but which is
      # last is no one's promise. -fno-rtti and -fno-exceptions of the defaults stay.
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      # No -march: one binary has to run on every processor of the architecture.
      "cflags_cc": [
        "-std=c++20",
        "-O3",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-fvisibility=hidden",
        "-fvisibility-inlines-hidden"
      ],
      "conditions": [
        [
          "OS=='mac'",
          {
            "xcode_settings": {
              "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
              "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
              "GCC_ENABLE_CPP_RTTI": "NO",
              "GCC_OPTIMIZATION_LEVEL": "3",
              "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
              "WARNING_CFLAGS": ["-Wall", "-Wextra", "-Werror"]
            }
          }
        ],
        [
          "OS=='win'",
          {
            "msvs_settings": {
              "VCCLCompilerTool": { "AdditionalOptions": ["/std:c++20", "/W3"], "ExceptionHandling": 0 }
            }
          }
        ]
      ]
    }
  ]
}
