package pixel

import "testing"

// Letters in light gray on a dark bar come out dark on white, and the bar that
// reaches in from the side is gone.
func TestSettleTurnsLettersDarkAndErasesTheBar(t *testing.T) {
	const width, height = 40, 20
	gray := make([]byte, width*height)
	for i := range gray {
		switch x, y := i%width, i/width; {
		case x < 3: // beside the bar
			gray[i] = 250
		case x > 12 && x < 16 && y > 5 && y < 14: // a letter
			gray[i] = 220
		default:
			gray[i] = 40
		}
	}
	settle(gray, width, height, 4)
	if letter, bar, beside := gray[10*width+14], gray[10*width+30], gray[10*width+1]; letter > 100 || bar < 200 || beside < 200 {
		t.Errorf("letter %d, bar %d, beside it %d; want dark, light, light", letter, bar, beside)
	}
}

func TestEvenGroundTakesAwaySlowChange(t *testing.T) {
	const width, height = 64, 16
	gray := make([]byte, width*height)
	for i := range gray {
		gray[i] = byte(40 + 3*(i%width))
	}
	gray[8*width+32] = 20
	evenGround(gray, width, height, 5)
	if left, right := gray[8*width+10], gray[8*width+54]; left > right+10 || right > left+10 || gray[8*width+32] > 40 {
		t.Errorf("ground %d and %d, stroke %d; want an even ground and a dark stroke", left, right, gray[8*width+32])
	}
}
