package fence

import (
	"testing"
	"time"
)

func TestLimitsOfTimeGrowWithTheFile(t *testing.T) {
	c := Config{CPUTime: 10 * time.Second, WallClock: time.Minute}
	tests := []struct {
		sizeBytes int64
		cpu, wall time.Duration
	}{
		{-1, 10 * time.Second, time.Minute},
		{0, 10 * time.Second, time.Minute},
		{5_000_000, 10500 * time.Millisecond, 61500 * time.Millisecond},
		{500_000_000, time.Minute, 210 * time.Second},
		{1_200_000_000, 130 * time.Second, 7 * time.Minute},
		{1 << 62, 130 * time.Second, 7 * time.Minute},
	}
	for _, tt := range tests {
		if cpu, wall := c.cpuTime(tt.sizeBytes), c.wallClock(tt.sizeBytes); cpu != tt.cpu || wall != tt.wall {
			t.Errorf("a file of %d bytes gets %v of processor time and %v, want %v and %v", tt.sizeBytes, cpu, wall, tt.cpu, tt.wall)
		}
	}
}
