# Compiles LIBRARY_SOURCES into one static library and links each of PROGRAM_SOURCES with it, under
# OUT. scripts/lib/native-programs.mjs calls this, from the project's root, with:
#   OUT  CXX  CXXFLAGS  LIBRARY_SOURCES  PROGRAM_SOURCES
# A library, not a list of objects: the linker takes only what a program uses.

library := $(OUT)/libconsort.a
objects := $(LIBRARY_SOURCES:%.cc=$(OUT)/%.o)
programs := $(PROGRAM_SOURCES:%.cc=$(OUT)/%)

.PHONY: all
.SECONDARY:
all: $(programs)

$(OUT)/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -MMD -MP -c $< -o $@

# library.txt lists the sources: a deleted one has to leave the archive too.
$(library): $(objects) $(OUT)/library.txt
	@rm -f $@
	@$(AR) rcs $@ $(objects)

$(programs): %: %.o $(library)
	$(CXX) $(CXXFLAGS) $< $(library) -o $@

-include $(wildcard $(OUT)/native/*/*.d)
