package tasker

// quote puts a name of the input into a message; a very long one is cut, for a message is read by people.
func quote(name string) string {
	if letters := []rune(name); len(letters) > 80 {
		name = string(letters[:80]) + "…"
	}
	return `"` + name + `"`
}

// suggest gives `: did you mean "x"?` for the nearest known word, or else what to do instead.
func suggest(word string, known []string, otherwise string) string {
	if near, ok := nearest(word, known); ok {
		return `: did you mean "` + near + `"?`
	}
	return otherwise
}

// nearest gives the known word with the fewest typing errors between, if they are few for its length; the first of equals.
func nearest(word string, known []string) (string, bool) {
	letters := []rune(word)
	if len(letters) > 200 {
		return "", false
	}
	best, least := "", min(max(1, len(letters)/3)+1, len(letters))
	for _, candidate := range known {
		if d := distance(letters, []rune(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best, best != ""
}

// distance counts the single-letter changes (Levenshtein) between two words.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, letter := range a {
		corner := row[0]
		row[0] = i + 1
		for j, other := range b {
			change := corner
			if letter != other {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
