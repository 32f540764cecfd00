#include "program/program.h"
typedef int placeholder;
