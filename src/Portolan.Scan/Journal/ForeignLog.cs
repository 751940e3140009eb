using System.Net;
using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Journal;

/// <summary>
/// A result that was given to <c>--resume</c>, which nmap takes there (<c>-oN</c>, <c>-oG</c>, <c>-oX</c>) and Portolan does not.
/// </summary>
internal static class ForeignLog
{
    /// <summary>The most bytes of a file that its first lines take.</summary>
    public const int HeadLength = 4096;

    private const int MostWords = 40;
    private const string Initiated = " scan initiated ";
    private const string As = " as: ";

    /// <summary>The refusal of a file by its first bytes; <c>null</c> where it is no such result.</summary>
    public static PortolanException? Refuse(ReadOnlySpan<byte> head, string path)
    {
        foreach (var line in Encoding.UTF8.GetString(head).Split('\n').Take(6))
        {
            // A comment stands in all three formats: "# Nmap 7.93 scan initiated DATE as: nmap ARGUMENTS".
            var text = line.Trim();
            if (!text.StartsWith("# ", StringComparison.Ordinal) && !text.StartsWith("<!-- ", StringComparison.Ordinal))
            {
                continue;
            }

            var at = text.IndexOf(Initiated, StringComparison.Ordinal);
            var program = at < 0 ? "" : text[..at].Split(' ').ElementAtOrDefault(1);
            if (program == "Nmap")
            {
                return new PortolanException(
                    $"--resume {path}: this is output of nmap, not the journal of a scan", Again(text), ExitCode.Usage);
            }

            if (program == "Portolan")
            {
                return new PortolanException(
                    $"--resume {path}: this is the result of a scan, not its journal",
                    $"--resume without a file takes the newest journal; scans over 30 s and scans with --journal FILE keep one",
                    ExitCode.Usage);
            }
        }

        return null;
    }

    private static Advice Again(string line)
    {
        var at = line.IndexOf(As, StringComparison.Ordinal);
        var words = at < 0 ? [] : Words(line[(at + As.Length)..]);
        return words.Count is 0 or > MostWords
            ? Advice.Of($"run the scan again with portolan scan and the same options; with --journal FILE it can be resumed")
            : $"run the scan again so that it can be resumed: portolan scan {Advice.Words(words)} --journal scan.journal";
    }

    // The arguments without nmap's name and its outputs, which the new scan would replace.
    private static List<string> Words(string line)
    {
        var decoded = WebUtility.HtmlDecode(line.EndsWith("-->", StringComparison.Ordinal) ? line[..^3] : line);
        var words = new List<string>();
        var isFile = false;
        foreach (var word in decoded.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            if (!isFile && !IsOutput(word))
            {
                words.Add(word);
            }

            isFile = !isFile && IsOutput(word);
        }

        return words;
    }

    private static bool IsOutput(string word) => word is "-oN" or "-oX" or "-oG" or "-oA" or "-oS" or "-oM" or "--resume";
}
