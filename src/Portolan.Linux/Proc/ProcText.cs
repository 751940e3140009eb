using System.Buffers.Text;
using System.Text;

namespace Portolan.Linux.Proc;

/// <summary>
/// Reads the small texts of /proc. Invalid UTF-8 becomes U+FFFD; nothing is made harmless here: that is the renderer's part.
/// </summary>
public static class ProcText
{
    /// <summary>
    /// The arguments of /proc/PID/cmdline: each ends in NUL. A program that overwrote its arguments with a title
    /// (<c>nginx: worker process</c>) shows as one argument, its padding dropped.
    /// </summary>
    public static IReadOnlyList<string> ParseArguments(ReadOnlySpan<byte> text)
    {
        var end = text.LastIndexOfAnyExcept((byte)0);
        if (end < 0)
        {
            return [];
        }

        // One trailing NUL ends the last argument; empty arguments before it are real, unless the rest is all padding.
        var padding = text.Length - end - 1;
        var title = padding > 1 && text[..end].IndexOf((byte)0) < 0;
        var body = title || padding == 0 ? text[..(end + 1)] : text[..^1];
        var arguments = new List<string>();
        foreach (var range in body.Split((byte)0))
        {
            arguments.Add(Encoding.UTF8.GetString(body[range]));
        }

        return arguments;
    }

    /// <summary>When the machine started, in seconds since 1970: the line <c>btime</c> of /proc/stat.</summary>
    public static bool TryParseBootTime(ReadOnlySpan<byte> text, out long seconds)
    {
        seconds = 0;
        var key = "\nbtime "u8;
        var at = text.IndexOf(key);
        return at >= 0 && Utf8Parser.TryParse(text[(at + key.Length)..], out seconds, out _);
    }
}
