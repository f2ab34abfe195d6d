package portal

import "strings"

// device is how people call what a session was opened on, of the browser's own name for itself.
func device(w words, agent string) string {
	browser, system := "", ""
	for _, b := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} { // the later ones say they are the earlier
		if browser == "" && strings.Contains(agent, b[0]) {
			browser = b[1]
		}
	}
	for _, s := range [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "Mac"}, {"Linux", "Linux"}} {
		if system == "" && strings.Contains(agent, s[0]) {
			system = s[1]
		}
	}
	switch {
	case browser != "" && system != "":
		return w.say("device", "browser", browser, "system", system)
	case browser+system != "":
		return browser + system
	case agent != "":
		return agent
	}
	return w.say("device.unknown")
}
