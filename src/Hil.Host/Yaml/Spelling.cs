namespace Hil.Host.Yaml;

/// <summary>What a misspelt name was probably meant to be.</summary>
internal static class Spelling
{
    private const int LettersApartMax = 2;
    private const int NameCharsMax = 64; // Longer ones are not misspelt, and comparing them takes time.

    /// <summary>"; did you mean 'sources'?" or nothing.</summary>
    public static string Suggest(string name, IEnumerable<string> known)
    {
        string? nearest = Nearest(name, known);
        return nearest == null ? "" : $"; did you mean '{nearest}'?";
    }

    private static string? Nearest(string name, IEnumerable<string> known)
    {
        if (name.Length is 0 or > NameCharsMax)
            return null;
        (string? Name, int Distance) best = (null, LettersApartMax + 1);
        foreach (string candidate in known)
        {
            if (Math.Abs(candidate.Length - name.Length) > LettersApartMax)
                continue;
            int distance = Distance(name, candidate);
            if (distance < best.Distance && distance < candidate.Length)
                best = (candidate, distance);
        }
        return best.Name;
    }

    // Levenshtein's, one row at a time.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
