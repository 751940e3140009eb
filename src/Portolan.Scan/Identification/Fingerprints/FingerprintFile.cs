using System.Globalization;
using System.Text.RegularExpressions;
using Portolan.Model.Xml;

namespace Portolan.Scan.Identification.Fingerprints;

/// <summary>
/// Reads a file of fingerprints in Recog's XML: <c>fingerprints matches="…"</c>, in it <c>fingerprint pattern="…" flags="…"</c> with
/// <c>param</c>s.
/// </summary>
internal static class FingerprintFile
{
    private const int MaxPatternLength = 8192;
    private const int MaxFacts = 64;
    private const int Root = 0;
    private const int Entry = 1;
    private const int Detail = 2;

    /// <summary>Reads a file.</summary>
    /// <param name="stream">The file, bounded.</param>
    /// <param name="name">Its name without the ending, which says the kind of text where the file does not.</param>
    /// <param name="wants">Whether fingerprints of a kind of text are wanted.</param>
    /// <returns>The kind of text, and its fingerprints in their order; those of another kind are only counted.</returns>
    /// <exception cref="XmlFormatException">It is no such file.</exception>
    public static (string Kind, List<Fingerprint> Fingerprints, int Count) Read(Stream stream, string name, Func<string, bool> wants)
    {
        var reader = new XmlPullReader(stream, skipsDocumentType: true, maximumValueLength: 1 << 20);
        string? kind = null;
        string? pattern = null;
        var (options, count) = (RegexOptions.None, 0);
        var found = new List<Fingerprint>();
        var facts = new List<(string, int, string?)>();
        while (reader.Read())
        {
            if (reader.Node != XmlNode.Element)
            {
                continue;
            }

            switch (reader.Depth)
            {
                case Root:
                    kind = reader.Name == "fingerprints"
                        ? reader.Attribute("matches") ?? name
                        : throw reader.Error("the root element is not 'fingerprints'");

                    break;
                case Entry when reader.Name == "fingerprint":
                    Finish();
                    count++;
                    pattern = RubyPattern.Translate(reader.Attribute("pattern") ?? throw reader.Error("'fingerprint' has no pattern"));
                    options = Options(reader.Attribute("flags"));
                    if (wants(kind!))
                    {
                        Check(reader, pattern, options);
                    }

                    break;
                case Detail when reader.Name == "param" && pattern is not null:
                    facts.Add(Fact(reader));
                    if (facts.Count > MaxFacts)
                    {
                        throw reader.Error($"a fingerprint has more than {MaxFacts} params");
                    }

                    break;
            }
        }

        Finish();
        return (kind ?? throw reader.Error("the file is empty"), found, count);

        void Finish()
        {
            if (pattern is not null && wants(kind!))
            {
                found.Add(new Fingerprint(pattern, options, [.. facts]));
            }

            pattern = null;
            facts.Clear();
        }
    }

    // Ruby's: ^ and $ stand at every line, and "multiline" lets a dot be a line's end.
    private static RegexOptions Options(string? flags)
    {
        var options = RegexOptions.Multiline | RegexOptions.CultureInvariant;
        foreach (var flag in (flags ?? "").Split([',', '|', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            options |= flag switch
            {
                "REG_ICASE" => RegexOptions.IgnoreCase,
                "REG_DOT_NEWLINE" or "REG_MULTILINE" => RegexOptions.Singleline,
                _ => RegexOptions.None,
            };
        }

        return options;
    }

    private static void Check(XmlPullReader reader, string pattern, RegexOptions options)
    {
        if (pattern.Length > MaxPatternLength)
        {
            throw reader.Error($"a pattern is longer than {MaxPatternLength} characters");
        }

        try
        {
            // The engine that matches later is slower to make: this one says whether it is a pattern.
            _ = new Regex(pattern, options, Fingerprint.MatchLimit);
        }
        catch (ArgumentException exception)
        {
            throw reader.Error($"an invalid pattern: {exception.Message}");
        }
    }

    private static (string Name, int Group, string? Value) Fact(XmlPullReader reader)
    {
        var name = reader.Attribute("name") ?? throw reader.Error("'param' has no name");
        if (!int.TryParse(reader.Attribute("pos"), NumberStyles.None, CultureInfo.InvariantCulture, out var group) || group > 99)
        {
            throw reader.Error($"param '{name}' has no pos from 0 to 99");
        }

        return (name, group, group == 0 ? reader.Attribute("value") ?? "" : null);
    }
}
