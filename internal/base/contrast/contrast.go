// Package contrast tells which letters can be read on a tenant's colour, by the contrast of WCAG 2: for mails and pages, whose colour is
// configured and whose ink is not.
package contrast

import (
	"math"
	"strconv"
	"strings"
)

// Ink is the colour of dark letters.
const Ink = "#1b1f24"

// Readable is the least contrast of letters of usual size (WCAG 2, AA).
const Readable = 4.5

// DarkInk tells whether dark letters are easier to read than white ones on a colour, as #1f4fd8. What is no colour takes white ones.
func DarkInk(color string) bool {
	light, ok := luminance(color)
	ink, _ := luminance(Ink)
	return ok && ratio(light, ink) > ratio(1, light)
}

// OnWhite tells whether letters of a colour can be read on white.
func OnWhite(color string) bool {
	light, ok := luminance(color)
	return ok && ratio(1, light) >= Readable
}

func ratio(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

func luminance(color string) (float64, bool) {
	digits, found := strings.CutPrefix(color, "#")
	rgb, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || !found || len(digits) != 6 {
		return 0, false
	}
	channel := func(shift int) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0), true
}
