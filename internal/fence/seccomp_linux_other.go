//go:build linux && !amd64 && !arm64

package fence

// auditArch is no architecture: the filter is not installed here.
const auditArch = 0

var archCalls = []uint32{}

// archRefused are calls that only this architecture has.
var archRefused = []uint32{}
